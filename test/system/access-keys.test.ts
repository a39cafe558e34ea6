/** Every kind of key that tokens can be verified with. */
import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { badCredentials } from "./support/access/credentials.ts";
import { newChannelId, pathOf } from "./support/channels.ts";
import { connect, leaveAll } from "./support/client.ts";
import { answerTo, closeOf } from "./support/refused-upgrades.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { type Issuer, keyPair, sharedSecret } from "./support/tokens.ts";

const SECRET = "a secret of thirty-two bytes or more";
const pairs = {
  EdDSA: keyPair("EdDSA"),
  RS256: keyPair("RS256"),
  JWK: keyPair("ES256"),
  JWKS: keyPair("ES256"),
};

/** Serves a key set, as an issuer does. */
let fetched = 0;
const jwks = createServer((_, response) => {
  fetched++;
  response.end(JSON.stringify({ keys: [jwkOf(pairs.JWKS)] }));
});
beforeAll(async () => {
  await once(jwks.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => {
  jwks.close();
  // Once for all requests, whatever part of the service they went to.
  expect(fetched).toBe(1);
});

function jwkOf({ publicKey }: ReturnType<typeof keyPair>): object {
  return publicKey.export({ format: "jwk" });
}

function jwksUrl(): string {
  const address = jwks.address();
  if (address === null || typeof address === "string") throw new Error();
  return `http://127.0.0.1:${address.port}/keys`;
}

interface Kind {
  readonly name: string;
  readonly issuer: Issuer;
  readonly forger: Issuer;
  /** What everybody knows. */
  readonly publicKey: string;
  /** What the service knows, where it is not the issuer's own variable. */
  variables?(): Readonly<Record<string, string>>;
}

const KINDS: readonly Kind[] = [
  {
    name: "HS256",
    issuer: sharedSecret(SECRET),
    forger: sharedSecret("another secret of thirty-two bytes"),
    publicKey: pairs.RS256.publicPem,
  },
  {
    name: "EdDSA",
    issuer: pairs.EdDSA,
    forger: keyPair("EdDSA"),
    publicKey: pairs.EdDSA.publicPem,
  },
  {
    name: "RS256",
    issuer: pairs.RS256,
    forger: keyPair("RS256"),
    publicKey: pairs.RS256.publicPem,
  },
  {
    name: "a JWK",
    issuer: pairs.JWK,
    forger: keyPair("ES256"),
    publicKey: JSON.stringify(jwkOf(pairs.JWK)),
    variables: () => ({ JWT_PUBLIC_KEY: JSON.stringify(jwkOf(pairs.JWK)) }),
  },
  {
    name: "a JWKS URL",
    issuer: pairs.JWKS,
    forger: keyPair("ES256"),
    publicKey: pairs.JWKS.publicPem,
    variables: () => ({ JWT_JWKS_URL: jwksUrl(), JWT_PUBLIC_KEY: "" }),
  },
];

describe.each(KINDS)("$name", ({ issuer, forger, publicKey, variables }) => {
  let server: Server;
  beforeAll(async () => {
    const vars = { ...issuer.variables, ...variables?.() };
    server = await startServer({ served: true, vars });
  });
  afterEach(leaveAll);
  afterAll(async () => {
    await server.kill();
    expect(server.complaints()).toEqual([]);
  });

  test("lets in by every way, as far as is granted", async () => {
    const channel = newChannelId("granted");
    const channels = { [channel]: ["subscribe", "create", "publish"] };
    const token = await issuer.token({ sub: "alice", channels });
    const other = `${channel}-`;
    for (const where of [{}, { channel }]) {
      const client = await connect(server, { token, ...where });
      await client.subscribes(channel);
      await client.publishes(channel, "hello");
      const message = { type: "channel-message", "sender-user-id": "alice" };
      await client.receives({ ...message, type: "channel-message" });
    }
    const session = await connect(server, { token });
    const frame = { type: "publish", "channel-id": other, data: 1 };
    expect(await session.asks(frame, "publish-result")).toMatchObject({
      success: false,
      reason: "forbidden",
    });
    const alice = withToken(server, token);
    const message = { data: "hello" };
    for (const [id, status] of [
      [channel, 200],
      [other, 403],
    ] as const) {
      const path = `${pathOf(id)}/messages`;
      expect(await alice.sends("POST", path, message)).toMatchObject({
        status,
      });
    }
  });

  test("lets nobody else in", async () => {
    for (const bad of badCredentials(issuer, forger, publicKey)) {
      const token = await bad.token({ channels: { "*": ["admin"] } });
      const { reason } = bad;
      expect(await answerTo(server, { token })).toMatchObject({
        status: 401,
        body: { error: { reason } },
      });
      const { code, reason: why } = await closeOf(server, { token });
      expect([code, why.split(":")[0]]).toEqual([1008, reason]);
    }
  });
});
