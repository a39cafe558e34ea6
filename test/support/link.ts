/**
 * A session and a channel, both real, and a network between them that the
 * test disturbs: messages travel only when they are carried.
 *
 * @module
 */
import type { ServerFrame } from "../../src/protocol/server-frames.ts";
import type { Upstream, UpstreamSocket } from "../../src/session/upstream.ts";
import type { TestChannel, TestClient } from "./channel.ts";
import { TestSession } from "./session.ts";

interface Link {
  readonly upstream: Upstream;
  readonly socket: UpstreamSocket;
  readonly client: TestClient;
  /** On the way to the channel. */
  readonly up: string[];
  /** How many of what the channel sent has been carried. */
  down: number;
  /** Closed by the session. */
  letGo: boolean;
}

export class LinkedSession {
  readonly near = new TestSession({ HEARTBEAT_MS: 600_000 });
  readonly #channel: TestChannel;
  readonly #id: string;
  #link: Link | undefined;

  constructor(channel: TestChannel, id: string) {
    this.#channel = channel;
    this.#id = id;
  }

  sends(frame: object): void {
    this.near.sends({ "channel-id": this.#channel.id, ...frame });
  }

  /** The network does what it has to: opens, carries, tries again. */
  carries(messages = Number.POSITIVE_INFINITY): void {
    this.carriesUp(messages);
    const link = this.#link;
    if (link === undefined) return;
    for (let i = 0; i < messages; i++) {
      const message = link.client.raw[link.down];
      if (message === undefined) break;
      link.down++;
      this.near.session.upstreamMessage(link.upstream, link.socket, message);
    }
    if (link.letGo) {
      link.client.disconnects(1000);
      this.#link = undefined;
    }
  }

  /** Carries to the channel, and nothing back. */
  carriesUp(messages = Number.POSITIVE_INFINITY): void {
    this.near.now = this.#channel.now;
    if (this.#link === undefined) this.#opens();
    const link = this.#link;
    if (link === undefined) return;
    for (let i = 0; i < messages; i++) {
      const message = link.up.shift();
      if (message === undefined) break;
      link.client.sendsText(message);
    }
  }

  /** Whether nothing is on its way. */
  get quiet(): boolean {
    const link = this.#link;
    const carried =
      link === undefined ||
      (link.up.length === 0 && link.down === link.client.raw.length);
    const { opening, timers } = this.near;
    return carried && opening.length === 0 && timers.length === 0;
  }

  /** The link breaks; what is on its way is lost. */
  breaks(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#link = undefined;
    if (link.client.closed === undefined) link.client.disconnects(1006);
    const { session } = this.near;
    session.upstreamClosed(link.upstream, link.socket, 1006, "");
  }

  /** What the client was sent since this was last called. */
  drain(): ServerFrame[] {
    return this.near.drain();
  }

  #opens(): void {
    this.near.timersCome();
    const opening = this.near.opening.shift();
    if (opening === undefined) return;
    const { upstream, grants } = opening;
    const link: Link = {
      upstream,
      client: this.#channel.connects(this.#id, { via: "session" }),
      up: [],
      down: 0,
      letGo: false,
      socket: {
        send: (message) => void link.up.push(message),
        close: () => {
          link.letGo = true;
        },
      },
    };
    this.#link = link;
    this.near.session.opened(upstream, link.socket, grants);
  }
}
