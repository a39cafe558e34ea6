/**
 * A channel with everything but the platform: storage in memory, sockets that
 * record, a clock that stands still until it is moved, and an alarm.
 *
 * @module
 */
import * as v from "valibot";
import { afterEach, beforeEach, expect, vi } from "vitest";

import { ALL_GRANTS } from "../../src/access/grants.ts";
import {
  type Attachment,
  AttachmentSchema,
  Connection,
  type Opening,
} from "../../src/channel/connection.ts";
import { ChannelCore } from "../../src/channel/core.ts";
import { Flusher } from "../../src/channel/flusher.ts";
import { put } from "../../src/channel/lifetime.ts";
import { ChannelState } from "../../src/channel/state.ts";
import { ChannelStore } from "../../src/channel/store.ts";
import type { Settings, Variables } from "../../src/config.ts";
import type { PartialChannelConfig } from "../../src/protocol/channel-config.ts";
import type { ClientFrameOf } from "../../src/protocol/client-frames.ts";
import { decodeClient } from "../../src/protocol/codec.ts";
import type { Grants } from "../../src/protocol/operations.ts";
import { refuseUnread } from "../../src/protocol/replies.ts";
import type {
  ServerFrame,
  ServerFrameOf,
  ServerFrameType,
} from "../../src/protocol/server-frames.ts";
import {
  decodeUpstream,
  encodeSessionMessage,
  type Resume,
  SESSION_MESSAGE_START,
  SessionMessageSchema,
  type UpstreamHeader,
} from "../../src/protocol/upstream.ts";
import { Telemetry } from "../../src/telemetry/sink.ts";
import { Inbox } from "./frames.ts";
import { settings } from "./settings.ts";
import { TestSql } from "./sql.ts";

// The pause between two flushes is a timer of no time.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** How a channel is made. */
export interface TestChannelOptions {
  readonly id?: string;
  readonly variables?: Variables;
  /** Given: the channel exists, with this configuration. */
  readonly config?: PartialChannelConfig;
}

/** How a connection is made. */
export interface TestClientOptions {
  readonly via?: Opening["via"];
  readonly batch?: boolean;
  readonly grants?: Grants;
  readonly userId?: string;
  readonly address?: string;
  /** When its token ends, in ms. */
  readonly expiresAt?: number;
}

export class TestChannel {
  readonly id: string;
  readonly sql = new TestSql();
  readonly settings: Settings;
  now = 1_700_000_000_000;
  /** When the platform's alarm is set for, in ms. */
  alarmAt: number | undefined;
  /** Every time the alarm was set for. */
  readonly armed: number[] = [];
  /** What a flush failed with. */
  readonly failures: unknown[] = [];
  /** Set to have the next transaction fail. */
  broken = false;
  flushes = 0;
  state: ChannelState;
  core: ChannelCore;
  readonly listings: ClientFrameOf<"list-channels">[] = [];
  /** Set to have the timer of a flush wait for `elapses`. */
  lingers = false;
  /** Tokens that wait to be looked at. */
  readonly renewals: {
    connection: Connection;
    frame: ClientFrameOf<"authenticate">;
  }[] = [];
  /** Users who wait for leave to create the channel. */
  readonly creations: { connection: Connection; userId: string }[] = [];
  /** Set to have `list-channels` throw, as only a bug would. */
  faulty = false;
  #flusher: Flusher;
  #clients: TestClient[] = [];
  #held = false;

  constructor({ id = "chat", variables, config }: TestChannelOptions = {}) {
    this.id = id;
    this.settings = settings(variables);
    this.state = this.#wakeState([]);
    this.core = this.#wakeCore();
    this.#flusher = this.#wakeFlusher();
    if (config !== undefined) this.put(config);
  }

  /** A client on the channel's own path, or a session. */
  connects(id: string, options: TestClientOptions = {}): TestClient {
    const client = new TestClient(this, id, options);
    this.#clients.push(client);
    this.core.connect(client.connection);
    client.connection.keep();
    this.settle();
    return client;
  }

  /** A client that was greeted and is subscribed, and whose inbox is empty. */
  subscriber(id: string, options?: TestClientOptions): TestClient {
    const client = this.connects(id, options);
    client.sends({ type: "subscribe" });
    client.drain();
    return client;
  }

  put(config: PartialChannelConfig): string {
    const outcome = put(this.state, config);
    this.settle();
    return outcome;
  }

  /** What the host does after every event. */
  settle(): void {
    if (this.#held) return;
    const failed = this.failures.length;
    this.#flusher.soon();
    // An aborted object has no timers either.
    if (this.failures.length > failed) vi.clearAllTimers();
    else if (!this.lingers) vi.runAllTimers();
  }

  /** The timer of the last flush comes. */
  elapses(): void {
    vi.runOnlyPendingTimers();
  }

  /** Has all that happens in `act` share one flush. */
  together(act: () => void): void {
    this.#held = true;
    act();
    this.#held = false;
    this.settle();
  }

  /** Everything in memory is lost; sockets and storage stay. */
  hibernates(): void {
    this.#clients = this.#clients.filter(({ closed }) => closed === undefined);
    this.#wake(this.#clients.map((client) => client.wakes()));
  }

  /** Everything in memory is lost, and all sockets with it. */
  crashes(): void {
    for (const client of this.#clients) client.isCut();
    this.#clients = [];
    this.#wake([]);
  }

  /** Lets the time go by, with the alarms that fall into it. */
  passes(ms: number): void {
    const until = this.now + ms;
    for (let rung = 0; this.alarmAt !== undefined; rung++) {
      if (this.alarmAt > until) break;
      if (rung > 100) throw new Error("the alarm goes on and on");
      this.now = Math.max(this.now, this.alarmAt);
      this.rings();
    }
    this.now = until;
  }

  /** The alarm comes, due or not. */
  rings(): void {
    this.alarmAt = undefined;
    this.core.due();
    this.settle();
  }

  #wake(connections: readonly Connection[]): void {
    this.state = this.#wakeState(connections);
    this.core = this.#wakeCore();
    this.#flusher = this.#wakeFlusher();
    this.state.deadlines.found(this.alarmAt);
  }

  #wakeState(connections: readonly Connection[]): ChannelState {
    return new ChannelState({
      channelId: this.id,
      settings: this.settings,
      store: new ChannelStore(this.sql),
      telemetry: new Telemetry("off"),
      clock: () => this.now,
      arm: (at) => {
        this.alarmAt = at;
        this.armed.push(at);
      },
      connections,
      wipe: () => {
        this.sql.wipe();
        this.alarmAt = undefined;
      },
    });
  }

  #wakeCore(): ChannelCore {
    return new ChannelCore(this.state, {
      listChannels: (_, frame) => {
        if (this.faulty) throw new Error("secret detail");
        this.listings.push(frame);
      },
      renew: (connection, frame) => {
        this.renewals.push({ connection, frame });
      },
      askToCreate: (connection, userId) => {
        this.creations.push({ connection, userId });
      },
    });
  }

  #wakeFlusher(): Flusher {
    return new Flusher({
      core: this.core,
      transaction: (write) => {
        this.flushes++;
        this.sql.transaction(() => {
          write();
          if (this.broken) throw new Error("the disk is full");
        });
      },
      failed: (error) => {
        this.failures.push(error);
        this.broken = false;
        // What the platform does when it is told to abort.
        this.crashes();
      },
      done: () => {},
    });
  }
}

export class TestClient {
  readonly id: string;
  readonly #channel: TestChannel;
  connection: Connection;
  readonly #inbox = new Inbox();
  /** What came over the socket, as it came. */
  readonly raw: string[] = [];
  /** The headers that a session gets, without their bytes. */
  readonly headers: Omit<UpstreamHeader, "bytes">[] = [];
  closed: { code: number; reason: string } | undefined;
  /** When the platform last answered a heartbeat for the channel. */
  heartbeatAt: number | undefined;
  #attachment: Attachment | undefined;

  constructor(channel: TestChannel, id: string, options: TestClientOptions) {
    this.id = id;
    this.#channel = channel;
    const opening: Opening = {
      "conn-id": id,
      "user-id": options.userId ?? null,
      via: options.via ?? "direct",
      batch: options.batch ?? false,
      address: options.address ?? null,
      grants: [...(options.grants ?? ALL_GRANTS)],
      expiresAt: options.expiresAt ?? null,
      isAdmin: options.grants === undefined,
    };
    this.connection = Connection.open(this.#socket(), opening, channel.now);
  }

  /** Sends frames, each on its own. */
  sends(...frames: object[]): void {
    for (const frame of frames) this.sendsText(JSON.stringify(frame));
  }

  /** Sends one message as it is; what a host does with it. */
  sendsText(message: string): void {
    this.sendsMessage(message);
  }

  /** Sends a message that need not be text. */
  sendsMessage(sent: string | ArrayBuffer): void {
    const { core, settings: limits } = this.#channel;
    const { connection } = this;
    const direct = connection.identity.via === "direct";
    const limit = direct ? limits.MAX_FRAME_BYTES : Number.POSITIVE_INFINITY;
    const refused = refuseUnread(sent, limit);
    const message = String(sent);
    if (refused !== undefined) {
      core.routing.refuseMessage(connection, refused);
    } else if (
      connection.upstream &&
      message.startsWith(SESSION_MESSAGE_START)
    ) {
      const said = v.parse(SessionMessageSchema, JSON.parse(message));
      core.routing.receive(connection, { kind: "session", message: said });
    } else if (core.routing.begins(connection, message)) {
      for (const arrival of decodeClient(message)) {
        core.routing.receive(connection, arrival);
      }
    }
    this.#channel.settle();
  }

  /** What a session sends first on a socket that replaces another. */
  resumes(
    subscription: Resume["subscription"],
    requests: string[] = [],
  ): UpstreamHeader["resumed"] {
    const resume = { type: "$resume", subscription, requests } as const;
    this.sendsText(encodeSessionMessage(resume));
    return this.headers.at(-1)?.resumed;
  }

  /** Closes its socket, or has it break off. */
  disconnects(code = 1006): void {
    this.closed = { code, reason: "its own" };
    this.#channel.core.disconnect(this.connection, code, code !== 1000);
    this.#channel.settle();
  }

  /** The next frame, which must be of this type. */
  receives<T extends ServerFrameType>(type: T): ServerFrameOf<T> {
    return this.#inbox.next(type);
  }

  receivesNothing(): void {
    expect(this.#inbox.rest()).toEqual([]);
  }

  /** Takes all frames that came. */
  drain(): ServerFrame[] {
    return this.#inbox.rest();
  }

  /** Wakes up with its channel. */
  wakes(): Connection {
    const attachment = this.#attachment;
    if (attachment === undefined) throw new Error("nothing was kept");
    this.connection = new Connection(this.#socket(), attachment);
    return this.connection;
  }

  /** The channel's process is gone. */
  isCut(): void {
    this.closed ??= { code: 1006, reason: "" };
  }

  #socket() {
    return {
      send: (message: string) => this.#receive(message),
      close: (code: number, reason: string) => {
        this.closed ??= { code, reason };
      },
      keep: (attachment: Attachment) => {
        const text = JSON.stringify(attachment);
        this.#attachment = v.parse(AttachmentSchema, JSON.parse(text));
      },
      forget: () => {
        this.#attachment = undefined;
      },
      lastHeartbeatAt: () => this.heartbeatAt,
    };
  }

  #receive(message: string): void {
    if (this.closed !== undefined) throw new Error("the socket is closed");
    this.raw.push(message);
    if (!this.connection.upstream) {
      this.#inbox.add(message);
      return;
    }
    const { header, messages } = decodeUpstream(message);
    const { bytes, ...rest } = header;
    const length = Buffer.byteLength(messages.join(""));
    // A batch has brackets and commas besides.
    expect(bytes).toBeLessThanOrEqual(length);
    this.headers.push(rest);
    for (const each of messages) this.#inbox.add(each);
  }
}

/** The numbers and the data of messages. */
export function contents(frames: readonly ServerFrame[]): unknown[] {
  return frames.map((frame) =>
    frame.type === "channel-message" ? frame.data : frame.type,
  );
}
