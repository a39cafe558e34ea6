/** A page's own code, as far as types go. */
import * as client from "sente-lite/client";

export const names = Object.keys(client);
