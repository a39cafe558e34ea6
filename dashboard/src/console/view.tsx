/**
 * A console that speaks raw frames.
 *
 * @module
 */
import { useState } from "preact/hooks";

import type { ClientFrameType } from "../../../src/protocol/client-frames.ts";
import { JsonBox, readJson } from "../channel/json-box.tsx";
import { useTitle } from "../ui/hooks.ts";
import { Log } from "./log.tsx";
import { useWire } from "./socket.ts";
import { TEMPLATES } from "./templates.ts";

const TYPES = Object.keys(TEMPLATES) as ClientFrameType[];

export function ConsoleView({ token }: { readonly token: string | undefined }) {
  useTitle("Try it");
  const wire = useWire();
  const [path, setPath] = useState("/ws");
  const [pasted, setPasted] = useState(token ?? "");
  const [batch, setBatch] = useState(false);
  const [type, setType] = useState<ClientFrameType>("subscribe");
  const [text, setText] = useState(() => textOf("subscribe"));
  const [mistake, setMistake] = useState<string>();
  const isOpen = wire.state === "open";
  const send = () => {
    const read = readJson(text);
    // Nonsense may be sent too: it is seen what the service says to it.
    setMistake(
      read.ok ? undefined : `${read.message}. It was sent all the same.`,
    );
    // One line, as programs send it.
    wire.send(read.ok ? JSON.stringify(read.value) : text);
  };
  return (
    <>
      <div class="heading">
        <h1>Try it</h1>
        <p class="sub">Raw frames over a socket of your own</p>
      </div>
      <div class="columns">
        <div class="column">
          <section class="card" aria-label="Connection">
            <div class="cardhead">
              <h2>Connection</h2>
              <span class={`badge ${isOpen ? "good" : "plain"}`} role="status">
                {wire.state}
              </span>
            </div>
            <form
              onSubmit={(event) => {
                event.preventDefault();
                const given = pasted.trim();
                wire.open({
                  path,
                  batch,
                  token: given === "" ? undefined : given,
                });
              }}
            >
              <div class="field">
                <label for="wire-path">Path</label>
                <input
                  id="wire-path"
                  class="code"
                  value={path}
                  spellcheck={false}
                  aria-describedby="wire-path-hint"
                  onInput={(event) => setPath(event.currentTarget.value)}
                />
                <p id="wire-path-hint" class="hint">
                  /ws is a session; /channels/:id/ws one channel
                </p>
              </div>
              <div class="field">
                <label for="wire-token">Token</label>
                <textarea
                  id="wire-token"
                  class="code"
                  rows={2}
                  value={pasted}
                  spellcheck={false}
                  autocomplete="off"
                  placeholder="none"
                  onInput={(event) => setPasted(event.currentTarget.value)}
                />
              </div>
              <div class="buttons">
                <label class="check">
                  <input
                    type="checkbox"
                    checked={batch}
                    onChange={(event) => setBatch(event.currentTarget.checked)}
                  />
                  batches
                </label>
                <span class="spacer" />
                {wire.state !== "closed" && (
                  <button type="button" onClick={wire.close}>
                    Disconnect
                  </button>
                )}
                <button type="submit" class={isOpen ? "" : "main"}>
                  {wire.state === "closed" ? "Connect" : "Reconnect"}
                </button>
              </div>
            </form>
          </section>
          <section class="card" aria-label="Frame">
            <h2>Frame</h2>
            <div class="field">
              <label for="wire-type">Template</label>
              <select
                id="wire-type"
                value={type}
                aria-describedby="wire-type-hint"
                onChange={(event) => {
                  const next = TYPES.find(
                    (each) => each === event.currentTarget.value,
                  );
                  if (next === undefined) return;
                  setType(next);
                  setText(textOf(next));
                  setMistake(undefined);
                }}
              >
                {TYPES.map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </select>
              <p id="wire-type-hint" class="hint">
                {TEMPLATES[type].about}
              </p>
            </div>
            <JsonBox
              label="Message"
              value={text}
              mistake={mistake}
              rows={9}
              onInput={setText}
              onSend={send}
            />
            <div class="buttons">
              <span class="spacer" />
              <button
                type="button"
                class="main"
                disabled={!isOpen}
                onClick={send}
              >
                Send
              </button>
            </div>
          </section>
        </div>
        <div class="column wide">
          <Log entries={wire.entries} onClear={wire.clear} />
        </div>
      </div>
    </>
  );
}

function textOf(type: ClientFrameType): string {
  return JSON.stringify(TEMPLATES[type].frame, null, 2);
}
