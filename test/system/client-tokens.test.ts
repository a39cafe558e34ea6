/** The client keeps its promises while its tokens expire all the time. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";

import { SenteError } from "../../src/client/index.ts";
import { plays } from "../client/support/chaos.ts";
import { expectKept } from "../client/support/chaos-verdict.ts";
import { random, seedOfRun } from "./support/random.ts";
import { type Server, startServer, withToken } from "./support/server.ts";
import { sharedSecret } from "./support/tokens.ts";

const issuer = sharedSecret();
const CHANNELS = { "*": ["admin"] };
const RUN_MS = 15_000;

let server: Server;
let root: Server;
beforeAll(async () => {
  const vars = { ...issuer.variables, HEARTBEAT_MS: 500 };
  server = await startServer({ served: true, vars });
  const token = await issuer.token({ sub: "root", channels: CHANNELS });
  root = withToken(server, token);
});
afterAll(async () => {
  await server.kill();
  expect(server.complaints()).toEqual([]);
});

/** What the issuer of this test throws. */
class Outage extends Error {}

it("loses, repeats and reorders nothing with tokens of a few seconds", async () => {
  const seed = seedOfRun();
  console.log(`SEED=${seed}`);
  const dice = random(seed);
  let asked = 0;
  const token = async () => {
    asked += 1;
    if (dice.integer(5) === 0) throw new Outage("the issuer is down");
    const ttl = dice.integer(5) === 0 ? -60 : 2 + dice.integer(4);
    return issuer.token({ channels: CHANNELS, ttl });
  };
  const clients = 10;
  const outcome = await plays({
    seed,
    clients,
    url: server.url,
    server: () => root,
    ways: {
      options: { token },
      mayFail: (error) =>
        error instanceof Outage ||
        // Of a token that is sent over an open connection.
        (error instanceof SenteError && error.reason === "token-expired"),
    },
    during: () => pause(RUN_MS),
  });
  expectKept(outcome);
  // It was asked again and again, and not all the time.
  expect(asked).toBeGreaterThan(clients * 2);
  expect(asked).toBeLessThan(clients * 60);
});
