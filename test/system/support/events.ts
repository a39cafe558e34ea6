/**
 * A reader of server-sent events that takes the stream apart as the HTML
 * standard says, with nothing of the service's own.
 *
 * @module
 */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";

import { decodeServer } from "../../../src/protocol/codec.ts";
import type { ChannelMessage } from "../../../src/protocol/server-frames.ts";
import { pathOf } from "./channels.ts";
import type { Server } from "./server.ts";
import { bearer } from "./tokens.ts";
import { eventually, inTime } from "./waiting.ts";

/** An event as a page would get it. */
export interface StreamEvent {
  /** `message` unless the stream named another one. */
  readonly type: string;
  readonly data: string;
  /** The last id that the stream named so far. */
  readonly lastEventId: string;
}

/** How to read. */
export interface ReadOptions {
  readonly token?: string | undefined;
  readonly lastEventId?: string | undefined;
  /** What stands behind the question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const readers = new Set<EventReader>();

/** Asks for the events of a channel; resolves with what is answered. */
export async function readEvents(
  { url }: Pick<Server, "url">,
  channelId: string,
  { token, lastEventId, query = "", headers = {} }: ReadOptions = {},
): Promise<EventReader> {
  const asked = request(`${url}${pathOf(channelId)}/events?${query}`, {
    agent: false,
    headers: {
      ...headers,
      ...bearer(token),
      ...(lastEventId ? { "last-event-id": lastEventId } : {}),
    },
  });
  asked.end();
  const answered = once(asked, "response");
  const [response] = await inTime(`events of ${channelId}`, answered);
  // Cut off by either side: `closed` tells.
  asked.on("error", () => {});
  const reader = new EventReader(response, lastEventId);
  readers.add(reader);
  return reader;
}

/** Ends all readers of the test. */
export function stopReading(): void {
  for (const each of readers) each.leaves();
  readers.clear();
}

/** One answer to the question for events. */
export class EventReader {
  readonly response: IncomingMessage;
  readonly events: StreamEvent[] = [];
  /** All that came, as it came. */
  raw = "";
  /** The last id that was named, which is what one comes back with. */
  lastEventId: string;
  /** When the stream says that one should come back, in ms. */
  retryMs: number | undefined;
  /** Resolved when the answer has ended or was cut off. */
  readonly closed: Promise<void>;
  #isClosed = false;
  #line = "";
  #type = "";
  #data: string[] = [];
  #id: string;

  constructor(response: IncomingMessage, lastEventId = "") {
    this.response = response;
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#take(text));
    response.on("error", () => {});
    this.closed = new Promise((resolve) => {
      response.on("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** The messages so far, each checked against the protocol. */
  get messages(): ChannelMessage[] {
    return this.events
      .filter(({ type }) => type === "message")
      .flatMap(({ data }) => decodeServer(data))
      .filter((frame) => frame.type === "channel-message");
  }

  get seqs(): (number | undefined)[] {
    return this.messages.map(({ seq }) => seq);
  }

  /** Resolves with the first so many events, once they have come. */
  async reads(count: number, withinMs?: number): Promise<StreamEvent[]> {
    const what = () => `${count} events, not only ${this.events.length}`;
    await eventually(what, () => this.events.length >= count, withinMs);
    return this.events.slice(0, count);
  }

  /** Resolves with the first event of a type. */
  readsOne(type: string): Promise<StreamEvent> {
    return eventually(`an event ${type}`, () =>
      this.events.find((each) => each.type === type),
    );
  }

  /** Resolves with the answer as JSON, which a refusal is. */
  async refusal(): Promise<unknown> {
    await inTime("the end of an answer", this.closed);
    return this.raw === "" ? undefined : JSON.parse(this.raw);
  }

  /** Stops reading the connection; what comes waits on its way. */
  pauses(): void {
    this.response.pause();
  }

  resumes(): void {
    this.response.resume();
  }

  leaves(): void {
    this.response.destroy();
  }

  #take(text: string): void {
    this.raw += text;
    const lines = `${this.#line}${text}`.split(/\r\n|\n|\r/);
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#read(line);
  }

  #read(line: string): void {
    if (line === "") {
      this.#dispatch();
      return;
    }
    const [, name = line, value = ""] =
      /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === "event") this.#type = value;
    if (name === "data") this.#data.push(value);
    if (name === "id" && !value.includes("\0")) this.#id = value;
    if (name === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): void {
    this.lastEventId = this.#id;
    const { lastEventId } = this;
    const type = this.#type || "message";
    const data = this.#data.join("\n");
    if (this.#data.length > 0) this.events.push({ type, data, lastEventId });
    this.#type = "";
    this.#data = [];
  }
}

/** Reads on and on: whenever the stream ends, it comes back with its last id. */
export class ReturningReader {
  readonly events: StreamEvent[] = [];
  /** How often it came back to a stream. */
  returns = 0;
  lastEventId = "";
  readonly #server: Pick<Server, "url">;
  readonly #channelId: string;
  #reader: EventReader | undefined;
  #over = false;
  readonly #done: Promise<void>;

  constructor(server: Pick<Server, "url">, channelId: string) {
    this.#server = server;
    this.#channelId = channelId;
    this.#done = this.#goesOn();
  }

  get seqs(): (number | undefined)[] {
    return this.#all.filter(({ type }) => type === "message").map(seqOf);
  }

  /** Resolves when the message of a number has come. */
  async readsUpTo(seq: number): Promise<void> {
    const what = () => `${seq}, not only ${this.seqs.at(-1)}`;
    await eventually(what, () => (this.seqs.at(-1) ?? 0) >= seq);
  }

  /** Other events than messages. */
  get others(): string[] {
    return this.#all.map(({ type }) => type).filter((it) => it !== "message");
  }

  async leaves(): Promise<void> {
    this.#over = true;
    this.#reader?.leaves();
    await this.#done;
  }

  get #all(): StreamEvent[] {
    const { events = [] } = this.#reader ?? {};
    return [...this.events, ...events];
  }

  async #goesOn(): Promise<void> {
    while (!this.#over) {
      try {
        await this.#once();
      } catch {
        // The server is not there: that is looked for again.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #once(): Promise<void> {
    const { lastEventId } = this;
    const reader = await readEvents(this.#server, this.#channelId, {
      lastEventId,
    });
    if (lastEventId !== "" && reader.status === 200) this.returns++;
    this.#reader = reader;
    await reader.closed;
    this.#reader = undefined;
    this.lastEventId = reader.lastEventId;
    this.events.push(...reader.events);
  }
}

function seqOf({ data }: StreamEvent): number | undefined {
  const [frame] = decodeServer(data);
  return frame?.type === "channel-message" ? frame.seq : undefined;
}
