/**
 * Rounds: everybody's turn at everything, again and again, so that whatever
 * else the machine does meets all alike.
 *
 * @module
 */
import { CONTESTANTS, type ContestantName } from "./contestants.ts";
import { median } from "./measure.ts";
import { ROWS, type Row, type RowName } from "./rows.ts";
import type { BenchServer, ServerName } from "./servers/server.ts";
import { isInstalled, startServer } from "./servers/start.ts";
import type { Measured } from "./workloads/workload.ts";

/** How to run. */
export interface RunOptions {
  readonly rows: readonly RowName[];
  readonly rounds: number;
  /** How long each measurement takes, in s. */
  readonly seconds: number;
  readonly onProgress: (text: string) => void;
}

/** What each contestant did at each row, round by round. */
export type Results = {
  [R in RowName]?: { [C in ContestantName]?: Measured[] };
};

/** Starts the servers, runs all rounds and ends the servers. */
export async function run(options: RunOptions): Promise<Results> {
  const { rows, rounds, onProgress } = options;
  const servers = new Servers();
  const results: Results = {};
  const turns = rows.flatMap((name) => turnsOf(name));
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const [at, { row, contestant }] of turns.entries()) {
        const where = `round ${round} of ${rounds}, ${at + 1} of ${turns.length}`;
        onProgress(`${where}: ${row}, ${contestant}`);
        const measured = await measure(servers, ROWS[row], contestant, options);
        results[row] ??= {};
        results[row][contestant] ??= [];
        results[row][contestant].push(measured);
      }
    }
  } finally {
    await servers.stop();
  }
  return results;
}

interface Turn {
  readonly row: RowName;
  readonly contestant: ContestantName;
}

function turnsOf(row: RowName): Turn[] {
  return ROWS[row].contestants
    .filter((name) => isInstalled(CONTESTANTS[name].server))
    .map((contestant) => ({ row, contestant }));
}

async function measure(
  servers: Servers,
  { workload, fresh = false, times = 1 }: Row,
  name: ContestantName,
  { seconds }: RunOptions,
): Promise<Measured> {
  const { server: serverName, speaker } = CONTESTANTS[name];
  const measured: Measured[] = [];
  for (let n = 0; n < times; n++) {
    const server = fresh
      ? await startServer(serverName)
      : await servers.get(serverName);
    try {
      measured.push(await workload({ server, speaker, seconds }));
    } finally {
      if (fresh) await server.stop();
    }
  }
  return middleOf(measured);
}

/** One measurement of several: the median of each figure. */
function middleOf(measured: readonly Measured[]): Measured {
  const [first] = measured;
  if (first === undefined) throw new TypeError("nothing was measured");
  const names = Object.keys(first.figures);
  const figures = Object.fromEntries(
    names.map((name) => [
      name,
      median(measured.map((each) => each.figures[name] ?? Number.NaN)),
    ]),
  );
  return { ...first, figures };
}

/** Servers that run until all is over. */
class Servers {
  readonly #running = new Map<ServerName, BenchServer>();

  async get(name: ServerName): Promise<BenchServer> {
    const known = this.#running.get(name);
    if (known !== undefined) return known;
    const server = await startServer(name);
    this.#running.set(name, server);
    return server;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((each) => each.stop()));
  }
}
