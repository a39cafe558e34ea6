/**
 * Everybody who uses the service in a round.
 *
 * @module
 */
import { infoOf, numbers } from "../support/channels.ts";
import { everyWay } from "../support/client.ts";
import type { Position } from "../support/order.ts";
import type { Reconnecting } from "../support/reconnecting.ts";
import { ReliableWriter } from "../support/reliable.ts";
import { ResumingReader } from "../support/resuming.ts";
import type { Happenings } from "./happenings.ts";
import { CROWD, type Plan } from "./plan.ts";
import { Requester, Responder } from "./requests.ts";
import type { Subject, Subjects } from "./subjects.ts";
import type { Victim } from "./victim.ts";

/** How many messages each writer has in flight, and sends as one array. */
export const LANES = 6;

/** Somebody who reads. */
export interface Reading {
  readonly subject: Subject;
  readonly reader: ResumingReader;
}

/** Somebody who writes, to one channel or several. */
export interface Writing {
  readonly subjects: readonly Subject[];
  readonly writer: ReliableWriter;
}

export class Cast {
  readonly subjects: Subjects;
  readonly readings: Reading[] = [];
  readonly writings: Writing[] = [];
  readonly requesters: Requester[] = [];
  /** Rejects when anybody found anything wrong. */
  readonly failed: Promise<never>;
  readonly #connections: Reconnecting[] = [];
  readonly #victim: Victim;
  readonly #plan: Plan;
  readonly #happenings: Happenings;
  /** Has `failed` reject. */
  fails: (error: unknown) => void = () => {};

  constructor(
    victim: Victim,
    plan: Plan,
    subjects: Subjects,
    happenings: Happenings,
  ) {
    this.#victim = victim;
    this.#plan = plan;
    this.subjects = subjects;
    this.#happenings = happenings;
    this.failed = new Promise((_, reject) => {
      this.fails = reject;
    });
    this.failed.catch(() => {});
  }

  /** Everybody connects, and the readers subscribe. */
  async gathers(): Promise<void> {
    const { kept, auto, small, nothing, recreated, service } = this.subjects;
    for (const subject of [kept, auto]) this.#readEveryWay(subject);
    for (const subject of [small, nothing, recreated]) {
      this.#read(subject, 0);
      this.#read(subject, 2);
    }
    // A session writes to several channels, a channel's own socket to one.
    this.#write([kept, auto], 0);
    this.#write([kept, auto], 1);
    for (const subject of [kept, auto]) {
      this.#write([subject], 2);
      this.#write([subject], 3);
    }
    // Only what one writer has in flight is sure to be within their windows.
    for (const subject of [small, nothing, recreated]) {
      this.#write([subject], this.#plan.turn);
    }
    for (const way of [0, 3]) {
      const place = this.#place(service, way);
      this.#watch(new Responder(place, service.id));
      this.requesters.push(this.#watch(new Requester(place, service.id)));
    }
    await Promise.all(this.readings.map(({ reader }) => reader.isSubscribed()));
  }

  /** What the plan has going on at the crash begins. */
  async begins(): Promise<void> {
    const { kept, fresh } = this.subjects;
    switch (this.#plan.situation) {
      case "subscribing":
        for (const subject of [kept, fresh]) this.#readEveryWay(subject);
        return;
      case "replaying": {
        const { epoch } = await infoOf(this.#victim.server, kept.id);
        for (const { subject, reader } of this.readings) {
          if (subject === kept) reader.connection.breaks();
        }
        // Who has read nothing yet is handed all there is.
        this.#readEveryWay(kept, { epoch, seq: 0 });
      }
    }
  }

  /** Everybody disconnects. @throws what anybody found wrong. */
  async leaves(): Promise<void> {
    await Promise.all(this.#connections.map((each) => each.leaves()));
  }

  #readEveryWay(subject: Subject, since?: Position): void {
    for (const way of numbers(0, CROWD / 2 - 1)) {
      this.#read(subject, way, since);
    }
  }

  #read(subject: Subject, way: number, since?: Position): void {
    const reader = new ResumingReader({
      ...this.#place(subject, way),
      channelId: subject.id,
      order: subject.order,
      since,
      mayMiss: !subject.isWhole,
      ackEvery: 50,
      onMessage: () => this.#happenings.note("message"),
      onSubscribed: () => this.#happenings.note("subscription"),
    });
    this.readings.push({ subject, reader: this.#watch(reader) });
  }

  #write(subjects: readonly Subject[], way: number): void {
    const [first] = subjects;
    if (first === undefined) throw new RangeError("nothing to write to");
    const writer = new ReliableWriter({
      ...this.#place(first, way),
      together: way % 2 === 0 ? 1 : LANES,
    });
    this.writings.push({ subjects, writer: this.#watch(writer) });
  }

  #place({ id }: Subject, way: number) {
    const chosen = everyWay(id)[way % 4];
    if (chosen === undefined) throw new RangeError(`no way ${way}`);
    return { address: this.#victim.server, way: chosen };
  }

  #watch<T extends { readonly connection: Reconnecting }>(somebody: T): T {
    this.#connections.push(somebody.connection);
    somebody.connection.failed.catch(this.fails);
    return somebody;
  }
}
