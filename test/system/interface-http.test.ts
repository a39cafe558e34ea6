/** Every example of /openapi.json, executed against the service. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Example } from "../../interface/operation.ts";
import { OPERATIONS } from "../../interface/operations/index.ts";
import { type Judge, judgeBy } from "../support/documents.ts";
import { leaveAll } from "./support/client.ts";
import { arrange } from "./support/given.ts";
import { Likeness } from "./support/likeness.ts";
import {
  type Answer,
  type Server,
  startServer,
  withToken,
} from "./support/server.ts";
import { sharedSecret } from "./support/tokens.ts";
import { eventually } from "./support/waiting.ts";

const issuer = sharedSecret();
let open: Server;
/** One that wants tokens. */
let closed: Server;
/** As the service hands it out. */
let document: { paths: Record<string, Record<string, Described>> };
let judge: Judge;

/** The parts of an operation, as the document describes it, that are read. */
interface Described {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly examples?: Named;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}
interface Content {
  readonly content?: Readonly<Record<string, { examples?: Named }>>;
}
type Named = Readonly<Record<string, { readonly value: unknown }>>;

beforeAll(async () => {
  open = await startServer({ vars: { REPORT_INTERVAL_MS: 100 } });
  closed = await startServer({ vars: issuer.variables });
  const { body } = await open.fetch("/openapi.json");
  document = Object(body);
  judge = judgeBy(document, true);
});
afterEach(leaveAll);
afterAll(async () => {
  await open.kill();
  await closed.kill();
  expect([...open.complaints(), ...closed.complaints()]).toEqual([]);
});

/** The service as whoever an example is of asks it. */
async function serverOf({ as }: Example): Promise<Server> {
  if (as === undefined) return open;
  if (as === "nobody") return closed;
  const channels = { "*": ["subscribe", "history", "info"] };
  return withToken(closed, await issuer.token({ channels }));
}

/** The request of an example, put together of what the document says. */
function requestOf(
  path: string,
  method: string,
  { parameters = [], requestBody }: Described,
  name: string,
  likeness: Likeness,
): { path: string; init: RequestInit } {
  let where = path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  for (const parameter of parameters) {
    const example = parameter.examples?.[name];
    if (example === undefined) continue;
    const value = String(likeness.fill(example.value));
    if (parameter.in === "query") query.set(parameter.name, value);
    else if (parameter.in === "header") headers[parameter.name] = value;
    else {
      const encoded = encodeURIComponent(value);
      where = where.replace(`{${parameter.name}}`, encoded);
    }
  }
  const content = requestBody?.content?.["application/json"];
  const body = content?.examples?.[name]?.value;
  const asked = query.size === 0 ? "" : `?${query}`;
  return {
    path: `${where}${asked}`,
    init: {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  };
}

describe.each(OPERATIONS)("$method $path", (operation) => {
  const { method, path, examples, withoutExamples } = operation;

  it("has examples, or says why not", () => {
    const described = document.paths[path]?.[method.toLowerCase()];
    expect(described).toBeDefined();
    expect(examples.length > 0).toBe(withoutExamples === undefined);
  });

  it.each(examples)("$name: $summary", async (example) => {
    const { name, status, given = [], figures } = example;
    const described = document.paths[path]?.[method.toLowerCase()];
    if (described === undefined) throw new Error("not described");
    const likeness = new Likeness(figures);
    await arrange(open, given, likeness);
    const server = await serverOf(example);
    const sent = requestOf(path, method, described, name, likeness);
    const execute = async (): Promise<Answer> => {
      const answer = await server.fetch(sent.path, sent.init);
      const response = ["paths", path, method.toLowerCase(), "responses"];
      const content = described.responses[status]?.content;
      expect(answer.status, answer.text).toBe(status);
      if (content === undefined) {
        expect(answer.text).toBe("");
        return answer;
      }
      const [[type = "", { examples: documented = {} }] = ["", {}]] =
        Object.entries(content);
      expect(answer.headers.get("content-type")).toContain(type);
      const schema = [...response, String(status), "content", type, "schema"];
      const shown = documented[name]?.value;
      if (typeof shown === "string") {
        // Not JSON: figures, and comments that stay the same.
        expect(judge(schema, answer.text)).toBeNull();
        const comments = shown.match(/^#.*$/gm) ?? [];
        const lines = answer.text.split("\n");
        expect(lines).toEqual(expect.arrayContaining(comments));
        return answer;
      }
      expect(judge(schema, answer.body)).toBeNull();
      expect(likeness.differences(shown, answer.body)).toEqual([]);
      return answer;
    };
    // What comes from the registry is up to two seconds old.
    if (figures) await eventually(`${method} ${path} is as shown`, execute);
    else await execute();
  });
});

describe("the documents", () => {
  it.each(["/openapi.json", "/asyncapi.json"])(
    "%s needs no token",
    async (path) => {
      const origin = closed.url;
      const answer = await closed.fetch(path, { headers: { origin } });
      expect(answer).toMatchObject({ status: 200, body: { info: {} } });
      expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.text).toBe((await open.fetch(path)).text);
      const foreign = { headers: { origin: "https://elsewhere.example" } };
      const unread = await closed.fetch(path, foreign);
      expect(unread.headers.get("access-control-allow-origin")).toBeNull();
      const head = await closed.fetch(path, { method: "HEAD" });
      expect(head).toMatchObject({ status: 200, text: "" });
      const posted = await open.fetch(path, { method: "POST" });
      expect(posted.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
      expect(posted.status).toBe(405);
    },
  );
});
