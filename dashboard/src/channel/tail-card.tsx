/**
 * The live tail of a channel.
 *
 * @module
 */
import { clock, count } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { MessageItem } from "./message.tsx";
import { MAX_KEPT, type Tail } from "./tail.ts";

const WORDS: Readonly<Record<Tail["state"], string>> = {
  connecting: "connecting",
  connected: "listening",
  waiting: "reconnecting",
  closed: "closed",
  refused: "not listening",
};

export function TailCard({ tail }: { readonly tail: Tail }) {
  const { state, why, heard, paused, waiting } = tail;
  const isGood = state === "connected";
  return (
    <section class="card" aria-label="Live tail">
      <div class="cardhead">
        <h2>Live tail</h2>
        <span class={`badge ${isGood ? "good" : "warn"}`} role="status">
          {paused ? `paused, ${count(waiting)} new` : WORDS[state]}
        </span>
        <span class="spacer" />
        <button
          type="button"
          aria-pressed={paused}
          onClick={() => tail.pause(!paused)}
        >
          {paused ? "Go on" : "Pause"}
        </button>
        <button type="button" class="quiet" onClick={tail.clear}>
          Clear
        </button>
      </div>
      {!isGood && why !== undefined && <p class="wrong">{why}</p>}
      {heard.length === 0 ? (
        <Notice title="Nothing was said yet">
          What is published shows up here at once.
        </Notice>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keyboard can scroll it
        <ol class="messages" tabIndex={0} aria-label="Messages, newest first">
          {heard.map(({ key, at, message }) => (
            <MessageItem
              key={key}
              seq={message.seq}
              when={clock(at)}
              sender={message.senderUserId ?? message.senderConnId}
              data={message.data}
              isOld={message.replayed}
            />
          ))}
        </ol>
      )}
      {heard.length === MAX_KEPT && (
        <p class="hint">The newest {MAX_KEPT} are kept here.</p>
      )}
    </section>
  );
}
