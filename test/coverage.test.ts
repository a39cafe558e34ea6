import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import {
  AUTHENTICATE_REASONS,
  CANCEL_REASONS,
  CLOSE_CODES,
  ERROR_REASONS,
  EVENTS_END_REASONS,
  PUBLISH_REASONS,
  REQUEST_REASONS,
  RESPONSE_REASONS,
  RPC_END_REASONS,
  SUBSCRIBE_REASONS,
  SUBSCRIPTION_LOST_REASONS,
  UNSUBSCRIBE_REASONS,
  UNSUBSCRIBED_REASONS,
} from "../src/protocol/reasons.ts";
import { SERVER_FRAMES } from "../src/protocol/server-frames.ts";
import { CLOSES, FRAMES, REASONS } from "./support/coverage.ts";

const ALL_REASONS = {
  "authenticate-result": AUTHENTICATE_REASONS,
  error: ERROR_REASONS,
  "subscription-result": SUBSCRIBE_REASONS,
  "unsubscription-result": UNSUBSCRIBE_REASONS,
  unsubscribed: UNSUBSCRIBED_REASONS,
  "event: end": EVENTS_END_REASONS,
  "publish-result": PUBLISH_REASONS,
  "subscription-lost": SUBSCRIPTION_LOST_REASONS,
  "rpc-request-result": REQUEST_REASONS,
  "rpc-response-result": RESPONSE_REASONS,
  "rpc-response": RPC_END_REASONS,
  "rpc-cancel-result": CANCEL_REASONS,
};

/** The named test exists and mentions what it is said to cover. */
function expectMentioned(where: string, what: string): void {
  if (!where.endsWith(".test.ts")) return;
  const file = new URL(`./${where}`, import.meta.url);
  expect(existsSync(file), where).toBe(true);
  expect(readFileSync(file, "utf8"), `${where} mentions`).toContain(what);
}

describe("every row of the protocol has its scenario", () => {
  test("every frame", () => {
    expect(Object.keys(FRAMES).sort()).toEqual(
      Object.keys(SERVER_FRAMES).sort(),
    );
    for (const [type, where] of Object.entries(FRAMES)) {
      expectMentioned(where, type);
    }
  });

  test.each(Object.entries(ALL_REASONS))("every reason of %s", (type, all) => {
    const covered = REASONS[type] ?? {};
    expect(Object.keys(covered).sort()).toEqual([...all].sort());
    for (const [reason, where] of Object.entries(covered)) {
      expectMentioned(where, reason);
    }
  });

  test("every close code", () => {
    const codes = Object.values(CLOSE_CODES).map(String);
    expect(Object.keys(CLOSES).sort()).toEqual(codes.sort());
    for (const [code, where] of Object.entries(CLOSES)) {
      expectMentioned(where, code);
    }
  });
});
