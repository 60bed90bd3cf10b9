// The API as an app uses it, on the in-memory server.
import { afterEach, describe, expect, it } from 'vitest';
import { SyncError, type ProblemRecord, type Storage, type Sync, type SyncOptions } from '../src/index.js';
import { memoryStorage } from '../src/storage/memory.js';
import { createTestServer, createTestSync, type TestServerOptions } from '../src/testing/index.js';
import { eventually } from './eventually.js';

interface Message {
  text: string;
  likes?: number;
  tags?: string[];
}

const SCOPE = 'chat/42/messages';
const opened: Sync[] = [];

function world(options: TestServerOptions = {}) {
  const server = createTestServer(options);
  const errors: string[] = [];
  const join = (user: string, more: Partial<SyncOptions> = {}) => {
    const sync = createTestSync(server, { user, onError: (error) => errors.push(error.code), ...more });
    opened.push(sync);
    return { sync, messages: sync.collection<Message>(SCOPE), transport: sync.transport };
  };
  return { server, errors, join };
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((sync) => sync.close().catch(() => {})));
});

/** A database whose commits fail while `full`. */
function fragileStorage(): Storage & { full: boolean } {
  const inner = memoryStorage();
  return Object.assign(Object.create(inner) as Storage, {
    full: false,
    async commit(this: { full: boolean }, rows: Parameters<Storage['commit']>[0]) {
      if (this.full) throw new DOMException('no room', 'QuotaExceededError');
      await inner.commit(rows);
    },
  }) as Storage & { full: boolean };
}

describe('writing', () => {
  it('is durable at once, synced later, and seen by others', async () => {
    const { join } = world();
    const [a, b] = [join('alice'), join('bob')];
    const written = await a.messages.put('m1', { text: 'hi' });
    expect(a.messages.get('m1')).toMatchObject({ data: { text: 'hi' }, version: 0, pending: true });
    expect(await written.synced).toMatchObject({ status: 'applied', changes: [{ id: 'm1', version: 1 }] });
    expect(a.messages.get('m1')).toMatchObject({ version: 1, pending: false, by: 'alice' });
    await eventually(() => b.messages.get('m1')?.version === 1);
    await eventually(() => a.sync.status.state === 'idle');
    expect(a.sync.status).toMatchObject({ pending: 0, lastError: undefined });
  });

  it('patches, counts, adds to sets, deletes, and does several at once', async () => {
    const { server, join } = world();
    const { messages } = join('alice');
    await messages.put('m1', { text: 'hi', likes: 1 });
    await messages.patch('m1', { text: 'ho' });
    await messages.increment('m1', 'likes', 2);
    await messages.addToSet('m1', 'tags', 'a', 'b');
    await messages.removeFromSet('m1', 'tags', 'a');
    const { synced } = await messages.transaction((tx) => {
      tx.put('m2', { text: 'two' });
      tx.delete('m3');
      tx.increment('m1', 'likes');
    });
    await synced;
    expect(messages.get('m1')?.data).toEqual({ text: 'ho', likes: 4, tags: ['b'] });
    expect(server.documents(SCOPE)).toEqual({
      m1: { text: 'ho', likes: 4, tags: ['b'] },
      m2: { text: 'two' },
    });
    await (
      await messages.delete('m1')
    ).synced;
    expect(messages.get('m1')).toBeUndefined();
  });

  it('works offline, survives a restart, and is sent on return', async () => {
    const { server, join } = world();
    const storage = memoryStorage();
    const first = join('alice', { storage });
    first.transport.online = false;
    await first.messages.put('m1', { text: 'offline' });
    await first.messages.patch('m1', { likes: { $inc: 1 } });
    expect(first.sync.status).toMatchObject({ state: 'offline', pending: 2 });
    await first.sync.close();
    const again = join('alice', { storage });
    await again.messages.ready;
    expect(again.messages.get('m1')?.data).toEqual({ text: 'offline', likes: 1 });
    await eventually(() => server.documents(SCOPE).m1?.likes === 1);
  });

  it('checks what it is given before anything is written', async () => {
    const { sync, messages } = world().join('alice');
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => 'none',
        (error: SyncError) => error.code,
      );
    expect(await code(messages.put('a/b', { text: '' }))).toBe('bad_id');
    expect(await code(messages.put('$a', { text: '' }))).toBe('bad_id');
    expect(await code(messages.put('a', { text: '\ud800' }))).toBe('invalid');
    expect(await code(messages.put('a', { text: '', likes: NaN }))).toBe('invalid');
    expect(await code(messages.put('a', { text: 'x'.repeat(300_000) }))).toBe('too_large');
    expect(await code(messages.put('a', [] as never))).toBe('invalid');
    expect(await code(messages.transaction(() => {}))).toBe('invalid');
    expect(sync.status.pending).toBe(0);
    expect(() => sync.collection('sync/x')).toThrow(SyncError);
  });

  it('validates documents, the results of patches too', async () => {
    const { sync } = world().join('alice');
    const validate = (data: { text?: unknown }) =>
      typeof data.text === 'string' || { message: 'a text is needed', path: '/text' };
    const checked = sync.collection<Message>('chat/43/messages', { validate });
    await expect(checked.put('m1', {} as Message)).rejects.toMatchObject({ code: 'invalid', path: '/text' });
    await checked.put('m1', { text: 'x' });
    await expect(checked.patch('m1', { text: null })).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('what the server refuses', () => {
  it('is told with what was meant and what stands, kept, and can be tried again or dropped', async () => {
    const conflicts: ProblemRecord[] = [];
    const storage = memoryStorage();
    const { join, server } = world({ policy: 'reject' });
    const [a, b] = [join('alice', { storage, onConflict: (each) => conflicts.push(each) }), join('bob')];
    await (
      await b.messages.put('m1', { text: 'one' })
    ).synced;
    await eventually(() => a.messages.get('m1')?.version === 1);
    a.transport.online = false;
    const { synced } = await a.messages.put('m1', { text: 'mine' });
    await (
      await b.messages.put('m1', { text: 'theirs' })
    ).synced;
    a.transport.online = true;
    await expect(synced).resolves.toMatchObject({ status: 'conflict', version: 2 });
    expect(conflicts).toHaveLength(1);
    expect(conflicts[0]).toMatchObject({ status: 'conflict', meant: [{ data: { text: 'mine' } }] });
    expect(conflicts[0]!.stands[0]!.data).toEqual({ text: 'theirs' });
    await a.sync.close();

    const again = join('alice', { storage, onConflict: (each) => conflicts.push(each) });
    await eventually(() => conflicts.length === 2);
    await eventually(() => again.sync.status.state === 'idle');
    await conflicts[1]!.retry();
    expect(again.sync.problems).toEqual([]);
    await eventually(() => server.documents(SCOPE).m1?.text === 'mine');
  });

  it('does not stop the rest', async () => {
    const rejected: ProblemRecord[] = [];
    const validate = (_: string, data: { text?: unknown }) =>
      data.text === 'bad' ? { code: 'invalid', message: 'no', path: '/text' } : undefined;
    const { sync, messages } = world({ validate }).join('alice', {
      onRejected: (each) => rejected.push(each),
    });
    const bad = await messages.put('m1', { text: 'bad' });
    const good = await messages.put('m2', { text: 'good' });
    expect(await bad.synced).toMatchObject({ status: 'rejected', error: { code: 'invalid', path: '/text' } });
    expect(await good.synced).toMatchObject({ status: 'applied' });
    expect(messages.get('m1')).toBeUndefined();
    expect(rejected[0]!.key).toBe(bad.key);
    await rejected[0]!.discard();
    expect(sync.problems).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('a full disk: the write rejects, nothing is lost, and it goes on when there is room', async () => {
    const storage = fragileStorage();
    const { join, errors, server } = world();
    const { sync, messages } = join('alice', { storage });
    await (
      await messages.put('m1', { text: 'before' })
    ).synced;
    storage.full = true;
    await expect(messages.put('m2', { text: 'no room' })).rejects.toMatchObject({ code: 'storage' });
    expect(sync.status).toMatchObject({ state: 'error', lastError: { code: 'storage' } });
    expect(messages.get('m2')).toBeUndefined();
    server.write(SCOPE, { op: 'put', id: 's1', data: { text: 'from elsewhere' } });
    storage.full = false;
    await (
      await messages.put('m3', { text: 'room' })
    ).synced;
    await eventually(() => messages.get('s1') !== undefined && sync.status.state === 'idle');
    expect(errors).toContain('storage');
    expect(Object.keys(server.documents(SCOPE)).sort()).toEqual(['m1', 'm3', 's1']);
  });

  it('a token that is refused, then one that is not', async () => {
    const { join, errors } = world();
    const { sync, messages, transport } = join('alice');
    await eventually(() => sync.status.state === 'idle');
    transport.online = false;
    transport.refuse = () => 'not authorized';
    transport.online = true;
    await messages.put('m1', { text: 'kept' });
    await eventually(() => sync.status.state === 'error');
    expect(sync.status).toMatchObject({ pending: 1, lastError: { code: 'token_refused' } });
    transport.refuse = () => undefined;
    await eventually(() => sync.status.state === 'idle' && sync.status.pending === 0);
    expect(errors).toContain('token_refused');
  });

  it('getToken that throws', async () => {
    let broken = true;
    const getToken = () => {
      if (broken) throw new Error('logged out');
      return 'token';
    };
    const { sync } = world().join('alice', { getToken });
    await eventually(() => sync.status.state === 'error');
    expect(sync.status.lastError).toMatchObject({ code: 'token', message: 'logged out' });
    broken = false;
    await eventually(() => sync.status.state === 'idle');
  });

  it('a server of another version of the protocol: nothing is sent, the outbox stays', async () => {
    const { join, server } = world();
    const { sync, messages } = join('alice');
    await eventually(() => sync.status.state === 'idle');
    server.protocol = 2;
    server.publishStatus();
    await eventually(() => sync.status.state === 'error');
    expect(sync.status.lastError?.code).toBe('protocol_version');
    await messages.put('m1', { text: 'later' });
    expect(sync.status.pending).toBe(1);
    server.protocol = 1;
    server.publishStatus();
    await eventually(() => sync.status.state === 'idle' && sync.status.pending === 0);
  });

  it('the bridge is away', async () => {
    const { join, server } = world();
    const { sync, messages } = join('alice');
    await eventually(() => sync.status.state === 'idle');
    server.setOnline(false);
    await eventually(() => sync.status.state === 'offline');
    await messages.put('m1', { text: 'later' });
    server.setOnline(true);
    await eventually(() => sync.status.state === 'idle' && sync.status.pending === 0);
  });

  it('a connection that is new says nothing of what the last one knew', async () => {
    const { join } = world();
    const { sync, transport } = join('alice');
    await eventually(() => sync.status.state === 'idle');
    transport.online = false;
    await eventually(() => sync.status.state === 'offline');
    const states = [sync.status.state];
    sync.subscribe(() => sync.status.state !== states.at(-1) && states.push(sync.status.state));
    transport.online = true;
    globalThis.dispatchEvent?.(new Event('online'));
    await eventually(() => sync.status.state === 'idle' && states.length > 2);
    expect(states.filter((state) => state === 'idle')).toHaveLength(1);
    expect(states.at(-1)).toBe('idle');
  });

  it('a clock that is off by years', async () => {
    const { join, server } = world();
    const YEARS = 10 * 365 * 86_400_000;
    const { messages } = join('alice', { clock: () => Date.now() - YEARS });
    await (
      await messages.put('m0', { text: 'corrects it' })
    ).synced;
    const { synced } = await messages.put('m1', { text: 'now' });
    await synced;
    expect(Math.abs(messages.get('m1')!.ts - Date.now())).toBeLessThan(60_000);
    expect(server.documents(SCOPE).m1).toBeDefined();
  });

  it('a restore of the server: what is lost is told, what is unsent is kept', async () => {
    const told: ProblemRecord[] = [];
    const { join, server } = world();
    const { messages, transport, sync } = join('alice', { onConflict: (each) => told.push(each) });
    await (
      await messages.put('m1', { text: 'kept' })
    ).synced;
    const backup = server.backup();
    await (
      await messages.put('m2', { text: 'lost' })
    ).synced;
    transport.online = false;
    await messages.put('m3', { text: 'unsent' });
    server.restore(backup);
    transport.online = true;
    await eventually(() => sync.status.state === 'idle' && sync.status.pending === 0);
    expect(Object.keys(server.documents(SCOPE)).sort()).toEqual(['m1', 'm3']);
    expect(messages.getSnapshot().map((doc) => doc.id)).toEqual(['m1', 'm3']);
    expect(told).toMatchObject([{ status: 'lost', meant: [{ id: 'm2' }] }]);
    await told[0]!.retry();
    await eventually(() => 'm2' in server.documents(SCOPE));
  });

  it('a scope that is taken away is purged, and the outbox handed over', async () => {
    const rejected: ProblemRecord[] = [];
    const revoked: string[] = [];
    const { join, server } = world();
    const { messages, sync } = join('alice', {
      onRejected: (each) => rejected.push(each),
      onRevoked: (scope) => revoked.push(scope),
    });
    await (
      await messages.put('m1', { text: 'x' })
    ).synced;
    server.setOnline(false);
    const { synced } = await messages.put('m2', { text: 'unsent' });
    server.permit('alice', SCOPE, false);
    await eventually(() => revoked.length === 1);
    expect(messages.getSnapshot()).toEqual([]);
    expect(await synced).toMatchObject({ status: 'rejected', error: { code: 'revoked' } });
    expect(rejected).toMatchObject([{ status: 'revoked', meant: [{ id: 'm2' }] }]);
    await eventually(() => messages.progress.state === 'denied');
    expect(sync.status.pending).toBe(0);
  });

  it('a database of another user', async () => {
    const storage = memoryStorage();
    const { join } = world();
    await join('alice', { storage }).sync.ready;
    const { sync } = join('bob', { storage });
    await expect(sync.ready).rejects.toMatchObject({ code: 'wrong_user' });
    expect(sync.status.state).toBe('error');
  });
});

describe('reading', () => {
  it('queries are the same list until what they find changes', async () => {
    const { messages } = world().join('alice');
    const writes = [
      await messages.put('m1', { text: 'a', likes: 2 }),
      await messages.put('m2', { text: 'b', likes: 1 }),
    ];
    await Promise.all(writes.map(({ synced }) => synced));
    const found = messages.query({ where: { text: 'a' } });
    const liked = messages.query({ orderBy: 'likes', descending: true, limit: 1 });
    const first = found.getSnapshot();
    expect(first.map((doc) => doc.id)).toEqual(['m1']);
    expect(liked.getSnapshot().map((doc) => doc.id)).toEqual(['m1']);
    let calls = 0;
    const stop = found.subscribe(() => ++calls);
    await messages.put('m3', { text: 'b' });
    expect(found.getSnapshot()).toBe(first);
    const { synced } = await messages.put('m4', { text: 'a' });
    await synced;
    expect(found.getSnapshot().map((doc) => doc.id)).toEqual(['m1', 'm4']);
    expect(calls).toBeGreaterThan(0);
    stop();
    expect(Object.isFrozen(found.getSnapshot()[0]!.data)).toBe(true);
    expect(messages.query((doc) => doc.id === 'm2').getSnapshot()).toHaveLength(1);
  });

  it('a first sync has progress', async () => {
    const { join, server } = world();
    for (let i = 0; i < 3; ++i) server.write(SCOPE, { op: 'put', id: `m${i}`, data: { text: 'x' } });
    const { messages } = join('alice');
    expect(messages.progress.state).toBe('loading');
    await eventually(() => messages.progress.state === 'ready');
    expect(messages.progress).toEqual({ state: 'ready', seq: 3, head: 3 });
  });
});

describe('presence', () => {
  it('is seen by others, and goes when the connection breaks', async () => {
    const { join } = world();
    const [a, b] = [join('alice', { device: 'a' }), join('bob', { device: 'b' })];
    const [mine, theirs] = [
      a.sync.live<{ typing: boolean }, string>(SCOPE),
      b.sync.live<{ typing: boolean }, string>(SCOPE),
    ];
    const said: string[] = [];
    theirs.subscribe(() => {});
    theirs.onMessage((message, client) => said.push(`${client} ${message}`));
    await eventually(() => a.sync.status.state === 'idle' && b.sync.status.state === 'idle');
    await mine.set({ typing: true });
    await eventually(() => theirs.getSnapshot().length === 1);
    expect(theirs.getSnapshot()).toEqual([{ client: 'alice:a', state: { typing: true } }]);
    await mine.send('boo');
    await eventually(() => said.length === 1);
    await a.sync.close();
    await eventually(() => theirs.getSnapshot().length === 0);
  });
});

describe('the end', () => {
  it('wipe keeps unsent work unless it is told to discard it', async () => {
    const { join } = world();
    const storage = memoryStorage();
    const { sync, messages, transport } = join('alice', { storage });
    await (
      await messages.put('m1', { text: 'x' })
    ).synced;
    transport.online = false;
    await messages.put('m2', { text: 'x' });
    await expect(sync.wipe()).rejects.toMatchObject({ code: 'pending' });
    expect(messages.get('m2')).toBeDefined();
    await sync.wipe({ ifPending: 'discard' });
    expect(messages.getSnapshot()).toEqual([]);
    expect(await storage.read('')).toEqual([]);
    await expect(messages.put('m3', { text: 'x' })).rejects.toMatchObject({ code: 'closed' });
  });

  it('a write that comes while a wipe looks for unsent work keeps it, or is refused', async () => {
    const { join } = world();
    const storage = memoryStorage();
    const { sync, messages, transport } = join('alice', { storage });
    await messages.ready;
    transport.online = false;
    const wiped = sync.wipe();
    const writes = Array.from({ length: 20 }, async (_, i) => {
      for (let k = 0; k < i; ++k) await Promise.resolve();
      return messages.put(`m${i}`, { text: 'x' });
    });
    const results = await Promise.allSettled(writes);
    const kept = results.filter(({ status }) => status === 'fulfilled').length;
    if (kept > 0) await expect(wiped).rejects.toMatchObject({ code: 'pending' });
    else await wiped;
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'closed' });
  });

  it('a wipe that discards needs no database that can be read', async () => {
    const { join, errors } = world();
    const inner = memoryStorage();
    let broken = false;
    const unlessBroken = async () => {
      if (broken) throw new Error('the disk is broken');
    };
    const storage: Storage = Object.assign(Object.create(inner) as Storage, {
      read: (prefix: string) => unlessBroken().then(() => inner.read(prefix)),
      commit: (rows: Parameters<Storage['commit']>[0]) => unlessBroken().then(() => inner.commit(rows)),
    });
    const { sync, messages } = join('alice', { storage });
    await messages.ready;
    broken = true;
    await expect(messages.put('m1', { text: 'x' })).rejects.toMatchObject({ code: 'storage' });
    await eventually(() => errors.length >= 5); // the pauses between attempts have grown
    const began = Date.now();
    await sync.wipe({ ifPending: 'discard' });
    expect(await inner.read('')).toEqual([]);
    expect(Date.now() - began).toBeLessThan(300);
  });

  it('after it nothing touches the database, whatever is opened', async () => {
    const { join } = world();
    const inner = memoryStorage();
    let touched = 0;
    const storage: Storage = Object.assign(Object.create(inner) as Storage, {
      read: (prefix: string) => (++touched, inner.read(prefix)),
    });
    const { sync, messages } = join('alice', { storage });
    await messages.ready;
    await sync.close();
    const before = touched;
    await expect(sync.collection('chat/43/messages').ready).rejects.toMatchObject({ code: 'closed' });
    expect(touched).toBe(before);
    await sync.close();
  });

  it('may come at once, and where the database could not be opened', async () => {
    const { join, server } = world();
    let connections = 0;
    const connect = server.connect.bind(server);
    server.connect = (...args) => (++connections, connect(...args));
    const { sync } = join('alice');
    await sync.close();
    expect(connections).toBe(0);
    const open = () => Promise.reject(new Error('no database'));
    const broken = join('bob', { storage: Object.assign(memoryStorage(), { open }) });
    await expect(broken.sync.ready).rejects.toThrow('no database');
    await broken.sync.close();
  });
});

describe('the start', () => {
  it('needs no room on a disk that is full', async () => {
    const { join } = world();
    const storage = fragileStorage();
    const first = join('alice', { storage });
    await (
      await first.messages.put('m1', { text: 'x' })
    ).synced;
    await first.sync.close();
    storage.full = true;
    const second = join('alice', { storage });
    await second.messages.ready;
    expect(second.messages.get('m1')?.data.text).toBe('x');
    await expect(second.messages.put('m2', { text: 'x' })).rejects.toMatchObject({ code: 'storage' });
  });
});
