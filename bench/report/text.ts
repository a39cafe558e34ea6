/**
 * Tables for the terminal and for a page of Markdown.
 *
 * @module
 */
import type { Table } from "./lines.ts";

/** A table of plain text, its columns aligned. */
export function plainTable({ title, columns, lines }: Table): string {
  const all = [columns, ...lines];
  const widths = columns.map((_, at) =>
    Math.max(...all.map((line) => line[at]?.length ?? 0)),
  );
  const aligned = all.map((line) =>
    line
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        return at === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  "),
  );
  return [title, ...aligned].join("\n");
}

/** A table of Markdown under its title. */
export function markdownTable({ title, columns, lines }: Table): string {
  const rule = columns.map((_, at) => (at === 0 ? "---" : "---:"));
  const all = [columns, rule, ...lines];
  const table = all.map((line) => `| ${line.join(" | ")} |`).join("\n");
  return `**${title}**\n\n${table}`;
}
