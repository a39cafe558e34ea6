/**
 * How much is said on the channel, and how long it takes to get here.
 *
 * @module
 */
import { useMemo } from "preact/hooks";

import { Chart } from "../ui/chart.tsx";
import { latency, rate } from "../ui/format.ts";
import type { Meter } from "./meter.ts";

export function Meters({
  meter,
  now,
}: {
  readonly meter: Meter;
  readonly now: number;
}) {
  const { times, rates, p50, p95 } = useMemo(
    () => meter.read(now),
    [meter, now],
  );
  return (
    <div class="cards two">
      <section class="card figure" aria-label="Throughput">
        <h2>Throughput</h2>
        <Chart
          title="Messages per second"
          sync="channel"
          times={times}
          format={rate}
          height={110}
          lines={[{ label: "messages / s", colour: "a", values: rates }]}
        />
      </section>
      <section class="card figure" aria-label="Delivery latency">
        <h2>Delivery latency, to this page</h2>
        <Chart
          title="Delivery latency"
          sync="channel"
          times={times}
          format={latency}
          height={110}
          lines={[
            { label: "p50", colour: "a", values: p50 },
            { label: "p95", colour: "b", values: p95 },
          ]}
        />
      </section>
    </div>
  );
}
