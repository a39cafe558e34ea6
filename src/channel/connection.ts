/**
 * One socket of a channel, as its core sees it: a client on the channel's own
 * path and a session's upstream socket are the same thing here.
 *
 * @module
 */
import * as v from "valibot";

import { allows } from "../access/grants.ts";
import { type Grants, GrantsSchema } from "../protocol/operations.ts";

/** What a connection needs of its socket. */
export interface Socket {
  send(message: string): void;
  close(code: number, reason: string): void;
  /** Keeps what must survive hibernation. */
  keep(attachment: Attachment): void;
  /** Has it not survive hibernation: it was closed. */
  forget(): void;
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
  /** The client's address, where it is known. */
  address: v.nullable(v.string()),
});
export type Identity = v.InferOutput<typeof IdentitySchema>;

/** What it may do here, and until when. */
export const AuthorizationSchema = v.object({
  grants: GrantsSchema,
  /**
   * In ms since the Unix epoch; null for never, and on a session's socket: a
   * session sees to that itself.
   */
  expiresAt: v.nullable(v.number()),
  /** Whether it may do everything on every channel. */
  isAdmin: v.boolean(),
});
export type Authorization = v.InferOutput<typeof AuthorizationSchema>;

/** What the Worker says of a socket that it opens. */
export const OpeningSchema = v.object({
  ...IdentitySchema.entries,
  ...AuthorizationSchema.entries,
});
export type Opening = v.InferOutput<typeof OpeningSchema>;

/** What is kept of a connection while its channel hibernates. */
export const AttachmentSchema = v.object({
  identity: IdentitySchema,
  ...AuthorizationSchema.entries,
  /** Whether it was told that its token expires. */
  noticed: v.boolean(),
  /** Its place in the order of subscription, or null. */
  order: v.nullable(v.number()),
  /** The highest number it acknowledged, or null if it never did. */
  acked: v.nullable(v.number()),
  /** Refusals in a row. */
  violations: v.number(),
  /** Bytes handed to it since it was heard, in steps. */
  handed: v.number(),
  /** Bytes of numbered messages since the one it acknowledged, in steps. */
  unacked: v.number(),
  /** Their number, in steps. */
  unackedMessages: v.number(),
  /** When it last said something that woke the channel, in ms, in steps. */
  heardAt: v.number(),
  /** The order of the subscriber asked last, kept by one of them. */
  cursor: v.optional(v.number()),
});
export type Attachment = v.InferOutput<typeof AttachmentSchema>;

type Kept = Omit<Attachment, "identity">;
type Count = "handed" | "unacked" | "unackedMessages" | "heardAt";

/** Bytes, messages and ms between two times that they are kept. */
const BYTES_STEP = 1_048_576;
const MESSAGES_STEP = 256;
const HEARD_STEP_MS = 10_000;

/** One socket and what is known of it. */
export class Connection {
  readonly socket: Socket;
  readonly identity: Identity;
  #state: Kept;
  /** What of the counts was last kept. */
  #kept: Pick<Kept, Count>;
  #changed = false;
  /** Closed by us: nothing more is sent. */
  closed = false;
  /** Called when something changed that must be kept. */
  onChange: (connection: Connection) => void = () => {};

  constructor(socket: Socket, { identity, ...state }: Attachment) {
    this.socket = socket;
    this.identity = identity;
    this.#state = state;
    this.#kept = { ...state };
  }

  /** A connection that was just accepted. */
  static open(
    socket: Socket,
    { grants, expiresAt, isAdmin, ...identity }: Opening,
    now: number,
  ): Connection {
    const connection = new Connection(socket, {
      identity,
      grants,
      expiresAt,
      isAdmin,
      noticed: false,
      order: null,
      acked: null,
      violations: 0,
      handed: 0,
      unacked: 0,
      unackedMessages: 0,
      heardAt: now,
    });
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
    return this.#state.grants;
  }

  /** Whether it may answer requests, so that it is asked. */
  get mayRespond(): boolean {
    return allows(this.grants, "respond");
  }

  /** Whether it may do everything on every channel. */
  get isAdmin(): boolean {
    return this.#state.isAdmin;
  }

  /** When its token ends, in ms since the Unix epoch; null for never. */
  get expiresAt(): number | null {
    return this.#state.expiresAt;
  }

  /** Whether it was told so. */
  get noticed(): boolean {
    return this.#state.noticed;
  }

  set noticed(noticed: boolean) {
    this.#set("noticed", noticed);
  }

  /** Gives it what a newer token grants. */
  authorize({ grants, expiresAt, isAdmin }: Authorization): void {
    this.#set("grants", grants);
    this.#set("expiresAt", expiresAt);
    this.#set("isAdmin", isAdmin);
    this.noticed = false;
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

  /** Bytes handed to it since it was heard. */
  get handed(): number {
    return this.#state.handed;
  }

  set handed(bytes: number) {
    this.#count("handed", bytes, BYTES_STEP);
  }

  /** Bytes of numbered messages since the one it acknowledged. */
  get unacked(): number {
    return this.#state.unacked;
  }

  set unacked(bytes: number) {
    this.#count("unacked", bytes, BYTES_STEP);
  }

  /** Numbered messages since the one it acknowledged. */
  get unackedMessages(): number {
    return this.#state.unackedMessages;
  }

  set unackedMessages(messages: number) {
    this.#count("unackedMessages", messages, MESSAGES_STEP);
  }

  /** When it last said something that woke the channel, in ms. */
  get heardAt(): number {
    return this.#state.heardAt;
  }

  set heardAt(at: number) {
    this.#count("heardAt", at, HEARD_STEP_MS);
  }

  /** Keeps what changed, for the time after hibernation. */
  keep(): void {
    if (!this.#changed || this.closed) return;
    this.#changed = false;
    this.#kept = { ...this.#state };
    this.socket.keep({ identity: this.identity, ...this.#state });
  }

  #set<K extends keyof Kept>(key: K, value: Kept[K]): void {
    if (this.#state[key] === value) return;
    this.#state[key] = value;
    this.#mark();
  }

  /** Keeps a count that changes all the time only now and then. */
  #count(key: Count, value: number, step: number): void {
    this.#state[key] = value;
    if (Math.abs(value - this.#kept[key]) >= step) this.#mark();
  }

  #mark(): void {
    this.#changed = true;
    this.onChange(this);
  }
}
