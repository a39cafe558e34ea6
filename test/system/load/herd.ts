/**
 * Thousands of subscribers in a process of their own, so that whoever measures
 * the server does not wait for them.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as v from "valibot";

import { type Command, type Done, DoneSchema } from "./herd-process.ts";

export class Herd {
  readonly #child: ChildProcess;

  constructor() {
    const program = join(import.meta.dirname, "herd-process.ts");
    this.#child = fork(program, { execArgv: [] });
  }

  /**
   * Has all of them do something.
   *
   * @throws when any of them was handed something wrong.
   */
  async does(command: Command): Promise<Done> {
    this.#child.send(command);
    const [answer] = await Promise.race([
      once(this.#child, "message"),
      once(this.#child, "exit").then(() => {
        throw new Error("the herd's process ended");
      }),
    ]);
    const done = v.parse(DoneSchema, answer);
    if (done.fault !== undefined) throw new Error(done.fault);
    return done;
  }

  /** Ends the process, and with it all connections. */
  ends(): void {
    this.#child.kill("SIGKILL");
  }
}
