/**
 * Tokens of tests.
 *
 * @module
 */
import { vi } from "vitest";

import type { FakeSocket } from "./fake-socket.ts";

/** Gives token1, token2, … */
export function counting() {
  let count = 0;
  return vi.fn(async () => `token${++count}`);
}

export function tokenOf({ protocols }: FakeSocket): string | undefined {
  return protocols[1]?.replace("sente-lite.token.", "");
}
