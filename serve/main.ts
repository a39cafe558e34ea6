/**
 * `npm run serve`: the service on a machine of one's own.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";

import { NUMBER_SETTINGS, OTHER_SETTINGS } from "../src/config.ts";
import { ServeError } from "./data-dir.ts";
import { startService } from "./service.ts";

/** Settings that are handed on without being written down. */
const SECRETS: readonly string[] = ["JWT_SECRET"];
/** Settings one of which lets anybody in at all. */
const KEYS = ["JWT_SECRET", "JWT_PUBLIC_KEY", "JWT_JWKS_URL"] as const;

const USAGE = `Serves sente-lite on this machine, without wrangler.

  npm run serve -- [--host 127.0.0.1] [--port 8787] [--data .sente-lite]
                   [--inspect 127.0.0.1:9229]

  --host     the address to listen on; 0.0.0.0 for all of this machine's
  --port     the port to listen on; 0 for any that is free
  --data     the directory that keeps channels and messages; made when missing
  --inspect  where DevTools can look into the running Worker; off when absent

Settings are taken from the environment, such as AUTH=open; the README lists
them all.
`;

try {
  const flags = readFlags();
  if (flags.help) process.stdout.write(USAGE);
  else await serve(flags);
} catch (error) {
  if (!(error instanceof ServeError)) throw error;
  console.error(`serve: ${error.message}`);
  process.exitCode = 1;
}

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly inspect?: string | undefined;
  readonly help: boolean;
}

function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "8787" },
        data: { type: "string", default: ".sente-lite" },
        inspect: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535) {
      throw new TypeError("--port must be a number from 0 to 65535");
    }
    return { ...values, port };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServeError(`${why}\n\n${USAGE}`);
  }
}

async function serve({ host, port, data, inspect }: Flags): Promise<void> {
  const variables = ownSettings(process.env);
  const workerd = await startService({
    configFile: join(import.meta.dirname, "../wrangler.toml"),
    host,
    port,
    dataDir: data,
    // Nobody but a proxy could be believed an address, and there may be none.
    variables: { ADDRESS_HEADER: "", ...variables },
    secrets: SECRETS.filter((name) => process.env[name] !== undefined),
    flags: inspect === undefined ? [] : [`--inspector-addr=${inspect}`],
    onNotice: (text) => console.log(text),
    onOutput: (text) => process.stdout.write(text),
    onError: (text) => process.stderr.write(text),
  });
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      stopping = true;
      workerd.stop();
    });
  }
  console.log(`listening on http://${host}:${workerd.port}, data in ${data}`);
  if (variables.AUTH !== "open" && !KEYS.some((name) => process.env[name])) {
    console.log(
      `there is no key for tokens, so every request is refused: set ${KEYS.join(", ")}, or AUTH=open to let everybody in`,
    );
  }
  const { code, signal } = await workerd.exited;
  // Asked to stop by whomever: by this process, or by the terminal's Ctrl-C.
  if (stopping || code === 0 || signal === "SIGINT") return;
  throw new ServeError(`workerd ended by itself (${signal ?? code})`);
}

/** The settings among the variables of the environment, but for secrets. */
function ownSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = [
    ...Object.keys(NUMBER_SETTINGS),
    ...Object.keys(OTHER_SETTINGS),
  ].filter((name) => !SECRETS.includes(name));
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
