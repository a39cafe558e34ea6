/**
 * What can be granted on a channel.
 *
 * @module
 */
import * as v from "valibot";

/** Everything that can be granted. */
export const OPERATIONS = [
  "subscribe",
  "publish",
  "request",
  "respond",
  "history",
  "info",
  "create",
  "delete",
  "admin",
] as const;

/** Something that can be granted. `admin` grants all the others. */
export type Operation = (typeof OPERATIONS)[number];

/** Operations as they stand in tokens and between the parts of the service. */
export const GrantsSchema = v.array(v.picklist(OPERATIONS));

/** The operations granted on one channel. */
export type Grants = readonly Operation[];
