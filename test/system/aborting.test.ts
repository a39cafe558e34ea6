/** A channel's object breaks down in the middle of a flush. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import {
  channelBecomes,
  createChannel,
  infoOf,
  newChannelId,
  numbers,
  pathOf,
  storedMessages,
} from "./support/channels.ts";
import { connect, everyWay, Listener, leaveAll } from "./support/client.ts";
import { readEvents } from "./support/events.ts";
import type { Server } from "./support/server.ts";
import {
  abortsAll,
  isAborted,
  MOMENTS,
  setTrap,
  startTrappedServer,
} from "./support/traps.ts";
import { eventually } from "./support/waiting.ts";

let server: Server;
beforeAll(async () => {
  server = await startTrappedServer();
});
afterEach(leaveAll);
afterAll(() => server.kill());

it("costs sessions no message, no order and no publish with an id", async () => {
  const channelId = await createChannel(server, "abort");
  const listeners = await Promise.all(
    numbers(0, 7).map(async (i) => {
      const client = await connect(server, { batch: i % 2 === 0 });
      await client.subscribes(channelId);
      return new Listener(client, channelId);
    }),
  );
  const publishers = await Promise.all(
    numbers(0, 3).map((i) => connect(server, { batch: i % 2 === 0 })),
  );
  let count = 0;
  let over = false;
  const publishing = publishers.flatMap((publisher, p) =>
    numbers(1, 6).map(async (lane) => {
      const results = [];
      for (let n = 1; !over; n++) {
        const id = `${p}-${lane}-${n}`;
        results.push({
          id,
          ...(await publisher.publishes(
            channelId,
            { id },
            {
              "message-id": id,
            },
          )),
        });
        count++;
      }
      return results;
    }),
  );
  for (const [i, moment] of [...MOMENTS, ...MOMENTS].entries()) {
    const before = count;
    await eventually("it goes on", () => count > before + 60);
    await setTrap(server, channelId, moment, 3 + i);
    await isAborted(server, channelId, i + 1);
  }
  const before = count;
  await eventually("it goes on", () => count > before + 60);
  over = true;
  const results = (await Promise.all(publishing)).flat();

  const stored = await storedMessages(server, channelId);
  const last = stored.at(-1)?.seq ?? 0;
  expect(last).toBe(results.length);
  const idOf = new Map(stored.map((each) => [each.seq, each["message-id"]]));
  for (const { id, seq, "message-id": messageId } of results) {
    expect(messageId).toBe(id);
    if (idOf.has(seq)) expect(idOf.get(seq)).toBe(id);
  }
  expect(new Set(results.map(({ seq }) => seq)).size).toBe(results.length);
  for (const listener of listeners) {
    await listener.hearsUpTo(last);
    expect(listener.seqs).toEqual(numbers(1, last));
    expect(listener.messages.slice(-stored.length)).toEqual(stored);
  }
  // Nobody got a second answer, or heard of it otherwise.
  for (const { unread } of publishers) expect(unread).toEqual([]);
});

describe.each(MOMENTS)("aborted %s its transaction", (moment) => {
  it("a publish without an id has an unknown outcome and is there at most once", async () => {
    const channelId = await createChannel(server, "abort");
    const listening = await connect(server);
    await listening.subscribes(channelId);
    const listener = new Listener(listening, channelId);
    const publisher = await connect(server);
    await publisher.publishes(channelId, "first");
    await setTrap(server, channelId, moment);
    const frame = { type: "publish", "channel-id": channelId, data: "second" };
    expect(await publisher.asks(frame, "publish-result")).toMatchObject({
      success: false,
      reason: "outcome-unknown",
    });
    await isAborted(server, channelId);
    const { seq = 0 } = await publisher.publishes(channelId, "third");
    await listener.hearsUpTo(seq);
    const stored = await storedMessages(server, channelId);
    const heard = listener.messages.map(({ data }) => data);
    expect(stored.map(({ data }) => data)).toEqual(heard);
    const without = ["first", "third"];
    const withIt = ["first", "second", "third"];
    if (moment === "before") expect(heard).toEqual(without);
    else if (moment === "unsent") expect(heard).toEqual(withIt);
    else expect([without, withIt]).toContainEqual(heard);
  });

  it("a publish with an id succeeds once, by every way in", async () => {
    const channelId = await createChannel(server, "abort");
    const session = await connect(server, { batch: true });
    await setTrap(server, channelId, moment);
    const data = { by: "session" };
    const first = await session.publishes(channelId, data, {
      "message-id": "by-session",
    });
    expect(first.seq).toBe(1);
    if (moment === "before") expect(first.duplicate).toBeUndefined();
    if (moment === "unsent") expect(first.duplicate).toBe(true);
    await isAborted(server, channelId);
    await setTrap(server, channelId, moment);
    const { status, body } = await server.fetch(
      `${pathOf(channelId)}/messages`,
      {
        method: "POST",
        headers: { "idempotency-key": "by-http" },
        body: JSON.stringify({ data: { by: "http" } }),
      },
    );
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { success: true, "message-id": "by-http", seq: 2 },
    });
    await isAborted(server, channelId, 2);
    const stored = await storedMessages(server, channelId);
    expect(stored.map((each) => each["message-id"])).toEqual([
      "by-session",
      "by-http",
    ]);
  });

  it("an open request still gets its answer", async () => {
    const channelId = await createChannel(server, "abort");
    const service = await connect(server);
    await service.subscribes(channelId);
    const requester = await connect(server, { batch: true });
    const { "request-id": requestId } = await requester.asks(
      { type: "rpc-request", "channel-id": channelId, data: "question" },
      "rpc-request-result",
    );
    await service.receives({ type: "rpc-request", "request-id": requestId });
    await setTrap(server, channelId, moment);
    await server.sends("POST", `${pathOf(channelId)}/messages`, { data: 1 });
    await isAborted(server, channelId);
    const answer = { type: "rpc-response", "request-id": requestId, data: 42 };
    expect(await service.asks(answer, "rpc-response-result")).toMatchObject({
      success: true,
    });
    expect(await requester.receives({ type: "rpc-response" })).toMatchObject({
      "request-id": requestId,
      data: 42,
      error: false,
      final: true,
      "responder-conn-id": service.connId,
    });
    await channelBecomes(server, channelId, { "pending-rpc-requests": 0 });
    expect(requester.unread).toEqual([]);
  });

  it("a request whose answer was lost ends exactly once", async () => {
    const channelId = await createChannel(server, "abort");
    const service = await connect(server);
    await service.subscribes(channelId);
    const requester = await connect(server);
    const { "request-id": requestId } = await requester.asks(
      { type: "rpc-request", "channel-id": channelId, data: "question" },
      "rpc-request-result",
    );
    await service.receives({ type: "rpc-request", "request-id": requestId });
    await setTrap(server, channelId, moment);
    const answer = { type: "rpc-response", "request-id": requestId, data: 42 };
    expect(await service.asks(answer, "rpc-response-result")).toMatchObject({
      success: false,
      reason: "outcome-unknown",
    });
    await isAborted(server, channelId);
    // The service may try again: either it still can, or all is over.
    const again = await service.asks(answer, "rpc-response-result");
    const final = await requester.receives({ type: "rpc-response" });
    if (again.success) expect(final).toMatchObject({ data: 42, error: false });
    else {
      expect(again.reason).toBe("request-not-found");
      expect(final).toMatchObject({ error: true, reason: "outcome-unknown" });
    }
    if (moment !== "after") expect(again.success).toBe(moment === "before");
    await requester.isAnswered();
    expect(requester.unread).toEqual([]);
  });

  it("a request in flight has an unknown outcome and leaves nothing open", async () => {
    const channelId = await createChannel(server, "abort");
    const service = await connect(server);
    await service.subscribes(channelId);
    // One that is subscribed comes back at once, the other has no reason to.
    const subscribed = await connect(server);
    await subscribed.subscribes(channelId);
    const stranger = await connect(server);
    for (const [i, requester] of [subscribed, stranger].entries()) {
      await channelBecomes(server, channelId, { "subscriber-count": 2 });
      await setTrap(server, channelId, moment);
      const { "request-id": requestId, delivery } = await requester.asks(
        { type: "rpc-request", "channel-id": channelId, data: "question" },
        "rpc-request-result",
      );
      expect(requestId).toBeNull();
      expect(delivery).toEqual({ success: false, reason: "outcome-unknown" });
      await isAborted(server, channelId, i + 1);
      await channelBecomes(server, channelId, { "pending-rpc-requests": 0 });
      await requester.isAnswered();
      const finals = requester.unread.filter(
        ({ type }) => type === "rpc-response",
      );
      expect(finals).toEqual([]);
    }
  });

  it("subscribing and unsubscribing in flight succeed", async () => {
    // Whether anybody is subscribed is written only of such a channel.
    const channelId = newChannelId("abort-auto");
    const unsubscribe = { type: "unsubscribe", "channel-id": channelId };
    const client = await connect(server);
    await client.subscribes(channelId);
    await client.publishes(channelId, "retained");
    await client.asks(unsubscribe, "unsubscription-result");
    await setTrap(server, channelId, moment);
    const result = await client.subscribes(channelId);
    expect(result).toMatchObject({ success: true, "subscriber-count": 1 });
    expect(result["retained-messages"]).toHaveLength(1);
    await isAborted(server, channelId);
    await channelBecomes(server, channelId, { "subscriber-count": 1 });
    await setTrap(server, channelId, moment);
    const left = await client.asks(unsubscribe, "unsubscription-result");
    // Asked again by the server, it may find that it is done.
    if (!left.success) expect(left.reason).toBe("not-subscribed");
    await isAborted(server, channelId, 2);
    await channelBecomes(server, channelId, { "subscriber-count": 0 });
  });

  it("direct sockets are closed and recover what they missed", async () => {
    const channelId = await createChannel(server, "abort");
    const { epoch } = await infoOf(server, channelId);
    const ways = everyWay(channelId).slice(2);
    const listeners = await Promise.all(
      ways.map(async (way) => {
        const client = await connect(server, way);
        await client.subscribes(channelId);
        return new Listener(client, channelId);
      }),
    );
    const session = await connect(server);
    for (const n of numbers(1, 3)) await session.publishes(channelId, n);
    for (const each of listeners) await each.hears(3);
    await setTrap(server, channelId, moment);
    await session.publishes(channelId, 4, { "message-id": "four" });
    for (const [i, { client, seqs }] of listeners.entries()) {
      const { code } = await client.ended;
      expect([1006, 1011, 1012]).toContain(code);
      expect(seqs).toEqual(numbers(1, 3));
      const back = await connect(server, ways[i]);
      const since = { epoch, seq: 3 };
      const { recovered, "retained-messages": missed } = await back.subscribes(
        channelId,
        { since },
      );
      expect(recovered).toBe(true);
      expect(missed?.map(({ data }) => data)).toEqual([4]);
    }
  });
});

it("never refuses who connects to a channel at that moment", async () => {
  const channelId = await createChannel(server, "abort-connecting");
  const url = `${server.url.replace("http", "ws")}${pathOf(channelId)}/ws`;
  const refused: unknown[] = [];
  for (let turn = 1; turn <= 10; turn++) {
    const sockets = numbers(1, 20).map(() => new WebSocket(url));
    const settled = sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.on("open", resolve);
          // One that was let in may still be cut off by the abort.
          socket.on("close", resolve);
          socket.on("error", () => {});
          socket.on("unexpected-response", (_, { statusCode }) => {
            refused.push(statusCode);
            resolve();
          });
        }),
    );
    await abortsAll(server);
    await Promise.all(settled);
    for (const socket of sockets) socket.terminate();
  }
  expect(refused).toEqual([]);
});

it("costs readers of events nothing, and does not end their streams", async () => {
  const channelId = await createChannel(server, "abort");
  const reader = await readEvents(server, channelId);
  const client = await connect(server);
  let published = 0;
  for (const [i, moment] of MOMENTS.entries()) {
    await setTrap(server, channelId, moment, 3);
    for (const _ of numbers(1, 10)) {
      const rest = { "message-id": `m${++published}` };
      await client.publishes(channelId, published, rest);
    }
    await isAborted(server, channelId, i + 1);
  }
  await reader.reads(published);
  expect(reader.seqs).toEqual(numbers(1, published));
  expect(reader.isOpen).toBe(true);
  reader.leaves();
});
