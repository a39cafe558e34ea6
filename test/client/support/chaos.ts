/**
 * Clients behind a network that breaks all the time.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import type { ChannelMessage } from "../../../src/protocol/server-frames.ts";
import {
  numbers,
  pathOf,
  storedMessages,
} from "../../system/support/channels.ts";
import {
  ChaosProxy,
  FAULTS,
  type Fault,
} from "../../system/support/chaos-proxy.ts";
import { Order } from "../../system/support/order.ts";
import { random } from "../../system/support/random.ts";
import type { Server } from "../../system/support/server.ts";
import { eventually, inTime } from "../../system/support/waiting.ts";
import { Member, type Stage } from "./member.ts";

/** What the channel keeps: more than is published. */
const WINDOW = {
  "recovery-window": 10_000,
  "recovery-window-bytes": 8_388_608,
};
/** What happens to a connection next happens within so many bytes. */
const WITHIN_BYTES = 20_000;
/** How long everything may take to arrive once nothing breaks, in ms. */
const CATCH_UP_MS = 60_000;

/** Who does what, while what happens. */
export interface Play {
  readonly seed: number;
  /** Half of them in direct mode. */
  readonly clients: number;
  /** Where they connect to. */
  readonly url: string;
  /** How they connect, and what may go wrong. */
  readonly ways?: Pick<Stage, "options" | "mayFail">;
  /** As who is asked what is stored; it may be another one in the end. */
  server(): Server;
  /** Resolves when nothing breaks any more. */
  during(): Promise<void>;
}

export interface Outcome {
  readonly members: readonly Member[];
  readonly stored: readonly ChannelMessage[];
  /** What was wrong anywhere. */
  readonly faults: readonly string[];
}

export interface ChaosRun {
  readonly seed: number;
  readonly clients: number;
  /** For how long they go on. */
  readonly ms: number;
}

/** Has clients do all that clients do, through a proxy that breaks. */
export async function endureChaos(
  server: Server,
  { seed, clients, ms }: ChaosRun,
): Promise<Outcome & { readonly happened: ReadonlyMap<Fault, number> }> {
  const { port } = server;
  const withinBytes = WITHIN_BYTES;
  const proxy = await ChaosProxy.start({
    seed,
    port,
    faults: FAULTS,
    withinBytes,
  });
  try {
    const outcome = await plays({
      seed,
      clients,
      url: proxy.url,
      server: () => server,
      during: async () => {
        await pause(ms);
        proxy.calms();
      },
    });
    return { ...outcome, happened: proxy.happened };
  } finally {
    await proxy.stop();
  }
}

/** Has clients do all that clients do. */
export async function plays(play: Play): Promise<Outcome> {
  const { seed, clients, url, ways, server, during } = play;
  const stage: Stage = {
    url,
    room: `room-${seed}`,
    service: `service-${seed}`,
    order: new Order(),
    ...ways,
  };
  const created = await server().sends("PUT", pathOf(stage.room), WINDOW);
  if (created.status !== 201) throw new Error(`no room: ${created.text}`);
  const members = numbers(0, clients - 1).map(
    (i) => new Member(i, stage, random(seed + i)),
  );
  const all = async (what: string, done: Promise<void>[]): Promise<void> => {
    await inTime(what, Promise.all(done), CATCH_UP_MS);
  };
  await all(
    "all join",
    members.map((each, i) => each.joins(i >> 1)),
  );
  await all(
    "some serve",
    members.slice(0, 4).map((each) => each.serves()),
  );
  let isOver = false;
  const acting = members.flatMap((each, i) => [
    each.acts(() => isOver),
    ...(i % 5 === 0 ? [each.wavers(() => isOver)] : []),
  ]);
  await during();
  isOver = true;
  await all("every promise settles", acting);
  // Whoever missed the newest finds out.
  const { status } = await server().sends(
    "POST",
    `${pathOf(stage.room)}/messages`,
    { data: { from: "the test", n: 1, excluded: false, padding: "" } },
  );
  if (status !== 200) throw new Error("the last message is not published");
  const stored = await storedMessages(server(), stage.room);
  const last = stored.at(-1)?.seq ?? 0;
  const late = () =>
    members.filter(({ reader }) => reader.seq < last).map(({ name }) => name);
  await eventually(
    () => `${late()} read up to ${last}`,
    () => late().length === 0,
    CATCH_UP_MS,
  );
  await all(
    "all leave",
    members.map((each) => each.leaves()),
  );
  const faults = members.flatMap((each) => [
    ...each.faults,
    ...each.reader.faults,
  ]);
  return { members, stored, faults };
}

/** The numbers that a member was to be handed and was not, or the reverse. */
export function unlike({ reader, name }: Member, { stored }: Outcome) {
  const skipped = new Set(reader.skipped);
  return stored
    .filter(({ seq = 0 }) => seq <= reader.seq)
    .filter(({ seq = 0, data }) => {
      const isOwn = isExcluded(data) && data.from === name;
      return skipped.has(seq) !== isOwn;
    })
    .map(({ seq }) => seq);
}

/** Whether a publisher's messages are not in the order in which it sent them. */
export function isDisordered({ name }: Member, { stored }: Outcome): boolean {
  const own = stored.flatMap(({ data }) =>
    isSaid(data) && data.from === name ? [data.n] : [],
  );
  return own.some((n, i) => n <= (own[i - 1] ?? 0));
}

function isSaid(
  data: unknown,
): data is { from: string; n: number; excluded: boolean } {
  return typeof data === "object" && data !== null && "from" in data;
}

function isExcluded(data: unknown): data is { from: string } {
  return isSaid(data) && data.excluded;
}
