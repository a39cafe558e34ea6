/**
 * `npm run token`: a token for development, signed with `JWT_SECRET`.
 *
 * @module
 */
import { parseArgs } from "node:util";

import { OPERATIONS } from "../src/protocol/operations.ts";
import { DEV_VARIABLES, signToken, TokenError } from "./token.ts";

const USAGE = `Prints a token, signed with the JWT_SECRET of the environment or of ${DEV_VARIABLES}.

  npm run --silent token -- --sub alice --grant 'chat-*=subscribe,publish' --ttl 1h

  --sub    the user
  --grant  operations by pattern of channel-ids, once or more often;
           operations: ${OPERATIONS.join(", ")}
  --ttl    for how long it is valid: 30s, 15m, 1h, 7d; 1h unless given

JWT_ISSUER and JWT_AUDIENCE become its \`iss\` and \`aud\`, where they are set.
`;

try {
  await run();
} catch (error) {
  if (!(error instanceof TokenError)) throw error;
  console.error(`token: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function run(): Promise<void> {
  const { help, ...flags } = readFlags();
  if (help) process.stdout.write(USAGE);
  else console.log(await signToken(flags));
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
    throw new TokenError(error instanceof Error ? error.message : "");
  }
}
