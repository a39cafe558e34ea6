/**
 * What was measured, as lines of tables: for the terminal and for the page.
 *
 * @module
 */
import { CONTESTANTS, type ContestantName } from "../contestants.ts";
import {
  type Judged,
  judge,
  ratios,
  type Spread,
  spreadOf,
  valuesOf,
} from "../figures.ts";
import { type Load, median } from "../measure.ts";
import { ROWS, type Row, type RowName } from "../rows.ts";
import type { Results } from "../run.ts";
import type { RowsWritten } from "../storage.ts";

/** A table: a title, its columns and its lines. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

/** From here on a process counts as busy all the time. */
const FULL = 0.9;

/** One table for each workload. */
export function workloadTables(results: Results): Table[] {
  return rowsOf(results).map((name) => {
    const row: Row = ROWS[name];
    const contestants = contestantsOf(results, name);
    const bare = valuesOf(results, {
      row: name,
      contestant: "bare",
      figure: row.shows,
    });
    return {
      title: row.title,
      columns: [
        "",
        row.unit,
        "least to most",
        "× bare",
        "server",
        "client",
        "at 100 %",
      ],
      lines: contestants.map((contestant) => {
        const source = { row: name, contestant, figure: row.shows };
        const values = valuesOf(results, source);
        const spread = scaled(spreadOf(values), row);
        const load = loadOf(results, name, contestant);
        return [
          contestant,
          shown(spread.median),
          `${shown(spread.min)} to ${shown(spread.max)}`,
          bare.length > 0 ? shown(median(ratios(values, bare))) : "",
          load === undefined ? "" : percent(load.server),
          load === undefined ? "" : percent(load.client),
          load === undefined ? "" : busyOf(load),
        ];
      }),
    };
  });
}

/** The table of the bounds. */
export function boundsTable(results: Results): Table {
  return {
    title: "What it is held to",
    columns: ["", "must", "measured", "least to most", ""],
    lines: judge(results)
      .filter(({ ratio }) => ratio !== undefined)
      .map(boundLine),
  };
}

/** The table of rows written. */
export function storageTable(counted: readonly RowsWritten[]): Table {
  return {
    title: "Rows written",
    columns: ["", "must", "counted", ""],
    lines: counted.map(({ title, most, rows }) => [
      title,
      `at most ${most}`,
      shown(rows),
      rows <= most ? "holds" : "MISSED",
    ]),
  };
}

/** The rows that were measured. */
export function rowsOf(results: Results): RowName[] {
  return Object.keys(ROWS).filter((name): name is RowName => name in results);
}

/** Who was measured at a row, in the order of its plan. */
export function contestantsOf(
  results: Results,
  row: RowName,
): ContestantName[] {
  const measured = results[row] ?? {};
  return Object.keys(CONTESTANTS).filter(
    (name): name is ContestantName => name in measured,
  );
}

/** A spread in the unit that the row is shown in. */
export function scaled({ median, min, max }: Spread, { unit }: Row): Spread {
  const by = unit === "KiB" ? 1 / 1_024 : 1;
  return { median: median * by, min: min * by, max: max * by };
}

function boundLine({ title, must, bound, ratio, holds }: Judged): string[] {
  if (ratio === undefined) return [];
  return [
    title,
    `${must} ${bound}`,
    shown(ratio.median),
    `${shown(ratio.min)} to ${shown(ratio.max)}`,
    holds ? "holds" : "MISSED",
  ];
}

function loadOf(
  results: Results,
  row: RowName,
  contestant: ContestantName,
): Load | undefined {
  const loads = (results[row]?.[contestant] ?? []).flatMap(
    ({ load }) => load ?? [],
  );
  if (loads.length === 0) return undefined;
  return {
    server: median(loads.map(({ server }) => server)),
    client: median(loads.map(({ client }) => client)),
  };
}

function busyOf({ server, client }: Load): string {
  if (server >= FULL && client >= FULL) return "both";
  if (server >= FULL) return "server";
  return client >= FULL ? "client" : "neither";
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

/** A number with three digits that count. */
function shown(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
