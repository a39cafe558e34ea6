/**
 * What is shown in place of content, or above it: nothing there, loading,
 * something went wrong.
 *
 * @module
 */
import type { ComponentChildren } from "preact";

import { missingGrant } from "../service/access.ts";
import type { ServiceError } from "../service/ask.ts";

/** Something to say where content would be. */
export function Notice({
  title,
  children,
  kind = "plain",
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly kind?: "plain" | "bad" | "warn";
}) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : undefined}>
      <strong>{title}</strong>
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}

/** Why something is not shown, and what can be done about it. */
export function Refusal({
  error,
  what,
  onAgain,
}: {
  readonly error: ServiceError;
  /** What is not shown. */
  readonly what: string;
  readonly onAgain?: () => void;
}) {
  const missing = missingGrant(error);
  if (missing !== undefined) {
    return (
      <Notice title={`${what}: not granted`} kind="warn">
        {missing}
      </Notice>
    );
  }
  return (
    <Notice title={`${what}: ${error.message}`} kind="bad">
      <p>
        <code>{error.reason}</code>
        {error.status > 0 && <>, HTTP {error.status}</>}
      </p>
      {onAgain !== undefined && (
        <button type="button" onClick={onAgain}>
          Try again
        </button>
      )}
    </Notice>
  );
}

/** Content that is on its way. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" /> Loading {what}…
    </p>
  );
}
