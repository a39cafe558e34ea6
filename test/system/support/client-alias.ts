/**
 * Lets programs import `sente-lite/client` where no package is installed:
 * `node --import` this file. It is what they would import otherwise.
 *
 * @module
 */
import { registerHooks } from "node:module";

const CLIENT = new URL("../../../src/client/index.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "sente-lite/client"
      ? { url: CLIENT, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});
