/**
 * What is said over WebSockets, as examples: the frames of /asyncapi.json's
 * messages are those of conversations, which tests hold with the service.
 *
 * @module
 */
import type { Given } from "./operation.ts";

/** A frame, in whichever direction. */
export type Frame = { readonly type: string; readonly [key: string]: unknown };

/** Who takes part, each over a connection of its own. */
export type Party = "client" | "other" | "service";

/** What happens next. */
export type Step =
  | { readonly who: Party; readonly sends: Frame }
  | { readonly who: Party; readonly receives: Frame }
  /** The channel is deleted over HTTP. */
  | { readonly deletes: string };

/** Frames in an order in which they come. */
export interface Conversation {
  /** The name of its frames among the examples of their messages. */
  readonly name: string;
  readonly summary: string;
  /** The channel whose own socket would do as well. */
  readonly channel: string;
  /** The one kind of socket it is held over; absent: either. */
  readonly over?: "session" | "channel";
  /** Whether the service wants tokens; absent: everybody is let in. */
  readonly tokens?: true;
  readonly given?: readonly Given[];
  readonly steps: readonly Step[];
}
