/**
 * A shop whose Worker hosts the channels itself. `POST /orders` takes an order
 * and tells whoever is subscribed to the channel `orders`; every other path is
 * the service's own.
 */
import {
  Channel,
  createWorker,
  type Env,
  Registry,
  SenteLite,
  User,
} from "sente-lite";

// The platform finds the objects, and `ctx.exports` the service, by these.
export { Channel, Registry, SenteLite, User };

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      /** Tells the compiler what `ctx.exports` holds. */
      mainModule: typeof import("./worker.ts");
    }
  }
}

const ORDERS = "orders";
const MAX_QUANTITY = 100;

type Order = { item: string; quantity: number };

const service = createWorker();

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/orders") {
      return service.fetch(request, env, ctx);
    }
    if (request.method !== "POST") {
      const headers = { allow: "POST" };
      return Response.json({ error: "use POST" }, { status: 405, headers });
    }
    const order = readOrder(await request.json().catch(() => undefined));
    if (order === undefined) {
      const error = `an order is {"item":"…","quantity":1 to ${MAX_QUANTITY}}`;
      return Response.json({ error }, { status: 400 });
    }
    return place(order, ctx);
  },
} satisfies ExportedHandler<Env>;

/** An order of its form, or undefined. */
function readOrder(body: unknown): Order | undefined {
  const { item, quantity } = Object(body);
  const isOrder =
    typeof item === "string" &&
    item !== "" &&
    Number.isInteger(quantity) &&
    quantity >= 1 &&
    quantity <= MAX_QUANTITY;
  return isOrder ? { item, quantity } : undefined;
}

async function place(order: Order, ctx: ExecutionContext): Promise<Response> {
  const id = crypto.randomUUID();
  const channels = ctx.exports.SenteLite;
  const publish = () =>
    channels.publish(ORDERS, { id, ...order }, { messageId: id });
  let result = await publish();
  if (result.reason === "channel-not-found") {
    await channels.createChannel(ORDERS, { "message-retention": 100 });
    result = await publish();
  }
  if (!result.success) {
    return Response.json({ error: result.reason }, { status: 503 });
  }
  return Response.json({ id, ...order, seq: result.seq }, { status: 201 });
}
