/** Each message is published once, and its publisher is told. */
import { describe, expect, it } from "vitest";

import { message, published, subscribed } from "./support/answers.ts";
import {
  later,
  outcomeOf,
  reconnect,
  type Stage,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

/** What was published over this connection, in order. */
function sent({ socket }: Stage) {
  return socket.unseen.filter(({ type }) => type === "publish");
}

describe("publishing", () => {
  it("sends the data under a message-id, and tells what became of it", async () => {
    const stage = await startConnected();
    const publishing = stage.client.channel("room").publish({ a: 1 });
    await soon();
    const [frame] = sent(stage);
    expect(frame).toMatchObject({ "channel-id": "room", data: { a: 1 } });
    expect(frame?.["message-id"]).toMatch(/^(?!msg-|eph-).{8,64}$/);
    published(stage.socket, { seq: 7, "delivered-to": 3 });
    expect(await publishing).toEqual({
      messageId: frame?.["message-id"],
      seq: 7,
      deliveredTo: 3,
      duplicate: false,
    });
  });

  it("waits for the connection, in order", async () => {
    const stage = await startClient();
    const room = stage.client.channel("room");
    const all = Promise.all([1, 2, 3].map((data) => room.publish(data)));
    await later(5_000);
    stage.socket.welcomes();
    await soon();
    expect(sent(stage).map(({ data }) => data)).toEqual([1, 2, 3]);
    for (const seq of [1, 2, 3]) published(stage.socket, { seq });
    await all;
  });

  it("gives every message another message-id, whoever publishes it", async () => {
    const stages = await Promise.all([startConnected(), startConnected()]);
    for (const { client } of stages) {
      for (const id of ["room", "other"]) {
        for (let i = 0; i < 100; i++) {
          client
            .channel(id)
            .publish(1)
            .catch(() => {});
        }
      }
    }
    await soon();
    const ids = stages.flatMap(sent).map((each) => each["message-id"]);
    expect(new Set(ids).size).toBe(400);
  });

  it("takes null, and undefined for null", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    room.publish(null).catch(() => {});
    room.publish(undefined).catch(() => {});
    await soon();
    expect(sent(stage).map(({ data }) => data)).toEqual([null, null]);
  });

  it("sends what was said, not what became of it since", async () => {
    const stage = await startClient();
    const data = { text: "before" };
    stage.client
      .channel("room")
      .publish(data)
      .catch(() => {});
    await soon();
    data.text = "after";
    stage.socket.welcomes();
    await soon();
    expect(sent(stage)[0]?.data).toEqual({ text: "before" });
  });

  it.each([[() => {}], [Symbol("x")], [1n], [circular()]])(
    "rejects %s, which is no JSON",
    async (data) => {
      const stage = await startConnected();
      const publishing = stage.client.channel("room").publish(data);
      expect(await outcomeOf(publishing)).toBeInstanceOf(TypeError);
      expect(sent(stage)).toEqual([]);
    },
  );

  it.each([
    ["channel-not-found", "ChannelNotFoundError"],
    ["forbidden", "ForbiddenError"],
    ["payload-too-large", "PayloadTooLargeError"],
    ["outcome-unknown", "OutcomeUnknownError"],
    ["invalid-channel-id", "InvalidChannelIdError"],
  ] as const)("rejects what is refused: %s", async (reason, name) => {
    const stage = await startConnected();
    const publishing = stage.client.channel("room").publish(1);
    await soon();
    published(stage.socket, { success: false, reason });
    expect(await outcomeOf(publishing)).toMatchObject({ name, reason });
  });

  it("rejects what is answered with an error", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    const publishing = room.publish(1, { messageId: "msg-1" });
    await soon();
    const { ref } = stage.socket.takes("publish");
    stage.socket.says("error", {
      ref: Number(ref),
      reason: "invalid-message",
      message: "`message-id` is reserved",
    });
    const outcome = await outcomeOf(publishing);
    expect(outcome).toMatchObject({ reason: "invalid-message" });
    expect(String(outcome)).toContain("message-id");
  });
});

describe("after a break", () => {
  it("what was not acknowledged is sent again, in order, as it was", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    const publishing = [1, 2, 3, 4].map((data) =>
      room.publish(data, { excludeSender: data === 3 }),
    );
    await soon();
    const before = sent(stage);
    published(stage.socket, { seq: 1 });
    await reconnect(stage);
    const again = sent(stage);
    const told = (frames: typeof again) =>
      frames.map(({ ref: _, ...frame }) => frame);
    expect(told(again)).toEqual(told(before.slice(1)));
    published(stage.socket, { seq: 2, duplicate: true });
    published(stage.socket, { seq: 3 });
    published(stage.socket, { seq: 4 });
    const results = await Promise.all(publishing);
    expect(results.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(results[1]?.duplicate).toBe(true);
    expect(results[2]?.duplicate).toBe(false);
  });

  it("what is published meanwhile comes after it", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    room.publish(1).catch(() => {});
    await soon();
    stage.socket.closes(1006);
    room.publish(2).catch(() => {});
    await later(1);
    room.publish(3).catch(() => {});
    stage.socket.welcomes();
    room.publish(4).catch(() => {});
    await soon();
    expect(sent(stage).map(({ data }) => data)).toEqual([1, 2, 3, 4]);
  });

  it("what a listener publishes at once comes after it", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    room.publish(1).catch(() => {});
    await soon();
    stage.client.on("state", ({ state }) => {
      if (state === "connected") room.publish(2).catch(() => {});
    });
    await reconnect(stage);
    expect(sent(stage).map(({ data }) => data)).toEqual([1, 2]);
  });

  it("an ephemeral message is not sent again", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    const publishing = room.publish(1, { ephemeral: true });
    publishing.catch(() => {});
    await soon();
    await reconnect(stage);
    expect(await outcomeOf(publishing)).toMatchObject({
      name: "OutcomeUnknownError",
    });
    expect(sent(stage)).toEqual([]);
  });

  it("an ephemeral one that was not sent is", async () => {
    const stage = await startClient();
    const room = stage.client.channel("room");
    room.publish(1, { ephemeral: true }).catch(() => {});
    await soon();
    await reconnect(stage);
    expect(sent(stage)).toMatchObject([{ ephemeral: true }]);
  });

  it("it is subscribed before it publishes", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    const subscribing = room.subscribe(() => {});
    await soon();
    subscribed(stage.socket);
    await subscribing;
    room.publish(1).catch(() => {});
    await soon();
    await reconnect(stage);
    const types = stage.socket.unseen.map(({ type }) => type);
    expect(types.indexOf("subscribe")).toBeLessThan(types.indexOf("publish"));
  });
});

it("is handed its own message before it is told, and not when excluded", async () => {
  const stage = await startConnected();
  const room = stage.client.channel("room");
  const got: unknown[] = [];
  const subscribing = room.subscribe(({ seq }) => got.push(seq));
  await soon();
  subscribed(stage.socket);
  const subscription = await subscribing;
  room.publish(1, { excludeSender: true }).catch(() => {});
  await soon();
  expect(sent(stage)).toMatchObject([{ "exclude-sender": true }]);
  published(stage.socket, { seq: 1 });
  stage.socket.hands(JSON.stringify(message(2)));
  await soon();
  expect(got).toEqual([2]);
  expect(subscription.position?.seq).toBe(2);
  expect(stage.socket.has("subscribe")).toBe(false);
});

function circular(): object {
  const object: Record<string, unknown> = { toString: () => "a circle" };
  object.self = object;
  return object;
}
