/**
 * For tests of apps: an in-memory server, and clients of it, without network or broker.
 *
 *   const server = createTestServer();
 *   const alice = createTestSync(server, { user: 'alice' });
 *   await alice.collection('chat/42/messages').put('m1', { text: 'hi' });
 */
import type { Storage } from '../storage/storage.js';
import { memoryStorage } from '../storage/memory.js';
import { createSync, type Sync, type SyncOptions } from '../sync.js';
import { TestServer, type TestServerOptions } from './server.js';
import { TestTransport } from './transport.js';

export { TestServer, type TestServerOptions } from './server.js';
export { TestTransport } from './transport.js';
export { type Policy } from './reconcile.js';

export function createTestServer(options: TestServerOptions = {}): TestServer {
  return new TestServer(options);
}

/** A client of it, with a database in memory; `transport.online = false` takes it offline. */
export function createTestSync(
  server: TestServer,
  options: Partial<SyncOptions> = {},
): Sync & { transport: TestTransport } {
  const transport = new TestTransport(server);
  const sync = createSync({
    url: 'test://',
    user: 'alice',
    getToken: () => 'token',
    storage: memoryStorage(),
    tabs: false,
    transport,
    ...options,
  });
  return Object.assign(sync, { transport });
}

/** Whether a storage keeps its promises. Rejects with what it does not. The storage is destroyed. */
export async function testStorage(storage: Storage): Promise<void> {
  const equal = (found: unknown, wanted: unknown, what: string) => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
  };
  const read = async (prefix: string) => (await storage.read(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
  await storage.open();
  const value = { n: 1, list: [null, 'ü'], deep: { a: true } };
  await storage.commit([
    ['d\nchat/1\nb', value],
    ['d\nchat/1\na', 2],
    ['d\nchat/10\na', 3],
    ['s\nchat/1\n', {}],
  ]);
  equal(
    await read('d\nchat/1\n'),
    [
      ['d\nchat/1\na', 2],
      ['d\nchat/1\nb', value],
    ],
    'what was committed',
  );
  const [[, own]] = (await read('d\nchat/1\nb')) as [[string, { n: number }]];
  own.n = 2;
  equal(await read('d\nchat/1\nb'), [['d\nchat/1\nb', value]], 'what a reader has changed');
  await storage.commit([
    ['d\nchat/1\na', undefined],
    ['d\nchat/1\nb', { again: true }],
    ['d\nchat/1\nnone', undefined],
  ]);
  equal(await read('d\nchat/1\n'), [['d\nchat/1\nb', { again: true }]], 'what was changed');
  await storage.destroy();
}
