/** What the service offers for its page, and how it hands out the page. */
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  StatsHistorySchema,
  SubscriberListSchema,
} from "../../src/protocol/answers.ts";
import { newChannelId, pathOf } from "./support/channels.ts";
import { connect, leaveAll } from "./support/client.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { sharedSecret } from "./support/tokens.ts";
import { eventually } from "./support/waiting.ts";

const HTML = { headers: { accept: "text/html,*/*;q=0.8" } };
const issuer = sharedSecret();

let open: Server;
let closed: Server;
beforeAll(async () => {
  [open, closed] = await Promise.all([
    startServer({ vars: { REPORT_INTERVAL_MS: 20 } }),
    startServer({ served: true, vars: issuer.variables }),
  ]);
});
afterAll(async () => {
  await leaveAll();
  await Promise.all([open?.kill(), closed?.kill()]);
});

describe.each([
  ["npm start", () => open],
  ["npm run serve, with tokens", () => closed],
])("the page of %s", (_, running) => {
  it("is what browsers get at /, under a strict policy", async () => {
    const server = running();
    const page = await server.fetch("/", HTML);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
    const policy = page.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*|http/);
    const parts = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)];
    expect(parts).toHaveLength(2);
    for (const [, path = ""] of parts) {
      const part = await server.fetch(path);
      expect(part.status).toBe(200);
      expect(part.headers.get("content-type")).toMatch(/javascript|css/);
      expect(part.headers.get("cache-control")).toContain("immutable");
      const head = await server.fetch(path, { method: "HEAD" });
      expect(head).toMatchObject({ status: 200, text: "" });
    }
  });

  it("is never what an endpoint answers", async () => {
    const server = running();
    const paths = ["/health", "/stats", "/channels", "/channels/x", "/ws"];
    for (const path of [...paths, "/index.html", "/dashboard/none.js"]) {
      const answer = await server.fetch(path, HTML);
      const type = answer.headers.get("content-type");
      expect([path, type]).toEqual([path, "application/json; charset=utf-8"]);
    }
    const posted = await server.fetch("/", { ...HTML, method: "POST" });
    expect(posted.status).not.toBe(200);
  });
});

it("programs without an Upgrade header are still told to send one", async () => {
  expect(await open.fetch("/")).toMatchObject({ status: 426 });
});

describe("subscribers", () => {
  it("are listed in order, with who they are and since when", async () => {
    const id = newChannelId("listed");
    const before = Date.now();
    const session = await connect(open);
    await session.subscribes(id);
    const direct = await connect(open, { channel: id });
    await direct.subscribes(id);
    const { body } = await open.fetch(`${pathOf(id)}/subscribers`);
    const list = v.parse(SubscriberListSchema, body);
    expect(list).toMatchObject({
      "channel-id": id,
      "subscriber-count": 2,
      subscribers: [
        { "user-id": null, via: "session" },
        { "user-id": null, via: "direct" },
      ],
    });
    for (const { "subscribed-at": since } of list.subscribers) {
      expect(since).toBeGreaterThanOrEqual(before - 50);
      expect(since).toBeLessThanOrEqual(list["server-time"]);
    }
    await direct.leaves();
    const { body: later } = await open.fetch(`${pathOf(id)}/subscribers`);
    expect(later).toMatchObject({ "subscriber-count": 1 });
  });

  it("of no channel are not found", async () => {
    const none = await open.fetch("/channels/none-at-all/subscribers");
    expect(none.status).toBe(404);
  });

  it("are for admins of the channel alone, and named with their users", async () => {
    const all = { "team-*": ["admin"], "*": ["info", "subscribe", "create"] };
    const token = await issuer.token({ sub: "ada", channels: all });
    const ada = withToken(closed, token);
    const client = await connect(closed, { token });
    await client.subscribes("team-a");
    await client.subscribes("other");
    const { body } = await ada.fetch("/channels/team-a/subscribers");
    expect(body).toMatchObject({ subscribers: [{ "user-id": "ada" }] });
    const refused = await ada.fetch("/channels/other/subscribers");
    expect(refused).toMatchObject({
      status: 403,
      body: { error: { reason: "forbidden" } },
    });
    expect(refused.text).toContain("admin is not allowed");
  });
});

describe("a socket that wants to do less", () => {
  it("listens, is never asked, and can do nothing else", async () => {
    const id = newChannelId("narrow");
    await open.sends("PUT", pathOf(id), {});
    const heard: unknown[] = [];
    const tail = await connect(open, {
      channel: id,
      only: "subscribe,history",
    });
    await tail.subscribes(id);
    tail.watches((frame) => void heard.push(frame));
    const asked = await open.sends("POST", `${pathOf(id)}/rpc`, { data: 1 });
    expect(asked.body).toMatchObject({ error: { reason: "no-subscribers" } });
    await open.sends("POST", `${pathOf(id)}/messages`, { data: "hello" });
    await eventually("it hears it", () => heard.length > 0);
    expect(heard).toMatchObject([{ type: "channel-message", data: "hello" }]);
    tail.sends({ type: "publish", "channel-id": id, data: "not mine to say" });
    await eventually("it is refused", () => heard.length > 1);
    const refused = { type: "publish-result", reason: "forbidden" };
    expect(heard[1]).toMatchObject(refused);
  });

  it("creates no channel", async () => {
    const id = newChannelId("missing");
    const tail = await connect(open, { channel: id, only: "subscribe" });
    await expect(tail.subscribes(id)).rejects.toThrow('"operation":"create"');
    expect((await open.fetch(pathOf(id))).status).toBe(404);
  });

  it("must want something that there is", async () => {
    const client = connect(open, { channel: "x", only: "everything" });
    await expect(client).rejects.toThrow();
  });
});

describe("the history", () => {
  it("tells of the seconds that were, and of now", async () => {
    const id = newChannelId("history");
    await open.sends("PUT", pathOf(id), {});
    for (let i = 0; i < 5; i++) {
      await open.sends("POST", `${pathOf(id)}/messages`, { data: i });
    }
    const history = await eventually("it is in the history", async () => {
      const { body } = await open.fetch("/stats/history");
      const read = v.parse(StatsHistorySchema, body);
      const sum = read.samples.published.reduce((a, b) => a + b, 0);
      return sum >= 5 && read;
    });
    expect(history).toMatchObject({ status: "healthy" });
    expect(history.now["total-messages"]).toBeGreaterThanOrEqual(5);
    const last = history.samples.at.at(-1) ?? 0;
    const { body } = await open.fetch(`/stats/history?since=${last}`);
    const { samples } = v.parse(StatsHistorySchema, body);
    expect(samples.at.every((at) => at > last)).toBe(true);
    const bad = await open.fetch("/stats/history?since=x");
    expect(bad).toMatchObject({ status: 400 });
  });

  it("is for admins alone", async () => {
    expect(await closed.fetch("/stats/history")).toMatchObject({ status: 401 });
    const channels = { "*": ["info"] };
    const token = await issuer.token({ sub: "bob", channels });
    const bob = withToken(closed, token);
    expect(await bob.fetch("/stats/history")).toMatchObject({ status: 403 });
  });
});
