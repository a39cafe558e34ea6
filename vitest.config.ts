import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

import { seedOfRun } from "./test/system/support/random.ts";

// Five kinds of tests, by where they run: the cores under plain Node, the
// objects inside workerd, whole processes over real sockets, the dashboard in
// a browser, and the package where somebody else has installed it.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "core",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/workerd/**",
            "test/system/**",
            "test/package/**",
            "test/browser/**",
          ],
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                AUTH: "open",
                // Evicting waits for the timer of a report.
                REPORT_INTERVAL_MS: "5",
                TELEMETRY_LEVEL: "error",
                SEED: String(seedOfRun()),
              },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/workerd/**/*.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "system",
          environment: "node",
          include: ["test/system/*.test.ts"],
          globalSetup: "test/system/support/log-secrets.ts",
          // Packages in CommonJS look as Node shows them to serve/.
          deps: { interopDefault: false },
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          environment: "node",
          include: ["test/browser/*.test.ts"],
          // Packages in CommonJS look as Node shows them to serve/.
          deps: { interopDefault: false },
          fileParallelism: false,
          // What is looked for shows up when the page has heard of it.
          expect: { poll: { timeout: 20_000, interval: 50 } },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "package",
          environment: "node",
          include: ["test/package/*.test.ts"],
          globalSetup: "test/package/support/packing.ts",
          fileParallelism: false,
          testTimeout: 60_000,
          // A server that does not start says so after a minute.
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
