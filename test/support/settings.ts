import type { Settings, Variables } from "../../src/config.ts";
import { readSettings } from "../../src/settings.ts";

/** The settings of a server that lets everybody in. */
export function settings(variables: Variables = {}): Settings {
  return readSettings({ AUTH: "open", TELEMETRY_LEVEL: "off", ...variables });
}
