/**
 * The original's own test, `test_channel_integration.bb`, step by step as its
 * results list them ("Test Results" 1 to 14 in the description of the
 * sente-lite channel system).
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { infoOf } from "./support/channels.ts";
import { type Client, connect, holds, leaveAll } from "./support/client.ts";
import { type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

describe("the channel integration test of the original", () => {
  let server: Server;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let stopped = false;

  beforeAll(async () => {
    const defaults = {
      "max-subscribers": 1000,
      "message-retention": 5,
      "rpc-timeout-ms": 30_000,
    };
    server = await startServer({
      vars: { CHANNEL_DEFAULTS: JSON.stringify(defaults) },
    });
  });
  afterAll(async () => {
    await leaveAll();
    if (!stopped) await server.stop();
  });

  it("1. the server starts up with the channel system", async () => {
    const { status, body } = await server.fetch("/health");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "healthy",
      connections: 0,
      channels: 0,
      "system-health": { healthy: true, "total-channels": 0 },
    });
    alice = await connect(server);
    bob = await connect(server);
    carol = await connect(server);
    const ids = [alice, bob, carol].map(({ connId }) => connId);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^conn-\d+-\S{16,}$/);
  });

  it("2. channels are created by hand", async () => {
    const config = { "max-subscribers": 2, "message-retention": 10 };
    const created = await server.sends("PUT", "/channels/test-channel", config);
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      config: { ...config, "rpc-timeout-ms": 30_000 },
      "message-count": 0,
      "subscriber-count": 0,
    });
    const other = await server.sends("PUT", "/channels/broadcast-channel", {});
    expect(other.status).toBe(201);
    expect(other.body).toMatchObject({ config: { "message-retention": 5 } });
  });

  it("3. three connections subscribe, all with success", async () => {
    const first = await alice.subscribes("test-channel");
    expect(first).toMatchObject({
      "subscriber-count": 1,
      "retained-messages": [],
    });
    const second = await bob.subscribes("test-channel");
    expect(second["subscriber-count"]).toBe(2);
    for (const each of [alice, bob, carol]) {
      await each.subscribes("broadcast-channel");
    }
    // Subscribing makes a missing channel.
    const made = await carol.subscribes("user-notifications");
    expect(made).toMatchObject({ success: true, "subscriber-count": 1 });
    const { config } = await infoOf(server, "user-notifications");
    expect(config["message-retention"]).toBe(5);
  });

  it("4. messages are published and delivered to 2 and 1 subscribers", async () => {
    const data = { message: "Hello everyone!", user: "alice" };
    const all = await alice.publishes("test-channel", data);
    expect(all).toMatchObject({ "message-id": "msg-1", "delivered-to": 2 });
    for (const each of [alice, bob]) {
      expect(await each.receives({ type: "channel-message" })).toMatchObject({
        "channel-id": "test-channel",
        data,
        "message-id": "msg-1",
        "sender-conn-id": alice.connId,
      });
    }
    const others = await alice.publishes("test-channel", data, {
      "exclude-sender": true,
    });
    expect(others).toMatchObject({ "message-id": "msg-2", "delivered-to": 1 });
    await bob.receives({ type: "channel-message", "message-id": "msg-2" });
    await alice.isAnswered();
    await carol.isAnswered();
    for (const each of [alice, carol]) expect(each.unread).toEqual([]);
  });

  it("5. an RPC request is answered, and all ids correlate", async () => {
    await bob.subscribes("api-service");
    const data = { action: "get-user-profile", params: { "user-id": 42 } };
    const { "request-id": requestId, delivery } = await alice.asks(
      {
        type: "rpc-request",
        "channel-id": "api-service",
        data,
        "timeout-ms": 5_000,
      },
      "rpc-request-result",
    );
    expect(requestId).toMatch(/^req-\d+-\S{16,}@api-service$/);
    expect(delivery).toEqual({
      success: true,
      "delivered-to": 1,
      subscribers: [bob.connId],
    });
    const request = await bob.receives({ type: "rpc-request" });
    expect(request).toMatchObject({
      "request-id": requestId,
      "channel-id": "api-service",
      data,
      "sender-conn-id": alice.connId,
      "timeout-ms": 5_000,
    });
    const answer = { user: { id: 42, name: "Alice" }, status: "active" };
    const responded = await bob.asks(
      {
        type: "rpc-response",
        "request-id": requestId,
        data: answer,
        error: false,
      },
      "rpc-response-result",
    );
    expect(responded.success).toBe(true);
    expect(await alice.receives({ type: "rpc-response" })).toMatchObject({
      "request-id": requestId,
      "channel-id": "api-service",
      data: answer,
      error: false,
      final: true,
      "responder-conn-id": bob.connId,
    });
  });

  it("6. the statistics tell it all", async () => {
    const stats = await eventually("/stats knows it", async () => {
      const { body } = await server.fetch("/stats");
      const done = {
        "total-messages": 2,
        "active-connections": 3,
        "channel-stats": { "total-channels": 4, "total-subscriptions": 7 },
        "rpc-stats": { answered: 1 },
      };
      return holds(body, done) && body;
    });
    expect(stats).toMatchObject({
      "channel-stats": {
        channels: {
          "test-channel": {
            "subscriber-count": 2,
            "message-count": 2,
            "created-at": expect.any(Number),
            "retention-count": 2,
          },
        },
        "active-connections": 3,
        "pending-rpc-requests": 0,
      },
    });
  });

  it("7. the HTTP endpoints are there", async () => {
    for (const path of ["/health", "/stats", "/channels"]) {
      const { status, headers } = await server.fetch(path);
      expect(status).toBe(200);
      expect(headers.get("content-type")).toContain("application/json");
    }
    expect((await server.fetch("/health")).body).toMatchObject({
      status: "healthy",
      connections: 3,
      channels: 4,
      "system-health": { "total-subscriptions": 7, "old-rpc-requests": 0 },
    });
  });

  it("8. channels are listed and described", async () => {
    const { body } = await server.fetch("/channels");
    expect(Object.keys(Object(body).channels)).toEqual([
      "api-service",
      "broadcast-channel",
      "test-channel",
      "user-notifications",
    ]);
    const list = await carol.asks({ type: "list-channels" }, "channel-list");
    expect(list.channels).toEqual(Object(body).channels);
    expect(await infoOf(server, "test-channel")).toMatchObject({
      "message-count": 2,
      "subscriber-count": 2,
      "pending-rpc-requests": 0,
    });
  });

  it("9. subscriptions are managed, connection by connection", async () => {
    const listing = { type: "get-subscriptions" };
    const before = await bob.asks(listing, "subscription-list");
    expect(before.subscriptions.toSorted()).toEqual([
      "api-service",
      "broadcast-channel",
      "test-channel",
    ]);
    const frame = { type: "unsubscribe", "channel-id": "test-channel" };
    const left = await bob.asks(frame, "unsubscription-result");
    expect(left).toMatchObject({ success: true, "channel-id": "test-channel" });
    const after = await bob.asks(listing, "subscription-list");
    expect(after.subscriptions).not.toContain("test-channel");
    const again = await bob.subscribes("test-channel");
    const retained = again["retained-messages"] ?? [];
    expect(retained.map((each) => each["message-id"])).toEqual([
      "msg-1",
      "msg-2",
    ]);
  });

  it("10. the server broadcasts to a channel", async () => {
    const data = {
      type: "system-message",
      message: "Maintenance in 10 minutes",
    };
    const { body } = await server.sends(
      "POST",
      "/channels/broadcast-channel/messages",
      { data },
    );
    expect(body).toMatchObject({ success: true, "delivered-to": 3 });
    for (const each of [alice, bob, carol]) {
      const message = await each.receives({
        type: "channel-message",
        "channel-id": "broadcast-channel",
      });
      expect(message).toMatchObject({ data, "sender-conn-id": null });
    }
  });

  it("11. who leaves is cleaned up after", async () => {
    await carol.leaves();
    await eventually("carol is gone", async () => {
      const { "subscriber-count": count } = await infoOf(
        server,
        "broadcast-channel",
      );
      return count === 2;
    });
    const deleted = await server.fetch("/channels/user-notifications", {
      method: "DELETE",
    });
    expect(deleted.status).toBe(204);
    await eventually("the registry knows", async () => {
      const { body } = await server.fetch("/health");
      return holds(body, {
        connections: 2,
        channels: 3,
        "system-health": { "total-subscriptions": 5 },
      });
    });
  });

  it("12. what is impossible is refused, and nothing breaks", async () => {
    const nowhere = { "channel-id": "non-existent", data: 1 };
    expect(
      await alice.asks({ type: "publish", ...nowhere }, "publish-result"),
    ).toMatchObject({ success: false, reason: "channel-not-found" });
    expect(
      await alice.asks(
        { type: "unsubscribe", ...nowhere },
        "unsubscription-result",
      ),
    ).toMatchObject({ success: false, reason: "channel-not-found" });
    expect(
      await alice.asks(
        { type: "rpc-request", ...nowhere },
        "rpc-request-result",
      ),
    ).toMatchObject({
      "request-id": null,
      delivery: { success: false, reason: "channel-not-found" },
    });
    const late = {
      type: "rpc-response",
      "request-id": "req-1729825712500-1234@api-service",
      data: null,
    };
    expect(await bob.asks(late, "rpc-response-result")).toMatchObject({
      success: false,
      reason: "request-not-found",
    });
    const third = await connect(server);
    const subscribe = { type: "subscribe", "channel-id": "test-channel" };
    expect(await third.asks(subscribe, "subscription-result")).toMatchObject({
      success: false,
      reason: "max-subscribers-reached",
      current: 2,
      max: 2,
    });
    const request = {
      type: "rpc-request",
      "channel-id": "api-service",
      data: 1,
    };
    const open = await alice.asks(
      { ...request, "timeout-ms": 50 },
      "rpc-request-result",
    );
    expect(await alice.receives({ type: "rpc-response" })).toMatchObject({
      "request-id": open["request-id"],
      error: true,
      data: null,
      reason: "timeout",
    });
    alice.sendsRaw("{ this is no JSON");
    expect(await alice.receives({ type: "error" })).toMatchObject({
      reason: "invalid-json",
    });
    alice.sends({ type: "something-else", value: 1 });
    expect(await alice.receives({ type: "echo" })).toMatchObject({
      original: { type: "something-else", value: 1 },
      "conn-id": alice.connId,
    });
    const pong = await alice.asks({ type: "ping", timestamp: 5 }, "pong");
    expect(pong).toMatchObject({ "original-timestamp": 5 });
    alice.sendsRaw('{"type":"ping"}');
    expect(await alice.receives({ type: "pong" })).toEqual({ type: "pong" });
  });

  it("13. telemetry has processed all and dropped nothing", async () => {
    const events = [
      "sente-lite.channels/channel-created",
      "sente-lite.channels/channel-deleted",
      "sente-lite.channels/subscription-added",
      "sente-lite.channels/subscription-removed",
      "sente-lite.channels/message-published",
      "sente-lite.channels/rpc-request-sent",
      "sente-lite.channels/rpc-response-sent",
      "sente-lite.channels/rpc-cleanup-completed",
      "sente-lite.server/message-routing",
      "sente-lite.server/channel-broadcast-start",
      "sente-lite.server/channel-broadcast-complete",
      "sente-lite.server/connection-added",
      "sente-lite.server/connection-removed",
    ];
    const { dropped, processed } = await eventually(
      "all are counted",
      async () => {
        const { body } = await server.fetch("/stats");
        const statistics = Object(Object(body)["telemetry-stats"]);
        const counted = Object.keys(Object(statistics.events));
        return events.every((each) => counted.includes(each)) && statistics;
      },
    );
    expect(processed).toBeGreaterThan(27);
    expect(dropped).toBe(0);
    expect(server.log()).toContain("sente-lite.channels/channel-created");
  });

  it("14. the server shuts down and takes its connections with it", async () => {
    stopped = true;
    await server.stop();
    for (const each of [alice, bob]) await each.ended;
    await expect(server.fetch("/health")).rejects.toThrow();
    expect(server.complaints()).toEqual([]);
  });
});
