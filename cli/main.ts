#!/usr/bin/env node
/**
 * `sente-lite`: the service from a terminal (docs/cli.md).
 *
 * @module
 */
import { EXIT } from "./exit.ts";
import { watchSignals } from "./interruption.ts";
import { flush, leaveOnClosedPipe } from "./output.ts";
import { runProgram } from "./program.ts";

leaveOnClosedPipe(EXIT.ok);
const code = await runProgram(process.argv, watchSignals());
await flush();
// Sockets and timers that are still there are nobody's business any more.
process.exit(code);
