import * as v from "valibot";

import { LiveSchema, ReadySchema } from "../../src/protocol/answers.ts";
import type { Operation } from "../operation.ts";
import { refusal } from "../values.ts";

/** What machines ask that watch the service. */
export const WATCHING: readonly Operation[] = [
  {
    method: "GET",
    path: "/health/live",
    id: "getLiveness",
    tag: "overview",
    summary: "Whether the Worker answers; it asks nobody",
    needs: "none",
    answers: { 200: { description: "It does.", schema: LiveSchema } },
    reasons: [],
    examples: [
      {
        name: "live",
        summary: "As long as it answers",
        as: "nobody",
        status: 200,
        answer: { status: "live" },
      },
    ],
  },
  {
    method: "GET",
    path: "/health/ready",
    id: "getReadiness",
    tag: "overview",
    summary: "Whether clients that come now can be served",
    description: "At most a second old.",
    needs: "none",
    answers: {
      200: { description: "They can.", schema: ReadySchema },
      503: {
        description:
          "They cannot: a setting is wrong, there is no key, or the registry is out of reach. The log says why.",
        schema: ReadySchema,
      },
    },
    reasons: [],
    examples: [
      {
        name: "ready",
        summary: "A service that has all it needs",
        as: "nobody",
        status: 200,
        answer: { status: "ready" },
      },
    ],
  },
  {
    method: "GET",
    path: "/metrics",
    id: "getMetrics",
    tag: "overview",
    summary: "Numbers for Prometheus and its like",
    description:
      "OpenMetrics 1.0, or the text format of Prometheus for who accepts `text/plain` rather than that. docs/operations.md says what each means. At most two seconds old.",
    needs: "admin",
    answers: {
      200: {
        description: "The metrics.",
        schema: v.string(),
        contentTypes: ["application/openmetrics-text", "text/plain"],
      },
    },
    reasons: ["forbidden"],
    examples: [
      {
        name: "metrics",
        summary: "One of the metrics",
        status: 200,
        answer:
          "# TYPE sente_lite_messages counter\n# HELP sente_lite_messages messages published, ephemeral ones included\nsente_lite_messages_total 10\n# EOF\n",
      },
      {
        name: "forbidden",
        summary: "With a token that grants less than all",
        as: "reader",
        status: 403,
        answer: refusal("forbidden", "this needs admin on every channel"),
      },
    ],
  },
];
