/**
 * One socket of a channel, as its core sees it: a client on the channel's own
 * path and a session's upstream socket are the same thing here.
 *
 * @module
 */
import * as v from "valibot";

import { type Grants, GrantsSchema } from "../access/grants.ts";

/** What a connection needs of its socket. */
export interface Socket {
  send(message: string): void;
  close(code: number, reason: string): void;
  /** Keeps what must survive hibernation. */
  keep(attachment: Attachment): void;
  /** When the last heartbeat was answered without waking the channel, in ms. */
  lastHeartbeatAt(): number | undefined;
}

/** Who a connection is. Set by the Worker, never by the client. */
export const IdentitySchema = v.object({
  "conn-id": v.string(),
  "user-id": v.nullable(v.string()),
  /**
   * `direct`: a client on the channel's own path. `session`: a client of many
   * channels. `http`: one HTTP request, which has no connection to name.
   */
  via: v.picklist(["direct", "session", "http"]),
  batch: v.boolean(),
  grants: GrantsSchema,
});
export type Identity = v.InferOutput<typeof IdentitySchema>;

/** What is kept of a connection while its channel hibernates. */
export const AttachmentSchema = v.object({
  identity: IdentitySchema,
  /** Its place in the order of subscription, or null. */
  order: v.nullable(v.number()),
  /** The highest number it acknowledged, or null if it never did. */
  acked: v.nullable(v.number()),
  /** Refusals in a row. */
  violations: v.number(),
  /** Bytes handed to it since it acknowledged or was heard, in steps. */
  handed: v.number(),
  /** The order of the subscriber asked last, kept by one of them. */
  cursor: v.optional(v.number()),
});
export type Attachment = v.InferOutput<typeof AttachmentSchema>;

type Kept = Omit<Attachment, "identity">;

/** Bytes handed over between two times they are kept. */
const HANDED_STEP = 1_048_576;

/** One socket and what is known of it. */
export class Connection {
  readonly socket: Socket;
  readonly identity: Identity;
  #state: Kept;
  #keptHanded = 0;
  #changed = false;
  /** Closed by us: nothing more is sent. */
  closed = false;
  /** When it last said something that woke the channel, in ms. */
  heardAt: number;
  /** Called when something changed that must be kept. */
  onChange: (connection: Connection) => void = () => {};

  constructor(socket: Socket, kept: Attachment, now: number) {
    const { identity, ...state } = kept;
    this.socket = socket;
    this.identity = identity;
    this.#state = state;
    this.#keptHanded = state.handed;
    this.heardAt = now;
  }

  /** A connection that was just accepted. */
  static open(socket: Socket, identity: Identity, now: number): Connection {
    const fresh = { order: null, acked: null, violations: 0, handed: 0 };
    const connection = new Connection(socket, { identity, ...fresh }, now);
    connection.#changed = true;
    return connection;
  }

  get id(): string {
    return this.identity["conn-id"];
  }

  /** The id that others are shown: a request over HTTP has none. */
  get publicId(): string | null {
    return this.identity.via === "http" ? null : this.id;
  }

  get userId(): string | null {
    return this.identity["user-id"];
  }

  get grants(): Grants {
    return this.identity.grants;
  }

  /** Whether a session is behind it, which needs headers and can come back. */
  get upstream(): boolean {
    return this.identity.via !== "direct";
  }

  get subscribed(): boolean {
    return this.#state.order !== null;
  }

  get order(): number | null {
    return this.#state.order;
  }

  set order(order: number | null) {
    this.#set("order", order);
  }

  get acked(): number | null {
    return this.#state.acked;
  }

  set acked(seq: number | null) {
    this.#set("acked", seq);
  }

  get violations(): number {
    return this.#state.violations;
  }

  set violations(violations: number) {
    this.#set("violations", violations);
  }

  get cursor(): number | undefined {
    return this.#state.cursor;
  }

  set cursor(cursor: number | undefined) {
    this.#set("cursor", cursor);
  }

  /** Bytes handed to it since it acknowledged or was heard. */
  get handed(): number {
    return this.#state.handed;
  }

  set handed(bytes: number) {
    this.#state.handed = bytes;
    if (Math.abs(bytes - this.#keptHanded) >= HANDED_STEP) {
      this.#keptHanded = bytes;
      this.#mark();
    }
  }

  /** Keeps what changed, for the time after hibernation. */
  keep(): void {
    if (!this.#changed || this.closed) return;
    this.#changed = false;
    this.socket.keep({ identity: this.identity, ...this.#state });
  }

  #set<K extends keyof Kept>(key: K, value: Kept[K]): void {
    if (this.#state[key] === value) return;
    this.#state[key] = value;
    this.#mark();
  }

  #mark(): void {
    this.#changed = true;
    this.onChange(this);
  }
}
