/** Many readers of events, and some that do not read. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import {
  channelBecomes,
  createChannel,
  newChannelId,
  numbers,
} from "./support/channels.ts";
import { connect, leaveAll } from "./support/client.ts";
import { readEvents, stopReading } from "./support/events.ts";
import { Memory, MiB } from "./support/memory.ts";
import { Neighbours } from "./support/neighbours.ts";
import { type Server, startServer } from "./support/server.ts";
import { inTime } from "./support/waiting.ts";

const CROWD = 200;
const STALLED = 10;
/** What is published past those that do not read. */
const PUBLISHED_BYTES = 50_000_000;
const MESSAGE_BYTES = 50_000;
/** What the service may hold for one of them: `MAX_OUTSTANDING_BYTES`. */
const BOUND = 8 * MiB;
/** Garbage, and what is on its way; without bounds it would be 500 MB. */
const NOISE_BYTES = 160 * MiB;

let server: Server;
beforeAll(async () => {
  server = await startServer({ served: true, vars: { HEARTBEAT_MS: 1_000 } });
});
afterEach(() => {
  stopReading();
  return leaveAll();
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it("two hundred readers of a channel are handed everything", async () => {
  const channelId = await createChannel(server, "crowd");
  const readers = await Promise.all(
    numbers(1, CROWD).map(() => readEvents(server, channelId)),
  );
  await channelBecomes(server, channelId, { "subscriber-count": CROWD });
  const client = await connect(server, { channel: channelId });
  for (const n of numbers(1, 20)) {
    const result = await client.publishes(channelId, n);
    expect(result["delivered-to"]).toBe(CROWD);
  }
  for (const each of readers) {
    await each.reads(20);
    expect(each.seqs).toEqual(numbers(1, 20));
  }
  for (const each of readers) each.leaves();
  await channelBecomes(server, channelId, { "subscriber-count": 0 });
});

it("readers that stall cost little, and nobody else anything", async () => {
  const channelId = await createChannel(server, "stalled");
  const publisher = await connect(server, { channel: channelId });
  const memory = new Memory(server);
  const publishesAll = async (): Promise<void> => {
    for (let n = 0; n * MESSAGE_BYTES < PUBLISHED_BYTES; n++) {
      await publisher.publishes(channelId, "x".repeat(MESSAGE_BYTES));
    }
  };
  // Until then the process grows because it has not done much yet.
  await publishesAll();

  const stalled = await Promise.all(
    numbers(1, STALLED).map(() => readEvents(server, channelId)),
  );
  const healthy = await readEvents(server, channelId, {
    query: "retained-limit=0",
  });
  for (const each of stalled) {
    await each.reads(1);
    each.pauses();
  }
  const quiet = newChannelId("quiet");
  const neighbours = await Neighbours.meet(server, quiet);
  const chatting = neighbours.chat();
  const before = memory.resident;
  memory.forgetPeak();
  await publishesAll();
  const count = PUBLISHED_BYTES / MESSAGE_BYTES;
  await healthy.reads(count);
  const growth = memory.peak - before;
  neighbours.stop();
  await chatting;
  neighbours.expectPeace();
  expect(healthy.seqs).toEqual(numbers(count + 1, 2 * count));

  await channelBecomes(server, channelId, { "subscriber-count": 1 });
  const mib = (bytes: number) => `${(bytes / MiB).toFixed()} MiB`;
  console.log(`${STALLED} stalled readers: grew by ${mib(growth)}`);
  expect(growth).toBeLessThan(STALLED * BOUND + NOISE_BYTES);
  for (const each of stalled) {
    each.resumes();
    await inTime("an end", each.closed);
    const { seqs, lastEventId } = each;
    const first = seqs[0] ?? 0;
    expect(seqs).toEqual(numbers(first, first + seqs.length - 1));
    expect(seqs.length).toBeLessThan(count / 2);
    // Those who come back are told that it has been too long.
    const query = "retained-limit=1";
    const again = await readEvents(server, channelId, { lastEventId, query });
    const [gap] = await again.reads(2);
    expect(gap?.type).toBe("gap");
    expect(again.seqs).toEqual([2 * count]);
  }
});
