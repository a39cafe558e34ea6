/**
 * What others notice of a flood. Sessions, objects and the runtime's sockets
 * share one thread here, so this is the worst case.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import { NUMBER_SETTINGS } from "../../../src/config.ts";
import { Bystanders, Flooding } from "../load/flood.ts";
import type { Flood } from "../load/flood-messages.ts";
import type { Latencies } from "../load/latencies.ts";
import { createChannel } from "../support/channels.ts";
import { leaveAll, socketPathOf } from "../support/client.ts";
import { type Server, startServer } from "../support/server.ts";
import { eventually } from "../support/waiting.ts";

/** How often is spoken on each channel, before a flood and during it. */
const TIMES = 100;
/** How much later half of all messages may come. */
const MOST_RATIO = 3;
/** What hardly any message may take, in ms. */
const MOST_MS = 1_500;

/** Other tests are served without them. */
const {
  FRAMES_PER_SECOND,
  FRAMES_BURST,
  PUBLISHES_PER_SECOND,
  PUBLISHES_BURST,
} = NUMBER_SETTINGS;
const RATES = {
  FRAMES_PER_SECOND: FRAMES_PER_SECOND.default,
  FRAMES_BURST: FRAMES_BURST.default,
  PUBLISHES_PER_SECOND: PUBLISHES_PER_SECOND.default,
  PUBLISHES_BURST: PUBLISHES_BURST.default,
};

let server: Server;
let bystanders: Bystanders;
let flooded: string;
beforeAll(async () => {
  const vars = { TELEMETRY_LEVEL: "error", ...RATES };
  server = await startServer({ served: true, vars });
});
beforeEach(async () => {
  bystanders = await Bystanders.meet(server);
  flooded = await createChannel(server, "flooded");
  // What is compiled at first use is not to be measured.
  await bystanders.chat(50);
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

function urlOf(channel?: string): string {
  return `${server.url.replace("http", "ws")}${socketPathOf(channel)}`;
}

/** One message of so many frames, of the kind that costs most. */
function publish(together: number): string {
  const frame = { type: "publish", "channel-id": flooded, data: "flood" };
  return JSON.stringify(together === 1 ? frame : Array(together).fill(frame));
}

it.each([1, 256])(
  "a session that sends %i publishes at a time and heeds nothing is cut off",
  async (together) => {
    const message = publish(together);
    const flood = { url: urlOf(), connections: 1, message };
    const { quiet, loud } = await during(flood, async (flooding) => {
      await eventually("it is cut off", () => flooding.toll.cut === 1);
    });
    expect(loud.p50).toBeLessThan(MOST_RATIO * quiet.p50);
    expect(loud.p99).toBeLessThan(MOST_MS);
  },
);

it("a client on a channel's own path that sends and heeds nothing keeps nobody out", async () => {
  const message = publish(256);
  const flood = { url: urlOf(flooded), connections: 1, message };
  const { loud } = await during(flood, async () => {});
  expect(loud.p99).toBeLessThan(MOST_MS);
});

it.each(["sessions", "sockets of a channel"])(
  "500 %s that come and go all the time keep nobody out",
  async (kind) => {
    const url = urlOf(kind === "sessions" ? undefined : flooded);
    const flood = { url, connections: 500 };
    const { loud } = await during(flood, async (flooding) => {
      await eventually("they come", () => flooding.toll.opened > 500);
    });
    expect(loud.p99).toBeLessThan(MOST_MS);
  },
);

/** Has the bystanders chat before a flood, and during it. */
async function during(
  flood: Flood,
  check: (flooding: Flooding) => Promise<void>,
): Promise<{ quiet: Latencies; loud: Latencies }> {
  const quiet = await bystanders.chat(TIMES);
  const flooding = new Flooding(flood);
  try {
    const [loud] = await Promise.all([bystanders.chat(TIMES), check(flooding)]);
    console.log({ quiet, loud, toll: flooding.toll });
    return { quiet, loud };
  } finally {
    flooding.ends();
  }
}
