import { describe, expect, test } from "vitest";

import { readCredential } from "../../src/access/credentials.ts";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

function read(headers: Record<string, string>, query = "") {
  return readCredential(
    new Request(`https://realtime.test/ws${query}`, { headers }),
  );
}

describe("a token", () => {
  test.each([
    ["a header", { authorization: `Bearer ${JWT}` }],
    ["a header in lower case", { authorization: `bearer ${JWT}` }],
    [
      "an offered subprotocol",
      { "sec-websocket-protocol": `sente-lite.v1, sente-lite.token.${JWT}` },
    ],
    [
      "both, when they are the same",
      {
        authorization: `Bearer ${JWT}`,
        "sec-websocket-protocol": `sente-lite.token.${JWT}`,
      },
    ],
  ])("comes by %s", (_, headers) => {
    expect(read(headers)).toEqual({ ok: true, token: JWT });
  });

  test.each([
    ["another scheme", { authorization: `Basic ${JWT}` }],
    ["nothing behind the scheme", { authorization: "Bearer" }],
    ["two in one header", { authorization: `Bearer ${JWT} ${JWT}` }],
    [
      "two that differ",
      {
        authorization: `Bearer ${JWT}`,
        "sec-websocket-protocol": `sente-lite.token.${JWT}x`,
      },
    ],
  ])("is refused: %s", (_, headers) => {
    expect(read(headers)).toMatchObject({ ok: false, reason: "invalid-token" });
  });

  test("that is missing is asked for, with where to put it", () => {
    const credential = read({});
    expect(credential).toMatchObject({ ok: false, reason: "token-required" });
    expect(credential).toHaveProperty(
      "message",
      expect.stringContaining("Authorization: Bearer"),
    );
  });

  test.each([
    `?token=abc`,
    `?access_token=abc`,
    `?Authorization=abc`,
    `?anything=${JWT}`,
  ])("in a URL is refused and not repeated: %s", (query) => {
    const credential = read({ authorization: `Bearer ${JWT}` }, query);
    expect(credential).toMatchObject({ ok: false, reason: "token-in-url" });
    expect(JSON.stringify(credential)).not.toContain(JWT);
  });

  test("is not seen in what a query is for", () => {
    const headers = { authorization: `Bearer ${JWT}` };
    expect(read(headers, "?after=1&epoch=eyJx")).toMatchObject({ ok: true });
  });
});
