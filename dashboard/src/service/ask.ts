/**
 * Questions to the service over HTTP: with the token, every answer checked.
 *
 * @module
 */
import * as v from "valibot";

import { readToken } from "./token.ts";

/** What the service refused, in its words, or why it could not be asked. */
export class ServiceError extends Error {
  /** 0 where nothing was answered. */
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

const ErrorSchema = v.object({
  error: v.object({ reason: v.string(), message: v.string() }),
});

/** What to ask. */
export interface Question {
  readonly method?: "GET" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** How long an answer may take, in ms. */
const PATIENCE_MS = 15_000;

/**
 * Asks the service.
 *
 * @throws {ServiceError} when it refuses or cannot be reached.
 */
export async function ask<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
  question: Question = {},
): Promise<T> {
  const { status, text } = await send(path, question);
  const body = parse(text);
  if (status >= 400) throw refusal(status, body);
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  const message = `the service answered ${path} with something unknown`;
  throw new ServiceError(status, "unknown-answer", message);
}

async function send(
  path: string,
  { method = "GET", body, signal }: Question,
): Promise<{ status: number; text: string }> {
  const token = readToken();
  const late = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(path, {
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      cache: "no-store",
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (signal?.aborted) throw error;
    const message = late.aborted
      ? "the service does not answer"
      : "the service cannot be reached";
    throw new ServiceError(0, "unreachable", message);
  }
}

function refusal(status: number, body: unknown): ServiceError {
  const known = v.safeParse(ErrorSchema, body);
  if (!known.success) {
    return new ServiceError(status, "unknown", `HTTP status ${status}`);
  }
  const { reason, message } = known.output.error;
  return new ServiceError(status, reason, message);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An error's words, whatever it is. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
