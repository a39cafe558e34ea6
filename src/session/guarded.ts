/**
 * What a session does when handling an event throws.
 *
 * @module
 */
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { logError } from "../telemetry/sink.ts";
import type { Session } from "./session.ts";

/** A throw would leave the client waiting: it is asked to return instead. */
export function guarded(session: Session, act: () => void): void {
  try {
    act();
  } catch (error) {
    logError("session", error);
    session.close(CLOSE_CODES.internal, "internal error");
  }
}
