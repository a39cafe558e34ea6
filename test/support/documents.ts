/**
 * Judging values by the schemas in a document, as somebody would who has
 * nothing but the document.
 *
 * @module
 */
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";

/** What a schema of the document finds wrong with a value: nothing is null. */
export type Judge = (path: readonly string[], value: unknown) => unknown;

/** A judge by a document; OpenAPI's schemas are newer than AsyncAPI's. */
export function judgeBy(document: object, isOpenApi: boolean): Judge {
  // The document itself is no schema.
  const options = { allErrors: true, strict: false } as const;
  const ajv = isOpenApi ? new Ajv2020(options) : new Ajv(options);
  ajv.addSchema({ $id: "document", ...document });
  return (path, value) => {
    const pointer = path
      .map((key) => key.replaceAll("~", "~0").replaceAll("/", "~1"))
      .map(encodeURIComponent)
      .join("/");
    const check = ajv.getSchema(`document#/${pointer}`);
    if (check === undefined) throw new Error(`no schema at ${pointer}`);
    check(value);
    return check.errors ?? null;
  };
}
