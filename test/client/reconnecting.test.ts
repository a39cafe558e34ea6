/** Connections come back: at once first, then with jitter, ever later. */
import { afterEach, describe, expect, it, vi } from "vitest";

import {
  later,
  reconnect,
  retry,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();
afterEach(() => {
  vi.restoreAllMocks();
});

/** The pauses of a client whose connections all fail, in ms. */
async function pausesOf(failures: number, maxRetryMs?: number) {
  const stage = await startClient({ maxRetryMs });
  for (let i = 0; i < failures; i++) {
    stage.socket.fails();
    await retry(stage);
  }
  return stage.states.flatMap(({ retryInMs }) => retryInMs ?? []);
}

describe("the pause before a new connection", () => {
  it("is none after the first loss", async () => {
    const stage = await startConnected();
    stage.socket.closes(1006);
    expect(stage.states.at(-1)).toMatchObject({
      state: "waiting",
      retryInMs: 0,
      code: 1006,
    });
    await later(1);
    expect(stage.sockets).toHaveLength(2);
  });

  it("is at most 0.25 s, then doubles up to 20 s", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    expect(await pausesOf(10)).toEqual([
      0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000,
    ]);
  });

  it("is anything below that", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.25);
    expect(await pausesOf(4)).toEqual([0, 62.5, 125, 250]);
  });

  it("is no longer than maxRetryMs", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    expect(await pausesOf(5, 600)).toEqual([0, 250, 500, 600, 600]);
  });

  it("stays finite however often it fails", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const pauses = await pausesOf(1_100, 300);
    expect(Math.max(...pauses)).toBe(300);
  });

  it("is none again after a connection that lasted", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const stage = await startClient();
    stage.socket.fails();
    await retry(stage);
    stage.socket.fails();
    await retry(stage);
    stage.socket.welcomes();
    await later(6_000);
    stage.socket.closes(1006);
    expect(stage.states.at(-1)?.retryInMs).toBe(0);
  });

  it("grows on where connections break as soon as they are there", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const stage = await startConnected();
    const pauses: (number | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      stage.socket.closes(1006);
      pauses.push(stage.states.at(-1)?.retryInMs);
      await retry(stage);
      stage.socket.welcomes();
    }
    expect(pauses).toEqual([0, 250, 500, 1_000]);
  });
});

describe("a connection", () => {
  it("offers arrays, and counts as one from the welcome on", async () => {
    const stage = await startClient();
    expect(stage.socket.url).toBe("ws://example.test/ws");
    expect(stage.socket.protocols).toEqual(["sente-lite.v1.batch"]);
    expect(stage.client.state).toBe("connecting");
    stage.socket.welcomes();
    expect(stage.client.state).toBe("connected");
  });

  it("is given up without a welcome in time", async () => {
    const stage = await startClient({ connectTimeoutMs: 3_000 });
    await later(2_999);
    expect(stage.client.state).toBe("connecting");
    await later(2);
    expect(stage.states.map(({ state }) => state)).toContain("waiting");
    expect(stage.sockets[0]?.closedWith).toBe(1000);
    expect(stage.sockets).toHaveLength(2);
  });

  it("has 10 s to be welcomed unless told otherwise", async () => {
    const stage = await startClient();
    await later(9_999);
    expect(stage.sockets).toHaveLength(1);
    await later(2);
    expect(stage.sockets).toHaveLength(2);
  });

  it("that was given up is heard no more", async () => {
    const stage = await startClient({ connectTimeoutMs: 1_000 });
    await later(1_001);
    const [old] = stage.sockets;
    old?.welcomes();
    old?.closes(1008, "forbidden");
    await soon();
    expect(stage.client.state).toBe("connecting");
  });

  it("is not lost twice", async () => {
    const stage = await startConnected();
    stage.socket.answersClose = false;
    stage.socket.closes(1006);
    await later(1);
    expect(stage.sockets).toHaveLength(2);
    await later(5_000);
    expect(stage.sockets).toHaveLength(2);
  });

  it("that a constructor throws at is tried again", async () => {
    let tries = 0;
    class Broken {
      constructor() {
        tries += 1;
        throw new SyntaxError("no such subprotocol");
      }
      addEventListener() {}
      send() {}
      close() {}
    }
    const stage = await startClient({ WebSocket: Broken, maxRetryMs: 1_000 });
    await later(10_000);
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(100);
    expect(stage.errors[0]).toBeInstanceOf(SyntaxError);
  });

  it("comes back time after time", async () => {
    const stage = await startConnected();
    for (let i = 0; i < 20; i++) await reconnect(stage);
    expect(stage.client.state).toBe("connected");
    expect(stage.sockets.filter(({ isOpen }) => isOpen)).toHaveLength(1);
  });
});
