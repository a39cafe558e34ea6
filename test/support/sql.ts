/**
 * SQLite in memory behind the interface of a Durable Object's storage. It
 * counts the rows that are written, which is what the platform bills.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

import type { Sql } from "../../src/storage/sql.ts";

type Row = Record<string, ArrayBuffer | string | number | null>;

export class TestSql implements Sql {
  readonly #database = new DatabaseSync(":memory:");
  /** Rows inserted, replaced and deleted. */
  rowsWritten = 0;

  exec(query: string, ...bindings: (string | number | null)[]): Iterable<Row> {
    const statement = this.#database.prepare(query);
    if (/^\s*SELECT/.test(query)) {
      return statement.all(...bindings).map(plainRow);
    }
    const { changes } = statement.run(...bindings);
    if (/^\s*(INSERT|UPDATE|DELETE)/.test(query)) {
      this.rowsWritten += Number(changes);
    }
    return [];
  }

  /** Runs `write` in one transaction, which a throw rolls back. */
  transaction(write: () => void): void {
    this.#database.exec("BEGIN");
    try {
      write();
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
    this.#database.exec("COMMIT");
  }

  /** What the platform's `deleteAll` does. */
  wipe(): void {
    for (const table of this.tables()) {
      this.#database.exec(`DROP TABLE ${table}`);
    }
  }

  tables(): string[] {
    const query = "SELECT name FROM sqlite_master WHERE type = 'table'";
    return this.#database
      .prepare(query)
      .all()
      .map(({ name }) => String(name));
  }

  /** How many rows a table has. */
  count(table: string): number {
    const query = `SELECT count(*) AS n FROM ${table}`;
    return Number(this.#database.prepare(query).get()?.n);
  }

  /** The rows that were written while `act` ran. */
  rowsWrittenBy(act: () => void): number {
    const before = this.rowsWritten;
    act();
    return this.rowsWritten - before;
  }
}

function plainRow(row: Record<string, unknown>): Row {
  const entries = Object.entries(row).map(([key, value]) => {
    if (value === null) return [key, null] as const;
    if (typeof value === "string" || typeof value === "number") {
      return [key, value] as const;
    }
    throw new TypeError(`column ${key} holds a ${typeof value}`);
  });
  return Object.fromEntries(entries);
}
