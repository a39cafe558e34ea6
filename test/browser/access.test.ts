/** The dashboard of a service that lets in only who has a token. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { connect } from "../../src/client/index.ts";
import { CHROMIUM, openBrowser } from "../system/support/browser.ts";
import {
  type Server,
  startServer,
  withToken,
} from "../system/support/server.ts";
import { type Channels, sharedSecret } from "../system/support/tokens.ts";
import { type Visit, visit } from "./support/visit.ts";

const issuer = sharedSecret();

describe.skipIf(CHROMIUM === undefined)("with AUTH=jwt, the dashboard", () => {
  let browser: Browser;
  let server: Server;
  beforeAll(async () => {
    const vars = { ...issuer.variables, REPORT_INTERVAL_MS: 20 };
    const starting = startServer({ served: true, vars });
    [browser, server] = await Promise.all([openBrowser(), starting]);
    const root = withToken(server, await tokenOf("root", { "*": ["admin"] }));
    for (const id of ["team-a", "team-b", "secret"]) {
      await root.sends("PUT", `/channels/${id}`, {});
    }
  });
  afterAll(async () => {
    await browser?.close();
    await server?.kill();
  });

  function tokenOf(sub: string, channels: Channels): Promise<string> {
    return issuer.token({ sub, channels });
  }

  /** Pastes a token where one is asked for. */
  async function enters(token: string, hash = ""): Promise<Visit> {
    const visited = await visit(browser, server.url);
    await visited.go(hash);
    await visited.page.getByLabel("Token").fill(token);
    await visited.page.getByRole("button", { name: "Use this" }).click();
    return visited;
  }

  async function leaves({ context, problems, barriers }: Visit) {
    expect(await barriers()).toEqual([]);
    expect(problems).toEqual([]);
    await context.close();
  }

  it("asks for a token, and keeps it for the tab alone", async () => {
    const token = await tokenOf("ada", { "*": ["admin"] });
    const visited = await visit(browser, server.url);
    const { page, go, shoot, barriers, context } = visited;
    await go("");
    await page.getByText("This service needs a token").waitFor();
    await shoot("token");
    expect(await barriers()).toEqual([]);
    await page.getByLabel("Token").fill("nonsense");
    await page.getByRole("button", { name: "Use this" }).click();
    await page.getByRole("alert").getByText("The service says:").waitFor();
    await page.getByLabel("Token").fill(` ${token}\n`);
    await page.getByRole("button", { name: "Use this" }).click();
    await page.getByText("Healthy", { exact: true }).waitFor();
    const kept = await page.evaluate(() => [
      JSON.stringify(sessionStorage),
      JSON.stringify(localStorage) + document.cookie,
    ]);
    expect(kept[0]).toContain(token);
    expect(kept[1]).not.toContain(token);
    await page.reload();
    await page.getByText("Healthy", { exact: true }).waitFor();
    const other = await context.newPage();
    await other.goto(server.url);
    await other.getByText("This service needs a token").waitFor();
    await page.getByRole("button", { name: "Forget token" }).click();
    await page.getByText("This service needs a token").waitFor();
    await leaves(visited);
  });

  it("says which grant is missing, and shows what is granted", async () => {
    const channels = { "team-*": ["info", "subscribe"] };
    const visited = await enters(await tokenOf("bob", channels));
    const { page, go, shoot } = visited;
    const missing = (grant: string, where: string) =>
      page.getByText(`Your token does not grant "${grant}" on "${where}".`);
    await missing("admin", "*").waitFor();
    await shoot("overview-forbidden");
    await go("#/channels");
    const names = () => page.locator(".rows .c-id").allTextContents();
    await expect.poll(names).toEqual(["team-a", "team-b"]);
    await page.getByRole("button", { name: "Delete team-a" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await missing("delete", "team-a").waitFor();
    await page.keyboard.press("Escape");
    await go("#/channels/team-a");
    await page.getByText("listening").waitFor();
    await missing("admin", "team-a").waitFor();
    await missing("history", "team-a").waitFor();
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await page.getByText("forbidden (publish)").waitFor();
    await shoot("channel-forbidden");
    await go("#/channels/secret");
    await missing("info", "secret").waitFor();
    await leaves(visited);
  });

  it("shows who is subscribed by name", async () => {
    const token = await tokenOf("carol", { "*": ["admin"] });
    const client = connect(`${server.url.replace("http", "ws")}/ws`, { token });
    await client.channel("team-b").subscribe(() => {});
    const visited = await enters(token, "#/channels/team-b");
    const rows = visited.page.locator("tbody tr");
    await expect
      .poll(() => rows.first().textContent())
      .toMatch(/carol\d+ (s|min)session/);
    await client.close();
    await leaves(visited);
  });

  it("connects the console with a pasted token", async () => {
    const visited = await enters(
      await tokenOf("dan", { "team-a": ["subscribe"] }),
      "#/console",
    );
    const { page } = visited;
    const log = page.getByRole("log");
    const connecting = page.getByRole("button", {
      name: "Connect",
      exact: true,
    });
    await connecting.click();
    await log.getByText('"user-id": "dan"').waitFor();
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByLabel("Token").fill("x.y.z");
    await connecting.click();
    await log.getByText("closed, 1008: invalid-token").waitFor();
    await leaves(visited);
  });
});
