/** More clients, more messages, and clients that come and go all the time. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import {
  channelBecomes,
  createChannel,
  numbers,
  storedMessages,
} from "../support/channels.ts";
import {
  type Client,
  connect,
  everyWay,
  holds,
  Listener,
  leaveAll,
} from "../support/client.ts";
import { random, seedOfRun } from "../support/random.ts";
import { type Server, startServer } from "../support/server.ts";
import { eventually } from "../support/waiting.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

function connectMany(count: number, channelId: string): Promise<Client[]> {
  const ways = everyWay(channelId);
  return Promise.all(
    numbers(0, count - 1).map((i) => connect(server, ways[i % ways.length])),
  );
}

it("keeps one order through ten thousand messages", async () => {
  const channelId = await createChannel(server, "ordering");
  const listeners = (await connectMany(50, channelId)).map(
    (each) => new Listener(each, channelId),
  );
  for (const { client } of listeners) await client.subscribes(channelId);
  const publishers = await connectMany(20, channelId);
  await Promise.all(
    publishers.map(async (publisher, p) => {
      // Fifty in flight each, in the order of their numbers.
      for (const hundred of numbers(0, 9)) {
        const own = await Promise.all(
          numbers(0, 49).map((n) =>
            publisher.publishes(channelId, { p, n: hundred * 50 + n }),
          ),
        );
        const seqs = own.map(({ seq }) => seq ?? 0);
        expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      }
    }),
  );
  const [first] = listeners;
  for (const listener of listeners) {
    await listener.hears(10_000, 60_000);
    expect(listener.seqs).toEqual(numbers(1, 10_000));
    expect(JSON.stringify(listener.messages)).toBe(
      JSON.stringify(first?.messages),
    );
  }
});

it("survives five storms of five hundred in a row", async () => {
  const channelId = await createChannel(server, "storms");
  const publisher = await connect(server, { channel: channelId });
  const told = new Listener(publisher, channelId);
  const { epoch = "" } = await publisher.subscribes(channelId);
  const text = "recover me ".repeat(20);
  await Promise.all(
    numbers(1, 1_000).map((n) => publisher.publishes(channelId, { n, text })),
  );
  for (const storm of numbers(1, 5)) {
    const clients = await connectMany(500, channelId);
    const listeners = clients.map((each) => new Listener(each, channelId));
    // Somebody goes on publishing while all come back at once.
    let over = false;
    const publishing = (async () => {
      while (!over) await publisher.publishes(channelId, { storm });
    })();
    const seq = (told.messages.at(-1)?.seq ?? 0) - 900;
    await Promise.all(
      clients.map(async (each) => {
        const result = await each.subscribes(channelId, {
          since: { epoch, seq },
          withinMs: 120_000,
        });
        expect(result.recovered).toBe(true);
      }),
    );
    over = true;
    await publishing;
    const { seq: last = 0 } = await publisher.publishes(channelId, "over");
    await told.hearsUpTo(last);
    for (const listener of listeners) {
      await listener.hearsUpTo(last, 60_000);
      expect(listener.seqs).toEqual(numbers(seq + 1, last));
    }
    await Promise.all(clients.map((each) => each.leaves()));
    await channelBecomes(server, channelId, { "subscriber-count": 1 });
  }
});

it("counts right after clients have come and gone in every way", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const dice = random(seed);
  const ids = await Promise.all(
    numbers(1, 5).map(() => createChannel(server, "churn")),
  );
  const publisher = await connect(server);
  let over = false;
  const publishing = ids.map(async (id) => {
    while (!over) await publisher.publishes(id, { id });
  });
  const life = async (): Promise<void> => {
    const id = dice.pick(ids);
    const client = await connect(server, dice.pick(everyWay(id)));
    const listener = new Listener(client, id);
    await client.subscribes(id);
    await listener.hears(listener.messages.length + dice.integer(30));
    const { seqs } = listener;
    expect(seqs).toEqual(numbers(seqs[0] ?? 1, seqs.at(-1) ?? 0));
    const end = dice.integer(4);
    if (end === 0) {
      const frame = { type: "unsubscribe", "channel-id": id };
      await client.asks(frame, "unsubscription-result");
    }
    if (end === 1) client.sends({ type: "subscribe", "channel-id": id });
    if (end < 3) client.vanishes();
    else await client.leaves();
  };
  const lane = async (): Promise<void> => {
    for (let i = 0; i < 40; i++) await life();
  };
  await Promise.all(numbers(1, 25).map(lane));
  over = true;
  await Promise.all(publishing);
  for (const id of ids) {
    const { seq } = await channelBecomes(server, id, { "subscriber-count": 0 });
    const stored = await storedMessages(server, id);
    expect(stored.at(-1)?.seq).toBe(seq);
  }
  await eventually("the registry counts right", async () => {
    const { body } = await server.fetch("/health");
    return holds(body, {
      connections: 1,
      "system-health": { "total-subscriptions": 0, "pending-rpc-requests": 0 },
    });
  });
});
