/**
 * Connections without a channel, for what keeps and counts them.
 *
 * @module
 */
import * as v from "valibot";

import {
  type Attachment,
  AttachmentSchema,
  Connection,
  type Opening,
} from "../../src/channel/connection.ts";

/** A connection whose socket records what it is told. */
export interface Recorded {
  readonly connection: Connection;
  readonly sent: string[];
  /** The newest attachment; none before the first. */
  kept: Attachment | undefined;
  heartbeatAt: number | undefined;
}

/** A connection that was just accepted, at time 0. */
export function recorded(
  id: string,
  { via = "direct", batch = false }: Partial<Opening> = {},
): Recorded {
  const sent: string[] = [];
  const socket = {
    send: (message: string) => void sent.push(message),
    close: () => {},
    keep: (attachment: Attachment) => {
      const text = JSON.stringify(attachment);
      record.kept = v.parse(AttachmentSchema, JSON.parse(text));
    },
    forget: () => {
      record.kept = undefined;
    },
    lastHeartbeatAt: () => record.heartbeatAt,
  };
  const opening: Opening = {
    "conn-id": id,
    "user-id": null,
    via,
    batch,
    address: null,
    grants: ["admin"],
    expiresAt: null,
    isAdmin: true,
  };
  const connection = Connection.open(socket, opening, 0);
  const record: Recorded = {
    connection,
    sent,
    kept: undefined,
    heartbeatAt: undefined,
  };
  connection.keep();
  return record;
}

/** The connection as it is after hibernation. */
export function awoken({ connection, kept }: Recorded): Connection {
  if (kept === undefined) throw new Error("nothing was kept");
  return new Connection(connection.socket, kept);
}
