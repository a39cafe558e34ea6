/** Whatever the server sends, nothing breaks. */
import { describe, expect, it } from "vitest";

import { answered, message, passedOn, subscribed } from "./support/answers.ts";
import {
  later,
  outcomeOf,
  type Stage,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

/** What is no frame at all. */
const NO_FRAMES: [string, unknown][] = [
  ["no JSON", "nonsense"],
  ["nothing", ""],
  ["half of a frame", '{"type":"channel-mess'],
  ["a number", "5"],
  ["null", "null"],
  ["a text", '"welcome"'],
  ["an array of numbers", "[1,2,3]"],
  ["an array of arrays", "[[[]]]"],
  ["an array of nulls", "[null,null]"],
  ["an object without a type", '{"a":1}'],
  ["a type that is no text", '{"type":5}'],
  ["a type that is null", '{"type":null}'],
  ["an ArrayBuffer", new ArrayBuffer(8)],
  ["a Blob", new Blob(["{}"])],
  ["undefined", undefined],
  ["a symbol", Symbol("x")],
  ["what is no text", Object.create(null)],
];

/** Frames with fields of the wrong kind. */
const WRONG: object[] = [
  { type: "channel-message", "channel-id": "room" },
  { type: "channel-message", "channel-id": 5, "message-id": "a", seq: 1 },
  { type: "channel-message", "channel-id": "room", "message-id": 5, seq: 1 },
  message(1, { seq: "2" as unknown as number }),
  { type: "subscription-lost", "channel-id": "room", reason: 5 },
  { type: "rpc-request", "channel-id": "room", "request-id": {} },
  { type: "rpc-request", "channel-id": "room" },
  { type: "rpc-response", "request-id": [] },
  { type: "rpc-cancel", "request-id": 1 },
  { type: "error", reason: {}, message: "x", ref: 5_000 },
];

/** What is odd, or unknown, and of no importance. */
const UNKNOWN: object[] = [
  { type: "echo", original: {}, "conn-id": "x", timestamp: 1 },
  { type: "presence", "channel-id": "room", users: [1] },
  { type: "presence", message: { text: "hi" }, seq: "x", reason: 5 },
  { type: "__proto__" },
  { type: "constructor", ref: 77 },
  { type: "toString", "channel-id": "room" },
  { type: "pong", "original-timestamp": "x" },
  { type: "channel-message", "channel-id": "nobody's", "message-id": "a" },
  {
    type: "rpc-response",
    "channel-id": "room",
    "request-id": "req-9@room",
    data: 1,
    final: true,
  },
  { type: "rpc-cancel", "request-id": "no channel" },
  { type: "publish-result", ref: 999, success: true },
  { type: "subscription-lost", "channel-id": "nobody's", reason: "gap" },
];

/** Everything goes on as if nothing had been. */
async function expectUnharmed(stage: Stage): Promise<void> {
  expect(stage.client.state).toBe("connected");
  const got: unknown[] = [];
  const room = stage.client.channel("room");
  const subscribing = room.subscribe(({ seq }) => got.push(seq));
  await soon();
  subscribed(stage.socket);
  await subscribing;
  stage.socket.hands(JSON.stringify(message(1)));
  expect(got).toEqual([1]);
  const asking = room.request(1);
  await soon();
  passedOn(stage.socket);
  answered(stage.socket, { data: "fine" });
  expect(await asking).toBe("fine");
}

describe("what is no frame", () => {
  it.each(NO_FRAMES)("is an error of the client: %s", async (_, data) => {
    const stage = await startConnected();
    stage.socket.hands(data);
    expect(stage.errors.length).toBeGreaterThan(0);
    expect(stage.errors[0]).toMatchObject({ name: "ProtocolError" });
    await expectUnharmed(stage);
  });

  it("does no harm before the welcome", async () => {
    const stage = await startConnected();
    stage.socket.closes(1006);
    await later(1);
    for (const [, data] of NO_FRAMES) stage.socket.hands(data);
    for (const frame of [...WRONG, ...UNKNOWN]) {
      stage.socket.hands(JSON.stringify(frame));
    }
    stage.socket.welcomes();
    await expectUnharmed(stage);
  });

  it("does no harm to the frames beside it", async () => {
    const stage = await startConnected();
    const room = stage.client.channel("room");
    const got: unknown[] = [];
    const subscribing = room.subscribe(({ seq }) => got.push(seq));
    await soon();
    subscribed(stage.socket);
    await subscribing;
    const mixed = [1, message(1), null, { type: 5 }, message(2)];
    stage.socket.hands(JSON.stringify(mixed));
    expect(got).toEqual([1, 2]);
    expect(stage.errors).toHaveLength(3);
  });
});

describe("a frame with a wrong field", () => {
  it.each(WRONG)("is an error of the client: %j", async (frame) => {
    const stage = await startConnected();
    stage.socket.hands(JSON.stringify(frame));
    expect(stage.errors.length).toBeGreaterThan(0);
    await expectUnharmed(stage);
  });

  it("as the answer to a request leaves it to its timeout", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room");
    const asking = room.request(1, { timeoutMs: 1_000 });
    asking.catch(() => {});
    await soon();
    const { ref } = socket.takes("rpc-request");
    socket.hands(JSON.stringify({ type: "rpc-request-result", ref }));
    await later(1_001);
    expect(await outcomeOf(asking)).toBeInstanceOf(Error);
  });

  it.each([
    { type: "publish-result", success: "yes" },
    { type: "publish-result" },
    { type: "subscription-result", success: true, seq: 1 },
    { type: "pong" },
    { type: "nobody knows" },
  ])("as the answer to a publish settles it: %j", async (answer) => {
    const stage = await startConnected({ publishTimeoutMs: 1_000 });
    const publishing = stage.client.channel("room").publish(1);
    publishing.catch(() => {});
    await soon();
    const { ref } = stage.socket.takes("publish");
    stage.socket.hands(JSON.stringify({ ...answer, ref }));
    await later(1_001);
    expect(await outcomeOf(publishing)).not.toBe("pending");
    await expectUnharmed(stage);
  });

  it.each([
    { success: true },
    { success: true, epoch: "e", seq: 1, "retained-messages": [5] },
    { success: true, epoch: "e", seq: 1, "retained-messages": [{}] },
    { success: true, epoch: "e", seq: 1, "retained-messages": "all" },
    { success: false },
    {},
  ])("as the answer to subscribe does no harm: %j", async (answer) => {
    const stage = await startConnected();
    stage.client
      .channel("other")
      .subscribe(() => {})
      .catch(() => {});
    await soon();
    const { ref } = stage.socket.takes("subscribe");
    const type = "subscription-result";
    const about = { type, ref, "channel-id": "other" };
    stage.socket.hands(JSON.stringify({ ...about, ...answer }));
    await expectUnharmed(stage);
  });
});

describe("a frame that nobody knows", () => {
  it.each(UNKNOWN)("is ignored: %j", async (frame) => {
    const stage = await startConnected();
    stage.socket.hands(JSON.stringify(frame));
    stage.socket.hands(JSON.stringify([frame, frame]));
    expect(stage.errors).toEqual([]);
    await expectUnharmed(stage);
  });
});

describe("what is huge", () => {
  it.each([
    ["a text", `"${"x".repeat(5_000_000)}"`],
    ["an array", `[${"0,".repeat(100_000)}0]`],
    ["deep", "[".repeat(50_000) + "]".repeat(50_000)],
    ["deep and no JSON", "[".repeat(100_000)],
    [
      "a deep frame",
      `{"type":"x","a":${"[".repeat(9_999)}${"]".repeat(9_999)}}`,
    ],
  ])("does no harm: %s", async (_, data) => {
    const stage = await startConnected();
    stage.socket.hands(data);
    await expectUnharmed(stage);
  });
});

it("takes every welcome but the first for nothing", async () => {
  const stage = await startConnected();
  stage.socket.welcomes({ "max-frame-bytes": 1 });
  await expectUnharmed(stage);
  expect(
    stage.states.filter(({ state }) => state === "connected"),
  ).toHaveLength(1);
});

it("takes nothing more of a message that ended the connection", async () => {
  const stage = await startConnected();
  const error = { type: "error", reason: "internal-error", message: "no" };
  const welcome = {
    type: "welcome",
    protocol: 1,
    "heartbeat-ms": 1_000,
    "max-frame-bytes": 1_000,
  };
  stage.socket.hands(JSON.stringify([error, welcome]));
  expect(stage.client.state).toBe("waiting");
});

it("connects anew, with a pause, where the server refuses what it cannot read", async () => {
  const stage = await startConnected();
  for (let s = 0; s < 60; s++) {
    const reason = "invalid-json";
    if (stage.client.state === "connected") {
      stage.socket.says("error", { reason, message: "no" });
    }
    await later(1_000);
    if (stage.socket.isOpen) stage.socket.welcomes();
  }
  expect(stage.sockets.length).toBeGreaterThan(2);
  expect(stage.sockets.length).toBeLessThan(40);
});
