/** `npm run token`, as somebody at a terminal runs it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

import { authenticate } from "../../src/access/authenticator.ts";
import { settings } from "../support/settings.ts";

const PROGRAM = resolve(import.meta.dirname, "../../token/main.ts");
const JWT_SECRET = "a secret of more than thirty-two bytes";

/** Runs it in a directory of its own, where no file sets anything. */
function run(
  flags: readonly string[],
  env: Record<string, string> = { JWT_SECRET },
  file?: string,
) {
  const cwd = mkdtempSync(join(tmpdir(), "sente-token-"));
  if (file !== undefined) writeFileSync(join(cwd, ".dev.vars"), file);
  const { PATH = "" } = process.env;
  return spawnSync(process.execPath, [PROGRAM, ...flags], {
    cwd,
    env: { PATH, ...env },
    encoding: "utf8",
  });
}

async function principalOf(token: string, variables = {}) {
  const { tokens } = settings({ AUTH: "jwt", JWT_SECRET, ...variables });
  if (tokens === undefined) throw new Error("no key is configured");
  const verdict = await authenticate(token.trim(), tokens);
  if (!verdict.ok) throw new Error(verdict.message);
  return verdict.principal;
}

describe("a token for development", () => {
  it("says who, what and until when, and nothing else is printed", async () => {
    const { stdout, stderr, status } = run([
      ...["--sub", "alice", "--ttl", "15m"],
      ...["--grant", "chat-*=subscribe,publish", "--grant", "a=b=info"],
    ]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const { userId, policy, expiresAt } = await principalOf(stdout);
    expect(userId).toBe("alice");
    expect(policy.on("chat-1")).toEqual(["subscribe", "publish"]);
    expect(policy.on("a=b")).toEqual(["info"]);
    expect(Math.abs(expiresAt - Date.now() - 900_000)).toBeLessThan(60_000);
  });

  it("is signed with what wrangler dev reads", async () => {
    const file = `JWT_SECRET="${JWT_SECRET}"\nJWT_ISSUER=me\n`;
    const { stdout } = run(["--sub", "bob"], {}, file);
    const { userId } = await principalOf(stdout, { JWT_ISSUER: "me" });
    expect(userId).toBe("bob");
  });

  it.each([
    [[], {}, "--sub is missing"],
    [["--sub", "a"], {}, "there is no JWT_SECRET"],
    [["--sub", "a"], { JWT_SECRET: "short" }, "at least 32 bytes"],
    [["--sub", "a", "--grant", "x=fly"], { JWT_SECRET }, 'operation "fly"'],
    [["--sub", "a", "--grant", "x"], { JWT_SECRET }, "--grant must be like"],
    [["--sub", "a", "--ttl", "soon"], { JWT_SECRET }, "--ttl must be"],
    [["--sub", "a", "--secret", "x"], { JWT_SECRET }, "--secret"],
  ] as const)("is refused with the reason: %j", (flags, env, why) => {
    const { stdout, stderr, status } = run(flags, env);
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr).toContain(why);
    expect(stderr).toContain("npm run --silent token");
  });
});
