/**
 * Everything at once on one channel whose object breaks down again and again:
 * nothing is lost, repeated or left without an end.
 */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import {
  channelBecomes,
  createChannel,
  numbers,
  pathOf,
  storedMessages,
} from "../support/channels.ts";
import { type Client, connect, Listener, leaveAll } from "../support/client.ts";
import { type Random, random, seedOfRun } from "../support/random.ts";
import type { Server } from "../support/server.ts";
import {
  isAborted,
  MOMENTS,
  setTrap,
  startTrappedServer,
} from "../support/traps.ts";

const ABORTS = 60;

let server: Server;
beforeAll(async () => {
  server = await startTrappedServer();
});
afterEach(leaveAll);
afterAll(() => server.kill());

interface Sent {
  readonly data: string;
  readonly keyed: boolean;
  /** Absent where the outcome is unknown. */
  readonly seq: number | undefined;
}

/** Publishes with and without ids until all is over. */
async function publish(
  publisher: Client,
  channelId: string,
  about: string,
  dice: Random,
  isOver: () => boolean,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let n = 1; !isOver(); n++) {
    const data = `${about}-${n}`;
    const keyed = dice.integer(2) === 0;
    const result = await publisher.asks(
      {
        type: "publish",
        "channel-id": channelId,
        data,
        ...(keyed ? { "message-id": data } : {}),
      },
      "publish-result",
    );
    if (keyed) expect(result).toMatchObject({ success: true });
    if (!result.success) expect(result.reason).toBe("outcome-unknown");
    sent.push({ data, keyed, seq: result.seq });
  }
  return sent;
}

/** Asks until all is over; every request must end once. */
async function ask(
  requester: Client,
  channelId: string,
  dice: Random,
  isOver: () => boolean,
): Promise<string[]> {
  const opened: string[] = [];
  while (!isOver()) {
    const data = dice.integer(1_000);
    const { "request-id": requestId, delivery } = await requester.asks(
      {
        type: "rpc-request",
        "channel-id": channelId,
        data,
        "deliver-to": dice.pick(["one", "all"]),
        "timeout-ms": 10_000,
      },
      "rpc-request-result",
    );
    if (requestId === null) {
      expect(delivery.reason).toMatch(/^(outcome-unknown|no-subscribers)$/);
      continue;
    }
    opened.push(requestId);
    const final = await requester.receives({
      type: "rpc-response",
      "request-id": requestId,
    });
    expect(final.final).toBe(true);
    if (!final.error) expect(final.data).toBe(data);
  }
  return opened;
}

/** Answers every request once. */
function serve(service: Client): void {
  service.watches((frame) => {
    if (frame.type !== "rpc-request" || !service.isOpen) return;
    const { "request-id": requestId, data } = frame;
    service.sends({ type: "rpc-response", "request-id": requestId, data });
  });
}

it("survives breaking down again and again", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const dice = random(seed);
  const channelId = await createChannel(server, "aborts", {
    "recovery-window": 10_000,
    "recovery-window-bytes": 8_388_608,
  });
  const sessions = (count: number) =>
    Promise.all(
      numbers(1, count).map((i) => connect(server, { batch: i % 2 === 0 })),
    );
  const listeners = (await sessions(10)).map(
    (client) => new Listener(client, channelId),
  );
  for (const { client } of listeners) await client.subscribes(channelId);
  for (const service of await sessions(3)) {
    serve(service);
    await service.subscribes(channelId);
  }
  const publishers = await sessions(4);
  const requesters = await sessions(4);
  for (const each of requesters.slice(2)) await each.subscribes(channelId);

  let over = false;
  const isOver = () => over;
  const publishing = publishers.flatMap((each, p) =>
    numbers(1, 4).map((lane) =>
      publish(each, channelId, `${p}-${lane}`, dice, isOver),
    ),
  );
  const asking = requesters.flatMap((each) =>
    numbers(1, 2).map(() => ask(each, channelId, dice, isOver)),
  );
  const all = Promise.all([Promise.all(publishing), Promise.all(asking)]);
  const breaking = async (): Promise<void> => {
    for (const i of numbers(1, ABORTS)) {
      await setTrap(
        server,
        channelId,
        dice.pick(MOMENTS),
        1 + dice.integer(40),
      );
      await isAborted(server, channelId, i);
    }
  };
  await Promise.race([breaking(), all]);
  over = true;
  const [sent, opened] = await all;

  const stored = await storedMessages(server, channelId);
  const last = stored.at(-1)?.seq ?? 0;
  const bySeq = new Map(stored.map((each) => [each.seq, each.data]));
  const times = new Map<unknown, number>();
  for (const { data } of stored) times.set(data, (times.get(data) ?? 0) + 1);
  for (const { data, keyed, seq } of sent.flat()) {
    const count = times.get(data) ?? 0;
    if (keyed || seq !== undefined)
      expect({ data, count }).toEqual({ data, count: 1 });
    else expect(count).toBeLessThanOrEqual(1);
    if (seq !== undefined) expect(bySeq.get(seq)).toBe(data);
  }
  for (const listener of listeners) {
    await listener.hearsUpTo(last);
    expect(listener.seqs).toEqual(numbers(1, last));
    expect(listener.messages).toEqual(stored);
  }
  await channelBecomes(server, channelId, { "pending-rpc-requests": 0 });
  expect(opened.flat().length).toBeGreaterThan(0);
  for (const requester of requesters) {
    await requester.isAnswered();
    const further = requester.unread.filter(({ type }) =>
      ["rpc-response", "rpc-request-result"].includes(type),
    );
    expect(further).toEqual([]);
  }
  const { status } = await server.fetch(pathOf(channelId));
  expect(status).toBe(200);
});
