/**
 * Numbers, times and data, for people.
 *
 * @module
 */
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const ONE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const TWO = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en", {
  notation: "compact",
  maximumFractionDigits: 1,
});
const PERCENT = new Intl.NumberFormat("en", {
  style: "percent",
  maximumFractionDigits: 1,
});

/** Stands for what is not known. */
export const NOTHING = "–";

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  return Math.abs(value) < 100_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** How often a second. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  if (value >= 100_000) return SHORT.format(value);
  if (value >= 100) return WHOLE.format(value);
  return (value >= 10 ? ONE : TWO).format(value);
}

export function share(value: number | null): string {
  return value === null ? NOTHING : PERCENT.format(value);
}

/** A latency in milliseconds. */
export function latency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NOTHING;
  if (ms >= 1_000) return `${TWO.format(ms / 1_000)} s`;
  return `${(ms < 10 ? ONE : WHOLE).format(ms)} ms`;
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
];

/** A while: the largest unit that fits, and the next one. */
export function duration(ms: number): string {
  const first = UNITS.findIndex(([unit]) => ms >= unit);
  if (first < 0) return ms > 0 && ms < 1_000 ? `${Math.round(ms)} ms` : "0 s";
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, name] of UNITS.slice(first, first + 2)) {
    const whole = Math.floor(rest / unit);
    rest -= whole * unit;
    if (whole > 0) parts.push(`${whole} ${name}`);
  }
  return parts.join(" ");
}

/** How long ago. */
export function age(at: number, now: number): string {
  const ms = Math.max(0, now - at);
  const [unit, name] = UNITS.find(([each]) => ms >= each) ?? [1_000, "s"];
  return `${Math.floor(ms / unit)} ${name}`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** The time of day, to the second. */
export function clock(at: number): string {
  return CLOCK.format(at);
}

/** Date and time, to the second. */
export function dateTime(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 19);
}

/** How many lines and characters of data are shown at most. */
const MAX_SHOWN = 20_000;

/** JSON with lines and indents, cut where it is very long. */
export function pretty(data: unknown): string {
  const text = JSON.stringify(data, null, 2) ?? "undefined";
  return text.length <= MAX_SHOWN
    ? text
    : `${text.slice(0, MAX_SHOWN)}\n… ${count(text.length - MAX_SHOWN)} more characters`;
}
