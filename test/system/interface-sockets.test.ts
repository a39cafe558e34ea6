/** Every example of /asyncapi.json, spoken with the service. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type {
  Conversation,
  Frame,
  Party,
} from "../../interface/conversation.ts";
import { CONVERSATIONS } from "../../interface/conversations/index.ts";
import { CONNECTIONS, LESSER_TOKEN, TOKEN } from "../../interface/values.ts";
import { NUMBER_SETTINGS } from "../../src/config.ts";
import { type Judge, judgeBy } from "../support/documents.ts";
import { pathOf } from "./support/channels.ts";
import { socketPathOf } from "./support/client.ts";
import { arrange } from "./support/given.ts";
import { Likeness } from "./support/likeness.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { type Received, Speaker } from "./support/speaker.ts";
import { sharedSecret } from "./support/tokens.ts";

const issuer = sharedSecret();
let open: Server;
/** One that wants tokens, as its administrator asks it. */
let closed: Server;
/** As the service hands it out. */
let messages: Readonly<
  Record<string, { examples?: readonly { payload: unknown }[] }>
>;
let judge: Judge;

/** What a welcome says is the default; listings need not be late. */
const RATES = {
  FRAMES_PER_SECOND: NUMBER_SETTINGS.FRAMES_PER_SECOND.default,
  FRAMES_BURST: NUMBER_SETTINGS.FRAMES_BURST.default,
  REPORT_INTERVAL_MS: 100,
};

beforeAll(async () => {
  open = await startServer({ vars: RATES });
  const vars = { ...issuer.variables, ...RATES };
  const admin = await issuer.token({ channels: { "*": ["admin"] } });
  closed = withToken(await startServer({ vars }), admin);
  const { body } = await open.fetch("/asyncapi.json");
  messages = Object(body).components.messages;
  judge = judgeBy(Object(body), false);
});
afterAll(async () => {
  await open.kill();
  await closed.kill();
  expect([...open.complaints(), ...closed.complaints()]).toEqual([]);
});

/** Holds a frame against the message that it is one of. */
function expectDescribed(side: "client" | "server", frame: Received): void {
  const named = `${side}-${frame.type}`;
  const name = Object.hasOwn(messages, named) ? named : `${side}-other`;
  const at = ["components", "messages", name, "payload"];
  expect(judge(at, frame), JSON.stringify(frame)).toBeNull();
}

/** An example that is executed stands in the document. */
function expectShown(side: "client" | "server", frame: Frame): void {
  const named = messages[`${side}-${frame.type}`] ?? messages[`${side}-other`];
  const shown = named?.examples?.map(({ payload }) => payload);
  expect(shown).toContainEqual(frame);
}

/** How often a conversation may be held: over which sockets. */
const HELD = CONVERSATIONS.flatMap((conversation) =>
  (["session", "channel"] as const)
    .filter((kind) => (conversation.over ?? kind) === kind)
    .map((kind) => ({ ...conversation, kind })),
);

/** A token that ends so soon that its end is announced at once, in s. */
const SHORT_TTL = 50;

async function connectAll(
  { channel, steps, tokens }: Conversation,
  kind: "session" | "channel",
  likeness: Likeness,
) {
  const parties = new Map<Party, { speaker: Speaker; welcome: Received }>();
  const channels = { "*": ["subscribe", "publish", "history", "info"] };
  const token = tokens
    ? await issuer.token({ channels, ttl: SHORT_TTL })
    : undefined;
  if (tokens) {
    const lesser = { chat: ["info"] };
    likeness.learn(TOKEN, await issuer.token({ channels }));
    likeness.learn(LESSER_TOKEN, await issuer.token({ channels: lesser }));
  }
  const { url } = tokens ? closed : open;
  const path = socketPathOf(kind === "session" ? undefined : channel);
  for (const who of new Set(steps.flatMap((s) => ("who" in s ? s.who : [])))) {
    const party = await Speaker.connect(`${url}${path}`, token);
    expectDescribed("server", party.welcome);
    likeness.learn(CONNECTIONS[who], String(party.welcome["conn-id"]));
    parties.set(who, party);
  }
  return parties;
}

describe.each(HELD)("$name over a $kind", ({ kind, ...conversation }) => {
  it(conversation.summary, async () => {
    const { steps, given = [], tokens } = conversation;
    const server = tokens ? closed : open;
    const likeness = new Likeness();
    await arrange(server, given, likeness);
    const parties = await connectAll(conversation, kind, likeness);
    for (const step of steps) {
      if ("deletes" in step) {
        await server.fetch(pathOf(step.deletes), { method: "DELETE" });
        continue;
      }
      const party = parties.get(step.who);
      if (party === undefined) throw new Error("nobody");
      if ("sends" in step) {
        expectShown("client", step.sends);
        const frame = likeness.fill(step.sends);
        expectDescribed("client", frame);
        party.speaker.says(frame);
        continue;
      }
      const { type } = step.receives;
      const frame =
        type === "welcome" ? party.welcome : await party.speaker.hears(type);
      expectShown("server", step.receives);
      expectDescribed("server", frame);
      expect(likeness.differences(step.receives, frame)).toEqual([]);
    }
    for (const { speaker } of parties.values()) {
      expect(await speaker.rest()).toEqual([]);
      speaker.leaves();
    }
  });
});
