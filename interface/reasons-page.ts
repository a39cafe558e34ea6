/**
 * docs/reasons.md, of the closed sets and what there is to say of each.
 *
 * @module
 */
import * as sets from "../src/protocol/reasons.ts";
import {
  CLIENT_REASONS,
  CLOSES,
  type Entry,
  SERVER_REASONS,
  type ServerReason,
} from "./reasons.ts";

/** Which reasons come in which frame. */
export const SETS: Readonly<Record<string, readonly ServerReason[]>> = {
  error: sets.ERROR_REASONS,
  "authenticate-result": sets.AUTHENTICATE_REASONS,
  "subscription-result": sets.SUBSCRIBE_REASONS,
  "unsubscription-result": sets.UNSUBSCRIBE_REASONS,
  "publish-result": sets.PUBLISH_REASONS,
  unsubscribed: sets.UNSUBSCRIBED_REASONS,
  "subscription-lost": sets.SUBSCRIPTION_LOST_REASONS,
  "event: end": sets.EVENTS_END_REASONS,
  "rpc-request-result": sets.REQUEST_REASONS,
  "rpc-response-result": sets.RESPONSE_REASONS,
  "rpc-cancel-result": sets.CANCEL_REASONS,
  "rpc-response": sets.RPC_END_REASONS,
};

const HEAD = `# Reasons and close codes

Every reason and close code, in alphabetical order: what it means, what causes it, and what to do. [protocol.md](protocol.md) §8 has them
by the frames that carry them. This page is generated: change \`interface/reasons.ts\`, then run \`npm run docs\`.`;

/** The page. */
export function reasonsPage(): string {
  const server = sorted(SERVER_REASONS).map(([reason, entry]) =>
    section(reason, entry, whereOf(reason)),
  );
  const client = sorted(CLIENT_REASONS).map(([reason, entry]) =>
    section(reason, entry),
  );
  const codes = new Map(
    Object.entries(sets.CLOSE_CODES).map(([name, code]) => [
      String(code),
      name,
    ]),
  );
  const closes = sorted(CLOSES).map(([code, entry]) =>
    section(code, entry, `\`CLOSE_CODES.${codes.get(code)}\``),
  );
  return `${[
    HEAD,
    "## Reasons that the server gives",
    ...server,
    "## Reasons of the client library",
    "Besides those of the server, the errors of `sente-lite/client` ([client.md](client.md)) have these.",
    ...client,
    "## Close codes",
    "A link that broke without a Close shows as 1006, which nobody sends: reconnect with backoff, and subscribe again with `since`.",
    ...closes,
  ].join("\n\n")}\n`;
}

function section(
  name: string,
  { meaning, cause, remedy }: Entry,
  where?: string,
): string {
  const lines = [
    `* **Meaning:** ${meaning}`,
    `* **Cause:** ${cause}`,
    `* **What to do:** ${remedy}`,
  ];
  if (where !== undefined) lines.push(`* **Where:** ${where}`);
  return `### \`${name}\`\n\n${lines.join("\n")}`;
}

/** The frames that carry it, and its status over HTTP. */
function whereOf(reason: string): string {
  const frames = Object.entries(SETS)
    .filter(([, reasons]) => reasons.some((each) => each === reason))
    .map(([frame]) => `\`${frame}\``);
  const status = Object.entries(sets.HTTP_REASONS).find(
    ([name]) => name === reason,
  );
  if (status !== undefined) frames.push(`HTTP ${status[1]}`);
  return frames.join(", ");
}

function sorted(
  entries: Readonly<Record<string, Entry>>,
): (readonly [string, Entry])[] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
}
