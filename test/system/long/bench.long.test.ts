/** `npm run bench` measures everybody, and says what it found. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";

const PROJECT = join(import.meta.dirname, "../../..");

async function bench(
  ...flags: string[]
): Promise<{ code: number | null; said: string }> {
  const main = join(PROJECT, "bench/main.ts");
  const child = execFile(process.execPath, [main, ...flags]);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text) => {
      said += text;
    });
  }
  await once(child, "close");
  return { code: child.exitCode, said };
}

it("puts every server through its turns, and leaves tables and a chart", async () => {
  const rows = ["fan-out", "idle", "rpc-64", "replay"];
  const short = ["--rounds", "1", "--seconds", "0.2"];
  const { said } = await bench("--only", rows.join(","), ...short);
  // Its bounds are not this test's business: others run beside it.
  for (const who of ["bare", "partyserver", "session batch", "socket.io"]) {
    expect(said).toMatch(new RegExp(`^${who} +[0-9]`, "m"));
  }
  expect(said).toContain("Rows written");
  const name = /bench\/results\/(\S+)\.json/.exec(said)?.[1];
  const file = join(PROJECT, "bench/results", String(name));
  const report: unknown = JSON.parse(await readFile(`${file}.json`, "utf8"));
  expect(Object.keys(Object(report).results)).toEqual(rows);
  const chart = await readFile(`${file}.svg`, "utf8");
  expect(chart).toMatch(/^<svg/);
  expect(chart).toContain("Idle: publish to delivery");
});

it("knows what it cannot measure", async () => {
  for (const wrong of [["--only", "nothing"], ["--rounds", "0"], ["--fast"]]) {
    const { code, said } = await bench(...wrong);
    expect(code).toBe(1);
    expect(said).toContain("npm run bench --");
    expect(said).not.toMatch(/\n\s+at /);
  }
});
