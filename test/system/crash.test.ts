/** The whole process is killed, and another one takes over its data. */
import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import {
  channelBecomes,
  createChannel,
  infoOf,
  newChannelId,
  numbers,
  storedMessages,
} from "./support/channels.ts";
import {
  type Client,
  connect,
  everyWay,
  holds,
  Listener,
  leaveAll,
} from "./support/client.ts";
import { newDataDir, type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

let server: Server;
let killed: Server;
let dataDir: string;
beforeAll(async () => {
  dataDir = await newDataDir();
  killed = await startServer({ dataDir });
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  await rm(dataDir, { recursive: true, force: true });
  expect(server.complaints()).toEqual([]);
});

interface Acknowledged {
  seq: number;
  data: unknown;
}

/** Publishes until the connection breaks; notes what was acknowledged. */
async function publishOn(
  client: Client,
  channelId: string,
  about: string,
  acknowledged: Acknowledged[],
): Promise<void> {
  for (let n = 1; client.isOpen; n++) {
    const data = { about, n };
    try {
      const { seq = 0 } = await client.publishes(channelId, data);
      acknowledged.push({ seq, data });
    } catch (error) {
      if (client.isOpen) throw error;
    }
  }
}

it("keeps what was acknowledged, recovers exactly and forgets what was open", async () => {
  const channelId = await createChannel(killed, "crash");
  const other = newChannelId("crash-auto");
  const listeners = await Promise.all(
    everyWay(channelId).map(async (way) => {
      const client = await connect(killed, way);
      const listener = new Listener(client, channelId);
      await client.subscribes(channelId);
      return listener;
    }),
  );
  const { epoch } = await infoOf(killed, channelId);

  const requester = await connect(killed);
  const service = await connect(killed, { channel: other });
  await service.subscribes(other);
  const open = await Promise.all(
    numbers(1, 5).map((n) =>
      requester.asks(
        {
          type: "rpc-request",
          "channel-id": other,
          data: n,
          "timeout-ms": 300_000,
        },
        "rpc-request-result",
      ),
    ),
  );
  for (const { "request-id": requestId } of open) {
    await service.receives({ type: "rpc-request", "request-id": requestId });
  }
  const keyed = { "message-id": "once-and-for-all" };
  const first = await requester.publishes(other, "keyed", keyed);
  await channelBecomes(killed, other, { "pending-rpc-requests": 5 });
  // Nobody will wake this one after the crash, but the registry.
  const asleep = newChannelId("crash-asleep");
  for (const way of everyWay(asleep)) {
    await (await connect(killed, way)).subscribes(asleep);
  }

  await eventually("the registry has heard of it", async () => {
    const { body } = await killed.fetch("/health");
    return holds(body, {
      "system-health": { "total-subscriptions": 9, "pending-rpc-requests": 5 },
    });
  });

  // The crash comes while sixteen publishes are in flight.
  const acknowledged: Acknowledged[] = [];
  const publishers = await Promise.all(
    everyWay(channelId).map((way) => connect(killed, way)),
  );
  const publishing = publishers.flatMap((client, p) =>
    numbers(1, 4).map((n) =>
      publishOn(client, channelId, `${p}-${n}`, acknowledged),
    ),
  );
  await eventually("a good many are published", () => {
    return acknowledged.length >= 400;
  });
  await killed.kill();
  await Promise.all(publishing);
  await Promise.all(listeners.map(({ client }) => client.isClosed(1006)));

  server = await startServer({ dataDir });
  const stored = await storedMessages(server, channelId);
  const bySeq = new Map(stored.map((each) => [each.seq, each]));
  expect(stored.length).toBeGreaterThanOrEqual(acknowledged.length);
  expect(stored.map(({ seq }) => seq)).toEqual(numbers(1, stored.length));
  for (const { seq, data } of acknowledged) {
    expect(bySeq.get(seq)?.data).toEqual(data);
  }

  for (const [i, { messages, seqs }] of listeners.entries()) {
    // Nobody was shown what is not stored.
    expect(seqs).toEqual(numbers(1, seqs.length));
    expect(messages).toEqual(stored.slice(0, messages.length));
    const back = await connect(server, everyWay(channelId)[i]);
    const since = { epoch, seq: seqs.length };
    const result = await back.subscribes(channelId, { since });
    expect(result).toMatchObject({ recovered: true, epoch });
    expect(result["retained-messages"]).toEqual(stored.slice(messages.length));
    const gone = await back.subscribes(channelId, {
      since: { epoch: `not ${epoch}`, seq: seqs.length },
    });
    expect(gone.recovered).toBe(false);
    await back.leaves();
  }

  // Numbering goes on, and message-ids are still known.
  const client = await connect(server);
  const next = await client.publishes(channelId, "the next");
  expect(next.seq).toBe(stored.length + 1);
  expect(await client.publishes(other, "keyed", keyed)).toMatchObject({
    seq: first.seq,
    duplicate: true,
  });

  // What was open has ended for good.
  await channelBecomes(server, other, { "pending-rpc-requests": 0 });
  for (const { "request-id": requestId } of open) {
    const late = { type: "rpc-response", "request-id": requestId, data: 1 };
    expect(await client.asks(late, "rpc-response-result")).toMatchObject({
      success: false,
      reason: "request-not-found",
    });
  }
  const request = { type: "rpc-request", "channel-id": other, data: 1 };
  expect(await client.asks(request, "rpc-request-result")).toMatchObject({
    "request-id": null,
    delivery: { success: false, reason: "no-subscribers" },
  });

  // The registry knows it all.
  await client.leaves();
  const wanted = {
    [channelId]: { "subscriber-count": 0, "message-count": next.seq },
    [other]: { "subscriber-count": 0, "message-count": first.seq },
    [asleep]: { "subscriber-count": 0, "message-count": 0 },
  };
  await eventually("/channels is right again", async () => {
    const { body } = await server.fetch("/channels");
    return holds(body, { channels: wanted, cursor: null });
  });
  await eventually("/stats is right again", async () => {
    const { body, text } = await server.fetch("/stats");
    const right = holds(body, {
      "active-connections": 0,
      "channel-stats": {
        channels: wanted,
        "total-channels": 3,
        "total-subscriptions": 0,
        "active-connections": 0,
        "pending-rpc-requests": 0,
      },
    });
    if (right) return true;
    throw new Error(text);
  });
});
