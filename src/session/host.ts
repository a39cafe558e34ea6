/**
 * Sessions in the Worker: sockets, timers and objects of the platform on the
 * outside, `Session` on the inside.
 *
 * @module
 */
import { renew } from "../access/authenticator.ts";
import type { Principal } from "../access/principal.ts";
import { connect } from "../channel/connect.ts";
import { type Env, settingsOf } from "../env.ts";
import type { ClientFrameOf } from "../protocol/client-frames.ts";
import { errorFrame } from "../protocol/replies.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { listChannels } from "../registry/client.ts";
import { logError } from "../telemetry/sink.ts";
import { Attendance } from "./attendance.ts";
import { guarded } from "./guarded.ts";
import { isolateCounters, isolateTelemetry } from "./isolate.ts";
import { Session, type SessionHost } from "./session.ts";
import type { Upstream, UpstreamSocket } from "./upstream.ts";

/** Whose session it is, and how its client wants its frames. */
export interface SessionIdentity {
  readonly connId: string;
  readonly principal: Principal;
  readonly batch: boolean;
  /** `http` for the session of one HTTP request. */
  readonly via: "session" | "http";
}

/** A session that is a connection of its client's. */
export interface ClientIdentity extends SessionIdentity {
  /** The client's address, where it is known. */
  readonly address: string | null;
}

/** What a session says to its client. */
export interface ClientPort {
  send(message: string): void;
  close(code: number, reason: string): void;
}

/** A session whose client is whatever stands behind the port. */
export function createSession(
  env: Env,
  identity: SessionIdentity,
  client: ClientPort,
): Session {
  const host: SessionHost = {
    send: (message) => client.send(message),
    close: (code, reason) => client.close(code, reason),
    open: (upstream) => void openUpstream(env, identity, session, upstream),
    later: (ms, callback) =>
      void setTimeout(() => guarded(session, callback), ms),
    listChannels: (frame) => {
      void answerList(env, session, frame);
    },
    renew: (frame) => void answerToken(env, session, frame),
    counters: isolateCounters,
    clock: Date.now,
    random: Math.random,
  };
  const telemetry = isolateTelemetry(env);
  const session = new Session(identity, settingsOf(env), telemetry, host);
  return session;
}

/**
 * Messages that may still arrive once the session is over: those that were on
 * their way. Who sends more does not heed the Close, and reading them, though
 * nobody does anything with them, keeps everybody else waiting.
 */
const MAX_UNHEARD = 1_000;

/** Opens a session for a WebSocket client; answers the upgrade. */
export function acceptSession(
  env: Env,
  ctx: ExecutionContext,
  identity: ClientIdentity,
  subprotocol: string | undefined,
): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  let dropping: number | null = null;
  const session = createSession(env, identity, {
    send: (message) => server.send(message),
    close: (code, reason) => {
      attendance.ends(code);
      server.close(code, reason);
      dropping = setTimeout(() => drop(ctx), settingsOf(env).HEARTBEAT_MS);
    },
  });
  const attendance = new Attendance(env, ctx, identity, session);
  const telemetry = isolateTelemetry(env);
  const gone = (code: number): void => {
    clearTimeout(dropping);
    attendance.ends(code);
  };
  // Listeners must return nothing: anything else is logged as a warning.
  let unheard = 0;
  server.addEventListener("message", ({ data }) => {
    if (attendance.over) {
      if (++unheard === MAX_UNHEARD) drop(ctx);
      return;
    }
    guarded(session, () => session.receive(data));
    telemetry.write();
  });
  server.addEventListener("close", ({ code }) => gone(code));
  server.addEventListener("error", () => gone(1006));
  attendance.begins();
  const headers: HeadersInit =
    subprotocol === undefined ? {} : { "sec-websocket-protocol": subprotocol };
  return new Response(null, { status: 101, webSocket: client, headers });
}

/**
 * Ends an invocation whose client was sent a Close and has not answered it: all
 * that it did not read would stay in memory as long as its TCP connection.
 */
export function drop(ctx: ExecutionContext): void {
  const error = new Error("the client did not read its Close");
  // That makes it a lost connection to the runtime, and no failure to log.
  ctx.abort(Object.assign(error, { retryable: true }));
}

async function answerList(
  env: Env,
  session: Session,
  frame: ClientFrameOf<"list-channels">,
): Promise<void> {
  const { ref } = frame;
  let answer: ServerFrame;
  try {
    const { policy } = session.principal;
    const page = await listChannels(env, frame, policy);
    answer = { type: "channel-list", ref, ...page };
  } catch (error) {
    logError("list-channels", error);
    const message = "the list of channels is not available now";
    answer = errorFrame("internal-error", message, ref);
  }
  guarded(session, () => session.listed(answer));
}

async function answerToken(
  env: Env,
  session: Session,
  { token, ref }: ClientFrameOf<"authenticate">,
): Promise<void> {
  const { userId } = session.principal;
  const renewal = await renew(token, userId, settingsOf(env));
  guarded(session, () => session.renewed(ref, renewal));
}

async function openUpstream(
  env: Env,
  { connId, principal, batch, via }: SessionIdentity,
  session: Session,
  upstream: Upstream,
): Promise<void> {
  const { grants } = upstream;
  try {
    const response = await connect(env, upstream.channelId, {
      "conn-id": connId,
      "user-id": principal.userId,
      via,
      batch,
      address: null,
      grants: [...grants],
      expiresAt: null,
      isAdmin: false,
    });
    const socket = response.webSocket;
    if (socket === null) throw new Error("the channel refused the upgrade");
    listen(session, upstream, socket);
    guarded(session, () => session.opened(upstream, socket, grants));
  } catch (error) {
    // The first failure is the rule when an object restarts: it is healed.
    if (upstream.failures > 1) logError("session upstream", error);
    guarded(session, () => session.openFailed(upstream));
  }
}

function listen(
  session: Session,
  upstream: Upstream,
  socket: WebSocket & UpstreamSocket,
): void {
  socket.accept();
  socket.addEventListener("message", ({ data }) => {
    guarded(session, () =>
      session.upstreamMessage(upstream, socket, String(data)),
    );
  });
  socket.addEventListener("close", ({ code, reason }) => {
    guarded(session, () =>
      session.upstreamClosed(upstream, socket, code, reason),
    );
  });
  socket.addEventListener("error", () => {
    guarded(session, () => session.upstreamClosed(upstream, socket, 1006, ""));
  });
}
