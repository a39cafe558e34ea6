/** What programs of others do with the package: run, compile, bundle. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { build, type Rolldown } from "vite";
import { expect, inject, it } from "vitest";

const { consumer } = inject("packed");

/** Runs a program among the consumer's files, and resolves with its output. */
async function run(program: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)(program, args, { cwd: consumer });
  const { stdout } = await running.catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return stdout;
}

it("lets Node import the protocol", async () => {
  const names = JSON.parse(
    await run("node", "names.mjs", "sente-lite/protocol"),
  );
  // Another name is no harm; one that is missing breaks somebody.
  expect(names.sort()).toEqual([
    "AUTHENTICATE_REASONS",
    "BATCH_SUBPROTOCOL",
    "CANCEL_REASONS",
    "CHANNEL_CONFIG",
    "CHANNEL_CONFIG_KEYS",
    "CHANNEL_ID_RULE",
    "CLIENT_FRAMES",
    "CLOSE_CODES",
    "ChannelConfigSchema",
    "ChannelInfoSchema",
    "ChannelMessageSchema",
    "ChannelPageSchema",
    "ChannelSummarySchema",
    "DEFAULT_CHANNEL_CONFIG",
    "DEFAULT_MAX_DEPTH",
    "DisconnectedSchema",
    "ERROR_REASONS",
    "EVENTS_END_REASONS",
    "ErrorBodySchema",
    "HEARTBEAT_PING",
    "HEARTBEAT_PONG",
    "HTTP_REASONS",
    "HealthSchema",
    "HistoryPageSchema",
    "LiveSchema",
    "MAX_BATCH_BYTES",
    "MAX_BATCH_OBJECTS",
    "MAX_CHANNEL_ID_BYTES",
    "MAX_LIST_LIMIT",
    "MAX_MESSAGE_ID_LENGTH",
    "OPERATIONS",
    "PLAIN_SUBPROTOCOL",
    "PUBLISH_REASONS",
    "PartialChannelConfigSchema",
    "PositionSchema",
    "ProbeSchema",
    "REQUEST_REASONS",
    "RESPONSE_REASONS",
    "RPC_END_REASONS",
    "ReadySchema",
    "RefSchema",
    "SERVER_FRAMES",
    "SUBSCRIBE_REASONS",
    "SUBSCRIPTION_LOST_REASONS",
    "ServerStatsSchema",
    "TOKEN_SUBPROTOCOL",
    "UNSUBSCRIBED_REASONS",
    "UNSUBSCRIBE_REASONS",
    "channelOfRequest",
    "decodeClient",
    "decodeServer",
    "encode",
    "isChannelId",
    "isOwnMessageId",
    "isServerFrameType",
    "toMessages",
    "utf8Length",
  ]);
});

it("lets Node import the client", async () => {
  const names = JSON.parse(await run("node", "names.mjs", "sente-lite/client"));
  expect(names).not.toEqual([]);
});

it.each([
  ["worker", "nodenext"],
  ["worker", "bundler"],
  ["page", "nodenext"],
  ["page", "bundler"],
])("compiles a %s with %s resolution", async (what, resolution) => {
  const module = resolution === "bundler" ? "esnext" : resolution;
  await run(
    "tsc",
    ...["-p", `tsconfig.${what}.json`],
    ...["--module", module, "--moduleResolution", resolution],
  );
});

it.each(["page", "codes"])("bundles a %s without a library", async (page) => {
  const chunks = await bundle(`${page}.html`);
  const modules = chunks.flatMap((chunk) => chunk.moduleIds);
  const own = modules.filter((id) => id.includes("/sente-lite/dist/"));
  expect(own).not.toEqual([]);
  // The page, and what vite itself adds.
  const others = modules.filter(
    (id) => id.includes("/node_modules/") && !own.includes(id),
  );
  expect(others).toEqual([]);
});

/** Builds a page as vite does unless it is told otherwise. */
async function bundle(page: string): Promise<Rolldown.OutputChunk[]> {
  const built = await build({
    root: consumer,
    configFile: false,
    logLevel: "error",
    build: { write: false, rolldownOptions: { input: join(consumer, page) } },
  });
  const outputs = Array.isArray(built) ? built : [built];
  return outputs.flatMap((each) => {
    if (!("output" in each)) throw new Error("vite watches");
    return each.output.filter((part) => part.type === "chunk");
  });
}
