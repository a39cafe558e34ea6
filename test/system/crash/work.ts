/**
 * What everybody does in a round: writing and asking, before, during and after
 * the crashes.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";

import { numbers, pathOf } from "../support/channels.ts";
import type { Receipt, ReliableWriter } from "../support/reliable.ts";
import { type Cast, LANES } from "./cast.ts";
import type { Happenings } from "./happenings.ts";
import type { Plan } from "./plan.ts";
import { asksOverHttp, type End } from "./requests.ts";
import { create, type Subject } from "./subjects.ts";
import type { Victim } from "./victim.ts";

/** How many messages a lane writes at most before the last crash is over. */
const QUOTA = 80;
/** How many messages a lane writes once the last crash is over. */
const AFTERWARDS = 5;
/** How many messages a re-created channel gets each time. */
const EACH_LIFE = 10;
/** How long messages are whose replay is to take its time, in bytes. */
const MUCH_BYTES = 5_000;
/** Deadlines of requests, in ms. */
const SHORTEST_MS = 100;
export const LONGEST_MS = 1_000;
/** How long who was told no waits before it asks again, in ms. */
const REFUSED_MS = 20;

/** The message-ids that `recreated` must have after its last deletion. */
export const LAST_LIFE = numbers(1, EACH_LIFE).map((n) => `last-life-${n}`);

export class Work {
  /** How often requests ended in which way. */
  readonly ends = new Map<End, number>();
  readonly #cast: Cast;
  readonly #victim: Victim;
  readonly #plan: Plan;
  readonly #happenings: Happenings;
  #isOver = false;
  #conclude: () => void = () => {};
  readonly #concluded: Promise<void>;

  constructor(cast: Cast, victim: Victim, plan: Plan, happenings: Happenings) {
    this.#cast = cast;
    this.#victim = victim;
    this.#plan = plan;
    this.#happenings = happenings;
    this.#concluded = new Promise((resolve) => {
      this.#conclude = resolve;
    });
  }

  /** Writes and asks; ends some time after `concludes`. */
  async goesOn(): Promise<void> {
    const { subjects, writings, requesters } = this.#cast;
    const { recreated, service } = subjects;
    const lanes = writings.flatMap(({ writer, subjects: some }, w) =>
      some.includes(recreated)
        ? [this.#recreates(writer)]
        : numbers(1, LANES).map((n) => this.#writes(writer, some, `${w}-${n}`)),
    );
    for (const requester of requesters) {
      lanes.push(this.#asks((n, ms) => requester.asks(n, ms)));
    }
    lanes.push(
      this.#asks((n, ms) =>
        asksOverHttp(this.#victim.server, service.id, n, ms),
      ),
    );
    await Promise.all(lanes);
  }

  /** The last crash is over: everybody does a little more, then stops. */
  concludes(): void {
    this.#isOver = true;
    this.#conclude();
  }

  async #writes(
    writer: ReliableWriter,
    subjects: readonly Subject[],
    name: string,
  ): Promise<void> {
    for (let n = 1; n <= QUOTA && !this.#isOver; n++) {
      await this.#publishes(writer, subjects[n % subjects.length], name, n);
    }
    await this.#concluded;
    for (const subject of subjects) {
      for (const n of numbers(1, AFTERWARDS)) {
        await this.#publishes(writer, subject, `${name}-${subject.kind}`, n);
      }
    }
  }

  async #publishes(
    writer: ReliableWriter,
    subject: Subject | undefined,
    name: string,
    n: number,
  ): Promise<Receipt> {
    if (subject === undefined) throw new RangeError("nothing to write to");
    const id = `${name}-${n}`;
    const data = { id, pad: "x".repeat(this.#length(subject, n)) };
    const receipt = await writer.publishes({ channelId: subject.id, id, data });
    this.#happenings.note("acknowledgement");
    return receipt;
  }

  /** Replays take their time only where there is much to be replayed. */
  #length({ kind }: Subject, n: number): number {
    const isMuch = kind === "kept" && this.#plan.situation === "replaying";
    return isMuch ? MUCH_BYTES : (n * 37) % 100;
  }

  /** Deletes a channel in the middle of publishing to it, again and again. */
  async #recreates(writer: ReliableWriter): Promise<void> {
    const { recreated } = this.#cast.subjects;
    const publishesAll = (name: string) =>
      numbers(1, EACH_LIFE).map((n) =>
        this.#publishes(writer, recreated, name, n),
      );
    const isGoingOn = this.#plan.situation === "re-creating";
    for (let life = 1; isGoingOn && !this.#isOver; life++) {
      const all = publishesAll(`life-${life}`);
      await all[EACH_LIFE / 2];
      await this.#recreate();
      await Promise.all(all);
    }
    await this.#concluded;
    await create(this.#victim.server, recreated);
    await Promise.all(publishesAll("last-life"));
  }

  async #recreate(): Promise<void> {
    const { server } = this.#victim;
    const { recreated } = this.#cast.subjects;
    try {
      await server.fetch(pathOf(recreated.id), { method: "DELETE" });
      await create(server, recreated);
    } catch {
      // The crash came in between; the next life begins with what there is.
      await pause(REFUSED_MS);
    }
  }

  async #asks(
    ask: (data: number, timeoutMs: number) => Promise<End | undefined>,
  ): Promise<void> {
    for (let n = 1; !this.#isOver; n++) {
      const spread = LONGEST_MS - SHORTEST_MS;
      const end = await ask(n, SHORTEST_MS + ((n * 131) % spread));
      if (end !== undefined) this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
      if (end !== "answered") await pause(REFUSED_MS);
    }
  }
}
