/**
 * All workloads as bars, in one picture.
 *
 * @module
 */
import { BarChart } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

import { spreadOf, valuesOf } from "../figures.ts";
import { ROWS, type Row } from "../rows.ts";
import type { Results } from "../run.ts";
import { contestantsOf, rowsOf, scaled } from "./lines.ts";

use([BarChart, GridComponent, TitleComponent, SVGRenderer]);

const WIDTH = 1_200;
const COLUMNS = 2;
const PANEL = { height: 330, left: 175, top: 50, bottom: 40, right: 70 };
/** The platform, this service, the others. */
const COLOURS = { bare: "#8a8f98", ours: "#f6821f", others: "#4a7fb5" };

/** Draws the medians as SVG. */
export function chart(results: Results): string {
  const rows = rowsOf(results);
  const height = Math.ceil(rows.length / COLUMNS) * PANEL.height;
  const drawing = init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height,
  });
  const panels = rows.map((name, at) => {
    const row: Row = ROWS[name];
    const contestants = contestantsOf(results, name);
    const bars = contestants.map((contestant) => {
      const values = valuesOf(results, {
        row: name,
        contestant,
        figure: row.shows,
      });
      return {
        value: Number(scaled(spreadOf(values), row).median.toPrecision(3)),
        itemStyle: { color: colourOf(contestant) },
      };
    });
    const width = WIDTH / COLUMNS;
    const left = (at % COLUMNS) * width;
    const top = Math.floor(at / COLUMNS) * PANEL.height;
    return {
      title: {
        text: `${row.title} (${row.unit})`,
        left: left + 10,
        top: top + 12,
        textStyle: { fontSize: 13 },
      },
      grid: {
        left: left + PANEL.left,
        top: top + PANEL.top,
        width: width - PANEL.left - PANEL.right,
        height: PANEL.height - PANEL.top - PANEL.bottom,
      },
      xAxis: { type: "value", gridIndex: at, splitNumber: 3 },
      yAxis: {
        type: "category",
        gridIndex: at,
        data: contestants,
        inverse: true,
      },
      series: {
        type: "bar",
        xAxisIndex: at,
        yAxisIndex: at,
        data: bars,
        label: { show: true, position: "right" },
      },
    };
  });
  drawing.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    title: panels.map(({ title }) => title),
    grid: panels.map(({ grid }) => grid),
    xAxis: panels.map(({ xAxis }) => xAxis),
    yAxis: panels.map(({ yAxis }) => yAxis),
    series: panels.map(({ series }) => series),
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return svg;
}

function colourOf(contestant: string): string {
  if (contestant === "bare") return COLOURS.bare;
  return /^(direct|session)/.test(contestant) ? COLOURS.ours : COLOURS.others;
}
