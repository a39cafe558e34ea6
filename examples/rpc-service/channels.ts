/** What is said on which channel: the service and its callers share it. */
export type Channels = {
  rates: { request: Question; answer: Answer };
};

/** What the service can be asked. */
export type Question =
  | { action: "list" }
  | { action: "convert"; amount: number; from: string; to: string }
  | { action: "watch"; from: string; to: string; times: number };

/** What it answers; to `watch`, several of them. */
export type Answer =
  | { currencies: string[] }
  | { amount: number; currency: string }
  | { rate: number };
