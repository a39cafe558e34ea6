/** What one user, or one address, may have of everything. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { newChannelId, numbers, pathOf } from "./support/channels.ts";
import { type Client, connect, leaveAll } from "./support/client.ts";
import { readEvents, stopReading } from "./support/events.ts";
import { answerTo, closeOf } from "./support/refused-upgrades.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { keyPair } from "./support/tokens.ts";
import { eventually, inTime } from "./support/waiting.ts";

const ADDRESS = "x-address";
const LIMITS = {
  MAX_USER_CONNECTIONS: 3,
  MAX_ADDRESS_CONNECTIONS: 2,
  MAX_USER_CHANNELS: 2,
  MAX_BODY_BYTES: 1_024,
  PUBLISHES_PER_SECOND: 1,
  PUBLISHES_BURST: 3,
};

const issuer = keyPair("ES256");
const channels = {
  "*": ["subscribe", "create", "publish", "request", "info"],
};
const token = (sub: string): Promise<string> => issuer.token({ sub, channels });

let server: Server;
beforeAll(async () => {
  const vars = { ...issuer.variables, ...LIMITS, ADDRESS_HEADER: ADDRESS };
  server = await startServer({ served: true, vars });
});
afterEach(() => {
  stopReading();
  return leaveAll();
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

/** The service as a user that no other test has. */
async function newUser(): Promise<{ user: Server; token: string }> {
  const given = await token(newChannelId("user"));
  return { user: withToken(server, given), token: given };
}

const TOO_MANY = {
  reason: "too-many-connections",
  message: "there are too many connections: close another one",
};

describe("connections", () => {
  const all = numbers(1, LIMITS.MAX_USER_CONNECTIONS);

  it("of one user are bounded (session)", async () => {
    const { token } = await newUser();
    const first = await Promise.all(all.map(() => connect(server, { token })));
    for (const each of first) await each.isAnswered();
    const over = await connect(server, { token });
    const reason = "too-many-connections: close another one";
    expect(await inTime("a close", over.ended)).toEqual({ code: 1008, reason });
    for (const each of first) await each.isAnswered();
    const { token: other } = await newUser();
    await (await connect(server, { token: other })).isAnswered();

    await first[0]?.leaves();
    await eventually("there is room for another one, not for two", async () => {
      const next = await connect(server, { token });
      const afterIt = await connect(server, { token });
      const ended = [next, afterIt].map((it) => it.ended.then(() => it));
      const turnedAway = await Promise.race(ended);
      if (turnedAway === next) await afterIt.leaves();
      return turnedAway === afterIt;
    });
  });

  it("of one user to one channel are bounded (direct)", async () => {
    const { token } = await newUser();
    const channel = newChannelId("crowded");
    const way = { token, channel };
    const first = await Promise.all(all.map(() => connect(server, way)));
    const code = 1008;
    const reason = `${TOO_MANY.reason}: ${TOO_MANY.message}`;
    expect(await closeOf(server, way)).toEqual({ code, reason });
    const refused = { status: 429, body: { error: TOO_MANY } };
    expect(await answerTo(server, way)).toEqual(refused);
    for (const each of first) await each.isAnswered();
    const { token: other } = await newUser();
    await connect(server, { channel, token: other });
    await first[0]?.leaves();
    await eventually("there is room", () => connect(server, way));
  });

  it.each(["session", "direct"])(
    "from one address are bounded (%s)",
    async (way) => {
      const channel = way === "direct" ? newChannelId("address") : undefined;
      const from = async (address: string) => ({
        channel,
        token: (await newUser()).token,
        headers: { [ADDRESS]: `${address} ${way}` },
      });
      const first = [
        await connect(server, await from("a")),
        await connect(server, await from("a")),
      ];
      const reason = `${TOO_MANY.reason}: ${TOO_MANY.message}`;
      const upgrade = await from("a");
      expect(await closeOf(server, upgrade)).toEqual({ code: 1008, reason });
      const refused = { status: 429, body: { error: TOO_MANY } };
      expect(await answerTo(server, upgrade)).toEqual(refused);
      for (const each of first) await each.isAnswered();
      await connect(server, await from("b"));
      await first[0]?.leaves();
      const again = await from("a");
      await eventually("there is room", () => connect(server, again));
    },
  );
});

describe("streams of events", () => {
  /** That a reader has gone is found out by writing to it. */
  async function isNoticed(token: string, channel: string): Promise<void> {
    const path = `${pathOf(channel)}/messages`;
    const message = { data: "anybody?", ephemeral: true };
    await withToken(server, token).sends("POST", path, message);
  }

  it("are connections of their user", async () => {
    const { token } = await newUser();
    const channel = newChannelId("streams");
    const first = await readEvents(server, channel, { token });
    for (const _ of numbers(2, LIMITS.MAX_USER_CONNECTIONS)) {
      await (await connect(server, { token })).isAnswered();
    }
    // The user's object is asked beside the channel: whichever is first.
    const over = await readEvents(server, channel, { token });
    await inTime("an end", over.closed);
    expect(over.raw).toContain('"reason":"too-many-connections"');
    expect([200, 429]).toContain(over.status);
    expect(first.isOpen).toBe(true);
    first.leaves();
    await eventually("there is room", async () => {
      await isNoticed(token, channel);
      const next = await connect(server, { token });
      const room = next.isAnswered().then(() => true);
      return Promise.race([room, next.ended.then(() => false)]);
    });
  });

  it("are connections from their address", async () => {
    const channel = newChannelId("streams");
    const headers = { [ADDRESS]: "e" };
    const { token } = await newUser();
    const options = { token, headers };
    const first = await readEvents(server, channel, options);
    await connect(server, options);
    const over = await readEvents(server, channel, options);
    expect(over.status).toBe(429);
    expect(await over.refusal()).toEqual({ error: TOO_MANY });
    first.leaves();
    await eventually("there is room", async () => {
      await isNoticed(token, channel);
      const { status } = await readEvents(server, channel, options);
      return status === 200;
    });
  });
});

it("a user may create so many channels, however that is done", async () => {
  const { user, token } = await newUser();
  const names = numbers(1, 4).map((n) => `${newChannelId("made")}-${n}`);
  const [first = "", second = "", third = "", fourth = ""] = names;
  const creates = async (name: string) =>
    (await user.sends("PUT", pathOf(name), {})).status;
  expect(await creates(first)).toBe(201);
  const session = await connect(server, { token });
  await session.subscribes(second);
  // It is not made again.
  expect(await creates(first)).toBe(200);
  await session.subscribes(first);

  const refused = await user.sends("PUT", pathOf(third), {});
  const message = "a user may create 2 channels within 24 hours";
  const reason = "too-many-channels";
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({ error: { reason, message } });
  const direct = await connect(server, { token, channel: fourth });
  for (const [client, channel] of [
    [session, third],
    [direct, fourth],
  ] as const) {
    const subscribe = { type: "subscribe", "channel-id": channel };
    const answer = await client.asks(subscribe, "subscription-result");
    expect(answer).toMatchObject({ success: false, reason });
    expect((await user.fetch(pathOf(channel))).status).toBe(404);
  }
  const stream = await readEvents(server, third, { token });
  expect(stream.status).toBe(429);
  expect(await stream.refusal()).toEqual({ error: { reason, message } });
  const other = (await newUser()).user;
  expect((await other.sends("PUT", pathOf(third), {})).status).toBe(201);
  await session.subscribes(third);
});

it("a body is refused that is too long, whatever it is for", async () => {
  const { user } = await newUser();
  const path = pathOf(newChannelId("long"));
  const rights = { sub: "admin", channels: { "*": ["admin"] } };
  const admin = withToken(server, await issuer.token(rights));
  expect((await user.sends("PUT", path, {})).status).toBe(201);
  const data = "x".repeat(LIMITS.MAX_BODY_BYTES - '{"data":""}'.length);
  const message = "the body must be at most 1024 bytes";
  const refusal = { error: { reason: "payload-too-large", message } };
  expect(await user.sends("POST", `${path}/messages`, { data })).toMatchObject({
    status: 200,
  });
  for (const [method, rest] of [
    ["POST", "/messages"],
    ["POST", "/rpc"],
    ["PUT", ""],
    ["PATCH", ""],
  ] as const) {
    const body = { data: `${data}x` };
    const answer = await admin.sends(method, `${path}${rest}`, body);
    expect(answer).toMatchObject({ status: 413, body: refusal });
  }
});

it("a channel takes so many messages a second from all together", async () => {
  const channel = newChannelId("busy");
  const { user, token } = await newUser();
  const session = await connect(server, { token });
  const direct = await connect(server, { token, channel });
  await session.subscribes(channel);
  const publishes = (client: Client) =>
    client.asks(
      { type: "publish", "channel-id": channel, data: 1 },
      "publish-result",
    );
  const posts = () =>
    user.sends("POST", `${pathOf(channel)}/messages`, { data: 1 });

  const results = await Promise.all([
    ...numbers(1, 5).map(() => publishes(session)),
    ...numbers(1, 5).map(() => publishes(direct)),
  ]);
  const done = results.filter(({ success }) => success);
  expect(done.length).toBeGreaterThanOrEqual(LIMITS.PUBLISHES_BURST);
  const refused = results.filter(({ success }) => !success);
  expect(refused.length).toBeGreaterThan(0);
  for (const each of refused) {
    expect(each.reason).toBe("rate-limited");
    expect(each["retry-after-ms"]).toBeGreaterThan(0);
    expect(each["retry-after-ms"]).toBeLessThanOrEqual(1_000);
  }
  const answers = await Promise.all(numbers(1, 5).map(posts));
  const limited = answers.filter(({ status }) => status === 429);
  expect(limited.length).toBeGreaterThan(0);
  for (const { body, headers } of limited) {
    expect(body).toMatchObject({ error: { reason: "rate-limited" } });
    expect(headers.get("retry-after")).toBe("1");
  }

  const elsewhere = newChannelId("quiet");
  await session.subscribes(elsewhere);
  await session.publishes(elsewhere, 1);
  await eventually("there is room for another message", async () => {
    const { success } = await publishes(session);
    return success;
  });
});
