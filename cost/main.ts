/**
 * `npm run cost`: counts what each operation costs and what three deployments
 * would; `--write` puts both into docs/cost.md.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { DEPLOYMENTS } from "./deployments.ts";
import { measureAll } from "./measure.ts";
import { deploymentsText, operationsTable, pricesTable } from "./tables.ts";

const PAGE = join(import.meta.dirname, "../docs/cost.md");

const { values } = parseArgs({ options: { write: { type: "boolean" } } });
const measures = await measureAll((name) => console.error(`counted: ${name}`));
const parts = {
  prices: pricesTable(),
  operations: operationsTable(measures),
  deployments: deploymentsText(DEPLOYMENTS, measures),
};
if (values.write === true) {
  let page = readFileSync(PAGE, "utf8");
  for (const [name, text] of Object.entries(parts)) {
    page = replaced(page, name, text);
  }
  writeFileSync(PAGE, page);
} else {
  console.log(Object.values(parts).join("\n\n"));
}

/** A page with what stands between the two comments of a part replaced. */
function replaced(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`docs/cost.md has no ${start}`);
  return `${before}${start}\n\n${text}\n\n${end}${after}`;
}
