import { Parser } from "@asyncapi/parser";
import { describe, expect, test } from "vitest";

import { CONVERSATIONS } from "../../interface/conversations/index.ts";
import { CLIENT_MESSAGES, SERVER_MESSAGES } from "../../interface/messages.ts";
import { ASYNCAPI } from "../../src/http/generated/asyncapi.ts";
import { CLIENT_FRAMES } from "../../src/protocol/client-frames.ts";
import { SERVER_FRAMES } from "../../src/protocol/server-frames.ts";
import { judgeBy } from "../support/documents.ts";

const document = JSON.parse(ASYNCAPI);
const { messages } = document.components;
const judge = judgeBy(document, false);

/** That a newer version of AsyncAPI exists is no fault. */
async function faultsOf(text: string): Promise<unknown[]> {
  const { diagnostics, document: parsed } = await new Parser().parse(text);
  const faults = diagnostics.filter(
    ({ code }) => code !== "asyncapi-latest-version",
  );
  return parsed === undefined ? ["not parsed", ...faults] : faults;
}

describe("/asyncapi.json", () => {
  test("is AsyncAPI 3.0 for a parser that is not of this project", async () => {
    expect(await faultsOf(ASYNCAPI)).toEqual([]);
    expect(document.asyncapi).toBe("3.0.0");
    // And the parser finds what is wrong.
    const wrong = JSON.parse(ASYNCAPI);
    wrong.operations["session-publish"].reply.messages = [
      { $ref: "#/channels/session/messages/nothing" },
    ];
    expect(await faultsOf(JSON.stringify(wrong))).not.toEqual([]);
  }, 30_000);

  test("has every frame, and examples of all but one", () => {
    const names = [
      ...Object.keys(CLIENT_FRAMES).map((type) => `client-${type}`),
      "client-other",
      ...Object.keys(SERVER_FRAMES).map((type) => `server-${type}`),
    ];
    expect(Object.keys(messages)).toEqual(names);
    const without = names.filter((name) => !messages[name].examples);
    // It comes only where an object crashed and its channel filled meanwhile.
    expect(without).toEqual(["server-subscription-lost"]);
  });

  test("has examples that fit their schemas", () => {
    for (const [name, { examples = [] }] of Object.entries<{
      examples?: readonly { name: string; payload: unknown }[];
    }>(messages)) {
      const at = ["components", "messages", name, "payload"];
      for (const { name: example, payload } of examples) {
        expect(judge(at, payload), `${name} ${example}`).toBeNull();
      }
    }
  });

  test("says of every frame of the server when it comes", () => {
    const replies = Object.values(CLIENT_MESSAGES).flatMap(
      (each) => each.replies,
    );
    for (const [type, { unasked }] of Object.entries(SERVER_MESSAGES)) {
      const comes = unasked === true || type === "echo";
      const isReply = replies.some((each) => each === type);
      expect([type, comes || isReply]).toEqual([type, true]);
    }
  });

  test("has conversations with names of their own", () => {
    const names = CONVERSATIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
