/**
 * The tables of docs/cost.md.
 *
 * @module
 */
import { requestsOf } from "./counts.ts";
import type { Deployment } from "./deployments.ts";
import { type Measures, names } from "./measure.ts";
import { type Bill, billOf, monthOf, priceOf, usageOf } from "./model.ts";
import { OPERATIONS } from "./operations.ts";
import { type Billed, PLAN_USD, PRICES, type Price } from "./prices.ts";

const MILLION = 1_000_000;

/** What is billed, and what it costs. */
export function pricesTable(): string {
  const rows = Object.values(PRICES).map((price: Price) => [
    price.what,
    `${price.usd} USD a ${price.unit}`,
    number(price.included),
  ]);
  return table(["what is billed", "price", "included a month"], rows);
}

/** What one of each operation costs. */
export function operationsTable(measures: Measures): string {
  const rows = names().map((name) => {
    const measured = measures[name];
    const { workerRequests, channel, lines, cpuMs } = measured;
    return [
      OPERATIONS[name].what,
      small(workerRequests),
      small(requestsOf(channel)),
      small(channel.messages),
      small(channel.rowsWritten),
      small(channel.rowsRead),
      small(lines),
      cpuMs.toFixed(2),
      dollars(MILLION * priceOf(usageOf(measured))),
    ];
  });
  return table(
    [
      "one",
      "Worker requests",
      "object requests",
      "messages in",
      "rows written",
      "rows read",
      "log lines",
      "CPU ms",
      "USD a million",
    ],
    rows,
  );
}

/** What the deployments cost. */
export function deploymentsText(
  deployments: readonly Deployment[],
  measures: Measures,
): string {
  return deployments
    .map(({ name, assumptions, variants }) => {
      const bills = variants.map(({ workload }) =>
        billOf(monthOf(workload, measures)),
      );
      const rows = Object.keys(PRICES).map((billed) => [
        PRICES[billed as Billed].what,
        ...bills.map((bill) => lineOf(bill, billed)),
      ]);
      const plan = ["the plan", ...bills.map(() => dollars(PLAN_USD))];
      const total = [
        "**a month**",
        ...bills.map(({ usd }) => `**${dollars(usd)}**`),
      ];
      return [
        `### ${name}`,
        assumptions.map((each) => `* ${each}`).join("\n"),
        table(
          ["USD", ...variants.map((each) => each.name)],
          [...rows, plan, total],
        ),
      ].join("\n\n");
    })
    .join("\n\n");
}

/** What one thing costs, and how much of it there is. */
function lineOf({ lines }: Bill, billed: string): string {
  const line = lines.find((each) => each.billed === billed);
  if (line === undefined) return "";
  return `${dollars(line.usd)} (${amount(line.amount)})`;
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? "---" : "---:"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** A count for one operation. */
function small(value: number): string {
  return value === 0 ? "0" : String(Number(value.toPrecision(2)));
}

function dollars(usd: number): string {
  return usd >= 100 ? number(Math.round(usd)) : usd.toFixed(2);
}

/** A large amount in words. */
function amount(value: number): string {
  return value.toLocaleString("en-US", {
    notation: "compact",
    maximumSignificantDigits: 3,
  });
}
