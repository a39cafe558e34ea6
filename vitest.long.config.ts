import { defineConfig } from "vitest/config";

// What takes too long for every change: more clients, more crashes, more
// random inputs. The seed of a run is printed; SEED=… repeats it.
// biome-ignore lint/style/noDefaultExport: it is what vitest reads
export default defineConfig({
  test: {
    name: "long",
    environment: "node",
    include: ["test/system/long/**/*.long.test.ts"],
    globalSetup: "test/system/support/log-secrets.ts",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
