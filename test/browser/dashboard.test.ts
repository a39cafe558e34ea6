/** The dashboard, against a running service with real traffic. */
import { rm } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { connect } from "../../src/client/index.ts";
import {
  CHROMIUM,
  openBrowser,
  tellIfMissing,
} from "../system/support/browser.ts";
import {
  newDataDir,
  type Server,
  startServer,
} from "../system/support/server.ts";
import { startTraffic, type Traffic } from "./support/traffic.ts";
import { overflows, type Visit, visit } from "./support/visit.ts";

/** Phones are this narrow. */
const SMALL = { viewport: { width: 360, height: 740 } };
const DARK = { colorScheme: "dark" } as const;

tellIfMissing("The dashboard");
describe.skipIf(CHROMIUM === undefined)("the dashboard", () => {
  let browser: Browser;
  let server: Server;
  let traffic: Traffic;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await newDataDir();
    const starting = startServer({ dataDir, served: true });
    [browser, server] = await Promise.all([openBrowser(), starting]);
  });
  afterAll(async () => {
    await traffic?.stop();
    await browser?.close();
    await server?.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function opens(
    hash: string,
    options: Parameters<typeof visit>[2] = {},
  ): Promise<Visit> {
    const visited = await visit(browser, server.url, options);
    await visited.go(hash);
    return visited;
  }

  /** Nothing went wrong in it, and nobody is kept out. */
  async function leaves({ page, context, problems, barriers }: Visit) {
    await page.unrouteAll({ behavior: "wait" });
    expect(await barriers()).toEqual([]);
    expect(problems).toEqual([]);
    await context.close();
  }

  /** The large figure of a card of the overview. */
  function figure(page: Page, card: string): Promise<string | null> {
    return page
      .getByLabel(card, { exact: true })
      .locator(".value")
      .textContent();
  }

  it("says what to do where there is nothing yet", async () => {
    const visited = await opens("");
    const { page, go, shoot } = visited;
    await page.getByText("There is no channel yet").waitFor();
    expect(await figure(page, "Channels")).toBe("0");
    await shoot("overview-empty");
    await go("#/channels");
    await page.getByText("There is no channel yet").waitFor();
    await shoot("channels-empty");
    await go("#/channels/none");
    await page.getByText("There is no such channel").waitFor();
    await leaves(visited);
  });

  describe("with traffic", () => {
    beforeAll(async () => {
      traffic = await startTraffic(server.url);
    });

    it("shows how the service is", async () => {
      const visited = await opens("");
      const { page, shoot } = visited;
      await page.getByText("Healthy", { exact: true }).waitFor();
      await expect.poll(() => figure(page, "Channels")).toBe("5");
      // Seven on four channels, and a service.
      await expect.poll(() => figure(page, "Subscriptions")).toBe("29");
      await expect.poll(() => figure(page, "Connections")).toBe("11");
      const rate = async () =>
        Number.parseFloat((await figure(page, "Messages")) ?? "");
      await expect.poll(rate).toBeGreaterThan(1);
      await expect
        .poll(() => figure(page, "RPC latency"))
        .toMatch(/^[\d.,]+ m?s$/);
      await expect
        .poll(() => figure(page, "RPC errors"))
        .toMatch(/^[1-9][\d.]*%$/);
      const drawn = await page.locator(".u-over").count();
      expect(drawn, "charts").toBe(8);
      const chart = page.getByRole("img", { name: /^Messages per second/ });
      expect(await chart.getAttribute("aria-label")).toMatch(/now: .* \d/);
      await shoot("overview-light");
      await leaves(visited);
    });

    it("is asked once a second, and not while nobody looks", async () => {
      const { page, context } = await opens("");
      const times: number[] = [];
      page.on("request", (request) => {
        if (request.url().includes("/stats/")) times.push(Date.now());
      });
      await expect.poll(() => times.length).toBeGreaterThan(3);
      const pauses = times.slice(1).map((at, i) => at - (times[i] ?? 0));
      expect(Math.min(...pauses)).toBeGreaterThan(900);
      await context.close();
    });

    it.each([
      ["overview", "", "Overview"],
      ["channels", "#/channels", "Channels"],
      ["channel", "#/channels/chat-lobby", "chat-lobby"],
      ["console", "#/console", "Try it"],
    ])(
      "can be read in the dark and on a phone: %s",
      async (name, hash, title) => {
        for (const [kind, options] of [
          ["dark", DARK],
          ["small", SMALL],
        ] as const) {
          const visited = await opens(hash, options);
          const { page, shoot } = visited;
          await page.getByRole("heading", { name: title, level: 1 }).waitFor();
          await expect.poll(() => page.locator(".loading").count()).toBe(0);
          if (name === "channel") {
            await page.locator(".message").first().waitFor();
          }
          expect(await overflows(page), `${name} overflows`).toBe(false);
          await shoot(`${name}-${kind}`);
          await leaves(visited);
        }
      },
    );

    it("lists channels, to search and to sort", async () => {
      const visited = await opens("#/channels");
      const { page, shoot } = visited;
      const names = () => page.locator(".rows .c-id").allTextContents();
      const sorted = [
        "chat-lobby",
        "chat-support",
        "orders",
        "prices/EUR",
        "time-service",
      ];
      await expect.poll(names).toEqual(sorted);
      const row = page.getByRole("row").filter({ hasText: "chat-lobby" });
      // The figures are late: another page's tail may be counted still.
      await expect
        .poll(() => row.getByRole("cell").nth(1).textContent())
        .toBe("7");
      const cells = await row.getByRole("cell").allTextContents();
      expect(Number(cells[2]), "messages a second").toBeGreaterThan(0);
      expect(cells[4], "retention").toBe("10");
      expect(cells[5], "age").toMatch(/^\d+ (s|min)$/);
      await shoot("channels-light");
      await page.getByRole("button", { name: "Channel", exact: true }).click();
      await expect.poll(names).toEqual([...sorted].reverse());
      await page.getByRole("searchbox").fill("CHAT");
      await expect.poll(names).toEqual(["chat-support", "chat-lobby"]);
      await page.getByRole("searchbox").fill("nothing like it");
      await page.getByText("No channel fits").waitFor();
      await leaves(visited);
    });

    it("creates and deletes a channel, by the keyboard alone", async () => {
      const visited = await opens("#/channels");
      const { page, shoot } = visited;
      const { keyboard } = page;
      await page.getByRole("button", { name: "New channel" }).focus();
      await keyboard.press("Enter");
      const name = page.getByLabel("Name");
      await expect.poll(() => name.evaluate(isFocused)).toBe(true);
      await keyboard.type("$reserved");
      await page.getByText("Settings, where").focus();
      await keyboard.press("Enter");
      await page.getByLabel("max-subscribers").focus();
      await keyboard.type("0");
      await keyboard.press("Enter");
      await page.getByText("must be an integer from 1 to 30000").waitFor();
      expect(await page.locator("[aria-invalid=true]").count()).toBe(2);
      expect(await name.evaluate(isFocused)).toBe(true);
      await shoot("create-wrong");
      await name.fill("<b>made</b> here");
      await page.getByLabel("max-subscribers").fill("20");
      expect(await visited.barriers()).toEqual([]);
      await keyboard.press("Enter");
      const title = page.getByRole("heading", { name: "<b>made</b> here" });
      await title.waitFor();
      const config = page.getByLabel("Configuration");
      await expect
        .poll(() => config.textContent())
        .toContain("max-subscribers20");
      await page.getByRole("button", { name: "Delete", exact: true }).focus();
      await keyboard.press("Enter");
      const dialog = page.getByRole("dialog");
      expect(await dialog.textContent()).toContain("<b>made</b> here");
      await shoot("delete");
      expect(await visited.barriers()).toEqual([]);
      await keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      const path = `/channels/${encodeURIComponent("<b>made</b> here")}`;
      expect((await server.fetch(path)).status).toBe(200);
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByRole("button", { name: "Delete it" }).click();
      await page.getByRole("heading", { name: "Channels" }).waitFor();
      expect((await server.fetch(path)).status).toBe(404);
      await leaves(visited);
    });

    it("tells what the service says to a wrong wish", async () => {
      const visited = await opens("#/channels");
      const { page } = visited;
      await page.getByRole("button", { name: "New channel" }).click();
      await page.getByLabel("Name").fill("orders");
      await page.getByText("Settings, where").click();
      await page.getByLabel("message-retention").fill("3");
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByText("exists with another configuration").waitFor();
      await leaves(visited);
    });

    it("scrolls through ten thousand channels without stutter", async () => {
      const visited = await visit(browser, server.url);
      const { page, go, shoot } = visited;
      const { body } = await server.fetch("/channels?limit=1");
      const [one] = Object.values(Object(Object(body).channels));
      await page.route("**/channels?*", (route) => {
        const query = new URL(route.request().url()).searchParams;
        const from = Number(query.get("cursor")?.slice(5) ?? -1) + 1;
        const ids = Array.from({ length: 1_000 }, (_, i) => nameOf(from + i));
        const channels = Object.fromEntries(ids.map((id) => [id, one]));
        const last = from + 1_000 >= 10_000;
        return route.fulfill({
          json: { channels, cursor: last ? null : ids.at(-1) },
        });
      });
      await go("#/channels");
      await page.getByText("10,000", { exact: true }).waitFor();
      expect(await page.locator(".rows .row").count()).toBeLessThan(60);
      await shoot("channels-10000");
      // How long a frame takes while it is scrolled from end to end.
      const slowest = await page.locator(".rows").evaluate(async (rows) => {
        const frame = () => new Promise(requestAnimationFrame);
        const times: number[] = [];
        for (let i = 0; i <= 60; i++) {
          rows.scrollTop = (rows.scrollHeight * i) / 60;
          const begun = performance.now();
          await frame();
          await frame();
          times.push(performance.now() - begun);
        }
        times.sort((a, b) => a - b);
        return times[Math.floor(times.length * 0.9)];
      });
      expect(slowest, "ms for two frames, 90 %").toBeLessThan(150);
      await page.getByText(nameOf(9_999)).waitFor();
      await page.getByRole("searchbox").fill("room-0777");
      await expect.poll(() => page.locator(".rows .row").count()).toBe(10);
      await leaves(visited);
    });

    it("shows a channel, what is said on it, and who listens", async () => {
      const visited = await opens("#/channels/chat-lobby");
      const { page, shoot } = visited;
      await page.getByText("listening").waitFor();
      const subscribers = page.getByLabel("Subscribers", { exact: true });
      // Seven of the traffic, and this page.
      await expect.poll(() => subscribers.locator("tbody tr").count()).toBe(8);
      const rows = await subscribers.locator("tbody tr").allTextContents();
      expect(rows[0]).toMatch(/^conn-.*anonymous\d+ (s|min)session$/);
      expect(rows[7]).toMatch(/direct$/);
      const tail = page.getByLabel("Live tail");
      const live = tail.locator(".message:not(.old)");
      await expect.poll(() => live.count()).toBeGreaterThan(3);
      expect(await live.first().textContent()).toMatch(
        /#\d+.*"text": "message/s,
      );
      const retained = page.getByLabel("Retained messages");
      await expect
        .poll(() => retained.locator(".message").count())
        .toBeGreaterThan(9);
      const throughput = page.getByRole("img", { name: /Messages per second/ });
      await expect
        .poll(() => throughput.getAttribute("aria-label"))
        .toMatch(/now: messages \/ s [1-9]/);
      await shoot("channel-light");
      await tail.getByRole("button", { name: "Pause" }).click();
      await tail.getByText(/paused, [1-9]\d* new/).waitFor();
      const paused = await tail.locator(".message").first().textContent();
      await tail.getByText(/paused, ([6-9]|\d\d) new/).waitFor();
      expect(await tail.locator(".message").first().textContent()).toBe(paused);
      await tail.getByRole("button", { name: "Go on" }).click();
      await expect
        .poll(() => tail.locator(".message").first().textContent())
        .not.toBe(paused);
      await leaves(visited);
    });

    it("publishes, and shows what it is told as text", async () => {
      await server.sends("PUT", "/channels/quiet", {});
      const visited = await opens("#/channels/quiet");
      const { page } = visited;
      await page.getByText("Nothing was said yet").waitFor();
      await page.getByText("listening").waitFor();
      const box = page.getByLabel("Publish", { exact: true });
      const text = box.getByLabel("Message");
      await text.fill("{");
      await text.press("Control+Enter");
      await box.getByText("This is not JSON").waitFor();
      await text.fill('"<img src=x onerror=alert(1)>"');
      await text.press("Control+Enter");
      await box.getByText(/#1, delivered to 1 in/).waitFor();
      const tail = page.getByLabel("Live tail");
      await tail.getByText("<img src=x onerror=alert(1)>").waitFor();
      expect(await page.locator("main img").count()).toBe(0);
      await page
        .getByLabel("Retained messages")
        .getByText("<img src=x")
        .waitFor();
      await leaves(visited);
    });

    it("asks, shows each answer with its latency, and is never asked", async () => {
      await server.sends("PUT", "/channels/countdown", {});
      const visited = await opens("#/channels/countdown");
      const { page, shoot } = visited;
      await page.getByText("listening").waitFor();
      const box = page.getByLabel("Request", { exact: true });
      const send = box.getByRole("button", { name: "Send request" });
      await send.click();
      await box.getByText("no-subscribers").waitFor();
      const service = connect(`${server.url.replace("http", "ws")}/ws`);
      try {
        await service.channel("countdown").respond(async function* () {
          for (let left = 3; left > 0; left--) yield { left };
        });
        await send.click();
        await box.getByText("The request has ended.").waitFor();
        const answers = await box.locator(".answers li").allTextContents();
        expect(answers).toHaveLength(4);
        for (const [i, answer] of answers.slice(0, 3).entries()) {
          expect(answer).toMatch(/^[\d.]+ ms/);
          expect(answer).toContain(`"left": ${3 - i}`);
        }
        await shoot("request");
      } finally {
        await service.close();
      }
      await leaves(visited);
    });

    it("speaks raw frames, with a template for each", async () => {
      const visited = await opens("#/console");
      const { page, shoot } = visited;
      const log = page.getByRole("log");
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await log.getByText('"type": "welcome"').waitFor();
      const send = page.getByRole("button", { name: "Send" });
      const template = page.getByLabel("Template");
      const types = await template.locator("option").allTextContents();
      expect(types).toHaveLength(12);
      for (const type of types) {
        await template.selectOption(type);
        await send.click();
        await log
          .locator(".out")
          .getByText(`"type": "${type}"`)
          .first()
          .waitFor();
      }
      for (const answer of [
        "subscription-result",
        "publish-result",
        "unsubscription-result",
        "rpc-request-result",
        "rpc-response-result",
        "rpc-cancel-result",
        "pong",
        "authenticate-result",
        "channel-list",
        "subscription-list",
      ]) {
        await log
          .locator(".in")
          .getByText(`"type": "${answer}"`)
          .first()
          .waitFor();
      }
      expect(
        await log.locator(".in").getByText("invalid-message").count(),
      ).toBe(0);
      await page.getByLabel("Message").fill("nonsense");
      await send.click();
      await log.getByText('"reason": "invalid-json"').waitFor();
      await shoot("console-light");
      await page.getByRole("button", { name: "Disconnect" }).click();
      await log.getByText("closed, 1000").waitFor();
      await leaves(visited);
    });

    it("says why the service is not healthy, and what could not be done", async () => {
      const visited = await visit(browser, server.url);
      const { page, go, shoot } = visited;
      await page.route("**/stats/history*", async (route) => {
        const answer = await route.fetch();
        const told = await answer.json();
        const message = "17 requests have been open for more than a minute";
        return route.fulfill({
          json: { ...told, status: "unhealthy", message },
        });
      });
      await page.route("**/channels?*", (route) =>
        route.fulfill({
          status: 500,
          json: {
            error: { reason: "internal-error", message: "it <i>failed</i>" },
          },
        }),
      );
      await go("");
      await page
        .getByRole("alert")
        .getByText("17 requests have been")
        .waitFor();
      await shoot("overview-unhealthy");
      await go("#/channels");
      await page.getByText("The channels: it <i>failed</i>").waitFor();
      await shoot("channels-error");
      await page.unroute("**/channels?*");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("link", { name: "orders" }).waitFor();
      expect(await page.getByText("it <i>failed</i>").count()).toBe(0);
      await leaves(visited);
    });

    it("reconnects by itself when the service comes back", async () => {
      const overview = await opens("");
      const channel = await opens("#/channels/chat-lobby");
      await overview.page.getByText("Healthy", { exact: true }).waitFor();
      await channel.page.getByText("listening").waitFor();
      const { port } = server;
      await server.kill();
      await overview.page.getByText("Reconnecting…").waitFor();
      await channel.page
        .getByLabel("Live tail")
        .getByText("reconnecting")
        .waitFor();
      expect(await figure(overview.page, "Channels")).not.toBe("0");
      await overview.shoot("overview-reconnecting");
      await channel.shoot("channel-reconnecting");
      expect(await overview.barriers()).toEqual([]);
      server = await startServer({ dataDir, served: true, port });
      await overview.page.getByText("Healthy", { exact: true }).waitFor();
      await channel.page.getByText("listening").waitFor();
      await leaves(overview);
      await leaves(channel);
    });
  });
});

function nameOf(number: number): string {
  return `room-${String(number).padStart(5, "0")}`;
}

function isFocused(element: Element): boolean {
  return element === document.activeElement;
}
