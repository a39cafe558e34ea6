/** What users rely on, inside a Worker that connects out. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, it } from "vitest";

import { NAMES } from "../client/behaviour/index.ts";
import { bundle, type Host, startHost } from "../client/support/hosts.ts";

let host: Host;
let workers: Miniflare;
beforeAll(async () => {
  host = await startHost();
  workers = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle("worker.ts", "esm"),
      compatibilityDate: "2026-11-01",
    }),
  );
});
afterAll(async () => {
  await workers.dispose();
  await host.stop();
  expect(host.server.complaints()).toEqual([]);
});

it.each(NAMES)("the client %s", async (name) => {
  const { place } = host;
  const response = await workers.dispatchFetch("http://worker.test", {
    method: "POST",
    body: JSON.stringify({ name, place }),
  });
  expect(await response.text()).toBe("fine");
});
