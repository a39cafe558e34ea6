/**
 * What the compiler knows of channels. Nothing here is run: `npm run check`
 * compiles it.
 */
import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";

import {
  type Asked,
  type Channel,
  type Client,
  connect,
  type Message,
  type Position,
  type Published,
  type Responder,
  type SenteError,
  type StandardSchema,
  type Subscription,
} from "../../src/client/index.ts";

type Line = { text: string };
type Move = { from: string; to: string };
type Channels = {
  "chat-*": { message: Line };
  "chat-lobby": { message: { text: string; pinned: boolean } };
  "game-*-moves-*": { message: Move };
  rates: { request: { pair: string }; answer: number };
  thumbnails: { request: string; answer: Uint8Array | null };
};

const URL = "wss://realtime.example.com/ws";
const client = connect<Channels>(URL);

/** What is heard on a channel. */
type Heard<C> = C extends Channel<infer _, infer In> ? In["message"] : never;
/** What may be published on a channel. */
type Said<C> = C extends Channel<infer Out, infer _> ? Out["message"] : never;

describe("a map of channels", () => {
  test("holds patterns", () => {
    const room = client.channel("chat-42");
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<Line>();
    expectTypeOf<Said<typeof room>>().toEqualTypeOf<Line>();
    expectTypeOf(room.publish).parameter(0).toEqualTypeOf<Line>();
  });

  test("holds patterns with several stars", () => {
    const moves = client.channel("game-7-moves-white");
    expectTypeOf<Heard<typeof moves>>().toEqualTypeOf<Move>();
    const others = client.channel("game-7-chat-white");
    expectTypeOf<Heard<typeof others>>().toEqualTypeOf<unknown>();
  });

  test("holds names, which go before patterns", () => {
    const lobby = client.channel("chat-lobby");
    type Pinned = { text: string; pinned: boolean };
    expectTypeOf<Heard<typeof lobby>>().toEqualTypeOf<Pinned>();
    // @ts-expect-error: `pinned` is missing
    lobby.publish({ text: "hello" });
  });

  test("knows ids that are put together", () => {
    const room = client.channel(`chat-${Math.random()}`);
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<Line>();
    // A variable is any text, unless it is told not to be.
    const id = `chat-${Math.random()}`;
    const any = client.channel(id);
    expectTypeOf<Heard<typeof any>>().toEqualTypeOf<unknown>();
    const name = `chat-${Math.random()}` as const;
    const some = client.channel(name);
    expectTypeOf<Heard<typeof some>>().toEqualTypeOf<Line>();
  });

  test("says nothing of ids that are any text, or of others", () => {
    const id: string = "chat-42";
    const any = client.channel(id);
    expectTypeOf<Heard<typeof any>>().toEqualTypeOf<unknown>();
    const other = client.channel("news");
    expectTypeOf<Heard<typeof other>>().toEqualTypeOf<unknown>();
    other.publish(["anything", 1, null]);
  });

  test("says nothing of what it leaves out", () => {
    const room = client.channel("chat-42");
    expectTypeOf(room.request).parameter(0).toEqualTypeOf<unknown>();
    expectTypeOf(room.request).returns.resolves.toEqualTypeOf<unknown>();
    const rates = client.channel("rates");
    expectTypeOf<Heard<typeof rates>>().toEqualTypeOf<unknown>();
  });

  test("takes one of several patterns that fit as either", () => {
    type Overlapping = {
      "chat-*": { message: string };
      "*-42": { message: number };
    };
    const room = connect<Overlapping>(URL).channel("chat-42");
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<string | number>();
  });

  test("may be for all channels", () => {
    const room = connect<{ "*": { message: Line } }>(URL).channel("any");
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<Line>();
    const id: string = "any";
    const some = connect<{ "*": { message: Line } }>(URL).channel(id);
    expectTypeOf<Heard<typeof some>>().toEqualTypeOf<Line>();
  });

  test("may be an interface, and hold interfaces", () => {
    interface Text {
      text: string;
    }
    interface Room {
      message: Text;
    }
    interface Rooms {
      "chat-*": Room;
      readonly news: { readonly message: { readonly title: string } };
    }
    const rooms = connect<Rooms>(URL);
    const room = rooms.channel("chat-42");
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<Text>();
    const news = rooms.channel("news");
    expectTypeOf<Heard<typeof news>>().toEqualTypeOf<{
      readonly title: string;
    }>();
  });

  test("may have optional fields", () => {
    type Optional = { a: { message?: Line; request?: string } };
    const room = connect<Optional>(URL).channel("a");
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<Line>();
  });

  test("need not be", () => {
    const room = connect(URL).channel("chat-42");
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<unknown>();
    expectTypeOf<Said<typeof room>>().toEqualTypeOf<unknown>();
    expectTypeOf(room.request).returns.resolves.toEqualTypeOf<unknown>();
    expectTypeOf(connect(URL)).toEqualTypeOf<Client<object>>();
  });
});

describe("publishing", () => {
  const room = client.channel("chat-42");

  test("takes what the channel holds", async () => {
    expectTypeOf(await room.publish({ text: "a" })).toEqualTypeOf<Published>();
    room.publish(
      { text: "a" },
      { excludeSender: true, ephemeral: true, messageId: "m1" },
    );
    // @ts-expect-error: a number is no text
    room.publish({ text: 1 });
    // @ts-expect-error: it is called `text`
    room.publish({ texts: "a" });
    // @ts-expect-error: there is nothing to publish
    room.publish();
    // @ts-expect-error: there is no such option
    room.publish({ text: "a" }, { retain: true });
  });
});

describe("subscribing", () => {
  const room = client.channel("chat-42");

  test("hands over messages", async () => {
    const subscription = await room.subscribe((message) => {
      expectTypeOf(message).toEqualTypeOf<Message<Line>>();
      expectTypeOf(message.seq).toEqualTypeOf<number | undefined>();
      // @ts-expect-error: the message has no such field
      message.data.texts;
    });
    expectTypeOf(subscription).toEqualTypeOf<Subscription>();
    expectTypeOf(subscription.position).toEqualTypeOf<Position | undefined>();
    subscription.on("gap", ({ missed, since, position }) => {
      expectTypeOf(missed).toEqualTypeOf<number | undefined>();
      expectTypeOf(since).toEqualTypeOf<Position>();
      expectTypeOf(position).toEqualTypeOf<Position>();
    });
    // @ts-expect-error: there is no such event
    subscription.on("message", () => {});
    // @ts-expect-error: what comes is no text
    room.subscribe((message: Message<string>) => message.data);
  });

  test("takes a position as `since`", () => {
    const { position } = {} as Subscription;
    room.subscribe(() => {}, { since: position, sequential: true });
    // @ts-expect-error: a number is no position
    room.subscribe(() => {}, { since: 41 });
  });

  test("iterates", async () => {
    const messages = room.messages();
    for await (const message of messages) {
      expectTypeOf(message).toEqualTypeOf<Message<Line>>();
    }
    expectTypeOf(messages.subscription).resolves.toEqualTypeOf<Subscription>();
    // @ts-expect-error: a loop always takes one after another
    room.messages({ sequential: false });
  });
});

describe("requests", () => {
  const rates = client.channel("rates");

  test("have an answer", async () => {
    const rate = await rates.request({ pair: "EUR/USD" });
    expectTypeOf(rate).toEqualTypeOf<number>();
    const { signal } = new AbortController();
    rates.request({ pair: "EUR/USD" }, { signal, timeoutMs: 1_000 });
    rates.request({ pair: "EUR/USD" }, { deliverTo: "one" });
    // @ts-expect-error: it asks for a pair
    rates.request("EUR/USD");
    // @ts-expect-error: that is neither one nor all
    rates.request({ pair: "EUR/USD" }, { deliverTo: "some" });
  });

  test("have parts of an answer", async () => {
    for await (const part of rates.requestParts({ pair: "EUR/USD" })) {
      expectTypeOf(part).toEqualTypeOf<number>();
    }
    // @ts-expect-error: it asks for a pair
    rates.requestParts({ pairs: [] });
  });
});

describe("responding", () => {
  const rates = client.channel("rates");

  test("with a value", async () => {
    const responder = await rates.respond((asked) => {
      expectTypeOf(asked).toEqualTypeOf<Asked<{ pair: string }>>();
      expectTypeOf(asked.signal).toEqualTypeOf<AbortSignal>();
      return asked.data.pair.length;
    });
    expectTypeOf(responder).toEqualTypeOf<Responder>();
    expectTypeOf(responder.ended).resolves.toEqualTypeOf<
      SenteError | undefined
    >();
    // @ts-expect-error: the answer is a number
    rates.respond(() => "1.08");
    // @ts-expect-error: it must be answered
    rates.respond(() => {});
  });

  test("with a promise", () => {
    rates.respond(async ({ data }) => data.pair.length);
    // @ts-expect-error: the answer is a number
    rates.respond(async () => "1.08");
  });

  test("with parts", () => {
    rates.respond(async function* ({ data, signal }) {
      expectTypeOf(data).toEqualTypeOf<{ pair: string }>();
      while (!signal.aborted) yield data.pair.length;
    });
    rates.respond(async function* () {
      yield 1;
      return 2;
    });
    // @ts-expect-error: each part is a number
    rates.respond(async function* () {
      yield "1.08";
    });
    rates.respond(({ data }) =>
      data.pair === "" ? 0 : ({} as ReadableStream<number>),
    );
  });
});

describe("schemas", () => {
  /** Texts as they travel, numbers as they are used. */
  const numeric: StandardSchema<string, number> = {
    "~standard": {
      version: 1,
      vendor: "hand-made",
      validate: (value) => ({ value: Number(value) }),
    },
  };

  test("of valibot", () => {
    const message = v.object({ text: v.string(), at: v.optional(v.number()) });
    const room = connect(URL).channel("chat-42", { message });
    type Spoken = { text: string; at?: number | undefined };
    expectTypeOf<Said<typeof room>>().toEqualTypeOf<Spoken>();
    expectTypeOf<Heard<typeof room>>().toEqualTypeOf<Spoken>();
    // @ts-expect-error: a number is no text
    room.publish({ text: 1 });
  });

  test("that turn one thing into another", async () => {
    const date = v.pipe(
      v.string(),
      v.transform((text) => new Date(text)),
    );
    const events = connect(URL).channel("events", { message: date });
    expectTypeOf<Said<typeof events>>().toEqualTypeOf<string>();
    expectTypeOf<Heard<typeof events>>().toEqualTypeOf<Date>();
    const sums = connect(URL).channel("sums", {
      message: numeric,
      request: numeric,
      answer: numeric,
    });
    expectTypeOf(sums.publish).parameter(0).toEqualTypeOf<string>();
    expectTypeOf<Heard<typeof sums>>().toEqualTypeOf<number>();
    expectTypeOf(await sums.request("2")).toEqualTypeOf<number>();
    sums.respond(({ data }) => {
      expectTypeOf(data).toEqualTypeOf<number>();
      return String(data + 1);
    });
    // @ts-expect-error: numbers travel as texts
    sums.publish(2);
    // @ts-expect-error: numbers travel as texts
    sums.respond(({ data }) => data + 1);
  });

  test("override the map, where they are", async () => {
    const room = client.channel("chat-42", { message: numeric });
    expectTypeOf<Said<typeof room>>().toEqualTypeOf<string>();
    const rates = client.channel("rates", { answer: numeric });
    expectTypeOf(rates.request).parameter(0).toEqualTypeOf<{ pair: string }>();
    expectTypeOf(await rates.request({ pair: "" })).toEqualTypeOf<number>();
    // @ts-expect-error: the schema takes texts, whatever the map says
    rates.respond(() => 1);
  });

  test("are schemas", () => {
    // @ts-expect-error: a type is no schema
    client.channel("chat-42", { message: String });
    // @ts-expect-error: there is no such thing to check
    client.channel("chat-42", { messages: numeric });
  });
});

describe("the client", () => {
  test("tells of its state and of errors", () => {
    expectTypeOf(client.state).toEqualTypeOf<
      "connecting" | "connected" | "waiting" | "closed"
    >();
    const off = client.on("state", ({ state, reason, code, retryInMs }) => {
      expectTypeOf(state).toEqualTypeOf(client.state);
      expectTypeOf(reason).toEqualTypeOf<string | undefined>();
      expectTypeOf(code).toEqualTypeOf<number | undefined>();
      expectTypeOf(retryInMs).toEqualTypeOf<number | undefined>();
    });
    expectTypeOf(off).toEqualTypeOf<() => void>();
    client.on("error", ({ error, channelId }) => {
      expectTypeOf(error).toEqualTypeOf<unknown>();
      expectTypeOf(channelId).toEqualTypeOf<string | undefined>();
    });
    // @ts-expect-error: there is no such event
    client.on("message", () => {});
  });

  test("takes what it is to be told", () => {
    connect(URL, { token: "…", direct: true, maxQueued: 10 });
    connect(URL, { token: async () => undefined, WebSocket });
    // @ts-expect-error: a token is a text
    connect(URL, { token: 42 });
    // @ts-expect-error: there is no such option
    connect(URL, { retries: 3 });
  });
});
