/** Every request ends once, in a way that its user can tell. */
import { describe, expect, it } from "vitest";

import { answered, passedOn, REQUEST } from "./support/answers.ts";
import { ask } from "./support/request.ts";
import {
  later,
  outcomeOf,
  reconnect,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

describe("a request", () => {
  it("is sent with what it was given, and resolves with the answer", async () => {
    const { socket, asking } = await ask({
      timeoutMs: 5_000,
      deliverTo: "one",
    });
    expect(socket.unseen[0]).toMatchObject({
      type: "rpc-request",
      "channel-id": "room",
      data: { q: 1 },
      "timeout-ms": 5_000,
      "deliver-to": "one",
    });
    passedOn(socket);
    answered(socket, { data: { a: 2 } });
    expect(await asking).toEqual({ a: 2 });
  });

  it("leaves the timeout to the channel where none is given", async () => {
    const { socket, asking } = await ask();
    expect(socket.unseen[0]).not.toHaveProperty("timeout-ms");
    passedOn(socket);
    await later(400_000);
    expect(await outcomeOf(asking)).toBe("pending");
    answered(socket, { data: 1 });
    expect(await asking).toBe(1);
  });

  it("resolves with null as with anything else", async () => {
    const { socket, asking } = await ask();
    passedOn(socket);
    answered(socket, { data: null });
    expect(await asking).toBeNull();
  });

  it("leaves parts of the answer out", async () => {
    const { socket, asking } = await ask();
    passedOn(socket);
    answered(socket, { data: "part", final: false });
    answered(socket, { data: "whole" });
    expect(await asking).toBe("whole");
  });

  it("waits for the connection", async () => {
    const stage = await startClient();
    const asking = stage.client.channel("room").request(1);
    await later(3_000);
    stage.socket.welcomes();
    await soon();
    passedOn(stage.socket);
    answered(stage.socket, { data: 1 });
    expect(await asking).toBe(1);
  });

  it("that waited has only the rest of its time", async () => {
    const stage = await startClient();
    const room = stage.client.channel("room");
    room.request(1, { timeoutMs: 5_000 }).catch(() => {});
    await later(3_000);
    stage.socket.welcomes();
    await soon();
    const ms = Number(stage.socket.takes("rpc-request")["timeout-ms"]);
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(2_000);
  });

  it("is told apart from others", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room");
    const both = [room.request(1), room.request(2)];
    await soon();
    passedOn(socket);
    passedOn(socket, { "request-id": "req-2@room" });
    answered(socket, { "request-id": "req-2@room", data: "second" });
    answered(socket, { data: "first" });
    answered(socket, { data: "again" });
    expect(await Promise.all(both)).toEqual(["first", "second"]);
  });
});

describe("a request that is not answered", () => {
  it.each([
    ["channel-not-found", "ChannelNotFoundError"],
    ["no-subscribers", "NoSubscribersError"],
    ["forbidden", "ForbiddenError"],
    ["rate-limited", "RateLimitedError"],
    ["too-many-requests", "TooManyRequestsError"],
    ["outcome-unknown", "OutcomeUnknownError"],
  ] as const)("is refused: %s", async (reason, name) => {
    const { socket, asking } = await ask();
    const delivery = { success: false, reason };
    passedOn(socket, { "request-id": null, delivery });
    expect(await outcomeOf(asking)).toMatchObject({ name, reason });
  });

  it.each([
    ["timeout", "TimeoutError"],
    ["responders-gone", "RespondersGoneError"],
    ["channel-deleted", "ChannelDeletedError"],
    ["cancelled", "CancelledError"],
    ["outcome-unknown", "OutcomeUnknownError"],
  ] as const)("ends later: %s", async (reason, name) => {
    const { socket, asking } = await ask();
    passedOn(socket);
    answered(socket, { error: true, reason });
    expect(await outcomeOf(asking)).toMatchObject({ name, reason });
  });

  it("since the service failed has what that says", async () => {
    const { socket, asking } = await ask();
    passedOn(socket);
    const data = { message: "no such order", order: 5 };
    answered(socket, { error: true, data });
    expect(await outcomeOf(asking)).toMatchObject({
      name: "RemoteError",
      message: "no such order",
      data,
    });
  });

  it("is lost with the connection, and not asked again", async () => {
    const { stage, asking } = await ask();
    passedOn(stage.socket);
    await reconnect(stage);
    expect(await outcomeOf(asking)).toMatchObject({
      name: "ConnectionLostError",
      reason: "connection-lost",
    });
    expect(stage.socket.has("rpc-request")).toBe(false);
  });

  it("in its time is a TimeoutError, and the service is told", async () => {
    const { socket, asking } = await ask({ timeoutMs: 2_000 });
    passedOn(socket);
    await later(2_001);
    expect(await outcomeOf(asking)).toMatchObject({ name: "TimeoutError" });
    expect(socket.takes("rpc-cancel")["request-id"]).toBe(REQUEST);
  });

  it("since it could not be sent in its time is one, too", async () => {
    const stage = await startClient();
    const room = stage.client.channel("room");
    const both = [room.request(1, { timeoutMs: 2_000 }), room.request(1)];
    const outcomes = Promise.allSettled(both);
    await later(30_000);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { name: "TimeoutError" } });
    }
    await reconnect(stage);
    expect(stage.socket.has("rpc-request")).toBe(false);
  });

  it("is an error of the frame where the server says so", async () => {
    const { socket, asking } = await ask({ timeoutMs: 0.5 });
    const { ref } = socket.takes("rpc-request");
    socket.says("error", {
      ref: Number(ref),
      reason: "invalid-message",
      message: "`timeout-ms` is wrong",
    });
    const outcome = await outcomeOf(asking);
    expect(outcome).toMatchObject({ reason: "invalid-message" });
    expect(String(outcome)).toContain("timeout-ms");
  });
});
