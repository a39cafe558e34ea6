/**
 * How the service is, in a word.
 *
 * @module
 */
import type { Live } from "../service/live.ts";

/** The word, and the sentence behind it. */
export function healthOf({ state, latest, error }: Live): {
  word: string;
  kind: "good" | "bad" | "warn" | "plain";
  why: string | undefined;
} {
  if (state === "loading") {
    return { word: "Connecting", kind: "plain", why: undefined };
  }
  if (state === "lost") {
    return { word: "Reconnecting", kind: "warn", why: error?.message };
  }
  if (state === "refused") {
    const why = error?.message;
    if (error?.status === 401) return { word: "No token", kind: "warn", why };
    // What it shows of channels is granted all the same.
    if (error?.status === 403) return { word: "Limited", kind: "plain", why };
    return { word: "Unhealthy", kind: "bad", why };
  }
  return latest?.status === "healthy"
    ? { word: "Healthy", kind: "good", why: undefined }
    : { word: "Unhealthy", kind: "bad", why: latest?.message };
}

export function HealthBadge({ live }: { readonly live: Live }) {
  const { word, kind, why } = healthOf(live);
  return (
    <span class={`badge ${kind}`} role="status" title={why}>
      {word}
    </span>
  );
}
