/** One order for everybody, whatever the number of clients. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import {
  createChannel,
  newChannelId,
  numbers,
  storedMessages,
} from "./support/channels.ts";
import {
  type Client,
  connect,
  everyWay,
  Listener,
  leaveAll,
} from "./support/client.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

/** Connects so many clients, in every way in turn. */
function connectMany(count: number, channelId: string): Promise<Client[]> {
  const ways = everyWay(channelId);
  return Promise.all(
    numbers(0, count - 1).map((i) => connect(server, ways[i % ways.length])),
  );
}

it("hands one sequence without holes to everybody and keeps each publisher's order", async () => {
  const channelId = await createChannel(server, "ordering");
  const subscribers = await connectMany(50, channelId);
  const listeners = subscribers.map((each) => new Listener(each, channelId));
  await Promise.all(subscribers.map((each) => each.subscribes(channelId)));
  const publishers = await connectMany(20, channelId);

  const results = await Promise.all(
    publishers.map((publisher, p) =>
      Promise.all(
        numbers(0, 49).map((n) => publisher.publishes(channelId, { p, n })),
      ),
    ),
  );
  await Promise.all(listeners.map((each) => each.hears(1_000)));

  const [first] = listeners;
  expect(first?.seqs).toEqual(numbers(1, 1_000));
  for (const { messages } of listeners) {
    expect(messages).toEqual(first?.messages);
  }
  for (const [p, own] of results.entries()) {
    const seqs = own.map(({ seq }) => seq ?? 0);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    const sent = first?.messages.filter(({ seq }) => seqs.includes(seq ?? 0));
    expect(sent?.map(({ data }) => data)).toEqual(
      numbers(0, 49).map((n) => ({ p, n })),
    );
    expect(new Set(own.map((each) => each["delivered-to"]))).toEqual(
      new Set([50]),
    );
  }
});

it("hands who joins in the middle of a burst no hole and no repetition", async () => {
  const channelId = await createChannel(server, "joining");
  const publishers = await connectMany(4, channelId);
  const joiners = await connectMany(60, channelId);
  const total = 2_000;

  // Each joiner subscribes after another part of the burst was acknowledged.
  let published = 0;
  const joined: Promise<unknown>[] = [];
  const listeners: Listener[] = [];
  const publish = async (publisher: Client): Promise<void> => {
    while (published < total) {
      const n = ++published;
      await publisher.publishes(channelId, { n, text: "x".repeat(n % 300) });
      const joiner = n % 25 === 0 ? joiners.pop() : undefined;
      if (joiner === undefined) continue;
      listeners.push(new Listener(joiner, channelId));
      joined.push(joiner.subscribes(channelId));
    }
  };
  // Eight in flight for each publisher.
  await Promise.all(
    publishers.flatMap((each) => numbers(1, 8).map(() => publish(each))),
  );
  await Promise.all(joined);
  await Promise.all(listeners.map((each) => each.hearsUpTo(total)));

  expect(listeners).toHaveLength(60);
  const stored = await storedMessages(server, channelId);
  for (const { seqs, messages, client } of listeners) {
    const first = seqs[0] ?? 0;
    expect([client.name, ...seqs]).toEqual([
      client.name,
      ...numbers(first, total),
    ]);
    const kept = Math.min(messages.length, stored.length);
    expect(messages.slice(-kept)).toEqual(stored.slice(-kept));
  }
});

it("carries a hundred channels on one connection, and refuses one more", async () => {
  const about = newChannelId("many");
  const ids = numbers(0, 99).map((i) => `${about}-${i}`);
  const anna = await connect(server);
  const bob = await connect(server, { batch: true });
  for (const client of [anna, bob]) {
    const results = await Promise.all(
      ids.map((id) => client.subscribes(id, {})),
    );
    expect(results.map((each) => each["channel-id"])).toEqual(ids);
    const more = { type: "subscribe", "channel-id": `${about}-100` };
    expect(await client.asks(more, "subscription-result")).toMatchObject({
      success: false,
      reason: "too-many-subscriptions",
      current: 100,
      max: 100,
    });
  }
  const list = await anna.asks(
    { type: "get-subscriptions" },
    "subscription-list",
  );
  expect(list.subscriptions.toSorted()).toEqual(ids.toSorted());

  const listeners = [anna, bob].flatMap((client) =>
    ids.map((id) => new Listener(client, id)),
  );
  const results = await Promise.all(
    ids.flatMap((id) =>
      numbers(1, 3).map((n) => anna.publishes(id, { id, n })),
    ),
  );
  expect(results.every((each) => each["delivered-to"] === 2)).toBe(true);
  for (const listener of listeners) {
    await listener.hears(3);
    expect(listener.messages.map(({ data }) => data)).toEqual(
      numbers(1, 3).map((n) => ({ id: listener.channelId, n })),
    );
  }

  // Room is made by leaving a channel.
  const [left] = ids;
  await anna.asks(
    { type: "unsubscribe", "channel-id": left },
    "unsubscription-result",
  );
  await anna.subscribes(`${about}-100`);
});

it("lets five hundred clients recover a full window at once", async () => {
  const channelId = await createChannel(server, "storm");
  const publisher = await connect(server, { channel: channelId });
  const listened = new Listener(publisher, channelId);
  const { epoch = "" } = await publisher.subscribes(channelId);
  await Promise.all(
    numbers(1, 1_200).map((n) => publisher.publishes(channelId, { n })),
  );
  await listened.hears(1_200);

  const clients = await connectMany(500, channelId);
  const since = { epoch, seq: 200 };
  const results = await Promise.all(
    clients.map((each) =>
      each.subscribes(channelId, { since, withinMs: 60_000 }),
    ),
  );
  const wanted = listened.messages.slice(200);
  for (const result of results) {
    expect(result).toMatchObject({ recovered: true, epoch, seq: 1_200 });
    // Comparing half a million objects one by one takes longer than the storm.
    expect(JSON.stringify(result["retained-messages"])).toBe(
      JSON.stringify(wanted),
    );
  }
  const { "delivered-to": deliveredTo } = await publisher.publishes(
    channelId,
    "after the storm",
  );
  expect(deliveredTo).toBe(501);
  await Promise.all(
    clients.map((each) =>
      each.receives({ type: "channel-message", seq: 1_201 }),
    ),
  );
});
