/**
 * `npm run token`: a token for development, signed with `JWT_SECRET`.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { SignJWT } from "jose";
import * as v from "valibot";

import { MIN_SECRET_BYTES } from "../src/access/keys.ts";
import { PolicySchema } from "../src/access/policy.ts";
import { OPERATIONS } from "../src/protocol/operations.ts";

/** Where `wrangler dev` reads variables from that are in no repository. */
const DEV_VARIABLES = ".dev.vars";

const USAGE = `Prints a token, signed with the JWT_SECRET of the environment or of ${DEV_VARIABLES}.

  npm run --silent token -- --sub alice --grant 'chat-*=subscribe,publish' --ttl 1h

  --sub    the user
  --grant  operations by pattern of channel-ids, once or more often;
           operations: ${OPERATIONS.join(", ")}
  --ttl    for how long it is valid: 30s, 15m, 1h, 7d; 1h unless given

JWT_ISSUER and JWT_AUDIENCE become its \`iss\` and \`aud\`, where they are set.
`;

/** The command line is wrong, or there is no secret. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

try {
  await run();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`token: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function run(): Promise<void> {
  const { sub, grant = [], ttl = "1h", help } = readFlags();
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  if (sub === undefined || sub === "") throw new UsageError("--sub is missing");
  if (!/^\d+[smhd]$/.test(ttl)) {
    throw new UsageError(`--ttl must be a number and s, m, h or d, not ${ttl}`);
  }
  const { secret, issuer, audience } = readVariables();
  const token = new SignJWT({ channels: readGrants(grant) })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(ttl);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  console.log(await token.sign(new TextEncoder().encode(secret)));
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        sub: { type: "string" },
        grant: { type: "string", multiple: true },
        ttl: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "");
  }
}

/** `pattern=operation,operation` of each flag, as the claim `channels`. */
function readGrants(flags: readonly string[]): Record<string, string[]> {
  const channels = flags.map((flag) => {
    const at = flag.lastIndexOf("=");
    if (at < 1) {
      const form = "must be like 'chat-*=subscribe,publish'";
      throw new UsageError(`--grant ${form}, not ${flag}`);
    }
    return [flag.slice(0, at), flag.slice(at + 1).split(",")] as const;
  });
  const claim = Object.fromEntries(channels);
  for (const [pattern, operations] of channels) {
    const unknown = operations.find(
      (each) => !v.is(PolicySchema, { [pattern]: [each] }),
    );
    if (unknown === undefined) continue;
    throw new UsageError(
      `--grant knows no operation ${JSON.stringify(unknown)}`,
    );
  }
  return claim;
}

function readVariables() {
  const file = existsSync(DEV_VARIABLES)
    ? parseEnv(readFileSync(DEV_VARIABLES, "utf8"))
    : {};
  const variables = { ...file, ...process.env };
  const secret = variables.JWT_SECRET ?? "";
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new UsageError(
      secret === ""
        ? `there is no JWT_SECRET in the environment or in ${DEV_VARIABLES}`
        : `JWT_SECRET must be at least ${MIN_SECRET_BYTES} bytes`,
    );
  }
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = variables;
  return { secret, issuer, audience };
}
