import { expect } from "vitest";

import { coverage, scenario } from "../support/scenario.ts";

scenario("a connection is greeted", async (world) => {
  const alice = await world.client("alice");
  const [welcome] = alice.received;
  expect(welcome).toMatchObject({
    type: "welcome",
    protocol: 1,
    "heartbeat-ms": 30_000,
    "max-frame-bytes": 65_536,
    "max-depth": 128,
    "frames-per-second": 1_000,
    "frames-burst": 2_000,
    "user-id": null,
  });
  expect(alice.connId).toMatch(/^conn-\d+-[\w-]{16}$/);
});

scenario("heartbeats, echoes and lists", async (world) => {
  const alice = await world.client("alice");
  await world.sends(alice, '{"type":"ping"}');
  expect(alice.receives({ type: "pong" })).toEqual({ type: "pong" });
  await world.sends(alice, { type: "ping", timestamp: 5, ref: 1 });
  alice.receives({ type: "pong", "original-timestamp": 5, ref: 1 });
  await world.sends(alice, { type: "ping" });
  alice.receives({ type: "pong", "original-timestamp": null });
  await world.sends(alice, {
    type: "pong",
    timestamp: 1,
    "original-timestamp": 2,
  });
  await world.sends(alice, { type: "hello", ref: "e", nested: { a: [1] } });
  alice.receives({
    type: "echo",
    ref: "e",
    "conn-id": alice.connId,
    original: { type: "hello", ref: "e", nested: { a: [1] } },
  });
  await world.sends(alice, { type: "get-subscriptions" });
  alice.receives({ type: "subscription-list", subscriptions: [] });
  await world.sends(alice, { type: "subscribe" });
  alice.skips();
  await world.sends(alice, { type: "get-subscriptions", ref: null });
  alice.receives({
    type: "subscription-list",
    subscriptions: [world.channelId],
  });
  await world.sends(alice, { type: "authenticate", token: "t" });
  alice.receives({
    type: "authenticate-result",
    success: false,
    reason: "auth-open",
  });
  await world.sends(alice, { type: "ack", seq: 3 });
  alice.receivesNothing();
});

scenario(
  "what cannot be read is refused, and the socket stays open",
  async (world) => {
    const alice = await world.client("alice");
    const refused = async (
      frame: object | string,
      reason: string,
      message: RegExp,
    ) => {
      await world.sends(alice, frame);
      const error = alice.receives({ type: "error", reason });
      expect(error.message).toMatch(message);
      return error;
    };
    await refused("{nonsense", "invalid-json", /JSON/);
    await refused('"text"', "invalid-message", /object/);
    await refused("[]", "invalid-message", /1 to 256/);
    await refused({ type: 7 }, "invalid-message", /`type`/);
    await refused({ type: "publish" }, "invalid-message", /`data` is required/);
    expect(
      await refused(
        { type: "publish", data: 1, "message-id": "msg-1", ref: 5 },
        "invalid-message",
        /`message-id`/,
      ),
    ).toMatchObject({ ref: 5 });
    await refused(
      { type: "subscribe", since: 5 },
      "invalid-message",
      /`since`/,
    );
    await refused(
      { type: "rpc-request", data: 1, "timeout-ms": 0 },
      "invalid-message",
      /`timeout-ms` must be an integer from 1 to 300000/,
    );
    await refused(
      `{"type":"publish","data":${"[".repeat(200)}${"]".repeat(200)}}`,
      "invalid-message",
      /128/,
    );
    await world.sendsBinary(alice);
    alice.receives({ type: "error", reason: "unsupported-data" });
    alice.receivesNothing();
  },
);

scenario(
  "an array is handled in order, each frame for itself",
  async (world) => {
    const alice = await world.client("alice");
    const { channelId } = world;
    const on = (frame: object) => ({ "channel-id": channelId, ...frame });
    await world.sends(alice, [
      on({ type: "subscribe" }),
      on({ type: "publish", data: 1 }),
      5,
      on({ type: "publish" }),
      on({ type: "unsubscribe" }),
    ]);
    const channelFrames = alice.received.filter(
      (frame) => "channel-id" in frame,
    );
    expect(channelFrames.map(({ type }) => type)).toEqual([
      "subscription-result",
      "channel-message",
      "publish-result",
      "unsubscription-result",
    ]);
    const errors = alice.received.flatMap((frame) =>
      frame.type === "error" ? [frame.message] : [],
    );
    expect(errors).toEqual([
      "a frame must be a JSON object",
      "`data` is required",
    ]);
  },
);

scenario(
  "a message over the limit closes with 1009",
  async (world) => {
    const alice = await world.client("alice");
    alice.write(JSON.stringify({ type: "x", pad: "é".repeat(32_768) }));
    await alice.until(() => alice.closed !== undefined);
    alice.receives({ type: "error", reason: "frame-too-large" });
    expect(alice.closed).toMatchObject({ code: 1009 });
  },
  { disturbances: ["none"] },
);

scenario(
  "a hundred refusals in a row close with 1008",
  async (world) => {
    const alice = await world.client("alice");
    for (let i = 0; i < 99; i++) alice.write("?");
    alice.write({ type: "fine" });
    for (let i = 0; i < 100; i++) alice.write("?");
    await alice.until(() => alice.closed !== undefined);
    expect(alice.received.filter(({ type }) => type === "error")).toHaveLength(
      199,
    );
    expect(alice.closed).toMatchObject({ code: 1008 });
  },
  { disturbances: ["none"] },
);

scenario(
  "a channel's own socket is for that channel alone",
  async (world) => {
    const alice = await world.client("alice");
    await world.sends(alice, { type: "subscribe", "channel-id": "another" });
    alice.receives({ type: "error", reason: "wrong-channel" });
    await world.sends(alice, { type: "subscribe", "channel-id": null });
    alice.receives({
      type: "subscription-result",
      "channel-id": world.channelId,
      success: true,
    });
  },
  { via: ["direct"] },
);

scenario(
  "a session needs a channel, and a possible one",
  async (world) => {
    const alice = await world.client("alice");
    await world.sends(alice, { type: "subscribe", "channel-id": null });
    expect(
      alice.receives({ type: "error", reason: "invalid-message" }).message,
    ).toMatch(/`channel-id`/);
    const bad = { "channel-id": "$reserved" };
    const reason = "invalid-channel-id";
    await world.sends(alice, { type: "subscribe", ...bad });
    alice.receives({
      type: "subscription-result",
      ...bad,
      success: false,
      reason,
    });
    await world.sends(alice, { type: "unsubscribe", ...bad });
    alice.receives({
      type: "unsubscription-result",
      ...bad,
      success: false,
      reason,
    });
    await world.sends(alice, { type: "publish", data: 1, ...bad });
    alice.receives({ type: "publish-result", ...bad, success: false, reason });
    await world.sends(alice, { type: "rpc-request", data: 1, ...bad });
    alice.receives({
      type: "rpc-request-result",
      ...bad,
      delivery: { success: false, reason },
    });
    await world.sends(alice, {
      type: "rpc-response",
      "request-id": "nonsense",
      data: 1,
    });
    alice.receives({
      type: "rpc-response-result",
      success: false,
      reason: "request-not-found",
    });
    await world.sends(alice, { type: "rpc-cancel", "request-id": "nonsense" });
    alice.receives({
      type: "rpc-cancel-result",
      success: false,
      reason: "request-not-found",
    });
  },
  { via: ["session"] },
);

scenario(
  "what is not granted is forbidden",
  async (world) => {
    await world.object.put(["admin"], {});
    const nobody = await world.client("nobody", { grants: [] });
    await world.sends(nobody, { type: "subscribe" });
    nobody.receives({
      type: "subscription-result",
      success: false,
      reason: "forbidden",
    });
    await world.sends(nobody, { type: "publish", data: 1 });
    nobody.receives({
      type: "publish-result",
      success: false,
      reason: "forbidden",
    });
    await world.sends(nobody, { type: "rpc-request", data: 1 });
    nobody.receives({
      type: "rpc-request-result",
      delivery: { success: false, reason: "forbidden" },
    });
    const mute = await world.client("mute", { grants: ["subscribe"] });
    await world.sends(mute, { type: "subscribe" });
    const asker = await world.client("asker", { grants: ["request"] });
    await world.sends(asker, { type: "rpc-request", data: 1 });
    asker.receives({
      type: "rpc-request-result",
      delivery: { success: false, reason: "no-subscribers" },
    });
    mute.skips();
    await world.sends(mute, {
      type: "rpc-response",
      "request-id": "req-1-any",
      data: 1,
    });
    mute.receives({
      type: "rpc-response-result",
      success: false,
      reason: "forbidden",
    });
  },
  { via: ["direct"] },
);

coverage("connection");
