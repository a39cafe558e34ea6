/**
 * The client library's client, for as long as a command works with it.
 *
 * @module
 */
import {
  type Client,
  ClosedError,
  connect,
  type StateChange,
} from "../src/client/index.ts";
import type { Context } from "./context.ts";
import { closedError, explain } from "./explain.ts";
import { aborted } from "./interruption.ts";
import { channelPath } from "./service.ts";

/** How long the first connection may take, in ms. */
const CONNECT_MS = 3_000;
/** The longest pause between two tries: somebody is watching. */
const MAX_RETRY_MS = 5_000;
/** How long work may take to end by itself that has lost its client, in ms. */
const GRACE_MS = 500;
/** How long a client may take to close, in ms. */
const CLOSE_MS = 5_000;

/** How a command uses its client. */
export interface ConnectionOptions {
  /** The channel, if its own path is to be used. */
  readonly direct?: string | undefined;
  /** Whether the first connection may take for ever. */
  readonly wait?: boolean | undefined;
  /** How many messages may wait to be acknowledged. */
  readonly maxQueued?: number | undefined;
}

/**
 * Connects, works, and closes.
 *
 * @throws {CliError} when no connection comes about, or it is closed for good.
 */
export async function withClient<T>(
  { service, output, interruption }: Context,
  { direct, wait = false, maxQueued }: ConnectionOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const path = direct === undefined ? "/ws" : channelPath(direct, "/ws");
  const failed = Promise.withResolvers<never>();
  let last: StateChange = { state: "connecting" };
  let wasConnected = false;
  let isLost = false;
  const whyNot = () => service.whyNoSocket(path, last.reason ?? "no answer");

  const client = connect(`${service.url}/ws`, {
    token: service.token,
    direct: direct !== undefined,
    maxQueued,
    maxRetryMs: MAX_RETRY_MS,
  });
  client.on("error", ({ error }) => {
    output.note("error", explain(error).message);
  });
  client.on("state", (change) => {
    last = change.state === "connecting" ? last : change;
    if (change.state === "connected") {
      clearTimeout(timer);
      if (isLost) output.note("connected", "connected again");
      wasConnected = true;
      isLost = false;
    }
    if (change.state === "closed") {
      // Most work hears of it itself, and has more to say.
      const error = closedError(change.reason ?? "for no reason");
      setTimeout(() => failed.reject(error), GRACE_MS);
    }
    if (change.state !== "waiting") return;
    const reason = change.reason ?? "";
    // The client would fetch another token, and there is none.
    if (reason.includes(": token-expired")) failed.reject(closedError(reason));
    if (isLost || (!wasConnected && !wait)) return;
    isLost = true;
    if (wasConnected) {
      const text = `the connection is lost (${reason}): trying again`;
      output.note("disconnected", text, { reason });
    } else {
      whyNot().then(({ message }) =>
        output.note("disconnected", `${message}: trying again`),
      );
    }
  });
  const timer = setTimeout(() => {
    if (!wait) whyNot().then(failed.reject);
  }, CONNECT_MS);

  const gone = aborted(interruption).then(() => {
    // In order where that is possible; what cannot be sent is not waited for.
    if (wasConnected && !isLost) return new Promise<never>(() => {});
    throw interruption.reason;
  });
  try {
    return await Promise.race([work(client), failed.promise, gone]);
  } catch (error) {
    if (error instanceof ClosedError) throw closedError(error.message);
    throw error;
  } finally {
    clearTimeout(timer);
    if (last.state === "connected") await closed(client);
  }
}

/** Closes a client, as far as that is possible in time. */
async function closed(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([client.close(), late]);
  clearTimeout(timer);
}
