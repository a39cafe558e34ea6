import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { generate } from "../../interface/generate.ts";

test.each(Object.entries(generate()))(
  "%s is what `npm run docs` writes",
  (path, text) => {
    const file = new URL(`../../${path}`, import.meta.url);
    expect(readFileSync(file, "utf8") === text, "run `npm run docs`").toBe(
      true,
    );
  },
);
