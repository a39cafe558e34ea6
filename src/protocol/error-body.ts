/**
 * What every refusal over HTTP looks like (docs/protocol.md §6).
 *
 * @module
 */
import * as v from "valibot";

import { HTTP_REASONS, type HttpReason } from "./reasons.ts";

/** The body of every refusal. */
export const ErrorBodySchema = v.object({
  error: v.object({
    reason: v.picklist(Object.keys(HTTP_REASONS) as HttpReason[]),
    /** For people. */
    message: v.string(),
  }),
});
