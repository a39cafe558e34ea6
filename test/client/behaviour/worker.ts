/**
 * The behaviours in a Worker: the body of a request says which, and where.
 *
 * @module
 */
import { behaves } from "./index.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { name, place } = await request.json();
    return new Response((await behaves(name, place)) ?? "fine");
  },
};
