/**
 * The public prices of Cloudflare's Workers Paid plan, as of November 2026.
 * They change: see the pages named in docs/cost.md.
 *
 * @module
 */

/** What one thing that is billed costs. */
export interface Price {
  /** What is counted. */
  readonly what: string;
  /** How many of them the price is for. */
  readonly per: number;
  /** In what they are counted; after `per` in the table. */
  readonly unit: string;
  readonly usd: number;
  /** How many a month the plan includes. */
  readonly included: number;
}

/** A month of the plan itself, in USD. */
export const PLAN_USD = 5;

/** The share of a request that a message to an object's socket is billed as. */
export const MESSAGE_SHARE = 1 / 20;

/** The memory that an object is billed for, in GB, whatever it uses. */
export const OBJECT_GB = 0.128;

const MILLION = 1_000_000;

export const PRICES = {
  workerRequests: {
    what: "Worker requests",
    per: MILLION,
    unit: "million",
    usd: 0.3,
    included: 10 * MILLION,
  },
  workerCpuMs: {
    what: "Worker CPU",
    per: MILLION,
    unit: "million ms",
    usd: 0.02,
    included: 30 * MILLION,
  },
  requests: {
    what: "object requests",
    per: MILLION,
    unit: "million",
    usd: 0.15,
    included: MILLION,
  },
  gbSeconds: {
    what: "object duration",
    per: MILLION,
    unit: "million GB-s",
    usd: 12.5,
    included: 400_000,
  },
  rowsWritten: {
    what: "rows written",
    per: MILLION,
    unit: "million",
    usd: 1,
    included: 50 * MILLION,
  },
  rowsRead: {
    what: "rows read",
    per: MILLION,
    unit: "million",
    usd: 0.001,
    included: 25_000 * MILLION,
  },
  storedGb: {
    what: "stored data",
    per: 1,
    unit: "GB-month",
    usd: 0.2,
    included: 5,
  },
  logLines: {
    what: "log lines",
    per: MILLION,
    unit: "million",
    usd: 0.6,
    included: 20 * MILLION,
  },
} as const satisfies Record<string, Price>;

/** Something that is billed. */
export type Billed = keyof typeof PRICES;
