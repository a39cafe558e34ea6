/** The example of a Worker that hosts the service, with the package installed. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, afterEach, beforeAll, expect, inject, it } from "vitest";

import { connect, everyWay, leaveAll } from "../system/support/client.ts";
import { type Server, startServer } from "../system/support/server.ts";
import { eventually } from "../system/support/waiting.ts";
import { PROJECT } from "./support/packing.ts";

const { consumer, embedded } = inject("packed");
const CHANNEL = "orders";

let server: Server;
beforeAll(async () => {
  server = await startServer({ configs: [join(embedded, "wrangler.toml")] });
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

function order(body: unknown) {
  return server.sends("POST", "/orders", body);
}

it("publishes an order, whether or not anybody listens", async () => {
  // The channel does not exist yet.
  const first = await order({ item: "tea", quantity: 1 });
  expect(first).toMatchObject({ status: 201, body: { item: "tea", seq: 1 } });

  const listeners = await Promise.all(
    everyWay(CHANNEL).map((way) => connect(server, way)),
  );
  for (const each of listeners) await each.subscribes(CHANNEL);
  const { status, body } = await order({ item: "coffee", quantity: 2 });
  expect(status).toBe(201);
  const { id } = Object(body);
  for (const each of listeners) {
    expect(
      await each.receives({ type: "channel-message", "message-id": id }),
    ).toMatchObject({ seq: 2, data: { id, item: "coffee", quantity: 2 } });
  }
});

it("publishes to the package's own client, which Node runs", async () => {
  const args = ["listen.mjs", server.url, CHANNEL];
  const listener = spawn("node", args, { cwd: consumer });
  const ended = once(listener, "exit");
  try {
    let said = "";
    for (const stream of [listener.stdout, listener.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    }
    const saying = (text: string) =>
      eventually(
        () => `it says ${text}: ${said}`,
        () => said.includes(text),
      );
    await saying("listening\n");
    const { body } = await order({ item: "juice", quantity: 3 });
    const { id, item, quantity } = Object(body);
    await saying(JSON.stringify({ id, item, quantity }));
  } finally {
    listener.kill();
    await ended;
  }
});

it("publishes nothing that is no order", async () => {
  const listener = await connect(server);
  await listener.subscribes(CHANNEL);
  const wrong = [
    null,
    [],
    "coffee",
    {},
    { item: "coffee" },
    { item: "", quantity: 1 },
    { item: "coffee", quantity: 0 },
    { item: "coffee", quantity: 101 },
    { item: "coffee", quantity: 1.5 },
    { item: ["coffee"], quantity: 1 },
  ];
  for (const each of wrong) {
    expect([each, (await order(each)).status]).toEqual([each, 400]);
  }
  const text = await server.fetch("/orders", { method: "POST", body: "{" });
  expect(text.status).toBe(400);
  expect((await server.fetch("/orders")).status).toBe(405);

  await order({ item: "cake", quantity: 1 });
  const message = await listener.receives({ type: "channel-message" });
  expect(message).toMatchObject({ data: { item: "cake" } });
});

it("serves everything else as the service does", async () => {
  expect((await server.fetch("/health")).body).toMatchObject({
    status: "healthy",
  });
  const created = await server.sends("PUT", "/channels/chat", {});
  expect(created.status).toBe(201);
  const asked = await server.sends("POST", "/channels/chat/rpc", { data: 1 });
  expect(asked).toMatchObject({
    status: 503,
    body: { error: { reason: "no-subscribers" } },
  });
  expect(await server.fetch("/nowhere")).toMatchObject({
    status: 404,
    body: { error: { reason: "not-found" } },
  });
});

it("compiles, with types of the platform from either source", async () => {
  const run = (program: string, ...args: string[]) =>
    promisify(execFile)(program, args, { cwd: embedded });
  await run("tsc");
  await run("wrangler", "types");
  await run(
    "tsc",
    ...["--ignoreConfig", "--strict", "--noEmit", "--target", "es2024"],
    ...["--moduleResolution", "bundler", "--module", "esnext"],
    ...["--lib", "es2024", "--types", ""],
    ...["worker-configuration.d.ts", "src/worker.ts"],
  );
});

it("asks for the tools that this repository uses", async () => {
  const tools = async (folder: string) => {
    const manifest = await readFile(join(folder, "package.json"), "utf8");
    return JSON.parse(manifest).devDependencies;
  };
  expect(await tools(PROJECT)).toMatchObject(await tools(embedded));
});
