/** After a break a subscription goes on where it was. */
import { describe, expect, it } from "vitest";

import { message, published, subscribed } from "./support/answers.ts";
import { live, subscribe } from "./support/resumption.ts";
import {
  reconnect,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

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

it("hands ephemeral messages over as they come, without a number", async () => {
  const stage = await subscribe([message(1)]);
  stage.socket.hands(JSON.stringify(message(undefined)));
  live(stage, 2);
  expect(stage.got).toEqual([1, undefined, 2]);
  expect(stage.subscription.position).toEqual({ epoch: "e1", seq: 2 });
});
