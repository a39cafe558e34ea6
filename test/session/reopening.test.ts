import { expect, test } from "vitest";

import { subscribed, TestSession } from "../support/session.ts";

test("a tick during the pause before reopening opens nothing more", () => {
  const client = new TestSession();
  const channel = client.subscribes("a");
  for (let i = 0; i < 3; i++) {
    client.ticksAfter(30_000);
    channel.pongs();
  }
  channel.breaks();
  client.ticksAfter(15_000);
  expect(client.timers).toHaveLength(1);
  client.timers[0]?.callback();
  expect(client.opens).toEqual(["a", "a"]);
  client.accepts();
  client.ticksAfter(1);
  expect(client.opens).toEqual(["a", "a"]);
});

test("a client that goes from channel to channel always finds room", () => {
  const client = new TestSession({ MAX_UPSTREAMS: 2 });
  for (const id of ["a", "b", "c", "d"]) {
    const channel = client.subscribes(id);
    client.sends({ type: "unsubscribe", "channel-id": id });
    channel.says(
      { replies: 1, subscribed: false },
      { ...subscribed(id), type: "unsubscription-result" },
    );
    client.drain();
  }
  expect(client.opens).toEqual(["a", "b", "c", "d"]);
  expect(client.closed).toBeUndefined();
});
