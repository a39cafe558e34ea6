import { describe, expect, test } from "vitest";

import { decodeClient, type Inbound } from "../../src/protocol/codec.ts";

function decode(value: unknown): Inbound {
  const [inbound, ...more] = decodeClient(JSON.stringify(value));
  if (inbound === undefined || more.length > 0) throw new Error("not one");
  return inbound;
}

function frameOf(value: unknown): unknown {
  const inbound = decode(value);
  if (inbound.kind !== "frame") throw new Error(JSON.stringify(inbound));
  return inbound.frame;
}

const id = { "channel-id": "a" };
const request = { "request-id": "req-1-x@a" };
const since = { epoch: "e", seq: 0 };

/** Every frame: the least of it and what it is read as, and all of it. */
const FRAMES: [type: string, least: object, read: object, all: object][] = [
  [
    "subscribe",
    {},
    {},
    { ...id, since: { epoch: "e", seq: 41 }, "retained-limit": 10 },
  ],
  ["unsubscribe", {}, {}, id],
  [
    "publish",
    { data: null },
    { data: null, "exclude-sender": false, ephemeral: false },
    {
      ...id,
      data: { x: [1] },
      "exclude-sender": true,
      "message-id": "m",
      ephemeral: true,
    },
  ],
  ["ack", { seq: 0 }, { seq: 0 }, { ...id, seq: 5 }],
  [
    "rpc-request",
    { data: 1 },
    { data: 1, "deliver-to": "all" },
    { ...id, data: 1, "timeout-ms": 300_000, "deliver-to": "one" },
  ],
  [
    "rpc-response",
    { ...request, data: 1 },
    { ...request, data: 1, error: false, final: true },
    { ...request, data: 1, error: true, final: false },
  ],
  ["rpc-cancel", request, request, request],
  ["ping", {}, {}, { timestamp: 1.5 }],
  ["pong", {}, {}, {}],
  ["authenticate", { token: "t" }, { token: "t" }, { token: "" }],
  [
    "list-channels",
    {},
    { prefix: "", limit: 100 },
    { prefix: "p", limit: 1_000, cursor: "c" },
  ],
  ["get-subscriptions", {}, {}, {}],
];

describe.each(FRAMES)("%s", (type, least, read, all) => {
  test("is read with its defaults", () => {
    expect(frameOf({ type, ...least })).toEqual({ type, ...read });
  });

  test("is read whole", () => {
    expect(frameOf({ type, ref: "r", ...all })).toEqual({
      type,
      ref: "r",
      ...all,
    });
  });

  test("may hold keys that nobody knows", () => {
    const frame = frameOf({ type, ...least, unknown: 1, "": {} });
    expect(frame).toEqual({ type, ...read });
  });

  test("has nulls count as absent", () => {
    const nulls = Object.fromEntries(
      Object.keys(all)
        .filter((key) => !(key in least))
        .map((key) => [key, null]),
    );
    expect(frameOf({ type, ref: null, ...nulls, ...least })).toEqual({
      type,
      ...read,
    });
  });
});

/** What is wrong in which field of which frame. */
const SPOILT: [field: string, frame: object][] = [
  ["channel-id", { type: "subscribe", "channel-id": 5 }],
  ["since", { type: "subscribe", since: "x" }],
  ["since.epoch", { type: "subscribe", since: [] }],
  ["since.epoch", { type: "subscribe", since: { seq: 1 } }],
  ["since.epoch", { type: "subscribe", since: { epoch: 1, seq: 1 } }],
  ["since.seq", { type: "subscribe", since: { epoch: "e" } }],
  ["since.seq", { type: "subscribe", since: { epoch: "e", seq: -1 } }],
  ["since.seq", { type: "subscribe", since: { epoch: "e", seq: 0.5 } }],
  ["since.seq", { type: "subscribe", since: { epoch: "e", seq: 2 ** 53 } }],
  ["retained-limit", { type: "subscribe", since, "retained-limit": -1 }],
  ["retained-limit", { type: "subscribe", "retained-limit": "5" }],
  ["channel-id", { type: "unsubscribe", "channel-id": {} }],
  ["channel-id", { type: "publish", "channel-id": true, data: 1 }],
  ["data", { type: "publish" }],
  ["exclude-sender", { type: "publish", data: 1, "exclude-sender": 1 }],
  ["exclude-sender", { type: "publish", data: 1, "exclude-sender?": "yes" }],
  ["message-id", { type: "publish", data: 1, "message-id": 7 }],
  ["message-id", { type: "publish", data: 1, "message-id": "" }],
  ["message-id", { type: "publish", data: 1, "message-id": "msg-1" }],
  ["message-id", { type: "publish", data: 1, "message-id": "eph-1" }],
  ["message-id", { type: "publish", data: 1, "message-id": "x".repeat(65) }],
  ["ephemeral", { type: "publish", data: 1, ephemeral: "true" }],
  ["channel-id", { type: "ack", "channel-id": 1, seq: 1 }],
  ["seq", { type: "ack" }],
  ["seq", { type: "ack", seq: null }],
  ["seq", { type: "ack", seq: -1 }],
  ["seq", { type: "ack", seq: "1" }],
  ["channel-id", { type: "rpc-request", "channel-id": 1, data: 1 }],
  ["data", { type: "rpc-request" }],
  ["timeout-ms", { type: "rpc-request", data: 1, "timeout-ms": 0 }],
  ["timeout-ms", { type: "rpc-request", data: 1, "timeout-ms": 300_001 }],
  ["timeout-ms", { type: "rpc-request", data: 1, "timeout-ms": 1.5 }],
  ["deliver-to", { type: "rpc-request", data: 1, "deliver-to": "some" }],
  ["deliver-to", { type: "rpc-request", data: 1, "deliver-to": 1 }],
  ["request-id", { type: "rpc-response", data: 1 }],
  ["request-id", { type: "rpc-response", "request-id": 1, data: 1 }],
  ["data", { type: "rpc-response", ...request }],
  ["error", { type: "rpc-response", ...request, data: 1, error: "no" }],
  ["error", { type: "rpc-response", ...request, data: 1, "error?": 0 }],
  ["final", { type: "rpc-response", ...request, data: 1, final: 0 }],
  ["request-id", { type: "rpc-cancel" }],
  ["request-id", { type: "rpc-cancel", "request-id": [] }],
  ["timestamp", { type: "ping", timestamp: "now" }],
  ["token", { type: "authenticate" }],
  ["token", { type: "authenticate", token: 1 }],
  ["prefix", { type: "list-channels", prefix: 1 }],
  ["limit", { type: "list-channels", limit: 0 }],
  ["limit", { type: "list-channels", limit: 1_001 }],
  ["cursor", { type: "list-channels", cursor: 1 }],
  ["ref", { type: "get-subscriptions", ref: 1.5 }],
  ["ref", { type: "get-subscriptions", ref: "x".repeat(65) }],
  ["ref", { type: "get-subscriptions", ref: {} }],
  ["type", {}],
  ["type", { type: 5 }],
  ["type", { type: null }],
];

describe("a field that is wrong", () => {
  test.each(SPOILT)("is named: %s in %j", (field, frame) => {
    expect(decode({ ref: 9, ...frame })).toMatchObject({
      kind: "refused",
      reason: "invalid-message",
      message: expect.stringContaining(`\`${field}\``),
      original: frame,
    });
  });

  test.each([
    ["data", { type: "publish" }],
    ["seq", { type: "ack" }],
    ["request-id", { type: "rpc-cancel" }],
    ["token", { type: "authenticate" }],
  ])("is said to be missing where it is: %s", (field, frame) => {
    expect(decode(frame)).toMatchObject({
      message: `\`${field}\` is required`,
    });
  });

  test("leaves the ref to be echoed", () => {
    expect(decode({ type: "publish", ref: "r1" })).toMatchObject({ ref: "r1" });
  });

  test("that is the ref is not echoed", () => {
    const inbound = decode({ type: "publish", data: 1, ref: [] });
    expect(inbound).toMatchObject({ kind: "refused", ref: undefined });
  });
});

describe("a ref", () => {
  test.each(["", "x".repeat(64), 0, -5, 2 ** 53 - 1])("may be %j", (ref) => {
    expect(frameOf({ type: "pong", ref })).toEqual({ type: "pong", ref });
  });
});

describe("spellings of the original", () => {
  test("are understood", () => {
    const publish = { type: "publish", data: 1, "exclude-sender?": true };
    expect(frameOf(publish)).toMatchObject({ "exclude-sender": true });
    const response = { type: "rpc-response", ...request, data: 1 };
    expect(frameOf({ ...response, "error?": true })).toMatchObject({
      error: true,
    });
  });

  test("give way to the present ones, whichever comes first", () => {
    const publish = { type: "publish", data: 1 };
    const both = { "exclude-sender?": true, "exclude-sender": false };
    const turned = { "exclude-sender": false, "exclude-sender?": true };
    for (const given of [both, turned]) {
      expect(frameOf({ ...publish, ...given })).toMatchObject({
        "exclude-sender": false,
      });
    }
  });

  test("count where the present one is null", () => {
    const given = { "exclude-sender?": true, "exclude-sender": null };
    expect(frameOf({ type: "publish", data: 1, ...given })).toMatchObject({
      "exclude-sender": true,
    });
  });

  test("that are null count as absent", () => {
    const given = { "exclude-sender?": null };
    expect(frameOf({ type: "publish", data: 1, ...given })).toMatchObject({
      "exclude-sender": false,
    });
  });
});

describe("an unknown type", () => {
  test.each(["hello", "", "constructor", "__proto__", "toString", "welcome"])(
    "such as %j is no error",
    (type) => {
      const value = { type, ref: 1, x: null };
      expect(decode(value)).toEqual({
        kind: "unknown",
        ref: 1,
        original: value,
      });
    },
  );
});
