import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

/** What the client may take, in bytes, as edges send it to browsers. */
const MAX_BYTES = 8_192;

describe("the client", () => {
  test("is small, and brings nothing with it", async () => {
    const bundled = await build({
      stdin: {
        contents: `export { connect } from "./src/client/index.ts";`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2024",
      write: false,
      metafile: true,
    });
    const [output] = bundled.outputFiles;
    const code = output?.contents ?? "";
    const bytes = brotliCompressSync(code).length;
    const gzipped = gzipSync(code, { level: 9 }).length;
    console.log(`connect(): ${bytes} bytes by Brotli, ${gzipped} by gzip`);
    const inputs = Object.keys(bundled.metafile.inputs);
    const foreign = inputs.filter((path) => path.includes("node_modules"));
    expect(foreign, "valibot is for the server").toEqual([]);
    expect(inputs).toContain("src/client/link.ts");
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  });
});
