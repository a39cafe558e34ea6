/**
 * A client of the service: one connection for all channels, or one each.
 *
 * @module
 */
import { CHANNEL_ID_RULE, isChannelId } from "../protocol/names.ts";
import type { ServerFrame } from "../protocol/server-frames.ts";
import { Channel } from "./channel.ts";
import { ChannelState } from "./channel-state.ts";
import { failure, type SenteError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { type ConnectionState, Link, type StateChange } from "./link.ts";
import type { Queue } from "./publishing.ts";
import { type TokenSource, Tokens } from "./tokens.ts";
import type { ChannelSchemas, DataOf, Received, Sent } from "./types.ts";
import type { WebSocketConstructor } from "./websocket.ts";

/** How to connect. */
export interface ConnectOptions {
  /** A token, or what fetches one, anew when it has expired. */
  readonly token?: TokenSource | undefined;
  /**
   * Whether each channel has a socket of its own, on its own path: one hop
   * less. Default false: one session for all channels.
   */
  readonly direct?: boolean | undefined;
  /** How many published messages may wait to be acknowledged. Default 1,000. */
  readonly maxQueued?: number | undefined;
  /** How long a message may wait for that, in ms. Default 30,000. */
  readonly publishTimeoutMs?: number | undefined;
  /** How long a connection may take to be opened, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The longest pause between two tries to connect, in ms. Default 20,000. */
  readonly maxRetryMs?: number | undefined;
  /** What makes WebSockets, where there is no global `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}

/** What a client tells. */
export interface ClientEvents {
  /** How it is connected has changed; in direct mode, the worst of all. */
  state: StateChange;
  /**
   * Something went wrong that no promise tells: a handler threw, a message is
   * not what its schema says, the server sent nonsense. Without a listener it
   * goes to the console.
   */
  error: { readonly error: unknown; readonly channelId: string | undefined };
}

/** What is not used for so long, in ms, is let go of. */
const SWEEP_MS = 60_000;

/** What tells that it may be time to look: not there outside of pages. */
interface Waker {
  addEventListener?(name: string, listener: () => void): void;
  removeEventListener?(name: string, listener: () => void): void;
}

type Page = Waker & { readonly document?: Waker };

/** A client. Make one with {@link connect}. */
export class Client<Channels = object> {
  readonly #url: URL;
  readonly #options: ConnectOptions;
  readonly #tokens: Tokens;
  readonly #queue: Queue;
  readonly #events = new Emitter<ClientEvents>((error) =>
    this.#fail(error, undefined),
  );
  /** By channel-id; the session has none. */
  readonly #links = new Map<string | undefined, Link>();
  readonly #channels = new Map<string, ChannelState>();
  readonly #cleanUp: (() => void)[] = [];
  #state: StateChange = { state: "connecting" };
  #isFailing = false;
  #closing: Promise<void> | undefined;
  #closed: SenteError | undefined;

  /** @internal */
  constructor(url: string | URL, options: ConnectOptions) {
    this.#url = toWebSocketUrl(url);
    this.#options = options;
    this.#tokens = new Tokens(options.token);
    const { maxQueued = 1_000, publishTimeoutMs = 30_000 } = options;
    this.#queue = { length: 0, max: maxQueued, timeoutMs: publishTimeoutMs };
    if (!options.direct) this.#link(undefined, this.#url.href);
    this.#watch();
  }

  /** How it is connected; in direct mode, the worst of all its channels. */
  get state(): ConnectionState {
    return this.#state.state;
  }

  /** Listens to an event. @returns what ends that. */
  on<K extends keyof ClientEvents>(
    name: K,
    listener: (event: ClientEvents[K]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * A channel. Nothing is sent before it is used.
   *
   * @param schemas check what is sent and what comes at run time.
   * @throws {TypeError} when no channel can be called that.
   */
  channel<Id extends string, Schemas extends ChannelSchemas = object>(
    id: Id,
    schemas?: Schemas,
  ): Channel<
    Sent<DataOf<Channels, Id>, Schemas>,
    Received<DataOf<Channels, Id>, Schemas>
  > {
    if (!isChannelId(id)) throw new TypeError(CHANNEL_ID_RULE);
    return new Channel(
      id,
      () => {
        if (this.#closed) throw this.#closed;
        return this.#channel(id);
      },
      (error) => this.#fail(error, id),
      schemas ?? {},
    );
  }

  /**
   * Closes it, once what was published is acknowledged and what was asked of
   * it answered, or their time is up.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed ??= failure("closed", "the client");
    const channels = [...this.#channels.values()];
    await Promise.all(channels.map((channel) => channel.drained()));
    const links = [...this.#links.values()];
    // Before their sockets close: then nothing counts as lost.
    this.#end(this.#closed, true);
    await Promise.all(links.map((link) => link.close("closed by its user")));
    this.#become({ state: "closed", reason: "closed by its user" });
  }

  #channel(id: string): ChannelState {
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    const key = this.#options.direct ? id : undefined;
    const channel = new ChannelState(id, {
      queue: this.#queue,
      send: (...frame) => this.#links.get(key)?.send(...frame) ?? false,
      onError: (error) => this.#fail(error, id),
    });
    this.#channels.set(id, channel);
    if (key !== undefined) this.#link(key, this.#pathOf(id));
    return channel;
  }

  #link(key: string | undefined, url: string): void {
    const { connectTimeoutMs = 10_000, maxRetryMs = 20_000 } = this.#options;
    const channels = () =>
      [...this.#channels.values()].filter(
        ({ id }) => key === undefined || id === key,
      );
    const link = new Link(
      {
        url,
        tokens: this.#tokens,
        WebSocket: this.#options.WebSocket ?? WebSocket,
        connectTimeoutMs,
        maxRetryMs,
      },
      {
        onState: (change) => this.#onState(key, change),
        onWelcome: () => {
          for (const channel of channels()) channel.onWelcome();
        },
        onLost: () => {
          for (const channel of channels()) channel.onLost();
        },
        onFrame: (frame) => this.#onFrame(frame),
        onError: (error) => this.#fail(error, key),
      },
    );
    this.#links.set(key, link);
    link.open();
  }

  #onFrame(frame: ServerFrame): void {
    if ("channel-id" in frame) {
      this.#channels.get(frame["channel-id"])?.onFrame(frame);
      return;
    }
    // Only the id of its request says which channel it is about.
    for (const channel of this.#channels.values()) channel.onFrame(frame);
  }

  #onState(key: string | undefined, change: StateChange): void {
    const { state, reason = "closed" } = change;
    if (state === "closed" && this.#closed === undefined) {
      const error = failure("closed", reason);
      if (key === undefined) {
        this.#closed = error;
        this.#end(error, false);
      } else {
        const channel = this.#channels.get(key);
        this.#letGo(key);
        channel?.onClosed(error, false);
      }
    }
    const all = [...this.#links.values()].map((link) => link.state);
    const worst = ["waiting", "connecting", "connected", "closed"]
      .map((state) => all.find((each) => each.state === state))
      .find((change) => change);
    this.#become(worst ?? change);
  }

  #become(change: StateChange): void {
    const isNews =
      change.state !== this.#state.state || change.state === "waiting";
    this.#state = change;
    if (isNews) this.#events.emit("state", change);
  }

  #end(error: SenteError, byUser: boolean): void {
    for (const cleanUp of this.#cleanUp) cleanUp();
    for (const channel of this.#channels.values())
      channel.onClosed(error, byUser);
  }

  #letGo(id: string): void {
    this.#channels.delete(id);
    this.#links.get(id)?.close("not used");
    this.#links.delete(id);
  }

  /** Looks after what nobody calls about. */
  #watch(): void {
    let idle = new Set<ChannelState>();
    const timer = setInterval(() => {
      const channels = [...this.#channels.values()];
      const idleNow = channels.filter((channel) => channel.isIdle);
      for (const channel of idleNow) {
        if (idle.has(channel)) this.#letGo(channel.id);
      }
      idle = new Set(idleNow);
    }, SWEEP_MS);
    this.#cleanUp.push(() => clearInterval(timer));
    const wake = () => {
      for (const link of this.#links.values()) link.wake();
    };
    const page: Page = globalThis;
    for (const [target, name] of [
      [page, "online"],
      [page.document, "visibilitychange"],
    ] as const) {
      target?.addEventListener?.(name, wake);
      this.#cleanUp.push(() => target?.removeEventListener?.(name, wake));
    }
  }

  #fail(error: unknown, channelId: string | undefined): void {
    // A listener to errors that throws is not told of that as well.
    let isHeard = false;
    if (!this.#isFailing) {
      this.#isFailing = true;
      isHeard = this.#events.emit("error", { error, channelId });
      this.#isFailing = false;
    }
    if (!isHeard) console.error(error);
  }

  #pathOf(channelId: string): string {
    const url = new URL(this.#url);
    const base = url.pathname.replace(/\/(ws)?$/, "");
    url.pathname = `${base}/channels/${encodeURIComponent(channelId)}/ws`;
    return url.href;
  }
}

/** Pages may leave out their own host; `http` and `https` will do as well. */
function toWebSocketUrl(url: string | URL): URL {
  const { location } = globalThis as { location?: { href: string } };
  const absolute = new URL(url, location?.href);
  absolute.protocol = absolute.protocol.replace(/^http/, "ws");
  if (!absolute.protocol.startsWith("ws")) {
    throw new TypeError(`not a URL of a WebSocket: ${url}`);
  }
  return absolute;
}
