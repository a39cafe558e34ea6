/**
 * What the process of a flood and whoever starts it say to each other.
 *
 * @module
 */
import * as v from "valibot";

/** What a flood is made of. */
export const FloodSchema = v.object({
  /** A session, or a channel's own path. */
  url: v.string(),
  /** Connections at a time. */
  connections: v.number(),
  /** What each sends all the time, without ever reading an answer. */
  message: v.optional(v.string()),
  /** How long one stays that sends nothing, in ms. */
  stayMs: v.optional(v.number(), 0),
});
export type Flood = v.InferInput<typeof FloodSchema>;

/** What it came to, told again and again. */
export const TollSchema = v.object({
  /** Connections that were let in. */
  opened: v.number(),
  /** Messages sent. */
  sent: v.number(),
  /** Connections that were cut while they sent. */
  cut: v.number(),
});
export type Toll = v.InferOutput<typeof TollSchema>;
