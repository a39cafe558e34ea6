/** Requests that are not wanted any more. */
import { describe, expect, it, vi } from "vitest";

import { answered, passedOn, REQUEST } from "./support/answers.ts";
import { ask } from "./support/request.ts";
import {
  outcomeOf,
  soon,
  startClient,
  startConnected,
  useFakeClock,
} from "./support/stage.ts";

useFakeClock();

describe("aborting", () => {
  async function askWithSignal() {
    const stop = new AbortController();
    const asked = await ask({ signal: stop.signal });
    const reason = new Error("never mind");
    return { ...asked, abort: () => stop.abort(reason), reason };
  }

  it("before it is sent sends nothing", async () => {
    const stage = await startClient();
    const stop = new AbortController();
    const { signal } = stop;
    const asking = stage.client.channel("room").request(1, { signal });
    const reason = new Error("enough");
    stop.abort(reason);
    expect(await outcomeOf(asking)).toBe(reason);
    stage.socket.welcomes();
    await soon();
    expect(stage.socket.has("rpc-request")).toBe(false);
  });

  it("beforehand sends nothing", async () => {
    const { client, socket } = await startConnected();
    const reason = new Error("never mind");
    const signal = AbortSignal.abort(reason);
    const asking = client.channel("room").request(1, { signal });
    expect(await outcomeOf(asking)).toBe(reason);
    expect(socket.has("rpc-request")).toBe(false);
  });

  it("after it was sent cancels it once the server has named it", async () => {
    const { socket, asking, abort, reason } = await askWithSignal();
    abort();
    expect(await outcomeOf(asking)).toBe(reason);
    passedOn(socket);
    await soon();
    expect(socket.takes("rpc-cancel")["request-id"]).toBe(REQUEST);
    answered(socket, { error: true, reason: "cancelled" });
  });

  it("after it was passed on cancels it at once", async () => {
    const { socket, asking, abort, reason } = await askWithSignal();
    passedOn(socket);
    abort();
    expect(await outcomeOf(asking)).toBe(reason);
    expect(socket.takes("rpc-cancel")["request-id"]).toBe(REQUEST);
  });

  it("after the answer does nothing", async () => {
    const { socket, asking, abort } = await askWithSignal();
    passedOn(socket);
    answered(socket, { data: 1 });
    abort();
    expect(await asking).toBe(1);
    await soon();
    expect(socket.has("rpc-cancel")).toBe(false);
  });

  it("is forgotten when the request has ended", async () => {
    const { client, socket } = await startConnected();
    const stop = new AbortController();
    const removed = vi.spyOn(stop.signal, "removeEventListener");
    const added = vi.spyOn(stop.signal, "addEventListener");
    const { signal } = stop;
    const asking = client.channel("room").request(1, { signal });
    await soon();
    passedOn(socket);
    answered(socket, {});
    await asking;
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });
});
