/**
 * How the list of channels is ordered and searched.
 *
 * @module
 */
import type { ListedChannel } from "../service/channels.ts";

export const COLUMNS = [
  { key: "id", label: "Channel" },
  { key: "subscribers", label: "Subscribers" },
  { key: "rate", label: "Messages/s" },
  { key: "messages", label: "Messages" },
  { key: "retention", label: "Retention" },
  { key: "createdAt", label: "Age" },
] as const;

export type Column = (typeof COLUMNS)[number]["key"];

export interface Order {
  readonly by: Column;
  readonly descending: boolean;
}

/** The channels that a search finds, in order. */
export function arrange(
  channels: readonly ListedChannel[],
  search: string,
  { by, descending }: Order,
): ListedChannel[] {
  const wanted = search.toLowerCase();
  const found =
    wanted === ""
      ? [...channels]
      : channels.filter(({ id }) => id.toLowerCase().includes(wanted));
  const sign = descending ? -1 : 1;
  found.sort((a, b) => sign * compare(a, b, by) || byId(a, b));
  return found;
}

/** The order after a click on a column: numbers begin with the largest. */
export function turned({ by, descending }: Order, column: Column): Order {
  if (by === column) return { by, descending: !descending };
  return { by: column, descending: column !== "id" };
}

function compare(a: ListedChannel, b: ListedChannel, by: Column): number {
  if (by === "id") return byId(a, b);
  if (by === "retention") return retention(a) - retention(b);
  // The oldest has the greatest age.
  if (by === "createdAt") return b.createdAt - a.createdAt;
  return a[by] - b[by];
}

function byId(a: ListedChannel, b: ListedChannel): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function retention({ config }: ListedChannel): number {
  return config["message-retention"];
}
