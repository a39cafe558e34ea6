/**
 * What a session's client may do, until when, and how it renews that.
 *
 * @module
 */
import type { Renewal } from "../access/authenticator.ts";
import { EXPIRY_NOTICE_MS } from "../access/expiry.ts";
import type { Principal } from "../access/principal.ts";
import { Renewals } from "../access/renewals.ts";
import type { ClientFrameOf } from "../protocol/client-frames.ts";
import type { Ref } from "../protocol/fields.ts";
import type { Grants } from "../protocol/operations.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { authenticateResult, TOKEN_EXPIRED } from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";

/** What the authorization needs of its session. */
export interface AuthorizationHost {
  answer(frame: ServerFrame): void;
  close(code: number, reason: string): void;
  /** Looks at a token, later calling `renewed`. */
  renew(frame: ClientFrameOf<"authenticate">): void;
  /** Calls back after some ms. */
  later(ms: number, callback: () => void): void;
  clock(): number;
}

/** No timer runs for longer, in ms. */
const MAX_TIMER_MS = 86_400_000;

export class Authorization {
  readonly #host: AuthorizationHost;
  #principal: Principal;
  #noticed = false;
  readonly #renewals = new Renewals();
  /** When the timer that is set comes, in ms: one is enough. */
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(principal: Principal, host: AuthorizationHost) {
    this.#principal = principal;
    this.#host = host;
  }

  get userId(): string | null {
    return this.#principal.userId;
  }

  get principal(): Principal {
    return this.#principal;
  }

  /** What is granted on a channel. */
  on(channelId: string): Grants {
    return this.#principal.policy.on(channelId);
  }

  /** Sees to the end of the token from now on. */
  watch(): void {
    const { expiresAt } = this.#principal;
    if (expiresAt === null) return;
    const now = this.#host.clock();
    if (expiresAt <= now) {
      this.#host.close(CLOSE_CODES.tokenExpired, TOKEN_EXPIRED);
      return;
    }
    const noticeAt = expiresAt - EXPIRY_NOTICE_MS;
    if (!this.#noticed && noticeAt <= now) {
      this.#noticed = true;
      this.#host.answer({ type: "token-expiring", "expires-at": expiresAt });
    }
    const due = this.#noticed ? expiresAt : noticeAt;
    const ms = Math.min(due - now, MAX_TIMER_MS);
    // A later end is found out when the timer comes for the earlier one.
    if (now + ms >= this.#timerAt) return;
    this.#timerAt = now + ms;
    this.#host.later(ms, () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.watch();
    });
  }

  /**
   * Handles an `authenticate` frame.
   *
   * @returns why it is refused, if it is.
   */
  authenticate(
    frame: ClientFrameOf<"authenticate">,
  ): (ServerFrame & { type: "error" }) | undefined {
    const refused = this.#renewals.begin(frame, this.#host.clock());
    if (refused === undefined) this.#host.renew(frame);
    return refused;
  }

  /** A token was looked at; `@returns` whether something else is granted now. */
  renewed(ref: Ref | undefined, renewal: Renewal): boolean {
    this.#renewals.end();
    this.#host.answer(authenticateResult(ref, renewal));
    if (!renewal.ok) return false;
    this.#principal = renewal.principal;
    this.#noticed = false;
    this.watch();
    return true;
  }
}
