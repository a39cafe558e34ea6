import type { Conversation, Frame, Step } from "../conversation.ts";
import { CONNECTIONS, EPOCH, PUBLISHED_AT, requestOn } from "../values.ts";

const TIME = { "channel-id": "time-service" };
const ID = { "request-id": requestOn("time-service") };
const QUESTION = { zone: "Europe/Berlin" };
const ANSWER = { time: "07:30:15" };

/** What a service does first. */
const SUBSCRIBING: readonly Step[] = [
  { who: "service", sends: { type: "subscribe", ...TIME, ref: 1 } },
  {
    who: "service",
    receives: {
      type: "subscription-result",
      ref: 1,
      ...TIME,
      success: true,
      "subscriber-count": 1,
      "retained-messages": [],
      epoch: EPOCH,
      seq: 0,
    },
  },
];

/** Asking, and being asked. */
const ASKING: readonly Step[] = [
  {
    who: "client",
    sends: {
      type: "rpc-request",
      ...TIME,
      data: QUESTION,
      "timeout-ms": 5_000,
      "deliver-to": "one",
      ref: 2,
    },
  },
  {
    who: "client",
    receives: {
      type: "rpc-request-result",
      ref: 2,
      ...ID,
      ...TIME,
      delivery: {
        success: true,
        "delivered-to": 1,
        subscribers: [CONNECTIONS.service],
      },
    },
  },
  {
    who: "service",
    receives: {
      type: "rpc-request",
      ...ID,
      ...TIME,
      data: QUESTION,
      "sender-conn-id": CONNECTIONS.client,
      "sender-user-id": null,
      "created-at": PUBLISHED_AT,
      "timeout-ms": 5_000,
    },
  },
];

/** An answer on its way to the requester. */
function passedOn(rest: { readonly [key: string]: unknown }): Frame {
  return {
    type: "rpc-response",
    ...ID,
    ...TIME,
    data: ANSWER,
    error: false,
    final: true,
    "responder-conn-id": CONNECTIONS.service,
    "created-at": PUBLISHED_AT,
    ...rest,
  };
}

const TAKEN = { type: "rpc-response-result", ...ID, success: true };

/** Requests and replies. */
export const RPC: readonly Conversation[] = [
  {
    name: "asking",
    summary: "A request that a service answers",
    channel: "time-service",
    steps: [
      ...SUBSCRIBING,
      ...ASKING,
      {
        who: "service",
        sends: { type: "rpc-response", ...ID, data: ANSWER, ref: 3 },
      },
      { who: "service", receives: { ...TAKEN, ref: 3 } },
      { who: "client", receives: passedOn({}) },
    ],
  },
  {
    name: "in-parts",
    summary: "A partial answer, and a final one that says what failed",
    channel: "time-service",
    steps: [
      ...SUBSCRIBING,
      ...ASKING,
      {
        who: "service",
        sends: {
          type: "rpc-response",
          ...ID,
          data: ANSWER,
          final: false,
          ref: 3,
        },
      },
      { who: "service", receives: { ...TAKEN, ref: 3 } },
      { who: "client", receives: passedOn({ final: false }) },
      {
        who: "service",
        sends: {
          type: "rpc-response",
          ...ID,
          data: { message: "the clock has stopped" },
          error: true,
          ref: 4,
        },
      },
      { who: "service", receives: { ...TAKEN, ref: 4 } },
      {
        who: "client",
        receives: passedOn({
          data: { message: "the clock has stopped" },
          error: true,
        }),
      },
      {
        who: "service",
        sends: { type: "rpc-response", ...ID, data: ANSWER, ref: 5 },
      },
      {
        who: "service",
        receives: {
          type: "rpc-response-result",
          ref: 5,
          ...ID,
          success: false,
          reason: "request-not-found",
        },
      },
    ],
  },
  {
    name: "cancelling",
    summary: "A request that its requester cancels",
    channel: "time-service",
    steps: [
      ...SUBSCRIBING,
      ...ASKING,
      { who: "client", sends: { type: "rpc-cancel", ...ID, ref: 3 } },
      {
        who: "client",
        receives: {
          type: "rpc-cancel-result",
          ref: 3,
          ...ID,
          success: true,
        },
      },
      {
        who: "client",
        receives: passedOn({
          data: null,
          error: true,
          "responder-conn-id": null,
          reason: "cancelled",
        }),
      },
      { who: "service", receives: { type: "rpc-cancel", ...ID } },
    ],
  },
  {
    name: "nobody-there",
    summary: "A request that nobody is there to answer",
    channel: "time-service",
    given: [{ channel: "time-service" }],
    steps: [
      {
        who: "client",
        sends: { type: "rpc-request", ...TIME, data: QUESTION, ref: 1 },
      },
      {
        who: "client",
        receives: {
          type: "rpc-request-result",
          ref: 1,
          "request-id": null,
          ...TIME,
          delivery: { success: false, reason: "no-subscribers" },
        },
      },
    ],
  },
];
