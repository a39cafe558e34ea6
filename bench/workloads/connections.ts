/**
 * Connections that are subscribed and say nothing.
 *
 * @module
 */
import { residentBytes } from "../../measuring/processes.ts";
import { pause } from "../measure.ts";
import { joinAll, leaveAll } from "./crowd.ts";
import { newChannel, type Workload } from "./workload.ts";

/** Connections before the first look: what a server allocates once. */
const BEFORE = 200;
/** A level is what several looks in a row agree on. */
const LOOK_MS = 300;
const CALM_BYTES = 256 * 1024;

/** Figures: `bytes` of the server's resident memory for each connection. */
export function connections(count: number): Workload {
  return async (target) => {
    const channel = newChannel();
    const join = (n: number) =>
      joinAll(target, Array<string>(n).fill(channel), "subscriber");
    const first = await join(BEFORE);
    const before = await level(target.server.pid);
    const rest = await join(count);
    const after = await level(target.server.pid);
    await leaveAll(...first, ...rest);
    return { figures: { bytes: (after - before) / count } };
  };
}

async function level(pid: number): Promise<number> {
  let last = residentBytes(pid);
  for (let looks = 0; looks < 20; looks++) {
    await pause(LOOK_MS);
    const now = residentBytes(pid);
    if (Math.abs(now - last) < CALM_BYTES) return now;
    last = now;
  }
  return last;
}
