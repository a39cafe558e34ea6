/**
 * A flood from a process of its own, and clients on other channels who should
 * not notice it.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";

import { createChannel, numbers } from "../support/channels.ts";
import { type Client, connect, everyWay } from "../support/client.ts";
import type { Server } from "../support/server.ts";
import { eventually } from "../support/waiting.ts";
import { type Flood, type Toll, TollSchema } from "./flood-messages.ts";
import { type Latencies, latencies } from "./latencies.ts";

/** Channels, each with one client of every kind. */
const CHANNELS = 5;
/** How often each channel is spoken on, in ms. */
const PACE_MS = 40;

/** A flood that goes on. */
export class Flooding {
  readonly #child: ChildProcess;
  #toll: Toll = { opened: 0, sent: 0, cut: 0 };

  constructor(flood: Flood) {
    const program = join(import.meta.dirname, "flood-process.ts");
    this.#child = fork(program, { execArgv: [] });
    this.#child.on("message", (message) => {
      this.#toll = v.parse(TollSchema, message);
    });
    this.#child.send(flood);
  }

  /** What it came to so far. */
  get toll(): Toll {
    return this.#toll;
  }

  ends(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Twenty clients on five channels. */
export class Bystanders {
  readonly #speakers: readonly (readonly [Client, string])[];
  readonly #listeners: readonly Client[];
  #durations: number[] = [];

  private constructor(
    speakers: readonly (readonly [Client, string])[],
    listeners: readonly Client[],
  ) {
    this.#speakers = speakers;
    this.#listeners = listeners;
    for (const each of listeners) {
      each.watches((frame) => {
        if (frame.type !== "channel-message") return;
        this.#durations.push(performance.now() - Number(frame.data));
      });
    }
  }

  static async meet(server: Server): Promise<Bystanders> {
    const ids = await Promise.all(
      numbers(1, CHANNELS).map(() => createChannel(server, "bystanders")),
    );
    const groups = await Promise.all(
      ids.map((id) =>
        Promise.all(
          everyWay(id).map(async (way) => {
            const client = await connect(server, way);
            await client.subscribes(id);
            return client;
          }),
        ),
      ),
    );
    const speakers = groups.flatMap(([first], i) =>
      first === undefined ? [] : [[first, ids[i] ?? ""] as const],
    );
    return new Bystanders(speakers, groups.flat());
  }

  /**
   * Speaks on every channel so many times, at an even pace.
   *
   * @returns from publishing to every delivery, in ms.
   */
  async chat(times: number): Promise<Latencies> {
    this.#durations = [];
    const results = await Promise.all(
      this.#speakers.map(async ([client, channelId]) => {
        const published = [];
        for (const _ of numbers(1, times)) {
          published.push(client.publishes(channelId, performance.now()));
          await pause(PACE_MS * (0.5 + Math.random()));
        }
        return Promise.all(published);
      }),
    );
    const everyOne =
      results.flat().length * (this.#listeners.length / CHANNELS);
    await eventually(
      "everybody has heard everything",
      () => this.#durations.length === everyOne,
    );
    return latencies(this.#durations);
  }
}
