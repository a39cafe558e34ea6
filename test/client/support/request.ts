/**
 * Requests of tests.
 *
 * @module
 */
import { soon, startConnected } from "./stage.ts";

export async function ask(options = {}) {
  const stage = await startConnected();
  const asking = stage.client.channel("room").request({ q: 1 }, options);
  asking.catch(() => {});
  await soon();
  return { ...stage, stage, asking, socket: stage.socket };
}
