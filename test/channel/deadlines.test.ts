import { describe, expect, test } from "vitest";

import { Deadlines } from "../../src/channel/deadlines.ts";

function setting() {
  const armed: number[] = [];
  const deadlines = new Deadlines((at) => armed.push(at));
  return { armed, deadlines };
}

describe("the alarm", () => {
  test("is set for the earliest deadline", () => {
    const { armed, deadlines } = setting();
    deadlines.set("idle", 300);
    deadlines.set("calls", 100);
    deadlines.set("trim", 200);
    deadlines.arm();
    expect(armed).toEqual([100]);
  });

  test("is not set where there is none", () => {
    const { armed, deadlines } = setting();
    deadlines.set("calls", 100);
    deadlines.set("calls", undefined);
    deadlines.arm();
    expect(armed).toEqual([]);
  });

  test("is moved forward", () => {
    const { armed, deadlines } = setting();
    deadlines.set("idle", 300);
    deadlines.arm();
    deadlines.set("calls", 100);
    deadlines.arm();
    expect(armed).toEqual([300, 100]);
  });

  test("is never moved back, which would be a row for nothing", () => {
    const { armed, deadlines } = setting();
    deadlines.set("calls", 100);
    deadlines.arm();
    deadlines.set("calls", 500);
    deadlines.arm();
    deadlines.set("calls", undefined);
    deadlines.set("idle", 900);
    deadlines.arm();
    expect(armed).toEqual([100]);
  });

  test("is set again once it has come", () => {
    const { armed, deadlines } = setting();
    deadlines.set("calls", 100);
    deadlines.arm();
    deadlines.set("calls", 500);
    deadlines.found(undefined);
    deadlines.arm();
    expect(armed).toEqual([100, 500]);
  });

  test("that was found set early enough is left", () => {
    const { armed, deadlines } = setting();
    deadlines.found(50);
    deadlines.set("calls", 100);
    deadlines.arm();
    deadlines.set("calls", 20);
    deadlines.arm();
    expect(armed).toEqual([20]);
  });
});
