/**
 * RPC for those who have no connection: a session of one request, which waits
 * for the answer without keeping the channel's object in memory.
 *
 * @module
 */
import type { Principal } from "../access/principal.ts";
import { type Env, settingsOf } from "../env.ts";
import { decodeServer } from "../protocol/codec.ts";
import type { DeliverTo } from "../protocol/fields.ts";
import { newConnId } from "../protocol/names.ts";
import {
  CLOSE_CODES,
  type RequestReason,
  type RpcEndReason,
} from "../protocol/reasons.ts";
import type { ServerFrame, ServerFrameOf } from "../protocol/server-frames.ts";
import { createSession } from "../session/host.ts";
import type { Session } from "../session/session.ts";

/** What is asked. */
export interface RpcRequest {
  readonly data: unknown;
  readonly timeoutMs?: number | undefined;
  readonly deliverTo?: DeliverTo | undefined;
}

/**
 * The final answer of a service. Its data is any JSON; were it `unknown`, the
 * types of a service binding would take the whole answer away.
 */
export interface RpcAnswer extends Omit<ServerFrameOf<"rpc-response">, "data"> {
  data: NonNullable<unknown> | null;
}

/** The final answer, or why there is none. */
export type RpcOutcome =
  | { ok: true; answer: RpcAnswer }
  | {
      ok: false;
      reason: RequestReason | RpcEndReason | "unavailable";
      retryAfterMs?: number | undefined;
    };

/**
 * Sends a request to a channel's subscribers and waits for the final answer.
 *
 * @param signal cancels the request when it is aborted.
 */
export function sendRequest(
  env: Env,
  channelId: string,
  { data, timeoutMs, deliverTo }: RpcRequest,
  principal: Principal,
  signal?: AbortSignal,
): Promise<RpcOutcome> {
  if (signal?.aborted) {
    return Promise.resolve({ ok: false, reason: "cancelled" });
  }
  return new Promise((resolve) => {
    const finish = (outcome: RpcOutcome): void => {
      clearInterval(ticks);
      resolve(outcome);
      session.clientGone();
    };
    const session: Session = createSession(
      env,
      { connId: newConnId(Date.now()), via: "http", batch: false, principal },
      {
        send: (message) => {
          for (const frame of decodeServer(message)) {
            const outcome = outcomeOf(frame);
            if (outcome !== undefined) finish(outcome);
          }
        },
        close: (code) => {
          const gone = code === CLOSE_CODES.restart;
          finish({
            ok: false,
            reason: gone ? "outcome-unknown" : "unavailable",
          });
        },
      },
    );
    const ticks = setInterval(
      () => session.tick(),
      settingsOf(env).HEARTBEAT_MS / 2,
    );
    const abort = () => finish({ ok: false, reason: "cancelled" });
    signal?.addEventListener("abort", abort, { once: true });
    session.request({
      type: "rpc-request",
      "channel-id": channelId,
      data,
      "timeout-ms": timeoutMs,
      "deliver-to": deliverTo ?? "all",
    });
  });
}

/** What a frame means for the request, or undefined to go on waiting. */
function outcomeOf(frame: ServerFrame): RpcOutcome | undefined {
  switch (frame.type) {
    case "rpc-request-result": {
      const {
        success,
        reason,
        "retry-after-ms": retryAfterMs,
      } = frame.delivery;
      if (success) return undefined;
      return { ok: false, reason: reason ?? "outcome-unknown", retryAfterMs };
    }
    case "rpc-response":
      if (!frame.final) return undefined;
      if (frame.reason !== undefined) {
        return { ok: false, reason: frame.reason };
      }
      return { ok: true, answer: { ...frame, data: frame.data ?? null } };
    case "error":
      return { ok: false, reason: "unavailable" };
    default:
      return undefined;
  }
}
