/** How many rows messages and requests write, as the platform counts them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import {
  type CountingService,
  measure,
  startCounting,
} from "../../cost/measure.ts";
import { OPERATIONS, type OperationName } from "../../cost/operations.ts";
import { leaveAll } from "./support/client.ts";

let service: CountingService;
beforeAll(async () => {
  service = await startCounting({ TELEMETRY_LEVEL: "error" });
});
afterEach(leaveAll);
afterAll(() => service.stop());

/** Rows written for one operation, `setAlarm` included. */
async function rowsOf(name: OperationName): Promise<number> {
  const { channel } = await measure(service, name, OPERATIONS[name]);
  return channel.rowsWritten;
}

describe("a message", () => {
  it.each([
    ["alone", "publish", 1.1],
    ["alone, with an id of its own", "publishKeyed", 1.1],
    ["alone, by a session", "publishBySession", 1.1],
    ["alone, by HTTP", "publishByHttp", 1.1],
    ["in a burst", "publishBurst", 0.1],
    ["in an array", "publishArray", 0.1],
    ["that is ephemeral", "publishEphemeral", 0],
  ] as const)("%s writes few rows", async (_, name, most) => {
    expect(await rowsOf(name)).toBeLessThanOrEqual(most);
  });
});

describe("a request", () => {
  it.each([
    ["alone", "rpc", 2.2],
    ["alone, between sessions", "rpcBySession", 2.2],
    ["alone, by HTTP", "rpcByHttp", 2.2],
    ["in a burst", "rpcBurst", 0.3],
  ] as const)("%s writes few rows", async (_, name, most) => {
    expect(await rowsOf(name)).toBeLessThanOrEqual(most);
  });
});

describe("those who only listen", () => {
  it.each(["deliver", "ack", "heartbeat", "subscribe", "disconnect"] as const)(
    "write nothing: %s",
    async (name) => {
      const { publishes = 0 } = { publishes: 0, ...OPERATIONS[name] };
      expect(await rowsOf(name)).toBeLessThanOrEqual(publishes);
    },
  );
});
