/**
 * Another Worker that uses the service: `POST /call/:method` with a JSON array
 * of arguments answers what the call resolved with, or why it was rejected; with
 * a token in `Authorization`, for the holder of that token. All else goes on to
 * the service.
 *
 * @module
 */
import type { SenteLite } from "../../../src/index.ts";

const BEARER = "Bearer ";

interface Env {
  readonly SENTE: Service<SenteLite>;
  readonly PUBLIC: Fetcher;
}

export default {
  async fetch(request: Request, { SENTE, PUBLIC }: Env): Promise<Response> {
    const [, first, method] = new URL(request.url).pathname.split("/");
    if (first !== "call" || method === undefined) return PUBLIC.fetch(request);
    const args: readonly unknown[] = await request.json();
    const header = request.headers.get("authorization");
    try {
      const service =
        header === null ? SENTE : await SENTE.as(header.slice(BEARER.length));
      const call: unknown = Reflect.get(service, method);
      if (typeof call !== "function")
        return new Response(null, { status: 404 });
      const value: unknown = await Reflect.apply(call, service, args);
      return Response.json({ value });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { name, message } = error;
      return Response.json({ error: { name, message } });
    }
  },
};
