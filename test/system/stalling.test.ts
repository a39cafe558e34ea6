/** Clients that stop reading, and never read again. */
import { afterEach, expect, it } from "vitest";

import { channelBecomes, createChannel } from "./support/channels.ts";
import { connect, leaveAll } from "./support/client.ts";
import { stalledConnections } from "./support/memory.ts";
import { type Server, startServer } from "./support/server.ts";
import { eventually } from "./support/waiting.ts";

let server: Server;
afterEach(async () => {
  await leaveAll();
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

it("drops a session's client that does not even read its Close", async () => {
  const vars = { HEARTBEAT_MS: 1_000, MAX_SILENT_BYTES: 16_000_000 };
  server = await startServer({ served: true, vars });
  const channelId = await createChannel(server, "stalling");
  const publisher = await connect(server, { channel: channelId });
  const stalls = await connect(server);
  await stalls.subscribes(channelId);
  stalls.socket.pause();
  const text = "x".repeat(50_000);
  // Looked at all the while: it may be dropped before the last one is sent.
  let stalled = 0;
  for (let sent = 0; sent < 20_000_000; sent += text.length) {
    await publisher.publishes(channelId, text);
    stalled = Math.max(stalled, stalledConnections(server));
  }
  expect(stalled).toBe(1);
  await channelBecomes(server, channelId, { "subscriber-count": 0 });
  await eventually(
    "its connection is dropped",
    () => stalledConnections(server) === 0,
  );
  // Nobody else noticed.
  await publisher.publishes(channelId, "still here");
  // What the kernel had of it is read; the Close had been behind that.
  stalls.socket.resume();
  await stalls.isClosed(1006);
  expect(stalls.unread.length).toBeLessThan(300);
});
