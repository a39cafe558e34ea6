/** Heartbeats, acknowledging, recycling and idle channels, with small limits. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import {
  createChannel,
  newChannelId,
  numbers,
  pathOf,
} from "./support/channels.ts";
import { connect, everyWay, Listener, leaveAll } from "./support/client.ts";
import { type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

const HEARTBEAT_MS = 400;
const MAX_OUTSTANDING = 50;
const SESSION_MAX_MESSAGES = 300;
const IDLE_MS = 600;

let server: Server;
beforeAll(async () => {
  server = await startServer({
    vars: {
      HEARTBEAT_MS,
      MAX_OUTSTANDING,
      SESSION_MAX_MESSAGES,
      REPORT_INTERVAL_MS: 200,
      CHANNEL_DEFAULTS: JSON.stringify({ "idle-ttl-ms": IDLE_MS }),
    },
  });
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

describe("heartbeats", () => {
  it("close a session that pinged and falls silent, and no other", async () => {
    const plain = await connect(server);
    const stamped = await connect(server);
    const mute = await connect(server);
    const lively = await connect(server);
    const started = performance.now();
    plain.sendsRaw('{"type":"ping"}');
    stamped.sends({ type: "ping", timestamp: 1 });
    const closed = [plain, stamped].map(async (each) => {
      await each.receives({ type: "pong" });
      await each.isClosed(4008);
      const silentMs = performance.now() - started;
      expect(silentMs).toBeGreaterThanOrEqual(2.5 * HEARTBEAT_MS);
    });
    await eventually("both are closed", async () => {
      lively.sendsRaw('{"type":"ping"}');
      await lively.receives({ type: "pong" });
      return !plain.isOpen && !stamped.isOpen;
    });
    await Promise.all(closed);
    // Neither is one that never pinged closed, nor one that goes on.
    const id = newChannelId("heard");
    for (const each of [mute, lively]) await each.subscribes(id);
  });

  it("close a direct socket that falls silent, once the channel has news", async () => {
    const id = await createChannel(server, "direct");
    const silent = await connect(server, { channel: id });
    const quiet = await connect(server, { channel: id });
    for (const each of [silent, quiet]) await each.subscribes(id);
    silent.sendsRaw('{"type":"ping"}');
    await silent.receives({ type: "pong" });
    const publisher = await connect(server, { channel: id });
    while (silent.isOpen) await publisher.publishes(id, "to be reported");
    await silent.isClosed(4008);
    expect(quiet.isOpen).toBe(true);
  });
});

describe("acknowledging", () => {
  it.each([0, 1, 2, 3])(
    "bounds what may be outstanding (way %i)",
    async (i) => {
      const id = await createChannel(server, "ack");
      const publisher = await connect(server, { channel: id });
      await Promise.all(
        numbers(1, 100).map((n) => publisher.publishes(id, { n })),
      );
      const way = everyWay(id)[i] ?? {};
      const slow = await connect(server, way);
      const listener = new Listener(slow, id);
      const never = await connect(server, way);
      const keen = await connect(server, way);
      const keenly = new Listener(keen, id);
      for (const each of [slow, never, keen]) await each.subscribes(id);
      const { epoch } = await keen.subscribes(id);

      // One acknowledgement, and never again.
      slow.sends({ type: "ack", "channel-id": id, seq: 100 });
      await slow.isAnswered();
      const before = keenly.messages.length;
      for (const n of numbers(1, 3 * MAX_OUTSTANDING)) {
        const { seq } = await publisher.publishes(id, { n });
        await keenly.hears(before + n);
        if (n % 10 === 0) keen.sends({ type: "ack", "channel-id": id, seq });
      }
      await slow.isClosed(4009);
      expect(never.isOpen).toBe(true);
      expect(keen.isOpen).toBe(true);

      // It was handed all it was allowed, and recovers the rest.
      const last = listener.seqs.at(-1) ?? 0;
      expect(last).toBeGreaterThanOrEqual(100 + MAX_OUTSTANDING);
      expect(last).toBeLessThanOrEqual(100 + 2 * MAX_OUTSTANDING);
      const back = await connect(server, way);
      const since = { epoch: String(epoch), seq: last };
      const { recovered, ...result } = await back.subscribes(id, { since });
      expect(recovered).toBe(true);
      expect(result["retained-messages"]?.map(({ seq }) => seq)).toEqual(
        numbers(last + 1, 100 + 3 * MAX_OUTSTANDING),
      );
    },
  );
});

describe("recycling", () => {
  it("asks a session to reconnect, which then has lost nothing", async () => {
    const id = await createChannel(server, "recycle");
    const publisher = await connect(server, { channel: id });
    const total = 3 * SESSION_MAX_MESSAGES;
    let { epoch = "", seq = 0 } = await publisher.subscribes(id);
    const heard: number[] = [];
    let recycled = 0;
    const follow = async (): Promise<void> => {
      for (;;) {
        const client = await connect(server);
        const listener = new Listener(client, id);
        const result = await client.subscribes(id, { since: { epoch, seq } });
        expect(result.recovered).toBe(true);
        const done = await Promise.race([
          listener.hearsUpTo(total).then(
            () => true,
            () => false,
          ),
          client.ended.then(() => false),
        ]);
        heard.push(...listener.seqs);
        epoch = result.epoch ?? "";
        seq = heard.at(-1) ?? seq;
        if (done || seq === total) return;
        const { code } = await client.ended;
        expect(code).toBe(1012);
        recycled++;
      }
    };
    const following = follow();
    // Ten in flight: what a session passes on in one go is not cut short.
    let published = 0;
    const lane = async (): Promise<void> => {
      while (published < total) await publisher.publishes(id, ++published);
    };
    await Promise.all(numbers(1, 10).map(lane));
    await following;
    expect(recycled).toBeGreaterThan(0);
    expect(heard).toEqual(numbers(1, total));
  });

  it("waits for an open request", async () => {
    const id = await createChannel(server, "recycle");
    const service = await connect(server, { channel: id });
    await service.subscribes(id);
    const requester = await connect(server);
    await requester.subscribes(id);
    const asked = await requester.asks(
      { type: "rpc-request", "channel-id": id, data: 1 },
      "rpc-request-result",
    );
    const request = await service.receives({ type: "rpc-request" });
    expect(request["request-id"]).toBe(asked["request-id"]);
    for (const n of numbers(1, SESSION_MAX_MESSAGES + 10)) {
      await service.publishes(id, n);
    }
    await requester.receives({
      type: "channel-message",
      data: SESSION_MAX_MESSAGES + 10,
    });
    expect(requester.isOpen).toBe(true);
    service.sends({ ...request, type: "rpc-response", data: "at last" });
    const answer = await requester.receives({ type: "rpc-response" });
    expect(answer).toMatchObject({ data: "at last", error: false });
    await requester.isClosed(1012);
  });
});

describe("idle channels", () => {
  const gone = (id: string) =>
    eventually(`${id} is removed`, async () => {
      const { status } = await server.fetch(pathOf(id));
      return status === 404;
    });

  it("are removed if subscribing made them", async () => {
    const id = newChannelId("idle");
    const client = await connect(server);
    await client.subscribes(id);
    const used = await connect(server, { channel: id });
    await used.publishes(id, "a message");
    const created = await createChannel(server, "kept", {
      "idle-ttl-ms": IDLE_MS,
    });
    const named = newChannelId("idle-named");
    await client.subscribes(named);
    const { status } = await server.sends("PUT", pathOf(named), {});
    expect(status).toBe(200);
    const busy = newChannelId("idle-busy");
    const stays = await connect(server);
    await stays.subscribes(busy);
    const left = performance.now();
    await client.leaves();
    await gone(id);
    expect(performance.now() - left).toBeGreaterThanOrEqual(IDLE_MS);
    for (const each of [created, named, busy]) {
      expect((await server.fetch(pathOf(each))).status).toBe(200);
    }
    await eventually("it is listed no more", async () => {
      const { body } = await server.fetch(`/channels?prefix=${id}`);
      return Object.keys(Object(Object(body).channels)).length === 0;
    });
    // What comes after it starts from the beginning.
    const { seq } = await stays.subscribes(id);
    expect(seq).toBe(0);
    await stays.leaves();
    await gone(busy);
  });
});
