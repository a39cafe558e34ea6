/** GET /channels/:id/events: what it hands over, and to whom it does not. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import {
  channelBecomes,
  createChannel,
  infoOf,
  newChannelId,
  numbers,
  pathOf,
} from "./support/channels.ts";
import { connect, leaveAll } from "./support/client.ts";
import { readEvents, stopReading } from "./support/events.ts";
import { type Server, startServer } from "./support/server.ts";
import { eventually, inTime } from "./support/waiting.ts";

const HEARTBEAT_MS = 600;

let server: Server;
let narrow: Server;
beforeAll(async () => {
  [server, narrow] = await Promise.all([
    startServer({ vars: { HEARTBEAT_MS, ALLOWED_ORIGINS: "https://a.test" } }),
    startServer({ served: true, vars: { AUTO_CREATE: "false" } }),
  ]);
});
afterEach(() => {
  stopReading();
  return leaveAll();
});
afterAll(async () => {
  await Promise.all([server.kill(), narrow.kill()]);
  expect([...server.complaints(), ...narrow.complaints()]).toEqual([]);
});

async function publishes(id: string, data: unknown, rest = {}): Promise<void> {
  const body = { data, ...rest };
  const answer = await server.sends("POST", `${pathOf(id)}/messages`, body);
  expect(answer.status).toBe(200);
}

/** What is to be expected of a refusal. */
function refusal(reason: string, status: number) {
  const message = expect.stringMatching(/./);
  return { status, body: { error: { reason, message } } };
}

async function answerOf(from: Server, id: string, options = {}) {
  const reader = await readEvents(from, id, options);
  return { status: reader.status, body: await reader.refusal() };
}

describe("a reader", () => {
  it("is handed what is retained, then what is published", async () => {
    const id = await createChannel(server, "events", {
      "message-retention": 2,
    });
    for (const n of numbers(1, 3)) await publishes(id, n);
    const reader = await readEvents(server, id);
    const { response } = reader;
    expect(reader.status).toBe(200);
    expect(response.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    expect(response.headers).not.toHaveProperty("content-encoding");
    await reader.reads(2);
    const { epoch } = await infoOf(server, id);
    await publishes(id, { text: "live\n\ndata: forged\u2028" });
    await reader.reads(3);
    expect(reader.seqs).toEqual([2, 3, 4]);
    const [, , live] = reader.events;
    expect(live).toMatchObject({ type: "message", lastEventId: `${epoch}:4` });
    expect(reader.messages[2]).toEqual({
      type: "channel-message",
      "channel-id": id,
      data: { text: "live\n\ndata: forged\u2028" },
      "message-id": "msg-4",
      seq: 4,
      "published-at": expect.any(Number),
      "broadcast-time": expect.any(Number),
      "sender-conn-id": null,
      "sender-user-id": null,
    });
    expect(reader.retryMs).toBeGreaterThanOrEqual(1_000);
    expect(reader.retryMs).toBeLessThanOrEqual(3_000);
    const newest = await readEvents(server, id, { query: "retained-limit=1" });
    await newest.reads(1);
    expect(newest.seqs).toEqual([4]);
  });

  it("sees comments while nothing is published", async () => {
    const id = await createChannel(server, "quiet");
    const reader = await readEvents(server, id);
    await eventually("two comments", () => reader.raw.endsWith(":\n\n:\n\n"));
    expect(reader.events).toEqual([]);
  });

  it("is handed ephemeral messages, which have no place", async () => {
    const id = await createChannel(server, "ephemeral");
    const reader = await readEvents(server, id);
    await publishes(id, "kept");
    await publishes(id, "passing", { ephemeral: true });
    const [kept, passing] = await reader.reads(2);
    expect(passing?.lastEventId).toBe(kept?.lastEventId);
    expect(reader.raw.match(/^id: .+:1$/gm)).toHaveLength(1);
    expect(reader.seqs).toEqual([1, undefined]);
  });

  it("creates the channel, as any subscriber does", async () => {
    const id = newChannelId("made");
    const reader = await readEvents(server, id);
    expect(reader.status).toBe(200);
    await channelBecomes(server, id, { "subscriber-count": 1 });
    await publishes(id, "first");
    await reader.reads(1);
  });

  it("is asked nothing: it could not answer", async () => {
    const id = await createChannel(server, "unasked");
    await readEvents(server, id);
    const asked = await server.sends("POST", `${pathOf(id)}/rpc`, { data: 1 });
    expect(asked).toMatchObject(refusal("no-subscribers", 503));
  });

  it("that goes away is a subscriber no more", async () => {
    const id = await createChannel(server, "gone");
    const reader = await readEvents(server, id);
    await channelBecomes(server, id, { "subscriber-count": 1 });
    reader.leaves();
    await channelBecomes(server, id, { "subscriber-count": 0 });
  });

  it("counts as a connection", async () => {
    const connections = async () =>
      Object((await server.fetch("/health")).body).connections;
    await eventually(
      "nobody is there",
      async () => (await connections()) === 0,
    );
    const id = await createChannel(server, "counted");
    const readers = [
      await readEvents(server, id),
      await readEvents(server, id),
    ];
    await connect(server);
    await eventually("three are", async () => (await connections()) === 3);
    for (const each of readers) each.leaves();
    await eventually("one is", async () => (await connections()) === 1);
  });
});

describe("one who comes back", () => {
  it("is handed exactly what it missed", async () => {
    const id = await createChannel(server, "back", { "message-retention": 1 });
    const first = await readEvents(server, id);
    await publishes(id, 1);
    await first.reads(1);
    first.leaves();
    for (const n of numbers(2, 6)) await publishes(id, n);
    const { lastEventId } = first;
    const second = await readEvents(server, id, { lastEventId });
    await second.reads(5);
    await publishes(id, 7);
    await second.reads(6);
    expect(second.seqs).toEqual(numbers(2, 7));

    // The first time there is no header to say it with.
    const query = `since=${encodeURIComponent(lastEventId)}`;
    const other = await readEvents(server, id, { query });
    await other.reads(6);
    expect(other.seqs).toEqual(numbers(2, 7));
    // An EventSource has the same URL each time, and goes by its header.
    const { lastEventId: newest } = second;
    const third = await readEvents(server, id, { query, lastEventId: newest });
    await publishes(id, 8);
    await third.reads(1);
    expect(third.seqs).toEqual([8]);
  });

  it("misses nothing though it had not been handed anything", async () => {
    const id = await createChannel(server, "empty", { "message-retention": 0 });
    const first = await readEvents(server, id);
    await eventually(
      "it knows where it stands",
      () => first.lastEventId !== "",
    );
    first.leaves();
    for (const n of numbers(1, 3)) await publishes(id, n);
    const { lastEventId } = first;
    const second = await readEvents(server, id, { lastEventId });
    await second.reads(3);
    expect(second.seqs).toEqual([1, 2, 3]);
  });

  it("is told of a gap, once", async () => {
    const id = await createChannel(server, "gap", { "message-retention": 2 });
    for (const n of numbers(1, 4)) await publishes(id, n);
    const { epoch } = await infoOf(server, id);
    const lastEventId = "another:17";
    const reader = await readEvents(server, id, { lastEventId });
    const [gap] = await reader.reads(3);
    expect(gap).toMatchObject({ type: "gap", lastEventId: `${epoch}:2` });
    expect(JSON.parse(gap?.data ?? "")).toEqual({
      since: { epoch: "another", seq: 17 },
      position: { epoch, seq: 2 },
    });
    expect(reader.seqs).toEqual([3, 4]);
    const again = await readEvents(server, id, {
      lastEventId: reader.lastEventId,
    });
    await publishes(id, 5);
    const [next] = await again.reads(1);
    expect(next?.type).toBe("message");
  });

  it("is told when all is over, and to stay away", async () => {
    const id = await createChannel(server, "over");
    const reader = await readEvents(server, id);
    await publishes(id, "last");
    await reader.reads(1);
    await server.fetch(pathOf(id), { method: "DELETE" });
    await inTime("the end", reader.closed);
    expect(reader.events.at(-1)).toEqual({
      type: "end",
      data: '{"reason":"channel-deleted"}',
      lastEventId: "end",
    });
    const { lastEventId } = reader;
    const again = await readEvents(server, id, { lastEventId });
    expect(again.status).toBe(204);
    expect(await again.refusal()).toBeUndefined();
    // Nor did that create it anew.
    expect((await server.fetch(pathOf(id))).status).toBe(404);
  });
});

describe("refused before anything is streamed", () => {
  it("a channel that is full", async () => {
    const id = await createChannel(server, "full", { "max-subscribers": 1 });
    await readEvents(server, id);
    expect(await answerOf(server, id)).toEqual(
      refusal("max-subscribers-reached", 429),
    );
  });

  it("a channel that does not exist, where none is created", async () => {
    const id = newChannelId("none");
    const missing = refusal("channel-not-found", 404);
    expect(await answerOf(narrow, id)).toEqual(missing);
    const path = `${pathOf(id)}/events`;
    expect((await narrow.fetch(path, { method: "HEAD" })).status).toBe(404);
  });

  it.each(["since=x", "since=end", "retained-limit=-1", "retained-limit=x"])(
    "what is no query: %s",
    async (query) => {
      const id = newChannelId("query");
      const invalid = refusal("invalid-query", 400);
      expect(await answerOf(server, id, { query })).toEqual(invalid);
    },
  );

  it("what is no id", async () => {
    const id = newChannelId("header");
    const options = { lastEventId: "nonsense" };
    expect(await answerOf(server, id, options)).toEqual(
      refusal("invalid-query", 400),
    );
    expect((await server.fetch(pathOf(id))).status).toBe(404);
  });

  it("a page of another origin", async () => {
    const id = await createChannel(server, "origin");
    const headers = { origin: "https://b.test" };
    expect(await answerOf(server, id, { headers })).toEqual(
      refusal("origin-not-allowed", 403),
    );
  });
});

describe("as elsewhere", () => {
  it("a page of an allowed origin may read", async () => {
    const id = await createChannel(server, "origin");
    const origin = "https://a.test";
    const reader = await readEvents(server, id, { headers: { origin } });
    expect(reader.response.headers).toMatchObject({
      "access-control-allow-origin": origin,
      vary: "origin",
    });
    const { headers } = await server.fetch(`${pathOf(id)}/events`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-headers": "last-event-id" },
    });
    expect(headers.get("access-control-allow-headers")).toContain(
      "last-event-id",
    );
  });

  it("HEAD is answered as GET is, and neither subscribes nor creates", async () => {
    const id = await createChannel(server, "head");
    const missing = newChannelId("head");
    for (const each of [id, missing]) {
      const path = `${pathOf(each)}/events`;
      const answer = await server.fetch(path, { method: "HEAD" });
      expect(answer).toMatchObject({ status: 200, text: "" });
      expect(answer.headers.get("content-type")).toBe("text/event-stream");
    }
    expect((await infoOf(server, id))["subscriber-count"]).toBe(0);
    expect((await server.fetch(pathOf(missing))).status).toBe(404);
  });
});
