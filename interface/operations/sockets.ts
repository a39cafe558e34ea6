import { OpenQuerySchema } from "../../src/http/schemas.ts";
import type { Operation } from "../operation.ts";
import { refusal } from "../values.ts";

const HEADERS = {
  "sec-websocket-protocol":
    "`sente-lite.v1.batch` if it was offered, and else `sente-lite.v1` if that was.",
};
const UPGRADED = {
  description: "The socket is open: /asyncapi.json says what is spoken there.",
  headers: HEADERS,
};
const NOT_UPGRADED = refusal(
  "upgrade-required",
  "this path is for WebSocket clients: send an Upgrade header. GET /health, /stats and /channels answer JSON",
);
const REFUSED =
  "A client that offered a subprotocol of this service gets no refusal but an open socket, which is closed with 1008 and the reason.";

/** What opens WebSockets. */
export const SOCKETS: readonly Operation[] = [
  {
    method: "GET",
    path: "/",
    id: "openSessionAtRoot",
    tag: "sockets",
    summary: "As `/ws`",
    description:
      "A browser that asks for `text/html` without an Upgrade header gets the dashboard, where it is deployed.",
    needs: "token",
    answers: { 101: UPGRADED },
    reasons: ["upgrade-required", "too-many-connections"],
    examples: [],
    withoutExamples: "without an Upgrade header it is as /ws",
  },
  {
    method: "GET",
    path: "/ws",
    id: "openSession",
    tag: "sockets",
    summary: "Opens a session: one socket, many channels",
    description: REFUSED,
    needs: "token",
    answers: { 101: UPGRADED },
    reasons: ["upgrade-required", "too-many-connections"],
    examples: [
      {
        name: "plain",
        summary: "Without an Upgrade header",
        status: 426,
        answer: NOT_UPGRADED,
      },
    ],
  },
  {
    method: "GET",
    path: "/channels/{channel-id}/ws",
    id: "openChannel",
    tag: "sockets",
    summary: "Opens a socket of one channel: one hop, hibernating",
    description: `Refused where nothing at all is granted on the channel. With \`only\`, such as \`subscribe,history\`, it may do what is both granted and named. ${REFUSED}`,
    needs: "token",
    query: OpenQuerySchema,
    answers: { 101: UPGRADED },
    reasons: [
      "invalid-query",
      "invalid-channel-id",
      "forbidden",
      "upgrade-required",
      "too-many-connections",
    ],
    examples: [
      {
        name: "plain",
        summary: "Without an Upgrade header",
        path: { "channel-id": "chat" },
        status: 426,
        answer: NOT_UPGRADED,
      },
    ],
  },
];
