/**
 * A line chart over time, drawn by uPlot. Its figures also stand in its
 * legend, as text, so that nobody needs to see the picture.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { clock, count } from "./format.ts";
import { colourOf, useColours } from "./theme.ts";

/** One line. */
export interface Line {
  readonly label: string;
  /** Of the style sheet: `ink-…`. */
  readonly colour: "a" | "b" | "c" | "bad";
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  /** In ms, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number | null | undefined) => string;
  /** Charts with the same name share their cursor. */
  readonly sync?: string;
  readonly height?: number;
}

export function Chart(props: ChartProps) {
  const { title, times, lines, format, height = 120 } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [pointed, setPointed] = useState<number | null>(null);
  const colours = useColours();
  const shape = lines.map(({ label }) => label).join("|");

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const drawn = new uPlot(
      optionsOf(props, element.clientWidth || 300, height, setPointed),
      dataOf(times, lines),
      element,
    );
    plot.current = drawn;
    const resizing = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0) drawn.setSize({ width, height });
    });
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [shape, colours, height, props.sync]);

  useEffect(() => {
    plot.current?.setData(dataOf(times, lines));
  }, [times, lines]);

  const shown = pointed ?? times.length - 1;
  const at = times[shown];
  const figures = lines
    .map(({ label, values }) => `${label} ${format(values.at(-1))}`)
    .join(", ");
  return (
    <figure class="chart">
      <div
        ref={host}
        class="plot"
        role="img"
        aria-label={`${title}, over time; now: ${figures}`}
      />
      <figcaption>
        {lines.map(({ label, colour, values }) => (
          <span key={label} class="key">
            <i class={`dot ink-${colour}`} aria-hidden="true" />
            {label} <b>{format(values[shown])}</b>
          </span>
        ))}
        {pointed !== null && at !== undefined && (
          <span class="at">at {clock(at)}</span>
        )}
      </figcaption>
    </figure>
  );
}

function dataOf(
  times: readonly number[],
  lines: readonly Line[],
): uPlot.AlignedData {
  return [
    times.map((ms) => ms / 1_000),
    ...lines.map(({ values }) => [...values]),
  ];
}

function optionsOf(
  { lines, format, sync }: ChartProps,
  width: number,
  height: number,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const faint = colourOf("faint");
  const grid = { stroke: colourOf("line"), width: 1 };
  const axis = { stroke: faint, grid, ticks: { show: false }, gap: 4 };
  // There is no half of a connection.
  const whole = format === count ? { incrs: WHOLE } : {};
  const font = "11px system-ui, sans-serif";
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 6 },
      ...(sync === undefined ? {} : { sync: { key: sync, setSeries: false } }),
    },
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
    scales: {
      x: { time: true },
      y: { range: (_, __, max) => [0, Math.max(max * 1.15, 1)] },
    },
    axes: [
      { ...axis, font, size: 22, space: 64, values: labelsOfTime },
      {
        ...axis,
        font,
        size: 46,
        ...whole,
        space: 32,
        values: (_, splits) => splits.map((each) => format(each)),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour }, i) => ({
        label,
        stroke: colourOf(colour),
        width: 1.75,
        points: { show: false },
        spanGaps: false,
        ...(i === 0 && lines.length === 1
          ? { fill: colourOf(`${colour}-soft`) }
          : {}),
      })),
    ],
  };
}

const WHOLE = Array.from({ length: 30 }, (_, i) =>
  Number(`${[1, 2, 5][i % 3]}e${Math.floor(i / 3)}`),
);

function labelsOfTime(_: uPlot, splits: number[]): string[] {
  const whole = splits.every((each) => each % 60 === 0);
  return splits.map((each) => {
    const text = clock(each * 1_000);
    return whole ? text.slice(0, 5) : text;
  });
}
