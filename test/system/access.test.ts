/**
 * Everything that can be done, by every way in, with every kind of token: what
 * may be done is done, and all else is refused and leaves no trace.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { KEPT } from "./support/access/answers.ts";
import {
  type BadCredential,
  badCredentials,
  GRANTS,
} from "./support/access/credentials.ts";
import { type Actor, DEEDS, type Deed } from "./support/access/deeds.ts";
import type { HttpAnswer } from "./support/access/http.ts";
import { newChannelId, pathOf } from "./support/channels.ts";
import { type Client, connect, leaveAll } from "./support/client.ts";
import { answerTo, closeOf, type Upgrade } from "./support/refused-upgrades.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { bearer, keyPair } from "./support/tokens.ts";
import { eventually } from "./support/waiting.ts";

const issuer = keyPair("ES256");
const forger = keyPair("ES256");
const BAD = badCredentials(issuer, forger, issuer.publicPem);
const EVERYTHING = { "*": ["admin"] };

let server: Server;
let root: Server;
let witness: Client;
beforeAll(async () => {
  const vars = { ...issuer.variables, REPORT_INTERVAL_MS: 20 };
  server = await startServer({ bound: true, vars });
  const token = await issuer.token({ sub: "root", channels: EVERYTHING });
  root = withToken(server, token);
  witness = await connect(server, { token });
  witness.watches((frame) => {
    if (frame.type !== "rpc-request") return;
    const { "request-id": id } = frame;
    witness.sends({ type: "rpc-response", "request-id": id, data: "answer" });
  });
});
afterAll(async () => {
  await leaveAll();
  await server.kill();
  // The runtime logs whatever a call over a binding rejects with.
  const rejected = "Uncaught TypeError: token: ";
  const others = server.complaints().filter((it) => !it.includes(rejected));
  expect(others).toEqual([]);
});

/** A channel in which somebody listens, with a message; or a mere name. */
async function prepares(deed: Deed): Promise<Omit<Actor, "token">> {
  const channel = newChannelId("table");
  const actor = { server, channel, epoch: undefined, witness };
  if (deed.creates) return actor;
  const { epoch } = await witness.subscribes(channel);
  const message = { data: KEPT };
  await root.sends("POST", `${pathOf(channel)}/messages`, message);
  if (deed.what === "listing") await isListed(channel);
  return { ...actor, epoch };
}

function isListed(channel: string): Promise<boolean> {
  return eventually(`${channel} is listed`, async () => {
    const { body } = await root.fetch(`/channels?prefix=${channel}`);
    return channel in Object(body).channels;
  });
}

/** What refusing leaves as it was. */
async function traceOf(channel: string): Promise<unknown> {
  const { status, body } = await root.fetch(pathOf(channel));
  const { seq, epoch, config } = Object(body);
  return { status, seq, epoch, config };
}

/** Refused before a socket is opened, or with a Close that tells why. */
async function expectNoSocket(
  upgrade: Upgrade,
  status: number,
  error: { reason: string; message: string },
): Promise<void> {
  expect(await answerTo(server, upgrade)).toEqual({ status, body: { error } });
  const reason = `${error.reason}: ${error.message}`.slice(0, 123);
  expect(await closeOf(server, upgrade)).toEqual({ code: 1008, reason });
}

const GOOD_ROWS = DEEDS.flatMap((deed) =>
  GRANTS.map(
    (grant) => [deed.what, deed.way, grant.name, deed, grant] as const,
  ),
);
const BAD_ROWS = DEEDS.flatMap((deed) =>
  BAD.map((bad) => [deed.what, deed.way, bad.name, deed, bad] as const),
);

describe("a token that is accepted", () => {
  test.concurrent.each(GOOD_ROWS)(
    "%s, %s, %s",
    async (_, way, __, deed, grant) => {
      const prepared = await prepares(deed);
      const { channel } = prepared;
      const before = await traceOf(channel);
      const channels = grant.channels(deed, channel);
      const token = await issuer.token({ channels });
      if (way === "direct" && (channels[channel] ?? []).length === 0) {
        const message = `subscribe is not allowed on the channel "${channel}"`;
        const upgrade = { channel, token };
        await expectNoSocket(upgrade, 403, { reason: "forbidden", message });
      } else {
        const answer = await deed.does({ ...prepared, token });
        expect(answer).toEqual(deed[grant.verdict](channel));
      }
      if (grant.verdict !== "done") {
        expect(await traceOf(channel)).toEqual(before);
      }
      await witness.asks(
        { type: "unsubscribe", "channel-id": channel },
        "unsubscription-result",
      );
    },
  );
});

describe("a token that is not accepted", () => {
  let untouched: string;
  beforeAll(async () => {
    untouched = newChannelId("untouched");
    await witness.subscribes(untouched);
  });

  // No operation gets as far as to be told from another.
  const noSockets = new Map<string, Promise<void>>();

  test.concurrent.each(BAD_ROWS)(
    "%s, %s, %s",
    async (_, way, __, deed, bad) => {
      const channel = deed.creates ? newChannelId("none") : untouched;
      const before = await traceOf(channel);
      const token = await bad.token({ channels: EVERYTHING });
      const { name, reason, message } = bad;
      if (way === "session" || way === "direct") {
        const upgrade = {
          token,
          channel: way === "direct" ? channel : undefined,
        };
        const key = `${way} ${name}`;
        const refused =
          noSockets.get(key) ??
          expectNoSocket(upgrade, 401, { reason, message });
        noSockets.set(key, refused);
        await refused;
      } else {
        const actor = { server, token, channel, epoch: undefined, witness };
        expect(await deed.does(actor)).toEqual(refusalOf(way, bad));
      }
      expect(await traceOf(channel)).toEqual(before);
    },
  );
});

const ADMIN_ROWS = [
  ["GET", "/stats", { "active-connections": expect.any(Number) }],
  ["GET", "/metrics", undefined],
  ["POST", "/users/nobody/disconnect", { connections: 0 }],
] as const;
const NEEDS_ADMIN = {
  error: { reason: "forbidden", message: "this needs admin on every channel" },
};

describe.each(ADMIN_ROWS)("%s %s", (method, path, body) => {
  const asks = async (token: string | undefined): Promise<HttpAnswer> =>
    server.fetch(path, { method, headers: bearer(token) });

  test.each(GRANTS.map((each) => [each.name, each] as const))(
    "%s",
    async (_, { verdict, channels }) => {
      const granted = channels({ operation: "admin" }, "*");
      const answer = await asks(await issuer.token({ channels: granted }));
      expect(answer).toMatchObject(
        verdict === "done"
          ? { status: 200, body }
          : { status: 403, body: NEEDS_ADMIN },
      );
    },
  );

  test("admin on the channels of a pattern", async () => {
    const channels = { "c*": ["admin"], "*-c": ["admin"] };
    const answer = await asks(await issuer.token({ channels }));
    expect(answer).toMatchObject({ status: 403, body: NEEDS_ADMIN });
  });

  test.each(BAD.map((each) => [each.name, each] as const))(
    "%s",
    async (_, bad) => {
      const answer = await asks(await bad.token({ channels: EVERYTHING }));
      expect(answer).toMatchObject({ ...refusalOf("HTTP", bad) });
    },
  );
});

test("GET /health says who may know no more than that it is healthy", async () => {
  const healthOf = async (token: string | undefined): Promise<unknown> =>
    (await server.fetch("/health", { headers: bearer(token) })).body;
  for (const each of BAD) {
    const token = await each.token({ channels: EVERYTHING });
    expect(await healthOf(token)).toEqual({ status: "healthy" });
  }
  for (const { channels, verdict } of GRANTS) {
    const granted = channels({ operation: "admin" }, "*");
    const health = await healthOf(await issuer.token({ channels: granted }));
    if (verdict === "done") expect(health).toHaveProperty("connections");
    else expect(health).toEqual({ status: "healthy" });
  }
});

function refusalOf(
  way: "HTTP" | "binding",
  { name, reason, message }: BadCredential,
): object {
  if (way === "HTTP")
    return { status: 401, body: { error: { reason, message } } };
  // There is no such thing as a call for the holder of no token.
  const why = name === "no token" ? "the token is not a signed JWT" : message;
  return { error: { name: "TypeError", message: `token: ${why}` } };
}
