/**
 * How a channel is set.
 *
 * @module
 */
import {
  CHANNEL_CONFIG,
  CHANNEL_CONFIG_KEYS,
  type ChannelConfig,
  type ChannelConfigKey,
} from "../../../src/protocol/channel-config.ts";
import { count, duration } from "../ui/format.ts";

export function Configuration({
  config,
  epoch,
}: {
  readonly config: ChannelConfig;
  readonly epoch: string;
}) {
  return (
    <section class="card" aria-label="Configuration">
      <h2>Configuration</h2>
      <dl class="config">
        {CHANNEL_CONFIG_KEYS.map((key) => (
          <div key={key} title={CHANNEL_CONFIG[key].meaning}>
            <dt>{key}</dt>
            <dd>{shown(key, config[key])}</dd>
          </div>
        ))}
        <div title="new whenever the channel's numbering starts over">
          <dt>epoch</dt>
          <dd class="code">{epoch}</dd>
        </div>
      </dl>
    </section>
  );
}

function shown(key: ChannelConfigKey, value: number): string {
  if (key.endsWith("-ttl-ms") && value === 0) {
    return key === "idle-ttl-ms" ? "never" : "for ever";
  }
  if (key.endsWith("-ms")) return duration(value);
  return key.endsWith("-bytes") ? bytes(value) : count(value);
}

function bytes(value: number): string {
  if (value < 1_024) return `${value} B`;
  return value < 1_048_576
    ? `${count(value / 1_024)} KiB`
    : `${count(value / 1_048_576)} MiB`;
}
