/**
 * Asking and answering.
 *
 * @module
 */
import type { RemoteError } from "../../../src/client/index.ts";
import { type Behaviour, Coming, equal, fails } from "./world.ts";

export const requests: Readonly<Record<string, Behaviour>> = {
  "answers what is asked": async (world) => {
    const [service, asker] = [world.connect(), world.connect()];
    const id = world.channel("service");
    await service.channel(id).respond(({ data }) => ({ asked: data }));
    const asking = [1, 2, 3].map((n) => asker.channel(id).request(n));
    equal(await Promise.all(asking), [
      { asked: 1 },
      { asked: 2 },
      { asked: 3 },
    ]);
  },

  "answers in parts": async (world) => {
    const [service, asker] = [world.connect(), world.connect()];
    const id = world.channel("service");
    await service.channel(id).respond(async function* ({ data }) {
      for (let n = 1; n <= Number(data); n++) yield n;
    });
    const got: unknown[] = [];
    const parts = asker.channel(id).requestParts(5);
    for await (const part of parts) got.push(part);
    equal(got, [1, 2, 3, 4, 5]);
  },

  "has the service stop when whoever asked wants no more": async (world) => {
    const [service, asker] = [world.connect(), world.connect()];
    const id = world.channel("service");
    const [begun, aborted] = [new Coming<unknown>(), new Coming<unknown>()];
    await service.channel(id).respond(({ signal, data }) => {
      signal.addEventListener("abort", () => aborted.add(data));
      begun.add(data);
      return new Promise(() => {});
    });
    const stop = new AbortController();
    const { signal } = stop;
    const asking = asker.channel(id).request("long", { signal });
    await begun.are(1);
    stop.abort(new RangeError("enough"));
    await fails(asking, "RangeError");
    equal(await aborted.are(1), ["long"]);
  },

  "says that the service failed, and how": async (world) => {
    const [service, asker] = [world.connect(), world.connect()];
    const id = world.channel("service");
    await service.channel(id).respond(() => {
      throw new TypeError("no such order");
    });
    const error = await fails(asker.channel(id).request(1), "RemoteError");
    equal(error.message, "no such order");
    equal((error as RemoteError).data, { message: "no such order" });
  },

  "says at once that nobody answers": async (world) => {
    const [one, other] = [world.connect(), world.connect()];
    const id = world.channel("service");
    const responder = await one.channel(id).respond(() => 1);
    equal(await other.channel(id).request(1), 1);
    await responder.stop();
    await fails(other.channel(id).request(1), "NoSubscribersError");
  },

  "does not wait longer than it is told to": async (world) => {
    const [service, asker] = [world.connect(), world.connect()];
    const id = world.channel("service");
    await service.channel(id).respond(() => new Promise(() => {}));
    const asking = asker.channel(id).request(1, { timeoutMs: 200 });
    await fails(asking, "TimeoutError");
  },
};
