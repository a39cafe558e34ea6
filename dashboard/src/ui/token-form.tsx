/**
 * Asks for a token, where the service lets nobody in without one.
 *
 * @module
 */
import { useState } from "preact/hooks";

import type { ServiceError } from "../service/ask.ts";
import { keepToken } from "../service/token.ts";
import { useTitle } from "./hooks.ts";

export function TokenForm({
  error,
  isWrong,
}: {
  readonly error: ServiceError | undefined;
  /** Whether there was one, which was refused. */
  readonly isWrong: boolean;
}) {
  const [text, setText] = useState("");
  useTitle("Token");
  const token = text.trim();
  const submit = (event: Event) => {
    event.preventDefault();
    if (token !== "") keepToken(token);
  };
  return (
    <form class="card door" onSubmit={submit}>
      <h1>This service needs a token</h1>
      <p>
        Paste a JWT that it accepts. It is kept in this tab alone, until the tab
        is closed.
      </p>
      <label>
        Token
        <textarea
          class="code"
          rows={5}
          value={text}
          spellcheck={false}
          autocomplete="off"
          aria-describedby="token-hint"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {isWrong && error !== undefined && (
        <p class="wrong" role="alert">
          The service says: {error.message}
        </p>
      )}
      <p id="token-hint" class="hint">
        The overview needs <code>admin</code> on <code>*</code>; channels show
        with <code>info</code>. For development:{" "}
        <code>npm run token -- --sub me --grant '*=admin'</code>
      </p>
      <button type="submit" class="main" disabled={token === ""}>
        Use this token
      </button>
    </form>
  );
}
