/**
 * What clients do with a channel, each thing so often that what one of them
 * costs can be told.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, Listener } from "../test/system/support/client.ts";
import {
  asks,
  beats,
  DATA,
  inFlight,
  join,
  joins,
  posts,
  repeat,
  type Stage,
  service,
  subscriber,
  subscribers,
  type Way,
} from "./actors.ts";

/** Something that clients do. */
export interface Operation {
  /** For the reader of the table. */
  readonly what: string;
  /** How often `act` does it. */
  readonly times: number;
  /** How much of a publish is in it, which is taken off. */
  readonly publishes?: number;
  /**
   * Gets everything ready, which does not count.
   *
   * @returns what does the operation, all its times.
   */
  readonly prepare: (stage: Stage) => Promise<() => Promise<unknown>>;
}

/** Operations on their way at the same time, in a burst. */
const IN_FLIGHT = 100;
/** Frames in an array, and subscribers where there are many. */
const WIDTH = 50;
/** How long a request waits that nobody answers, in ms. */
const TIMEOUT_MS = 20;
/** An idle object hibernates after 10 s, and its last report's pause; in ms. */
const ASLEEP_AFTER_MS = 15_000;
/** How often an idle session's client sends a heartbeat here, in ms. */
export const HEARTBEAT_MS = 500;
/** Longer than the pause between two reports, in ms. */
const SLOW_MS = 3_000;
/** How many messages a channel keeps unless it says otherwise. */
const WINDOW = 1_000;

/** All that is measured, in the order of the table. */
export const OPERATIONS = {
  publish: publish("publish, one at a time", 300, (publishes) =>
    repeat(300, () => publishes({})),
  ),
  publishKeyed: publish("… with a `message-id`", 300, (publishes) =>
    repeat(300, (n) => publishes({ "message-id": `own-${n}` })),
  ),
  publishEphemeral: publish("… ephemeral", 300, (publishes) =>
    repeat(300, () => publishes({ ephemeral: true })),
  ),
  publishBySession: publish(
    "… by a session",
    300,
    (publishes) => repeat(300, () => publishes({})),
    "session",
  ),
  publishByHttp: {
    what: "… by HTTP",
    times: 300,
    prepare: async (stage) => () => repeat(300, () => posts(stage, "messages")),
  },
  publishBurst: publish("publish, 100 in flight", 3_000, (publishes) =>
    inFlight(IN_FLIGHT, 3_000, () => publishes({})),
  ),
  publishSmallBurst: publish("… 20 in flight", 3_000, (publishes) =>
    inFlight(20, 3_000, () => publishes({})),
  ),
  publishArray: {
    what: "publish, arrays of 50",
    times: 3_000,
    prepare: async (stage) => {
      const client = await joins(stage, "direct");
      const frame = {
        type: "publish",
        "channel-id": stage.channel,
        data: DATA,
      };
      const frames = Array.from({ length: WIDTH }, () => frame);
      return () =>
        repeat(3_000 / WIDTH, async () => {
          client.sendsTogether(...frames);
          await client.isAnswered();
        });
    },
  },
  deliver: deliver("delivery to one of 50 subscribers", "direct"),
  deliverBySession: deliver("… by its session", "session"),
  ack: {
    what: "acknowledgement",
    times: 300,
    prepare: async (stage) => {
      const client = await subscriber(stage, "direct");
      const frame = { type: "ack", "channel-id": stage.channel, seq: 1 };
      return () =>
        repeat(300, async () => {
          client.sends(frame);
          await beats(client);
        });
    },
  },
  heartbeat: {
    what: "heartbeat",
    times: 300,
    prepare: async (stage) => {
      const client = await joins(stage, "direct");
      return () => repeat(300, () => beats(client));
    },
  },
  heartbeatBySession: {
    what: "… of a session that uses a channel",
    times: 20,
    prepare: async (stage) => {
      const client = await subscriber(stage, "session");
      return () =>
        repeat(20, async () => {
          await beats(client);
          await sleep(HEARTBEAT_MS);
        });
    },
  },
  connect: {
    what: "connect to a channel's own path",
    times: 100,
    prepare: async (stage) => () => join(stage, "direct", 100),
  },
  openSession: {
    what: "open a session and subscribe",
    times: 100,
    prepare: async (stage) => () => subscribers(stage, "session", 100),
  },
  subscribeBySession: {
    what: "subscribe a session to one more channel",
    times: 100,
    prepare: async (stage) => {
      const clients = await join(stage, "session", 100);
      return async () => {
        for (const each of clients) await each.subscribes(stage.channel);
      };
    },
  },
  subscribe: subscribe("subscribe, nothing retained", 0),
  subscribeRetained: subscribe("… 1,000 messages retained", WINDOW),
  resume: subscribe("… `since` 20 messages ago", WINDOW, 20),
  unsubscribe: leave("unsubscribe", (client, { channel }) =>
    client.asks(
      { type: "unsubscribe", "channel-id": channel },
      "unsubscription-result",
    ),
  ),
  disconnect: leave("disconnect", (client) => client.leaves()),
  rpc: ask("RPC, answered, one at a time", "direct", 1),
  rpcBySession: ask("… by sessions", "session", 1),
  rpcBurst: ask("RPC, answered, 100 in flight", "direct", IN_FLIGHT),
  rpcByHttp: {
    what: "RPC by HTTP, one at a time",
    times: 300,
    prepare: async (stage) => {
      await service(stage, "direct");
      return () => repeat(300, () => posts(stage, "rpc"));
    },
  },
  rpcTimedOut: {
    what: "RPC, timed out",
    times: 100,
    prepare: async (stage) => {
      await subscriber(stage, "direct");
      const client = await joins(stage, "direct");
      const rest = { "timeout-ms": TIMEOUT_MS };
      return () => repeat(100, () => asks(client, stage.channel, rest));
    },
  },
  slow: {
    what: "publish every 3 s, with its report",
    times: 5,
    prepare: async (stage) => {
      const client = await joins(stage, "direct");
      // So that the report of its connection is not among those counted.
      await sleep(2 * SLOW_MS);
      return () =>
        repeat(5, async () => {
          await client.publishes(stage.channel, DATA);
          await sleep(SLOW_MS);
        });
    },
  },
  wake: {
    what: "publish on a sleeping channel with 1,000 messages",
    times: 1,
    prepare: async (stage) => {
      const client = await joins(stage, "direct");
      await repeat(WINDOW, () => client.publishes(stage.channel, DATA));
      await sleep(ASLEEP_AFTER_MS);
      return () => client.publishes(stage.channel, DATA);
    },
  },
} satisfies Record<string, Operation>;

/** The name of something that is measured. */
export type OperationName = keyof typeof OPERATIONS;

function publish(
  what: string,
  times: number,
  act: (
    publishes: (rest: { [key: string]: unknown }) => Promise<unknown>,
  ) => Promise<void>,
  way: Way = "direct",
): Operation {
  return {
    what,
    times,
    prepare: async (stage) => {
      const client = await joins(stage, way);
      // Has a session open its socket to the channel.
      await client.publishes(stage.channel, DATA);
      return () => act((rest) => client.publishes(stage.channel, DATA, rest));
    },
  };
}

function deliver(what: string, way: Way): Operation {
  return {
    what,
    times: 100 * WIDTH,
    publishes: 1 / WIDTH,
    prepare: async (stage) => {
      const clients = await subscribers(stage, way, WIDTH);
      const listeners = clients.map(
        (each) => new Listener(each, stage.channel),
      );
      const client = await joins(stage, "direct");
      return async () => {
        await repeat(100, () => client.publishes(stage.channel, DATA));
        await Promise.all(listeners.map((each) => each.hears(100)));
      };
    },
  };
}

/** @param back asks for messages after the one so many ago. */
function subscribe(what: string, kept: number, back?: number): Operation {
  return {
    what,
    times: 100,
    prepare: async (stage) => {
      const publisher = await joins(stage, "direct");
      await repeat(kept, () => publisher.publishes(stage.channel, DATA));
      const { epoch = "", seq = 0 } = await publisher.subscribes(stage.channel);
      const position = { epoch, seq: seq - (back ?? 0) };
      const rest = back === undefined ? {} : { since: position };
      const clients = await join(stage, "direct", 100);
      return async () => {
        for (const each of clients) await each.subscribes(stage.channel, rest);
      };
    },
  };
}

/** What subscribers do at their end. */
function leave(
  what: string,
  act: (client: Client, stage: Stage) => Promise<unknown>,
): Operation {
  return {
    what,
    times: 100,
    prepare: async (stage) => {
      const clients = await subscribers(stage, "direct", 100);
      return async () => {
        for (const client of clients) await act(client, stage);
      };
    },
  };
}

function ask(what: string, way: Way, width: number): Operation {
  const times = width === 1 ? 300 : 3_000;
  return {
    what,
    times,
    prepare: async (stage) => {
      await service(stage, way);
      const client = await joins(stage, way);
      await asks(client, stage.channel);
      return () => inFlight(width, times, () => asks(client, stage.channel));
    },
  };
}
