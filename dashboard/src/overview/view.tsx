/**
 * The service at a glance.
 *
 * @module
 */
import { useMemo } from "preact/hooks";

import {
  gaugeAt,
  gridOf,
  latencyAt,
  latencyOf,
  rateAt,
  type Second,
  STEP_MS,
  shareOf,
} from "../service/history.ts";
import type { Live } from "../service/live.ts";
import { Chart, type Line } from "../ui/chart.tsx";
import { count, duration, latency, rate, share } from "../ui/format.ts";
import { useTitle } from "../ui/hooks.ts";
import { Loading, Notice, Refusal } from "../ui/notice.tsx";
import { healthOf } from "./health.tsx";

/** Percentiles are read from so much of the past, in ms. */
const RECENT_MS = 60_000;

export function Overview({ live }: { readonly live: Live }) {
  useTitle("Overview");
  const { latest, error, state } = live;
  if (latest === undefined) {
    return (
      <>
        <h1>Overview</h1>
        {state === "refused" && error !== undefined ? (
          <Refusal error={error} what="The overview" />
        ) : (
          <Loading what="the figures" />
        )}
      </>
    );
  }
  const { word, kind, why } = healthOf(live);
  const { now } = latest;
  return (
    <>
      <div class="heading">
        <h1>Overview</h1>
        <p class="sub">
          up {duration(latest["uptime-ms"])} · {count(now["total-messages"])}{" "}
          messages and {count(now["total-deliveries"])} deliveries in all
        </p>
      </div>
      {kind === "bad" && (
        <Notice title={word} kind="bad">
          {why}
        </Notice>
      )}
      {now.channels === 0 && (
        <Notice title="There is no channel yet">
          Create one under <a href="#/channels">Channels</a>, or{" "}
          <a href="#/console">subscribe to one</a>, which creates it.
        </Notice>
      )}
      <Cards live={live} />
      <p class="foot">
        The last 15 minutes, as far as the registry remembers: it keeps them in
        memory. Rates are taken over 10 s, latencies over 30 s.
      </p>
    </>
  );
}

function Cards({ live }: { readonly live: Live }) {
  const { latest, seconds } = live;
  const keptMs = latest?.["kept-ms"] ?? 900_000;
  const time = latest?.["server-time"] ?? 0;
  // A second that is not over yet would show too little.
  const last = Math.floor((time - 1_000) / STEP_MS) * STEP_MS;
  const series = useMemo(
    () => seriesOf(seconds, last, keptMs),
    [seconds, last, keptMs],
  );
  const recent = seconds.filter(({ at }) => at > time - RECENT_MS);
  const now = latest?.now;
  const { grid } = series;
  const chart = { times: grid, sync: "overview" } as const;
  return (
    <div class="cards">
      <Card title="Connections" figure={count(now?.connections)}>
        <Chart
          {...chart}
          title="Connections"
          format={count}
          lines={series.connections}
        />
      </Card>
      <Card title="Channels" figure={count(now?.channels)}>
        <Chart
          {...chart}
          title="Channels"
          format={count}
          lines={series.channels}
        />
      </Card>
      <Card title="Subscriptions" figure={count(now?.subscriptions)}>
        <Chart
          {...chart}
          title="Subscriptions"
          format={count}
          lines={series.subscriptions}
        />
      </Card>
      <Card
        title="Messages"
        figure={rate(series.published[0]?.values.at(-1))}
        unit="/s"
      >
        <Chart
          {...chart}
          title="Messages per second"
          format={rate}
          lines={series.published}
        />
      </Card>
      <Card
        title="Deliveries"
        figure={rate(series.delivered[0]?.values.at(-1))}
        unit="/s"
      >
        <Chart
          {...chart}
          title="Deliveries per second"
          format={rate}
          lines={series.delivered}
        />
      </Card>
      <Card title="Open RPC requests" figure={count(now?.["open-requests"])}>
        <Chart
          {...chart}
          title="Open RPC requests"
          format={count}
          lines={series.open}
        />
      </Card>
      <Card
        title="RPC latency"
        figure={latency(latencyOf(recent, 0.5))}
        detail={`p50 of a minute; p95 ${latency(latencyOf(recent, 0.95))}, p99 ${latency(latencyOf(recent, 0.99))}`}
      >
        <Chart
          {...chart}
          title="RPC latency"
          format={latency}
          lines={series.latency}
        />
      </Card>
      <Card
        title="RPC errors"
        figure={share(shareOf(recent, "failed"))}
        detail={`failed in a minute; ${share(shareOf(recent, "timedOut"))} timed out`}
      >
        <Chart
          {...chart}
          title="RPC errors per second"
          format={rate}
          lines={series.errors}
        />
      </Card>
    </div>
  );
}

function Card({
  title,
  figure,
  unit = "",
  detail,
  children,
}: {
  readonly title: string;
  readonly figure: string;
  readonly unit?: string;
  readonly detail?: string;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <section class="card figure" aria-label={title}>
      <h2>{title}</h2>
      <p class="value">
        {figure}
        {unit !== "" && <small> {unit}</small>}
      </p>
      {detail !== undefined && <p class="hint">{detail}</p>}
      {children}
    </section>
  );
}

function seriesOf(seconds: readonly Second[], last: number, keptMs: number) {
  const grid = gridOf(last, keptMs);
  const one = (label: string, values: Line["values"]): Line[] => [
    { label, colour: "a", values },
  ];
  return {
    grid,
    connections: one("open", gaugeAt(seconds, grid, "connections")),
    channels: one("existing", gaugeAt(seconds, grid, "channels")),
    subscriptions: one("held", gaugeAt(seconds, grid, "subscriptions")),
    open: one("open", gaugeAt(seconds, grid, "open")),
    published: one("published / s", rateAt(seconds, grid, "published")),
    delivered: one("delivered / s", rateAt(seconds, grid, "delivered")),
    latency: [
      { label: "p50", colour: "a", values: latencyAt(seconds, grid, 0.5) },
      { label: "p95", colour: "b", values: latencyAt(seconds, grid, 0.95) },
      { label: "p99", colour: "c", values: latencyAt(seconds, grid, 0.99) },
    ] satisfies Line[],
    errors: [
      {
        label: "failed / s",
        colour: "bad",
        values: rateAt(seconds, grid, "failed"),
      },
      {
        label: "timed out / s",
        colour: "c",
        values: rateAt(seconds, grid, "timedOut"),
      },
    ] satisfies Line[],
  };
}
