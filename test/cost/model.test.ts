import { describe, expect, test } from "vitest";

import { noCounts } from "../../cost/counts.ts";
import { DEPLOYMENTS } from "../../cost/deployments.ts";
import type { Measured, Measures } from "../../cost/measure.ts";
import {
  asking,
  billOf,
  monthOf,
  priceOf,
  reporting,
  usageOf,
} from "../../cost/model.ts";
import { OPERATIONS } from "../../cost/operations.ts";

const NOTHING: Measured = {
  workerRequests: 0,
  channel: noCounts(),
  registry: noCounts(),
  lines: 0,
  cpuMs: 0,
};

/** As counted, where every operation but those named is free. */
function measures(some: Partial<Measures> = {}): Measures {
  const report = { ...noCounts(), calls: 1, rowsWritten: 2, rowsRead: 3 };
  const all = Object.keys(OPERATIONS).map((name) => [name, NOTHING]);
  return {
    ...Object.fromEntries(all),
    slow: { ...NOTHING, registry: report },
    ...some,
  };
}

const PUBLISH: Measured = {
  ...NOTHING,
  channel: { ...noCounts(), messages: 1, rowsWritten: 1, rowsRead: 2 },
  lines: 3,
  cpuMs: 2,
};

describe("one operation", () => {
  test("a message is a twentieth of a request", () => {
    const { requests } = usageOf(PUBLISH);
    expect(requests).toBe(0.05);
  });

  test("sockets, calls and alarms are requests", () => {
    const channel = { ...noCounts(), upgrades: 1, calls: 2, alarms: 3 };
    expect(usageOf({ ...NOTHING, channel }).requests).toBe(6);
  });

  test("CPU time is duration, and so is the wait for a row", () => {
    expect(usageOf(PUBLISH).gbSeconds).toBeCloseTo(0.012 * 0.128, 9);
  });

  test("costs what its parts cost", () => {
    const usage = { ...usageOf(NOTHING), rowsWritten: 2, requests: 10 };
    expect(priceOf(usage)).toBeCloseTo(2e-6 + 1.5e-6, 12);
  });
});

describe("a bill", () => {
  test("of nothing is that of the plan", () => {
    expect(billOf(usageOf(NOTHING)).usd).toBe(5);
  });

  test("leaves out what the plan includes", () => {
    const usage = { ...usageOf(NOTHING), rowsWritten: 50e6, requests: 3e6 };
    const { lines, usd } = billOf(usage);
    const rows = lines.find(({ billed }) => billed === "rowsWritten");
    expect(rows).toEqual({ billed: "rowsWritten", amount: 50e6, usd: 0 });
    expect(usd).toBeCloseTo(5 + 2 * 0.15, 9);
  });
});

describe("a month", () => {
  const quiet = { channels: [], reportSeconds: 2 };

  test("is its operations, as often as they are done", () => {
    const operations = { publish: 1_000, connect: 10 };
    const connect = { ...NOTHING, workerRequests: 1 };
    const usage = monthOf(
      { ...quiet, operations },
      measures({ publish: PUBLISH, connect }),
    );
    expect(usage).toMatchObject({
      workerRequests: 10,
      rowsWritten: 1_000,
      rowsRead: 2_000,
      logLines: 3_000,
    });
  });

  test("has a report for every lone event", () => {
    const lone = {
      count: 10,
      eventsPerSecond: 0.001,
      activeSeconds: 100_000,
      inUse: 0,
      keptBytes: 1e6,
    };
    const usage = monthOf(
      { operations: {}, channels: [lone], reportSeconds: 2 },
      measures(),
    );
    expect(usage.requests).toBeCloseTo(1_000, -1);
    expect(usage.rowsWritten).toBeCloseTo(2_000, -1);
    expect(usage.storedGb).toBeCloseTo(0.01, 9);
  });

  test("reads what a sleeping channel needs, but for one that is awake", () => {
    const wake = { ...NOTHING, channel: { ...noCounts(), rowsRead: 50 } };
    const read = (eventsPerSecond: number) =>
      monthOf(
        {
          operations: {},
          channels: [
            {
              count: 1,
              eventsPerSecond,
              activeSeconds: 1e6,
              inUse: 0,
              keptBytes: 0,
            },
          ],
          reportSeconds: 2,
        },
        measures({ wake }),
      ).rowsRead;
    // 3 rows of each are those of the report.
    expect(read(0.001) / 1_000).toBeCloseTo(53, 0);
    expect(read(10) / 500_000).toBeCloseTo(3, 0);
  });

  test("of every deployment can be told", () => {
    for (const { variants } of DEPLOYMENTS) {
      for (const { name, workload } of variants) {
        const { usd } = billOf(monthOf(workload, measures()));
        expect(usd, name).toBeGreaterThanOrEqual(5);
      }
    }
  });
});

describe("the registry asks", () => {
  test("a channel where nothing happens every ten minutes", () => {
    expect(asking(0)).toBe(1 / 600);
    expect(asking(1e-9)).toBeCloseTo(1 / 600, 6);
  });

  test("hardly ever one where something does", () => {
    expect(asking(0.1)).toBeLessThan(1e-20);
  });
});

describe("reports", () => {
  test("of rare events are one each, and none of them waits", () => {
    const { perSecond, waiting } = reporting(0.001, 2);
    expect(perSecond).toBeCloseTo(0.001, 5);
    expect(waiting).toBeLessThan(0.000_01);
  });

  test("of frequent events are one an interval, and one always waits", () => {
    const { perSecond, waiting } = reporting(1_000, 2);
    expect(perSecond).toBeCloseTo(0.5, 3);
    expect(waiting).toBeGreaterThan(0.999);
  });

  test("of nothing are none", () => {
    expect(reporting(0, 2)).toEqual({ perSecond: 0, waiting: 0 });
  });
});
