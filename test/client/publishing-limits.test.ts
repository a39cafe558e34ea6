/** Publishing more, or longer, than can be done. */
import { describe, expect, it, vi } from "vitest";

import { published } from "./support/answers.ts";
import {
  later,
  outcomeOf,
  reconnect,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

describe("where too much waits", () => {
  it("it is refused, on all channels together", async () => {
    const { client, socket } = await startConnected({ maxQueued: 3 });
    const [a, b] = [client.channel("a"), client.channel("b")];
    for (const each of [a, b, a]) each.publish(1).catch(() => {});
    await soon();
    expect(await outcomeOf(b.publish(1))).toMatchObject({
      name: "QueueFullError",
      reason: "queue-full",
    });
    published(socket, { seq: 1 });
    expect(await outcomeOf(b.publish(1))).toBe("pending");
  });

  it("those that failed make room as well", async () => {
    const { client } = await startClient({
      maxQueued: 2,
      publishTimeoutMs: 1_000,
    });
    const room = client.channel("room");
    for (let i = 0; i < 5; i++) {
      const both = [room.publish(1), room.publish(2)].map(outcomeOf);
      await later(1_000);
      await Promise.all(both);
    }
    expect(await outcomeOf(room.publish(3))).toBe("pending");
  });
});

describe("after publishTimeoutMs", () => {
  it("what was never sent is a TimeoutError", async () => {
    const { client } = await startClient({ publishTimeoutMs: 4_000 });
    const publishing = client.channel("room").publish(1);
    publishing.catch(() => {});
    await later(3_999);
    expect(await outcomeOf(publishing)).toBe("pending");
    await later(1);
    expect(await outcomeOf(publishing)).toMatchObject({
      name: "TimeoutError",
      reason: "timeout",
    });
  });

  it("what was sent is an OutcomeUnknownError", async () => {
    const { client } = await startConnected({ publishTimeoutMs: 4_000 });
    const publishing = client.channel("room").publish(1);
    publishing.catch(() => {});
    await later(4_000);
    expect(await outcomeOf(publishing)).toMatchObject({
      name: "OutcomeUnknownError",
      reason: "outcome-unknown",
    });
  });

  it("what was sent over a connection that broke is one, too", async () => {
    const stage = await startConnected({ publishTimeoutMs: 4_000 });
    const publishing = stage.client.channel("room").publish(1);
    publishing.catch(() => {});
    await soon();
    stage.socket.closes(1006);
    await later(4_000);
    expect(await outcomeOf(publishing)).toMatchObject({
      name: "OutcomeUnknownError",
    });
  });

  it("it is not sent any more", async () => {
    const stage = await startClient({ publishTimeoutMs: 1_000 });
    const publishing = stage.client.channel("room").publish(1);
    publishing.catch(() => {});
    await later(1_000);
    await reconnect(stage);
    expect(stage.socket.has("publish")).toBe(false);
  });

  it.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e15])(
    "%d is long, not short",
    async (publishTimeoutMs) => {
      const { client } = await startConnected({ publishTimeoutMs });
      const publishing = client.channel("room").publish(1);
      await later(60_000);
      expect(await outcomeOf(publishing)).toBe("pending");
    },
  );
});

describe("where the channel takes no more", () => {
  it("a message waits as long as it is told, and is sent again", async () => {
    const { client, socket } = await startConnected();
    const publishing = client.channel("room").publish("x");
    await soon();
    const first = socket.unseen.at(-1);
    published(socket, {
      success: false,
      reason: "rate-limited",
      "retry-after-ms": 1_500,
    });
    await later(1_499);
    expect(socket.has("publish")).toBe(false);
    await later(2);
    expect(socket.unseen.at(-1)).toMatchObject({
      data: "x",
      "message-id": first?.["message-id"],
    });
    published(socket, { seq: 1 });
    expect((await publishing).seq).toBe(1);
  });

  it("later ones wait behind it, and all keep their order", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room");
    const all = [1, 2, 3].map((data) => room.publish(data));
    await soon();
    for (let i = 0; i < 3; i++) {
      published(socket, { success: false, reason: "rate-limited" });
    }
    all.push(room.publish(4));
    await soon();
    expect(socket.has("publish")).toBe(false);
    await later(2_001);
    const sent = socket.unseen.filter(({ type }) => type === "publish");
    expect(sent.map(({ data }) => data)).toEqual([1, 2, 3, 4]);
    for (const seq of [1, 2, 3, 4]) published(socket, { seq });
    await Promise.all(all);
  });

  it("other channels go on", async () => {
    const { client, socket } = await startConnected();
    client
      .channel("room")
      .publish(1)
      .catch(() => {});
    await soon();
    published(socket, { success: false, reason: "rate-limited" });
    client
      .channel("other")
      .publish(2)
      .catch(() => {});
    await soon();
    expect(socket.takes("publish")["channel-id"]).toBe("other");
  });

  it("it gives up in time, and leaves no timer", async () => {
    const stage = await startConnected({ publishTimeoutMs: 5_000 });
    const publishing = stage.client.channel("room").publish(1);
    publishing.catch(() => {});
    await soon();
    published(stage.socket, {
      success: false,
      reason: "rate-limited",
      "retry-after-ms": 100_000,
    });
    const closing = stage.client.close();
    await later(5_000);
    expect(await outcomeOf(publishing)).toBeInstanceOf(Error);
    await later(2_000);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });
});
