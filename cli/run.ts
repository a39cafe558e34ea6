/**
 * The program as a process: its command line, its signals, its end.
 *
 * @module
 */
import { EXIT } from "./exit.ts";
import { watchSignals } from "./interruption.ts";
import { flush, leaveOnClosedPipe } from "./output.ts";
import { runProgram } from "./program.ts";

/** Runs the program, and ends the process. */
export async function run(): Promise<never> {
  leaveOnClosedPipe(EXIT.ok);
  const code = await runProgram(process.argv, watchSignals());
  await flush();
  // Sockets and timers that are still there are nobody's business any more.
  process.exit(code);
}
