/** After a break a subscription goes on where it was. */
import { describe, expect, it } from "vitest";

import type { Gap, Subscription } from "../../src/client/index.ts";
import type { SubscribeOptions } from "../../src/client/subscription.ts";
import {
  breakOff,
  message,
  published,
  reconnect,
  type Stage,
  soon,
  startConnected,
  subscribed,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

interface Subscribed extends Stage {
  readonly subscription: Subscription;
  /** What was handed over. */
  readonly got: (number | undefined)[];
  readonly gaps: Gap[];
}

async function subscribe(
  first: Parameters<typeof subscribed>[1] = [],
  fields: Parameters<typeof subscribed>[2] = {},
  options: SubscribeOptions = {},
): Promise<Subscribed> {
  const stage = await startConnected();
  const got: (number | undefined)[] = [];
  const gaps: Gap[] = [];
  const subscribing = stage.client
    .channel("room")
    .subscribe(({ seq }) => got.push(seq), options);
  await soon();
  subscribed(stage.socket, first, fields);
  const subscription = await subscribing;
  subscription.on("gap", (gap) => gaps.push(gap));
  return Object.assign(Object.create(stage), { subscription, got, gaps });
}

function live(stage: Stage, ...seqs: number[]): void {
  for (const seq of seqs) stage.socket.hands(JSON.stringify(message(seq)));
}

describe("since", () => {
  it("is the last message that came", async () => {
    const stage = await subscribe([message(4), message(5)]);
    live(stage, 6, 7);
    const socket = await reconnect(stage);
    expect(socket.takes("subscribe").since).toEqual({ epoch: "e1", seq: 7 });
  });

  it("is kept before the first message ever came", async () => {
    const stage = await subscribe([], { seq: 0 });
    const socket = await reconnect(stage);
    expect(socket.takes("subscribe").since).toEqual({ epoch: "e1", seq: 0 });
  });

  it("is what the user gave, at first", async () => {
    const stage = await startConnected();
    const since = { epoch: "e1", seq: 3 };
    stage.client
      .channel("room")
      .subscribe(() => {}, { since })
      .catch(() => {});
    await soon();
    expect(stage.socket.takes("subscribe").since).toEqual(since);
  });

  it("does not go back where a break comes before the answer", async () => {
    const stage = await subscribe([message(1)]);
    live(stage, 2, 3);
    await reconnect(stage);
    const socket = await reconnect(stage);
    expect(socket.takes("subscribe").since).toEqual({ epoch: "e1", seq: 3 });
  });

  it("is absent for a subscription that never stood", async () => {
    const stage = await startConnected();
    stage.client
      .channel("room")
      .subscribe(() => {})
      .catch(() => {});
    await soon();
    const socket = await reconnect(stage);
    expect(socket.takes("subscribe").since).toBeUndefined();
  });
});

describe("after a break", () => {
  it("what was missed comes first, once, and marked", async () => {
    const stage = await startConnected();
    const got: [number | undefined, boolean][] = [];
    const subscribing = stage.client
      .channel("room")
      .subscribe(({ seq, replayed }) => got.push([seq, replayed]));
    await soon();
    subscribed(stage.socket);
    await subscribing;
    live(stage, 1);
    await reconnect(stage);
    // These are in the answer as well.
    live(stage, 2, 3);
    subscribed(stage.socket, [message(2), message(3)], { recovered: true });
    live(stage, 4);
    expect(got).toEqual([
      [1, false],
      [2, true],
      [3, true],
      [4, false],
    ]);
  });

  it("nothing is handed over twice, whatever the server repeats", async () => {
    const stage = await subscribe([message(1)]);
    live(stage, 2, 2, 1, 3, 3);
    await reconnect(stage);
    const again = [message(2), message(3), message(4)];
    subscribed(stage.socket, again, { recovered: true });
    live(stage, 4, 5);
    expect(stage.got).toEqual([1, 2, 3, 4, 5]);
  });

  it("an undelivered backlog is neither lost nor repeated", async () => {
    const stage = await startConnected();
    const messages = stage.client.channel("room").messages();
    await soon();
    subscribed(stage.socket);
    await messages.subscription;
    live(stage, 1, 2, 3);
    await reconnect(stage);
    subscribed(stage.socket, [message(4)], { recovered: true });
    live(stage, 5);
    const got: (number | undefined)[] = [];
    for await (const { seq } of messages) {
      got.push(seq);
      if (seq === 5) break;
    }
    expect(got).toEqual([1, 2, 3, 4, 5]);
  });

  it("own messages that exclude their sender do not come back", async () => {
    const stage = await subscribe();
    const publishing = stage.client
      .channel("room")
      .publish("mine", { excludeSender: true });
    await soon();
    const { "message-id": id } = stage.socket.takes("publish");
    await reconnect(stage);
    // It was stored, and the answer lost.
    const mine = message(1, { "message-id": String(id) });
    subscribed(stage.socket, [mine, message(2)], { recovered: true });
    published(stage.socket, { seq: 1, duplicate: true });
    await publishing;
    expect(stage.got).toEqual([2]);
  });

  it("nor do they where they were acknowledged before", async () => {
    const stage = await subscribe();
    const room = stage.client.channel("room");
    const publishing = room.publish("mine", { excludeSender: true });
    await soon();
    published(stage.socket, { seq: 1 });
    await publishing;
    expect(stage.subscription.position).toEqual({ epoch: "e1", seq: 1 });
    const socket = await reconnect(stage);
    expect(socket.takes("subscribe").since).toEqual({ epoch: "e1", seq: 1 });
  });

  it("nor do they where they are published before it is subscribed", async () => {
    const stage = await subscribe();
    const room = stage.client.channel("room");
    const off = stage.client.on("state", ({ state }) => {
      if (state !== "connected") return;
      room.publish("back", { excludeSender: true }).catch(() => {});
    });
    await reconnect(stage);
    off();
    const { "message-id": id } = stage.socket.unseen.find(
      ({ type }) => type === "publish",
    ) ?? { "message-id": "" };
    published(stage.socket, { seq: 1 });
    const mine = message(1, { "message-id": String(id) });
    subscribed(stage.socket, [mine, message(2)], { recovered: true });
    expect(stage.got).toEqual([2]);
  });
});

describe("a gap", () => {
  it("is told once where the server has not everything", async () => {
    const stage = await subscribe([message(3)]);
    await reconnect(stage);
    const retained = [message(8), message(9)];
    subscribed(stage.socket, retained, { recovered: false });
    expect(stage.got).toEqual([3, 8, 9]);
    expect(stage.gaps).toEqual([
      {
        since: { epoch: "e1", seq: 3 },
        position: { epoch: "e1", seq: 7 },
        missed: 4,
      },
    ]);
  });

  it("hands over nothing twice that came before it", async () => {
    const stage = await subscribe([message(7), message(8)]);
    await reconnect(stage);
    const retained = [message(8), message(9)];
    subscribed(stage.socket, retained, { recovered: false });
    expect(stage.got).toEqual([7, 8, 9]);
  });

  it("is told where the numbering has begun anew", async () => {
    const stage = await subscribe([message(30)]);
    await reconnect(stage);
    subscribed(stage.socket, [message(1), message(2)], {
      epoch: "e2",
      recovered: false,
    });
    live(stage, 3);
    expect(stage.got).toEqual([30, 1, 2, 3]);
    expect(stage.gaps).toEqual([
      {
        since: { epoch: "e1", seq: 30 },
        position: { epoch: "e2", seq: 0 },
        missed: undefined,
      },
    ]);
    const socket = await reconnect(stage);
    expect(socket.takes("subscribe").since).toEqual({ epoch: "e2", seq: 3 });
  });

  it("is told to whoever began with `since`", async () => {
    const since = { epoch: "e1", seq: 3 };
    const stage = await subscribe(
      [message(9)],
      { recovered: false },
      { since },
    );
    await breakOff(stage);
    expect(stage.gaps).toMatchObject([{ since, missed: 5 }]);
  });
});

describe("a hole among live messages", () => {
  it("is asked for again, and filled in order", async () => {
    const stage = await subscribe();
    live(stage, 1, 4);
    await soon();
    const { since } = stage.socket.unseen.find(
      ({ type }) => type === "subscribe",
    ) ?? { since: "not asked" };
    expect(since).toEqual({ epoch: "e1", seq: 1 });
    live(stage, 5);
    const missed = [2, 3, 4, 5].map((seq) => message(seq));
    subscribed(stage.socket, missed, { recovered: true });
    live(stage, 6);
    expect(stage.got).toEqual([1, 2, 3, 4, 5, 6]);
    expect(stage.gaps).toEqual([]);
  });

  it("is asked for once", async () => {
    const stage = await subscribe();
    live(stage, 1, 4, 5, 6);
    await soon();
    const asked = stage.socket.unseen.filter(
      ({ type }) => type === "subscribe",
    );
    expect(asked).toHaveLength(1);
  });
});

it("hands ephemeral messages over as they come, without a number", async () => {
  const stage = await subscribe([message(1)]);
  stage.socket.hands(JSON.stringify(message(undefined)));
  live(stage, 2);
  expect(stage.got).toEqual([1, undefined, 2]);
  expect(stage.subscription.position).toEqual({ epoch: "e1", seq: 2 });
});
