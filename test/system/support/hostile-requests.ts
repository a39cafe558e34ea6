/**
 * HTTP requests and upgrades that no well-behaved client sends, by somebody
 * who may do little, and what may come back (docs/protocol.md §6).
 *
 * @module
 */
import { ok } from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import * as v from "valibot";
import { WebSocket } from "ws";

import { NUMBER_SETTINGS } from "../../../src/config.ts";
import {
  BATCH_SUBPROTOCOL,
  PLAIN_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL,
} from "../../../src/protocol/framing.ts";
import { HTTP_REASONS } from "../../../src/protocol/reasons.ts";
import { pathOf } from "./channels.ts";
import type { HostileToken, Loot } from "./hostile-tokens.ts";
import { secretsIn } from "./log-secrets.ts";
import type { Server } from "./server.ts";
import { inTime } from "./waiting.ts";

const { MAX_BODY_BYTES } = NUMBER_SETTINGS;

/** Where a request carries its token. */
interface Credentials {
  /** As headers; of an upgrade, one may be an offered subprotocol. */
  readonly headers: Readonly<Record<string, string>>;
  readonly offered: readonly string[];
  readonly query: string;
  /** Whether somebody is let in with them. */
  readonly good: boolean;
}

/** A request, or an upgrade. */
export interface HostileRequest extends Credentials {
  readonly method: string;
  readonly path: string;
  readonly body: string | Uint8Array | undefined;
}

const UNPICKED = "Server sent no subprotocol";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const ODD_METHODS = ["PROPFIND", "TRACE", "PURGE"];

const ErrorSchema = v.strictObject({
  error: v.strictObject({
    reason: v.picklist(
      Object.keys(HTTP_REASONS) as (keyof typeof HTTP_REASONS)[],
    ),
    message: v.pipe(v.string(), v.minLength(1)),
  }),
});

/** Requests to every endpoint, and to none. */
export function hostileRequests(loot: Loot): fc.Arbitrary<HostileRequest> {
  return fc
    .record({
      credentials: credentialsOf(loot),
      method: fc.constantFrom(...METHODS, ...METHODS, ...ODD_METHODS),
      path: paths(loot.channelId),
      more: headers,
      query: queries,
      body: bodies,
    })
    .map(({ credentials, method, path, more, query, body }) => ({
      ...credentials,
      headers: { ...more, ...credentials.headers },
      query: [credentials.query, query].filter((each) => each).join("&"),
      method,
      path,
      body: method === "GET" || method === "HEAD" ? undefined : body,
    }));
}

/** Upgrades of sessions and of channels' own paths. */
export function hostileUpgrades(loot: Loot): fc.Arbitrary<HostileRequest> {
  const channel = pathOf(loot.channelId);
  const known = ["/ws", "/", `${channel}/ws`, "/channels/else/ws", channel];
  const versions = [[], [PLAIN_SUBPROTOCOL], [BATCH_SUBPROTOCOL], ["x"]];
  return fc
    .record({
      credentials: credentialsOf(loot),
      path: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...known) },
        paths(loot.channelId),
      ),
      version: fc.constantFrom(...versions),
      more: headers,
    })
    .map(({ credentials, path, version, more }) => ({
      ...credentials,
      headers: { ...more, ...credentials.headers },
      offered: [...version, ...credentials.offered],
      method: "GET",
      path,
      body: undefined,
    }));
}

/** Sends a request, and fails unless its answer is one that it may have. */
export async function sendRequest(
  { port }: Server,
  { method, path, query, headers, offered, body, good }: HostileRequest,
): Promise<void> {
  const length = Buffer.byteLength(body ?? "");
  const outgoing = request({
    port,
    method,
    path: query === "" ? path : `${path}?${query}`,
    headers: {
      ...headers,
      ...(offered.length > 0 && { "sec-websocket-protocol": offered.join() }),
      // Node leaves it out where a body is unusual.
      ...(body !== undefined && { "content-length": length }),
    },
  });
  const answered = new Promise<IncomingMessage | undefined>(
    (resolve, reject) => {
      outgoing.on("response", resolve);
      // A body that is refused unread may be cut off, and the answer with it.
      outgoing.on("error", (error) =>
        length > MAX_BODY_BYTES.default ? resolve(undefined) : reject(error),
      );
    },
  );
  outgoing.end(body);
  const response = await inTime(`an answer to ${method} ${path}`, answered);
  if (response === undefined) return;
  await checkAnswer(response, method);
  const { statusCode: status } = response;
  const isFree = method === "OPTIONS" || FREE.includes(path);
  if (isFree) return;
  ok(good ? status !== 401 : !isAllowed(status), `was answered ${status}`);
}

/** What needs no token. */
const FREE: readonly string[] = ["/health", "/openapi.json", "/asyncapi.json"];

/** Asks for a socket, and fails unless it is refused or opened as it may be. */
export async function sendUpgrade(
  { url }: Server,
  { path, query, headers, offered, good }: HostileRequest,
): Promise<void> {
  const where = `${url.replace("http", "ws")}${path}`;
  const socket = new WebSocket(
    query === "" ? where : `${where}?${query}`,
    [...new Set(offered)],
    { headers },
  );
  try {
    const outcome = new Promise<IncomingMessage | string>((resolve) => {
      socket.on("unexpected-response", (_, response) => resolve(response));
      socket.on("message", (data) => resolve(String(data)));
      socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
      // What the client says when no subprotocol was picked: it was let in.
      socket.on("error", ({ message }) =>
        message === UNPICKED ? resolve(message) : undefined,
      );
    });
    const came = await inTime(`an answer to the upgrade of ${path}`, outcome);
    if (typeof came !== "string") {
      await checkAnswer(came, "GET");
      ok(!good || came.statusCode !== 401, `was answered ${came.statusCode}`);
      return;
    }
    expectNoSecret(came);
    const isOpen = came.startsWith('{"type":"welcome"') || came === UNPICKED;
    ok(isOpen ? good : /^1008 [a-z-]+: /.test(came), came);
  } finally {
    socket.terminate();
  }
}

/** Everything but what the server itself is to blame for. */
async function checkAnswer(
  response: IncomingMessage,
  method: string,
): Promise<void> {
  const { statusCode: status = 0, rawHeaders } = response;
  const body = await text(response);
  expectNoSecret(`${rawHeaders.join("\n")}\n${body}`);
  ok(status < 500, `${status} ${body}`);
  if (status < 400 || method === "HEAD") return;
  ok(body.startsWith("{"), `${status} ${body}`);
  const { error } = v.parse(ErrorSchema, JSON.parse(body));
  ok(HTTP_REASONS[error.reason] === status, `${status} ${body}`);
}

function expectNoSecret(answer: string): void {
  const [secret] = secretsIn(answer);
  ok(secret === undefined, `an answer holds ${secret}`);
}

function isAllowed(status = 0): boolean {
  return status < 400 || status > 403;
}

/** One or no token, wherever tokens may be and where they must not. */
function credentialsOf({ tokens }: Loot): fc.Arbitrary<Credentials> {
  const none: Credentials = {
    headers: {},
    offered: [],
    query: "",
    good: false,
  };
  return fc.oneof(
    { weight: 4, arbitrary: tokens.filter(isHeaderValue).map(inHeader) },
    tokens.filter(isSubprotocol).map(
      ({ token, reason }): Credentials => ({
        ...none,
        offered: [`${TOKEN_SUBPROTOCOL}${token}`],
        good: reason === undefined,
      }),
    ),
    fc.tuple(tokens, fc.constantFrom("token", "access_token", "Auth", "x")).map(
      ([{ token }, name]): Credentials => ({
        ...none,
        query: `${name}=${encodeURIComponent(token)}`,
      }),
    ),
    // Beside a good one, too.
    tokens.filter(isHeaderValue).map((each) => ({
      ...inHeader(each),
      query: "token=x",
      good: false,
    })),
    fc
      .constantFrom("Bearer", "Bearer  ", "Basic YTpi", "bearer a b", "", "é")
      .map(
        (authorization): Credentials => ({
          ...none,
          headers: { authorization },
        }),
      ),
    fc.constant(none),
  );
}

function inHeader({ token, reason }: HostileToken): Credentials {
  return {
    headers: { authorization: `Bearer ${token}` },
    offered: [],
    query: "",
    good: reason === undefined,
  };
}

/** What Node sends as the value of a header. */
function isHeaderValue({ token }: HostileToken): boolean {
  return token.length < 10_000 && /^[\x21-\x7e\xa0-\xff]*$/.test(token);
}

/** What a subprotocol may consist of. */
function isSubprotocol({ token }: HostileToken): boolean {
  return token.length < 10_000 && /^[\w.%-]*$/.test(token);
}

/** Headers that would make somebody else of their sender, were they believed. */
const headers = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  { "x-sente-lite-identity": '{"user-id":"alice","grants":["admin"]}' },
  { "x-sente-lite-session": "conn-1" },
  { origin: "https://evil.example" },
  { "x-forwarded-for": "127.0.0.1", "cf-connecting-ip": "127.0.0.1" },
  { "x-user-id": "alice", cookie: "token=alice" },
  { "content-type": "text/plain", "idempotency-key": "x".repeat(4_000) },
  { "content-encoding": "gzip", accept: "image/png", range: "bytes=0-1" },
);

const queries = fc.constantFrom(
  "",
  "",
  "limit=x&after=y",
  "limit=-1",
  "limit=1e9&cursor=x",
  "after=99999999999999999999",
  "prefix=%&epoch=%00",
  "__proto__=x&constructor=y",
  "x".repeat(4_000),
);

const bodies: fc.Arbitrary<string | Uint8Array | undefined> = fc.oneof(
  fc.constantFrom(
    undefined,
    "",
    "null",
    "[]",
    '{"data":1}',
    '{"data":',
    '{"data":1,"__proto__":{"isAdmin":true},"user-id":"alice"}',
    '{"max-subscribers":-1}',
    '{"message-retention":"all"}',
    `{"data":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
    JSON.stringify({ data: "x".repeat(70_000) }),
    "x".repeat(1_000_000),
  ),
  fc.uint8Array({ maxLength: 1_000 }),
  fc.json({ maxDepth: 4 }),
);

/** Names that look like others, and such as no channel can have. */
const ODD_NAMES = [
  "..",
  "%2e%2e",
  "%",
  "%ff",
  "%00",
  "$system",
  "*",
  "a%2F..%2Fb",
  "%E2%80%AE",
  "x".repeat(201),
  "%F0%9F%98%80".repeat(51),
];

function paths(channelId: string): fc.Arbitrary<string> {
  const name = fc.constantFrom(
    encodeURIComponent(channelId),
    "else",
    ...ODD_NAMES,
  );
  const ends = ["", "/", "/ws", "/messages", "/rpc", "/rpc/", "//", "/else"];
  return fc.oneof(
    fc
      .tuple(name, fc.constantFrom(...ends))
      .map(([id, end]) => `/channels/${id}${end}`),
    name.map((id) => `/users/${id}/disconnect`),
    fc.constantFrom("/", "/ws", ...FREE, "/stats", "/channels", "/users"),
    fc
      .string({ unit: fc.constantFrom(..."/.%2eF0~:@!$&'()*+,;=a") })
      .map((rest) => `/${rest}`),
  );
}
