import {
  readSettings,
  type Settings,
  type Variables,
} from "../../src/config.ts";

/** The settings of a server that lets everybody in. */
export function settings(variables: Variables = {}): Settings {
  return readSettings({ AUTH: "open", TELEMETRY_LEVEL: "off", ...variables });
}
