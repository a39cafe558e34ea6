/**
 * How many rows are written, as the storage layer counts them: `rowsWritten`,
 * and one for each `setAlarm`, which it does not see.
 *
 * @module
 */
import { measure, startCounting } from "../cost/measure.ts";
import { OPERATIONS, type OperationName } from "../cost/operations.ts";

/** Rows written for one operation, and how many it may be. */
export interface RowsWritten {
  readonly title: string;
  readonly most: number;
  readonly rows: number;
}

const COUNTED: readonly {
  readonly title: string;
  readonly operation: OperationName;
  readonly most: number;
}[] = [
  { title: "message, one at a time", operation: "publish", most: 1.1 },
  { title: "message, in a burst", operation: "publishBurst", most: 0.1 },
  { title: "RPC request, one at a time", operation: "rpc", most: 2.2 },
  { title: "RPC request, in a burst", operation: "rpcBurst", most: 0.3 },
];

/** Counts the rows, on a service of its own. */
export async function countRows(): Promise<RowsWritten[]> {
  const service = await startCounting({ TELEMETRY_LEVEL: "error" });
  try {
    const counted: RowsWritten[] = [];
    for (const { title, operation, most } of COUNTED) {
      const { channel } = await measure(
        service,
        operation,
        OPERATIONS[operation],
      );
      counted.push({ title, most, rows: channel.rowsWritten });
    }
    return counted;
  } finally {
    await service.stop();
  }
}
