/**
 * /openapi.json: what is spoken over HTTP, of the operations and the schemas
 * that validate.
 *
 * @module
 */
import * as v from "valibot";

import packageJson from "../package.json" with { type: "json" };
import { NUMBER_SETTINGS } from "../src/config.ts";
import {
  ChannelInfoSchema,
  ChannelPageSchema,
  DisconnectedSchema,
  HealthSchema,
  HistoryPageSchema,
  ProbeSchema,
  ServerStatsSchema,
} from "../src/protocol/answers.ts";
import {
  ChannelConfigSchema,
  PartialChannelConfigSchema,
} from "../src/protocol/channel-config.ts";
import { ErrorBodySchema } from "../src/protocol/error-body.ts";
import {
  CHANNEL_ID_FORM,
  MAX_CHANNEL_ID_BYTES,
} from "../src/protocol/names.ts";
import { HTTP_REASONS, type HttpReason } from "../src/protocol/reasons.ts";
import {
  ChannelMessageSchema,
  ChannelSummarySchema,
  SERVER_FRAMES,
} from "../src/protocol/server-frames.ts";
import type { Answer, Example, Operation, Tag } from "./operation.ts";
import { OPERATIONS } from "./operations/index.ts";
import { Components, type Json } from "./schemas.ts";

const components = new Components(
  {
    Error: ErrorBodySchema,
    ChannelConfig: ChannelConfigSchema,
    PartialChannelConfig: PartialChannelConfigSchema,
    ChannelSummary: ChannelSummarySchema,
    ChannelInfo: ChannelInfoSchema,
    ChannelPage: ChannelPageSchema,
    ChannelMessage: ChannelMessageSchema,
    HistoryPage: HistoryPageSchema,
    PublishResult: SERVER_FRAMES["publish-result"],
    RpcResponse: SERVER_FRAMES["rpc-response"],
    Probe: ProbeSchema,
    Health: HealthSchema,
    ServerStats: ServerStatsSchema,
    Disconnected: DisconnectedSchema,
  },
  "draft-2020-12",
);

const { MAX_BODY_BYTES, MAX_DATA_BYTES, MAX_DEPTH } = NUMBER_SETTINGS;

const DESCRIPTION = `Channels with retention and recovery, and RPC: what is spoken over HTTP. /asyncapi.json describes the WebSockets.

JSON in and out. Unknown keys are ignored, and an optional key that is \`null\` counts as absent, in bodies as in frames. A body is at most ${MAX_BODY_BYTES.default} bytes long unless the deployment sets \`MAX_BODY_BYTES\`, \`data\` in it ${MAX_DATA_BYTES.default} (\`MAX_DATA_BYTES\`), nested at most ${MAX_DEPTH.default} deep.

Every refusal has the body \`Error\`; docs/reasons.md says what each reason means and what to do. An unknown path is 404 \`not-found\`. A known one with another method is 405 \`method-not-allowed\`, with the header \`allow\`. \`HEAD\` answers like \`GET\`, without a body. \`OPTIONS\` answers 204 with \`allow\`.

A deployment with \`AUTH=open\` lets everybody in without a token. Pages of other origins may read answers only if \`ALLOWED_ORIGINS\` names them.`;

const TAGS: Readonly<Record<Tag, string>> = {
  overview: "Everything at a glance",
  channels: "Channels and their messages",
  rpc: "Asking a channel's subscribers",
  users: "One user",
  sockets: "Opening WebSockets",
};

const PATH_PARAMETERS: Readonly<Record<string, Json>> = {
  "channel-id": {
    description: `The channel, percent-encoded: \`rooms/a\` is \`rooms%2Fa\`. It has at most ${MAX_CHANNEL_ID_BYTES} UTF-8 bytes.`,
    schema: {
      type: "string",
      minLength: 1,
      maxLength: MAX_CHANNEL_ID_BYTES,
      pattern: CHANNEL_ID_FORM.source,
    },
  },
  "user-id": {
    description: "The user, percent-encoded: the `sub` of the tokens.",
    schema: { type: "string", minLength: 1, maxLength: 200 },
  },
};

/** What any operation that wants a token may be refused with. */
const SHARED: readonly HttpReason[] = [
  "token-in-url",
  "token-required",
  "invalid-token",
  "token-expired",
  "origin-not-allowed",
  "rate-limited",
  "internal-error",
  "auth-not-configured",
  "unavailable",
];

const REFUSALS: Readonly<Record<number, Answer>> = {
  400: { description: "Something in the request is wrong." },
  401: {
    description: "There is no token, or it is not good.",
    headers: { "www-authenticate": "As RFC 6750 says." },
  },
  403: { description: "It is not allowed." },
  404: { description: "There is no such thing." },
  409: { description: "It contradicts what is there." },
  413: { description: "It is too long." },
  426: { description: "A WebSocket path without an Upgrade header." },
  429: {
    description: "Too much.",
    headers: { "retry-after": "When to try again, in seconds." },
  },
  500: { description: "A fault of the server." },
  503: {
    description: "It cannot be done now.",
    headers: { "retry-after": "When to try again, in seconds." },
  },
  504: { description: "Nobody answered in time." },
};

/** The document. */
export function openapi(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    const path = paths[operation.path] ?? {};
    path[operation.method.toLowerCase()] = describe(operation);
    paths[operation.path] = path;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "sente-lite",
      version: packageJson.version,
      description: DESCRIPTION,
    },
    servers: [{ url: "/", description: "The service this document is from" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({
      name,
      description,
    })),
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: components.all,
      responses: sharedResponses(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        subprotocol: {
          type: "apiKey",
          in: "header",
          name: "Sec-WebSocket-Protocol",
          description:
            "For upgrades, where browsers can set nothing else: the token as one more offered subprotocol, `sente-lite.token.<jwt>`, beside a version.",
        },
      },
    },
  };
}

/** All that an operation may be refused with. */
export function reasonsOf({ needs, reasons }: Operation): HttpReason[] {
  return [...new Set([...reasons, ...(needs === "none" ? [] : SHARED)])];
}

function describe(operation: Operation): Json {
  const { id, tag, summary, body, examples } = operation;
  const parameters = parametersOf(operation);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: descriptionOf(operation),
    ...securityOf(operation),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            description: body.description,
            content: {
              "application/json": {
                schema: components.schema(body.schema),
                ...examplesOf(examples, (each) => each.body),
              },
            },
          },
        }),
    responses: responsesOf(operation),
  };
}

function descriptionOf({ needs, description = "" }: Operation): string {
  const rights: Partial<Record<Operation["needs"], string>> = {
    none: "Needs no token.",
    token: "Needs a token.",
  };
  const right = rights[needs] ?? `Needs \`${needs}\`.`;
  return `${description} ${right}`.trim();
}

function securityOf({ needs, tag, id }: Operation): Json {
  // Who has a token is told more.
  if (id === "getHealth") return { security: [{}, { bearer: [] }] };
  if (needs === "none") return { security: [] };
  if (tag !== "sockets") return {};
  return { security: [{ bearer: [] }, { subprotocol: [] }] };
}

function parametersOf({ path, query, headers, examples }: Operation): Json[] {
  const inPath = [...path.matchAll(/{([^}]+)}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...PATH_PARAMETERS[name],
    ...examplesOf(examples, (each) => each.path?.[name]),
  }));
  const inQuery = Object.entries(query?.entries ?? {}).map(([name, entry]) => {
    const { description, ...schema } = fieldOf(name, entry);
    return {
      name,
      in: "query",
      required: false,
      description,
      schema,
      ...examplesOf(examples, (each) => each.query?.[name]),
    };
  });
  const inHeader = Object.entries(headers ?? {}).map(([name, header]) => ({
    name,
    in: "header",
    required: false,
    description: header.description,
    schema: components.schema(header.schema),
    ...examplesOf(examples, (each) => each.headers?.[name]),
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

/** A field of a query: what its text is made into. */
function fieldOf(name: string, entry: v.ObjectEntries[string]): Json {
  const object = v.object({ [name]: entry });
  const field = components.schema(object, "output").properties?.[name];
  if (typeof field !== "object") throw new Error(`${name} is no field`);
  const { type, default: standard } = field;
  const isNumber = type === "integer" && typeof standard === "string";
  return isNumber ? { ...field, default: Number(standard) } : { ...field };
}

function responsesOf(operation: Operation): Json {
  const { answers, examples } = operation;
  const responses: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(answers)) {
    responses[status] = responseOf(answer, Number(status), examples);
  }
  const byStatus = Map.groupBy(reasonsOf(operation), (r) => HTTP_REASONS[r]);
  for (const status of [...byStatus.keys()].sort()) {
    const reasons = byStatus.get(status) ?? [];
    if (responses[status] !== undefined) {
      throw new Error(`${operation.id} answers ${status} in two ways`);
    }
    const isShared =
      reasons.every((reason) => SHARED.includes(reason)) &&
      examples.every((each) => each.status !== status);
    responses[status] = isShared
      ? { $ref: `#/components/responses/${sharedName(status)}` }
      : refusalOf(status, reasons, examples);
  }
  return responses;
}

/** Refusals that many operations share. */
function sharedResponses(): Json {
  const byStatus = Map.groupBy(SHARED, (reason) => HTTP_REASONS[reason]);
  return Object.fromEntries(
    [...byStatus].map(([status, reasons]) => [
      sharedName(status),
      refusalOf(status, reasons, []),
    ]),
  );
}

function sharedName(status: number): string {
  return `Refused${status}`;
}

function refusalOf(
  status: number,
  reasons: readonly HttpReason[],
  examples: readonly Example[],
): Json {
  const refusal = REFUSALS[status];
  if (refusal === undefined) throw new Error(`what does ${status} mean?`);
  const names = reasons.map((reason) => `\`${reason}\``).join(", ");
  const description = `${refusal.description} ${names}`;
  const schema = { ...components.schema(ErrorBodySchema), ...only(reasons) };
  return responseOf({ ...refusal, description }, status, examples, schema);
}

/** Of all reasons these. */
function only(reasons: readonly HttpReason[]): Json {
  const error = { properties: { reason: { enum: reasons } } };
  return { properties: { error } };
}

function responseOf(
  { description, schema, contentTypes = ["application/json"], headers }: Answer,
  status: number,
  examples: readonly Example[],
  given?: Json,
): Json {
  const content = given ?? (schema && components.schema(schema));
  const fitting = examples.filter((each) => each.status === status);
  return {
    description,
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    ...(content === undefined
      ? {}
      : {
          content: Object.fromEntries(
            contentTypes.map((type, index) => [
              type,
              {
                schema: content,
                ...(index > 0
                  ? {}
                  : examplesOf(fitting, (each) => each.answer)),
              },
            ]),
          ),
        }),
  };
}

function headersOf(headers: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: "string" } },
    ]),
  );
}

/** Examples of one part of an exchange, each under the name of the exchange. */
function examplesOf(
  examples: readonly Example[],
  part: (example: Example) => unknown,
): Json {
  const entries = examples.flatMap((each) => {
    const value = part(each);
    const { name, summary } = each;
    return value === undefined ? [] : [[name, { summary, value }] as const];
  });
  return entries.length === 0 ? {} : { examples: Object.fromEntries(entries) };
}
