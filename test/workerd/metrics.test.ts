/** What is counted where only the platform itself can be: inside workerd. */
import {
  abortAllDurableObjects,
  createExecutionContext,
  evictDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";

import type { Env } from "../../src/env.ts";
import { ready } from "../../src/http/health.ts";
import { route } from "../../src/router.ts";
import { readOpenMetrics } from "../support/prometheus.ts";
import { Client } from "./support/client.ts";

async function ask(path: string, given: Env = env): Promise<Response> {
  const ctx = createExecutionContext();
  const request = new Request(`http://sente${path}`);
  const response = await route(request, given, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

/** One number of `/metrics`. */
async function metric(key: string, given?: Env): Promise<number> {
  const response = await ask("/metrics", given);
  // Not `text()`, which warns of a type that does not begin with `text/`.
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const value = readOpenMetrics(text).get(key);
  if (value === undefined) throw new Error(`no ${key}`);
  return value;
}

describe("/metrics", () => {
  test("counts a channel that wakes up with its sockets", async () => {
    const id = "evicted";
    const before = await metric("sente_lite_evictions_total");
    const client = await Client.open("c", "direct", id, { batch: false });
    await client.fence();
    for (let i = 0; i < 3; i++) {
      await evictDurableObject(env.CHANNEL.getByName(id));
      await client.fence();
    }
    await vi.waitFor(async () => {
      expect(await metric("sente_lite_evictions_total")).toBe(before + 3);
    });
    client.close(1000);
  });

  test("counts requests that the platform's limit refuses, without any session", async () => {
    const HTTP_RATE_LIMIT = { limit: async () => ({ success: false }) };
    const key = 'sente_lite_rate_limited_total{limit="http"}';
    const before = await metric(key);
    for (let i = 0; i < 3; i++) {
      const { status } = await ask("/channels", { ...env, HTTP_RATE_LIMIT });
      expect(status).toBe(429);
    }
    expect(await metric(key)).toBe(before + 3);
    expect(await metric(key)).toBe(before + 3);
  });

  test("has told nothing that a crash of the registry takes back", async () => {
    const id = "counted";
    const grants = ["publish", "create"] as const;
    const channel = () => env.CHANNEL.getByName(id);
    await channel().put([...grants], {});
    const key = "sente_lite_messages_total";
    const begun = await metric(key);
    for (let n = begun + 1; n <= begun + 20; n++) {
      const sender = { connId: null, userId: null };
      const rest = { messageId: undefined, ephemeral: false, sender };
      await channel().publish({ data: "1", ...rest, grants: [...grants] });
      // The moment that it is told it may already be too late to write it.
      await vi.waitFor(async () => expect(await metric(key)).toBe(n));
      await abortAllDurableObjects();
      expect(await metric(key)).toBe(n);
    }
  });
});

describe("/health/ready", () => {
  /** A deployment whose registry does something else than to answer. */
  function without(figures: () => Promise<never>): {
    env: Env;
    asked(): number;
  } {
    let asked = 0;
    const registry = {
      figures: () => {
        asked++;
        return figures();
      },
    };
    const REGISTRY = Object.assign(Object.create(env.REGISTRY), {
      getByName: () => registry,
    });
    return { env: { ...env, REGISTRY }, asked: () => asked };
  }

  test.each([
    ["cannot be reached", () => Promise.reject(new Error("out of reach"))],
    ["does not answer", () => new Promise<never>(() => {})],
  ])(
    "is 503 while the registry %s, and does not ask it for every probe",
    async (_, figures) => {
      const error = vi.spyOn(console, "error").mockReturnValue();
      const broken = without(figures);
      await scheduler.wait(1_100);
      const begun = Date.now();
      let last: Response | undefined;
      while (Date.now() - begun < 3_500) {
        const answers = [ready(broken.env), ask("/health/ready", broken.env)];
        last = (await Promise.all(answers))[1];
        await scheduler.wait(10);
      }
      expect(last?.status).toBe(503);
      expect(await last?.json()).toEqual({ status: "not-ready" });
      expect(broken.asked()).toBeGreaterThan(0);
      expect(broken.asked()).toBeLessThanOrEqual(5);
      expect((await ask("/health/live", broken.env)).status).toBe(200);
      await scheduler.wait(1_100);
      const back = await ask("/health/ready");
      expect(back.status).toBe(200);
      expect(await back.json()).toEqual({ status: "ready" });
      error.mockRestore();
    },
  );
});
