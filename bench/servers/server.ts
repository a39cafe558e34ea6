/**
 * The servers that are compared, each a process of its own.
 *
 * @module
 */

/** A running server. */
export interface BenchServer {
  readonly port: number;
  readonly pid: number;
  /** Ends it and removes what it wrote. */
  stop(): Promise<void>;
}

/** Those there are; what each is: `describe.ts`. */
export const SERVER_NAMES = [
  "bare",
  "party",
  "sente",
  "sente-silent",
  "ws",
  "socket.io",
  "nats",
] as const;
export type ServerName = (typeof SERVER_NAMES)[number];
