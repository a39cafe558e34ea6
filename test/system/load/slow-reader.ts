/**
 * A subscriber that stops reading its TCP socket while much is published, and
 * another one that keeps up.
 *
 * @module
 */
import { createChannel, infoOf } from "../support/channels.ts";
import type { ConnectOptions } from "../support/client.ts";
import { Memory } from "../support/memory.ts";
import { Order } from "../support/order.ts";
import { ReliableWriter } from "../support/reliable.ts";
import { ResumingReader } from "../support/resuming.ts";
import type { Server } from "../support/server.ts";

/** The size of a message, in bytes. */
const MESSAGE_BYTES = 50_000;
/** How much is published between two looks at whether the reader is closed. */
const LOOK_BYTES = 2_000_000;
/** What the channel keeps for those who come back: the most that it can. */
const WINDOW_BYTES = 8_388_608;
/** What is published while the reader is away and can yet recover all of it. */
const RECOVERABLE_BYTES = 6_000_000;
/**
 * Messages that the publisher has in flight. With 16 the server is so busy
 * reading them that it reads the acknowledgements of others 100 ms late, and
 * closes who keeps up as well.
 */
const IN_FLIGHT = 4;
/** How often those who keep up acknowledge, in messages. */
const ACK_EVERY = 32;
/** How long a reader may take for what has piled up, in ms. */
const CATCH_UP_MS = 30_000;

/** A reader that stalls. */
export interface SlowReader {
  /** How it is connected. */
  readonly path: "direct" | "session";
  /** Whether it acknowledges what it reads. */
  readonly acknowledges: boolean;
}

/** What came of it. */
export interface Round {
  /** What the one that keeps up was delivered, in bytes a second. */
  readonly rate: number;
  /** By how much the server's memory grew at most meanwhile, in bytes. */
  readonly growth: number;
}

/** What happened to a reader that stalled. */
export interface Stalled extends Round {
  /** What had been published when the server was seen to have closed it. */
  readonly closedAfter: number;
  /** The codes that it was closed with. */
  readonly losses: readonly number[];
  /** How often it came back and missed nothing. */
  readonly resumptions: number;
  /** How often it was told that it had missed something. */
  readonly gaps: number;
}

/**
 * Publishes so many bytes past a reader that stalls twice: it reads again once
 * while all that it missed is still held, and then not before the end.
 *
 * @throws when anybody was handed anything but the one order of the messages,
 * or was not told of a gap.
 */
export async function publishPastSlowReader(
  server: Server,
  bytes: number,
  { path, acknowledges }: SlowReader,
): Promise<Stalled> {
  const stage = await Stage.set(server);
  const slow = stage.reader(path, {
    ackEvery: acknowledges ? 1 : undefined,
    mayMiss: true,
  });
  await slow.isSubscribed();
  // Whoever never acknowledged anything counts as one that does not.
  await stage.publishes(1);
  await slow.reads(stage.position);

  pause(slow);
  stage.starts();
  const closedAfter = await stage.publishesUntilClosed(bytes);
  await stage.publishes(RECOVERABLE_BYTES);
  const first = stage.ends();
  await resume(slow, stage);

  pause(slow);
  stage.starts();
  await stage.publishes(bytes - closedAfter - RECOVERABLE_BYTES);
  const second = stage.ends();
  await resume(slow, stage);

  const { connection, resumptions, gaps } = slow;
  await slow.leaves();
  await stage.leaves();
  return {
    rate: stage.rate,
    growth: Math.max(first, second),
    closedAfter,
    losses: connection.losses,
    resumptions,
    gaps,
  };
}

/** Publishes so many bytes to one that keeps up. */
export async function publishAlone(
  server: Server,
  bytes: number,
): Promise<Round> {
  const stage = await Stage.set(server);
  stage.starts();
  await stage.publishes(bytes);
  const growth = stage.ends();
  await stage.leaves();
  return { rate: stage.rate, growth };
}

/** Stops reading the socket; what comes waits in the kernel's buffers. */
function pause({ connection }: ResumingReader): void {
  connection.client?.socket.pause();
}

/** Reads on, as far as everybody else. */
async function resume(slow: ResumingReader, stage: Stage): Promise<void> {
  slow.connection.client?.socket.resume();
  await slow.reads(stage.position, CATCH_UP_MS);
}

/** A channel with one who publishes and one who keeps up. */
class Stage {
  readonly #server: Server;
  readonly #channelId: string;
  readonly #order = new Order();
  readonly #writer: ReliableWriter;
  readonly #healthy: ResumingReader;
  readonly #memory: Memory;
  #published = 0;
  #epoch = "";
  #seq = 0;
  #before = 0;
  /** Time in which it was published, in ms. */
  #spent = 0;
  #delivered = 0;

  private constructor(server: Server, channelId: string) {
    this.#server = server;
    this.#channelId = channelId;
    this.#memory = new Memory(server);
    const way = { channel: channelId };
    this.#writer = new ReliableWriter({
      address: server,
      way,
      window: IN_FLIGHT,
    });
    this.#healthy = this.reader("direct", { ackEvery: ACK_EVERY });
  }

  static async set(server: Server): Promise<Stage> {
    const channelId = await createChannel(server, "slow", {
      "recovery-window-bytes": WINDOW_BYTES,
      "message-retention": 0,
    });
    const stage = new Stage(server, channelId);
    await stage.#healthy.isSubscribed();
    stage.#epoch = stage.#healthy.position?.epoch ?? "";
    return stage;
  }

  /** The newest message. */
  get position() {
    return { epoch: this.#epoch, seq: this.#seq };
  }

  reader(
    path: SlowReader["path"],
    how: { ackEvery: number | undefined; mayMiss?: boolean },
  ): ResumingReader {
    const channelId = this.#channelId;
    const way: ConnectOptions = path === "direct" ? { channel: channelId } : {};
    const order = this.#order;
    return new ResumingReader({
      address: this.#server,
      way,
      channelId,
      order,
      ...how,
    });
  }

  /** What the one that keeps up was delivered, in bytes a second. */
  get rate(): number {
    return this.#delivered / (this.#spent / 1_000);
  }

  /** Watches the server's memory from here on. */
  starts(): void {
    this.#before = this.#memory.resident;
    this.#memory.forgetPeak();
  }

  /** By how much the server's memory grew at most, in bytes. */
  ends(): number {
    return this.#memory.peak - this.#before;
  }

  /** Resolves when so much is published and read by the one that keeps up. */
  async publishes(bytes: number): Promise<void> {
    const start = performance.now();
    const channelId = this.#channelId;
    const count = Math.ceil(bytes / MESSAGE_BYTES);
    const receipts = Array.from({ length: count }, () => {
      const id = `m${++this.#published}`;
      const data = id.padEnd(MESSAGE_BYTES, ".");
      return this.#writer.publishes({ channelId, id, data });
    });
    for (const { seq } of await Promise.all(receipts)) this.#seq = seq;
    await this.#healthy.reads(this.position, CATCH_UP_MS);
    this.#spent += performance.now() - start;
    this.#delivered += count * MESSAGE_BYTES;
  }

  /**
   * Publishes until the server closes all but the one that keeps up.
   *
   * @returns how many bytes that took.
   * @throws when so many bytes did not do.
   */
  async publishesUntilClosed(most: number): Promise<number> {
    for (let bytes = LOOK_BYTES; bytes <= most; bytes += LOOK_BYTES) {
      await this.publishes(LOOK_BYTES);
      const info = await infoOf(this.#server, this.#channelId);
      if (info["subscriber-count"] === 1) return bytes;
    }
    throw new Error(`${most} bytes did not close the slow reader`);
  }

  async leaves(): Promise<void> {
    await this.#healthy.leaves();
    await this.#writer.leaves();
  }
}
