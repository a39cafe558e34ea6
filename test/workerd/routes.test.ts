/** /openapi.json against the table that requests are routed by. */
import { expect, it } from "vitest";

import { OPENAPI } from "../../src/http/generated/openapi.ts";
import { ALL_ROUTES } from "../../src/router.ts";

it("has an operation for every method of every path, and no other", () => {
  const { paths } = JSON.parse(OPENAPI) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) =>
        `${method.toUpperCase()} ${path.replaceAll(/{[^}]+}/g, ":id")}`,
    ),
  );
  const routed = Object.entries(ALL_ROUTES).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  // To mend it: an object in interface/operations/, then `npm run docs`.
  expect(documented.sort()).toEqual(routed.sort());
});
