/** The command line as `npx sente-lite` runs it. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, inject, it } from "vitest";

import { freePort } from "../system/support/server.ts";

const { consumer, installed } = inject("packed");

function run(args: readonly string[], env: Record<string, string> = {}) {
  const program = join(installed, "../.bin/sente-lite");
  const { PATH = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: consumer,
    env: { PATH, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

it("says which version it is of", async () => {
  const manifest = await readFile(join(installed, "package.json"), "utf8");
  const stdout = `${JSON.parse(manifest).version}\n`;
  expect(run(["--version"])).toEqual({ status: 0, stdout, stderr: "" });
});

it("finds all that it is made of", async () => {
  // That of tokens is loaded only when it is asked for.
  const JWT_SECRET = "a secret of more than thirty-two bytes";
  const token = run(["token", "--sub", "alice"], { JWT_SECRET });
  expect(token).toMatchObject({ status: 0, stderr: "" });
  const url = `http://127.0.0.1:${await freePort()}`;
  for (const command of ["sub", "health"]) {
    const args = [command, "--url", url, ...(command === "sub" ? ["a"] : [])];
    const { status, stderr } = run(args);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^sente-lite: cannot reach .+\n$/);
  }
});
