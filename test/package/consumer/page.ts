/** A page. */
import * as client from "sente-lite/client";

console.log(Object.keys(client));
