import { describe, expect, it } from "vitest";
import { barOf } from "../../cli/bench/progress.ts";
import { UsageError } from "../../cli/exit.ts";
import { closedError, explain } from "../../cli/explain.ts";
import { clockTime } from "../../cli/messages.ts";
import { columns, counted, duration, milliseconds } from "../../cli/numbers.ts";
import { hasColours, printable } from "../../cli/output.ts";
import { ratesOf } from "../../cli/stats-text.ts";
import {
  ClosedError,
  ConnectionLostError,
  ForbiddenError,
  RemoteError,
  TimeoutError,
} from "../../src/client/index.ts";

describe("colours", () => {
  const terminal = { isTTY: true };
  it.each([
    [terminal, {}, true],
    [{}, {}, false],
    [terminal, { NO_COLOR: "1" }, false],
    [terminal, { NO_COLOR: "" }, true],
    [terminal, { TERM: "dumb" }, false],
    [{}, { FORCE_COLOR: "1" }, true],
    [terminal, { FORCE_COLOR: "0" }, false],
    [{}, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("on %j with %j: %j", (stream, env, shown) => {
    expect(hasColours(stream, env)).toBe(shown);
  });
});

it("shows what a terminal would obey", () => {
  const clears = "a\u001b[2Jb\u009b2Jc\u0007\rd\n\te ä 🙂";
  expect(printable(clears)).toBe(
    "a\\u001b[2Jb\\u009b2Jc\\u0007\\u000dd\n\te ä 🙂",
  );
});

it("writes numbers as people read them", () => {
  expect(counted(1, "message")).toBe("1 message");
  expect(counted(1_234, "message")).toBe("1,234 messages");
  expect([0.123, 4.5678, 45.678, 1234.5].map(milliseconds)).toEqual([
    "0.12 ms",
    "4.57 ms",
    "45.7 ms",
    "1,235 ms",
  ]);
  const times = [999, 61_000, 3_660_000, 90_000_000];
  expect(times.map(duration)).toEqual([
    "0 s",
    "1 min 1 s",
    "1 h 1 min",
    "1 d 1 h",
  ]);
  expect(
    columns(
      [
        ["A", "B"],
        ["10", "x"],
      ],
      [true, false],
    ),
  ).toEqual([" A  B", "10  x"]);
  expect([-1, 0.5, 2].map((part) => barOf(part, 4))).toEqual([
    "░░░░",
    "██░░",
    "████",
  ]);
});

it("writes the day only of other days", () => {
  const now = new Date(2026, 10, 23, 15, 0, 0);
  const at = new Date(2026, 10, 23, 4, 5, 6, 7);
  expect(clockTime(at.getTime(), now)).toBe("04:05:06.007");
  const before = new Date(2026, 0, 2, 4, 5, 6, 7);
  expect(clockTime(before.getTime(), now)).toBe("2026-01-02 04:05:06.007");
});

it("makes rates of two readings, never negative ones", () => {
  const at = (time: number, published: number, delivered: number) => ({
    at: time,
    value: { "delivery-stats": { published, delivered } },
  });
  expect(ratesOf(at(1_000, 5, 5), undefined)).toBeUndefined();
  expect(ratesOf(at(3_000, 7, 25), at(1_000, 5, 5))).toEqual({
    published: 1,
    delivered: 10,
  });
  expect(ratesOf(at(3_000, 0, 0), at(1_000, 5, 5))).toEqual({
    published: 0,
    delivered: 0,
  });
});

describe("the end", () => {
  it.each([
    [new ForbiddenError("forbidden", "no"), 1, /--token or SENTE_TOKEN/],
    [new RemoteError("it failed"), 1, undefined],
    [new UsageError("wrong"), 2, undefined],
    [new ConnectionLostError("connection-lost", "gone"), 3, undefined],
    [new TimeoutError("timeout", "late"), 4, undefined],
    [new TypeError("a fault"), 1, undefined],
    ["thrown", 1, undefined],
  ])("of %s has code %i", (error, code, hint) => {
    const { exitCode, hint: said = "" } = explain(error);
    expect(exitCode).toBe(code);
    if (hint === undefined) expect(said).toBe("");
    else expect(said).toMatch(hint);
  });

  it("of a connection is what its close says", () => {
    const closed = new ClosedError(
      "closed-by-server",
      "closed with 1008: invalid-token: the token is by another issuer",
    );
    expect(closedError(closed.message)).toMatchObject({
      exitCode: 1,
      reason: "invalid-token",
      message: "the token is by another issuer (invalid-token)",
      hint: expect.stringContaining("--token"),
    });
    expect(closedError("closed with 1000")).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining("closed with 1000"),
    });
  });
});
