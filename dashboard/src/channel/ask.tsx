/**
 * A box to ask the channel's subscribers something, and what they answer.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";

import { wordsOf } from "../service/ask.ts";
import { latency, pretty } from "../ui/format.ts";
import { JsonBox, readJson } from "./json-box.tsx";
import type { Session } from "./session.ts";

interface Answer {
  readonly key: number;
  readonly kind: "part" | "end" | "bad";
  readonly text: string;
  readonly ms: number;
}

export function AskBox({
  id,
  session,
}: {
  readonly id: string;
  readonly session: Session;
}) {
  const [text, setText] = useState("{}");
  const [timeout, setTimeoutText] = useState("10000");
  const [deliverTo, setDeliverTo] = useState<"all" | "one">("all");
  const [mistake, setMistake] = useState<string>();
  const [answers, setAnswers] = useState<readonly Answer[]>([]);
  const asking = useRef<AbortController>(undefined);
  const [busy, setBusy] = useState(false);
  useEffect(() => () => asking.current?.abort(), []);
  const ask = async () => {
    const read = readJson(text);
    setMistake(read.ok ? undefined : read.message);
    if (!read.ok || busy) return;
    const cancelling = new AbortController();
    asking.current = cancelling;
    setBusy(true);
    setAnswers([]);
    const begun = performance.now();
    let key = 0;
    const note = (kind: Answer["kind"], said: string) => {
      const ms = performance.now() - begun;
      const answer = { key: key++, kind, text: said, ms };
      setAnswers((before) => [...before, answer]);
    };
    try {
      const parts = session()
        .channel(id)
        .requestParts(read.value, {
          deliverTo,
          timeoutMs: Number(timeout),
          signal: cancelling.signal,
        });
      for await (const part of parts) note("part", pretty(part));
      note("end", "The request has ended.");
    } catch (error) {
      note("bad", cancelling.signal.aborted ? "Cancelled." : wordsOf(error));
    }
    setBusy(false);
  };
  return (
    <section class="card" aria-label="Request">
      <h2>Request</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <JsonBox
          label="Request data"
          value={text}
          mistake={mistake}
          onInput={setText}
          onSend={ask}
        />
        <div class="buttons">
          <label class="inline">
            To
            <select
              value={deliverTo}
              onChange={(event) =>
                setDeliverTo(
                  event.currentTarget.value === "one" ? "one" : "all",
                )
              }
            >
              <option value="all">all</option>
              <option value="one">one</option>
            </select>
          </label>
          <label class="inline">
            Within
            <input
              type="number"
              min={1}
              max={300_000}
              required
              value={timeout}
              onInput={(event) => setTimeoutText(event.currentTarget.value)}
            />
            ms
          </label>
          <span class="spacer" />
          {busy && (
            <button type="button" onClick={() => asking.current?.abort()}>
              Cancel
            </button>
          )}
          <button type="submit" class="main" disabled={busy}>
            {busy ? "Waiting…" : "Send request"}
          </button>
        </div>
      </form>
      <ol class="answers" aria-label="Answers" aria-live="polite">
        {answers.map(({ key, kind, text: said, ms }) => (
          <li key={key} class={kind}>
            <span class="ms">{latency(ms)}</span>
            {kind === "part" ? <pre>{said}</pre> : <span>{said}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
