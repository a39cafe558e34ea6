/** `sente-lite`, as somebody at a terminal or a script runs it. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  CLI,
  type CliOptions,
  documentsOf,
  endClis,
  runCli,
  startCli,
} from "./support/cli.ts";
import {
  freePort,
  newDataDir,
  type Server,
  startServer,
} from "./support/server.ts";
import { sharedSecret } from "./support/tokens.ts";
import { eventually } from "./support/waiting.ts";

const { variables } = sharedSecret();
const scratch = mkdtempSync(join(tmpdir(), "sente-cli-"));
let server: Server;
let env: Record<string, string>;

/** Runs it as administrator. */
const run = (args: readonly string[], options: CliOptions = {}) =>
  runCli(args, { ...options, env: { ...env, ...options.env } });
const start = (args: readonly string[], options: CliOptions = {}) =>
  startCli(args, { ...options, env: { ...env, ...options.env } });

async function newChannel(id: string): Promise<void> {
  const { code, stderr } = await run(["channel", id, "--create"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

async function tokenFor(...grants: string[]): Promise<string> {
  const flags = grants.flatMap((grant) => ["--grant", grant]);
  const { stdout } = await runCli(["token", "--sub", "somebody", ...flags], {
    env: variables,
  });
  return stdout.trim();
}

const options = {
  served: true,
  vars: { ...variables, REPORT_INTERVAL_MS: 20 },
};

beforeAll(async () => {
  server = await startServer({ ...options, dataDir: await newDataDir() });
  const SENTE_TOKEN = await tokenFor("*=admin");
  env = { SENTE_URL: server.url, SENTE_TOKEN };
});

afterAll(async () => {
  endClis();
  await server?.stop();
});

describe("usage", () => {
  it("is explained when asked, and when it is wrong", async () => {
    const help = await runCli(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("Exit codes:");
    const version = await runCli(["--version"]);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const wrong = await runCli(["fly"]);
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("unknown command 'fly'");
  });

  it("makes tokens, if there is a secret", async () => {
    const flags = ["token", "--sub", "alice", "--grant", "a=info", "b=info"];
    const { code, stdout } = await runCli([...flags, "--json"], {
      env: variables,
    });
    expect(code).toBe(0);
    const [document] = documentsOf(stdout);
    expect(document?.token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const failed = await runCli(flags);
    expect(failed).toMatchObject({ code: 2, stdout: "" });
    expect(failed.stderr).toContain("there is no JWT_SECRET");
  });
});

describe("channels", () => {
  it("are made, shown, changed, listed and deleted", async () => {
    const id = "rooms/ä 1";
    const made = await run(["channel", id, "--create", "message-retention=7"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^created\n(.*\n)*message-retention +7\n/);
    const again = await run(["channel", id, "--create", "message-retention=7"]);
    expect(again.stdout).toMatch(/^exists already\n/);

    const changed = await run([
      ...["channel", id, "--set", '{"max-subscribers":3}', "--json"],
    ]);
    expect(documentsOf(changed.stdout)).toMatchObject([
      { "max-subscribers": 3, "message-retention": 7 },
    ]);
    const other = await run(["channel", id, "--create", "max-subscribers=4"]);
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toContain("exists with another configuration");
    const wrong = await run(["channel", id, "--set", "max-fun=4"]);
    expect(wrong).toMatchObject({ code: 1, stdout: "" });
    expect(wrong.stderr).toContain("`max-fun` is not a setting");

    const shown = await run(["channel", id, "--json"]);
    expect(documentsOf(shown.stdout)).toMatchObject([
      { seq: 0, config: { "max-subscribers": 3, "message-retention": 7 } },
    ]);
    await eventually("it is listed", async () => {
      const { stdout } = await run([
        "channels",
        "--prefix",
        "rooms/",
        "--json",
      ]);
      const [channel] = documentsOf(stdout);
      return channel?.["channel-id"] === id;
    });
    const listed = await run(["channels", "-p", "rooms/"]);
    expect(listed.stdout).toMatch(
      /^SUBSCRIBERS .+\n +0 +0 .+Z {2}rooms\/ä 1\n$/,
    );

    const deleted = await run(["channel", id, "--delete"]);
    expect(deleted).toEqual({ code: 0, stdout: `deleted ${id}\n`, stderr: "" });
    const gone = await run(["channel", id, "--json"]);
    expect(gone).toMatchObject({ code: 1, stdout: "" });
    expect(documentsOf(gone.stderr)).toMatchObject([
      { error: { reason: "channel-not-found" } },
    ]);
  });
});

describe("messages", () => {
  it("are published and printed, one by one", async () => {
    await newChannel("one-by-one");
    const file = join(scratch, "message.json");
    writeFileSync(file, '{"from":\n"a file"}\n');
    const sub = start(["sub", "one-by-one", "-n", "5", "--json"]);
    await sub.says('"subscribed"');

    const pub = (...args: string[]) => run(["pub", "one-by-one", ...args]);
    const first = await pub('{"text":"hello"}');
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^published as number 1, to 1 subscriber \(/);
    await pub("--text", "hello", "--message-id", "m-2", "--direct");
    const repeated = await pub("2", "--message-id", "m-2", "--json");
    expect(documentsOf(repeated.stdout)).toEqual([
      { "message-id": "m-2", seq: 2, duplicate: true },
    ]);
    await pub(`@${file}`);
    const ephemeral = await pub("null", "--ephemeral");
    expect(ephemeral.stdout).toContain("published as ephemeral");
    await pub('"\\u001b[2J"');

    const { code, stdout, stderr } = await sub.result();
    expect(code).toBe(0);
    expect(documentsOf(stdout)).toMatchObject([
      { seq: 1, data: { text: "hello" }, "sender-user-id": "somebody" },
      { seq: 2, data: "hello", "message-id": "m-2" },
      { seq: 3, data: { from: "a file" }, replayed: false },
      { data: null },
      { seq: 4, data: "\u001b[2J" },
    ]);
    expect(stderr).toMatch(/"event":"position",.*"since":"[^:]+:4"/);

    const human = await run(["sub", "one-by-one", "-n", "2", "--direct"]);
    const [line1, line2, ...others] = human.stdout.split("\n");
    expect(others).toEqual([""]);
    expect(human.stderr).toMatch(/go on with --since [^:]+:2\n$/);
    expect(line1).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}1 {2}somebody {2}\{"text":"hello"\}$/,
    );
    expect(line2).toMatch(/ {2}2 {2}somebody {2}"hello"$/);
    const none = await pub("1", "--json", "--message-id", "msg-1");
    expect(none).toMatchObject({ code: 2, stdout: "" });
  });

  it("are published line by line, in order, until one is wrong", async () => {
    await newChannel("lines");
    const numbers = Array.from({ length: 2_000 }, (_, index) => index);
    const sub = start(["sub", "lines", "-n", "2002", "--json"]);
    await sub.says('"subscribed"');
    const all = await run(["pub", "lines", "-"], {
      input: `${numbers.join("\n")}\n\n`,
    });
    expect(all).toMatchObject({ code: 0, stderr: "" });
    expect(all.stdout).toMatch(
      /^published 2,000 messages to lines, numbers 1 to 2000, in \d+ ms\n$/,
    );
    const wrong = await run(["pub", "lines", "-", "--json"], {
      input: '1\nnot "JSON"\n3\n',
    });
    expect(wrong.code).toBe(2);
    expect(documentsOf(wrong.stdout)).toMatchObject([{ seq: 2_001 }]);
    expect(wrong.stderr).toContain('"published":1');
    expect(wrong.stderr).toContain("line 2 is not JSON");
    await run(["pub", "lines", "-", "--text"], { input: 'not "JSON"' });
    const { stdout } = await sub.result();
    const data = documentsOf(stdout).map((each) => each.data);
    expect(data).toEqual([...numbers, 1, 'not "JSON"']);

    const nowhere = await run(["pub", "nowhere", "-"], { input: "1\n2\n" });
    expect(nowhere.code).toBe(1);
    expect(nowhere.stdout).toContain("published 0 messages");
    expect(nowhere.stderr).toContain('publish to "nowhere"');
    expect(nowhere.stderr).toContain("--create");
  });

  it("go on with --since after Ctrl-C", async () => {
    await newChannel("on");
    const sub = start(["sub", "on"]);
    await sub.says("subscribed to on");
    await run(["pub", "on", "1"]);
    await sub.says("  1\n");
    sub.child.kill("SIGINT");
    const { code, stderr } = await sub.result();
    expect(code).toBe(130);
    const [, since = ""] = /go on with --since (\S+)\n$/.exec(stderr) ?? [];
    await run(["pub", "on", "2"]);
    const next = await run([
      ...["sub", "on", "--since", since, "-n", "1", "--json"],
    ]);
    expect(documentsOf(next.stdout)).toMatchObject([
      { data: 2, replayed: true },
    ]);
    const gap = await run(["sub", "on", "--since", "other:0", "-n", "1"]);
    expect(gap.stderr).toContain("missed: some messages");
    const none = start(["sub", "on", "--retained", "0", "-n", "1", "--json"]);
    await none.says('"subscribed"');
    await run(["pub", "on", "3"]);
    expect(documentsOf((await none.result()).stdout)).toMatchObject([
      { data: 3 },
    ]);
  });

  it("end with the channel, and quietly with who reads them", async () => {
    await newChannel("short");
    const sub = start(["sub", "short"]);
    await sub.says("subscribed");
    const service = start(["respond", "short", "--exec", "date"]);
    await service.says("responding");
    await run(["channel", "short", "--delete"]);
    for (const { code, stderr } of [
      await sub.result(),
      await service.result(),
    ]) {
      expect(code).toBe(1);
      expect(stderr).toContain("channel-deleted");
    }

    await newChannel("piped");
    await run(["pub", "piped", "-"], { input: "1\n2\n3\n" });
    const program = `'${process.execPath}' '${CLI}' sub piped`;
    const command = `{ ${program}; echo "ended with $?" >&2; } | head -n 1`;
    const piped = spawnSync("sh", ["-c", command], {
      env: { PATH: process.env.PATH, ...env },
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(piped.stdout).toMatch(/^.+ {2}1\n$/);
    expect(piped.stderr).toBe("subscribed to piped\nended with 0\n");
  });
});

describe("requests", () => {
  it("are answered by commands", async () => {
    const script = join(scratch, "answer.sh");
    writeFileSync(
      script,
      `read -r asked
       case "$asked" in
         '"fail"') echo why not >&2; echo I will not >&2; exit 3 ;;
         '"text"') echo plain; echo text ;;
         '"who"') echo "[\\"$SENTE_CHANNEL\\",\\"$SENTE_SENDER\\",\\"$SENTE_TOKEN\\"]" ;;
         *) printf '{"got":%s}' "$asked" ;;
       esac`,
    );
    const service = start(["respond", "answers", "--exec", `sh ${script}`]);
    await service.says("responding on answers");
    const ask = (...args: string[]) => run(["request", "answers", ...args]);

    expect(await ask('{"a":1}')).toEqual({
      code: 0,
      stdout: '{"got":{"a":1}}\n',
      stderr: "",
    });
    const text = await ask('"text"', "--to", "one", "--direct");
    expect(text.stdout).toBe("plain\ntext\n");
    const parts = await ask("--text", "text", "--parts", "--json");
    expect(parts.stdout).toBe('"plain\\ntext"\n');
    // Its own token is no business of who asks.
    const who = await ask('"who"', "--json");
    expect(documentsOf(who.stdout)).toEqual([["answers", "somebody", ""]]);
    const failed = await ask('"fail"');
    expect(failed).toEqual({
      code: 1,
      stdout: "",
      stderr: "sente-lite: I will not\n",
    });

    service.child.kill("SIGTERM");
    const { code, stdout } = await service.result();
    expect(code).toBe(143);
    expect(stdout).toMatch(/ {2}somebody {2}\{"a":1\} {2}answered {2}/);
    expect(stdout).toMatch(/ {2}somebody {2}"fail" {2}I will not {2}/);
    const nobody = await ask("1");
    expect(nobody).toMatchObject({ code: 1, stdout: "" });
    expect(nobody.stderr).toContain("no-subscribers");
  });

  it("end their commands when their time is up", async () => {
    const pids = join(scratch, "pids");
    // What the command starts is ended, too.
    const exec = `sh -c 'echo $$ >> ${pids}; sleep 600'; true`;
    const service = start(["respond", "slow", "-x", exec, "-c", "1", "--json"]);
    await service.says('"responding"');
    const late = await run(["request", "slow", "1", "--timeout", "1500"]);
    expect(late).toMatchObject({ code: 4, stdout: "" });
    expect(late.stderr).toContain("timeout");
    const isAlive = (pid: string) => {
      // A process that is gone but was not fetched has no command line.
      const path = `/proc/${pid}/cmdline`;
      try {
        return readFileSync(path, "utf8").includes("sleep");
      } catch {
        return false;
      }
    };
    const started = () => readFileSync(pids, "utf8").trim().split("\n");
    expect(started()).toHaveLength(1);
    await eventually("the command is gone", () => !started().some(isAlive));

    // One at a time: the other waits, and is cancelled before its turn.
    const first = start(["request", "slow", "1"]);
    await eventually("the first runs", () => started().length === 2);
    const second = start(["request", "slow", "2"]);
    await eventually("both are open", async () => {
      const { stdout } = await run(["channel", "slow", "--json"]);
      return documentsOf(stdout)[0]?.["pending-rpc-requests"] === 2;
    });
    second.child.kill("SIGINT");
    expect(await second.result()).toMatchObject({ code: 130, stdout: "" });
    service.child.kill("SIGINT");
    await service.says('"waiting"');
    service.child.kill("SIGINT");
    expect(await service.result()).toMatchObject({ code: 130 });
    expect(started()).toHaveLength(2);
    await eventually("the command is gone", () => !started().some(isAlive));
    const { code, stderr } = await first.result();
    expect(code).toBe(1);
    expect(stderr).toContain("responders-gone");
  });

  it("are answered still after the first Ctrl-C", async () => {
    const go = join(scratch, "go");
    const exec = `until test -e ${go}; do sleep 0.05; done; echo 1`;
    const service = start(["respond", "last", "--exec", exec]);
    await service.says("responding");
    const asked = start(["request", "last", "null", "--json"]);
    await eventually("it is open", async () => {
      const { stdout } = await run(["channel", "last", "--json"]);
      return documentsOf(stdout)[0]?.["pending-rpc-requests"] === 1;
    });
    service.child.kill("SIGINT");
    await service.says("waiting for 1 command");
    writeFileSync(go, "");
    expect(await asked.result()).toMatchObject({ code: 0, stdout: "1\n" });
    expect((await service.result()).code).toBe(130);
  });
});

describe("figures", () => {
  it("of health and load are shown", async () => {
    const health = await run(["health"]);
    expect(health).toMatchObject({ code: 0, stderr: "" });
    expect(health.stdout).toMatch(
      /^healthy, \d+ connections?, .+ up for .+\n$/,
    );
    const anybody = await runCli(["health", "--json"], {
      env: { SENTE_URL: server.url },
    });
    expect(documentsOf(anybody.stdout)).toEqual([{ status: "healthy" }]);

    const stats = await run(["stats"]);
    expect(stats.stdout).toMatch(/^connections +\d+\nchannels +\d+\n/);
    expect(stats.stdout).toMatch(/SUBSCRIBERS .+ CHANNEL\n/);
    const watch = start(["stats", "--watch"]);
    await eventually("two lines", () => watch.stdout().split("\n").length > 2);
    watch.child.kill("SIGINT");
    const { code, stdout } = await watch.result();
    expect(code).toBe(130);
    expect(stdout).toMatch(/^\d\d:.+ \d+ channels? .+ delivered\n\d\d:.+\/s\n/);
  });

  it("of a benchmark are whole, and it leaves nothing behind", async () => {
    const flags = ["--subscribers", "3", "--publishers", "2", "--seconds", "1"];
    const { code, stdout, stderr } = await run(["bench", ...flags, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [result = {}] = documentsOf(stdout);
    const published = Number(result.published);
    expect(published).toBeGreaterThan(0);
    const faults = { lost: 0, repeated: 0, reordered: 0, failed: 0 };
    expect(result).toMatchObject({ ...faults, delivered: 3 * published });

    const bench = start(["bench", "--seconds", "600", "--direct"]);
    await eventually("it has begun", async () => {
      const { stdout } = await run(["channels", "-p", "bench-", "--json"]);
      return documentsOf(stdout)[0]?.["subscriber-count"] === 10;
    });
    bench.child.kill("SIGINT");
    const early = await bench.result();
    expect(early.code).toBe(130);
    expect(early.stdout).toMatch(/faults +0 lost, 0 repeated, 0 out of order/);
    await eventually("its channels are gone", async () => {
      const { stdout } = await run(["channels", "-p", "bench-", "--json"]);
      return stdout === "";
    });
  });
});

describe("who may not", () => {
  it("is told which option to use", async () => {
    const { SENTE_TOKEN: _, ...nobody } = env;
    const other = await sharedSecret().token();
    const narrow = await tokenFor("chat-*=subscribe,create");
    const check = async (
      given: Record<string, string>,
      reason: string,
      args: readonly string[],
    ) => {
      const { code, stdout, stderr } = await runCli(args, {
        env: { ...nobody, ...given },
      });
      expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" });
      expect(stderr).toContain(reason);
      expect(stderr).toContain("--token or SENTE_TOKEN");
      expect(stderr.split("\n")).toHaveLength(2);
      for (const token of [other, narrow]) expect(stderr).not.toContain(token);
    };
    for (const [given, reason] of [
      [{}, "token-required"],
      [{ SENTE_TOKEN: other }, "invalid-token"],
      [{ SENTE_TOKEN: narrow }, "forbidden"],
    ] as const) {
      await Promise.all([
        check(given, reason, ["sub", "news"]),
        check(given, reason, ["sub", "news", "--direct"]),
        check(given, reason, ["pub", "news", "1"]),
        check(given, reason, ["channel", "news"]),
      ]);
    }
  });
});

describe("a service that is away", () => {
  it("is named in one line, with the reason", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const check = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(["--url", url, ...args]);
      expect({ args, code, stdout }).toEqual({ args, code: 3, stdout: "" });
      expect(stderr).toBe(
        `sente-lite: cannot reach ${url}: nobody listens there (ECONNREFUSED); --url or SENTE_URL says where the service is\n`,
      );
    };
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const hangs = async () => {
      const silentUrl = `http://127.0.0.1:${port}`;
      const { code, stderr } = await run(["--url", silentUrl, "sub", "chat"]);
      expect(code).toBe(3);
      expect(stderr).toContain(`cannot reach ${silentUrl}: no answer`);
    };
    await Promise.all([
      hangs().finally(() => silent.close()),
      check("sub", "chat"),
      check("pub", "chat", "1"),
      check("health"),
    ]);
  });

  it("is waited for, and nothing is missed", async () => {
    await newChannel("away");
    const sub = start(["sub", "away", "--json"]);
    await sub.says('"subscribed"');
    await run(["pub", "away", "1"]);
    await sub.says('"data":1');
    const ended = start(["sub", "away", "--json"]);
    await ended.says('"data":1');
    ended.child.kill("SIGINT");
    const { stderr } = await ended.result();
    const [, position] = documentsOf(stderr);

    const { port, dataDir } = server;
    await server.kill();
    await sub.says('"disconnected"');
    const late = start(["sub", "away", "--wait", "--json", "-n", "2"]);
    await late.says("nobody listens there");
    const impatient = start(["sub", "away", "--wait"]);
    await impatient.says("nobody listens there");
    impatient.child.kill("SIGINT");
    expect(await impatient.result()).toMatchObject({ code: 130, stdout: "" });

    server = await startServer({ ...options, port, dataDir });
    await run(["pub", "away", "2"]);
    await sub.says('"data":2');
    expect(sub.stderr()).toContain('"connected"');
    expect((await late.result()).stdout).toContain('"data":2');
    const resumed = await run([
      ...["sub", "away", "--json", "-n", "1"],
      ...["--since", String(position?.since)],
    ]);
    expect(documentsOf(resumed.stdout)).toMatchObject([{ data: 2 }]);
    sub.child.kill("SIGINT");
    const { code, stdout } = await sub.result();
    expect(code).toBe(130);
    expect(documentsOf(stdout)).toMatchObject([{ data: 1 }, { data: 2 }]);
  });
});
