/** Scenarios, each run in every way a channel can be used and disturbed. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import type { ServerFrame } from "../../../src/protocol/server-frames.ts";
import { FRAMES, REASONS, type ScenarioFile } from "../../support/coverage.ts";
import { random } from "../../system/support/random.ts";
import type { Via } from "./client.ts";
import { type Disturbance, World } from "./world.ts";

/** Chance of this run: `SEED` of the environment repeats it. */
const dice = random(Number(env.SEED));

/** What happens in a scenario. */
export type Story = (world: World) => Promise<void>;

/** Everything that the server said in any scenario of this file. */
const heard: ServerFrame[] = [];

/** To be called last: the scenarios have caused what the table says they do. */
export function coverage(file: ScenarioFile): void {
  describe("covers", () => {
    const frames = Object.entries(FRAMES).filter(([, where]) => where === file);
    it.each(frames.map(([type]) => type))("%s", (type) => {
      expect(heard.map((frame) => frame.type)).toContain(type);
    });
    const reasons = Object.entries(REASONS).flatMap(([type, each]) =>
      Object.entries(each).flatMap(([reason, where]) =>
        where === file ? [{ type, reason }] : [],
      ),
    );
    it.each(reasons)("$type $reason", ({ type, reason }) => {
      expect(heard.map(reasonOf)).toContainEqual({ type, reason });
    });
  });
}

function reasonOf(frame: ServerFrame) {
  const { type } = frame;
  if (type === "rpc-request-result") {
    return { type, reason: frame.delivery.reason };
  }
  return { type, reason: "reason" in frame ? frame.reason : undefined };
}

/**
 * A story, told over direct sockets and over sessions, as it is and disturbed,
 * after every frame, and at random while others keep the object busy: whatever
 * happens to the channel's object, the clients must not notice.
 *
 * @param ways how it can be told; `crash` is for sessions, which heal it.
 */
export function scenario(
  title: string,
  story: Story,
  ways: { via?: Via[]; disturbances?: Disturbance[] } = {},
): void {
  const {
    via: vias = ["direct", "session"],
    disturbances = ["none", "evict", "crash"],
  } = ways;
  describe(title, () => {
    for (const via of vias) {
      const possible = disturbances.filter(
        (each) => each !== "crash" || via === "session",
      );
      it(`${via}: ${possible.join(", ")}`, async () => {
        const told = await tell(story, via, () => "none");
        for (const disturbance of possible) {
          if (disturbance === "none") continue;
          const again = await tell(story, via, () => disturbance);
          expect(again, `with ${disturbance} after every frame`).toEqual(told);
        }
        const busy = await tell(story, via, () => dice.pick(possible), true);
        const how = `busy, with ${possible} at random, SEED=${dice.seed}`;
        expect(busy, how).toEqual(told);
      });
    }
  });
}

async function tell(
  story: Story,
  via: Via,
  disturbance: () => Disturbance,
  busy = false,
): Promise<Record<string, unknown[]>> {
  const world = new World({ via, disturbance, busy, batch: false });
  await story(world).finally(() => world.ends());
  heard.push(...world.frames());
  return world.transcript();
}
