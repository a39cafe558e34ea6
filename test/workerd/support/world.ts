/**
 * A channel and its clients, run in several ways that must not be told apart:
 * directly or through sessions; left alone, evicted after every frame,
 * (through sessions) crashed after every frame, or one or the other of these
 * at random while strangers keep the object busy.
 */
import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
} from "cloudflare:test";
import { env } from "cloudflare:workers";

import type { ServerFrame } from "../../../src/protocol/server-frames.ts";
import { Client, type ClientOptions, type Via } from "./client.ts";
import { Strangers } from "./strangers.ts";

/** What happens to the channel's object after a frame. */
export type Disturbance = "none" | "evict" | "crash";

export interface Mode {
  via: Via;
  /** What happens after a frame: asked for after each. */
  disturbance: () => Disturbance;
  /** Whether strangers keep the channel's object busy. */
  busy: boolean;
  batch: boolean;
}

let worlds = 0;

export class World {
  readonly mode: Mode;
  readonly channelId: string;
  readonly #clients: Client[] = [];
  readonly #strangers: Strangers | undefined;

  constructor(mode: Mode) {
    this.mode = mode;
    this.channelId = `channel-${worlds++}`;
    if (mode.busy) this.#strangers = new Strangers(this.channelId);
  }

  get object() {
    return env.CHANNEL.getByName(this.channelId);
  }

  async client(name: string, options: ClientOptions = {}): Promise<Client> {
    const { via, batch } = this.mode;
    const way = options.grants === undefined ? via : "direct";
    const client = await Client.open(name, way, this.channelId, {
      batch,
      ...options,
    });
    this.#clients.push(client);
    client.receives({ type: "welcome" });
    await this.settle();
    await this.#disturb();
    return client;
  }

  /** A client sends a frame, and everything that follows from it happens. */
  async sends(client: Client, frame: object | string): Promise<void> {
    const whole =
      typeof frame === "string" || Array.isArray(frame)
        ? frame
        : { "channel-id": this.channelId, ...frame };
    this.#strangers?.come();
    client.write(whole);
    await this.settle();
    await this.#disturb();
  }

  async sendsBinary(client: Client): Promise<void> {
    client.writeBinary(new Uint8Array([1, 2, 3]));
    await this.settle();
    await this.#disturb();
  }

  /** A client leaves, and the channel has noticed. */
  async leaves(client: Client, code = 1000): Promise<void> {
    const before = await this.connections();
    client.close(code);
    await client.until(() => client.closed !== undefined);
    while ((await this.connections()) >= before && before > 0) {
      await scheduler.wait(1);
    }
    await this.settle();
    await this.#disturb();
  }

  /** The channel's alarm rings, whether or not anything is due. */
  async alarm(): Promise<void> {
    await runDurableObjectAlarm(this.object);
    await this.settle();
    await this.#disturb();
  }

  /** How many are subscribed, as the channel itself has it. */
  async connections(): Promise<number> {
    const info = await this.object.info(["admin"]);
    return info.ok ? info.value["subscriber-count"] : 0;
  }

  /** Everybody has received all that is on its way. */
  async settle(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.fence()));
    // What the first round caused others to be sent arrives before the second.
    await Promise.all(this.#clients.map((client) => client.fence()));
  }

  /** The strangers, if there are any, leave. */
  async ends(): Promise<void> {
    await this.#strangers?.leave();
  }

  /** What everybody received, with names in place of what is random. */
  transcript(): Record<string, unknown[]> {
    const names = new Map<string, string>();
    for (const { connId, name } of this.#clients) names.set(connId, name);
    names.set(this.channelId, "channel");
    return Object.fromEntries(
      this.#clients.map(({ name, received }) => [
        name,
        received.map((frame) => anonymous(frame, names, this.channelId)),
      ]),
    );
  }

  /** All frames that anybody received. */
  frames(): ServerFrame[] {
    return this.#clients.flatMap(({ received }) => received);
  }

  async #disturb(): Promise<void> {
    switch (this.mode.disturbance()) {
      case "none":
        return;
      case "evict":
        await evictDurableObject(this.object);
        return;
      case "crash":
        await abortAllDurableObjects();
        // All sessions are back before anything else happens.
        await this.settle();
        return;
    }
  }
}

const TIMES = new Set([
  "server-time",
  "timestamp",
  "published-at",
  "broadcast-time",
  "created-at",
]);

function anonymous(
  frame: ServerFrame,
  names: Map<string, string>,
  channelId: string,
): unknown {
  const name = (value: string, kind: string): string => {
    const known = names.get(value) ?? `${kind}-${names.size}`;
    names.set(value, known);
    return known;
  };
  return JSON.parse(JSON.stringify(frame), (key, value: unknown) => {
    if (TIMES.has(key) && typeof value === "number") return 0;
    if (typeof value !== "string") return value;
    if (key === "epoch") return name(value, "epoch");
    if (value.startsWith("req-")) return name(value, "request");
    if (value.startsWith("eph-")) return name(value, "ephemeral");
    if (value.startsWith("conn-")) return names.get(value) ?? "somebody";
    return value.replaceAll(channelId, "channel");
  });
}
