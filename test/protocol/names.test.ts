import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  channelOfRequest,
  isChannelId,
  isLongerThan,
  isOwnMessageId,
  newConnId,
  newRequestId,
  utf8Length,
} from "../../src/protocol/names.ts";

describe("a channel-id", () => {
  test.each([
    "a",
    "chat/room 1",
    "日本語",
    "👩‍👩‍👧",
    "...",
    ".a",
    "a$",
    "@",
    "req-1-x@y",
    "%2F",
    "__proto__",
    "\u00a0",
    "\u{10ffff}",
    "x".repeat(200),
    "é".repeat(100),
    "👍".repeat(50),
  ])("may be %j", (id) => {
    expect(isChannelId(id)).toBe(true);
  });

  test.each([
    ["empty", ""],
    ["a dot", "."],
    ["two dots", ".."],
    ["reserved", "$registry"],
    ["a dollar sign", "$"],
    ["of 201 bytes", "x".repeat(201)],
    ["of 201 bytes in fewer characters", `${"é".repeat(100)}x`],
    ["of 204 bytes in emojis", "👍".repeat(51)],
    ["with a lone high surrogate", "a\ud83d"],
    ["with a lone low surrogate", "\udc4da"],
    ["with surrogates in the wrong order", "\udc4d\ud83d"],
  ])("may not be %s", (_, id) => {
    expect(isChannelId(id)).toBe(false);
  });

  test.each([0x00, 0x09, 0x0a, 0x1f, 0x7f, 0x80, 0x85, 0x9f])(
    "may not hold the control character %i",
    (code) => {
      expect(isChannelId(`a${String.fromCharCode(code)}b`)).toBe(false);
    },
  );

  test.each([0x20, 0x7e, 0xa0])("may hold the character %i", (code) => {
    expect(isChannelId(`a${String.fromCharCode(code)}b`)).toBe(true);
  });
});

describe("a publisher's own message-id", () => {
  test.each(["a", "x".repeat(64), "MSG-1", "msg", "👍".repeat(32), "a msg-1"])(
    "may be %j",
    (id) => {
      expect(isOwnMessageId(id)).toBe(true);
    },
  );

  test.each(["", "x".repeat(65), "msg-", "msg-1", "eph-x"])(
    "may not be %j",
    (id) => {
      expect(isOwnMessageId(id)).toBe(false);
    },
  );
});

describe("a conn-id", () => {
  test("names its time and has 96 random bits", () => {
    expect(newConnId(17)).toMatch(/^conn-17-[\w-]{16}$/);
  });

  test("is never the same twice", () => {
    const ids = Array.from({ length: 1_000 }, () => newConnId(1));
    expect(new Set(ids).size).toBe(1_000);
  });
});

describe("a request-id", () => {
  test.each(["chat", "a@b", "@", "日本"])("leads back to %s", (channelId) => {
    const id = newRequestId(17, channelId);
    expect(id).toMatch(/^req-17-[\w-]{16}@/);
    expect(channelOfRequest(id)).toBe(channelId);
  });

  test.each(["", "req-1-x", "req-1-x@", "req-1-x@..", "req-1-x@$x", "@\n"])(
    "that is %j leads nowhere",
    (id) => {
      expect(channelOfRequest(id)).toBeUndefined();
    },
  );
});

describe("the length in bytes", () => {
  const text = fc.string({ unit: "binary" });
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }));

  test("is what an encoder makes of it", () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(text, (each) => {
        expect(utf8Length(each)).toBe(encoder.encode(each).length);
      }),
    );
  });

  test("is what an encoder makes of it, lone surrogates too", () => {
    const encoder = new TextEncoder();
    const surrogates = fc.array(fc.integer({ min: 0xd700, max: 0xe0ff }));
    fc.assert(
      fc.property(fc.oneof(units, surrogates), (codes) => {
        const each = String.fromCharCode(...codes);
        expect(utf8Length(each)).toBe(encoder.encode(each).length);
      }),
    );
  });

  test("is over a limit exactly when it is", () => {
    fc.assert(
      fc.property(text, fc.nat(40), (each, limit) => {
        expect(isLongerThan(each, limit)).toBe(utf8Length(each) > limit);
      }),
    );
  });
});
