/**
 * The issuer's key set, fetched seldom whatever clients send: one fetch at a
 * time, none soon after one that failed, and the last known keys while the
 * issuer is out of reach.
 *
 * @module
 */
import {
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from "jose";

/** A key set is fetched again after so long, in ms, ... */
const MAX_AGE_MS = 600_000;
/** ... for an unknown `kid` at most so often, and not waited for longer. */
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;
/** After a failure nothing is fetched for so long, in ms. */
const FAILURE_PAUSE_MS = 5_000;
/** Known keys are used for so long while there are no newer ones, in ms. */
const MAX_STALE_MS = 86_400_000;
/** How often those who wait for another's fetch look whether it is done, in ms. */
const LOOK_MS = 20;

/**
 * The keys behind a URL.
 *
 * @param onFailure told of every fetch that failed.
 */
export function keySet(
  url: URL,
  onFailure: (error: unknown) => void,
): JWTVerifyGetKey {
  const source = new KeySetSource(onFailure);
  return createRemoteJWKSet(url, {
    cacheMaxAge: MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: TIMEOUT_MS,
    [customFetch]: (address, options) => source.fetch(address, options),
  });
}

class KeySetSource {
  readonly #onFailure: (error: unknown) => void;
  #body: string | undefined;
  #fetchedAt = 0;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** When the fetch that is under way began; it may have been abandoned. */
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  async fetch(...request: Parameters<FetchImplementation>): Promise<Response> {
    const askedAt = Date.now();
    // One request must not wait for the promise of another one: its I/O ends
    // with it. So it looks now and then.
    while (Date.now() - this.#startedAt < TIMEOUT_MS) await pause(LOOK_MS);
    if (this.#fetchedAt >= askedAt) return this.#known();
    if (Date.now() - this.#failedAt < FAILURE_PAUSE_MS) return this.#known();
    this.#startedAt = Date.now();
    try {
      const response = await fetch(...request);
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      this.#body = await response.text();
      this.#fetchedAt = Date.now();
    } catch (error) {
      this.#failedAt = Date.now();
      this.#onFailure(error);
    } finally {
      this.#startedAt = Number.NEGATIVE_INFINITY;
    }
    return this.#known();
  }

  /** What is known, if it is not too old. */
  #known(): Response {
    if (
      this.#body === undefined ||
      Date.now() - this.#fetchedAt > MAX_STALE_MS
    ) {
      throw new Error("the key set is out of reach");
    }
    return new Response(this.#body, {
      headers: { "content-type": "application/json" },
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
