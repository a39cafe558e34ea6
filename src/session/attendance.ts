/**
 * A session of a client as the rest of the service sees it, from its begin to
 * its end: counted, found by its user's object, looked at twice a heartbeat.
 *
 * @module
 */
import { type Env, settingsOf } from "../env.ts";
import { CLOSE_CODES } from "../protocol/reasons.ts";
import { Presence } from "../user/presence.ts";
import { guarded } from "./guarded.ts";
import type { ClientIdentity } from "./host.ts";
import { countConnection, isolateTelemetry, refreshReport } from "./isolate.ts";
import type { Session } from "./session.ts";

export class Attendance {
  readonly #env: Env;
  readonly #ctx: ExecutionContext;
  readonly #identity: ClientIdentity;
  readonly #session: Session;
  readonly #presence: Presence | undefined;
  #ticks: number | null = null;
  #over = false;

  constructor(
    env: Env,
    ctx: ExecutionContext,
    identity: ClientIdentity,
    session: Session,
  ) {
    this.#env = env;
    this.#ctx = ctx;
    this.#identity = identity;
    this.#session = session;
    const { connId, principal } = identity;
    if (principal.userId !== null) {
      this.#presence = new Presence(env, principal.userId, connId, (reason) =>
        session.close(CLOSE_CODES.policy, reason),
      );
    }
  }

  get over(): boolean {
    return this.#over;
  }

  /**
   * Begins.
   *
   * @param tick is called twice a heartbeat.
   */
  begins(tick: () => void = () => {}): void {
    const { address, connId, via } = this.#identity;
    this.#ticks = setInterval(() => {
      guarded(this.#session, () => this.#session.tick());
      void this.#presence?.show();
      refreshReport(this.#env, this.#ctx);
      tick();
    }, settingsOf(this.#env).HEARTBEAT_MS / 2);
    countConnection(this.#env, this.#ctx, address, 1);
    const telemetry = isolateTelemetry(this.#env);
    telemetry.emit("sente-lite.server/connection-added", () => ({
      "conn-id": connId,
      via,
    }));
    this.#session.start();
    void this.#presence?.show();
    telemetry.write();
  }

  /** Ends, once; the session with it. */
  ends(code: number): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#ticks);
    this.#session.clientGone();
    this.#presence?.ends();
    const { address, connId, via } = this.#identity;
    countConnection(this.#env, this.#ctx, address, -1);
    const telemetry = isolateTelemetry(this.#env);
    telemetry.emit("sente-lite.server/connection-removed", () => ({
      "conn-id": connId,
      via,
      code,
    }));
    telemetry.write();
  }
}
