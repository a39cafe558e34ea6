/** Names of channels with every odd character: each names one channel alone. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { callService } from "./support/calling.ts";
import { pathOf } from "./support/channels.ts";
import { type Client, connect, leaveAll } from "./support/client.ts";
import { answerTo } from "./support/refused-upgrades.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { keyPair } from "./support/tokens.ts";
import { eventually } from "./support/waiting.ts";

/** Some look alike, or like each other's paths, patterns or encodings. */
const POSSIBLE = [
  "a",
  "A",
  "a/b",
  "a%2Fb",
  "a%252Fb",
  "a/",
  "/a",
  "//",
  "a/../a",
  "../a",
  "../../health",
  "a/messages",
  "...",
  ". ",
  "a b",
  "a+b",
  "a%20b",
  "100%",
  "%",
  "%2E%2E",
  "*",
  "a*",
  "a*b",
  "@",
  "a@b",
  "b@a@b",
  "a?b",
  "a#b",
  "a&b=c",
  "a\\b",
  'a"b',
  "a'b--",
  "é",
  "e\u0301",
  "😀",
  "👩‍👩‍👧",
  "\u202egnp.a",
  "a\u200f",
  "a\u200b",
  "\ufeffa",
  " a",
  "\u2028",
  "a$",
  "__proto__",
  "x".repeat(200),
  "é".repeat(100),
  "😀".repeat(50),
];

/** What is refused, and how a path may spell it. */
const IMPOSSIBLE: readonly (readonly [id: string, spelled: string])[] = [
  ["\u0000", "%00"],
  ["a\u0000b", "a%00b"],
  ["a\nb", "a%0Ab"],
  ["\u007f", "%7F"],
  ["\u0085", "%C2%85"],
  ["$a", "%24a"],
  ["x".repeat(201), "x".repeat(201)],
  ["é".repeat(101), "%C3%A9".repeat(101)],
  ["\ud800", "%ED%A0%80"],
  ["a\udc00", "a%ED%B0%80"],
  ["\udc00\ud800", "%ED%B0%80%ED%A0%80"],
];

const issuer = keyPair("ES256");
const OPERATIONS = ["subscribe", "publish", "request", "create", "history"];

let server: Server;
let root: Server;
let token: string;
let session: Client;
beforeAll(async () => {
  server = await startServer({ bound: true, vars: issuer.variables });
  token = await issuer.token({ sub: "root", channels: { "*": ["admin"] } });
  root = withToken(server, token);
  session = await connect(server, { token });
});
afterAll(async () => {
  await leaveAll();
  await server.kill();
});

function publishOf(channel: string, data: unknown) {
  return { type: "publish", "channel-id": channel, data };
}

describe("a possible name", () => {
  it("names one channel, the same by every way", async () => {
    const heard = new Map<string, unknown[]>();
    const listener = await connect(server, { token });
    for (const id of POSSIBLE) await listener.subscribes(id);
    listener.watches((frame) => {
      if (frame.type === "rpc-request") {
        const { "request-id": request, "channel-id": data } = frame;
        listener.sends({ type: "rpc-response", "request-id": request, data });
      }
      if (frame.type !== "channel-message") return;
      const { "channel-id": id, data } = frame;
      heard.set(id, [...(heard.get(id) ?? []), data]);
    });
    for (const id of POSSIBLE) {
      const direct = await connect(server, { token, channel: id });
      await session.publishes(id, [id, "session"]);
      await direct.publishes(id, [id, "direct"]);
      await direct.leaves();
      const body = { data: [id, "HTTP"] };
      const posted = await root.sends("POST", `${pathOf(id)}/messages`, body);
      expect([id, posted.status]).toEqual([id, 200]);
      const data = [id, "binding"];
      const called = await callService(server, "publish", [id, data], token);
      expect(called).toMatchObject({ value: { success: true, seq: 4 } });
      const asked = await root.sends("POST", `${pathOf(id)}/rpc`, { data: 1 });
      expect(asked.body).toMatchObject({ "channel-id": id, data: id });
    }
    const expected = POSSIBLE.map((id) => [
      id,
      ["session", "direct", "HTTP", "binding"].map((way) => [id, way]),
    ]);
    await eventually("all is heard", () => {
      const last = heard.get(POSSIBLE.at(-1) ?? "");
      return last?.length === 4;
    });
    expect([...heard]).toEqual(expected);
  });

  it("is listed as it is", async () => {
    await eventually("all are listed", async () => {
      const { body } = await root.fetch("/channels?limit=1000");
      const names = Object.keys(Object(body).channels).sort();
      expect(names).toEqual([...POSSIBLE].sort());
      return true;
    });
  });
});

describe.each(IMPOSSIBLE)("an impossible name: %j", (id, spelled) => {
  it("is refused by every way", async () => {
    const refused = { success: false, reason: "invalid-channel-id" };
    const answer = await session.asks(publishOf(id, 1), "publish-result");
    expect(answer).toMatchObject(refused);
    const subscribe = { type: "subscribe", "channel-id": id };
    const joined = await session.asks(subscribe, "subscription-result");
    expect(joined).toMatchObject(refused);
    const error = { reason: "invalid-channel-id", message: expect.any(String) };
    for (const [method, rest] of [
      ["PUT", ""],
      ["POST", "/messages"],
      ["GET", "/messages"],
      ["DELETE", ""],
      ["GET", "/ws"],
    ] as const) {
      const given = await root.fetch(`/channels/${spelled}${rest}`, { method });
      expect(given).toMatchObject({ status: 400, body: { error } });
    }
    const called = await callService(server, "publish", [id, 1], token);
    // A lone surrogate becomes another character on its way to the test Worker.
    if (id.isWellFormed()) {
      expect(called).toMatchObject({ error: { name: "TypeError" } });
    }
  });
});

// URLs are made shorter before anybody sees them: "." is left out, ".." takes
// what stands before it along.
it.each([
  [".", 405],
  ["%2e", 405],
  ["..", 404],
  ["%2E%2E", 404],
  ["", 404],
])("a path with %j in place of a name leads nowhere", async (spelled, code) => {
  const path = `/channels/${spelled}/messages`;
  const { status } = await root.sends("POST", path, { data: 1 });
  expect(status).toBe(code);
  const frame = publishOf(decodeURIComponent(spelled), 1);
  const answer = await session.asks(frame, "publish-result");
  expect(answer).toMatchObject({ reason: "invalid-channel-id" });
});

describe("a grant", () => {
  const OTHERS = [
    "*",
    "room*",
    "room-*",
    "*room-1",
    "room-1*",
    "room-?",
    "room-.",
    "room-1/",
    "room-1 ",
    "ROOM-1",
    "room-1\u200b",
    "room-%31",
    "lobby/../room-1",
    "room-1@lobby",
  ];

  it.each(OTHERS)("for room-1 is none for %j", async (id) => {
    const channels = { "room-1": OPERATIONS };
    const alice = await issuer.token({ channels });
    const client = await connect(server, { token: alice });
    const result = await client.asks(publishOf(id, 1), "publish-result");
    expect(result).toMatchObject({ success: false, reason: "forbidden" });
    const inside = await connect(server, { token: alice, channel: "room-1" });
    inside.sends(publishOf(id, 1));
    await inside.receives({ type: "error", reason: "wrong-channel" });
    const refused = await answerTo(server, { token: alice, channel: id });
    expect(refused.status).toBe(403);
    const path = `${pathOf(id)}/messages`;
    const posted = withToken(server, alice).sends("POST", path, { data: 1 });
    expect((await posted).status).toBe(403);
    const called = await callService(server, "publish", [id, 1], alice);
    expect(called).toMatchObject({ value: { reason: "forbidden" } });
  });

  it("of a pattern covers a channel of that name, which is no pattern", async () => {
    const channels = { "hall-*": OPERATIONS };
    const bob = await issuer.token({ sub: "bob", channels });
    const client = await connect(server, { token: bob });
    for (const id of ["hall-*", "hall-1"]) await client.subscribes(id);
    await client.publishes("hall-*", "to one");
    await client.publishes("hall-1", "to the other");
    for (const id of ["hall-*", "hall-1"]) {
      const path = `${pathOf(id)}/messages`;
      const { body } = await root.fetch(path);
      expect(Object(body).messages).toHaveLength(1);
    }
  });
});
