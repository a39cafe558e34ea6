import { describe, expect, test } from "vitest";

import { allowsOrigin, readOrigins } from "../../src/access/origins.ts";

const URL_ASKED = "https://realtime.example.com/ws";

function isAllowed(list: string, origin: string | null, url = URL_ASKED) {
  return allowsOrigin(readOrigins(list) ?? [], origin, url);
}

describe("origins", () => {
  test("no origin is no page, and the same host is always allowed", () => {
    expect(isAllowed("", null)).toBe(true);
    expect(isAllowed("", "https://realtime.example.com")).toBe(true);
    // TLS ends at a proxy in front.
    expect(
      isAllowed("", "https://my.test:8787", "http://my.test:8787/ws"),
    ).toBe(true);
  });

  test.each([
    ["", "https://evil.test", false],
    ["", "https://realtime.example.com:444", false],
    ["", "null", false],
    ["https://app.test", "https://app.test", true],
    ["https://app.test", "http://app.test", false],
    ["https://app.test", "https://app.test:8443", false],
    ["https://app.test", "https://app.test.evil.test", false],
    ["https://a.test, https://b.test", "https://b.test", true],
    ["*.app.test", "https://www.app.test", true],
    ["*.app.test", "https://a.b.app.test", true],
    ["*.app.test", "https://app.test", false],
    ["*.app.test", "https://evilapp.test", false],
    ["*.app.test", "http://www.app.test", false],
    ["*.app.test", "https://www.app.test:444", false],
    ["*", "https://evil.test", true],
    ["*", "null", true],
    ["https://app.test", "null", false],
  ])("%j lets %j in: %s", (list, origin, allowed) => {
    expect(isAllowed(list, origin)).toBe(allowed);
  });

  test.each([
    "app.test",
    "https://app.test/",
    "https://app.test/path",
    "*.*.test",
    "https://*.app.test",
    "*.",
    "javascript:alert(1)",
  ])("%j is no origin", (list) => {
    expect(readOrigins(list)).toBeUndefined();
  });
});
