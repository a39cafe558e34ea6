/**
 * Connections: how they come, break and end, and who may do what.
 *
 * @module
 */
import type {
  StateChange,
  WebSocketConstructor,
} from "../../../src/client/index.ts";
import { type Behaviour, Coming, equal, fails } from "./world.ts";

/** The platform's own sockets, which a test can break. */
function breakable() {
  const sockets: WebSocket[] = [];
  class Recorded {
    constructor(url: string, protocols: string[]) {
      const socket = new WebSocket(url, protocols);
      sockets.push(socket);
      // biome-ignore lint/correctness/noConstructorReturn: it is to be that one
      return socket;
    }
  }
  return {
    WebSocket: Recorded as unknown as WebSocketConstructor,
    breaks: () => sockets.at(-1)?.close(4_000),
  };
}

export const connections: Readonly<Record<string, Behaviour>> = {
  "tells how it stands": async (world) => {
    const client = world.connect();
    equal(client.state, "connecting");
    const states = new Coming<string>();
    client.on("state", ({ state }) => states.add(state));
    await states.first((state) => state === "connected");
    await client.close();
    equal(states.all, ["connected", "closed"]);
    equal(client.state, "closed");
  },

  "goes on after a break where it was": async (world) => {
    const { WebSocket, breaks } = breakable();
    const [reader, writer] = [world.connect({ WebSocket }), world.connect()];
    const id = world.channel("room");
    const got = new Coming<unknown>();
    await reader.channel(id).subscribe(({ data }) => got.add(data));
    for (let n = 1; n <= 50; n++) {
      await writer.channel(id).publish(n);
      if (n % 20 === 0) breaks();
    }
    const all = Array.from({ length: 50 }, (_, n) => n + 1);
    equal(await got.are(50), all);
  },

  "publishes once what is published while connections break": async (world) => {
    const { WebSocket, breaks } = breakable();
    const [reader, writer] = [world.connect(), world.connect({ WebSocket })];
    const id = world.channel("room");
    const got = new Coming<unknown>();
    await reader.channel(id).subscribe(({ data }) => got.add(data));
    const all = Array.from({ length: 60 }, (_, n) => n + 1);
    const publishing = all.map(async (n) => {
      const result = await writer.channel(id).publish(n);
      if (n === 20 || n === 40) breaks();
      return result;
    });
    breaks();
    const seqs = (await Promise.all(publishing)).map(({ seq }) => seq);
    equal(seqs, all);
    equal(await got.are(60), all);
  },

  "tries again where there is no server, and says so": async (world) => {
    const client = world.connect({ WebSocket: nowhere(), maxRetryMs: 100 });
    const states = new Coming<StateChange>();
    client.on("state", states.add);
    let waits = 0;
    await states.first(({ state }) => state === "waiting" && ++waits === 3);
  },

  "loses nothing when it is closed": async (world) => {
    const [reader, writer] = [world.connect(), world.connect()];
    const id = world.channel("room");
    const got = new Coming<unknown>();
    await reader.channel(id).subscribe(({ data }) => got.add(data));
    const all = Array.from({ length: 100 }, (_, n) => n);
    const publishing = all.map((n) => writer.channel(id).publish(n));
    await writer.close();
    await Promise.all(publishing);
    equal(await got.are(100), all);
    await fails(writer.channel(id).publish(1), "ClosedError");
  },

  "does all of it on a channel's own path": async (world) => {
    const one = world.connect({ direct: true });
    const other = world.connect({ direct: true });
    const id = world.channel("direct/ü ?#");
    const got = new Coming<unknown>();
    await one.channel(id).subscribe(({ data }) => got.add(data));
    await other.channel(id).publish("hi");
    equal(await got.are(1), ["hi"]);
    await one.channel(id).respond(({ data }) => data);
    equal(await other.channel(id).request(5), 5);
    const second = world.channel("direct");
    await one.channel(second).subscribe(got.add);
    equal(one.state, "connected");
  },

  "may do what its token grants, and nothing else": async (world) => {
    const id = world.channel("granted");
    await world
      .connect()
      .channel(id)
      .subscribe(() => {});
    const channels = { [id]: ["subscribe", "publish"] };
    const token = await world.token({ sub: "bob", channels });
    const client = world.connect({ token });
    const room = client.channel(id);
    await room.subscribe(() => {});
    await room.publish(1);
    const error = await fails(room.request(1), "ForbiddenError");
    if (!error.message.includes("request")) throw error;
    const elsewhere = client.channel(world.channel("other"));
    await fails(
      elsewhere.subscribe(() => {}),
      "ForbiddenError",
    );
    await room.publish(2);
  },

  "says why its token is refused, and stays closed": async (world) => {
    const client = world.connect({ token: "nonsense" });
    const publishing = client.channel(world.channel("room")).publish(1);
    const error = await fails(publishing, "ClosedError");
    if (!error.message.includes("invalid-token")) throw error;
    equal(client.state, "closed");
  },

  "fetches a token anew when it is over": async (world) => {
    const ttls = [-600, 600];
    const client = world.connect({
      token: () => world.token({ ttl: ttls.shift() ?? 600 }),
    });
    const room = client.channel(world.channel("room"));
    await room.subscribe(() => {});
    equal(ttls, []);
  },

  "renews a token before it ends, over the same connection": async (world) => {
    const ttls = [4, 600];
    const fetched = new Coming<number>();
    const client = world.connect({
      token: () => {
        const ttl = ttls.shift() ?? 600;
        fetched.add(ttl);
        return world.token({ ttl });
      },
    });
    const states = new Coming<string>();
    client.on("state", ({ state }) => states.add(state));
    const room = client.channel(world.channel("room"));
    const got = new Coming<unknown>();
    await room.subscribe(({ data }) => got.add(data));
    equal(await fetched.are(2), [4, 600]);
    // Past the end of the first.
    const end = Date.now() + 5_000;
    for (let n = 1; Date.now() < end; n++) {
      await room.publish(n);
      await got.are(n);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    equal(states.all, ["connected"]);
  },
};

/** Sockets that go where nobody listens. */
function nowhere(): WebSocketConstructor {
  class Nowhere {
    constructor(_: string, protocols: string[]) {
      // biome-ignore lint/correctness/noConstructorReturn: it is to be that one
      return new WebSocket("ws://127.0.0.1:9", protocols);
    }
  }
  return Nowhere as unknown as WebSocketConstructor;
}
