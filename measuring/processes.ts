/**
 * What the operating system says of a process. Linux only: other systems do
 * not tell it as finely.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** Processor time a process has used so far, all its threads, in s. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field, the name, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  return memoryOf(pid, "VmRSS");
}

/** The most resident memory it had since `forgetPeak`, in bytes. */
export function peakBytes(pid: number): number {
  return memoryOf(pid, "VmHWM");
}

/** Begins its peak anew. */
export function forgetPeak(pid: number): void {
  // proc(5): 5 resets the high-water mark.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kilobytes] = status.match(`${field}:\\s+(\\d+) kB`) ?? [];
  if (kilobytes === undefined) throw new Error(`no ${field} of ${pid}`);
  return Number(kilobytes) * 1_024;
}
