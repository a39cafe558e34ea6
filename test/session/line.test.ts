import { describe, expect, test } from "vitest";

import { published, TestSession } from "../support/session.ts";

/** The line is what bounds it here, not the frames of a second. */
const variables = { FRAMES_BURST: 1_000_000 };

describe("the line of one channel", () => {
  const publish = { type: "publish", "channel-id": "a", data: 1, ref: "r" };

  test("is bounded by frames, and refuses in turn", () => {
    const client = new TestSession(variables);
    for (let i = 0; i < 4_096; i++) client.sends(publish);
    client.sends({ ...publish, ref: "over" });
    client.receivesNothing();
    const channel = client.accepts();
    expect(channel.receives()).toHaveLength(4_096);
    channel.replies(...Array(4_096).fill(published("a", "r")));
    expect(client.drain().slice(4_095)).toMatchObject([
      { ref: "r", success: true },
      {
        ref: "over",
        success: false,
        reason: "rate-limited",
        "retry-after-ms": 1_000,
      },
    ]);
  });

  test("is bounded by bytes", () => {
    const client = new TestSession(variables);
    const data = "x".repeat(60_000);
    for (let i = 0; i < 80; i++) client.sends({ ...publish, data });
    const passedOn = client.accepts().receives().length;
    expect(passedOn).toBeGreaterThan(60);
    expect(passedOn).toBeLessThan(75);
  });

  test("that is filled with refusals closes the connection", () => {
    const client = new TestSession(variables);
    for (let i = 0; i < 8_193; i++) client.sends(publish);
    expect(client.closed).toMatchObject({ code: 1008 });
  });

  test("has room again once replies came", () => {
    const client = new TestSession(variables);
    const channel = client.subscribes("a");
    for (let i = 0; i < 4_096; i++) client.sends(publish);
    channel.replies(published("a", "r"));
    client.receives("publish-result");
    client.sends(publish);
    client.receivesNothing();
  });
});
