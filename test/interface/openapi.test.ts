import { validate } from "@readme/openapi-parser";
import { describe, expect, test } from "vitest";

import { openapi, reasonsOf } from "../../interface/openapi.ts";
import { OPERATIONS } from "../../interface/operations/index.ts";
import { OPENAPI } from "../../src/http/generated/openapi.ts";
import { isChannelId, isOwnMessageId } from "../../src/protocol/names.ts";
import { HTTP_REASONS } from "../../src/protocol/reasons.ts";
import { judgeBy } from "../support/documents.ts";

const document = JSON.parse(OPENAPI);
const judge = judgeBy(document, true);

const at = (path: string, method: string) => [
  "paths",
  path,
  method,
  "parameters",
];

describe("/openapi.json", () => {
  test("is OpenAPI 3.1 for a parser that is not of this project", async () => {
    const result = await validate(JSON.parse(OPENAPI));
    expect(result).toMatchObject({ valid: true, warnings: [] });
    expect(document.openapi).toBe("3.1.0");
    // And the parser finds what is wrong.
    const wrong = JSON.parse(OPENAPI);
    wrong.paths["/channels/{channel-id}"].get.parameters = [];
    expect(await validate(wrong)).toMatchObject({ valid: false });
  });

  test("has examples that fit their schemas", () => {
    for (const { method, path, id, examples } of OPERATIONS) {
      const where = ["paths", path, method.toLowerCase()];
      const { parameters = [] } = document.paths[path][method.toLowerCase()];
      for (const example of examples) {
        const { name, status } = example;
        const responded = [...where, "responses", String(status)];
        const { content = {} } =
          document.paths[path][method.toLowerCase()].responses[status];
        const [type = "application/json"] = Object.keys(content);
        const media = (type: string) => ["content", type, "schema"];
        if (example.answer !== undefined) {
          const found = judge([...responded, ...media(type)], example.answer);
          expect(found, `${id} ${name}`).toBeNull();
        }
        if (example.body !== undefined) {
          const found = judge(
            [...where, "requestBody", ...media("application/json")],
            example.body,
          );
          expect(found, `${id} ${name}`).toBeNull();
        }
        for (const [index, parameter] of parameters.entries()) {
          const value = parameter.examples?.[name]?.value;
          if (value === undefined) continue;
          const its = [...where, "parameters", String(index), "schema"];
          expect(judge(its, value), `${id} ${name}`).toBeNull();
        }
      }
    }
  });

  test("has names of its own for operations, and for the examples of each", () => {
    const ids = OPERATIONS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, examples } of OPERATIONS) {
      const names = examples.map(({ name }) => name);
      expect(new Set(names).size, id).toBe(names.length);
    }
  });

  test("says where each reason can come", () => {
    const everywhere = ["not-found", "method-not-allowed"];
    const somewhere = OPERATIONS.flatMap(reasonsOf);
    expect([...new Set([...somewhere, ...everywhere])].sort()).toEqual(
      Object.keys(HTTP_REASONS).sort(),
    );
    for (const reason of everywhere) {
      expect(document.info.description).toContain(`\`${reason}\``);
    }
  });

  test("says of names what the service says of them", () => {
    const key = [...at("/channels/{channel-id}/messages", "post"), "1"];
    const long = "x".repeat(64);
    for (const id of ["", "order-17", "msg-1", "eph-1", long, `${long}x`]) {
      const fits = judge([...key, "schema"], id) === null;
      expect([id, fits]).toEqual([id, isOwnMessageId(id)]);
    }
    const path = [...at("/channels/{channel-id}", "get"), "0"];
    const odd = [".", "..", "...", "$a", "a$", "a\u0000", "é", " "];
    for (const id of ["", "chat", "rooms/a", ...odd, long.repeat(4)]) {
      const fits = judge([...path, "schema"], id) === null;
      expect([id, fits]).toEqual([id, isChannelId(id)]);
    }
  });

  test("is of one piece with what makes it", () => {
    expect(JSON.parse(JSON.stringify(openapi()))).toEqual(document);
  });
});
