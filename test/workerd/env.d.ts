import type { Env as ServiceEnv } from "../../src/env.ts";

declare global {
  namespace Cloudflare {
    interface Env extends ServiceEnv {
      /** Of the random numbers of the tests. */
      SEED: string;
    }
    interface GlobalProps {
      mainModule: typeof import("../../src/worker.ts");
    }
  }
}
