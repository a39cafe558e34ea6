/**
 * What a connection may do on one channel. Granted at the edge, kept with the
 * connection, checked by the channel on every operation.
 *
 * @module
 */
import type { ChannelFrameType } from "../protocol/client-frames.ts";
import type { Grants, Operation } from "../protocol/operations.ts";

/** What other Workers of the same deployment may do, and everybody where `AUTH` is `open`. */
export const ALL_GRANTS: Grants = ["admin"];

/** Whether `grants` allow `operation`. */
export function allows(grants: Grants, operation: Operation): boolean {
  return grants.includes(operation) || grants.includes("admin");
}

/**
 * What a frame needs at least. The rest undo or confirm what needed it before.
 */
export function operationOf(type: ChannelFrameType): Operation | undefined {
  switch (type) {
    case "subscribe":
    case "publish":
      return type;
    case "rpc-request":
      return "request";
    case "rpc-response":
      return "respond";
    case "unsubscribe":
    case "ack":
    case "rpc-cancel":
      return undefined;
  }
}

/** Whether two connections may do the same. */
export function sameGrants(a: Grants, b: Grants): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
