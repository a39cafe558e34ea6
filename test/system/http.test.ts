/** Every endpoint of docs/protocol.md §6, over the wire. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { DEFAULT_CHANNEL_CONFIG } from "../../src/protocol/channel-config.ts";
import {
  createChannel,
  infoOf,
  newChannelId,
  numbers,
  pathOf,
  storedMessages,
} from "./support/channels.ts";
import { connect, holds, leaveAll } from "./support/client.ts";
import { type Answer, type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

const get = (path: string) => server.fetch(path);
const put = (path: string, body: unknown) => server.sends("PUT", path, body);
const post = (path: string, body: unknown) => server.sends("POST", path, body);

/** What is to be expected of a refusal. */
function refusal(status: number, reason: string) {
  const message = expect.stringMatching(/./);
  return { status, body: { error: { reason, message } } };
}

describe("/health, /stats and /channels", () => {
  it("tell what there is", async () => {
    const id = await createChannel(server, "told", { "message-retention": 2 });
    const client = await connect(server);
    await client.subscribes(id);
    for (const n of numbers(1, 3)) await client.publishes(id, n);
    const shown = { "message-count": 3, "subscriber-count": 1 };

    const stats = await eventually("/stats knows it", async () => {
      const { body } = await get("/stats");
      const channels = { [id]: { ...shown, "retention-count": 2 } };
      return holds(body, { "channel-stats": { channels } }) && body;
    });
    expect(stats).toMatchObject({
      "active-connections": 1,
      "total-messages": expect.any(Number),
      "server-config": { auth: "open", "auto-create": true },
      "channel-stats": {
        channels: { [id]: { "created-at": expect.any(Number) } },
        "total-channels": expect.any(Number),
        "total-subscriptions": 1,
        "active-connections": 1,
        "pending-rpc-requests": 0,
      },
      "rpc-stats": expect.any(Object),
      "telemetry-stats": { processed: expect.any(Number), dropped: 0 },
    });
    const health = await get("/health");
    expect(health.status).toBe(200);
    expect(health.body).toEqual({
      status: "healthy",
      connections: 1,
      channels: expect.any(Number),
      "system-health": {
        healthy: true,
        "total-channels": expect.any(Number),
        "total-subscriptions": 1,
        "active-connections": 1,
        "pending-rpc-requests": 0,
        "old-rpc-requests": 0,
      },
      "uptime-ms": expect.any(Number),
    });
    const config = { ...DEFAULT_CHANNEL_CONFIG, "message-retention": 2 };
    const listed = await get(`/channels?prefix=${id}`);
    expect(listed.body).toEqual({
      channels: {
        [id]: {
          config,
          "created-at": expect.any(Number),
          ...shown,
          "messages-per-second": expect.any(Number),
        },
      },
      cursor: null,
    });
    expect((await get(pathOf(id))).body).toEqual({
      config,
      "created-at": expect.any(Number),
      ...shown,
      seq: 3,
      epoch: expect.any(String),
      "pending-rpc-requests": 0,
    });
  });

  it("list channels by the page, in byte order", async () => {
    const about = newChannelId("page");
    const ids = ["!", "B", "a", "b/c", "~", "é", "\ud7ff", "\uffee", "😀"];
    const sorted = ids.map((each) => `${about}${each}`);
    for (const id of sorted.toReversed()) await put(pathOf(id), {});
    const path = `/channels?prefix=${about}&limit=4`;
    await eventually("all are listed", async () => {
      const { body } = await get(`/channels?prefix=${about}`);
      return Object.keys(Object(Object(body).channels)).length === ids.length;
    });
    const pages: string[][] = [];
    let cursor: unknown = "";
    while (cursor !== null) {
      const { body } = await get(
        `${path}&cursor=${encodeURIComponent(String(cursor))}`,
      );
      pages.push(Object.keys(Object(body).channels));
      cursor = Object(body).cursor;
    }
    expect(pages).toEqual([
      sorted.slice(0, 4),
      sorted.slice(4, 8),
      sorted.slice(8),
    ]);
    for (const query of ["limit=0", "limit=1001", "limit=x", "limit=1e2"]) {
      expect(await get(`/channels?${query}`)).toMatchObject(
        refusal(400, "invalid-query"),
      );
    }
  });
});

describe("/channels/:id", () => {
  it("is created once, changed and deleted", async () => {
    const id = newChannelId("life");
    const path = pathOf(id);
    const missing = refusal(404, "channel-not-found");
    expect(await get(path)).toMatchObject(missing);
    expect(await server.sends("PATCH", path, {})).toMatchObject(missing);
    expect(await server.fetch(path, { method: "DELETE" })).toMatchObject(
      missing,
    );

    const retention = { "message-retention": 3 };
    const config = { ...DEFAULT_CHANNEL_CONFIG, ...retention };
    expect(await put(path, retention)).toMatchObject({
      status: 201,
      body: { config, seq: 0, "subscriber-count": 0 },
    });
    expect(await put(path, config)).toMatchObject({ status: 200 });
    expect(await put(path, {})).toMatchObject(refusal(409, "channel-exists"));

    const client = await connect(server, { channel: id });
    const { epoch } = await client.subscribes(id);
    for (const n of numbers(1, 5)) await client.publishes(id, n);
    const changed = await server.sends("PATCH", path, { "max-subscribers": 1 });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...config, "max-subscribers": 1 },
    });
    expect(await infoOf(server, id)).toMatchObject({
      seq: 5,
      epoch,
      "subscriber-count": 1,
    });
    const refused = await (await connect(server)).asks(
      { type: "subscribe", "channel-id": id },
      "subscription-result",
    );
    expect(refused).toMatchObject({
      reason: "max-subscribers-reached",
      current: 1,
      max: 1,
    });

    const deleted = await server.fetch(path, { method: "DELETE" });
    expect(deleted).toMatchObject({ status: 204, text: "" });
    await client.receives({ type: "channel-deleted", "channel-id": id });
    expect(await get(path)).toMatchObject(missing);
    expect((await get(`/channels?prefix=${id}`)).body).toEqual({
      channels: {},
      cursor: null,
    });
    expect(await put(path, {})).toMatchObject({
      status: 201,
      body: { seq: 0 },
    });
    expect((await infoOf(server, id)).epoch).not.toBe(epoch);
  });

  it("refuses what is no configuration", async () => {
    const path = pathOf(newChannelId("config"));
    const bodies = [
      { unknown: 1 },
      { "max-subscribers": 0 },
      { "max-subscribers": "10" },
      { "message-retention": 1.5 },
      { "rpc-timeout-ms": 300_001 },
      [],
      "text",
      null,
    ];
    for (const method of ["PUT", "PATCH"]) {
      for (const body of bodies) {
        expect(await server.sends(method, path, body)).toMatchObject(
          refusal(400, "invalid-config"),
        );
      }
      const broken = await server.fetch(path, { method, body: "{" });
      expect(broken).toMatchObject(refusal(400, "invalid-json"));
    }
    expect((await get(path)).status).toBe(404);
  });
});

describe("/channels/:id/messages", () => {
  it("publishes", async () => {
    const id = await createChannel(server, "post");
    const client = await connect(server);
    await client.subscribes(id);
    expect(await post(`${pathOf(id)}/messages`, { data: null })).toMatchObject({
      status: 200,
      body: {
        type: "publish-result",
        "channel-id": id,
        success: true,
        "message-id": "msg-1",
        seq: 1,
        "delivered-to": 1,
      },
    });
    expect(await client.receives({ type: "channel-message" })).toMatchObject({
      data: null,
      seq: 1,
      "sender-conn-id": null,
      "sender-user-id": null,
    });
    const ephemeral = { data: "now", ephemeral: true };
    const { body } = await post(`${pathOf(id)}/messages`, ephemeral);
    expect(body).toMatchObject({ success: true, "delivered-to": 1 });
    expect(body).not.toHaveProperty("seq");
    await client.receives({ type: "channel-message", data: "now" });
    expect(await storedMessages(server, id)).toHaveLength(1);
  });

  it("publishes once under one idempotency-key", async () => {
    const id = await createChannel(server, "key");
    const path = `${pathOf(id)}/messages`;
    const send = (key: string, body: unknown): Promise<Answer> =>
      server.fetch(path, {
        method: "POST",
        headers: { "idempotency-key": key },
        body: JSON.stringify(body),
      });
    expect((await send("k", { data: 1 })).body).toMatchObject({ seq: 1 });
    const again = [
      await send("k", { data: 1 }),
      await send("k", { data: 1, "message-id": "k" }),
      await post(path, { data: 2, "message-id": "k" }),
    ];
    for (const { status, body } of again) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ seq: 1, duplicate: true });
      expect(body).not.toHaveProperty("delivered-to");
    }
    const invalid = refusal(400, "invalid-message");
    const both = await send("k", { data: 1, "message-id": "other" });
    expect(both).toMatchObject(invalid);
    for (const key of ["msg-1", "eph-1", "x".repeat(65)]) {
      expect(await send(key, { data: 1 })).toMatchObject(invalid);
    }
    expect((await infoOf(server, id)).seq).toBe(1);
  });

  it("refuses what is no message", async () => {
    const id = await createChannel(server, "bad");
    const path = `${pathOf(id)}/messages`;
    const invalid = refusal(400, "invalid-message");
    const nowhere = `${pathOf(newChannelId("nowhere"))}/messages`;
    expect(await post(nowhere, { data: 1 })).toMatchObject(
      refusal(404, "channel-not-found"),
    );
    expect(await get(nowhere)).toMatchObject(refusal(404, "channel-not-found"));
    for (const body of [{}, [], 5, { data: 1, "message-id": "msg-1" }]) {
      expect(await post(path, body)).toMatchObject(invalid);
    }
    const deep = "[".repeat(200) + "]".repeat(200);
    for (const body of [
      "",
      "{",
      '{"data":}',
      "\ufeff{}x",
      `{"data":${deep}}`,
    ]) {
      const answer = await server.fetch(path, { method: "POST", body });
      expect(answer).toMatchObject(refusal(400, "invalid-json"));
    }
    const tooLarge = refusal(413, "payload-too-large");
    const over = { data: "x".repeat(59_999) };
    expect(await post(path, over)).toMatchObject(tooLarge);
    const farOver = { data: "x".repeat(150_000) };
    expect(await post(path, farOver)).toMatchObject(tooLarge);
    expect(await put(pathOf(id), farOver)).toMatchObject(tooLarge);
    const rpc = `${pathOf(id)}/rpc`;
    expect(await post(rpc, farOver)).toMatchObject(tooLarge);
    expect((await infoOf(server, id)).seq).toBe(0);
  });

  it("are read by the page", async () => {
    const id = await createChannel(server, "read", { "recovery-window": 20 });
    const path = `${pathOf(id)}/messages`;
    const client = await connect(server, { channel: id });
    const empty = await get(path);
    const { epoch } = await infoOf(server, id);
    const head = { "channel-id": id, epoch };
    const none = { ...head, seq: 0, complete: true, messages: [] };
    expect(empty.body).toEqual(none);
    for (const n of numbers(1, 30)) await client.publishes(id, n);
    const page = async (query: string) => {
      const { body } = await get(`${path}?${query}`);
      const { messages = [], ...rest } = Object(body);
      return {
        ...rest,
        seqs: messages.map((each: object) => Object(each).seq),
      };
    };
    const at = { ...head, seq: 30 };
    expect(await page(`epoch=${epoch}&after=25&limit=3`)).toEqual({
      ...at,
      complete: true,
      more: true,
      seqs: [26, 27, 28],
    });
    expect(await page("after=28")).toEqual({
      ...at,
      complete: true,
      seqs: [29, 30],
    });
    expect(await page("after=30")).toEqual({ ...at, complete: true, seqs: [] });
    const since = await page("after=2");
    expect(since).toMatchObject({ complete: false });
    expect(since.seqs).toEqual(numbers(30 - since.seqs.length + 1, 30));
    expect(since.seqs.length).toBeGreaterThanOrEqual(20);
    expect(await page("epoch=other&after=28")).toMatchObject({
      complete: false,
      seqs: since.seqs,
    });
    for (const query of ["after=-1", "after=x", "limit=0", "limit=1001"]) {
      expect(await get(`${path}?${query}`)).toMatchObject(
        refusal(400, "invalid-query"),
      );
    }
    // A page ends at a megabyte, too.
    const long = await createChannel(server, "long", {
      "recovery-window-bytes": 4_000_000,
    });
    for (const n of numbers(1, 30)) {
      await post(`${pathOf(long)}/messages`, { data: `${n}`.repeat(25_000) });
    }
    const { body, text } = await get(`${pathOf(long)}/messages`);
    expect(body).toMatchObject({ more: true, complete: true });
    expect(text.length).toBeLessThan(1_100_000);
    expect(await storedMessages(server, long)).toHaveLength(30);
  });
});
