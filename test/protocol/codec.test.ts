import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  decodeClient,
  decodeServer,
  encode,
  encoded,
  toMessages,
} from "../../src/protocol/codec.ts";
import {
  DEFAULT_MAX_DEPTH,
  MAX_BATCH_BYTES,
  MAX_BATCH_OBJECTS,
} from "../../src/protocol/framing.ts";
import { refuseUnread } from "../../src/protocol/replies.ts";

function kinds(text: string): string[] {
  return decodeClient(text).map((inbound) =>
    inbound.kind === "refused" ? inbound.reason : inbound.kind,
  );
}

const PONG = '{"type":"pong"}';

describe("a message of a client", () => {
  test.each([
    "",
    " ",
    "{",
    "{'a':1}",
    '{"a":1}x',
    "undefined",
    "[1,",
    "\ufeff{}",
  ])("that is %j is no JSON", (text) => {
    expect(kinds(text)).toEqual(["invalid-json"]);
  });

  test.each(["1", '"x"', "null", "true", "[[]]", "[null]", '[["type"]]'])(
    "that is %s is no object",
    (text) => {
      expect(kinds(text)).toEqual(["invalid-message"]);
    },
  );

  test("may be an array of 1 to 256 objects", () => {
    const array = (length: number) => `[${Array(length).fill(PONG).join(",")}]`;
    expect(kinds(array(1))).toEqual(["frame"]);
    expect(kinds(array(256))).toHaveLength(256);
    expect(kinds(array(0))).toEqual(["invalid-message"]);
    expect(kinds(array(257))).toEqual(["invalid-message"]);
  });

  test("has each object of an array judged for itself, in order", () => {
    const text = `[${PONG},1,[${PONG}],{"type":"x"},{"type":"ack"},${PONG}]`;
    expect(kinds(text)).toEqual([
      "frame",
      "invalid-message",
      "invalid-message",
      "unknown",
      "invalid-message",
      "frame",
    ]);
  });

  test("may be surrounded by space", () => {
    expect(kinds(`\n ${PONG}\t`)).toEqual(["frame"]);
  });

  test("may have a key called __proto__, which means nothing", () => {
    const text = '{"__proto__":{"type":"pong"},"type":"x","a":null}';
    const [inbound] = decodeClient(text);
    expect(inbound?.kind).toBe("unknown");
    expect(kinds('{"__proto__":{"type":"pong"}}')).toEqual(["invalid-message"]);
    expect(Object.hasOwn(Object.prototype, "type")).toBe(false);
  });

  test("does not take a default from __proto__", () => {
    const [inbound] = decodeClient(
      '{"type":"publish","data":1,"ref":null,"__proto__":{"ephemeral":true}}',
    );
    expect(inbound).toMatchObject({ frame: { ephemeral: false } });
  });

  test("has its data kept as it is, nulls and all", () => {
    const data = { a: null, "error?": 1, __proto: [null] };
    const text = JSON.stringify({ type: "publish", ref: null, data });
    expect(decodeClient(text)).toMatchObject([{ frame: { data } }]);
  });

  test("never throws, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeClient(text).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("nesting", () => {
  /** A frame that is nested so deep altogether. */
  function nested(depth: number, filler = "0"): string {
    const inner = depth - 1;
    const data = "[".repeat(inner) + filler + "]".repeat(inner);
    return `{"type":"publish","data":${data}}`;
  }

  test("may be as deep as allowed, and no deeper", () => {
    expect(kinds(nested(DEFAULT_MAX_DEPTH))).toEqual(["frame"]);
    expect(kinds(nested(DEFAULT_MAX_DEPTH + 1))).toEqual(["invalid-message"]);
  });

  test("may be of objects too", () => {
    const data = (depth: number) =>
      `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const frame = (depth: number) => `{"type":"x","d":${data(depth - 1)}}`;
    expect(kinds(frame(DEFAULT_MAX_DEPTH))).toEqual(["unknown"]);
    expect(kinds(frame(DEFAULT_MAX_DEPTH + 1))).toEqual(["invalid-message"]);
  });

  test("does not count what stands in strings", () => {
    const text = `{"type":"x","s":"${"[{".repeat(500)}"}`;
    expect(kinds(text)).toEqual(["unknown"]);
  });

  test("knows an escaped quote from the end of a string", () => {
    const inside = `{"type":"x","s":"\\"${"[".repeat(500)}"}`;
    expect(kinds(inside)).toEqual(["unknown"]);
    const outside = `{"type":"x","s":"\\\\","d":${"[".repeat(200)}${"]".repeat(200)}}`;
    expect(kinds(outside)).toEqual(["invalid-message"]);
  });

  test("does not count what was closed again", () => {
    const list = Array(500).fill("[{}]").join(",");
    expect(kinds(`{"type":"x","l":[${list}]}`)).toEqual(["unknown"]);
  });

  test("too deep to be parsed is refused without parsing it", () => {
    expect(kinds("[".repeat(900_000))).toEqual(["invalid-message"]);
  });
});

describe("a message that is not read", () => {
  test("is one that is too long, in bytes", () => {
    expect(refuseUnread("é".repeat(5), 10)).toBeUndefined();
    expect(refuseUnread("é".repeat(5), 9)?.reason).toBe("frame-too-large");
    expect(refuseUnread("x".repeat(10), 10)).toBeUndefined();
    expect(refuseUnread("x".repeat(11), 10)?.reason).toBe("frame-too-large");
  });

  test("is one that is no text", () => {
    const refused = refuseUnread(new ArrayBuffer(1), 10);
    expect(refused?.reason).toBe("unsupported-data");
  });
});

describe("frames for one socket", () => {
  const frames = (...texts: string[]) => texts.map(encoded);

  test("are a message each", () => {
    expect(toMessages(frames("{}", '{"a":1}'), false)).toEqual([
      "{}",
      '{"a":1}',
    ]);
  });

  test("are one array in a batch, a lone one bare", () => {
    expect(toMessages(frames("{}", '{"a":1}'), true)).toEqual(['[{},{"a":1}]']);
    expect(toMessages(frames("{}"), true)).toEqual(["{}"]);
    expect(toMessages([], true)).toEqual([]);
  });

  test("are split at 256", () => {
    const sizes = (count: number) =>
      toMessages(Array(count).fill(encoded("{}")), true).map((message) => {
        const value: unknown = JSON.parse(message);
        return Array.isArray(value) ? value.length : 1;
      });
    expect(sizes(256)).toEqual([256]);
    expect(sizes(257)).toEqual([256, 1]);
    expect(sizes(600)).toEqual([256, 256, 88]);
  });

  test("are split at 256 KiB", () => {
    const frame = encoded(JSON.stringify("é".repeat(40_000)));
    const messages = toMessages(Array(7).fill(frame), true);
    expect(messages).toHaveLength(3);
    expect(messages.flatMap((each) => JSON.parse(each))).toHaveLength(7);
  });

  test("longer than that go alone", () => {
    const huge = encoded(JSON.stringify("x".repeat(300_000)));
    const small = encoded("{}");
    const messages = toMessages([small, huge, small, small], true);
    expect(messages.map(({ length }) => length)).toEqual([2, 300_002, 7]);
  });

  test("are never in an array over the limits, and all there in order", () => {
    const sizes = fc.oneof(
      fc.integer({ min: 2, max: 200_000 }),
      fc.constantFrom(131_070, 131_071, 131_072, 65_535, 87_380, 262_140),
    );
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 12 }), (lengths) => {
        const given = lengths.map((length) => "1".padEnd(length));
        const messages = toMessages(given.map(encoded), true);
        for (const message of messages) {
          if (!message.startsWith("[")) continue;
          expect(message.length).toBeLessThanOrEqual(MAX_BATCH_BYTES);
        }
        const count = messages.flatMap((each) => JSON.parse(each)).length;
        expect(count).toBe(given.length);
      }),
    );
  });

  test("may be as many as the protocol says", () => {
    expect(MAX_BATCH_OBJECTS).toBe(256);
    expect(MAX_BATCH_BYTES).toBe(256 * 1024);
  });
});

describe("a message of the server", () => {
  const pong = { type: "pong" } as const;

  test("is read as it was written", () => {
    const deleted = { type: "channel-deleted", "channel-id": "é" } as const;
    const { text, bytes } = encode(deleted);
    expect(decodeServer(text)).toEqual([deleted]);
    expect(bytes).toBe(text.length + 1);
  });

  test("may be an array", () => {
    expect(decodeServer(JSON.stringify([pong, pong]))).toEqual([pong, pong]);
  });

  test.each([
    "5",
    "[]x",
    '{"type":"nothing"}',
    '{"type":"welcome"}',
    "{}",
    "null",
  ])("that is %s is none", (text) => {
    expect(() => decodeServer(text)).toThrow();
  });

  test("with a reason that the protocol does not know is none", () => {
    const lost = { type: "subscription-lost", "channel-id": "a" };
    expect(() =>
      decodeServer(JSON.stringify({ ...lost, reason: "whatever" })),
    ).toThrow(/reason/);
  });

  test("leaves out a ref that was not given", () => {
    const frame = { type: "pong", ref: undefined, timestamp: 1 } as const;
    expect(encode(frame).text).toBe('{"type":"pong","timestamp":1}');
  });
});
