/** What users rely on, in Node. */
import { afterAll, beforeAll, expect, it } from "vitest";

import { behaves, NAMES } from "../client/behaviour/index.ts";
import { type Host, startHost } from "../client/support/hosts.ts";

let host: Host;
beforeAll(async () => {
  host = await startHost();
});
afterAll(async () => {
  await host.stop();
  expect(host.server.complaints()).toEqual([]);
});

it.each(NAMES)("the client %s", async (name) => {
  expect(await behaves(name, host.place)).toBeUndefined();
});
