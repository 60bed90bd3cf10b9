/**
 * A database file for Node, on what you have: `new Database(file)` of better-sqlite3, or `new DatabaseSync(file)` of
 * node:sqlite. The library brings neither.
 */
import type { Json } from '../core/protocol.js';
import type { Row, Storage } from './storage.js';

/** What better-sqlite3 and node:sqlite have in common. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: string[]): unknown;
    all(...values: string[]): unknown[];
  };
  close(): void;
}

class SqliteStorage implements Storage {
  constructor(private readonly db: SqliteDatabase) {}

  async open(): Promise<void> {
    this.db.exec('PRAGMA journal_mode = WAL');
    this.db.exec('PRAGMA synchronous = FULL');
    this.db.exec('CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
  }

  async read(prefix: string): Promise<[string, Json][]> {
    const query = this.db.prepare('SELECT key, value FROM rows WHERE key >= ? AND key < ?');
    const found = query.all(prefix, `${prefix}\u{10ffff}`) as { key: string; value: string }[];
    return found.map(({ key, value }) => [key, JSON.parse(value) as Json]);
  }

  async commit(rows: Row[]): Promise<void> {
    const put = this.db.prepare('INSERT OR REPLACE INTO rows (key, value) VALUES (?, ?)');
    const remove = this.db.prepare('DELETE FROM rows WHERE key = ?');
    this.db.exec('BEGIN IMMEDIATE');
    try {
      for (const [key, value] of rows) {
        if (value === undefined) remove.run(key);
        else put.run(key, JSON.stringify(value));
      }
      this.db.exec('COMMIT');
    } catch (error) {
      try {
        this.db.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    this.db.close();
  }

  async destroy(): Promise<void> {
    this.db.exec('DELETE FROM rows');
    this.db.close();
  }
}

/** A database in a file of SQLite. One process at a time. */
export function sqliteStorage(database: SqliteDatabase): Storage {
  return new SqliteStorage(database);
}
