/**
 * Where behaviours run: beside a service, and what issues tokens for it and
 * serves pages.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { type Server, startServer } from "../../system/support/server.ts";
import { sharedSecret } from "../../system/support/tokens.ts";
import type { Place, TokenWish } from "../behaviour/index.ts";

/** A service, and what stands beside it. */
export interface Host {
  readonly server: Server;
  readonly place: Place;
  /** A page of another origin, which the service lets in. */
  readonly page: string;
  stop(): Promise<void>;
}

/** What a token grants that is to grant nothing in particular. */
const EVERYTHING = { "*": ["admin"] };

/** Starts a service whose tokens anybody may have. @param script of the page. */
export async function startHost(script = ""): Promise<Host> {
  const issuer = sharedSecret();
  const beside = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(`http://x${request.url}`);
    response.setHeader("access-control-allow-origin", "*");
    if (pathname === "/token") {
      const wish: TokenWish = JSON.parse(searchParams.get("wish") ?? "{}");
      response.end(await issuer.token({ channels: EVERYTHING, ...wish }));
    } else if (pathname === "/script.js") {
      response.setHeader("content-type", "text/javascript");
      response.end(script);
    } else {
      response.setHeader("content-type", "text/html");
      response.end('<!doctype html><script src="/script.js"></script>');
    }
  });
  const page = await listen(beside);
  const vars = { ...issuer.variables, ALLOWED_ORIGINS: page };
  const server = await startServer({ served: true, vars });
  const url = `${server.url.replace("http", "ws")}/ws`;
  return {
    server,
    page,
    place: { url, tokens: `${page}/token` },
    stop: async () => {
      beside.close();
      beside.closeAllConnections();
      await server.kill();
    },
  };
}

/** All behaviours as one script. */
export async function bundle(file: string, format: "esm" | "iife") {
  const { outputFiles } = await build({
    entryPoints: [
      fileURLToPath(new URL(`../behaviour/${file}`, import.meta.url)),
    ],
    bundle: true,
    write: false,
    format,
    target: "es2022",
  });
  return outputFiles[0]?.text ?? "";
}

async function listen(server: HttpServer): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  return `http://127.0.0.1:${address.port}`;
}
