/**
 * The form of a new channel, checked as the service does: by the same schema.
 *
 * @module
 */
import * as v from "valibot";

import {
  CHANNEL_CONFIG_KEYS,
  type ChannelConfigKey,
  type PartialChannelConfig,
  PartialChannelConfigSchema,
} from "../../../src/protocol/channel-config.ts";
import { CHANNEL_ID_RULE, isChannelId } from "../../../src/protocol/names.ts";

/** What stands in the fields. */
export type Fields = Readonly<Record<"id" | ChannelConfigKey, string>>;
/** What is wrong with them. */
export type Mistakes = Partial<Record<keyof Fields, string>>;

/** The form when it opens: empty fields stand for the service's defaults. */
export const EMPTY: Fields = {
  id: "",
  "max-subscribers": "",
  "message-retention": "",
  "recovery-window": "",
  "recovery-window-bytes": "",
  "recovery-ttl-ms": "",
  "rpc-timeout-ms": "",
  "idle-ttl-ms": "",
  "max-pending-rpc": "",
};

/** What is to be created, or what is wrong. */
export function readForm(
  fields: Fields,
):
  | { ok: true; id: string; config: PartialChannelConfig }
  | { ok: false; mistakes: Mistakes } {
  const given = CHANNEL_CONFIG_KEYS.filter((key) => fields[key].trim() !== "");
  const numbers = given.map((key) => [key, numberOf(fields[key])]);
  const mistakes: Mistakes = {};
  if (!isChannelId(fields.id)) mistakes.id = CHANNEL_ID_RULE;
  const config = v.safeParse(
    PartialChannelConfigSchema,
    Object.fromEntries(numbers),
  );
  for (const issue of config.issues ?? []) {
    const key = CHANNEL_CONFIG_KEYS.find(
      (each) => each === issue.path?.[0]?.key,
    );
    if (key !== undefined) mistakes[key] = issue.message;
  }
  if (!config.success || mistakes.id !== undefined) {
    return { ok: false, mistakes };
  }
  return { ok: true, id: fields.id, config: config.output };
}

/** Digits alone: `1e3`, `0x10` and the like are mistakes of typing. */
function numberOf(text: string): number {
  return /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
}
