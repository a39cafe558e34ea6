/**
 * A message log with its storage, and a clock that stands still.
 *
 * @module
 */
import { MessageLog } from "../../src/channel/log.ts";
import { ChannelStore } from "../../src/channel/store.ts";
import {
  type ChannelConfig,
  DEFAULT_CHANNEL_CONFIG,
  type PartialChannelConfig,
  withChanges,
} from "../../src/protocol/channel-config.ts";
import { encoded } from "../../src/protocol/codec.ts";
import { TestSql } from "./sql.ts";

export const EPOCH = "epoch-1";

export class TestLog {
  readonly sql = new TestSql();
  now = 1_700_000_000_000;
  #config: ChannelConfig;
  /** What the channel's record says, where no segment tells. */
  #keptSeq = 0;
  log: MessageLog;

  constructor(config: PartialChannelConfig = {}) {
    this.#config = withChanges(DEFAULT_CHANNEL_CONFIG, config);
    this.#writeRecord();
    this.log = this.#load();
  }

  /** Publishes one flush of so many messages of so many bytes. */
  flush(count = 1, bytes = 0): void {
    for (let i = 0; i < count; i++) this.append(bytes);
    this.commit();
  }

  /** So many flushes of one message. */
  trickle(count: number, bytes = 0): void {
    for (let i = 0; i < count; i++) this.flush(1, bytes);
  }

  /** Numbers a message, which waits to be written. */
  append(bytes = 0, key?: string): number {
    this.log.append((seq) => encoded(`${seq}`.padEnd(bytes)), key);
    return this.log.seq;
  }

  /** What a channel does with every flush. */
  commit(): void {
    if (!this.log.dirty || this.log.commit(this.now)) return;
    this.#keptSeq = this.log.seq;
    this.#writeRecord();
  }

  /** What a channel does with a PATCH. */
  configure(change: PartialChannelConfig): void {
    this.#config = withChanges(this.#config, change);
    this.sweep();
  }

  sweep(): void {
    this.log.sweep(this.now);
    this.commit();
  }

  /** Loads the log again, as after hibernation. */
  reload(): void {
    this.log = this.#load();
  }

  /** The numbers a new subscriber is handed. */
  retained(limit?: number): number[] {
    return numbers(this.log.replay(undefined, limit, this.now).messages);
  }

  /** The numbers that are recovered, or false. */
  recovers(seq: number, epoch = EPOCH): number[] | false {
    const replay = this.log.replay({ epoch, seq }, undefined, this.now);
    return replay.recovered === true && numbers(replay.messages);
  }

  /** The numbers of all messages that are kept. */
  kept(): number[] {
    return numbers(this.log.page(0, 1e6, 1e9, this.now).messages);
  }

  rows(): number {
    return this.sql.count("segments");
  }

  #load(): MessageLog {
    return new MessageLog({
      store: new ChannelStore(this.sql),
      epoch: EPOCH,
      config: () => this.#config,
      seq: this.#keptSeq,
      now: this.now,
    });
  }

  #writeRecord(): void {
    const store = new ChannelStore(this.sql);
    store.prepare();
    store.writeRecord({
      epoch: EPOCH,
      createdAt: this.now,
      config: this.#config,
      autoCreated: false,
      seq: this.#keptSeq,
      lastAt: this.now,
      idleSince: null,
      awayUntil: null,
    });
  }
}

/** First to last, both included. */
export function range(first: number, last: number): number[] {
  const length = Math.max(0, last - first + 1);
  return Array.from({ length }, (_, i) => first + i);
}

function numbers(messages: readonly string[]): number[] {
  return messages.map(Number);
}
