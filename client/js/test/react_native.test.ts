// The storage for React Native of docs/clients.md, from the document's own text, over a real SQLite with the face of expo-sqlite.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from 'esbuild';
import sqlite from 'node-sqlite3-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Storage } from '../src/index.js';
import { createTestServer, createTestSync, testStorage } from '../src/testing/index.js';
import { eventually } from './eventually.js';

const folder = mkdtempSync(join(tmpdir(), 'msync-expo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the adapter uses of expo-sqlite, as its documentation has it; `full`: no room for inserts after so many. */
class ExpoDatabase {
  static full = Infinity;
  readonly #db: InstanceType<typeof sqlite.Database>;

  constructor(file: string) {
    this.#db = new sqlite.Database(file);
  }

  async execAsync(sql: string): Promise<void> {
    this.#db.exec(sql.replace('journal_mode = WAL', 'journal_mode = DELETE'));
  }

  async getAllAsync(sql: string, ...values: string[]): Promise<unknown[]> {
    return this.#db.all(sql, values);
  }

  async runAsync(sql: string, ...values: string[]): Promise<void> {
    await Promise.resolve(); // it is on another thread
    if (sql.startsWith('INSERT') && ExpoDatabase.full-- <= 0) throw new Error('database or disk is full');
    this.#db.run(sql, values);
  }

  async withExclusiveTransactionAsync(task: (transaction: ExpoDatabase) => Promise<void>): Promise<void> {
    this.#db.exec('BEGIN EXCLUSIVE');
    try {
      await task(this);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  async closeAsync(): Promise<void> {
    this.#db.close();
  }
}

let expoStorage: (name: string) => Storage;

beforeAll(async () => {
  const page = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
  const [, text] = /^```ts expo_storage\.ts\n([^]*?)^```$/m.exec(page)!;
  const { code } = await transform(text!, { loader: 'ts', format: 'esm' });
  Object.assign(globalThis, {
    expoSqlite: {
      openDatabaseAsync: async (name: string) => new ExpoDatabase(join(folder, name)),
      deleteDatabaseAsync: async (name: string) => rmSync(join(folder, name)),
    },
  });
  const known = 'import * as SQLite from "expo-sqlite";';
  expect(code).toContain(known);
  const module = code.replace(known, 'const SQLite = globalThis.expoSqlite;');
  ({ expoStorage } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(module)}`
  )) as { expoStorage: typeof expoStorage });
});

describe('the storage for React Native', () => {
  it('keeps its promises', async () => {
    await testStorage(expoStorage('promises.db'));
  });

  it('carries a client over a full disk and a restart', async () => {
    const server = createTestServer();
    const open = () => {
      const sync = createTestSync(server, { storage: expoStorage('app.db') });
      return { sync, notes: sync.collection<{ n: number }>('chat/1/messages') };
    };
    const first = open();
    first.sync.transport.online = false;
    await first.notes.put('sum', { n: 0 });
    await first.notes.increment('sum', 'n', 2);
    ExpoDatabase.full = 1; // the first row of a commit finds room, the second none
    const together = [first.notes.increment('sum', 'n', 40), first.notes.increment('sum', 'n', 80)];
    for (const result of await Promise.allSettled(together)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'storage' } });
    }
    ExpoDatabase.full = Infinity;
    await first.notes.increment('sum', 'n', 5);
    await first.sync.close();

    const second = open();
    await second.notes.ready;
    expect(second.notes.get('sum')).toMatchObject({ data: { n: 7 }, pending: true });
    await eventually(() => server.documents('chat/1/messages').sum?.n === 7);
    await eventually(() => second.sync.status.pending === 0);
    await second.sync.wipe();
  });
});
