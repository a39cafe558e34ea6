/** Tokens are renewed in time. */
import { describe, expect, it, vi } from "vitest";

import {
  breakOff,
  later,
  retry,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";
import { counting, tokenOf } from "./support/token.ts";

useFakeClock();

describe("when a token is about to expire", () => {
  const EXPIRING = { "expires-at": 1 };

  it("a new one is sent over the open connection", async () => {
    const token = counting();
    const { socket, sockets, errors } = await startConnected({ token });
    socket.says("token-expiring", EXPIRING);
    await later(1);
    const { ref, token: sent } = socket.takes("authenticate");
    expect(sent).toBe("token2");
    socket.says("authenticate-result", { ref: Number(ref), success: true });
    await later(60_000);
    expect(sockets).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(token).toHaveBeenCalledTimes(2);
  });

  it("the next connection uses the new one", async () => {
    const stage = await startConnected({ token: counting() });
    stage.socket.says("token-expiring", EXPIRING);
    await later(1);
    const { ref } = stage.socket.takes("authenticate");
    stage.socket.says("authenticate-result", {
      ref: Number(ref),
      success: true,
    });
    expect(tokenOf(await breakOff(stage))).toBe("token2");
  });

  it("a refused one is told of, and fetched anew at the end", async () => {
    const stage = await startConnected({ token: counting() });
    stage.socket.says("token-expiring", EXPIRING);
    await later(1);
    const { ref } = stage.socket.takes("authenticate");
    stage.socket.says("authenticate-result", {
      ref: Number(ref),
      success: false,
      reason: "wrong-user",
      message: "another user",
    });
    expect(stage.errors).toMatchObject([{ reason: "wrong-user" }]);
    expect(stage.client.state).toBe("connected");
    stage.socket.closes(4001);
    await retry(stage);
    // Not the one that has ended.
    expect(tokenOf(stage.socket)).not.toBe("token1");
  });

  it("a refused one is not used again", async () => {
    const stage = await startConnected({ token: counting() });
    stage.socket.says("token-expiring", EXPIRING);
    await later(1);
    const { ref } = stage.socket.takes("authenticate");
    stage.socket.says("authenticate-result", {
      ref: Number(ref),
      success: false,
      reason: "invalid-token",
      message: "rubbish",
    });
    stage.socket.closes(4001);
    await retry(stage);
    expect(tokenOf(stage.socket)).toBe("token3");
  });

  it("a function that fails is told of, and the connection stays", async () => {
    const token = vi
      .fn(async () => "token1")
      .mockResolvedValueOnce("token1")
      .mockRejectedValueOnce(new Error("the issuer is down"));
    const stage = await startConnected({ token });
    stage.socket.says("token-expiring", EXPIRING);
    await later(1);
    expect(stage.errors).toMatchObject([{ message: "the issuer is down" }]);
    expect(stage.client.state).toBe("connected");
  });

  it("it does not spin where every token is", async () => {
    const token = counting();
    const stage = await startConnected({ token });
    stage.socket.says("token-expiring", EXPIRING);
    for (let i = 0; i < 600; i++) {
      await later(100);
      if (!stage.socket.has("authenticate")) continue;
      const { ref } = stage.socket.takes("authenticate");
      const answer = { ref: Number(ref), success: true };
      stage.socket.says("authenticate-result", answer);
      stage.socket.says("token-expiring", EXPIRING);
    }
    expect(token.mock.calls.length).toBeLessThan(20);
    expect(token.mock.calls.length).toBeGreaterThan(2);
  });
});
