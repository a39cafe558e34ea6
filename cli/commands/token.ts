/**
 * `sente-lite token`: a token for development.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import { OPERATIONS } from "../../src/protocol/operations.ts";
import { action, type Context, type Start } from "../context.ts";
import { UsageError } from "../exit.ts";

const Input = v.object({
  sub: v.string(),
  grant: v.optional(v.array(v.string()), []),
  ttl: v.optional(v.string()),
});
type Input = v.InferOutput<typeof Input>;

const EXAMPLES = `
Examples:
  $ sente-lite token --sub alice --grant 'chat-*=subscribe,publish' --ttl 15m
  $ export SENTE_TOKEN=$(sente-lite token --sub me --grant '*=admin')

Operations: ${OPERATIONS.join(", ")}.
Signed here with the JWT_SECRET of the environment or of .dev.vars; the service
is not asked. JWT_ISSUER and JWT_AUDIENCE become its iss and aud, where they
are set.
`;

/** Adds the command. */
export function addToken(program: Command, start: Start): void {
  program
    .command("token")
    .summary("sign a token for development")
    .description("Prints a token, signed with JWT_SECRET.")
    .requiredOption("--sub <user>", "the user")
    .option(
      "--grant <pattern=operations...>",
      "operations by pattern of channel-ids, once or more often",
    )
    .option("--ttl <time>", "how long it is valid: 30s, 15m, 1h (the default)")
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, token));
}

async function token({ output }: Context, input: Input): Promise<void> {
  // Others need not wait until what signs is loaded.
  const { signToken, TokenError } = await import("../../token/token.ts");
  try {
    const signed = await signToken(input);
    await output.result({ token: signed }, () => signed);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new UsageError(error.message);
  }
}
