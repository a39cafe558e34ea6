/**
 * What to do about refusals.
 *
 * @module
 */

const ANOTHER_TOKEN = "give another token with --token or SENTE_TOKEN";

const HINTS: { readonly [reason: string]: string } = {
  "token-required": "give a token with --token or SENTE_TOKEN",
  "invalid-token": ANOTHER_TOKEN,
  "token-expired": ANOTHER_TOKEN,
  forbidden: `the token does not grant it: ${ANOTHER_TOKEN}`,
  "auth-not-configured":
    "set JWT_SECRET where the service runs, or AUTH=open to let everybody in",
  "channel-not-found": "`sente-lite channel <id> --create` makes a channel",
  "channel-exists": "--set changes its configuration",
  "rate-limited": "try again later",
};

/** What to do about a refusal, if anything is known. */
export function hintFor(reason: string): string | undefined {
  return Object.hasOwn(HINTS, reason) ? HINTS[reason] : undefined;
}
