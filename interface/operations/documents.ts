import * as v from "valibot";

import type { Operation } from "../operation.ts";

/** What stands in it is OpenAPI's or AsyncAPI's to say. */
const Document = v.looseObject({});

const HEADERS = { "cache-control": "For how long it may be kept." };

const REASONS = [
  "rate-limited",
  "internal-error",
  "auth-not-configured",
  "unavailable",
] as const;

/** The documents that describe the interface. */
export const DOCUMENTS: readonly Operation[] = [
  {
    method: "GET",
    path: "/openapi.json",
    id: "getOpenApi",
    tag: "overview",
    summary: "This document",
    needs: "none",
    answers: {
      200: { description: "OpenAPI 3.1.", schema: Document, headers: HEADERS },
    },
    reasons: REASONS,
    examples: [],
    withoutExamples: "it would hold itself; test/system/interface-http.test.ts",
  },
  {
    method: "GET",
    path: "/asyncapi.json",
    id: "getAsyncApi",
    tag: "overview",
    summary: "What is spoken over WebSockets",
    needs: "none",
    answers: {
      200: { description: "AsyncAPI 3.0.", schema: Document, headers: HEADERS },
    },
    reasons: REASONS,
    examples: [],
    withoutExamples: "it would hold itself; test/system/interface-http.test.ts",
  },
];
