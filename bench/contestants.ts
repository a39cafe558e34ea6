/**
 * Who takes part: servers, and the ways they are spoken to.
 *
 * @module
 */
import {
  nats,
  party,
  passing,
  type Speaker,
  sente,
  socketIo,
} from "./client/speakers.ts";
import type { ServerName } from "./servers/server.ts";

/** A server spoken to in one way. */
export interface Contestant {
  readonly server: ServerName;
  readonly speaker: Speaker;
}

const directBatch = sente({ via: "direct", framing: "batch" });

/** All of them, by the name that tables give them. */
export const CONTESTANTS = {
  bare: { server: "bare", speaker: passing },
  partyserver: { server: "party", speaker: party },
  "direct plain": {
    server: "sente",
    speaker: sente({ via: "direct", framing: "plain" }),
  },
  "direct batch": { server: "sente", speaker: directBatch },
  "session plain": {
    server: "sente",
    speaker: sente({ via: "session", framing: "plain" }),
  },
  "session batch": {
    server: "sente",
    speaker: sente({ via: "session", framing: "batch" }),
  },
  "direct plain, ephemeral": {
    server: "sente",
    speaker: sente({ via: "direct", framing: "plain", ephemeral: true }),
  },
  "direct batch, no telemetry": {
    server: "sente-silent",
    speaker: directBatch,
  },
  ws: { server: "ws", speaker: passing },
  "socket.io": { server: "socket.io", speaker: socketIo },
  nats: { server: "nats", speaker: nats },
} as const satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof CONTESTANTS;
