/** What went wrong, in words for people. */
import {
  ChannelDeletedError,
  ClosedError,
  ForbiddenError,
  PayloadTooLargeError,
  QueueFullError,
  SenteError,
  TimeoutError,
} from "sente-lite/client";

export function kindly(error: unknown): string {
  if (error instanceof ForbiddenError) return "You may not do this here.";
  if (error instanceof PayloadTooLargeError) return "That is too long.";
  if (error instanceof TimeoutError) return "There was no connection.";
  if (error instanceof QueueFullError) return "Too much is waiting already.";
  if (error instanceof ChannelDeletedError) return "The room was closed.";
  if (error instanceof ClosedError) return "The connection has ended.";
  if (error instanceof SenteError && error.reason === "max-subscribers-reached")
    return "The room is full.";
  return "Something went wrong.";
}
