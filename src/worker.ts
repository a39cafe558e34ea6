/**
 * What Cloudflare runs: the service and nothing else.
 *
 * @module
 */
import { createWorker } from "./index.ts";

export { Channel, Registry, SenteLite, User } from "./index.ts";

export default createWorker();
