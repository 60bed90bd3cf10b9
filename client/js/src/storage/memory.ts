/** A database that ends with the process: for tests, and where nothing must be kept. */
import type { Json } from '../core/protocol.js';
import type { Row, Storage } from './storage.js';

export class MemoryStorage implements Storage {
  private readonly rows = new Map<string, string>();

  async open(): Promise<void> {}

  async read(prefix: string): Promise<[string, Json][]> {
    const found: [string, Json][] = [];
    for (const [key, text] of this.rows)
      if (key.startsWith(prefix)) found.push([key, JSON.parse(text) as Json]);
    return found;
  }

  async commit(rows: Row[]): Promise<void> {
    const texts = rows.map(
      ([key, value]) => [key, value === undefined ? undefined : JSON.stringify(value)] as const,
    );
    for (const [key, text] of texts) {
      if (text === undefined) this.rows.delete(key);
      else this.rows.set(key, text);
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
