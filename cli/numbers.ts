/**
 * Numbers, as people read them.
 *
 * @module
 */

/** A number with its thousands apart. */
export function grouped(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** A number of things: `1 message`, `2 messages`. */
export function counted(value: number, thing: string): string {
  return `${grouped(value)} ${thing}${value === 1 ? "" : "s"}`;
}

/** Milliseconds, with as many digits as say something. */
export function milliseconds(ms: number): string {
  if (ms >= 100) return `${grouped(ms)} ms`;
  return `${ms.toPrecision(ms < 1 ? 2 : 3)} ms`;
}

/** How long something has lasted. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [days, hours] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
  ];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** Rows in columns, those of numbers to the right. */
export function columns(
  rows: readonly (readonly string[])[],
  right: readonly boolean[],
): string[] {
  const widths = right.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
