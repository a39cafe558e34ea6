/**
 * Everything that needs a grant, by every way in, with the answer of the
 * service to who has it and to who has not.
 *
 * @module
 */
import type { Client } from "../client.ts";

import type { Server } from "../server.ts";
import { BY_CALL } from "./calls.ts";
import type { Need } from "./credentials.ts";
import { BY_FRAME } from "./frames.ts";
import { BY_HTTP } from "./http.ts";

/** The ways in. */
export type Way = "session" | "direct" | "HTTP" | "binding";

/** Whoever does something, and where. */
export interface Actor {
  readonly server: Server;
  readonly token: string | undefined;
  readonly channel: string;
  /** When the channel began, if it exists. */
  readonly epoch: string | undefined;
  /** Somebody else, who may do everything there, and is subscribed to it. */
  readonly witness: Client;
}

/** What is answered about a channel. */
export type Answer = (channel: string) => unknown;

/** Something that is done by one way in. */
export interface Deed extends Need {
  readonly what: string;
  readonly way: Way;
  /** Whether the channel must not exist yet. */
  readonly creates: boolean;
  /** Does it; resolves with the answer of the service. */
  does(actor: Actor): Promise<unknown>;
  /** The answers to who may do it, who may not, and who may do nothing. */
  readonly done: Answer;
  readonly refused: Answer;
  readonly nothing: Answer;
}

/** All there is to be done with a channel. */
export const DEEDS: readonly Deed[] = [...BY_FRAME, ...BY_HTTP, ...BY_CALL];
