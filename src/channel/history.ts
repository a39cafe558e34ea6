/**
 * Stored messages by page, for `GET /channels/:id/messages`.
 *
 * @module
 */
import type { ChannelState } from "./state.ts";

/** The most messages one page holds. */
export const MAX_HISTORY_LIMIT = 1_000;
/** The most bytes of messages one page holds. */
const MAX_HISTORY_BYTES = 1_000_000;

/** Which messages are wanted. */
export interface HistoryQuery {
  /** Absent: the present one. */
  readonly epoch: string | undefined;
  /** Those with higher numbers; absent: all that are kept. */
  readonly after: number | undefined;
  readonly limit: number;
}

/** The JSON of a page, or undefined when there is no channel. */
export function historyPage(
  state: ChannelState,
  { epoch, after, limit }: HistoryQuery,
): string | undefined {
  if (state.existing === undefined) return undefined;
  const { log, record } = state.existing;
  const current = epoch === undefined || epoch === record.epoch;
  const start = after !== undefined && current ? after : 0;
  const page = log.page(start, limit, MAX_HISTORY_BYTES, state.now);
  log.release();
  const head = JSON.stringify({
    "channel-id": state.id,
    epoch: record.epoch,
    seq: log.seq,
    complete: page.complete && current,
    ...(page.more ? { more: true } : {}),
  });
  return `${head.slice(0, -1)},"messages":[${page.messages.join(",")}]}`;
}
