// What docs/clients.md says for React Native, from the document's own text: the storage over a real SQLite with the face of
// expo-sqlite, and the connection with an app's life played.
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

/** A file of the document. Its imports are what stands in `given`. */
async function load<T>(file: string, given: Record<string, unknown>): Promise<T> {
  const page = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
  const text = page.split(`\n\`\`\`ts ${file}\n`)[1]!.split('\n```\n')[0]!;
  const { code } = await transform(text, { loader: 'ts', format: 'esm' });
  Object.assign(globalThis, given);
  const module = code.replace(/^import (?:\* as )?(.*) from .*;$/gm, 'const $1 = globalThis.given;');
  return (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(module)}`)) as T;
}

let expoStorage: (name: string) => Storage;

beforeAll(async () => {
  const given = {
    openDatabaseAsync: async (name: string) => new ExpoDatabase(join(folder, name)),
    deleteDatabaseAsync: async (name: string) => rmSync(join(folder, name)),
  };
  ({ expoStorage } = await load<{ expoStorage: typeof expoStorage }>('expo_storage.ts', { given }));
});

describe('the connection', () => {
  it('is made anew after a sleep, and in another network', async () => {
    type Listener = (now: never) => void;
    const heard: Listener[] = [];
    const ended: string[] = [];
    const AppState = {
      addEventListener: (_: string, listener: Listener) => {
        heard.push(listener);
        return { remove: () => ended.push('app') };
      },
    };
    // Both modules are this one: NetInfo's method has no name before the listener.
    const addEventListener = (listener: Listener) => {
      heard.push(listener);
      return () => ended.push('network');
    };
    const { reconnectInTime } = await load<{ reconnectInTime: (sync: object) => () => void }>(
      'reconnect.ts',
      { given: { AppState, addEventListener } },
    );
    let times = 0;
    const stop = reconnectInTime({ reconnect: async () => ++times });
    const [app, network] = heard as ((now: unknown) => void)[];
    const after = (run: () => void) => {
      const before = times;
      run();
      return times - before;
    };
    const online = (type: string) => after(() => network!({ type, isConnected: true }));
    expect(online('wifi')).toBe(0);
    expect(online('wifi')).toBe(0);
    expect(online('cellular')).toBe(1);
    expect(after(() => network!({ type: 'none', isConnected: false }))).toBe(0);
    expect(online('cellular')).toBe(1);
    const lives = (...states: string[]) => after(() => states.forEach((state) => app!(state)));
    expect(lives('inactive', 'active')).toBe(0);
    expect(lives('inactive', 'background', 'inactive', 'active', 'active')).toBe(1);
    stop();
    expect(ended).toEqual(['app', 'network']);
  });
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
