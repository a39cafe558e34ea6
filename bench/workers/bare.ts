/**
 * The least that a Durable Object with sockets can do: each frame goes to each
 * socket of the other role; nothing is stored, checked or counted.
 *
 * @module
 */
import { DurableObject } from "cloudflare:workers";

interface Env {
  readonly BARE: DurableObjectNamespace<Bare>;
}

const OTHER = { publisher: "subscriber", subscriber: "publisher" } as const;
type Role = keyof typeof OTHER;

export class Bare extends DurableObject<Env> {
  readonly #sockets: Record<Role, WebSocket[]>;
  readonly #roles = new Map<WebSocket, Role>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sockets = {
      publisher: ctx.getWebSockets("publisher"),
      subscriber: ctx.getWebSockets("subscriber"),
    };
    for (const role of ["publisher", "subscriber"] as const) {
      for (const socket of this.#sockets[role]) this.#roles.set(socket, role);
    }
  }

  override fetch(request: Request): Response {
    const role =
      new URL(request.url).searchParams.get("role") === "publisher"
        ? "publisher"
        : "subscriber";
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [role]);
    this.#sockets[role].push(server);
    this.#roles.set(server, role);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string): void {
    const role = this.#roles.get(socket);
    if (role === undefined) return;
    for (const each of this.#sockets[OTHER[role]]) each.send(message);
  }

  override webSocketClose(socket: WebSocket): void {
    const role = this.#roles.get(socket);
    if (role === undefined) return;
    this.#roles.delete(socket);
    this.#sockets[role] = this.#sockets[role].filter((each) => each !== socket);
  }
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> =>
    env.BARE.getByName(new URL(request.url).pathname).fetch(request),
};
