/**
 * The client library's client, for as long as a command works with it.
 *
 * @module
 */
import {
  ChannelDeletedError,
  type Client,
  ClosedError,
  connect,
  type StateChange,
} from "../src/client/index.ts";
import type { Context } from "./context.ts";
import { closedError, explain } from "./explain.ts";
import { aborted, pause } from "./interruption.ts";
import { channelPath } from "./service.ts";

/** For how long a first connection is tried, in ms. */
const CONNECT_MS = 4_000;
/** The longest pause between two tries: somebody is watching. */
const MAX_RETRY_MS = 5_000;
/** How long work may take to end by itself that has lost its client, in ms. */
const GRACE_MS = 500;
/** How long work may go on after Ctrl-C, and a client take to close, in ms. */
const CLOSE_MS = 5_000;

/** How a command uses its client. */
export interface ConnectionOptions {
  /** The channel, if its own path is to be used. */
  readonly direct?: string | undefined;
  /** Whether the first connection may take for ever. */
  readonly wait?: boolean | undefined;
  /** Whether the work ends itself after Ctrl-C, however long that takes. */
  readonly lingers?: boolean | undefined;
}

/**
 * Connects, works, and closes.
 *
 * @throws {CliError} when no connection comes about, or it is closed for good.
 */
export async function withClient<T>(
  { service, output, interruption }: Context,
  { direct, wait = false, lingers = false }: ConnectionOptions,
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
    maxRetryMs: MAX_RETRY_MS,
  });
  client.on("error", ({ error }) => {
    // Who works with the channel hears of these itself.
    if (error instanceof ChannelDeletedError || error instanceof ClosedError) {
      return;
    }
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
    const { reason = "" } = change;
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

  const gone = aborted(interruption).then(async () => {
    // In order where that is possible; what cannot be sent is not waited for.
    const isConnected = wasConnected && !isLost;
    if (isConnected) await pause(lingers ? 2 ** 31 - 1 : CLOSE_MS);
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
  await Promise.race([client.close(), pause(CLOSE_MS)]);
}
