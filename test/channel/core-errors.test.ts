import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { TestChannel, type TestClientOptions } from "../support/channel.ts";

const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
  vi.spyOn(console, "error").mockImplementation((line: string) => {
    logged.push(line);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

function faulty(options: TestClientOptions = {}) {
  const channel = new TestChannel({ config: {} });
  const client = channel.connects("c", options);
  client.drain();
  channel.faulty = true;
  return { channel, client };
}

describe("a frame that the server fails to handle", () => {
  test("is answered, and the connection goes on", () => {
    const { client } = faulty();
    client.sends({ type: "list-channels", ref: 5 });
    expect(client.receives("error")).toMatchObject({
      reason: "internal-error",
      ref: 5,
    });
    client.sends({ type: "publish", data: 1 });
    expect(client.receives("publish-result").success).toBe(true);
    expect(client.closed).toBeUndefined();
  });

  test("tells its client nothing of the inside, and the log everything", () => {
    const { client } = faulty();
    client.sends({ type: "list-channels" });
    expect(client.raw.at(-1)).not.toContain("secret");
    expect(logged.join()).toContain("secret detail");
  });

  test("does not take those beside it along", () => {
    const { client } = faulty();
    client.sendsText(
      '[{"type":"list-channels","ref":1},{"type":"publish","data":1,"ref":2}]',
    );
    expect(client.drain()).toMatchObject([
      { type: "error", ref: 1 },
      { type: "publish-result", ref: 2 },
    ]);
  });

  test("counts as one reply of a session", () => {
    const { client } = faulty({ via: "session" });
    client.sends({ type: "list-channels" });
    expect(client.headers.at(-1)).toEqual({ replies: 1 });
  });
});
