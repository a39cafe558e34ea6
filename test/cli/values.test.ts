import * as v from "valibot";
import { describe, expect, it } from "vitest";

import { answerOf } from "../../cli/exec.ts";
import { UsageError } from "../../cli/exit.ts";
import { parseServiceUrl } from "../../cli/service.ts";
import {
  ConfigTextSchema,
  PositionTextSchema,
  parseData,
  positionText,
} from "../../cli/values.ts";

describe("positions", () => {
  it("are read as they are written", () => {
    const position = { epoch: "-_c8iFd2EJjxBjii", seq: 41 };
    expect(positionText(position)).toBe("-_c8iFd2EJjxBjii:41");
    expect(v.parse(PositionTextSchema, positionText(position))).toEqual(
      position,
    );
  });

  it.each(["", "41", ":41", "a:", "a:-1", "a:1.5", "a:b:1"])(
    "are not %j",
    (text) => {
      expect(v.is(PositionTextSchema, text)).toBe(false);
    },
  );
});

describe("configurations", () => {
  it.each([
    ["message-retention=5", { "message-retention": 5 }],
    ["a=1,b=2", { a: 1, b: 2 }],
    [" a=1  b=2, c=x ", { a: 1, b: 2, c: "x" }],
    ["", {}],
    ['{"a": 1}', { a: 1 }],
  ])("are read of %j", (text, config) => {
    expect(v.parse(ConfigTextSchema, text)).toEqual(config);
  });

  it.each(["a", "=1", "a=", "{a=1}", "[1]"])("are not %j", (text) => {
    expect(v.is(ConfigTextSchema, text)).toBe(false);
  });
});

it("reads data as JSON, or as the text that it is", () => {
  expect(parseData('{"a":[1]}', false)).toEqual({ a: [1] });
  expect(parseData('{"a":[1]}', true)).toBe('{"a":[1]}');
  expect(() => parseData("a", false)).toThrow(UsageError);
  expect(() => parseData("a", false, "line 3")).toThrow(/^line 3 is not JSON/);
});

it("takes what a command prints for JSON, if it is", () => {
  expect(answerOf(Buffer.from('{"a":1}\n'))).toEqual({ a: 1 });
  expect(answerOf(Buffer.from("17\n"))).toBe(17);
  expect(answerOf(Buffer.from("two\nlines\n\n"))).toBe("two\nlines\n");
  expect(answerOf(Buffer.from(""))).toBe("");
});

describe("the service's URL", () => {
  it.each([
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787"],
    ["https://example.com/", "https://example.com"],
    ["wss://example.com/ws", "https://example.com"],
    ["https://example.com/chat/", "https://example.com/chat"],
  ])("%s means %s", (text, url) => {
    expect(parseServiceUrl(text)).toBe(url);
  });

  it.each([
    "example.com",
    "ftp://example.com",
    "https://example.com?token=secret",
    "https://me:secret@example.com",
  ])("is not %s", (text) => {
    expect(() => parseServiceUrl(text)).toThrow(UsageError);
  });

  it("is not repeated where it may hold a secret", () => {
    expect(() => parseServiceUrl("https://a?token=secret")).toThrow(
      expect.not.stringContaining("secret"),
    );
  });
});
