import { describe, expect, test } from "vitest";

import { TestChannel } from "../support/channel.ts";

const session = { via: "session" } as const;

/** A service and a requester with one open request, both behind sessions. */
function asked() {
  const channel = new TestChannel({ id: "api" });
  const service = channel.subscriber("service", session);
  const asker = channel.connects("asker", session);
  asker.sends({ type: "rpc-request", data: "?", "timeout-ms": 60_000 });
  const id = asker.receives("rpc-request-result")["request-id"] ?? "none";
  const answers = (data: unknown, final = true) =>
    service.sends({ type: "rpc-response", "request-id": id, data, final });
  return { channel, service, asker, id, answers };
}

describe("a requester that was away", () => {
  test("gets the answer that it asks for on coming back", () => {
    const { channel, asker, id, answers } = asked();
    asker.disconnects();
    answers("!");
    const back = channel.connects("asker", session);
    expect(back.resumes(null, [id])).toMatchObject({ "unknown-requests": [] });
    expect(back.receives("rpc-response")).toMatchObject({ data: "!" });
  });

  test("gets no answer to what its client was told has ended", () => {
    const { channel, asker, answers } = asked();
    asker.disconnects();
    answers("!");
    const back = channel.connects("asker", session);
    back.resumes(null, []);
    back.receivesNothing();
  });

  test("learns that the end is unknown when only a part was kept", () => {
    const { channel, asker, id, answers } = asked();
    asker.disconnects();
    answers("a part", false);
    answers("x".repeat(8_400_000));
    const back = channel.connects("asker", session);
    const resumed = back.resumes(null, [id]);
    expect(resumed).toMatchObject({ "unknown-requests": [id] });
  });

  test("gets parts and the end in order, also before it has resumed", () => {
    const { channel, asker, id, answers } = asked();
    asker.disconnects();
    answers("a part", false);
    const back = channel.connects("asker", session);
    answers("the end");
    back.resumes(null, [id]);
    expect(back.receives("rpc-response")).toMatchObject({ data: "a part" });
    expect(back.receives("rpc-response")).toMatchObject({ data: "the end" });
  });
});

test("a service that broke off is waited for across hibernation, not longer", () => {
  const { channel, service, asker } = asked();
  service.disconnects();
  channel.hibernates();
  channel.passes(6_000);
  channel.rings();
  expect(asker.receives("rpc-response")).toMatchObject({
    reason: "responders-gone",
  });
});

test("a publisher that wants no copies has nothing to acknowledge", () => {
  const channel = new TestChannel({ variables: { MAX_OUTSTANDING: 5 } });
  const client = channel.subscriber("c");
  client.sends({ type: "publish", data: 0 });
  client.sends({ type: "ack", seq: 1 });
  for (let i = 0; i < 20; i++) {
    client.sends({ type: "publish", data: i, "exclude-sender": true });
  }
  expect(client.closed).toBeUndefined();
});
