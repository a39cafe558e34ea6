/**
 * Tokens of somebody who may do little and wants more: a right one, wrong ones
 * of every kind, and frames that ask for what none of them grants.
 *
 * @module
 */
import fc from "fast-check";

import type { AuthenticateReason } from "../../../src/protocol/reasons.ts";
import type { Hostile } from "./hostile.ts";
import { type Issuer, sharedSecret, unsigned } from "./tokens.ts";

/** A token, and why it is not accepted; absent, it is. */
export interface HostileToken {
  readonly token: string;
  readonly reason?: AuthenticateReason;
}

/** What somebody holds who may subscribe to one channel and no more. */
export interface Loot {
  readonly channelId: string;
  /** The token that is accepted. */
  readonly token: string;
  readonly tokens: fc.Arbitrary<HostileToken>;
  /** The token of another user. */
  readonly stolen: string;
}

/** The most grants that any of the tokens gives: what is not here is refused. */
const GRANTS = ["subscribe"];

/** What `mallory` holds, for one channel. */
export async function lootFor(
  issuer: Issuer,
  channelId: string,
): Promise<Loot> {
  const mallory = { sub: "mallory", channels: { [channelId]: GRANTS } };
  const admin = { sub: "mallory", channels: { "*": ["admin"] } };
  const token = await issuer.token(mallory);
  const expired = await issuer.token({ ...admin, ttl: -3_600 });
  const invalid = await Promise.all([
    sharedSecret().token(admin),
    unsigned(admin),
    issuer.token({ ...admin, notBefore: 3_600 }),
    issuer.token({ ...admin, issuer: "https://else.test" }),
    issuer.token({ ...admin, audience: "else" }),
    issuer.token({ ...admin, sub: "" }),
    issuer.token({ ...admin, sub: "m".repeat(201) }),
    issuer.token({ ...admin, channels: { "*": ["fly"] } }),
  ]);
  const wrong = invalid.map((each) => wrongToken(each));
  return {
    channelId,
    token,
    stolen: await issuer.token({ sub: "alice", channels: admin.channels }),
    tokens: fc.oneof(
      fc.constantFrom<HostileToken>(
        { token },
        { token: await issuer.token({ sub: "mallory" }) },
        { token: expired, reason: "token-expired" },
        ...wrong,
      ),
      brokenTokens(token),
      fc.string({ unit: "grapheme", maxLength: 300 }).map(wrongToken),
    ),
  };
}

/** A token that was cut, changed, or grew. */
function brokenTokens(token: string): fc.Arbitrary<HostileToken> {
  const { length } = token;
  return fc.oneof(
    fc.nat(length - 1).map((end) => wrongToken(token.slice(0, end))),
    // Not the last character: some of its bits mean nothing.
    fc
      .tuple(fc.nat(length - 2), fc.constantFrom("A", "z", ".", "-", "%", "é"))
      .filter(([at, change]) => token[at] !== change)
      .map(([at, change]) =>
        wrongToken(token.slice(0, at) + change + token.slice(at + 1)),
      ),
    fc
      .constantFrom(1, 100, 8_192, 60_000)
      .map((more) => wrongToken(token + "A".repeat(more))),
    fc.nat(5).map((parts) => wrongToken(".".repeat(parts))),
  );
}

function wrongToken(token: string): HostileToken {
  return { token, reason: "invalid-token" };
}

/** Frames that present tokens, and that ask for what none of them grants. */
export function hostileFrames(loot: Loot): fc.Arbitrary<Hostile> {
  const { channelId, stolen } = loot;
  const forbidden = forbiddenFrames(channelId);
  return fc.oneof(
    { weight: 3, arbitrary: loot.tokens.map(presented) },
    fc.constantFrom(presented({ token: stolen, reason: "wrong-user" })),
    { weight: 2, arbitrary: fc.constantFrom(...forbidden) },
  );
}

function presented({ token, reason }: HostileToken): Hostile {
  const ref = "token";
  const verdict =
    reason === undefined ? { success: true } : { success: false, reason };
  return {
    message: JSON.stringify({ type: "authenticate", ref, token }),
    reply: { type: "authenticate-result", ref, ...verdict },
    late: true,
  };
}

/** What somebody adds who would like to be somebody else. */
const FORGERIES = [
  "",
  ',"user-id":"alice","sender-user-id":"alice","conn-id":"conn-1"',
  ',"grants":["admin"],"isAdmin":true,"via":"session","operation":"admin"',
  ',"__proto__":{"grants":["admin"],"isAdmin":true}',
  ',"constructor":{"prototype":{"isAdmin":true}}',
  ',"channel-id":"*"',
];

function forbiddenFrames(channelId: string): Hostile[] {
  const id = JSON.stringify(channelId);
  const requestId = JSON.stringify(`req-1-x@${channelId}`);
  const delivery = { success: false, reason: "forbidden" };
  const bodies: [body: string, reply: Hostile["reply"]][] = [
    [
      '"type":"publish","data":1',
      { type: "publish-result", operation: "publish", ...delivery },
    ],
    [
      '"type":"rpc-request","data":1',
      { type: "rpc-request-result", "request-id": null, delivery },
    ],
    [
      `"type":"rpc-response","data":1,"request-id":${requestId}`,
      { type: "rpc-response-result", operation: "respond", ...delivery },
    ],
  ];
  const frames = bodies.flatMap(([body, reply]) =>
    FORGERIES.map((forgery) => {
      // The last of two keys counts.
      const message = `{${forgery.slice(1)}${forgery && ","}${body},"channel-id":${id}}`;
      return { message, reply };
    }),
  );
  const grants = '{"type":"$grants","grants":["admin"]}';
  const echo = { type: "echo" };
  return [
    ...frames,
    { message: grants, reply: echo },
    { message: ` ${grants}`, reply: echo },
    { message: `[${grants}]`, reply: echo },
  ];
}
