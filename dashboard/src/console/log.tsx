/**
 * What went over the console's socket.
 *
 * @module
 */
import { useEffect, useRef } from "preact/hooks";

import { readJson } from "../channel/json-box.tsx";
import { clock, pretty } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import type { Entry } from "./socket.ts";

const WORDS = { out: "sent", in: "received", note: "socket" } as const;
const ARROWS = { out: "→", in: "←", note: "·" } as const;
/** How near to the end somebody is who wants to see the newest, in px. */
const NEAR = 60;

export function Log({
  entries,
  onClear,
}: {
  readonly entries: readonly Entry[];
  readonly onClear: () => void;
}) {
  const list = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (element !== null && follows.current) {
      element.scrollTop = element.scrollHeight;
    }
  }, [entries]);
  return (
    <section class="card" aria-label="Traffic">
      <div class="cardhead">
        <h2>Traffic</h2>
        <span class="spacer" />
        <button type="button" class="quiet" onClick={onClear}>
          Clear
        </button>
      </div>
      {entries.length === 0 ? (
        <Notice title="Nothing went over it yet">
          Connect, pick a template and send it. Answers show up here.
        </Notice>
      ) : (
        <div role="log">
          <ol
            ref={list}
            class="log"
            aria-label="Frames, oldest first"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keyboard can scroll it
            tabIndex={0}
            onScroll={({
              currentTarget: { scrollTop, scrollHeight, clientHeight },
            }) => {
              follows.current = scrollHeight - scrollTop - clientHeight < NEAR;
            }}
          >
            {entries.map(({ key, at, kind, text }) => (
              <li key={key} class={kind}>
                <span class="meta">
                  <span aria-hidden="true">{ARROWS[kind]}</span> {WORDS[kind]}{" "}
                  {clock(at)}
                </span>
                {kind === "note" ? (
                  <span>{text}</span>
                ) : (
                  <pre>{shown(text)}</pre>
                )}
              </li>
            ))}
          </ol>
        </div>
      )}
    </section>
  );
}

function shown(text: string): string {
  const read = readJson(text);
  return read.ok ? pretty(read.value) : text;
}
