/**
 * `sente-lite health`: whether the service is well.
 *
 * @module
 */
import type { Command } from "commander";
import * as v from "valibot";

import { action, type Context, type Start } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { counted, duration } from "../numbers.ts";
import { HealthSchema } from "../schemas.ts";

const Input = v.object({});

const EXAMPLES = `
Examples:
  $ sente-lite health --url https://realtime.example.com
  $ sente-lite health --json | jq -e '.status == "healthy"'

Ends with 0 when it is healthy and with 1 when it is not. Figures are for tokens
that grant admin on every channel.
`;

/** Adds the command. */
export function addHealth(program: Command, start: Start): void {
  program
    .command("health")
    .summary("say whether the service is well")
    .description("Says whether the service is well.")
    .addHelpText("after", EXAMPLES)
    .action(action(start, Input, health));
}

async function health({ service, output }: Context): Promise<void> {
  const { document, value } = await service.call({
    path: "/health",
    schema: HealthSchema,
    accepts: [503],
  });
  const { status, "system-health": system, "uptime-ms": uptime } = value;
  const isHealthy = status === "healthy";
  await output.result(document, () => {
    const parts = [output.look(isHealthy ? "green" : "red", status)];
    if (system !== undefined) {
      parts.push(
        counted(system["active-connections"], "connection"),
        counted(system["total-channels"], "channel"),
        counted(system["total-subscriptions"], "subscription"),
        counted(system["pending-rpc-requests"], "open request"),
      );
    }
    if (uptime !== undefined) parts.push(`up for ${duration(uptime)}`);
    return parts.join(", ");
  });
  if (!isHealthy) {
    const message = `${service.url} is not healthy`;
    throw new CliError(EXIT.refused, "unhealthy", message);
  }
}
