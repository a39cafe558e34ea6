/** What users rely on, in Node. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { connect, type StateChange } from "../../src/client/index.ts";
import { behaves, NAMES } from "../client/behaviour/index.ts";
import { type Host, startHost } from "../client/support/hosts.ts";

let host: Host;
beforeAll(async () => {
  host = await startHost();
});
afterAll(async () => {
  await host.stop();
  expect(host.server.complaints()).toEqual([]);
});

it.each(NAMES)("the client %s", async (name) => {
  expect(await behaves(name, host.place)).toBeUndefined();
});

describe("with the sockets of the ws package", () => {
  it("the client does what it does with others", async () => {
    const token = () => fetch(host.place.tokens).then((each) => each.text());
    const client = connect(host.place.url, { token, WebSocket });
    const room = client.channel("ws");
    const messages = room.messages();
    await messages.subscription;
    await room.publish("hi");
    expect((await messages.next()).value.data).toBe("hi");
    await client.close();
  });

  it("the client outlives connections that fail", async () => {
    const client = connect("ws://127.0.0.1:9", { WebSocket, maxRetryMs: 50 });
    let waits = 0;
    await new Promise<void>((resolve) => {
      client.on("state", ({ state }: StateChange) => {
        if (state === "waiting" && ++waits === 5) resolve();
      });
    });
    await client.close();
  });
});
