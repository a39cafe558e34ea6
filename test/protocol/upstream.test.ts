import { describe, expect, test } from "vitest";

import {
  decodeUpstream,
  encodeUpstream,
  SESSION_MESSAGE_START,
} from "../../src/protocol/upstream.ts";

describe("an upstream message", () => {
  test("is taken apart as it was put together", () => {
    const header = {
      seq: 5,
      subscribed: true,
      epoch: "e",
      replies: 2,
      opened: ["r1"],
      ended: ["r2"],
      resumed: { subscription: "gap" as const, "unknown-requests": ["r3"] },
    };
    const messages = ['{"a":"\\n"}', '[{"b":1},{"c":2}]'];
    expect(decodeUpstream(encodeUpstream(header, messages))).toEqual({
      header,
      messages,
    });
  });

  test("may hold a header alone", () => {
    expect(decodeUpstream(encodeUpstream({ seq: 1 }, []))).toEqual({
      header: { seq: 1 },
      messages: [],
    });
  });

  test("hands the messages over verbatim", () => {
    const odd = '{ "a" : 1.0, "b":"\\u00e9" }';
    expect(decodeUpstream(encodeUpstream({}, [odd])).messages).toEqual([odd]);
  });

  test.each(["", "{}", '{"type":"pong"}', "x\n", '{"seq":"5"}\n', "[]x\n{}"])(
    "that is %j is none",
    (text) => {
      expect(() => decodeUpstream(text)).toThrow();
    },
  );

  test("that resumes starts like no frame that a session passes on", () => {
    expect(
      JSON.stringify({ type: "$resume" }).startsWith(SESSION_MESSAGE_START),
    ).toBe(true);
  });
});
