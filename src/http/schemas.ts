/**
 * What requests carry: the schemas of bodies and queries. They know no
 * platform, so that the interface documents can be made of them.
 *
 * @module
 */
import * as v from "valibot";

import { MAX_HISTORY_LIMIT } from "../channel/history.ts";
import { MAX_LIST_LIMIT } from "../protocol/client-frames.ts";
import { EventIdSchema } from "../protocol/event-stream.ts";
import {
  count,
  DeliverToSchema,
  flag,
  OwnMessageIdSchema,
  pageLimit,
  TimeoutSchema,
  text,
} from "../protocol/fields.ts";
import { OPERATIONS } from "../protocol/operations.ts";
import { fromText } from "./input.ts";

/** The query of `GET /channels`. */
export const ListQuerySchema = v.object({
  prefix: v.optional(text, ""),
  limit: v.optional(fromText(pageLimit(MAX_LIST_LIMIT)), "100"),
  cursor: v.optional(text),
});

/** The query of `GET /channels/:id/messages`. */
export const HistoryQuerySchema = v.object({
  epoch: v.optional(text),
  after: v.optional(fromText(count())),
  limit: v.optional(fromText(pageLimit(MAX_HISTORY_LIMIT)), "100"),
});

/** The query of `GET /channels/:id/events`. */
export const EventsQuerySchema = v.object({
  since: v.optional(EventIdSchema),
  "retained-limit": v.optional(fromText(count())),
});

/** The body of `POST /channels/:id/messages`. */
export const MessageBodySchema = v.object({
  data: v.unknown(),
  "message-id": v.optional(OwnMessageIdSchema),
  ephemeral: v.optional(flag, false),
});

/** The body of `POST /channels/:id/rpc`. */
export const RequestBodySchema = v.object({
  data: v.unknown(),
  "timeout-ms": v.optional(TimeoutSchema),
  "deliver-to": v.optional(DeliverToSchema),
});

/** The query of `GET /stats/history`. */
export const SinceSchema = v.object({
  since: v.optional(fromText(count()), "0"),
});

/** The query of `GET /channels/:id/ws`. */
export const OpenQuerySchema = v.object({
  only: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split(",")),
      v.array(
        v.picklist(OPERATIONS, `must be some of ${OPERATIONS.join(",")}`),
      ),
    ),
  ),
});
