/**
 * The newest messages that the channel keeps.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";

import { readMessages } from "../service/channels.ts";
import { age } from "../ui/format.ts";
import { useAsked } from "../ui/hooks.ts";
import { Loading, Notice, Refusal } from "../ui/notice.tsx";
import { MessageItem } from "./message.tsx";

const AT_FIRST = 20;
const AT_MOST = 1_000;
/** What is too old is not kept: looked at so often, in ms. */
const EVERY_MS = 30_000;

export function Retained({
  id,
  seq,
  epoch,
  now,
}: {
  readonly id: string;
  readonly seq: number;
  readonly epoch: string;
  readonly now: number;
}) {
  const [limit, setLimit] = useState(AT_FIRST);
  const asked = useAsked(`${id} ${epoch} ${limit}`, EVERY_MS, () =>
    readMessages(id, seq, limit),
  );
  const { again, value, error } = asked;
  // There are newer ones.
  useEffect(again, [seq, again]);
  const messages = value?.messages ?? [];
  return (
    <section class="card" aria-label="Retained messages">
      <div class="cardhead">
        <h2>Retained messages</h2>
        {messages.length > 0 && (
          <span class="hint">{messages.length} shown</span>
        )}
      </div>
      {error !== undefined && (
        <Refusal error={error} what="The messages" onAgain={again} />
      )}
      {value === undefined && error === undefined && (
        <Loading what="the messages" />
      )}
      {value !== undefined && messages.length === 0 && (
        <Notice title="Nothing is kept">
          Nothing was published yet, or it is older than the channel keeps it.
        </Notice>
      )}
      {messages.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keyboard can scroll it
        <ol class="messages" tabIndex={0} aria-label="Retained, newest first">
          {[...messages].reverse().map((message) => (
            <MessageItem
              key={message["message-id"]}
              seq={message.seq}
              when={`${age(message["published-at"], now)} ago`}
              sender={message["sender-user-id"] ?? message["sender-conn-id"]}
              data={message.data}
            />
          ))}
        </ol>
      )}
      {messages.length === limit && limit < AT_MOST && (
        <button
          type="button"
          class="quiet"
          onClick={() => setLimit(Math.min(AT_MOST, limit * 5))}
        >
          Show older ones
        </button>
      )}
    </section>
  );
}
