/**
 * Pages of documentation with parts that are measured rather than written.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Replaces what stands between the two comments of each part.
 *
 * @param page below docs/.
 * @param parts the new text by the part's name.
 * @throws {Error} when the page lacks the comments of a part.
 */
export function writeParts(
  page: string,
  parts: Readonly<Record<string, string>>,
): void {
  const path = join(import.meta.dirname, "../docs", page);
  let text = readFileSync(path, "utf8");
  for (const [name, part] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const [before, rest] = text.split(start);
    const after = rest?.split(end)[1];
    if (after === undefined) throw new Error(`docs/${page} has no ${start}`);
    text = `${before}${start}\n\n${part}\n\n${end}${after}`;
  }
  writeFileSync(path, text);
}
