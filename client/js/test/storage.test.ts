// Every storage keeps the same promises.
import 'fake-indexeddb/auto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { afterAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/core/protocol.js';
import { indexedDbStorage } from '../src/storage/indexeddb.js';
import { memoryStorage } from '../src/storage/memory.js';
import { sqliteStorage, type SqliteDatabase } from '../src/storage/sqlite.js';
import { createTestServer, createTestSync, testStorage } from '../src/testing/index.js';
import { eventually } from './eventually.js';

const folder = mkdtempSync(join(tmpdir(), 'msync-storage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A real SQLite with another face: it takes its values as one list.
function openSqlite(file: string): SqliteDatabase {
  const db = new sqlite.Database(file);
  return {
    exec: (sql) => db.exec(sql.replace('journal_mode = WAL', 'journal_mode = DELETE')),
    prepare: (sql) => ({
      run: (...values) => db.run(sql, values),
      all: (...values) => db.all(sql, values),
    }),
    close: () => db.close(),
  };
}

describe('a storage', () => {
  it('in memory', () => testStorage(memoryStorage()));
  it('in IndexedDB', () => testStorage(indexedDbStorage('promises')));
  it('in SQLite', () => testStorage(sqliteStorage(openSqlite(join(folder, 'a.db')))));

  it('of SQLite rolls back what it could not commit whole', async () => {
    const db = openSqlite(':memory:');
    const storage = sqliteStorage(db);
    await storage.open();
    db.exec(
      "CREATE TRIGGER full BEFORE INSERT ON rows WHEN NEW.key = 'b' BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    await expect(
      storage.commit([
        ['a', 1],
        ['b', 2],
      ]),
    ).rejects.toThrow('full');
    expect(await storage.read('')).toEqual([]);
  });
});

describe('a client on IndexedDB', () => {
  it('stores nothing of a step that it could not store whole', async () => {
    const storage = indexedDbStorage('whole');
    await storage.open();
    const unstorable = (() => {}) as unknown as Json;
    await expect(
      storage.commit([
        ['a', 1],
        ['b', unstorable],
      ]),
    ).rejects.toThrow();
    expect(await storage.read('')).toEqual([]);
    await storage.destroy();
  });

  it('finds after a restart what it wrote', async () => {
    const server = createTestServer();
    const open = () => createTestSync(server, { storage: indexedDbStorage('restart') });
    const first = open();
    first.transport.online = false;
    await first.collection('chat/1/messages').put('m1', { text: 'kept' });
    await first.close();
    const second = open();
    const messages = second.collection('chat/1/messages');
    await messages.ready;
    expect(messages.get('m1')?.data).toEqual({ text: 'kept' });
    await eventually(() => 'm1' in server.documents('chat/1/messages'));
    await second.wipe({ ifPending: 'discard' });
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('restart');
  });

  it('opens where the browser has no room for a note of it', async () => {
    const store = globalThis as unknown as { localStorage?: object };
    store.localStorage = {
      getItem: () => null,
      setItem: () => {
        throw new DOMException('no room', 'QuotaExceededError');
      },
    };
    try {
      const storage = indexedDbStorage('no-note');
      const sync = createTestSync(createTestServer(), { tabs: true, name: 'no-note', storage });
      await sync.ready;
      await sync.close();
    } finally {
      delete store.localStorage;
    }
  });

  it('notices that the browser has removed its database', async () => {
    const server = createTestServer();
    const notes = new Map<string, string>();
    const store = globalThis as unknown as { localStorage?: object };
    store.localStorage = {
      getItem: (key: string) => notes.get(key) ?? null,
      setItem: (key: string, value: string) => void notes.set(key, value),
      removeItem: (key: string) => void notes.delete(key),
    };
    try {
      const errors: string[] = [];
      const open = () =>
        createTestSync(server, {
          ...{ tabs: true, name: 'evicted', storage: indexedDbStorage('evicted') },
          onError: ({ code }) => errors.push(code),
        });
      const first = open();
      await (
        await first.collection('chat/1/messages').put('m1', { text: 'x' })
      ).synced;
      await first.close();
      await indexedDbStorage('evicted').destroy();
      const second = open();
      const messages = second.collection('chat/1/messages');
      await eventually(() => messages.get('m1') !== undefined);
      expect(errors).toEqual(['evicted']);
      await second.close();
    } finally {
      delete store.localStorage;
    }
  });
});
