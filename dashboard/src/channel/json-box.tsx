/**
 * A field for JSON.
 *
 * @module
 */
import { useId } from "preact/hooks";

/** Reads what was typed. */
export function readJson(
  text: string,
): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `This is not JSON: ${why}` };
  }
}

export function JsonBox({
  label,
  value,
  mistake,
  rows = 4,
  onInput,
  onSend,
}: {
  readonly label: string;
  readonly value: string;
  readonly mistake: string | undefined;
  readonly rows?: number;
  readonly onInput: (text: string) => void;
  /** Ctrl and Enter, or Command and Enter. */
  readonly onSend: () => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="code"
        rows={rows}
        value={value}
        spellcheck={false}
        aria-invalid={mistake !== undefined}
        aria-describedby={`${id}-hint`}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey))
            return;
          event.preventDefault();
          onSend();
        }}
      />
      <p id={`${id}-hint`} class={mistake === undefined ? "hint" : "wrong"}>
        {mistake ?? "JSON; Ctrl+Enter sends"}
      </p>
    </div>
  );
}
