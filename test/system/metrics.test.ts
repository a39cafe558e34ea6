/** `/metrics` and the probes, compared with what clients have seen. */
import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import {
  keyOf,
  type Numbers,
  readOpenMetrics,
  readPrometheus,
} from "../support/prometheus.ts";
import {
  createChannel,
  newChannelId,
  numbers,
  pathOf,
} from "./support/channels.ts";
import { type Client, connect, leaveAll } from "./support/client.ts";
import {
  newDataDir,
  type Server,
  startServer,
  withToken,
} from "./support/server.ts";
import { keyPair } from "./support/tokens.ts";
import { eventually } from "./support/waiting.ts";

const issuer = keyPair("ES256");
const VARS = {
  ...issuer.variables,
  // What one object tells must add up with what the others do.
  REGISTRY_SHARDS: 3,
  METRICS_PER_CHANNEL: "shown-*, one-alone",
  FRAMES_PER_SECOND: 100,
  FRAMES_BURST: 200,
  PUBLISHES_PER_SECOND: 10,
  PUBLISHES_BURST: 20,
  MAX_DATA_BYTES: 100,
};

let dataDir: string;
let server: Server;
/** The service as an administrator asks it. */
let admin: Server;
let token: string;
beforeAll(async () => {
  dataDir = await newDataDir();
  await start();
  token = await issuer.token({ channels: { "*": ["admin"] } });
  admin = withToken(server, token);
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  await rm(dataDir, { recursive: true, force: true });
  expect(server.complaints()).toEqual([]);
});

async function start(): Promise<void> {
  server = await startServer({ served: true, dataDir, vars: VARS });
}

/** All numbers, read in both forms. */
async function scrape(from = admin): Promise<Numbers> {
  const { status, headers, text } = await from.fetch("/metrics");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe(
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  return readOpenMetrics(text);
}

/** By how much numbers have grown; 0 where one stayed as it was. */
function growth(
  before: Numbers,
  after: Numbers,
  keys: readonly string[],
): Record<string, number> {
  return Object.fromEntries(
    keys.map((key) => [key, (after.get(key) ?? 0) - (before.get(key) ?? 0)]),
  );
}

/** Waits until the numbers have grown by what clients have counted. */
async function haveGrown(
  before: Numbers,
  wanted: Readonly<Record<string, number>>,
): Promise<Numbers> {
  return eventually("the numbers are as clients counted them", async () => {
    const after = await scrape();
    expect(growth(before, after, Object.keys(wanted))).toEqual(wanted);
    return after;
  });
}

const of = (name: string, labels: Record<string, string>) =>
  keyOf(`sente_lite_${name}_total`, labels);

describe("/metrics", () => {
  it("counts messages, deliveries and refusals as their clients do", async () => {
    const before = await scrape();
    const id = newChannelId("shown");
    const clients = [
      await connect(server, { token }),
      await connect(server, { token, channel: id }),
      await connect(server, { token, batch: true }),
    ];
    let delivered = 0;
    for (const client of clients) {
      client.watches(({ type }) => {
        if (type === "channel-message") delivered++;
      });
      await client.subscribes(id);
    }
    const refused: Record<string, number> = {};
    let published = 0;
    const publish = async (
      client: Client,
      channelId: string,
      data: unknown,
    ) => {
      const frame = { type: "publish", "channel-id": channelId, data };
      const { reason } = await client.asks(frame, "publish-result");
      if (reason === undefined) published++;
      else refused[reason] = (refused[reason] ?? 0) + 1;
    };
    for (const n of numbers(1, 30)) {
      for (const client of clients) await publish(client, id, n);
    }
    expect(refused["rate-limited"]).toBeGreaterThan(0);
    const [session, direct] = clients;
    if (session === undefined || direct === undefined) throw new Error();
    await publish(session, id, "x".repeat(200));
    await publish(direct, id, "x".repeat(200));
    await publish(session, "$nothing", 1);
    const none = newChannelId("none");
    const nowhere = await connect(server, { token, channel: none });
    await publish(nowhere, none, 1);
    await nowhere.leaves();
    const mute = await issuer.token({ channels: { "*": ["subscribe"] } });
    await publish(await connect(server, { token: mute }), id, 1);
    await publish(await connect(server, { token: mute, channel: id }), id, 1);
    const path = `${pathOf(id)}/messages`;
    const byHttp = withToken(server, mute).sends("POST", path, { data: 1 });
    expect((await byHttp).status).toBe(403);
    expect(refused).toMatchObject({
      "payload-too-large": 2,
      "invalid-channel-id": 1,
      "channel-not-found": 1,
      forbidden: 2,
    });
    await eventually("all is delivered", () => delivered === 3 * published);

    // The channel tells what it refused last with its next report.
    await eventually("there is leave to publish again", async () => {
      const until = published;
      if (session !== undefined) await publish(session, id, "last");
      return published > until;
    });
    const reasons = Object.entries(refused).map(([reason, count]) => [
      of("publish_refusals", { reason }),
      count + (reason === "forbidden" ? 1 : 0),
    ]);
    const after = await haveGrown(before, {
      sente_lite_messages_total: published,
      sente_lite_deliveries_total: 3 * published,
      ...Object.fromEntries(reasons),
      [of("rate_limited", { limit: "publishes" })]:
        refused["rate-limited"] ?? 0,
      [of("rate_limited", { limit: "http" })]: 0,
    });
    expect(after.get("sente_lite_connections")).toBe(5);
    expect(after.get("sente_lite_subscriptions")).toBe(3);
    const shown = (name: string) =>
      after.get(keyOf(`sente_lite_channel_${name}`, { channel: id }));
    expect(shown("subscribers")).toBe(3);
    expect(shown("messages_total")).toBe(published);
    expect(shown("message_rate")).toBeCloseTo(published / 60, 5);
  });

  it("counts requests by their ends, with their latencies", async () => {
    const before = await scrape();
    const id = newChannelId("rpc");
    const service = await connect(server, { token, channel: id });
    await service.subscribes(id);
    const requester = await connect(server, { token });
    const ask = async (timeoutMs = 30_000): Promise<string> => {
      const { "request-id": requestId } = await requester.asks(
        {
          type: "rpc-request",
          "channel-id": id,
          data: 1,
          "timeout-ms": timeoutMs,
        },
        "rpc-request-result",
      );
      const partial = { type: "rpc-request", "request-id": requestId } as const;
      await service.receives(partial);
      return requestId ?? "";
    };
    let slowest = 0;
    let sum = 0;
    for (const error of [false, false, false, true]) {
      const begun = performance.now();
      const requestId = await ask();
      // So slow that it would show in the sum, where only answers belong.
      if (error) await new Promise((resolve) => setTimeout(resolve, 300));
      const rest = { data: 1, error };
      service.sends({ type: "rpc-response", "request-id": requestId, ...rest });
      await requester.receives({
        type: "rpc-response",
        "request-id": requestId,
      });
      const ms = performance.now() - begun;
      slowest = Math.max(slowest, ms);
      sum += ms;
    }
    await ask(1);
    await requester.receives({ type: "rpc-response", reason: "timeout" });
    const cancelled = await ask();
    requester.sends({ type: "rpc-cancel", "request-id": cancelled });
    await requester.receives({ type: "rpc-response", reason: "cancelled" });
    const alone = newChannelId("alone");
    await requester.subscribes(alone);
    const vain = { type: "rpc-request", "channel-id": alone, data: 1 };
    await requester.asks(vain, "rpc-request-result");
    await requester.publishes(alone, "something to report");

    const latency = "sente_lite_rpc_latency_seconds";
    const after = await haveGrown(before, {
      [of("rpc_requests", { outcome: "answered" })]: 3,
      [of("rpc_requests", { outcome: "failed" })]: 1,
      [of("rpc_requests", { outcome: "timed-out" })]: 1,
      [of("rpc_requests", { outcome: "cancelled" })]: 1,
      [of("rpc_refusals", { reason: "no-subscribers" })]: 1,
      [`${latency}_count`]: 4,
    });
    const grown = growth(before, after, [
      `${latency}_sum`,
      `${latency}_bucket{le="0.256"}`,
      `${latency}_bucket{le="+Inf"}`,
    ]);
    const seconds = grown[`${latency}_sum`] ?? 0;
    expect(seconds).toBeGreaterThanOrEqual(0.29);
    expect(seconds).toBeLessThanOrEqual(sum / 1_000 + 0.01);
    expect(grown[`${latency}_bucket{le="0.256"}`]).toBeLessThanOrEqual(3);
    expect(grown[`${latency}_bucket{le="+Inf"}`]).toBe(4);
    expect(slowest).toBeGreaterThan(290);
  });

  it("counts recoveries, and frames that come too soon", async () => {
    const before = await scrape();
    const id = await createChannel(admin, "back");
    const client = await connect(server, { token, channel: id });
    const { epoch = "" } = await client.subscribes(id);
    await client.publishes(id, 1);
    const outcomes: unknown[] = [];
    for (const seq of [0, 1, 9]) {
      const { recovered } = await client.subscribes(id, {
        since: { epoch, seq },
      });
      outcomes.push(recovered);
    }
    expect(outcomes).toEqual([true, true, false]);
    let refused = 0;
    for (const way of [{ token }, { token, channel: id }]) {
      const hasty = await connect(server, way);
      let answered = 0;
      hasty.watches((frame) => {
        answered++;
        if (frame.type === "error" && frame.reason === "rate-limited")
          refused++;
      });
      for (const n of numbers(1, 250))
        hasty.sends({ type: "ping", timestamp: n });
      await eventually("all are answered", () => answered === 250);
      await hasty.leaves();
    }
    expect(refused).toBeGreaterThan(50);
    await haveGrown(before, {
      [of("recoveries", { outcome: "recovered" })]: 2,
      [of("recoveries", { outcome: "gap" })]: 1,
      [of("rate_limited", { limit: "frames" })]: refused,
    });
  });

  it("has an older form for older scrapers, with the same numbers", async () => {
    const accept = "text/plain;version=0.0.4;q=1,*/*;q=0.1";
    const { headers, text } = await admin.fetch("/metrics", {
      headers: { accept },
    });
    expect(headers.get("content-type")).toBe(
      "text/plain; version=0.0.4; charset=utf-8",
    );
    expect(headers.get("vary")).toBe("accept, origin");
    const older = readPrometheus(text);
    const newer = await scrape();
    expect([...older.keys()].sort()).toEqual([...newer.keys()].sort());
    expect(older.get("sente_lite_messages_total")).toBe(
      newer.get("sente_lite_messages_total"),
    );
  });

  it("shows channels that fit a pattern and no others, up to a bound", async () => {
    const one = "one-alone";
    await admin.sends("PUT", pathOf(one), {});
    const other = await createChannel(admin, "not-shown");
    const ids = numbers(1, 101).map(
      (n) => `shown-z${String(n).padStart(3, "0")}`,
    );
    for (const id of ids) await admin.sends("PUT", pathOf(id), {});
    const after = await eventually("it is cut off", async () => {
      const all = await scrape();
      expect(all.get("sente_lite_channel_series_cut_off")).toBe(1);
      return all;
    });
    const shown = [...after.keys()].filter((key) =>
      key.startsWith("sente_lite_channel_subscribers"),
    );
    expect(shown).toHaveLength(100);
    expect(shown).toContain(
      keyOf("sente_lite_channel_subscribers", { channel: one }),
    );
    expect(shown.join()).not.toContain(other);
    expect(after.get("sente_lite_channels")).toBeGreaterThan(102);
  });

  it("never goes back, though everything is killed", async () => {
    const id = await createChannel(admin, "shown-crash");
    const client = await connect(server, { token });
    await client.subscribes(id);
    let acknowledged = 0;
    const start = (await scrape()).get("sente_lite_messages_total") ?? 0;
    const busy = async (): Promise<void> => {
      while (client.isOpen) {
        const frame = { type: "publish", "channel-id": id, data: 1 };
        const answer = client
          .asks(frame, "publish-result")
          .catch(() => undefined);
        if ((await answer)?.success) acknowledged++;
        else await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const publishing = busy();
    const isCounter = (key: string) => /_total|_bucket|_sum|_count/.test(key);
    let last = new Map<string, number>();
    const goesBack = (next: Numbers) =>
      [...last].filter(([key, value]) => (next.get(key) ?? 0) < value);
    await eventually("a good many are published", async () => {
      const next = await scrape();
      expect(goesBack(next)).toEqual([]);
      last = new Map([...next].filter(([key]) => isCounter(key)));
      return (last.get("sente_lite_messages_total") ?? 0) - start >= 40;
    });
    await server.kill();
    await publishing;
    await startAgain();
    expect(goesBack(await scrape())).toEqual([]);
    // Told at once and then every two seconds, 10 a second and 20 at first.
    const counted = (await scrape()).get("sente_lite_messages_total") ?? 0;
    expect(counted - start).toBeGreaterThanOrEqual(acknowledged - 40);
    expect(counted - start).toBeLessThanOrEqual(acknowledged + 1);
  });
});

async function startAgain(): Promise<void> {
  await start();
  admin = withToken(server, token);
}

describe("probes", () => {
  it("are answered without a token, whatever is sent", async () => {
    const all: Record<string, string>[] = [
      {},
      { authorization: "Bearer x" },
      { origin: "x" },
    ];
    for (const headers of all) {
      expect(await server.fetch("/health/live", { headers })).toMatchObject({
        status: 200,
        body: { status: "live" },
      });
      expect(await server.fetch("/health/ready", { headers })).toMatchObject({
        status: 200,
        body: { status: "ready" },
      });
    }
  });

  it.each([
    ["there is no key", { AUTH: "jwt" }],
    ["the key is none", { AUTH: "jwt", JWT_PUBLIC_KEY: "nonsense" }],
    ["a setting cannot be", { HEARTBEAT_MS: "soon" }],
  ])("say that it is not ready when %s", async (_, vars) => {
    const wrong = await startServer({ served: true, closed: true, vars });
    try {
      const before = wrong.complaints().length;
      expect(await wrong.fetch("/health/live")).toMatchObject({
        status: 200,
        body: { status: "live" },
      });
      for (const _ of numbers(1, 20)) {
        expect(await wrong.fetch("/health/ready")).toMatchObject({
          status: 503,
          body: { status: "not-ready" },
        });
      }
      // Not a line for every probe; some of the start may have come late.
      expect(wrong.complaints().length).toBeLessThan(before + 10);
    } finally {
      await wrong.kill();
    }
  });
});
