/** Methods, upgrades, odd names, RPC over HTTP, and a server that is closed. */
import { request as rawRequest } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import {
  channelBecomes,
  createChannel,
  infoOf,
  newChannelId,
  pathOf,
} from "./support/channels.ts";
import { connect, everyWay, holds, leaveAll } from "./support/client.ts";
import { type Server, startServer } from "./support/server.ts";
import { eventually, inTime } from "./support/waiting.ts";

let server: Server;
let closed: Server;
beforeAll(async () => {
  [server, closed] = await Promise.all([
    startServer(),
    startServer({ closed: true, configs: ["wrangler.toml"] }),
  ]);
});
afterEach(leaveAll);
afterAll(async () => {
  await Promise.all([server.kill(), closed.kill()]);
  expect(server.complaints()).toEqual([]);
  // It says once why nobody is let in.
  expect(closed.complaints()).toEqual([
    expect.stringContaining("nobody is let in: set JWT_SECRET"),
  ]);
});

/** What is to be expected of a refusal. */
function refusal(status: number, reason: string) {
  const message = expect.stringMatching(/./);
  return { status, body: { error: { reason, message } } };
}

describe("methods", () => {
  const PATHS = [
    ["/ws", ["GET", "HEAD", "OPTIONS"]],
    ["/health", ["GET", "HEAD", "OPTIONS"]],
    ["/health/live", ["GET", "HEAD", "OPTIONS"]],
    ["/health/ready", ["GET", "HEAD", "OPTIONS"]],
    ["/stats", ["GET", "HEAD", "OPTIONS"]],
    ["/metrics", ["GET", "HEAD", "OPTIONS"]],
    ["/channels", ["GET", "HEAD", "OPTIONS"]],
    ["/openapi.json", ["GET", "HEAD", "OPTIONS"]],
    ["/asyncapi.json", ["GET", "HEAD", "OPTIONS"]],
    ["/channels/c", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]],
    ["/channels/c/ws", ["GET", "HEAD", "OPTIONS"]],
    ["/channels/c/messages", ["GET", "POST", "HEAD", "OPTIONS"]],
    ["/channels/c/rpc", ["POST", "OPTIONS"]],
    ["/channels/c/events", ["GET", "HEAD", "OPTIONS"]],
  ] as const;

  it.each(PATHS)("of %s", async (path, allowed) => {
    const known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "LOCK"];
    for (const method of known) {
      if ((allowed as readonly string[]).includes(method)) continue;
      const origin = server.url;
      const { status, headers, text } = await server.fetch(path, {
        method,
        headers: { origin },
      });
      expect({ method, status }).toEqual({ method, status: 405 });
      expect(headers.get("allow")?.split(", ").toSorted()).toEqual(
        allowed.toSorted(),
      );
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      if (method !== "HEAD") expect(text).toContain("method-not-allowed");
    }
    const preflight = await server.fetch(path, {
      method: "OPTIONS",
      headers: {
        origin: server.url,
        "access-control-request-method": allowed[0],
        "access-control-request-headers": "idempotency-key",
      },
    });
    expect(preflight).toMatchObject({ status: 204, text: "" });
    const { headers } = preflight;
    expect(headers.get("access-control-allow-origin")).toBe(server.url);
    expect(headers.get("vary")).toBe("origin");
    expect(headers.get("access-control-allow-methods")).toContain(allowed[0]);
    expect(headers.get("access-control-allow-headers")).toContain(
      "idempotency-key",
    );
  });

  it("HEAD is GET without the body", async () => {
    const id = await createChannel(server, "head");
    const paths = ["/health", "/stats", "/channels", pathOf(id), "/metrics"];
    paths.push(`${pathOf(id)}/messages`, `${pathOf(id)}-none`, "/none");
    for (const path of paths) {
      const got = await server.fetch(path);
      const head = await server.fetch(path, { method: "HEAD" });
      expect(head).toMatchObject({ status: got.status, text: "" });
      for (const name of ["content-type", "access-control-allow-origin"]) {
        expect(head.headers.get(name)).toBe(got.headers.get(name));
      }
    }
  });

  it("an unknown path is not found", async () => {
    for (const path of [
      "/none",
      "/channels/a/b",
      "/channels/a/ws/b",
      "/health/x",
    ]) {
      for (const method of ["GET", "POST"]) {
        const answer = await server.fetch(path, { method });
        expect({ path, ...answer }).toMatchObject({ path, status: 404 });
      }
    }
  });
});

describe("upgrades", () => {
  it("are required where sockets are served", async () => {
    for (const path of ["/", "/ws", "/channels/c/ws"]) {
      const answer = await server.fetch(path);
      expect(answer).toMatchObject(refusal(426, "upgrade-required"));
    }
    expect(await server.fetch("/channels/c")).toMatchObject({ status: 404 });
  });

  it("of / are sessions, and the best offered subprotocol is picked", async () => {
    const url = server.url.replace("http", "ws");
    const offers = [
      [[], ""],
      [["sente-lite.v1"], "sente-lite.v1"],
      [["sente-lite.v1.batch"], "sente-lite.v1.batch"],
      [["sente-lite.v1", "sente-lite.v1.batch"], "sente-lite.v1.batch"],
      [["sente-lite.v1", "sente-lite.token.x.y.z"], "sente-lite.v1"],
    ] as const;
    for (const path of ["/", "/ws", "/channels/offers/ws"]) {
      for (const [offered, picked] of offers) {
        const socket = new WebSocket(`${url}${path}`, [...offered]);
        const first = await inTime(
          `a welcome on ${path}`,
          new Promise((resolve, reject) => {
            socket.on("message", (data) => resolve(JSON.parse(String(data))));
            socket.on("error", reject);
          }),
        );
        expect(first).toMatchObject({ type: "welcome", protocol: 1 });
        expect(socket.protocol).toBe(picked);
        socket.close();
      }
    }
  });
});

describe("channel-ids", () => {
  const GOOD = [
    "a/b",
    "a b",
    "a%2Fb",
    "%",
    "?a=b#c",
    "&",
    "+",
    "é",
    "😀",
    "a@b@c",
    "...",
    "..\\",
    "__proto__",
    "constructor",
    "a$",
    '"quoted"',
    "\u202ertl",
    "x".repeat(200),
    "é".repeat(100),
    "😀".repeat(50),
  ];

  it.each(GOOD)("%s names a channel everywhere", async (id) => {
    expect(await server.sends("PUT", pathOf(id), {})).toMatchObject({
      status: 201,
    });
    const clients = await Promise.all(
      everyWay(id).map((way) => connect(server, way)),
    );
    for (const client of clients) await client.subscribes(id);
    const posted = await server.sends("POST", `${pathOf(id)}/messages`, {
      data: id,
    });
    expect(posted.body).toMatchObject({ "channel-id": id, "delivered-to": 4 });
    for (const client of clients) {
      await client.receives({
        type: "channel-message",
        "channel-id": id,
        data: id,
      });
    }
    const [requester] = clients;
    const asked = requester?.asks(
      { type: "rpc-request", "channel-id": id, data: 1 },
      "rpc-request-result",
    );
    const service = clients[1];
    const request = await service?.receives({ type: "rpc-request" });
    expect(request?.["request-id"].endsWith(`@${id}`)).toBe(true);
    service?.sends({ ...request, type: "rpc-response", data: 2 });
    expect(await requester?.receives({ type: "rpc-response" })).toMatchObject({
      "request-id": (await asked)?.["request-id"],
      data: 2,
    });
    expect(await infoOf(server, id)).toMatchObject({
      seq: 1,
      "subscriber-count": 4,
    });
    await eventually("it is listed", async () => {
      const { body } = await server.fetch(
        `/channels?prefix=${encodeURIComponent(id)}`,
      );
      return Object.hasOwn(Object(Object(body).channels), id);
    });
    const deleted = await server.fetch(pathOf(id), { method: "DELETE" });
    expect(deleted.status).toBe(204);
  });

  const BAD = [
    "$",
    "$channel",
    "%00",
    "a%0Ab",
    "%7F",
    "%C2%80",
    "%ff",
    "%",
    "%e",
    "%ed%a0%80",
    "x".repeat(201),
    encodeURIComponent("😀".repeat(51)),
  ];

  it.each(BAD)("%s in a path is refused", async (part) => {
    const invalid = refusal(400, "invalid-channel-id");
    const path = `/channels/${part}`;
    expect(await server.fetch(path)).toMatchObject(invalid);
    expect(await server.sends("PUT", path, {})).toMatchObject(invalid);
    const message = { data: 1 };
    expect(
      await server.sends("POST", `${path}/messages`, message),
    ).toMatchObject(invalid);
    expect(await server.sends("POST", `${path}/rpc`, message)).toMatchObject(
      invalid,
    );
    expect(await server.fetch(`${path}/events`)).toMatchObject(invalid);
    expect(await upgrade(`${server.url}${path}/ws`)).toBe(400);
  });

  it.each(["", ".", "..", "$x", "\u0007", "x".repeat(201), "\ud800"])(
    "%j in a frame is refused",
    async (id) => {
      const client = await connect(server);
      const failed = { success: false, reason: "invalid-channel-id" };
      const frame = { "channel-id": id, data: 1 };
      expect(
        await client.asks(
          { type: "subscribe", ...frame },
          "subscription-result",
        ),
      ).toMatchObject(failed);
      expect(
        await client.asks(
          { type: "unsubscribe", ...frame },
          "unsubscription-result",
        ),
      ).toMatchObject(failed);
      expect(
        await client.asks({ type: "publish", ...frame }, "publish-result"),
      ).toMatchObject(failed);
      expect(
        await client.asks(
          { type: "rpc-request", ...frame },
          "rpc-request-result",
        ),
      ).toMatchObject({ "request-id": null, delivery: failed });
    },
  );
});

describe("POST /channels/:id/rpc", () => {
  const ask = (id: string, body: object) =>
    server.sends("POST", `${pathOf(id)}/rpc`, body);

  it("answers what the service answers", async () => {
    const id = await createChannel(server, "rpc");
    const service = await connect(server, { batch: true });
    await service.subscribes(id);
    for (const error of [false, true]) {
      const asked = ask(id, { data: { n: 1 }, "timeout-ms": 5_000 });
      const request = await service.receives({ type: "rpc-request" });
      expect(request).toMatchObject({
        data: { n: 1 },
        "sender-conn-id": null,
        "sender-user-id": null,
        "timeout-ms": 5_000,
      });
      const head = {
        type: "rpc-response",
        "request-id": request["request-id"],
      };
      service.sends({ ...head, data: "so far", final: false });
      service.sends({ ...head, data: { n: 2 }, error });
      expect(await asked).toMatchObject({
        status: 200,
        body: {
          type: "rpc-response",
          "request-id": request["request-id"],
          "channel-id": id,
          data: { n: 2 },
          error,
          final: true,
          "responder-conn-id": service.connId,
        },
      });
    }
  });

  it("asks one where one is wanted", async () => {
    const id = await createChannel(server, "rpc");
    const services = await Promise.all(
      everyWay(id).map((way) => connect(server, way)),
    );
    for (const each of services) await each.subscribes(id);
    for (const each of services) {
      const asked = ask(id, { data: 1, "deliver-to": "one" });
      const request = await each.receives({ type: "rpc-request" });
      each.sends({ ...request, type: "rpc-response", data: each.connId });
      expect((await asked).body).toMatchObject({ data: each.connId });
    }
    for (const each of services) await each.isAnswered();
    const further = services.flatMap(({ unread }) =>
      unread.filter(({ type }) => type === "rpc-request"),
    );
    expect(further).toEqual([]);
  });

  it("says why there is no answer", async () => {
    const id = await createChannel(server, "rpc", { "max-pending-rpc": 1 });
    expect(await ask(newChannelId("none"), { data: 1 })).toMatchObject(
      refusal(404, "channel-not-found"),
    );
    expect(await ask(id, { data: 1 })).toMatchObject(
      refusal(503, "no-subscribers"),
    );
    const service = await connect(server);
    await service.subscribes(id);
    expect(await ask(id, { data: 1, "timeout-ms": 50 })).toMatchObject(
      refusal(504, "timeout"),
    );
    await service.receives({ type: "rpc-request" });

    const asked = ask(id, { data: 1 });
    await service.receives({ type: "rpc-request" });
    const busy = await ask(id, { data: 1 });
    expect(busy).toMatchObject(refusal(429, "too-many-requests"));
    expect(Number(busy.headers.get("retry-after"))).toBeGreaterThan(0);
    service.vanishes();
    expect(await asked).toMatchObject(refusal(503, "responders-gone"));

    const other = await connect(server, { channel: id });
    await other.subscribes(id);
    const doomed = ask(id, { data: 1 });
    await other.receives({ type: "rpc-request" });
    await server.fetch(pathOf(id), { method: "DELETE" });
    expect(await doomed).toMatchObject(refusal(503, "channel-deleted"));
  });

  it("refuses what is no request", async () => {
    const id = await createChannel(server, "rpc");
    const bodies = [
      {},
      [],
      { data: 1, "timeout-ms": 0 },
      { data: 1, "timeout-ms": 300_001 },
      { data: 1, "deliver-to": "some" },
    ];
    for (const body of bodies) {
      expect(await ask(id, body)).toMatchObject(
        refusal(400, "invalid-message"),
      );
    }
    const answer = await server.fetch(`${pathOf(id)}/rpc`, {
      method: "POST",
      body: "nonsense",
    });
    expect(answer).toMatchObject(refusal(400, "invalid-json"));
    await channelBecomes(server, id, { "pending-rpc-requests": 0 });
  });
});

describe("without AUTH", () => {
  it("refuses everybody and says why", async () => {
    const paths = ["/ws", "/stats", "/metrics", "/channels", "/channels/c"];
    paths.push("/openapi.json", "/asyncapi.json", "/none");
    const refused = refusal(503, "auth-not-configured");
    for (const path of paths) {
      expect(await closed.fetch(path)).toMatchObject(refused);
    }
    for (const [method, path] of [
      ["PUT", "/channels/c"],
      ["POST", "/channels/c/messages"],
      ["POST", "/channels/c/rpc"],
    ] as const) {
      expect(await closed.sends(method, path, {})).toMatchObject(refused);
    }
    for (const path of ["/", "/ws", "/channels/c/ws"]) {
      expect(await upgrade(`${closed.url}${path}`)).toBe(503);
    }
  });

  it("is healthy all the same, and tells nothing else", async () => {
    const { status, body } = await closed.fetch("/health");
    expect(status).toBe(200);
    expect(holds(body, { status: "healthy" })).toBe(true);
    expect(body).not.toHaveProperty("connections");
  });
});

/** Asks for a WebSocket and resolves with the status of the answer. */
function upgrade(url: string): Promise<number> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  const answered = new Promise<number>((resolve, reject) => {
    const asked = rawRequest(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("upgrade", (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on("error", reject);
    asked.end();
  });
  return inTime(`an answer of ${url}`, answered);
}
