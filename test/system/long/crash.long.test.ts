/** The process is killed at random moments, again and again. */
import { rm } from "node:fs/promises";
import { afterAll, afterEach, expect, it } from "vitest";

import {
  channelBecomes,
  createChannel,
  infoOf,
  numbers,
  storedMessages,
} from "../support/channels.ts";
import {
  type Client,
  connect,
  everyWay,
  Listener,
  leaveAll,
} from "../support/client.ts";
import { random, seedOfRun } from "../support/random.ts";
import { newDataDir, type Server, startServer } from "../support/server.ts";
import { eventually } from "../support/waiting.ts";

const CRASHES = 8;

let server: Server | undefined;
let dataDir: string | undefined;
afterEach(leaveAll);
afterAll(async () => {
  await server?.kill();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true });
});

it("keeps all that was acknowledged through every crash", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const dice = random(seed);
  dataDir = await newDataDir();
  server = await startServer({ dataDir });
  const channelId = await createChannel(server, "crashes", {
    "recovery-window": 10_000,
    "recovery-window-bytes": 8_388_608,
  });
  const { epoch } = await infoOf(server, channelId);
  const acknowledged = new Map<number, string>();
  /** Published under an id, and perhaps not acknowledged. */
  let unsure: string[] = [];
  const heard = everyWay(channelId).map((): unknown[] => []);

  for (const crash of numbers(1, CRASHES)) {
    const running: Server = server;
    const listeners = await Promise.all(
      everyWay(channelId).map(async (way, i) => {
        const client = await connect(running, way);
        const listener = new Listener(client, channelId);
        const since = { epoch, seq: heard[i]?.length ?? 0 };
        const { recovered } = await client.subscribes(channelId, { since });
        expect(recovered).toBe(true);
        return listener;
      }),
    );
    const requester = await connect(running);
    await requester.asks(
      {
        type: "rpc-request",
        "channel-id": channelId,
        data: crash,
        "timeout-ms": 300_000,
      },
      "rpc-request-result",
    );

    const publishers = await Promise.all(
      everyWay(channelId).map((way) => connect(running, way)),
    );
    // What had no answer before the crash is sent again, and is there once.
    for (const id of unsure) {
      const publisher = dice.pick(publishers);
      const { seq = 0 } = await publisher.publishes(channelId, id, {
        "message-id": id,
      });
      acknowledged.set(seq, id);
    }
    unsure = [];
    const goal = acknowledged.size + 50 + dice.integer(400);
    const lane = async (client: Client, about: string): Promise<void> => {
      for (let n = 1; client.isOpen; n++) {
        const id = `${about}-${n}`;
        try {
          const keyed = { "message-id": id };
          const { seq = 0 } = await client.publishes(channelId, id, keyed);
          acknowledged.set(seq, id);
        } catch (error) {
          if (client.isOpen) throw error;
          unsure.push(id);
        }
      }
    };
    const publishing = publishers.flatMap((client, p) =>
      numbers(1, 4).map((n) => lane(client, `${crash}-${p}-${n}`)),
    );
    await eventually("enough is published", () => acknowledged.size >= goal);
    await running.kill();
    await Promise.all(publishing);
    for (const { client } of listeners) await client.ended;

    const next: Server = await startServer({ dataDir });
    server = next;
    const stored = await storedMessages(next, channelId);
    expect(stored.map(({ seq }) => seq)).toEqual(numbers(1, stored.length));
    for (const [seq, id] of acknowledged) {
      expect(stored[seq - 1]).toMatchObject({ seq, data: id });
    }
    const ids = stored.map((each) => each["message-id"]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [i, { messages }] of listeners.entries()) {
      heard[i]?.push(...messages);
      expect(heard[i]).toEqual(stored.slice(0, heard[i]?.length));
    }
    await channelBecomes(next, channelId, {
      "subscriber-count": 0,
      "pending-rpc-requests": 0,
    });
  }
  expect(server.complaints()).toEqual([]);
});
