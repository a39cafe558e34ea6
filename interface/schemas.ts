/**
 * From the schemas that validate to JSON Schema: what the interface documents
 * say of fields follows from them. What cannot be said in JSON Schema fails
 * here, and is not left out in silence.
 *
 * @module
 */
import {
  type ConversionConfig,
  type JsonSchema,
  toJsonSchema,
  toJsonSchemaDefs,
} from "@valibot/to-json-schema";
import type * as v from "valibot";

import { CHANNEL_CONFIG } from "../src/protocol/channel-config.ts";
import {
  isOwnMessageId,
  MAX_MESSAGE_ID_LENGTH,
} from "../src/protocol/names.ts";
import { MEANINGS } from "./meanings.ts";

/** A part of a document. */
export type Json = { readonly [key: string]: unknown };

/** Where the schemas stand that have a name. */
const REF = "#/components/schemas/";

/** Schemas with names, which the others refer to. */
export class Components {
  readonly #named: Readonly<Record<string, v.GenericSchema>>;
  readonly #config: ConversionConfig;

  /** @param target which JSON Schema the document holds. */
  constructor(
    named: Readonly<Record<string, v.GenericSchema>>,
    target: NonNullable<ConversionConfig["target"]>,
  ) {
    this.#named = named;
    this.#config = {
      target,
      definitions: { ...named },
      overrideRef: ({ referenceId }) => `${REF}${referenceId}`,
      overrideAction: ({ valibotAction, jsonSchema }) =>
        "requirement" in valibotAction &&
        valibotAction.requirement === isOwnMessageId
          ? { ...jsonSchema, ...OWN_MESSAGE_ID }
          : undefined,
    };
  }

  /** What a schema takes; `output`: what it makes of it. */
  schema(
    schema: v.GenericSchema,
    typeMode: "input" | "output" = "input",
  ): JsonSchema {
    const config = { ...this.#config, typeMode };
    const { $schema, $defs, ...rest } = toJsonSchema(schema, config);
    return described(rest);
  }

  /** All that have names. */
  get all(): Readonly<Record<string, JsonSchema>> {
    const config = { ...this.#config, typeMode: "input" } as const;
    const all = toJsonSchemaDefs({ ...this.#named }, config);
    return Object.fromEntries(
      Object.entries(all).map(([name, schema]) => [name, described(schema)]),
    );
  }
}

/** A test holds this against the function that checks it. */
const OWN_MESSAGE_ID = {
  minLength: 1,
  maxLength: MAX_MESSAGE_ID_LENGTH,
  pattern: "^(?!msg-|eph-)",
} as const;

const SETTINGS: Readonly<Record<string, { meaning: string; default: number }>> =
  CHANNEL_CONFIG;

/** With what each field means, unless it refers to a schema with a name. */
function described(schema: JsonSchema): JsonSchema {
  const copy: JsonSchema = { ...schema };
  if (schema.properties !== undefined) {
    copy.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [
        name,
        typeof field === "boolean" ? field : describedField(name, field),
      ]),
    );
  }
  if (isSchema(schema.additionalProperties)) {
    copy.additionalProperties = described(schema.additionalProperties);
  }
  if (isSchema(schema.items)) copy.items = described(schema.items);
  if (schema.anyOf !== undefined) {
    copy.anyOf = schema.anyOf.map((each) =>
      typeof each === "boolean" ? each : described(each),
    );
  }
  return copy;
}

function isSchema(
  value: JsonSchema["items"] | JsonSchema["additionalProperties"],
): value is JsonSchema {
  return typeof value === "object" && !Array.isArray(value);
}

function describedField(name: string, field: JsonSchema): JsonSchema {
  if (field.$ref !== undefined || name === "type") return field;
  const setting = SETTINGS[name];
  if (setting !== undefined) {
    return {
      ...field,
      description: setting.meaning,
      default: setting.default,
    };
  }
  const meaning = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
  if (meaning === undefined) throw new Error(`${name} has no meaning`);
  return { ...described(field), description: meaning };
}
