/**
 * A box to publish something.
 *
 * @module
 */
import { useState } from "preact/hooks";

import { wordsOf } from "../service/ask.ts";
import { count, latency } from "../ui/format.ts";
import { JsonBox, readJson } from "./json-box.tsx";
import type { Session } from "./session.ts";

type Result =
  | { readonly kind: "good" | "bad"; readonly text: string }
  | undefined;

export function PublishBox({
  id,
  session,
}: {
  readonly id: string;
  readonly session: Session;
}) {
  const [text, setText] = useState('{ "text": "hello" }');
  const [ephemeral, setEphemeral] = useState(false);
  const [mistake, setMistake] = useState<string>();
  const [result, setResult] = useState<Result>();
  const [busy, setBusy] = useState(false);
  const publish = async () => {
    const read = readJson(text);
    setMistake(read.ok ? undefined : read.message);
    if (!read.ok || busy) return;
    setBusy(true);
    const begun = performance.now();
    try {
      const channel = session().channel(id);
      const done = await channel.publish(read.value, { ephemeral });
      const took = latency(performance.now() - begun);
      const name = done.seq === undefined ? "Ephemeral" : `#${done.seq}`;
      const to = done.deliveredTo ?? 0;
      setResult({
        kind: "good",
        text: `${name}, delivered to ${count(to)} in ${took}`,
      });
    } catch (error) {
      setResult({ kind: "bad", text: wordsOf(error) });
    }
    setBusy(false);
  };
  return (
    <section class="card" aria-label="Publish">
      <h2>Publish</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void publish();
        }}
      >
        <JsonBox
          label="Message"
          value={text}
          mistake={mistake}
          onInput={setText}
          onSend={publish}
        />
        <div class="buttons">
          <label class="check">
            <input
              type="checkbox"
              checked={ephemeral}
              onChange={(event) => setEphemeral(event.currentTarget.checked)}
            />
            ephemeral
          </label>
          <span class="spacer" />
          <button type="submit" class="main" disabled={busy}>
            {busy ? "Publishing…" : "Publish"}
          </button>
        </div>
        <p class={result?.kind === "bad" ? "wrong" : "done"} role="status">
          {result?.text}
        </p>
      </form>
    </section>
  );
}
