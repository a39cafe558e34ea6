/**
 * A client that sends what no well-behaved one does, and looks at each answer.
 *
 * @module
 */
import type { ServerFrame } from "../../../src/protocol/server-frames.ts";
import { type Client, type ConnectOptions, connect, holds } from "./client.ts";
import type { Hostile } from "./hostile.ts";
import { secretsIn } from "./log-secrets.ts";
import type { Server } from "./server.ts";
import { eventually } from "./waiting.ts";

/**
 * Sends one input after another on connections of one kind and checks what
 * each gets, before the next one goes out.
 */
export class Attacker {
  readonly #server: Server;
  readonly #options: ConnectOptions;
  #client: Client | undefined;
  #got: ServerFrame[] = [];

  constructor(server: Server, options: ConnectOptions) {
    this.#server = server;
    this.#options = options;
  }

  async sends(input: Hostile): Promise<void> {
    const { message, asText, reply, late = false, closes = [] } = input;
    const client = await this.#connected();
    this.#got = [];
    if (asText === true) client.socket.send(message, { binary: false });
    else client.sendsRaw(message);
    const fence = { type: "ping", timestamp: 7 };
    const answer = await client.asks(fence, "pong").catch((error) => error);
    if (late && client.isOpen) {
      await eventually("the token is answered", () =>
        this.#got.some((frame) => "ref" in frame && frame.ref === "token"),
      );
    }
    const got = this.#got.filter((frame) => frame !== answer);
    expectNoSecret(got);
    const ending = answer instanceof Error ? await client.ended : undefined;
    if (ending !== undefined && !closes.includes(ending.code)) {
      throw new Error(`closed with ${JSON.stringify(ending)}`, {
        cause: answer,
      });
    }
    // The ping may have arrived in time to be answered before the close.
    if (closes.includes(1009)) await client.isClosed(1009);
    if (ending !== undefined && reply === undefined) return;
    if (reply === undefined ? got.length === 0 : holdsOne(got, reply)) return;
    // Nobody renews a token as often as this does.
    if (late && holdsOne(got, { reason: "rate-limited" })) return;
    throw new Error(`expected ${JSON.stringify(reply)}, got ${brief(got)}`);
  }

  async #connected(): Promise<Client> {
    if (this.#client?.isOpen !== true) {
      this.#client = await connect(this.#server, this.#options);
      this.#client.watches((frame) => void this.#got.push(frame));
    }
    return this.#client;
  }
}

/** An echo holds what was sent, whatever that was. */
function expectNoSecret(got: readonly ServerFrame[]): void {
  for (const frame of got) {
    if (frame.type === "echo") continue;
    const [secret] = secretsIn(JSON.stringify(frame));
    if (secret !== undefined) throw new Error(`an answer holds ${secret}`);
  }
}

function holdsOne(got: readonly ServerFrame[], reply: unknown): boolean {
  return got.length === 1 && holds(got[0], reply);
}

function brief(value: unknown): string {
  return JSON.stringify(value).slice(0, 1_000);
}
