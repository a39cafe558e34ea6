/**
 * The service over HTTP (docs/protocol.md §6).
 *
 * @module
 */
import * as v from "valibot";

import { CliError, EXIT, UsageError } from "./exit.ts";
import { hintFor } from "./hints.ts";
import { whyOf } from "./network.ts";

/** How long an answer may take, in ms. */
const PATIENCE_MS = 30_000;
/** And where it only says why something else failed. */
const PROBE_MS = 2_000;

/** What refusals look like. */
const ErrorSchema = v.object({
  error: v.object({ reason: v.string(), message: v.string() }),
});

/** An answer whose body was looked at. */
export interface Answer<T> {
  readonly status: number;
  /** As the service sent it, for programs. */
  readonly document: unknown;
  /** What is known of it. */
  readonly value: T;
}

/** A request to the service. */
export interface Call<T> {
  readonly method?: string;
  /** From the service's own URL on. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What the answer's body must be. */
  readonly schema: v.GenericSchema<unknown, T>;
  /** Statuses that are no failure, besides those of success. */
  readonly accepts?: readonly number[];
  /** Whether it is done in spite of Ctrl-C. */
  readonly isLast?: boolean;
  /** How long the answer may take, in ms. */
  readonly patienceMs?: number;
}

/** The service that all commands use. */
export class Service {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly #interruption: AbortSignal;

  constructor(
    url: string,
    token: string | undefined,
    interruption: AbortSignal,
  ) {
    this.url = url;
    this.token = token;
    this.#interruption = interruption;
  }

  /**
   * Asks.
   *
   * @throws {CliError} when it is refused, or nobody answers.
   */
  async call<T>({
    schema,
    accepts = [],
    ...call
  }: Call<T>): Promise<Answer<T>> {
    const response = await this.#fetch(call);
    const { status } = response;
    const text = await response.text();
    const document = text === "" ? undefined : parse(text);
    if (!response.ok && !accepts.includes(status)) {
      throw this.refused(status, document);
    }
    const value = v.safeParse(schema, document);
    if (!value.success) throw this.refused(status, document);
    return { status, document, value: value.output };
  }

  /**
   * Why a WebSocket of a path cannot be opened, asked over HTTP, which says
   * more than a WebSocket does.
   *
   * @param said what the WebSocket said.
   */
  async whyNoSocket(path: string, said: string): Promise<CliError> {
    try {
      const response = await this.#fetch({ path, patienceMs: PROBE_MS });
      const document = parse(await response.text());
      if (response.status !== 426) {
        return this.refused(response.status, document);
      }
      return this.#unreachable(`a WebSocket to ${this.url}`, said);
    } catch (error) {
      const isReason = error instanceof CliError && error.reason !== "timeout";
      return isReason ? error : this.#unreachable(this.url, said);
    }
  }

  /** The error that an answer is. */
  refused(status: number, document: unknown): CliError {
    const parsed = v.safeParse(ErrorSchema, document);
    if (!parsed.success) return this.#stranger(`(${status})`);
    const { reason, message } = parsed.output.error;
    const code = reason === "timeout" ? EXIT.timeout : EXIT.refused;
    const hint = hintFor(reason);
    return new CliError(code, reason, `${message} (${status} ${reason})`, {
      hint,
    });
  }

  async #fetch(
    call: Omit<Call<unknown>, "schema" | "accepts">,
  ): Promise<Response> {
    const { method = "GET", path, body, isLast = false } = call;
    const { patienceMs = PATIENCE_MS } = call;
    const late = AbortSignal.timeout(patienceMs);
    const signal = isLast ? late : AbortSignal.any([this.#interruption, late]);
    const headers = new Headers();
    if (this.token) headers.set("authorization", `Bearer ${this.token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (!isLast) this.#interruption.throwIfAborted();
      if (late.aborted) {
        const message = `${this.url} did not answer within ${patienceMs / 1_000} s`;
        throw new CliError(EXIT.timeout, "timeout", message);
      }
      throw this.#unreachable(this.url, whyOf(error), error);
    }
  }

  #unreachable(what: string, why: string, cause?: unknown): CliError {
    const message = `cannot reach ${what}: ${why}`;
    return new CliError(EXIT.disconnected, "unreachable", message, {
      hint: "--url or SENTE_URL says where the service is",
      cause,
    });
  }

  #stranger(what: string): CliError {
    const message = `${this.url} does not answer as sente-lite does: ${what}`;
    return new CliError(EXIT.refused, "invalid-answer", message, {
      hint: "--url or SENTE_URL says where the service is",
    });
  }
}

/** The path of a channel. */
export function channelPath(channelId: string, rest = ""): string {
  return `/channels/${encodeURIComponent(channelId)}${rest}`;
}

/**
 * The URL that requests begin with. That of a session will do as well.
 *
 * @throws {UsageError} when it is none.
 */
export function parseServiceUrl(text: string): string {
  const rule = "--url must be like https://realtime.example.com";
  const url = URL.parse(text);
  if (url === null) throw new UsageError(`${rule}, not ${text}`);
  url.protocol = url.protocol.replace(/^ws/, "http");
  const isWeb = /^https?:$/.test(url.protocol);
  if (!isWeb) throw new UsageError(`${rule}, not ${text}`);
  // They may be secrets, which are not repeated.
  if (url.search || url.hash || url.username || url.password) {
    const hint = "a token goes into --token or SENTE_TOKEN";
    throw new UsageError(`${rule}, without anything before or after`, hint);
  }
  return url.href.replace(/\/(ws)?$/, "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
