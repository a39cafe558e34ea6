/**
 * Which pages may use the service: browsers name the origin of a page, and a
 * page cannot name another one.
 *
 * @module
 */

/** What `ALLOWED_ORIGINS` holds: origins, `*.example.com`, or `*`. */
export type AllowedOrigins = readonly string[];

const SUBDOMAINS = "*.";

/**
 * Reads a list of origins.
 *
 * @returns undefined when an entry is neither of the forms.
 */
export function readOrigins(list: string): AllowedOrigins | undefined {
  const entries = list
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  return entries.every(isEntry) ? entries : undefined;
}

/**
 * Whether a page may use the service. What names no origin is no page.
 *
 * @param origin the header `Origin`, or null.
 * @param url that was asked for.
 */
export function allowsOrigin(
  allowed: AllowedOrigins,
  origin: string | null,
  url: string,
): boolean {
  if (origin === null) return true;
  if (!URL.canParse(origin)) return allowed.includes("*");
  const { host, protocol, port, hostname } = new URL(origin);
  // Not the scheme: a proxy in front may have ended TLS.
  if (host === new URL(url).host) return true;
  return allowed.some((entry) => {
    if (entry === "*") return true;
    if (!entry.startsWith(SUBDOMAINS)) return entry === origin;
    const isPlain = protocol === "https:" && port === "";
    return isPlain && hostname.endsWith(entry.slice(1));
  });
}

function isEntry(entry: string): boolean {
  if (entry === "*") return true;
  if (entry.startsWith(SUBDOMAINS)) {
    return /^[a-z\d-]+(\.[a-z\d-]+)*$/.test(entry.slice(SUBDOMAINS.length));
  }
  if (entry.includes("*") || !URL.canParse(entry)) return false;
  return new URL(entry).origin === entry;
}
