/**
 * /asyncapi.json: what is spoken over WebSockets, of the frames' schemas. The
 * application that it describes is the server: it receives what clients send.
 *
 * @module
 */
import * as v from "valibot";

import packageJson from "../package.json" with { type: "json" };
import { NUMBER_SETTINGS } from "../src/config.ts";
import { ChannelConfigSchema } from "../src/protocol/channel-config.ts";
import {
  CLIENT_FRAMES,
  type ClientFrameType,
} from "../src/protocol/client-frames.ts";
import { PositionSchema, RefSchema } from "../src/protocol/fields.ts";
import { MAX_BATCH_OBJECTS } from "../src/protocol/framing.ts";
import {
  ChannelMessageSchema,
  ChannelSummarySchema,
  SERVER_FRAMES,
  type ServerFrameType,
} from "../src/protocol/server-frames.ts";
import type { Frame } from "./conversation.ts";
import { CONVERSATIONS } from "./conversations/index.ts";
import { CLIENT_MESSAGES, SERVER_MESSAGES } from "./messages.ts";
import { Components, type Json } from "./schemas.ts";

// The schemas of AsyncAPI 3.0 are those of draft 7.
const components = new Components(
  {
    Ref: RefSchema,
    Position: PositionSchema,
    ChannelConfig: ChannelConfigSchema,
    ChannelSummary: ChannelSummarySchema,
    ChannelMessage: ChannelMessageSchema,
  },
  "draft-07",
);

const { MAX_FRAME_BYTES, MAX_DEPTH } = NUMBER_SETTINGS;

const DESCRIPTION = `Channels with retention and recovery, and RPC: what is spoken over WebSockets. /openapi.json describes the rest; docs/protocol.md says what each frame does.

A message is UTF-8 text that holds one frame, or an array of up to ${MAX_BATCH_OBJECTS}. It is at most ${MAX_FRAME_BYTES.default} bytes long (\`MAX_FRAME_BYTES\`; the welcome says how long) and nested at most ${MAX_DEPTH.default} deep. Unknown keys are ignored, and an optional key that is \`null\` counts as absent.

Offer the subprotocol \`sente-lite.v1\` for one frame a message, or \`sente-lite.v1.batch\` for arrays from the server.

A frame that cannot be taken is answered with \`error\` in place of its reply. docs/reasons.md has every reason and close code.`;

/** A type that the server does not know. */
const OTHER = "other";
const OTHER_SCHEMA = v.looseObject({ type: v.string() });

/** The names of messages: client and server have frames of one name. */
const fromClient = (type: string) => `client-${type}`;
const fromServer = (type: string) => `server-${type}`;

const CHANNELS = {
  session: {
    address: "/ws",
    title: "A session",
    description:
      "One connection, many channels. Every frame about a channel carries `channel-id`. `/` with an Upgrade header does as well.",
  },
  channel: {
    address: "/channels/{channel-id}/ws",
    title: "One channel's own socket",
    description:
      "One hop, hibernating. A frame may leave `channel-id` out; another one is refused with `wrong-channel`.",
    parameters: {
      "channel-id": { description: "The channel, percent-encoded." },
    },
  },
} as const;
type ChannelName = keyof typeof CHANNELS;

/** The document. */
export function asyncapi(): Json {
  const messages = allMessages();
  const names = Object.keys(messages);
  const channels = Object.entries(CHANNELS).map(([channel, description]) => [
    channel,
    {
      ...description,
      messages: Object.fromEntries(
        names.map((name) => [name, ref("components", "messages", name)]),
      ),
      bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
    },
  ]);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "sente-lite",
      version: packageJson.version,
      description: DESCRIPTION,
    },
    defaultContentType: "application/json",
    servers: SERVERS,
    channels: Object.fromEntries(channels),
    operations: { ...operationsOf("session"), ...operationsOf("channel") },
    components: {
      schemas: components.all,
      messages,
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "For clients that can set headers.",
        },
        subprotocol: {
          type: "httpApiKey",
          in: "header",
          name: "Sec-WebSocket-Protocol",
          description:
            "For browsers: the token as one more offered subprotocol, `sente-lite.token.<jwt>`, beside a version.",
        },
      },
    },
  };
}

const SECURITY = [
  { $ref: "#/components/securitySchemes/bearer" },
  { $ref: "#/components/securitySchemes/subprotocol" },
];

const SERVERS = {
  deployed: {
    host: "{host}",
    protocol: "wss",
    description: "The service this document is from, behind TLS",
    variables: {
      host: {
        default: "sente-lite.example.com",
        description: "The host that this document was fetched from.",
      },
    },
    security: SECURITY,
  },
  local: {
    host: "127.0.0.1:8787",
    protocol: "ws",
    description: "Where `npm start` listens, which lets everybody in",
  },
};

function ref(...path: readonly string[]): Json {
  return { $ref: `#/${path.join("/")}` };
}

function allMessages(): Record<string, Json> {
  const messages: Record<string, Json> = {};
  for (const type of typesOf(CLIENT_FRAMES)) {
    const { summary } = CLIENT_MESSAGES[type];
    const payload = { ...components.schema(CLIENT_FRAMES[type]) };
    const sent = framesOf("sends").filter((frame) => frame.type === type);
    messages[fromClient(type)] = message(type, summary, payload, sent);
  }
  const summary = "A frame of a type that the server does not know";
  const payload = { ...components.schema(OTHER_SCHEMA) };
  const sent = framesOf("sends").filter(({ type }) => !isKnown(type));
  messages[fromClient(OTHER)] = message(OTHER, summary, payload, sent);
  for (const type of typesOf(SERVER_FRAMES)) {
    const { summary } = SERVER_MESSAGES[type];
    const payload = { ...components.schema(SERVER_FRAMES[type]) };
    const got = framesOf("receives").filter((frame) => frame.type === type);
    messages[fromServer(type)] = message(type, summary, payload, got);
  }
  return messages;
}

function message(
  name: string,
  summary: string,
  payload: Json,
  frames: readonly NamedFrame[],
): Json {
  const examples = frames.map(({ example, about, frame }) => ({
    name: example,
    summary: about,
    payload: frame,
  }));
  const at = correlationOf(payload);
  return {
    name,
    title: name,
    summary,
    ...(at === undefined ? {} : { correlationId: { location: at } }),
    payload,
    ...(examples.length === 0 ? {} : { examples }),
  };
}

/** What tells which request an answer belongs to. */
function correlationOf({ properties }: Json): string | undefined {
  const fields = Object.keys(Object(properties));
  const field = ["ref", "request-id"].find((each) => fields.includes(each));
  return field === undefined ? undefined : `$message.payload#/${field}`;
}

/** A frame of a conversation, by the name of its example. */
interface NamedFrame {
  readonly type: string;
  readonly example: string;
  readonly about: string;
  readonly frame: Frame;
}

/** The frames of all conversations in one direction, none of them twice. */
function framesOf(direction: "sends" | "receives"): NamedFrame[] {
  const known = new Set<string>();
  return CONVERSATIONS.flatMap(({ name, summary, steps }) => {
    const counts = new Map<string, number>();
    return steps.flatMap((step) => {
      const frame: Frame | undefined = Reflect.get(step, direction);
      if (frame === undefined || known.has(JSON.stringify(frame))) return [];
      known.add(JSON.stringify(frame));
      const { type } = frame;
      const count = (counts.get(type) ?? 0) + 1;
      counts.set(type, count);
      const example = count === 1 ? name : `${name}-${count}`;
      return [{ type, example, about: summary, frame }];
    });
  });
}

function operationsOf(channel: ChannelName): Record<string, Json> {
  const operations: Record<string, Json> = {};
  const at = ref("channels", channel);
  const messageOf = (name: string) =>
    ref("channels", channel, "messages", name);
  for (const type of typesOf(CLIENT_FRAMES)) {
    const { summary, replies } = CLIENT_MESSAGES[type];
    // What has no answer may be refused all the same.
    const answers = [...replies, "error"].map(fromServer).map(messageOf);
    operations[`${channel}-${type}`] = {
      action: "receive",
      channel: at,
      summary,
      messages: [messageOf(fromClient(type))],
      ...(replies.length === 0
        ? {}
        : { reply: { channel: at, messages: answers } }),
    };
  }
  operations[`${channel}-${OTHER}`] = {
    action: "receive",
    channel: at,
    summary: "Say something that the server does not know",
    messages: [messageOf(fromClient(OTHER))],
    reply: { channel: at, messages: [messageOf(fromServer("echo"))] },
  };
  for (const type of typesOf(SERVER_FRAMES)) {
    const { summary, unasked, reply } = SERVER_MESSAGES[type];
    if (unasked === undefined) continue;
    operations[`${channel}-sends-${type}`] = {
      action: "send",
      channel: at,
      summary,
      messages: [messageOf(fromServer(type))],
      ...(reply === undefined
        ? {}
        : { reply: { channel: at, messages: [messageOf(fromClient(reply))] } }),
    };
  }
  return operations;
}

function isKnown(type: string): boolean {
  return Object.hasOwn(CLIENT_FRAMES, type);
}

function typesOf<T extends ClientFrameType | ServerFrameType>(
  frames: Readonly<Record<T, unknown>>,
): T[] {
  return Object.keys(frames) as T[];
}
