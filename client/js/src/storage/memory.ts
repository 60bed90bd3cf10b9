/** A database that ends with the process: for tests, and where nothing must be kept. */
import type { Json } from '../core/protocol.js';
import type { Row, Storage } from './storage.js';

export class MemoryStorage implements Storage {
  /** The core changes no value that it has handed over. */
  private readonly rows = new Map<string, Json>();

  async open(): Promise<void> {}

  async read(prefix: string): Promise<[string, Json][]> {
    const found = [...this.rows].filter(([key]) => key.startsWith(prefix));
    return JSON.parse(JSON.stringify(found)) as [string, Json][];
  }

  async commit(rows: Row[]): Promise<void> {
    for (const [key, value] of rows) {
      if (value === undefined) this.rows.delete(key);
      else this.rows.set(key, value);
    }
  }

  async close(): Promise<void> {}

  async destroy(): Promise<void> {
    this.rows.clear();
  }
}

/** A database in memory. Give the same one to a second `createSync` to play a restart of the app. */
export function memoryStorage(): Storage {
  return new MemoryStorage();
}
