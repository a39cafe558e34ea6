/**
 * The same with partyserver, hibernating: it keeps its connections by tag.
 *
 * @module
 */
import {
  type Connection,
  type ConnectionContext,
  routePartykitRequest,
  Server,
} from "partyserver";

const OTHER = { publisher: "subscriber", subscriber: "publisher" } as const;

export class Party extends Server {
  static override options = { hibernate: true };

  override getConnectionTags(
    _connection: Connection,
    { request }: ConnectionContext,
  ): string[] {
    return [new URL(request.url).searchParams.get("role") ?? "subscriber"];
  }

  override onMessage(connection: Connection, message: string): void {
    const role = connection.tags.includes("publisher")
      ? "publisher"
      : "subscriber";
    for (const each of this.getConnections(OTHER[role])) each.send(message);
  }
}

export default {
  fetch: async (request: Request, env: Cloudflare.Env): Promise<Response> =>
    (await routePartykitRequest(request, env)) ??
    new Response("no such party", { status: 404 }),
};
