import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ServerFrame } from "../../src/protocol/server-frames.ts";
import { TestChannel, type TestClient } from "../support/channel.ts";
import { LinkedSession } from "../support/link.ts";

type Step =
  | "subscribe"
  | "unsubscribe"
  | "publish"
  | "publish-once"
  | "publish-excluding"
  | "request"
  | "request-one"
  | "foreign-publish"
  | "answer"
  | "carry"
  | "carry-one"
  | "break"
  | "crash"
  | "hibernate"
  | "wait";

/** What a client makes of what it is sent; it throws when something is wrong. */
class Reader {
  #position: number | undefined;
  #subscribed = false;
  readonly replies: number[] = [];
  readonly open = new Set<string>();
  readonly ended = new Set<string>();

  reads(frame: ServerFrame): void {
    if ("ref" in frame && typeof frame.ref === "number") {
      this.replies.push(frame.ref);
    }
    switch (frame.type) {
      case "subscription-result":
        expect(frame.success).toBe(true);
        this.#subscribed = true;
        this.#position = frame.seq;
        break;
      case "unsubscription-result":
        if (frame.success) this.#subscribed = false;
        break;
      case "channel-message": {
        expect(this.#subscribed).toBe(true);
        const { seq = 0 } = frame;
        if (this.#position !== undefined) {
          expect(seq).toBe(this.#position + 1);
        }
        this.#position = seq;
        break;
      }
      case "publish-result":
        if (this.#position !== undefined && frame.seq !== undefined) {
          this.#position = Math.max(this.#position, frame.seq);
        }
        break;
      case "subscription-lost":
        this.#subscribed = frame.reason === "gap";
        this.#position = undefined;
        break;
      case "rpc-request-result":
        if (frame["request-id"] !== null) this.open.add(frame["request-id"]);
        break;
      case "rpc-response":
        if (!frame.final) break;
        // Of one that was never known is a test of its own.
        if (!this.open.has(frame["request-id"])) break;
        expect(this.ended.has(frame["request-id"])).toBe(false);
        this.ended.add(frame["request-id"]);
        break;
    }
  }
}

class Scene {
  readonly channel = new TestChannel({
    config: { "rpc-timeout-ms": 9_000, "recovery-window": 50 },
  });
  readonly client = new LinkedSession(this.channel, "client");
  readonly reader = new Reader();
  #service: TestClient = this.channel.subscriber("s0");
  #publisher: TestClient = this.channel.connects("p0");
  #others = 1;
  #ref = 0;
  #asked: string[] = [];

  takes(step: Step): void {
    this.channel.now += 1;
    const frame = this.#frame(step, this.#ref + 1);
    if (frame !== undefined) {
      this.#ref++;
      this.client.sends({ ...frame, ref: this.#ref });
    } else {
      this.#happens(step);
    }
    for (const each of this.client.drain()) this.reader.reads(each);
  }

  /** What the client sends, where the step is its own. */
  #frame(step: Step, data: number): object | undefined {
    const once = { "message-id": `m${data}` };
    switch (step) {
      case "subscribe":
      case "unsubscribe":
        return { type: step };
      case "publish":
        return { type: "publish", data };
      case "publish-once":
        return { type: "publish", data, ...once };
      case "publish-excluding":
        return { type: "publish", data, "exclude-sender": true, ...once };
      case "request":
        return { type: "rpc-request", data };
      case "request-one":
        return { type: "rpc-request", data, "deliver-to": "one" };
    }
    return undefined;
  }

  #happens(step: Step): void {
    switch (step) {
      case "foreign-publish":
        this.#publisher.sends({ type: "publish", data: "x" });
        break;
      case "answer":
        this.answers();
        break;
      case "carry":
        this.client.carries();
        break;
      case "carry-one":
        this.client.carries(1);
        break;
      case "break":
        this.client.breaks();
        break;
      case "crash":
        this.channel.crashes();
        this.client.breaks();
        this.#service = this.channel.subscriber(`s${this.#others}`);
        this.#publisher = this.channel.connects(`p${this.#others++}`);
        break;
      case "hibernate":
        this.channel.hibernates();
        break;
      case "wait":
        this.channel.passes(2_000);
        break;
    }
  }

  answers(): void {
    for (const frame of this.#service.drain()) {
      if (frame.type === "rpc-request") this.#asked.push(frame["request-id"]);
    }
    const id = this.#asked.shift();
    if (id === undefined) return;
    this.#service.sends({ type: "rpc-response", "request-id": id, data: 1 });
  }

  /** Nothing is disturbed any more; all comes to its end. */
  ends(): void {
    for (let i = 0; i < 12; i++) {
      this.takes("carry");
      this.takes("wait");
    }
    expect(this.client.quiet).toBe(true);
    const { replies, open, ended } = this.reader;
    const sent = Array.from({ length: this.#ref }, (_, i) => i + 1);
    expect(replies).toEqual(sent);
    expect([...ended].sort()).toEqual([...open].sort());
  }
}

describe("a session over a network that is disturbed", () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom<Step>("carry", "carry-one", "answer"),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom<Step>(
        "subscribe",
        "unsubscribe",
        "publish",
        "publish-once",
        "publish-excluding",
        "request",
        "request-one",
        "foreign-publish",
        "foreign-publish",
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Step>("break", "crash", "hibernate", "wait"),
    },
  );

  test("hears no end of a request whose outcome it was told is unknown", () => {
    const scene = new Scene();
    const { channel, client } = scene;
    client.sends({ type: "rpc-request", data: 1, ref: 1 });
    // The channel gets the request; its reply is lost in a crash.
    client.carriesUp();
    channel.crashes();
    client.breaks();
    expect(client.drain()).toMatchObject([
      { ref: 1, delivery: { success: false, reason: "outcome-unknown" } },
    ]);
    client.sends({ type: "publish", data: 2, ref: 2 });
    client.carries();
    channel.passes(10_000);
    client.carries();
    expect(client.drain().map(({ type }) => type)).toEqual(["publish-result"]);
  });

  test("answers every frame once and in order, loses no message, and ends every request once", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 5, maxLength: 50 }),
        (steps: Step[]) => {
          const scene = new Scene();
          for (const each of steps) scene.takes(each);
          scene.ends();
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 10_000, endOnFailure: true },
    );
  }, 30_000);
});
