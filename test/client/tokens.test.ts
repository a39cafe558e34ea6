/** Tokens are fetched when they are needed. */
import { describe, expect, it, vi } from "vitest";

import {
  later,
  outcomeOf,
  reconnect,
  retry,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";
import { counting, tokenOf } from "./support/token.ts";

useFakeClock();

describe("a token", () => {
  it("goes into a subprotocol beside the version", async () => {
    const { socket } = await startClient({ token: "abc" });
    expect(socket.protocols).toEqual([
      "sente-lite.v1.batch",
      "sente-lite.token.abc",
    ]);
    expect(socket.url).not.toContain("abc");
  });

  it("may come from a function, at once or later, or be none", async () => {
    for (const [token, expected] of [
      [() => "abc", "abc"],
      [async () => "abc", "abc"],
      [() => undefined, undefined],
    ] as const) {
      const { socket } = await startClient({ token });
      expect(tokenOf(socket)).toBe(expected);
    }
  });

  it("is fetched once for many connections", async () => {
    const token = counting();
    const stage = await startClient({ token, direct: true });
    for (const id of ["a", "b", "c"]) {
      stage.client
        .channel(id)
        .publish(1)
        .catch(() => {});
    }
    await soon();
    expect(stage.sockets.map(tokenOf)).toEqual(["token1", "token1", "token1"]);
    await reconnect(stage);
    expect(token).toHaveBeenCalledTimes(1);
  });

  it("is fetched anew once for many that expire", async () => {
    const token = counting();
    const stage = await startClient({ token, direct: true });
    for (const id of ["a", "b", "c"]) {
      stage.client
        .channel(id)
        .publish(1)
        .catch(() => {});
    }
    await soon();
    const old = [...stage.sockets];
    for (const socket of old) socket.welcomes();
    for (const socket of old) socket.closes(4001);
    await later(1);
    expect(stage.sockets.slice(3).map(tokenOf)).toEqual([
      "token2",
      "token2",
      "token2",
    ]);
    expect(token).toHaveBeenCalledTimes(2);
  });

  it("that is a text and has expired closes the client, and says why", async () => {
    const stage = await startConnected({ token: "abc" });
    stage.socket.closes(4001, "token-expired");
    await later(60_000);
    expect(stage.sockets).toHaveLength(1);
    expect(stage.states.at(-1)).toMatchObject({ state: "closed", code: 4001 });
  });
});

describe("a token function that fails", () => {
  it("is asked again after a pause, and told of", async () => {
    let fails = true;
    const token = vi.fn(async () => {
      if (fails) throw new Error("the issuer is down");
      return "abc";
    });
    const stage = await startClient({ token });
    expect(stage.sockets).toHaveLength(0);
    expect(stage.errors).toMatchObject([{ message: "the issuer is down" }]);
    expect(stage.client.state).toBe("waiting");
    fails = false;
    await retry(stage);
    expect(tokenOf(stage.socket)).toBe("abc");
  });

  it("does not spin", async () => {
    const token = vi.fn(() => {
      throw new Error("no");
    });
    await startClient({ token });
    await later(60_000);
    expect(token.mock.calls.length).toBeLessThan(60);
    expect(token.mock.calls.length).toBeGreaterThan(3);
  });

  it("or never settles is asked again after the connection timeout", async () => {
    const token = vi
      .fn(async () => "abc")
      .mockReturnValueOnce(new Promise<string>(() => {}));
    const stage = await startClient({ token, connectTimeoutMs: 2_000 });
    await later(2_001);
    await retry(stage);
    expect(token).toHaveBeenCalledTimes(2);
    expect(tokenOf(stage.socket)).toBe("abc");
  });

  it("or is slow never has a connection go without a token", async () => {
    const slow = new Promise<string>((resolve) => {
      setTimeout(() => resolve("token1"), 11_000);
    });
    const token = vi
      .fn(async (): Promise<string> => {
        throw new Error("the issuer is down");
      })
      .mockReturnValueOnce(slow);
    const stage = await startClient({ token, direct: true });
    stage.client
      .channel("a")
      .publish(1)
      .catch(() => {});
    await later(5_000);
    stage.client
      .channel("b")
      .publish(1)
      .catch(() => {});
    // By now the first has given up what the second waits for still.
    await later(9_000);
    expect(stage.sockets.map(tokenOf)).not.toContain(undefined);
  });

  it("or gives expired ones does not spin", async () => {
    const token = vi.fn(async () => "expired");
    const stage = await startClient({ token });
    for (let s = 0; s < 60; s++) {
      for (const socket of stage.sockets) {
        socket.closes(1008, "token-expired: it is over");
      }
      await later(1_000);
    }
    expect(stage.sockets.length).toBeLessThan(60);
    expect(stage.client.state).not.toBe("closed");
  });
});

it("fetches no token after it was closed, and leaves no timer", async () => {
  const token = counting();
  const stage = await startConnected({ token });
  for (let i = 0; i < 3; i++) {
    stage.socket.says("token-expiring", { "expires-at": 1 });
    await later(1);
  }
  const before = token.mock.calls.length;
  const closing = stage.client.close();
  await later(1);
  expect(await outcomeOf(closing)).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
  await later(60_000);
  expect(token).toHaveBeenCalledTimes(before);
});
