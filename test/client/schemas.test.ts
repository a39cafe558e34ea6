/** Schemas check what is sent and what comes. */

import * as v from "valibot";
import { describe, expect, it } from "vitest";

import type { StandardSchema } from "../../src/client/index.ts";
import {
  answered,
  asks,
  message,
  passedOn,
  subscribed,
} from "./support/answers.ts";
import {
  outcomeOf,
  soon,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

const Text = v.object({ text: v.string() });
/** Gives what it checks another form. */
const Loud = v.pipe(
  v.object({ text: v.string() }),
  v.transform(({ text }) => text.toUpperCase()),
);

/** The same, later; what is `slow` only when `release` is called. */
function asynchronous<I, O>(schema: StandardSchema<I, O>) {
  const waiting: (() => void)[] = [];
  const standard = schema["~standard"];
  const later: StandardSchema<I, O> = {
    "~standard": {
      ...standard,
      validate: async (value) => {
        const isSlow = JSON.stringify(value).includes("slow");
        if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
        return standard.validate(value);
      },
    },
  };
  const release = () => {
    for (const resolve of waiting) resolve();
  };
  return { schema: later, release };
}

describe.each([
  ["at once", Text, Loud],
  ["later", asynchronous(Text).schema, asynchronous(Loud).schema],
])("a schema that answers %s", (_, text, loud) => {
  it("lets a valid message out, and no other", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room", { message: text });
    room.publish({ text: "hi" }).catch(() => {});
    const wrong = { text: 5 } as unknown as { text: string };
    expect(await outcomeOf(room.publish(wrong))).toMatchObject({
      name: "InvalidDataError",
      reason: "invalid-data",
      issues: [{ message: expect.any(String) }],
    });
    await soon();
    expect(socket.unseen.map(({ data }) => data)).toEqual([{ text: "hi" }]);
  });

  it("hands over a valid message as it makes it, and tells of others", async () => {
    const { client, socket, errors } = await startConnected();
    const room = client.channel("room", { message: loud });
    const got: string[] = [];
    const subscribing = room.subscribe(({ data }) => got.push(data));
    await soon();
    subscribed(socket);
    await subscribing;
    for (const [seq, data] of [
      [1, { text: "a" }],
      [2, { text: 5 }],
      [3, { text: "c" }],
    ] as const) {
      socket.hands(JSON.stringify(message(seq, { data })));
    }
    await soon();
    expect(got).toEqual(["A", "C"]);
    expect(errors).toMatchObject([{ name: "InvalidDataError" }]);
  });

  it("checks requests and answers, for whoever asks", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room", { request: text, answer: loud });
    const wrong = room.request("x" as unknown as { text: string });
    expect(await outcomeOf(wrong)).toMatchObject({ name: "InvalidDataError" });
    const right = room.request({ text: "1" });
    const ill = room.request({ text: "2" });
    ill.catch(() => {});
    await soon();
    passedOn(socket);
    answered(socket, { data: { text: "yes" } });
    passedOn(socket);
    answered(socket, { data: "no" });
    expect(await right).toBe("YES");
    expect(await outcomeOf(ill)).toMatchObject({
      name: "InvalidDataError",
    });
  });

  it("checks requests and answers, for whoever responds", async () => {
    const { client, socket, errors } = await startConnected();
    const room = client.channel("room", { request: loud, answer: text });
    const responding = room.respond(({ data }) =>
      data === "BAD" ? ({} as { text: string }) : { text: data },
    );
    await soon();
    subscribed(socket);
    await responding;
    for (const data of [{ text: "hi" }, { text: "bad" }, "nonsense"]) {
      asks(socket, { data });
      await soon();
    }
    const sent = socket.unseen.filter(({ type }) => type === "rpc-response");
    expect(sent).toMatchObject([
      { data: { text: "HI" } },
      { error: true },
      { error: true },
    ]);
    expect(errors.length).toBeGreaterThan(0);
  });

  it("checks every part", async () => {
    const { client, socket } = await startConnected();
    const room = client.channel("room", { answer: loud });
    const parts = room.requestParts(1);
    await soon();
    passedOn(socket);
    answered(socket, { data: { text: "a" }, final: false });
    answered(socket, { data: "nonsense", final: false });
    answered(socket, { data: { text: "c" } });
    expect(await parts.next()).toEqual({ done: false, value: "A" });
    expect(await outcomeOf(parts.next())).toMatchObject({
      name: "InvalidDataError",
    });
  });
});

it("cancels a request whose part is not valid", async () => {
  const { client, socket } = await startConnected();
  const room = client.channel("room", { answer: Loud });
  const looping = (async () => {
    for await (const _ of room.requestParts(1));
  })();
  await soon();
  passedOn(socket);
  answered(socket, { data: "nonsense", final: false });
  expect(await outcomeOf(looping)).toMatchObject({ name: "InvalidDataError" });
  await soon();
  expect(socket.has("rpc-cancel")).toBe(true);
});

it("keeps the order of messages, however long checking them takes", async () => {
  const { schema, release } = asynchronous(Text);
  const { client, socket } = await startConnected();
  const room = client.channel("room", { message: schema });
  const got: string[] = [];
  const subscribing = room.subscribe(({ data }) => got.push(data.text));
  await soon();
  subscribed(socket);
  await subscribing;
  for (const [seq, text] of [
    [1, "slow"],
    [2, "quick"],
  ] as const) {
    socket.hands(JSON.stringify(message(seq, { data: { text } })));
  }
  await soon();
  expect(got).toEqual([]);
  release();
  await soon();
  expect(got).toEqual(["slow", "quick"]);
});

it("is not disturbed by a schema that throws", async () => {
  const broken: StandardSchema = {
    "~standard": {
      version: 1,
      vendor: "a test",
      validate: () => {
        throw new Error("broken");
      },
    },
  };
  const stage = await startConnected();
  const room = stage.client.channel("room", { message: broken });
  expect(await outcomeOf(room.publish(1))).toMatchObject({ message: "broken" });
  const subscribing = room.subscribe(() => {});
  await soon();
  subscribed(stage.socket);
  await subscribing;
  stage.socket.hands(JSON.stringify(message(1)));
  expect(stage.errors).toMatchObject([{ message: "broken" }]);
});
