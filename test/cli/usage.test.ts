/** Command lines that are wrong: nothing is asked of any service. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { runProgram } from "../../cli/program.ts";

let [stdout, stderr] = ["", ""];

beforeEach(() => {
  [stdout, stderr] = ["", ""];
  vi.stubEnv("SENTE_URL", undefined);
  vi.stubEnv("SENTE_TOKEN", undefined);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const run = (args: readonly string[]) =>
  runProgram(["node", "sente-lite", ...args], new AbortController().signal);

describe("a wrong command line", () => {
  it.each([
    [[], "Usage: sente-lite"],
    [["fly"], "unknown command 'fly'"],
    [["sub"], "missing required argument 'channel'"],
    [["sub", "a", "--fly"], "unknown option '--fly'"],
    [["sub", "a", "--count", "0"], "--count must be a whole number from 1"],
    [["sub", "a", "--retained", "x"], "--retained must be a whole number from"],
    [["sub", "a", "--since", "41"], "--since must be what `sub` printed"],
    [["sub", ".."], "<channel> names no channel: a channel-id is 1 to 200"],
    [["pub", "a", "hello"], `quote it for the shell: '{"text":"hello"}'`],
    [["pub", "a", "@missing.json"], "missing.json cannot be read"],
    [["pub", "a", "-", "--message-id", "m"], "is for one message"],
    [
      ["pub", "a", "1", "--message-id", "msg-1"],
      "--message-id must be 1 to 64",
    ],
    [["request", "a", "1", "--to", "some"], '--to must be "all" or "one"'],
    [["request", "a", "1", "-t", "0"], "--timeout must be an integer from 1"],
    [["request", "a", "x"], "is not JSON"],
    [["respond", "a"], "'-x, --exec <command>' not specified"],
    [["respond", "a", "-x", "date", "-c", "0"], "--concurrency must be"],
    [["channel", "a", "--set", "x"], "must be like message-retention=50"],
    [["channel", "a", "--set", "{x"], "--set is not JSON"],
    [["channel", "a", "--delete", "--create"], "exclude each other"],
    [["bench", "--size", "63"], "--size must be a whole number from 64"],
    [["health", "--url", "ftp://x"], "--url must be like https://"],
    [["health", "--url", "http://me:secret@x"], "--url must be like https://"],
    [["health", "--token", "a secret"], "--token must be a JWT"],
  ] as const)("is refused with the reason: %j", async (args, why) => {
    expect(await run(args)).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(why);
    expect(stderr).not.toContain("secret");
  });

  it("is refused as a document where documents are asked for", async () => {
    expect(await run(["sub", "..", "--json"])).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { reason: "usage" } });
  });
});

it.each([
  "sub",
  "pub",
  "request",
  "respond",
  "channels",
  "channel",
  "stats",
  "health",
  "token",
  "bench",
])("%s is explained with examples", async (command) => {
  expect(await run([command, "--help"])).toBe(0);
  expect(stdout).toContain(`$ `);
  expect(stdout).toContain(`sente-lite ${command}`);
  expect(stdout).toContain("Global Options:");
  expect(stderr).toBe("");
});
