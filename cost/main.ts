/**
 * `npm run cost`: counts what each operation costs and what three deployments
 * would; `--write` puts both into docs/cost.md.
 *
 * @module
 */
import { parseArgs } from "node:util";

import { writeParts } from "../measuring/pages.ts";
import { DEPLOYMENTS } from "./deployments.ts";
import { measureAll } from "./measure.ts";
import { deploymentsText, operationsTable, pricesTable } from "./tables.ts";

const { values } = parseArgs({ options: { write: { type: "boolean" } } });
const measures = await measureAll((name) => console.error(`counted: ${name}`));
const parts = {
  prices: pricesTable(),
  operations: operationsTable(measures),
  deployments: deploymentsText(DEPLOYMENTS, measures),
};
if (values.write === true) writeParts("cost.md", parts);
else console.log(Object.values(parts).join("\n\n"));
