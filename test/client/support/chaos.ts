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
import { Member } from "./member.ts";

/** What the channel keeps: more than is published. */
const WINDOW = {
  "recovery-window": 10_000,
  "recovery-window-bytes": 8_388_608,
};
/** What happens to a connection next happens within so many bytes. */
const WITHIN_BYTES = 20_000;
/** How long everything may take to arrive once nothing breaks, in ms. */
const CATCH_UP_MS = 60_000;

export interface ClientChaosRun {
  readonly seed: number;
  /** Half of them in direct mode. */
  readonly clients: number;
  /** For how long they go on. */
  readonly ms: number;
}

export interface ClientChaos {
  readonly members: readonly Member[];
  readonly stored: readonly ChannelMessage[];
  /** What was wrong anywhere. */
  readonly faults: readonly string[];
  readonly happened: ReadonlyMap<Fault, number>;
}

/** Has clients do all that clients do, through a proxy that breaks. */
export async function endureChaos(
  server: Server,
  { seed, clients, ms }: ClientChaosRun,
): Promise<ClientChaos> {
  const { port } = server;
  const withinBytes = WITHIN_BYTES;
  const proxy = await ChaosProxy.start({
    seed,
    port,
    faults: FAULTS,
    withinBytes,
  });
  try {
    const stage = {
      url: proxy.url,
      room: `room-${seed}`,
      service: `service-${seed}`,
      order: new Order(),
    } as const;
    await server.sends("PUT", pathOf(stage.room), WINDOW);
    const members = numbers(0, clients - 1).map(
      (i) => new Member(i, stage, random(seed + i)),
    );
    await inTime(
      "all join",
      Promise.all(members.map((each, i) => each.joins(i >> 1))),
    );
    await inTime(
      "some serve",
      Promise.all(members.slice(0, 4).map((each) => each.serves())),
    );
    let isOver = false;
    const acting = members.flatMap((each, i) => [
      each.acts(() => isOver),
      ...(i % 5 === 0 ? [each.wavers(() => isOver)] : []),
    ]);
    await pause(ms);
    isOver = true;
    proxy.calms();
    await inTime("every promise settles", Promise.all(acting), CATCH_UP_MS);
    const stored = await storedMessages(server, stage.room);
    const last = stored.findLast(({ data }) => !isExcluded(data))?.seq ?? 0;
    const late = () =>
      members.filter(({ reader }) => reader.seq < last).map(({ name }) => name);
    await eventually(
      () => `${late()} read up to ${last}`,
      () => late().length === 0,
      CATCH_UP_MS,
    );
    await inTime(
      "all leave",
      Promise.all(members.map((each) => each.leaves())),
    );
    const faults = members.flatMap((each) => [
      ...each.faults,
      ...each.reader.faults,
    ]);
    return { members, stored, faults, happened: proxy.happened };
  } finally {
    await proxy.stop();
  }
}

/** The numbers that a member was to be handed and was not, or the reverse. */
export function unlike({ reader, name }: Member, { stored }: ClientChaos) {
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
export function isDisordered(
  { name }: Member,
  { stored }: ClientChaos,
): boolean {
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
