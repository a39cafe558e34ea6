import { describe, expect, test } from "vitest";

import { allows } from "../../src/access/grants.ts";
import { broadcast } from "../../src/channel/publishing.ts";
import { type Grants, OPERATIONS } from "../../src/protocol/operations.ts";
import { contents, TestChannel } from "../support/channel.ts";

/** A channel with a service and one message, and a client with these grants. */
function setting(grants: Grants) {
  const channel = new TestChannel({ config: {} });
  const service = channel.subscriber("s");
  service.sends({ type: "publish", data: "old" });
  service.drain();
  const client = channel.connects("c", { grants });
  client.drain();
  return { channel, service, client };
}

describe("grants", () => {
  test("allow what they name, and admin allows all", () => {
    for (const operation of OPERATIONS) {
      expect(allows([operation], operation)).toBe(true);
      expect(allows(["admin"], operation)).toBe(true);
      expect(allows([], operation)).toBe(false);
    }
    expect(allows(["subscribe"], "publish")).toBe(false);
  });
});

describe("a connection that may not", () => {
  test("subscribe is refused", () => {
    const { channel, client } = setting(["publish", "request", "history"]);
    client.sends({ type: "subscribe", ref: 1 });
    expect(client.receives("subscription-result")).toEqual({
      type: "subscription-result",
      ref: 1,
      "channel-id": "chat",
      success: false,
      reason: "forbidden",
      operation: "subscribe",
    });
    expect(channel.state.connections.subscriberCount).toBe(1);
  });

  test("create subscribes to nothing that is not there", () => {
    const channel = new TestChannel();
    const client = channel.connects("c", { grants: ["subscribe"] });
    client.drain();
    client.sends({ type: "subscribe" });
    expect(client.receives("subscription-result").reason).toBe("forbidden");
    expect(channel.sql.tables()).toEqual([]);
  });

  test("see history is subscribed and handed nothing old", () => {
    const { channel, service, client } = setting(["subscribe"]);
    client.sends({ type: "subscribe" });
    expect(client.receives("subscription-result")).toMatchObject({
      success: true,
      "retained-messages": [],
      seq: 1,
    });
    service.sends({ type: "publish", data: "new" });
    expect(contents(client.drain())).toEqual(["new"]);
    const epoch = channel.state.existing?.record.epoch;
    client.sends({ type: "subscribe", since: { epoch, seq: 1 } });
    expect(client.receives("subscription-result")).toMatchObject({
      recovered: false,
      "retained-messages": [],
    });
    client.sends({ type: "subscribe", since: { epoch, seq: 2 } });
    expect(client.receives("subscription-result").recovered).toBe(true);
  });

  test("publish is refused, and nobody hears of it", () => {
    const { service, client } = setting(["subscribe", "request"]);
    client.sends({ type: "publish", data: 1, ref: 1 });
    expect(client.receives("publish-result")).toEqual({
      type: "publish-result",
      ref: 1,
      "channel-id": "chat",
      success: false,
      reason: "forbidden",
      operation: "publish",
    });
    service.receivesNothing();
  });

  test("publish may not do so over HTTP either", () => {
    const { channel } = setting([]);
    const result = broadcast(channel.state, {
      data: "1",
      messageId: undefined,
      ephemeral: false,
      sender: { connId: null, userId: null },
      grants: ["subscribe"],
    });
    expect(result).toMatchObject({ success: false, reason: "forbidden" });
  });

  test("request is refused", () => {
    const { service, client } = setting(["subscribe", "publish", "respond"]);
    client.sends({ type: "rpc-request", data: 1 });
    expect(client.receives("rpc-request-result")).toMatchObject({
      "request-id": null,
      delivery: { success: false, reason: "forbidden" },
    });
    service.receivesNothing();
  });

  test("respond is not asked, and sees no request", () => {
    const channel = new TestChannel({ config: {} });
    const lurker = channel.subscriber("l", { grants: ["subscribe"] });
    const client = channel.connects("c");
    client.drain();
    client.sends({ type: "rpc-request", data: "secret" });
    expect(client.receives("rpc-request-result").delivery.reason).toBe(
      "no-subscribers",
    );
    const service = channel.subscriber("s");
    for (const how of ["all", "one", "one"]) {
      client.sends({ type: "rpc-request", data: 1, "deliver-to": how });
      expect(client.receives("rpc-request-result").delivery).toEqual({
        success: true,
        "delivered-to": 1,
        subscribers: ["s"],
      });
      service.receives("rpc-request");
    }
    lurker.receivesNothing();
    channel.hibernates();
    client.sends({ type: "rpc-request", data: 1 });
    service.receives("rpc-request");
    lurker.receivesNothing();
  });

  test("respond any more leaves nobody waiting for an answer", () => {
    const channel = new TestChannel({ config: {} });
    const service = channel.connects("s", { via: "session" });
    service.sends({ type: "subscribe" });
    const client = channel.connects("c");
    client.drain();
    client.sends({ type: "rpc-request", data: 1, "deliver-to": "one" });
    client.sends({ type: "rpc-request", data: 2 });
    client.drain();
    service.drain();
    service.sendsText('{"type":"$grants","grants":["subscribe"]}');
    expect(client.drain()).toMatchObject([
      { final: true, reason: "responders-gone" },
      { final: true, reason: "responders-gone" },
    ]);
    client.sends({ type: "rpc-request", data: 3 });
    expect(client.drain()).toMatchObject([
      { delivery: { reason: "no-subscribers" } },
    ]);
    service.receivesNothing();
  });

  test("respond is refused whatever it answers", () => {
    const channel = new TestChannel({ config: {} });
    const client = channel.connects("c", { grants: ["subscribe"] });
    client.drain();
    client.sends({ type: "rpc-response", "request-id": "x", data: 1 });
    expect(client.receives("rpc-response-result")).toMatchObject({
      reason: "forbidden",
      operation: "respond",
    });
  });

  test("do anything learns nothing of whether there is a channel", () => {
    const channel = new TestChannel();
    const client = channel.connects("c", { grants: [] });
    client.drain();
    client.sends(
      { type: "subscribe" },
      { type: "publish", data: 1 },
      { type: "rpc-request", data: 1 },
    );
    expect(client.drain()).toMatchObject([
      { reason: "forbidden" },
      { reason: "forbidden" },
      { delivery: { reason: "forbidden" } },
    ]);
  });

  test("subscribe is not resumed", () => {
    const { channel } = setting([]);
    const session = channel.connects("x", {
      via: "session",
      grants: ["publish"],
    });
    const epoch = channel.state.existing?.record.epoch ?? "";
    const resumed = session.resumes({ epoch, seq: 0, order: 1 });
    expect(resumed?.subscription).not.toBe("recovered");
    session.receivesNothing();
  });

  test("keeps its grants across hibernation", () => {
    const { channel, client } = setting(["subscribe"]);
    channel.hibernates();
    client.sends({ type: "publish", data: 1 });
    expect(client.receives("publish-result").reason).toBe("forbidden");
  });
});
