/**
 * What a connection may do on one channel. Granted at the edge, kept with the
 * connection, checked by the channel on every operation.
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

/** The operations granted on one channel. */
export type Grants = readonly Operation[];

/** Grants as they travel from the edge to a channel. */
export const GrantsSchema = v.array(v.picklist(OPERATIONS));

/** What everybody may do where `AUTH` is `open`. */
export const ALL_GRANTS: Grants = ["admin"];

/** Whether `grants` allow `operation`. */
export function allows(grants: Grants, operation: Operation): boolean {
  return grants.includes(operation) || grants.includes("admin");
}
