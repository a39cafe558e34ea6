/**
 * The page for people (dashboard/), out of the deployment's static assets.
 * Only these paths ever lead to an asset: everything else is the service's.
 *
 * @module
 */
import type { Env } from "../env.ts";

/** Where the parts of the page are; their names hold a hash of their content. */
const PART = /^\/dashboard\/[\w-]+\.(js|css)$/;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const GUARDS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * The page or a part of it, to anybody: it holds nothing but itself.
 *
 * @returns undefined for everything else, and where the page was not deployed.
 */
export async function servePage(
  request: Request,
  { ASSETS }: Env,
): Promise<Response | undefined> {
  const { method, url, headers } = request;
  if (ASSETS === undefined || !["GET", "HEAD"].includes(method)) return;
  const { pathname } = new URL(url);
  const isPage = pathname === "/" && wantsPage(headers);
  if (!isPage && !PART.test(pathname)) return;
  const file = isPage ? "/index.html" : pathname;
  const asset = await ASSETS.fetch(new URL(file, url));
  if (asset.status !== 200) return;
  const extension = file.slice(file.lastIndexOf(".") + 1);
  return new Response(method === "HEAD" ? null : asset.body, {
    headers: {
      ...GUARDS,
      "content-type": TYPES[extension] ?? "application/octet-stream",
      "cache-control": isPage
        ? "no-cache"
        : "public, max-age=31536000, immutable",
      ...(isPage ? { vary: "accept, upgrade" } : {}),
    },
  });
}

/** Whether a browser asks, in which somebody typed the address. */
function wantsPage(headers: Headers): boolean {
  if (headers.has("upgrade")) return false;
  return headers.get("accept")?.includes("text/html") ?? false;
}
