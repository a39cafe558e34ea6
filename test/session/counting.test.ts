import { describe, expect, test } from "vitest";
import { Policy } from "../../src/access/policy.ts";
import type { Principal } from "../../src/access/principal.ts";
import { TestSession } from "../support/session.ts";

const publish = { type: "publish", "channel-id": "chat", data: 1 };
const request = { type: "rpc-request", "channel-id": "chat", data: 1 };

describe("a session counts", () => {
  test("frames that come too soon", () => {
    const it = new TestSession({ FRAMES_PER_SECOND: 10, FRAMES_BURST: 2 });
    it.sends({ type: "ping" }, { type: "ping" }, { type: "ping" });
    it.sendsText('[{"type":"ping"},{"type":"ping"}]');
    expect(it.counters.take().limited).toEqual({ frames: 2 });
  });

  test("what it refuses because nobody may have it", () => {
    const policy = Policy.of({ chat: ["subscribe"] });
    const principal: Principal = { userId: "u", policy, expiresAt: null };
    const it = new TestSession({}, principal);
    it.sends(publish, publish, request, {
      type: "subscribe",
      "channel-id": "other",
    });
    expect(it.counters.take()).toMatchObject({
      unpublished: { forbidden: 2 },
      unasked: { forbidden: 1 },
    });
  });

  test("what it refuses because no channel can be called so", () => {
    const it = new TestSession();
    it.sends({ ...publish, "channel-id": "$x" });
    it.sends({ ...request, "channel-id": "." });
    it.sends({ type: "subscribe", "channel-id": "." });
    expect(it.counters.take()).toMatchObject({
      unpublished: { "invalid-channel-id": 1 },
      unasked: { "invalid-channel-id": 1 },
    });
  });

  test("what did not fit into the line", () => {
    const it = new TestSession({ MAX_QUEUED_FRAMES: 16 });
    for (let i = 0; i < 18; i++) it.sends(publish);
    expect(it.counters.take().unpublished).toEqual({ "rate-limited": 2 });
  });

  test("what it does not know the outcome of", () => {
    const it = new TestSession();
    const channel = it.subscribes("chat");
    it.sends(publish, request, { ...publish, "message-id": "again" });
    channel.breaks();
    expect(it.counters.take()).toMatchObject({
      unpublished: { "outcome-unknown": 1 },
      unasked: { "outcome-unknown": 1 },
    });
  });

  test("what it gives up, each once", () => {
    const it = new TestSession();
    const channel = it.subscribes("chat");
    it.sends(publish, { ...publish, "message-id": "again" });
    channel.breaks();
    it.sends(request);
    it.losesForGood();
    const results = it.drain().filter(({ type }) => type !== "error");
    expect(
      results.filter(({ type }) => type === "publish-result"),
    ).toHaveLength(2);
    expect(it.counters.take()).toMatchObject({
      unpublished: { "outcome-unknown": 1, "rate-limited": 1 },
      unasked: { "rate-limited": 1 },
    });
  });

  test("nothing that a channel answers, which counts it itself", () => {
    const it = new TestSession();
    const channel = it.subscribes("chat");
    it.sends(publish);
    channel.replies({
      type: "publish-result",
      "channel-id": "chat",
      success: false,
      reason: "payload-too-large",
    });
    expect(it.receives("publish-result").success).toBe(false);
    expect(it.counters.take().unpublished).toEqual({});
  });
});
