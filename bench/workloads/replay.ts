/**
 * Subscribing to a channel that hands a newcomer its last thousand messages.
 *
 * @module
 */
import { dataOf } from "../client/payload.ts";
import { BenchSocket } from "../client/socket.ts";
import { percentile, Watch } from "../measure.ts";
import { join, leaveAll } from "./crowd.ts";
import { newChannel, type Workload } from "./workload.ts";

const MESSAGES = 1_000;

/**
 * Figures: `p50` and `p99` in ms, from sending `subscribe` to the last byte.
 */
export const replay: Workload = async (target) => {
  const { server, speaker } = target;
  const channel = newChannel();
  await create(server.port, channel);
  const publisher = await join(target, channel, "publisher");
  for (let n = 1; n <= MESSAGES; n++) {
    publisher.send(...speaker.publishes(channel, [dataOf(n)]));
    if (n % 100 === 0) await publisher.until(`"seq":${n},`);
  }
  const times: number[] = [];
  const watch = new Watch(server.pid);
  const last = `"seq":${MESSAGES}`;
  while (watch.seconds < target.seconds) {
    const path = speaker.path(channel, "subscriber");
    const socket = await BenchSocket.open(
      server.port,
      path,
      speaker.subprotocol,
    );
    await socket.until('"type":"welcome"');
    const since = performance.now();
    socket.send(`{"type":"subscribe","channel-id":"${channel}"}`);
    await socket.until(`${last}}`);
    times.push(performance.now() - since);
    await socket.close();
  }
  const load = watch.load();
  await leaveAll(publisher);
  return {
    figures: { p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
    load,
  };
};

async function create(port: number, channel: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/channels/${channel}`, {
    method: "PUT",
    body: JSON.stringify({ "message-retention": MESSAGES }),
  });
  if (!response.ok) throw new Error(await response.text());
}
