/**
 * Code that stands in documents, so that it can be run.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const PROJECT = resolve(import.meta.dirname, "../../..");

/** A fenced block. */
export interface Block {
  /** Its document and line: `docs/client.md:12`. */
  readonly at: string;
  /** What follows the fence. */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a document, in order. */
export function blocksOf(document: string): Block[] {
  const lines = readFileSync(resolve(PROJECT, document), "utf8").split("\n");
  const blocks: Block[] = [];
  let open: { start: number; language: string } | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("```")) continue;
    if (open === undefined) {
      open = { start: index + 1, language: line.slice(3) };
      continue;
    }
    const text = lines.slice(open.start, index).join("\n");
    const at = `${document}:${open.start}`;
    blocks.push({ at, language: open.language, text: `${text}\n` });
    open = undefined;
  }
  if (open !== undefined) throw new Error(`${document}: an open fence`);
  return blocks;
}
