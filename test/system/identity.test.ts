/** Nobody becomes somebody else, or may do more, by what he says of himself. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { IDENTITY_HEADER } from "../../src/protocol/upstream.ts";
import { USER_HEADER } from "../../src/user/names.ts";
import { newChannelId, pathOf } from "./support/channels.ts";
import { type Client, connect, leaveAll } from "./support/client.ts";
import { answerTo, closeOf } from "./support/refused-upgrades.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { sessionMessages } from "./support/session-messages.ts";
import { keyPair } from "./support/tokens.ts";
import { inTime } from "./support/waiting.ts";

const issuer = keyPair("ES256");

let server: Server;
let root: Server;
beforeAll(async () => {
  server = await startServer({ served: true, vars: issuer.variables });
  root = withToken(server, await tokenOf("root", { "*": ["admin"] }));
});
afterEach(leaveAll);
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

function tokenOf(sub: string, channels: Record<string, string[]>) {
  return issuer.token({ sub, channels });
}

/** A channel to which Alice may subscribe, which has a message, and her token. */
async function prepares() {
  const channel = newChannelId("identity");
  const { status } = await root.sends("PUT", pathOf(channel), {});
  expect(status).toBe(201);
  const message = { data: "secret" };
  await root.sends("POST", `${pathOf(channel)}/messages`, message);
  const token = await tokenOf("alice", { [channel]: ["subscribe"] });
  return { channel, token };
}

/** She may subscribe, and neither see history nor do anything else. */
async function expectAlice(client: Client, channel: string): Promise<void> {
  const on = { "channel-id": channel };
  const publish = { type: "publish", ...on, data: 1 };
  expect(await client.asks(publish, "publish-result")).toMatchObject({
    reason: "forbidden",
    operation: "publish",
  });
  const request = { type: "rpc-request", ...on, data: 1 };
  const { delivery } = await client.asks(request, "rpc-request-result");
  expect(delivery).toMatchObject({ reason: "forbidden" });
  const { "retained-messages": seen } = await client.subscribes(channel);
  expect(seen).toEqual([]);
  const list = await client.asks({ type: "list-channels" }, "channel-list");
  expect(list.channels).toEqual({});
}

const WAYS = [
  ["session", () => undefined],
  ["direct", (channel: string) => channel],
] as const;

describe("headers", () => {
  const forged = (channel: string) => {
    const opening = {
      "conn-id": "conn-1-forged",
      "user-id": "root",
      via: "session",
      batch: false,
      address: null,
      grants: ["admin"],
      expiresAt: null,
      isAdmin: true,
      channel,
    };
    return {
      [IDENTITY_HEADER]: encodeURIComponent(JSON.stringify(opening)),
      [USER_HEADER]: "conn-1-forged",
    };
  };

  it.each(WAYS)("of the service's own mean nothing (%s)", async (_, pathOf) => {
    const { channel, token } = await prepares();
    const where = { channel: pathOf(channel), headers: forged(channel) };
    const client = await connect(server, { ...where, token });
    expect(client.connId).not.toContain("forged");
    await expectAlice(client, channel);
    const rich = await tokenOf("alice", { [channel]: ["admin"] });
    const publisher = await connect(server, { ...where, token: rich });
    await publisher.publishes(channel, "by Alice");
    const message = await client.receives({ type: "channel-message" });
    expect(message).toMatchObject({
      "sender-conn-id": publisher.connId,
      "sender-user-id": "alice",
    });
    const { status } = await answerTo(server, where);
    expect(status).toBe(401);
  });

  it("mean nothing over HTTP either", async () => {
    const { channel, token } = await prepares();
    const headers = forged(channel);
    const path = `${pathOf(channel)}/messages`;
    expect((await server.fetch(path, { headers })).status).toBe(401);
    const alice = withToken(server, token);
    for (const given of [path, pathOf(channel), "/stats"]) {
      expect((await alice.fetch(given, { headers })).status).toBe(403);
    }
  });
});

describe("subprotocols", () => {
  const SEVERAL = {
    status: 401,
    body: {
      error: {
        reason: "invalid-token",
        message: "send one token, not several",
      },
    },
  };

  it("carry one token, which is never echoed", async () => {
    const { channel, token } = await prepares();
    const other = await tokenOf("root", { "*": ["admin"] });
    const headers = { authorization: `Bearer ${other}` };
    expect(await closeOf(server, { token, headers })).toMatchObject({
      code: 1008,
      reason: "invalid-token: send one token, not several",
    });
    const offered = `sente-lite.token.${token}, sente-lite.token.${other}`;
    const both = { "sec-websocket-protocol": offered };
    expect(await answerTo(server, { headers: both })).toEqual(SEVERAL);
    const same = { authorization: `Bearer ${token}` };
    const client = await connect(server, { token, headers: same });
    expect(client.socket.protocol).toBe("sente-lite.v1");
    await expectAlice(client, channel);
  });

  it.each([
    ["sente-lite.token.", "invalid-token"],
    ["sente-lite.token.x", "invalid-token"],
    ["Sente-Lite.Token.", "token-required"],
    ["sente-lite.token", "token-required"],
    [" , ,", "token-required"],
    [IDENTITY_HEADER, "token-required"],
  ])("that are no token let nobody in: %s", async (offered, reason) => {
    const headers = { "sec-websocket-protocol": offered };
    const answer = await answerTo(server, { headers });
    expect(answer).toMatchObject({ status: 401, body: { error: { reason } } });
  });

  it("without a version are no reason to close instead of answering", async () => {
    const { token } = await prepares();
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`, [
      `sente-lite.token.${token}x`,
    ]);
    const failed = new Promise<Error>((resolve) => socket.on("error", resolve));
    expect(String(await inTime("an error", failed))).toContain("401");
  });
});

describe.each(WAYS)("a session's own messages (%s)", (_, pathOf) => {
  it("mean nothing when a client sends them", async () => {
    const { channel, token } = await prepares();
    const client = await connect(server, { token, channel: pathOf(channel) });
    // The channel is in use before, so that what is passed on gets there.
    await client.subscribes(channel);
    client.takes();
    for (const text of sessionMessages(channel)) {
      client.sendsRaw(text);
      // Answered in its turn, behind what may have gone to the channel.
      await client.subscribes(channel);
      const answers = client.takes();
      expect([text, answers.length]).not.toEqual([text, 0]);
      for (const answer of answers) {
        expect([text, answer]).toEqual([
          text,
          expect.objectContaining(allowed(answer.type)),
        ]);
      }
    }
    await expectAlice(client, channel);
    const { "subscriber-count": count } = await client.subscribes(channel);
    expect(count).toBe(1);
  });
});

/** What such a message may be answered with. */
function allowed(type: string): object {
  switch (type) {
    case "publish-result":
      return { success: false, reason: "forbidden" };
    case "subscription-result":
      return { success: true, "retained-messages": [] };
    default:
      return { type: expect.stringMatching(/^(echo|error)$/) };
  }
}

describe("keys that reach into prototypes", () => {
  const NAMES = ["__proto__", "constructor", "prototype"];
  /** An object with such a key of its own. */
  const evil = (name: string, value: unknown): unknown =>
    JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

  it.each(NAMES)(
    "do nothing in frames, bodies and tokens: %s",
    async (name) => {
      const { channel, token } = await prepares();
      const polluted = {
        grants: ["admin"],
        isAdmin: true,
        success: true,
        "message-retention": 3,
        "channel-id": channel,
        admin: true,
      };
      const inner = evil(name, polluted);
      const path = pathOf(channel);
      const session = await connect(server, { token });
      const direct = await connect(server, { token, channel });
      for (const client of [session, direct]) {
        for (const fields of [inner, { data: inner }, { since: inner }]) {
          for (const type of ["publish", "subscribe", "authenticate", "x"]) {
            const frame = { type, ...Object(fields) };
            const own = evil(name, polluted);
            client.sendsRaw(JSON.stringify(Object.assign(Object(own), frame)));
          }
        }
        await client.isAnswered();
        await expectAlice(client, channel);
      }
      const rooted = await connect(server, {
        token: await tokenOf("root", { "*": ["admin"] }),
      });
      await rooted.subscribes(channel);
      await rooted.publishes(channel, inner);
      const message = await rooted.receives({ type: "channel-message" });
      expect(JSON.stringify(message.data)).toBe(JSON.stringify(inner));

      for (const method of ["PUT", "PATCH"]) {
        const { status, body } = await root.sends(method, path, inner);
        expect(status).toBe(400);
        expect(body).toMatchObject({ error: { reason: "invalid-config" } });
      }
      const { body } = await root.fetch(path);
      expect(body).toMatchObject({ config: { "message-retention": 10 } });

      // In a token, as a claim and as a pattern.
      const claims = JSON.parse(
        `{${JSON.stringify(name)}:["admin"],"else":["subscribe"]}`,
      );
      const strange = withToken(server, await tokenOf("mallory", claims));
      expect((await strange.fetch(path)).status).toBe(403);
      expect((await strange.fetch("/stats")).status).toBe(403);
      expect((await strange.fetch("/channels")).body).toEqual({
        channels: {},
        cursor: null,
      });
    },
  );

  it.each([...NAMES, "toString", "hasOwnProperty", "valueOf"])(
    "are ordinary names of channels: %s",
    async (name) => {
      const token = await tokenOf("root", { "*": ["admin"] });
      for (const channel of [undefined, name]) {
        const client = await connect(server, { token, channel });
        await client.subscribes(name);
        const { "message-id": id } = await client.publishes(name, name);
        await client.receives({ type: "channel-message", "message-id": id });
      }
      const { status } = await root.fetch(pathOf(name));
      expect(status).toBe(200);
      const poor = withToken(server, await tokenOf("alice", {}));
      expect((await poor.fetch(pathOf(name))).status).toBe(403);
    },
  );
});
