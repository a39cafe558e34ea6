import { describe, expect, test } from "vitest";

import { EventFeed, type Step } from "../../src/session/event-feed.ts";
import { message } from "../support/session.ts";

const SINCE = { epoch: "e1", seq: 2 };

function feed(since?: typeof SINCE, retainedLimit?: number): EventFeed {
  return new EventFeed({ channelId: "c", since, retainedLimit });
}

function take(to: EventFeed, frame: object): Step {
  return to.take(JSON.stringify(frame));
}

/** The text of a step, and whether the stream ends with it. */
function said(step: Step): string {
  if (step.kind !== "says" && step.kind !== "ends") return step.kind;
  const text = step.events.map((each) => each.text).join("");
  return step.kind === "ends" ? `${text}(ends)` : text;
}

/** A `subscription-result` with messages of these numbers. */
function result(seq: number, seqs: readonly number[] = [], rest = {}): object {
  return {
    type: "subscription-result",
    "channel-id": "c",
    success: true,
    "subscriber-count": 1,
    "retained-messages": seqs.map((each) => message("c", each)),
    epoch: "e1",
    seq,
    ...rest,
  };
}

/** How a message of a number stands in the stream. */
function event(seq: number, epoch = "e1"): string {
  return `id: ${epoch}:${seq}\ndata: ${JSON.stringify(message("c", seq))}\n\n`;
}

/** One that says where it stands. */
function started(seq = 5): EventFeed {
  const it = feed();
  take(it, result(seq));
  return it;
}

describe("subscribing", () => {
  test("asks for what was missed, or for so much of what is kept", () => {
    expect(feed(SINCE).subscribe).toMatchObject({
      type: "subscribe",
      "channel-id": "c",
      since: SINCE,
    });
    expect(feed(undefined, 3).subscribe["retained-limit"]).toBe(3);
  });

  test("says where it stands, then what is retained", () => {
    expect(said(take(feed(), result(5, [4, 5])))).toBe(
      `id: e1:3\n\n${event(4)}${event(5)}`,
    );
    expect(said(take(feed(), result(0)))).toBe("id: e1:0\n\n");
  });

  test("hands over what was missed", () => {
    const recovered = result(4, [3, 4], { recovered: true });
    expect(said(take(feed(SINCE), recovered))).toBe(
      `id: e1:2\n\n${event(3)}${event(4)}`,
    );
  });

  test("tells of a gap, once, and goes on behind it", () => {
    const it = feed(SINCE);
    const step = take(it, result(9, [9], { recovered: false, epoch: "e2" }));
    expect(said(step)).toBe(
      'event: gap\nid: e2:8\ndata: {"since":{"epoch":"e1","seq":2},' +
        `"position":{"epoch":"e2","seq":8}}\n\n${event(9, "e2")}`,
    );
    expect(said(take(it, message("c", 10)))).toBe(event(10, "e2"));
  });

  test("numbers what was said with each text", () => {
    const step = take(feed(), result(5, [4, 5]));
    expect(step).toMatchObject({
      events: [{ seq: 3 }, { seq: 4 }, { seq: 5 }],
    });
  });

  test.each([
    { reason: "forbidden", operation: "create" },
    { reason: "channel-not-found" },
    { reason: "max-subscribers-reached", current: 1, max: 1 },
    { reason: "too-many-channels" },
  ])("that is refused begins nothing: $reason", (why) => {
    const refused = { type: "subscription-result", "channel-id": "c" };
    const step = take(feed(), { ...refused, success: false, ...why });
    const { reason, operation } = { operation: undefined, ...why };
    expect(step).toEqual({ kind: "refused", refusal: { reason, operation } });
  });

  test("a channel that is out of reach begins nothing", () => {
    const error = { type: "error", reason: "rate-limited", message: "busy" };
    const refusal = { reason: "unavailable" };
    expect(take(feed(), error)).toEqual({ kind: "refused", refusal });
  });

  test("greetings and notices are not passed on", () => {
    const notice = { type: "token-expiring", "expires-at": 1 };
    expect(said(take(feed(), notice))).toBe("");
    expect(said(take(started(), notice))).toBe("");
  });
});

describe("messages", () => {
  test("are passed on as they came", () => {
    const odd = { ...message("c", 6), data: { "\n": "\u2028\r" } };
    expect(said(take(started(), odd))).toBe(
      `id: e1:6\ndata: ${JSON.stringify(odd)}\n\n`,
    );
  });

  test("that are ephemeral have no id", () => {
    const { seq, ...ephemeral } = message("c", 0) as { seq: number };
    const step = take(started(), ephemeral);
    expect(step).toEqual({
      kind: "says",
      events: [{ text: `data: ${JSON.stringify(ephemeral)}\n\n` }],
    });
  });
});

describe("a subscription that is lost", () => {
  const lost = (reason: string) => ({
    type: "subscription-lost",
    "channel-id": "c",
    reason,
  });

  test("with a gap is made again, and tells of it", () => {
    const it = started(5);
    take(it, message("c", 6));
    const step = take(it, lost("gap"));
    const since = { epoch: "e1", seq: 6 };
    expect(step).toMatchObject({ kind: "asks", frame: { since } });
    // It stands in the new epoch, of which nothing is known yet.
    expect(said(take(it, message("c", 1)))).toBe("");
    const again = result(1, [1], { recovered: false, epoch: "e2" });
    expect(said(take(it, again))).toBe(
      'event: gap\nid: e2:0\ndata: {"since":{"epoch":"e1","seq":6},' +
        `"position":{"epoch":"e2","seq":0}}\n\n${event(1, "e2")}`,
    );
    expect(said(take(it, message("c", 2)))).toBe(event(2, "e2"));
  });

  test("with a gap, and may not be made again, is over", () => {
    const it = started();
    take(it, lost("gap"));
    const refused = result(0, [], { success: false, reason: "forbidden" });
    expect(said(take(it, refused))).toContain('"reason":"forbidden"');
  });

  test("is over for good where there is no channel", () => {
    expect(said(take(started(), lost("channel-not-found")))).toBe(
      'event: end\nid: end\ndata: {"reason":"channel-not-found"}\n\n(ends)',
    );
  });

  test.each(["unavailable", "max-subscribers-reached"])(
    "is to be tried again: %s",
    (reason) => {
      expect(said(take(started(), lost(reason)))).toBe("(ends)");
    },
  );

  test.each([
    [{ type: "channel-deleted", "channel-id": "c" }, "channel-deleted"],
    [
      { type: "unsubscribed", "channel-id": "c", reason: "forbidden" },
      "forbidden",
    ],
  ])("is over for good: %o", (frame, reason) => {
    expect(said(take(started(), frame))).toBe(
      `event: end\nid: end\ndata: {"reason":"${reason}"}\n\n(ends)`,
    );
  });
});

describe("a session that ends", () => {
  test.each([
    [1012, "session recycled: reconnect and resume"],
    [1011, "internal error"],
    [4001, "the token has expired: fetch a new one"],
    [4009, "too much is unacknowledged"],
    [1008, "100 refused frames in a row"],
  ])("with %s ends the stream for now", (code, reason) => {
    expect(said(started().closed(code, reason))).toBe("(ends)");
  });

  test.each(["too-many-connections", "disconnected"])(
    "ends the stream for good: %s",
    (reason) => {
      const step = started().closed(1008, `${reason}: and why`);
      expect(said(step)).toContain(`data: {"reason":"${reason}"}`);
      expect(said(step)).toContain("id: end\n");
    },
  );

  test.each([
    [1008, "too-many-connections: close one", "too-many-connections"],
    [4001, "the token has expired: fetch a new one", "token-expired"],
    [1011, "internal error", "unavailable"],
  ])("with %s before it began is a refusal", (code, why, reason) => {
    const refusal = { reason };
    expect(feed().closed(code, why)).toEqual({ kind: "refused", refusal });
  });
});
