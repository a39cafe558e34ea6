/** Frames leave together, and no faster than the server takes them. */
import { describe, expect, it } from "vitest";

import type { Client } from "../../src/client/index.ts";
import type { FakeSocket } from "./support/fake-socket.ts";
import {
  later,
  outcomeOf,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

function publish(client: Client, count: number, data: unknown = "x"): void {
  const room = client.channel("room");
  for (let i = 0; i < count; i++) room.publish(data).catch(() => {});
}

/** How many frames each message held. */
function sizesOf({ messages }: FakeSocket): number[] {
  return messages.map((each) => [JSON.parse(each)].flat().length);
}

describe("frames of one tick", () => {
  it("leave as one array", async () => {
    const { client, socket } = await startConnected();
    publish(client, 3);
    client
      .channel("other")
      .request(1)
      .catch(() => {});
    await soon();
    expect(socket.messages).toHaveLength(1);
    expect(socket.unseen.map(({ type }) => type)).toEqual([
      "publish",
      "publish",
      "publish",
      "rpc-request",
    ]);
  });

  it("leave bare when there is one", async () => {
    const { client, socket } = await startConnected();
    publish(client, 1);
    await soon();
    expect(socket.messages[0]).toMatch(/^\{"type":"publish"/);
  });

  it("leave by 256 at most", async () => {
    const { client, socket } = await startConnected();
    publish(client, 600);
    await soon();
    expect(sizesOf(socket)).toEqual([256, 256, 88]);
  });

  it("leave in messages no longer than max-frame-bytes", async () => {
    const max = 2_000;
    const { client, socket } = await startConnected(
      {},
      { "max-frame-bytes": max },
    );
    // Two bytes of UTF-8 in one unit of UTF-16, four in two.
    for (let i = 0; i < 100; i++) publish(client, 1, "ü😀".repeat(i));
    await soon();
    const longest = socket.messages.map((each) => Buffer.byteLength(each));
    expect(Math.max(...longest)).toBeLessThanOrEqual(max);
    expect(socket.unseen).toHaveLength(100);
    expect(socket.messages.length).toBeLessThan(40);
  });

  it("fill a message to the last byte", async () => {
    const bytesOf = (message = "") => Buffer.byteLength(message);
    async function sent(max: number): Promise<readonly string[]> {
      const welcome = { "max-frame-bytes": max };
      const { client, socket } = await startConnected({}, welcome);
      const room = client.channel("room");
      for (const messageId of ["one", "two", "three", "four"]) {
        room.publish("ü", { messageId }).catch(() => {});
      }
      await soon();
      return socket.messages;
    }
    const [all] = await sent(65_536);
    expect(await sent(bytesOf(all))).toHaveLength(1);
    const tight = await sent(bytesOf(all) - 1);
    expect(tight).toHaveLength(2);
    // The last two of the four, when the first two have just room.
    const [, last] = await sent(Math.ceil(bytesOf(all) / 2) + 4);
    expect(JSON.parse(last ?? "")).toHaveLength(2);
  });

  it("are never too long together, nor fewer than there is room for", async () => {
    for (let max = 700; max < 760; max++) {
      const welcome = { "max-frame-bytes": max };
      const { client, socket } = await startConnected({}, welcome);
      for (let i = 0; i < 50; i++) {
        publish(client, 1, "x".repeat((i * 37) % 300));
      }
      await soon();
      const { messages } = socket;
      for (const [i, message] of messages.entries()) {
        expect(message.length).toBeLessThanOrEqual(max);
        const [next] = [JSON.parse(messages[i + 1] ?? "null")].flat();
        if (next === null) continue;
        const frames = [JSON.parse(message), next].flat();
        expect(JSON.stringify(frames).length).toBeGreaterThan(max);
      }
    }
  });
});

it("refuses a frame that is longer than the server takes, and sends others", async () => {
  const { client, socket } = await startConnected(
    {},
    { "max-frame-bytes": 1_000 },
  );
  const room = client.channel("room");
  await expect(room.publish("x".repeat(1_000))).rejects.toMatchObject({
    name: "PayloadTooLargeError",
    reason: "payload-too-large",
  });
  await expect(room.request("x".repeat(1_000))).rejects.toMatchObject({
    name: "PayloadTooLargeError",
  });
  publish(client, 1);
  await soon();
  expect(socket.unseen).toHaveLength(1);
});

it("refuses data that is nested deeper than the server takes", async () => {
  const { client, socket } = await startConnected({}, { "max-depth": 10 });
  const room = client.channel("room");
  const nested = (depth: number): unknown =>
    depth === 0 ? "[[[{{" : [nested(depth - 1)];
  await expect(room.publish(nested(9))).rejects.toMatchObject({
    name: "PayloadTooLargeError",
  });
  // Beside it stand the frame, and the array that frames are sent in.
  room.publish(nested(8)).catch(() => {});
  room.publish({ text: '"}]\\"]]]' }).catch(() => {});
  await soon();
  expect(socket.unseen).toHaveLength(2);
});

describe("with frames-per-second 100 and frames-burst 200", () => {
  const welcome = { "frames-per-second": 100, "frames-burst": 200 };

  it("it sends no more than that, whenever one looks", async () => {
    const stage = await startConnected({ maxQueued: 5_000 }, welcome);
    const { client, socket } = stage;
    publish(client, 2_000);
    await soon();
    for (let ms = 0; ms <= 20_000; ms += 50) {
      const most = 200 + (100 * ms) / 1_000;
      expect(socket.unseen.length).toBeLessThanOrEqual(most);
      // The server is alive all the time.
      socket.hands('{"type":"pong"}');
      await later(50);
    }
    // And uses most of what it may.
    expect(socket.unseen.length).toBeGreaterThan(1_500);
  });

  it("it saves up no more than the burst", async () => {
    const { client, socket } = await startConnected({}, welcome);
    await later(60_000);
    publish(client, 900);
    await soon();
    expect(socket.unseen.length).toBeLessThanOrEqual(200);
  });

  it("it sends all in the end, in order", async () => {
    const stage = await startConnected({ maxQueued: 5_000 }, welcome);
    const { client, socket } = stage;
    const room = client.channel("room");
    for (let i = 0; i < 1_000; i++) room.publish(i).catch(() => {});
    for (let s = 0; s < 15; s++) {
      socket.hands('{"type":"pong"}');
      await later(1_000);
    }
    const sent = socket.unseen.filter(({ type }) => type === "publish");
    expect(sent.map(({ data }) => data)).toEqual([...Array(1_000).keys()]);
  });

  it("it pings in time all the same", async () => {
    const { client, socket } = await startConnected(
      { maxQueued: 5_000 },
      { ...welcome, "heartbeat-ms": 1_000 },
    );
    publish(client, 2_000);
    await later(1_000);
    expect(socket.pings).toBe(1);
  });
});

it.each([
  ["frames-per-second", 0],
  ["frames-burst", 0],
  ["frames-burst", null],
])("sends where the server says %s is %j", async (field, value) => {
  const { client, socket } = await startConnected({}, { [field]: value });
  publish(client, 1);
  await later(5_000);
  expect(socket.has("publish")).toBe(true);
});

it("settles a publish whose socket throws, sooner or later", async () => {
  const stage = await startConnected({ publishTimeoutMs: 5_000 });
  stage.socket.throwsOnSend = new TypeError("it is closed");
  const publishing = stage.client.channel("room").publish(1);
  publishing.catch(() => {});
  await later(5_000);
  expect(await outcomeOf(publishing)).toBeInstanceOf(Error);
});
