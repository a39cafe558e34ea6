/**
 * Bad input of every kind against one server, next to clients who must not
 * notice: what `npm test` tries a little, `npm run fuzz` tries for hours.
 *
 * @module
 */
import fc from "fast-check";

import { Attacker } from "./attacker.ts";
import { createChannel } from "./channels.ts";
import { everyWay, leaveAll } from "./client.ts";
import { hostileInputs } from "./hostile.ts";
import {
  type HostileRequest,
  hostileRequests,
  hostileUpgrades,
  sendRequest,
  sendUpgrade,
} from "./hostile-requests.ts";
import { hostileFrames, lootFor } from "./hostile-tokens.ts";
import { Neighbours } from "./neighbours.ts";
import { type Server, startServer } from "./server.ts";
import { type Issuer, sharedSecret } from "./tokens.ts";

/** Who is let in: everybody, or who has a token. */
export const MODES = ["open", "jwt"] as const;
export type Mode = (typeof MODES)[number];

const SOCKETS = ["session", "session, batch", "direct", "direct, batch"];

/** What is sent in each mode. */
export const KINDS: Readonly<Record<Mode, readonly string[]>> = {
  open: SOCKETS,
  jwt: [...SOCKETS, "requests", "upgrades"],
};

/** How much is sent, and whether what fails is then made smaller. */
export interface Amount {
  readonly runs: number;
  readonly seed: number;
  readonly shrinks?: boolean;
}

/** A server under attack. */
export class Target {
  readonly server: Server;
  readonly #issuer: Issuer | undefined;

  private constructor(server: Server, issuer: Issuer | undefined) {
    this.server = server;
    this.#issuer = issuer;
  }

  static async start(mode: Mode): Promise<Target> {
    if (mode === "open") {
      const server = await startServer();
      return new Target(server, undefined);
    }
    const issuer = sharedSecret();
    // One that runs for hours creates more than anybody may in a day.
    const vars = { ...issuer.variables, MAX_USER_CHANNELS: 1_000_000 };
    const server = await startServer({ served: true, vars });
    return new Target(server, issuer);
  }

  /**
   * Sends so many inputs of a kind.
   *
   * @throws when one is not answered as it should be, or when anybody else,
   * on the same channel or on another one, was disturbed.
   */
  async endures(kind: string, amount: Amount): Promise<void> {
    const { server } = this;
    const admin = await this.#issuer?.token({ channels: { "*": ["admin"] } });
    const channelId = await createChannel(server, "hostile", {}, admin);
    const other = await createChannel(server, "peaceful", {}, admin);
    const neighbours = await Promise.all(
      [channelId, other].map((id) => Neighbours.meet(server, id, admin)),
    );
    try {
      const attack = this.#attack(kind, channelId, amount).finally(() => {
        for (const each of neighbours) each.stop();
      });
      await Promise.all([attack, ...neighbours.map((each) => each.chat())]);
      for (const each of neighbours) each.expectPeace();
    } finally {
      await leaveAll();
    }
  }

  async #attack(
    kind: string,
    channelId: string,
    amount: Amount,
  ): Promise<void> {
    const { server } = this;
    const issuer = this.#issuer;
    const loot = issuer && (await lootFor(issuer, channelId));
    if (loot !== undefined && kind === "requests") {
      const send = (each: HostileRequest) => sendRequest(server, each);
      return sendAll(hostileRequests(loot), send, amount);
    }
    if (loot !== undefined && kind === "upgrades") {
      const send = (each: HostileRequest) => sendUpgrade(server, each);
      return sendAll(hostileUpgrades(loot), send, amount);
    }
    const way = everyWay(channelId)[SOCKETS.indexOf(kind)];
    if (way === undefined) throw new RangeError(`no such kind: ${kind}`);
    const attacker = new Attacker(server, { ...way, token: loot?.token });
    const inputs = [hostileInputs(channelId)];
    if (loot !== undefined) inputs.push(hostileFrames(loot));
    return sendAll(fc.oneof(...inputs), (each) => attacker.sends(each), amount);
  }
}

function sendAll<T>(
  inputs: fc.Arbitrary<T>,
  send: (input: T) => Promise<void>,
  { runs, seed, shrinks = false }: Amount,
): Promise<void> {
  return fc.assert(fc.asyncProperty(inputs, send), {
    numRuns: runs,
    seed,
    endOnFailure: !shrinks,
  });
}
