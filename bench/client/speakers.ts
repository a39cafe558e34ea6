/**
 * How each kind of server is spoken to.
 *
 * @module
 */
import {
  BATCH_SUBPROTOCOL,
  MAX_BATCH_OBJECTS,
  PLAIN_SUBPROTOCOL,
} from "../../src/protocol/framing.ts";
import type { BenchSocket } from "./socket.ts";

/** What a connection is for. */
export type Role = "publisher" | "subscriber";

/** One server's language. */
export interface Speaker {
  /** Where to connect, with the slash. */
  path(channel: string, role: Role): string;
  readonly subprotocol?: string;
  /** Makes an open connection ready; resolves when the server said it is. */
  joins(socket: BenchSocket, channel: string, role: Role): Promise<void>;
  /** The text messages that publish these data. */
  publishes(channel: string, data: readonly string[]): string[];
  /** The text messages that send these requests; absent: it has none. */
  requests?(channel: string, data: readonly string[]): string[];
  /** The text messages that answer what a service was sent. */
  answers?(text: string): string[];
}

/** How frames of this service travel. */
export interface SenteWay {
  /** Through a session, or on the channel's own path. */
  readonly via: "direct" | "session";
  readonly framing: "plain" | "batch";
  /** Whether messages are stored. */
  readonly ephemeral?: boolean;
}

/** This service. */
export function sente({ via, framing, ephemeral = false }: SenteWay): Speaker {
  const isBatch = framing === "batch";
  const fields = ephemeral ? ',"ephemeral":true' : "";
  const frames = (texts: string[]): string[] =>
    isBatch ? arraysOf(texts) : texts;
  const send = (type: string, channel: string, data: readonly string[]) =>
    data.map(
      (each) =>
        `{"type":"${type}","channel-id":"${channel}","data":${each}${fields}}`,
    );
  return {
    path: (channel) => (via === "direct" ? `/channels/${channel}/ws` : "/ws"),
    subprotocol: isBatch ? BATCH_SUBPROTOCOL : PLAIN_SUBPROTOCOL,
    joins: async (socket, channel, role) => {
      await socket.until('"type":"welcome"');
      if (role === "publisher") return;
      socket.send(`{"type":"subscribe","channel-id":"${channel}"}`);
      await socket.until('"success":true');
    },
    publishes: (channel, data) => frames(send("publish", channel, data)),
    requests: (channel, data) =>
      frames(
        data.map(
          (each) =>
            `{"type":"rpc-request","channel-id":"${channel}","data":${each}}`,
        ),
      ),
    answers: (text) => {
      const parsed: unknown = JSON.parse(text);
      const all: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
      const answers = all.flatMap((each) => {
        const { type, "request-id": id, data } = Object(each);
        if (type !== "rpc-request") return [];
        return `{"type":"rpc-response","request-id":"${id}","data":${JSON.stringify(data)}}`;
      });
      return frames(answers);
    },
  };
}

/**
 * Servers that pass every text on as it is: to subscribers what a publisher
 * sends, and back.
 */
export const passing: Speaker = {
  path: (channel, role) => `/${channel}?role=${role}`,
  joins: async () => {},
  publishes: (channel, data) =>
    data.map(
      (each) => `{"type":"publish","channel-id":"${channel}","data":${each}}`,
    ),
  requests: (channel, data) => passing.publishes(channel, data),
  answers: (text) => [text],
};

/** partyserver names its paths itself. */
export const party: Speaker = {
  ...passing,
  path: (channel, role) => `/parties/party/${channel}?role=${role}`,
};

/** Socket.IO's protocol, version 5, over Engine.IO's, version 4. */
export const socketIo: Speaker = {
  path: () => "/socket.io/?EIO=4&transport=websocket",
  joins: async (socket, channel, role) => {
    await socket.until('0{"sid"');
    socket.send("40");
    await socket.until('40{"sid"');
    if (role === "publisher") return;
    socket.send(`421["subscribe","${channel}"]`);
    await socket.until("431[");
  },
  publishes: (channel, data) =>
    data.map((each) => `42["publish","${channel}",${each}]`),
};

/** The text protocol of NATS. */
export const nats: Speaker = {
  path: () => "/",
  joins: async (socket, channel, role) => {
    await socket.until("INFO ");
    socket.send('CONNECT {"verbose":false,"pedantic":false}\r\n');
    if (role === "subscriber") socket.send(`SUB ${channel} 1\r\n`);
    socket.send("PING\r\n");
    await socket.until("PONG");
  },
  publishes: (channel, data) => [
    data.map((each) => `PUB ${channel} ${each.length}\r\n${each}\r\n`).join(""),
  ],
};

function arraysOf(texts: readonly string[]): string[] {
  if (texts.length === 1) return [...texts];
  const arrays: string[] = [];
  for (let at = 0; at < texts.length; at += MAX_BATCH_OBJECTS) {
    arrays.push(`[${texts.slice(at, at + MAX_BATCH_OBJECTS).join(",")}]`);
  }
  return arrays;
}
