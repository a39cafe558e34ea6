/** How tokens are announced to end, end, are renewed and are taken away. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { badCredentials } from "./support/access/credentials.ts";
import { newChannelId } from "./support/channels.ts";
import { type Client, connect, leaveAll } from "./support/client.ts";
import { readEvents, stopReading } from "./support/events.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { keyPair, type TokenOptions } from "./support/tokens.ts";
import { eventually, inTime } from "./support/waiting.ts";

/** workerd keeps an object in memory for 10 s after it was last used. */
const HIBERNATED_S = 14;

const issuer = keyPair("ES256");
const forger = keyPair("ES256");
const ALL_OF_IT = { "*": ["subscribe", "create", "publish", "history"] };
const ENDED = { code: 4001, reason: "the token has expired: fetch a new one" };

let server: Server;
let root: Server;
let sleeper: Client;
beforeAll(async () => {
  server = await startServer({ served: true, vars: issuer.variables });
  const channels = { "*": ["admin"] };
  root = withToken(server, await issuer.token({ sub: "root", channels }));
  const channel = newChannelId("asleep");
  sleeper = await enters({ sub: "sleeper", ttl: HIBERNATED_S }, channel);
});
afterAll(async () => {
  stopReading();
  await leaveAll();
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

/** Connects with a new token. */
async function enters(token: TokenOptions, channel?: string): Promise<Client> {
  const given = await issuer.token({ channels: ALL_OF_IT, ...token });
  const client = await connect(server, { channel, token: given });
  // workerd sends a Close to a client that never said anything, but does not
  // end its TCP connection.
  await client.isAnswered();
  return client;
}

/** Sends a token; resolves with the answer. */
async function authenticates(client: Client, token: string | undefined) {
  return client.asks({ type: "authenticate", token }, "authenticate-result");
}

const WAYS = [
  ["session", () => undefined],
  ["direct", (channel: string) => channel],
] as const;

describe.each(WAYS)("a token (%s)", (_, pathOf) => {
  it("is announced to end, and then ends the connection", async () => {
    const channel = newChannelId("ends");
    const client = await enters({ ttl: 3 }, pathOf(channel));
    const { "expires-at": end } = await client.receives({
      type: "token-expiring",
    });
    expect(client.unread).toEqual([]);
    await client.subscribes(channel);
    expect(await inTime("the end", client.ended)).toEqual(ENDED);
    expect(Date.now()).toBeGreaterThanOrEqual(end);
  });

  it("that is renewed in time ends nothing", async () => {
    const channel = newChannelId("renewed");
    const renewed = await enters({ ttl: 3 }, pathOf(channel));
    const other = await enters({ ttl: 3 }, pathOf(channel));
    for (const each of [renewed, other]) await each.subscribes(channel);
    await renewed.receives({ type: "token-expiring" });
    const token = await issuer.token({ channels: ALL_OF_IT, ttl: 600 });
    const answer = await authenticates(renewed, token);
    expect(answer).toMatchObject({ success: true });
    const left = Number(answer["expires-at"]) - Date.now();
    expect(left).toBeGreaterThan(590_000);
    expect(await inTime("the end", other.ended)).toEqual(ENDED);
    await renewed.publishes(channel, "still here");
    await renewed.receives({ type: "channel-message", data: "still here" });
  });

  it("with fewer grants ends the subscription, with more it grants them", async () => {
    const channel = newChannelId("regranted");
    const client = await enters({}, pathOf(channel));
    await client.subscribes(channel);
    const poor = await issuer.token({ channels: { "else-*": ["subscribe"] } });
    expect(await authenticates(client, poor)).toMatchObject({ success: true });
    const unsubscribed = await client.receives({ type: "unsubscribed" });
    const reason = "forbidden";
    expect(unsubscribed).toMatchObject({ "channel-id": channel, reason });
    const publish = { type: "publish", "channel-id": channel, data: 1 };
    const refused = { success: false, reason, operation: "publish" };
    const result = await client.asks(publish, "publish-result");
    expect(result).toMatchObject(refused);
    const other = await enters({}, pathOf(channel));
    const { "delivered-to": delivered } = await other.publishes(channel, 2);
    expect(delivered).toBe(0);

    const rich = await issuer.token({ channels: ALL_OF_IT });
    expect(await authenticates(client, rich)).toMatchObject({ success: true });
    await client.subscribes(channel);
    await client.publishes(channel, 3);
    await client.receives({ type: "channel-message", data: 3 });
  });

  it("of somebody else, or that is not good, changes nothing", async () => {
    const channel = newChannelId("unchanged");
    const channels = { "*": ["admin"] };
    const client = await enters({ sub: "alice" }, pathOf(channel));
    await client.subscribes(channel);
    const wrong = await issuer.token({ sub: "mallory", channels });
    const why = "the token is for another user: open another connection";
    expect(await authenticates(client, wrong)).toMatchObject({
      success: false,
      reason: "wrong-user",
      message: why,
    });
    const all = badCredentials(issuer, forger, issuer.publicPem);
    for (const { name, token, reason, message } of all) {
      const bad = await token({ sub: "alice", channels });
      if (bad === undefined) continue;
      const answer = await authenticates(client, bad);
      const refusal = { success: false, reason, message };
      expect({ name, ...answer }).toMatchObject({ name, ...refusal });
    }
    await client.publishes(channel, "as before");
    const message = await client.receives({ type: "channel-message" });
    expect(message["sender-user-id"]).toBe("alice");
    const request = { type: "rpc-request", "channel-id": channel, data: 1 };
    const { delivery } = await client.asks(request, "rpc-request-result");
    expect(delivery).toMatchObject({ success: false, reason: "forbidden" });
  });
});

it("ends a stream of events, which goes on with another token", async () => {
  const channel = newChannelId("events");
  const token = await issuer.token({ channels: ALL_OF_IT, ttl: 2 });
  const reader = await readEvents(server, channel, { token });
  const other = await enters({}, channel);
  await other.publishes(channel, 1);
  await reader.reads(1);
  await inTime("the end", reader.closed);
  // For now: with another token it may come back.
  expect(reader.events.map(({ type }) => type)).toEqual(["message"]);
  const { lastEventId } = reader;
  const stale = await issuer.token({ channels: ALL_OF_IT, ttl: -60 });
  const options = { token: stale, lastEventId };
  const again = await readEvents(server, channel, options);
  expect(again.status).toBe(401);
  const message = "the token has expired: fetch a new one";
  const error = { reason: "token-expired", message };
  expect(await again.refusal()).toEqual({ error });
  await other.publishes(channel, 2);
  const newer = await issuer.token({ channels: ALL_OF_IT });
  const back = await readEvents(server, channel, { token: newer, lastEventId });
  await back.reads(1);
  expect(back.seqs).toEqual([2]);
});

it("ends all connections of a user, and nobody else's", async () => {
  const channels = [newChannelId("disconnect"), newChannelId("disconnect")];
  const paths = [undefined, undefined, ...channels];
  // A name with every odd character.
  const sub = "alice/../b%2F é 😀?#";
  const theirs = await Promise.all(paths.map((path) => enters({ sub }, path)));
  const others = await Promise.all(
    ["bob", "alice"].flatMap((name) =>
      paths.map((path) => enters({ sub: name }, path)),
    ),
  );
  const token = await issuer.token({ sub, channels: ALL_OF_IT });
  const reader = await readEvents(server, newChannelId("disconnect"), {
    token,
  });
  let ended = 0;
  await eventually("all are ended", async () => {
    const path = `/users/${encodeURIComponent(sub)}/disconnect`;
    const { status, body } = await root.fetch(path, { method: "POST" });
    const answer = { "user-id": sub, connections: expect.any(Number) };
    expect({ status, body }).toEqual({ status: 200, body: answer });
    ended += Object(body).connections;
    return [...theirs, reader].every(({ isOpen }) => !isOpen);
  });
  expect(ended).toBeGreaterThanOrEqual(theirs.length + 1);
  const { data } = await reader.readsOne("end");
  expect(data).toBe('{"reason":"disconnected"}');
  const reason = "disconnected: by the service's operator";
  for (const each of theirs) {
    expect(await inTime("the end", each.ended)).toEqual({ code: 1008, reason });
  }
  for (const each of others) await each.isAnswered();
  // The token is as good as before.
  await enters({ sub });
});

it("ends a hibernating connection on a channel's own path", async () => {
  expect(await inTime("the end", sleeper.ended)).toEqual(ENDED);
});
