/**
 * Input that no well-behaved client sends, and what each must be answered
 * with (docs/protocol.md §1 and §3).
 *
 * @module
 */
import fc from "fast-check";

/** What is sent, and what must come back. */
export interface Hostile {
  /** Bytes are sent as they are: as a binary message, or as a text one. */
  readonly message: string | Uint8Array;
  readonly asText?: boolean;
  /** A frame must come that has these fields; absent, none may come. */
  readonly reply?: { readonly [key: string]: unknown } | undefined;
  /** Whether it is an `authenticate-result`, which is not given in turn. */
  readonly late?: boolean;
  /** Or the socket may be closed with one of these. */
  readonly closes?: readonly number[];
}

const MAX_FRAME_BYTES = 65_536;

const invalidJson = { type: "error", reason: "invalid-json" };
const invalidMessage = { type: "error", reason: "invalid-message" };
const tooLarge = { type: "error", reason: "frame-too-large" };

/** Inputs of all kinds, for a channel that the sender may use. */
export function hostileInputs(channelId: string): fc.Arbitrary<Hostile> {
  return fc.oneof(
    { weight: 3, arbitrary: spoiltFrames(channelId) },
    texts,
    bytes,
    jsonValues,
    deepNesting,
    hugeTexts,
    arrays,
    unpaired,
  );
}

/** What a text must be answered with that is whatever it is. */
function replyTo(text: string): Hostile["reply"] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalidJson;
  }
  if (typeof value !== "object" || value === null) return invalidMessage;
  if (Array.isArray(value)) {
    const [only] = value;
    return value.length === 1 ? replyTo(JSON.stringify(only)) : invalidMessage;
  }
  const type: unknown = Reflect.get(value, "type");
  return typeof type === "string" ? { type: "echo" } : invalidMessage;
}

const texts = fc
  .oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary", maxLength: 200 }).map((s) => s.toWellFormed()),
    fc.string({ unit: fc.constantFrom(...'[]{}",:\\0e-') }),
  )
  .filter((text) => !isArrayOfMany(text))
  .map((message): Hostile => ({ message, reply: replyTo(message) }));

const bytes = fc.uint8Array({ maxLength: 2_000 }).map(
  (message): Hostile => ({
    message,
    reply: { type: "error", reason: "unsupported-data" },
  }),
);

/** Text messages that are no UTF-8. */
const unpaired = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((tail) => Uint8Array.from([0x22, 0xc0, 0xff, ...tail, 0xc1]))
  .map(
    (message): Hostile => ({
      message,
      asText: true,
      reply: invalidJson,
      closes: [1007],
    }),
  );

const jsonValues = fc
  .json({ maxDepth: 6 })
  .filter((text) => !isArrayOfMany(text))
  .chain((text) =>
    fc.constantFrom<Hostile>(
      { message: text, reply: replyTo(text) },
      echoOf(`{"type":"no such type","value":${text}}`),
      { message: `{"type":${text}`, reply: invalidJson },
    ),
  );

function echoOf(message: string): Hostile {
  return { message, reply: { type: "echo" } };
}

const deepNesting = fc
  .tuple(fc.integer({ min: 129, max: 30_000 }), fc.boolean(), fc.boolean())
  .map(([depth, objects, closed]): Hostile => {
    const [open, close] = objects ? ['{"a":', "}"] : ["[", "]"];
    const levels = objects ? Math.min(depth, 10_000) : depth;
    const end = closed ? close.repeat(levels) : "";
    const inner = objects ? "1" : "";
    const message = open.repeat(levels) + inner + end;
    // What is too deep and never closed is wrong either way.
    return { message, reply: closed ? invalidMessage : { type: "error" } };
  });

const hugeTexts = fc
  .tuple(
    fc.constantFrom(1, 2, 1_000, 500_000, 3_000_000),
    fc.constantFrom("x", "é", "😀", '"', "[", "\u0000"),
    fc.boolean(),
  )
  .map(([over, unit, framed]): Hostile => {
    const size = Buffer.byteLength(unit);
    const text = unit.repeat(Math.ceil((MAX_FRAME_BYTES + over) / size));
    const message = framed ? JSON.stringify({ type: "x", text }) : text;
    return { message, reply: tooLarge, closes: [1009] };
  });

const arrays = fc.constantFrom<Hostile>(
  { message: "[]", reply: invalidMessage },
  {
    message: JSON.stringify(Array(257).fill({ type: "pong" })),
    reply: invalidMessage,
  },
  { message: JSON.stringify(Array(256).fill({ type: "pong" })) },
  { message: '[[{"type":"ping"}]]', reply: invalidMessage },
  { message: '[{"type":"ping","ref":1}]', reply: { type: "pong", ref: 1 } },
  { message: '{"type":"ping"}', reply: { type: "pong" } },
  { message: '{"type":"$resume"}', reply: { type: "echo" } },
  {
    message: '{"type":"$resume","subscription":null,"requests":[]}',
    reply: { type: "echo" },
  },
  { message: '{"type":"__proto__"}', reply: { type: "echo" } },
  { message: '{"type":"toString"}', reply: { type: "echo" } },
  { message: '{"__proto__":{"type":"ping"}}', reply: invalidMessage },
);

const ANY_OBJECT: readonly unknown[] = [{}, { a: 1 }, [], [1]];
const NO_TEXT: readonly unknown[] = [17, true, false, 1.5, ...ANY_OBJECT];
const NO_FLAG: readonly unknown[] = ["true", 1, 0, ...ANY_OBJECT];
const NO_COUNT: readonly unknown[] = [
  -1,
  0.5,
  "1",
  true,
  2 ** 53,
  ...ANY_OBJECT,
];
const NO_REF: readonly unknown[] = ["x".repeat(65), 1.5, true, ...ANY_OBJECT];
const ABSENT = undefined;

/** Valid frames, and for each field what it must not be. */
const SPOILS: readonly {
  readonly frame: { readonly [key: string]: unknown };
  readonly wrong: { readonly [key: string]: readonly unknown[] };
}[] = [
  {
    frame: { type: "subscribe" },
    wrong: {
      ref: NO_REF,
      "channel-id": NO_TEXT,
      since: [
        5,
        "x",
        [],
        { epoch: "e" },
        { seq: 1 },
        { epoch: 1, seq: 1 },
        { epoch: "e", seq: -1 },
        { epoch: "e", seq: 1.5 },
        { epoch: "e", seq: "1" },
      ],
      "retained-limit": NO_COUNT,
    },
  },
  { frame: { type: "unsubscribe" }, wrong: { "channel-id": NO_TEXT } },
  {
    frame: { type: "publish", data: 1 },
    wrong: {
      ref: NO_REF,
      "channel-id": NO_TEXT,
      data: [ABSENT],
      "exclude-sender": NO_FLAG,
      "exclude-sender?": NO_FLAG,
      ephemeral: NO_FLAG,
      "message-id": [...NO_TEXT, "", "msg-1", "eph-1", "x".repeat(65)],
    },
  },
  {
    frame: { type: "ack", seq: 1 },
    wrong: { "channel-id": NO_TEXT, seq: [...NO_COUNT, ABSENT, null] },
  },
  {
    frame: { type: "rpc-request", data: 1 },
    wrong: {
      "channel-id": NO_TEXT,
      data: [ABSENT],
      "timeout-ms": [...NO_COUNT, 0, 300_001],
      "deliver-to": [...NO_TEXT, "", "some"],
    },
  },
  {
    frame: { type: "rpc-response", "request-id": "r", data: 1 },
    wrong: {
      "request-id": [...NO_TEXT, ABSENT, null],
      data: [ABSENT],
      error: NO_FLAG,
      "error?": NO_FLAG,
      final: NO_FLAG,
    },
  },
  {
    frame: { type: "rpc-cancel", "request-id": "r" },
    wrong: { "request-id": [...NO_TEXT, ABSENT, null] },
  },
  {
    frame: { type: "ping" },
    wrong: { timestamp: ["1", true, ...ANY_OBJECT], ref: NO_REF },
  },
  {
    frame: { type: "authenticate", token: "t" },
    wrong: { token: [...NO_TEXT, ABSENT, null] },
  },
  {
    frame: { type: "list-channels" },
    wrong: {
      prefix: NO_TEXT,
      limit: [...NO_COUNT, 0, 1_001],
      cursor: NO_TEXT,
    },
  },
];

/** Valid frames with one field spoilt: the error names it. */
function spoiltFrames(channelId: string): fc.Arbitrary<Hostile> {
  const all = SPOILS.flatMap(({ frame, wrong }) =>
    Object.entries(wrong).flatMap(([key, values]) =>
      values.map((value): Hostile => {
        const ref = key === "ref" ? {} : { ref: "spoilt" };
        const whole = { "channel-id": channelId, ...ref, ...frame };
        const message = JSON.stringify({ ...whole, [key]: value });
        return { message, reply: { ...invalidMessage, ...ref } };
      }),
    ),
  );
  return fc.constantFrom(...all);
}

function isArrayOfMany(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 1;
  } catch {
    return false;
  }
}
