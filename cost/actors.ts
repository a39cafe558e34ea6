/**
 * Clients that do one thing many times on a service that is measured.
 *
 * @module
 */
import { HEARTBEAT_PING } from "../src/protocol/framing.ts";
import { type Client, connect } from "../test/system/support/client.ts";

/** How a client is connected: to the channel's own path, or by a session. */
export type Way = "direct" | "session";

/** A hundred bytes, as chats and devices send them. */
export const DATA = { text: "x".repeat(100) };

/** A channel that is measured. */
export interface Stage {
  /** The service's address, without a slash at the end. */
  readonly url: string;
  readonly channel: string;
}

/** Makes the channel exist. */
export async function create({ url, channel }: Stage): Promise<void> {
  const body = JSON.stringify({ "message-retention": 1_000 });
  await expectOk(
    await fetch(`${url}/channels/${channel}`, { method: "PUT", body }),
  );
}

export function joins(stage: Stage, way: Way): Promise<Client> {
  return connect(stage, way === "direct" ? { channel: stage.channel } : {});
}

/** Connects so many clients, one after the other. */
export async function join(
  stage: Stage,
  way: Way,
  count: number,
): Promise<Client[]> {
  const clients: Client[] = [];
  await repeat(count, async () => clients.push(await joins(stage, way)));
  return clients;
}

/** Connects so many clients that are subscribed. */
export async function subscribers(
  stage: Stage,
  way: Way,
  count: number,
): Promise<Client[]> {
  const clients: Client[] = [];
  await repeat(count, async () => clients.push(await subscriber(stage, way)));
  return clients;
}

export async function subscriber(stage: Stage, way: Way): Promise<Client> {
  const client = await joins(stage, way);
  await client.subscribes(stage.channel);
  return client;
}

/** A subscriber that answers every request. */
export async function service(stage: Stage, way: Way): Promise<void> {
  const client = await subscriber(stage, way);
  client.watches((frame) => {
    if (frame.type !== "rpc-request") return;
    const id = frame["request-id"];
    client.sends({ type: "rpc-response", "request-id": id, data: DATA });
  });
}

/** Makes a request and waits until it has ended, however that is. */
export async function asks(
  client: Client,
  channel: string,
  rest: { readonly "timeout-ms"?: number } = {},
): Promise<void> {
  const frame = { type: "rpc-request", "channel-id": channel, data: DATA };
  const { "request-id": id } = await client.asks(
    { ...frame, ...rest },
    "rpc-request-result",
  );
  await client.receives({ type: "rpc-response", "request-id": id });
}

/** Sends a heartbeat and waits for its answer. */
export async function beats(client: Client): Promise<void> {
  client.sendsRaw(HEARTBEAT_PING);
  await client.receives({ type: "pong" });
}

/** Sends a request by HTTP. */
export async function posts(
  { url, channel }: Stage,
  path: "messages" | "rpc",
): Promise<void> {
  const body = JSON.stringify({ data: DATA });
  const where = `${url}/channels/${channel}/${path}`;
  await expectOk(await fetch(where, { method: "POST", body }));
}

/** Does something so many times, one after the other. */
export async function repeat(
  times: number,
  act: (n: number) => Promise<unknown>,
): Promise<void> {
  for (let n = 0; n < times; n++) await act(n);
}

/** Does something so many times, `width` of them at any moment. */
export async function inFlight(
  width: number,
  times: number,
  act: (n: number) => Promise<unknown>,
): Promise<void> {
  let n = 0;
  const lane = async (): Promise<void> => {
    while (n < times) await act(n++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

async function expectOk(response: Response): Promise<void> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
}
