/**
 * The behaviours in a page: `window.behaves`.
 *
 * @module
 */
import { behaves } from "./index.ts";

Object.assign(globalThis, { behaves });
