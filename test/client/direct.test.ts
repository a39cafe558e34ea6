/** A socket for each channel. */
import { describe, expect, it, vi } from "vitest";

import { message, published, subscribed } from "./support/answers.ts";
import { socketOf, subscribe } from "./support/direct.ts";
import {
  later,
  outcomeOf,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

describe("in direct mode", () => {
  it("no socket is opened before a channel is used", async () => {
    const stage = await startClient({ direct: true });
    stage.client.channel("a");
    await later(1_000);
    expect(stage.sockets).toEqual([]);
  });

  it("a channel has one socket, whoever uses it", async () => {
    const stage = await subscribe("a", "b");
    stage.client
      .channel("a")
      .publish(1)
      .catch(() => {});
    stage.client
      .channel("a")
      .request(1)
      .catch(() => {});
    await soon();
    expect(stage.sockets).toHaveLength(2);
    expect(socketOf(stage, "a").has("publish")).toBe(true);
    expect(socketOf(stage, "b").has("publish")).toBe(false);
  });

  it("a break of one is none of the others'", async () => {
    const stage = await subscribe("a", "b");
    socketOf(stage, "a").closes(1006);
    await later(1);
    expect(stage.sockets).toHaveLength(3);
    expect(socketOf(stage, "b").isOpen).toBe(true);
    const fresh = socketOf(stage, "a");
    fresh.welcomes();
    await soon();
    expect(fresh.takes("subscribe").since).toEqual({ epoch: "e1", seq: 0 });
  });

  it("the state is the worst of all", async () => {
    const stage = await subscribe("a", "b");
    expect(stage.client.state).toBe("connected");
    socketOf(stage, "a").closes(1006);
    expect(stage.client.state).toBe("waiting");
    await later(1);
    expect(stage.client.state).toBe("connecting");
    socketOf(stage, "a").welcomes();
    expect(stage.client.state).toBe("connected");
  });

  it("a refusal of one does not close the others", async () => {
    const stage = await subscribe("a", "b");
    const asking = stage.client.channel("a").publish(1);
    asking.catch(() => {});
    await soon();
    socketOf(stage, "a").closes(1008, "forbidden: nothing is granted");
    expect(await outcomeOf(asking)).toMatchObject({ name: "ClosedError" });
    expect(String(await outcomeOf(asking))).toContain("forbidden");
    expect(stage.client.state).toBe("connected");
    const publishing = stage.client.channel("b").publish(1);
    await soon();
    published(socketOf(stage, "b"), { seq: 1 });
    expect(await publishing).toMatchObject({ seq: 1 });
  });

  it("a channel that was refused may be tried again", async () => {
    const stage = await subscribe("a");
    socketOf(stage, "a").closes(1008, "forbidden");
    const again = stage.client.channel("a").subscribe(() => {});
    await soon();
    expect(stage.sockets).toHaveLength(2);
    stage.socket.welcomes();
    await soon();
    subscribed(stage.socket);
    expect(await again).toMatchObject({ channelId: "a" });
  });

  it("sockets that nobody needs are let go of", async () => {
    const stage = await subscribe("a");
    const publishing = stage.client.channel("b").publish(1);
    await soon();
    socketOf(stage, "b").welcomes();
    await soon();
    published(socketOf(stage, "b"), { seq: 1 });
    await publishing;
    await later(121_000);
    expect(socketOf(stage, "b").isOpen).toBe(false);
    expect(socketOf(stage, "a").isOpen).toBe(true);
    expect(stage.client.state).toBe("connected");
    expect(stage.errors).toEqual([]);
  });

  it("sockets that were needed a minute ago stay", async () => {
    const stage = await startClient({ direct: true });
    await later(55_000);
    const publishing = stage.client.channel("a").publish(1);
    await soon();
    stage.socket.welcomes();
    await soon();
    published(stage.socket, { seq: 1 });
    await publishing;
    await later(59_000);
    expect(stage.socket.isOpen).toBe(true);
    await later(61_000);
    expect(stage.socket.isOpen).toBe(false);
  });

  it("one that was let go of is opened when it is needed again", async () => {
    const stage = await startClient({ direct: true });
    const room = stage.client.channel("a");
    for (const seq of [1, 2]) {
      const publishing = room.publish(seq);
      await soon();
      stage.socket.welcomes();
      await soon();
      published(stage.socket, { seq });
      expect(await publishing).toMatchObject({ seq });
      await later(121_000);
    }
    expect(stage.sockets).toHaveLength(2);
  });

  it("a socket stays while a request is open, or an answer is made", async () => {
    const stage = await startClient({ direct: true });
    const requests = [stage.client.channel("a").request(1)];
    for (const each of requests) each.catch(() => {});
    const responding = stage.client
      .channel("b")
      .respond(() => new Promise(() => {}));
    await soon();
    for (const socket of stage.sockets) socket.welcomes();
    await soon();
    subscribed(socketOf(stage, "b"));
    const responder = await responding;
    socketOf(stage, "b").says("rpc-request", {
      "request-id": "req-1@b",
      "channel-id": "b",
      data: 1,
      "sender-conn-id": null,
      "sender-user-id": null,
      "timeout-ms": 300_000,
    });
    responder.stop().catch(() => {});
    await later(200_000);
    for (const id of ["a", "b"]) {
      expect(socketOf(stage, id).isOpen, id).toBe(true);
    }
  });

  it("closing it closes all of them", async () => {
    const stage = await subscribe("a", "b", "c");
    const closing = stage.client.close();
    await later(1);
    await closing;
    expect(stage.sockets.filter(({ isOpen }) => isOpen)).toEqual([]);
    expect(stage.client.state).toBe("closed");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("in a session", () => {
  it("the socket stays, whether or not a channel is used", async () => {
    const stage = await startConnected();
    await later(500_000);
    expect(stage.socket.isOpen).toBe(true);
  });

  it("channels that nobody needs are forgotten, those in use are not", async () => {
    const stage = await startConnected();
    const got: unknown[] = [];
    const room = stage.client.channel("room");
    const subscribing = room.subscribe(({ seq }) => got.push(seq));
    await soon();
    subscribed(stage.socket);
    await subscribing;
    await later(300_000);
    stage.socket.hands(JSON.stringify(message(1)));
    expect(got).toEqual([1]);
  });
});
