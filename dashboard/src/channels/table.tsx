/**
 * A table of very many rows, of which only those in sight are there.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";

import { hrefOfChannel } from "../route.ts";
import type { ListedChannel } from "../service/channels.ts";
import { age, count, rate } from "../ui/format.ts";
import { useNow } from "../ui/hooks.ts";
import { COLUMNS, type Column, type Order } from "./order.ts";

/** As the style sheet has it, in px. */
const ROW = 44;
/** Rows beyond the edges, so that scrolling shows no hole. */
const SPARE = 8;

export function ChannelTable({
  channels,
  order,
  onOrder,
  onDelete,
}: {
  readonly channels: readonly ListedChannel[];
  readonly order: Order;
  readonly onOrder: (column: Column) => void;
  readonly onDelete: (id: string) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const now = useNow(5_000);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () =>
      setView({ top: element.scrollTop, height: element.clientHeight });
    look();
    element.addEventListener("scroll", look, { passive: true });
    const resizing = new ResizeObserver(look);
    resizing.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      resizing.disconnect();
    };
  }, []);
  const first = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const end = Math.ceil((view.top + view.height) / ROW) + SPARE;
  const shown = channels.slice(first, end);
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows of a real table cannot be left out
    <div
      class="grid"
      role="table"
      aria-label="Channels"
      aria-rowcount={channels.length + 1}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup">
        <Header order={order} onOrder={onOrder} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div
        class="rows"
        role="rowgroup"
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keyboard can scroll it
        tabIndex={0}
      >
        <div
          class="all"
          style={{ height: `${channels.length * ROW}px` }}
          role="presentation"
        >
          {shown.map((channel, i) => (
            <Row
              key={channel.id}
              channel={channel}
              index={first + i}
              now={now}
              onDelete={onDelete}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Header({
  order,
  onOrder,
}: {
  readonly order: Order;
  readonly onOrder: (column: Column) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    // biome-ignore lint/a11y/useFocusableInteractive: its buttons are
    <div class="row head" role="row" aria-rowindex={1}>
      {COLUMNS.map(({ key, label }) => (
        // biome-ignore lint/a11y/useSemanticElements: see above
        // biome-ignore lint/a11y/useFocusableInteractive: its button is
        <div
          key={key}
          role="columnheader"
          class={`c-${key}`}
          aria-sort={
            order.by !== key
              ? "none"
              : order.descending
                ? "descending"
                : "ascending"
          }
        >
          <button type="button" class="sort" onClick={() => onOrder(key)}>
            {label}
            <span aria-hidden="true">
              {order.by !== key ? "" : order.descending ? " ↓" : " ↑"}
            </span>
          </button>
        </div>
      ))}
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: there is nothing to do */}
      <div role="columnheader" class="c-do">
        <span class="unseen">Actions</span>
      </div>
    </div>
  );
}

function Row({
  channel,
  index,
  now,
  onDelete,
}: {
  readonly channel: ListedChannel;
  readonly index: number;
  readonly now: number;
  readonly onDelete: (id: string) => void;
}) {
  const { id, subscribers, rate: perSecond, messages, config } = channel;
  const cell = (column: Column, text: string) => (
    // biome-ignore lint/a11y/useSemanticElements: see above
    <div role="cell" class={`c-${column}`}>
      {text}
    </div>
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    // biome-ignore lint/a11y/useFocusableInteractive: what is in it is
    <div
      class="row"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${index * ROW}px)` }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="cell" class="c-id">
        <a href={hrefOfChannel(id)}>{id}</a>
      </div>
      {cell("subscribers", count(subscribers))}
      {cell("rate", rate(perSecond))}
      {cell("messages", count(messages))}
      {cell("retention", count(config["message-retention"]))}
      {cell("createdAt", age(channel.createdAt, now))}
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="cell" class="c-do">
        <button
          type="button"
          class="quiet"
          aria-label={`Delete ${id}`}
          onClick={() => onDelete(id)}
        >
          Delete
        </button>
      </div>
    </div>
  );
}
