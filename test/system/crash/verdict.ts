/**
 * Whether a round kept what docs/protocol.md promises.
 *
 * @module
 */
import assert from "node:assert/strict";

import type { ChannelMessage } from "../../../src/protocol/server-frames.ts";
import {
  channelBecomes,
  infoOf,
  numbers,
  storedMessages,
} from "../support/channels.ts";
import type { Position } from "../support/order.ts";
import type { Server } from "../support/server.ts";
import type { Cast, Writing } from "./cast.ts";
import type { End } from "./requests.ts";
import type { Subject } from "./subjects.ts";
import type { Victim } from "./victim.ts";
import { LAST_LIFE, LONGEST_MS, type Work } from "./work.ts";

/** How long after the last deadline a request may still be open, in ms. */
const SLACK_MS = 2_000;

/**
 * What an abort may leave in the log: a DELETE that it interrupted has an
 * unknown outcome, and a report to the registry is made again.
 */
const FAIR = /OutcomeUnknownError|"where":"isolate report"/;

/** How requests may end, whatever happens to the server. */
const FAIR_ENDS = new Set<End>([
  "answered",
  "lost",
  "timeout",
  "no-subscribers",
  "responders-gone",
  "outcome-unknown",
  "rate-limited",
  "unavailable",
]);

/**
 * Looks at everything once the last crash is over and all have concluded.
 *
 * @throws what was promised and not kept.
 */
export async function judge(
  cast: Cast,
  work: Work,
  victim: Victim,
): Promise<void> {
  const { server } = victim;
  for (const subject of Object.values(cast.subjects)) {
    if (subject.kind === "service") continue;
    if (isUsed(cast, subject)) await judgeChannel(cast, subject, server);
  }
  await judgeRequests(cast, work, server);
  if (victim.how === "abort") judgePeace(cast);
  const complaints = victim.complaints().filter((line) => !FAIR.test(line));
  assert.deepEqual(complaints, [], "the log complains");
}

/** `fresh` is there only where the crowd of `subscribing` came. */
function isUsed({ readings }: Cast, subject: Subject): boolean {
  return readings.some((each) => each.subject === subject);
}

async function judgeChannel(
  cast: Cast,
  subject: Subject,
  server: Server,
): Promise<void> {
  const { kind, id, order } = subject;
  const { epoch, seq } = await infoOf(server, id);
  for (const { reader, subject: read } of cast.readings) {
    if (read === subject) await reader.reads({ epoch, seq });
  }
  const stored = await storedMessages(server, id);
  const first = seq - stored.length + 1;
  assert.deepEqual(
    stored.map((each) => each.seq),
    numbers(first, seq),
    `${kind} has its messages in order, without holes`,
  );
  const ids = stored.map((each) => each["message-id"]);
  assert.equal(new Set(ids).size, ids.length, `${kind} has nothing twice`);
  if (subject.isWhole) {
    assert.equal(first, 1, `${kind} has all its messages`);
    assert.deepEqual(order.epochs, seq === 0 ? [] : [epoch]);
  }
  if (kind === "nothing") assert.deepEqual(stored, []);
  const known = new Set(ids);
  if (kind === "recreated") {
    const lost = LAST_LIFE.filter((each) => !known.has(each));
    assert.deepEqual(lost, [], "all acknowledged after the last deletion");
  } else {
    for (const writing of cast.writings) {
      if (!writing.subjects.includes(subject)) continue;
      judgeWriting(writing, subject, { epoch, seq }, known, first);
    }
  }
  for (const message of stored) judgeMessage(message, subject, epoch);
}

function judgeMessage(
  { "message-id": id, seq = 0, data }: ChannelMessage,
  { kind, order }: Subject,
  epoch: string,
): void {
  assert.equal(Object(data).id, id, `${kind} ${seq} has its own data`);
  const seen = order.at({ epoch, seq });
  assert.ok(
    seen === undefined || seen === id,
    `${kind} ${seq} is ${id}, but was ${seen} when it was handed over`,
  );
}

/** What one writer was told holds, and is in its own order. */
function judgeWriting(
  { writer }: Writing,
  { kind, id: channelId, order, isWhole }: Subject,
  { epoch, seq: newest }: Position,
  stored: ReadonlySet<string>,
  first: number,
): void {
  assert.deepEqual(writer.unacknowledged, [], "all was acknowledged at last");
  let before = 0;
  for (const [id, receipt] of writer.receipts) {
    if (receipt.channelId !== channelId) continue;
    const { seq } = receipt;
    // What is refused for a while is tried again later than what follows it.
    const isInOrder = seq > before || writer.refusals.size > 0;
    if (isWhole) assert.ok(isInOrder, `${kind} has ${id} out of order`);
    before = seq;
    // Throws where somebody was shown another message at this place.
    order.note({ epoch, seq }, id);
    assert.ok(seq <= newest, `${kind} ends at ${newest}, before ${seq}, ${id}`);
    if (kind === "nothing" || seq < first) continue;
    assert.ok(stored.has(id), `${kind} has ${id}, acknowledged as ${seq}`);
  }
}

async function judgeRequests(
  cast: Cast,
  { ends }: Work,
  server: Server,
): Promise<void> {
  await channelBecomes(
    server,
    cast.subjects.service.id,
    { "pending-rpc-requests": 0 },
    LONGEST_MS + SLACK_MS,
  );
  const unfair = [...ends.keys()].filter((end) => !FAIR_ENDS.has(end));
  assert.deepEqual(unfair, [], "requests end as they may");
}

/** Clients of sessions have not noticed that every object was aborted. */
function judgePeace({ readings, writings, requesters }: Cast): void {
  for (const { connection } of [
    ...readings.map(({ reader }) => reader),
    ...writings.map(({ writer }) => writer),
    ...requesters,
  ]) {
    if (!connection.isSession) continue;
    const { losses, broken, name } = connection;
    assert.equal(losses.length, broken, `${name} was not disturbed`);
  }
  for (const { reader, subject } of readings) {
    const { connection, subscriptions, notices } = reader;
    if (!connection.isSession || !subject.isWhole) continue;
    const { broken, name } = connection;
    assert.equal(subscriptions, 1 + broken, `${name} never subscribed again`);
    assert.deepEqual(notices, [], `${name} was told nothing special`);
  }
  for (const { writer, subjects } of writings) {
    if (!writer.connection.isSession) continue;
    // A deleted channel refuses, crash or not.
    if (subjects.some(({ kind }) => kind === "recreated")) continue;
    const { name } = writer.connection;
    assert.deepEqual([...writer.refusals], [], `${name} was refused nothing`);
  }
}
