import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { authenticate, renew } from "../../src/access/authenticator.ts";
import { readKey } from "../../src/access/keys.ts";
import { settings } from "../support/settings.ts";
import {
  type Issuer,
  keyPair,
  sharedSecret,
  type TokenOptions,
  unsigned,
} from "../system/support/tokens.ts";

const SECRET = "correct horse battery staple, and more";
const ES256 = keyPair("ES256");
const ISSUERS: readonly (readonly [string, Issuer])[] = [
  ["HS256", sharedSecret(SECRET)],
  ["ES256", ES256],
  ["EdDSA", keyPair("EdDSA")],
  ["RS256", keyPair("RS256")],
];

function tokensOf({ variables }: Issuer) {
  const { tokens } = settings({ ...variables });
  if (tokens === undefined) throw new Error("no key is configured");
  return tokens;
}

async function verdictOn(issuer: Issuer, options?: TokenOptions) {
  return authenticate(await issuer.token(options), tokensOf(issuer));
}

describe.each(ISSUERS)("a token signed with %s", (_, issuer) => {
  test("says who it is for, what that one may do, and until when", async () => {
    const channels = { "chat-*": ["publish"] };
    const verdict = await verdictOn(issuer, { sub: "bob", channels, ttl: 60 });
    if (!verdict.ok) throw new Error(verdict.message);
    const { userId, policy, expiresAt } = verdict.principal;
    expect(userId).toBe("bob");
    expect(policy.on("chat-1")).toEqual(["publish"]);
    expect(Math.abs(expiresAt - Date.now() - 60_000)).toBeLessThan(2_000);
  });

  test.each([
    [{ ttl: -31 }, "token-expired", "expired"],
    [{ notBefore: 60 }, "invalid-token", "not valid yet"],
    [{ issuer: "https://evil.test" }, "invalid-token", "issuer"],
    [{ audience: "others" }, "invalid-token", "audience"],
    [{ channels: { a: ["fly"] } }, "invalid-token", "channels"],
    [{ sub: "" }, "invalid-token", "sub"],
    [{ sub: "x".repeat(201) }, "invalid-token", "sub"],
    [{ sub: "\ud800" }, "invalid-token", "sub"],
  ] as const)("is not accepted with %j", async (options, reason, why) => {
    const verdict = await verdictOn(issuer, options);
    expect(verdict).toMatchObject({ ok: false, reason });
    expect(verdict).toHaveProperty("message", expect.stringContaining(why));
  });

  test("is not accepted from anybody else", async () => {
    const others = [
      await sharedSecret("another secret of thirty-two bytes!").token(),
      await keyPair("ES256").token(),
      await keyPair("EdDSA").token(),
      await keyPair("RS256").token(),
      await unsigned({}),
    ];
    for (const token of others) {
      expect(await authenticate(token, tokensOf(issuer))).toMatchObject({
        ok: false,
        reason: "invalid-token",
      });
    }
  });

  test("that was changed is not accepted", async () => {
    const [head, , signature] = (await issuer.token()).split(".");
    const claims = { sub: "root", exp: 9_999_999_999, channels: {} };
    const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const token = `${head}.${body}.${signature}`;
    expect(await authenticate(token, tokensOf(issuer))).toMatchObject({
      reason: "invalid-token",
    });
  });

  test.each([
    "",
    "x",
    "a.b.c",
    "..",
    "eyJhbGciOiJIUzI1NiJ9..",
    "x".repeat(9_000),
  ])("is none: %#", async (token) => {
    expect(await authenticate(token, tokensOf(issuer))).toMatchObject({
      ok: false,
      reason: "invalid-token",
    });
  });
});

test("a public key is no secret to sign with", async () => {
  const forged = await sharedSecret(ES256.publicPem).token();
  expect(await authenticate(forged, tokensOf(ES256))).toMatchObject({
    reason: "invalid-token",
  });
});

test("a clock that is 30 s late is forgiven, for 30 s", async () => {
  const verdict = await verdictOn(ES256, { ttl: -10 });
  if (!verdict.ok) throw new Error(verdict.message);
  const left = verdict.principal.expiresAt - Date.now();
  expect(left).toBeGreaterThan(15_000);
  expect(left).toBeLessThan(21_000);
});

describe("a key", () => {
  test("may be a JWK, or a PEM file in one line", async () => {
    const jwk = JSON.stringify(await exportJWK(ES256.publicKey));
    const line = ES256.publicPem.replaceAll("\n", "\\n");
    for (const JWT_PUBLIC_KEY of [jwk, line]) {
      const variables = { ...ES256.variables, JWT_PUBLIC_KEY };
      const tokens = tokensOf({ ...ES256, variables });
      const verdict = await authenticate(await ES256.token(), tokens);
      expect(verdict.ok).toBe(true);
    }
  });

  test.each([
    ["nonsense", "neither a JWK nor a PEM"],
    ["{", "not valid JSON"],
    ['{"kty":"oct","k":"c2VjcmV0"}', "must be for ES256"],
    [
      String(
        generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
          type: "pkcs8",
          format: "pem",
        }),
      ),
      "private key",
    ],
    [
      String(
        generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey.export({
          type: "spki",
          format: "pem",
        }),
      ),
      "2048 bits",
    ],
  ])(
    "that cannot be used says why, and not what it is: %#",
    async (text, why) => {
      const error = await readKey({ kind: "JWT_PUBLIC_KEY", text }).catch(
        (thrown: Error) => thrown,
      );
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).toContain(why);
      expect(String(error)).not.toContain(text);
    },
  );
});

describe("a key set", () => {
  const first = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const second = generateKeyPairSync("ed25519");
  let fetched = 0;
  let isBroken = false;
  const server = createServer(async (_, response) => {
    fetched++;
    if (isBroken) {
      response.writeHead(500).end();
      return;
    }
    const keys = [
      { ...(await exportJWK(first.publicKey)), kid: "first", alg: "ES256" },
      { ...(await exportJWK(second.publicKey)), kid: "second", alg: "EdDSA" },
    ];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys }));
  });
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve),
    );
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error();
    url = `http://127.0.0.1:${address.port}/jwks`;
  });
  afterAll(() => server.close());

  function tokens() {
    const found = settings({ AUTH: "jwt", JWT_JWKS_URL: url }).tokens;
    if (found === undefined) throw new Error("no key is configured");
    return found;
  }

  function signed(kid: string, alg: string, key: typeof first.privateKey) {
    return new SignJWT({ channels: {} })
      .setProtectedHeader({ alg, kid })
      .setSubject("alice")
      .setExpirationTime("1h")
      .sign(key);
  }

  test("is fetched once for many tokens, of any of its keys", async () => {
    const before = fetched;
    const set = tokens();
    for (let n = 0; n < 5; n++) {
      const one = await signed("first", "ES256", first.privateKey);
      expect((await authenticate(one, set)).ok).toBe(true);
      const other = await signed("second", "EdDSA", second.privateKey);
      expect((await authenticate(other, set)).ok).toBe(true);
    }
    expect(fetched - before).toBe(1);
  });

  test("is not fetched again for every unknown key", async () => {
    const before = fetched;
    const set = tokens();
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    for (let n = 0; n < 5; n++) {
      const token = await signed(`unknown-${n}`, "ES256", privateKey);
      expect(await authenticate(token, set)).toMatchObject({
        reason: "invalid-token",
      });
    }
    expect(fetched - before).toBe(1);
  });

  test("is fetched once for many that come at the same time", async () => {
    const before = fetched;
    const set = tokens();
    const token = await signed("first", "ES256", first.privateKey);
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, () => authenticate(token, set)),
    );
    expect(verdicts.every(({ ok }) => ok)).toBe(true);
    expect(fetched - before).toBe(1);
  });

  test("is not asked for again and again while it cannot be had", async () => {
    isBroken = true;
    const before = fetched;
    const set = tokens();
    const token = await signed("first", "ES256", first.privateKey);
    for (let n = 0; n < 5; n++) {
      expect((await authenticate(token, set)).ok).toBe(false);
    }
    expect(fetched - before).toBe(1);
    isBroken = false;
  });

  test("that is known is used while there is no newer one", async () => {
    const set = tokens();
    const token = await signed("first", "ES256", first.privateKey);
    expect((await authenticate(token, set)).ok).toBe(true);
    isBroken = true;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11 * 60_000 });
    try {
      const before = fetched;
      expect((await authenticate(token, set)).ok).toBe(true);
      expect(fetched - before).toBe(1);
      vi.setSystemTime(Date.now() + 86_400_000);
      const later = await signed("first", "ES256", first.privateKey);
      expect(await authenticate(later, set)).toMatchObject({
        reason: "unavailable",
      });
    } finally {
      vi.useRealTimers();
      isBroken = false;
    }
  });

  test("that is out of reach is not the token's fault", async () => {
    isBroken = true;
    const token = await signed("first", "ES256", first.privateKey);
    expect(await authenticate(token, tokens())).toMatchObject({
      ok: false,
      reason: "unavailable",
    });
    isBroken = false;
  });
});

describe("renewing", () => {
  const issuer = sharedSecret(SECRET);
  const own = settings({ ...issuer.variables });

  test("takes a token for the same user", async () => {
    const token = await issuer.token({ sub: "alice" });
    expect(await renew(token, "alice", own)).toMatchObject({ ok: true });
  });

  test("refuses one for somebody else", async () => {
    const token = await issuer.token({ sub: "mallory" });
    expect(await renew(token, "alice", own)).toMatchObject({
      ok: false,
      reason: "wrong-user",
    });
  });

  test("is not for those who have no name", async () => {
    const token = await issuer.token();
    expect(await renew(token, null, settings())).toMatchObject({
      reason: "auth-open",
    });
  });
});
