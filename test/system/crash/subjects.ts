/**
 * The channels of a round.
 *
 * @module
 */
import { newChannelId, pathOf } from "../support/channels.ts";
import { Order } from "../support/order.ts";
import type { Server } from "../support/server.ts";

/** What is special about a channel, and how it is configured, if it is. */
const KINDS = {
  /** Keeps all that is written in a round. */
  kept: { "recovery-window": 10_000, "recovery-window-bytes": 8_388_608 },
  /** Nobody but its first subscriber creates it. */
  auto: undefined,
  /** The same, and nobody is there before the crowd of `subscribing`. */
  fresh: undefined,
  /** Keeps less than is written, but more than one writer has in flight. */
  small: { "message-retention": 5, "recovery-window-bytes": 8_192 },
  /** Numbers its messages and keeps none. */
  nothing: { "message-retention": 0, "recovery-window": 0 },
  /** Is deleted and created again, all the time. */
  recreated: {},
  /** Has requests instead of messages. */
  service: {},
} as const;
export type Kind = keyof typeof KINDS;

/** A channel, and what anybody has seen of it. */
export interface Subject {
  readonly kind: Kind;
  readonly id: string;
  readonly order: Order;
  /** Whether it keeps all, so that nobody ever misses anything. */
  readonly isWhole: boolean;
}

export type Subjects = Readonly<Record<Kind, Subject>>;

/** Names the channels, and creates those that are created on purpose. */
export async function createSubjects(server: Server): Promise<Subjects> {
  const subjects: Subjects = {
    kept: newSubject("kept", true),
    auto: newSubject("auto", true),
    fresh: newSubject("fresh", true),
    small: newSubject("small", false),
    nothing: newSubject("nothing", false),
    recreated: newSubject("recreated", false),
    service: newSubject("service", false),
  };
  for (const subject of Object.values(subjects)) {
    if (KINDS[subject.kind] !== undefined) await create(server, subject);
  }
  return subjects;
}

/** Creates a channel; it does not matter if it is there already. */
export async function create(
  server: Server,
  { id, kind }: Subject,
): Promise<void> {
  const { status, text } = await server.sends("PUT", pathOf(id), KINDS[kind]);
  if (status !== 200 && status !== 201) throw new Error(`${status} ${text}`);
}

function newSubject(kind: Kind, isWhole: boolean): Subject {
  return { kind, id: newChannelId(kind), order: new Order(), isWhole };
}
