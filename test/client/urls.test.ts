/** Where a client connects to. */
import { describe, expect, it, vi } from "vitest";

import { connect } from "../../src/client/index.ts";
import { soon, startClient, useFakeClock } from "./support/stage.ts";

useFakeClock();

describe("the URL", () => {
  it.each([
    ["ws://host.test", "ws://host.test/channels/a/ws"],
    ["ws://host.test/", "ws://host.test/channels/a/ws"],
    ["wss://host.test/ws", "wss://host.test/channels/a/ws"],
    ["http://host.test", "ws://host.test/channels/a/ws"],
    ["https://host.test/ws", "wss://host.test/channels/a/ws"],
    ["wss://host.test/chat/ws", "wss://host.test/chat/channels/a/ws"],
    ["wss://host.test/chat/", "wss://host.test/chat/channels/a/ws"],
  ])("of a channel of %s is %s", async (url, expected) => {
    const stage = await startClient({ direct: true }, url);
    stage.client
      .channel("a")
      .publish(1)
      .catch(() => {});
    await soon();
    expect(stage.socket.url).toBe(expected);
  });

  it("has the channel-id as one part of its path", async () => {
    const stage = await startClient({ direct: true });
    for (const id of ["a/b", "ü ?#", "a%2Fb", "..a"]) {
      stage.client
        .channel(id)
        .publish(1)
        .catch(() => {});
      await soon();
      const [, name = ""] = stage.socket.url.match(/channels\/(.*)\/ws$/) ?? [];
      expect(decodeURIComponent(name)).toBe(id);
      expect(name).not.toContain("/");
    }
  });

  it.each(["http://host.test/ws", "https://host.test"])(
    "of a session may be %s",
    async (url) => {
      const { socket } = await startClient({}, url);
      expect(socket.url).toMatch(/^wss?:\/\/host.test/);
    },
  );

  it.each(["", "no url", "ftp://host.test", "file:///ws"])(
    "cannot be %j",
    (url) => {
      expect(() => connect(url)).toThrow(TypeError);
      expect(vi.getTimerCount()).toBe(0);
    },
  );
});
