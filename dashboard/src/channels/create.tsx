/**
 * The dialog that creates a channel.
 *
 * @module
 */
import { useState } from "preact/hooks";

import {
  CHANNEL_CONFIG,
  CHANNEL_CONFIG_KEYS,
} from "../../../src/protocol/channel-config.ts";
import { missingGrant } from "../service/access.ts";
import { ServiceError, wordsOf } from "../service/ask.ts";
import { createChannel } from "../service/channels.ts";
import { Dialog } from "../ui/dialog.tsx";
import { EMPTY, type Fields, type Mistakes, readForm } from "./form.ts";

export function CreateDialog({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void;
  readonly onCreated: (id: string) => void;
}) {
  const [fields, setFields] = useState(EMPTY);
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [refused, setRefused] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (key: keyof Fields, value: string) => {
    setFields((before) => ({ ...before, [key]: value }));
    setMistakes(({ [key]: _, ...others }) => others);
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    const read = readForm(fields);
    if (!read.ok) {
      setMistakes(read.mistakes);
      const [first] = Object.keys(read.mistakes);
      if (form instanceof HTMLFormElement && first !== undefined) {
        const field = form.elements.namedItem(first);
        if (field instanceof HTMLElement) field.focus();
      }
      return;
    }
    setBusy(true);
    setRefused("");
    try {
      await createChannel(read.id, read.config);
      onCreated(read.id);
    } catch (error) {
      setBusy(false);
      const missing =
        error instanceof ServiceError ? missingGrant(error) : undefined;
      setRefused(missing ?? wordsOf(error));
    }
  };
  const field = (
    key: keyof Fields,
    label: string,
    hint: string,
    usual = "",
  ) => (
    <div class="field" key={key}>
      <label for={`new-${key}`}>{label}</label>
      <input
        id={`new-${key}`}
        name={key}
        value={fields[key]}
        placeholder={usual}
        inputMode={key === "id" ? "text" : "numeric"}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={mistakes[key] !== undefined}
        aria-describedby={`new-${key}-hint`}
        onInput={(event) => set(key, event.currentTarget.value)}
      />
      <p
        id={`new-${key}-hint`}
        class={mistakes[key] === undefined ? "hint" : "wrong"}
      >
        {mistakes[key] ?? hint}
      </p>
    </div>
  );
  return (
    <Dialog title="New channel" onClose={onClose}>
      <form onSubmit={submit} noValidate>
        {field("id", "Name", "1 to 200 bytes, not starting with $")}
        <details>
          <summary>Settings, where the defaults will not do</summary>
          <div class="fields">
            {CHANNEL_CONFIG_KEYS.map((key) => {
              const { meaning, default: usual } = CHANNEL_CONFIG[key];
              return field(key, key, meaning, String(usual));
            })}
          </div>
        </details>
        {refused !== "" && (
          <p class="wrong" role="alert">
            {refused}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={busy}>
            {busy ? "Creating…" : "Create"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
