// Tabs on one database: one of them has the connection, and another takes over when it closes.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Sync } from '../src/index.js';
import { memoryStorage } from '../src/storage/memory.js';
import { createTestServer, createTestSync } from '../src/testing/index.js';
import { eventually } from './eventually.js';

type Run = () => Promise<void>;

/** Web Locks, as far as they are used. */
class Locks {
  private readonly queues = new Map<string, Promise<unknown>>();

  request(name: string, ...more: [Run] | [{ signal: AbortSignal }, Run]): Promise<void> {
    const run = more.at(-1) as Run;
    const signal = more.length > 1 ? (more[0] as { signal: AbortSignal }).signal : undefined;
    const before = this.queues.get(name) ?? Promise.resolve();
    const turn = before.then(() => {
      if (signal?.aborted) throw new Error('aborted');
      return run();
    });
    this.queues.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }
}

const SCOPE = 'chat/42/messages';
const opened: Sync[] = [];

beforeEach(() => {
  Object.defineProperty(globalThis, 'navigator', { value: { locks: new Locks() }, configurable: true });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((sync) => sync.close().catch(() => {})));
  Reflect.deleteProperty(globalThis, 'navigator');
});

function world() {
  const server = createTestServer();
  const storage = memoryStorage();
  let connections = 0;
  const connect = server.connect.bind(server);
  server.connect = (...args) => {
    ++connections;
    connect(...args);
  };
  const name = `tabs-${Math.random()}`;
  const open = () => {
    const sync = createTestSync(server, { tabs: true, name, storage });
    opened.push(sync);
    return { sync, messages: sync.collection<{ text: string }>(SCOPE) };
  };
  return { server, open, name, storage, connections: () => connections };
}

it('share one connection and one view', async () => {
  const { server, open, connections } = world();
  const [a, b, c] = [open(), open(), open()];
  const { synced } = await b.messages.put('m1', { text: 'by a follower' });
  expect(await synced).toMatchObject({ status: 'applied' });
  await eventually(() => [a, b, c].every(({ messages }) => messages.get('m1')?.pending === false));
  await (
    await a.messages.patch('m1', { text: 'by the leader' })
  ).synced;
  await eventually(() => c.messages.get('m1')?.data.text === 'by the leader');
  expect(connections()).toBe(1);
  expect(new Set([a, b, c].map(({ sync }) => sync.clientId)).size).toBe(1);
  await eventually(() => c.sync.status.state === 'idle');
  await expect(c.messages.put('a/b', { text: '' })).rejects.toMatchObject({ code: 'bad_id' });
  expect(server.documents(SCOPE)).toEqual({ m1: { text: 'by the leader' } });
});

it('a write that the leader took to its grave is not lost', async () => {
  const { open, name } = world();
  let die!: () => void;
  const dead = new Promise<void>((resolve) => (die = resolve));
  const { signal } = new AbortController();
  void navigator.locks.request(name, { signal }, () => dead);
  const channel = new BroadcastChannel(name);
  const asked: string[] = [];
  channel.onmessage = ({ data }) => {
    if (data.hello) channel.postMessage({ leader: 'alice:x' });
    if (!data.call) return;
    asked.push(data.call.method);
    if (data.call.method === 'open') channel.postMessage({ answer: data.call.id });
  };
  const { messages } = open();
  const written = messages.put('m1', { text: 'in flight' });
  await eventually(() => asked.includes('write'));
  channel.close();
  die();
  await (
    await written
  ).synced;
  expect(messages.get('m1')?.data.text).toBe('in flight');
});

it('say again who is there when the leader has closed', async () => {
  const { server, open } = world();
  const [a, b] = [open(), open()];
  await b.sync.live<string>(SCOPE).set('here');
  const bob = createTestSync(server, { user: 'bob' });
  opened.push(bob);
  const live = bob.live<string>(SCOPE);
  live.subscribe(() => {});
  await eventually(() => live.getSnapshot()[0]?.state === 'here');
  const gone = new Promise<void>((resolve) =>
    live.subscribe(() => live.getSnapshot().length === 0 && resolve()),
  );
  await a.sync.close();
  await gone;
  await eventually(() => live.getSnapshot()[0]?.state === 'here');
});

it('are there as long as one of them says so, and what it says is the newest', async () => {
  const { server, open } = world();
  const [a, b, c] = [open(), open(), open()];
  const bob = createTestSync(server, { user: 'bob' });
  opened.push(bob);
  const peers = bob.live<string>(SCOPE);
  const sees = (...states: string[]) =>
    eventually(
      () => JSON.stringify(peers.getSnapshot().map(({ state }) => state)) === JSON.stringify(states),
    );
  const seen: string[] = [];
  peers.subscribe(() => seen.push(peers.getSnapshot()[0]?.state ?? 'nobody'));
  await a.sync.live<string>(SCOPE).set('a');
  await b.sync.live<string>(SCOPE).set('b');
  await c.sync.live<string>(SCOPE).set('c');
  await sees('c');
  await c.sync.live<string>(SCOPE).set(undefined);
  await sees('b');
  await c.sync.live<string>(SCOPE).set(undefined);
  await a.sync.live<string>(SCOPE).set('a again');
  await sees('a again');
  await a.sync.live<string>(SCOPE).set(undefined);
  await sees('b');
  expect(seen).not.toContain('nobody');
  await b.sync.live<string>(SCOPE).set(undefined);
  await sees();
});

it('that close or die are gone, and only they', async () => {
  const { server, open, name } = world();
  const [a, b] = [open(), open()];
  const bob = createTestSync(server, { user: 'bob' });
  opened.push(bob);
  const peers = bob.live<string>(SCOPE);
  peers.subscribe(() => {});
  const sees = (state?: string) => eventually(() => peers.getSnapshot()[0]?.state === state, state);
  await a.sync.live<string>(SCOPE).set('leader');
  await b.sync.live<string>(SCOPE).set('follower');
  await sees('follower');
  let die!: () => void;
  void navigator.locks.request('tab-x', () => new Promise<void>((dead) => (die = dead)));
  const channel = new BroadcastChannel(name);
  const said = { payload: JSON.stringify({ state: 'dying' }), state: true };
  channel.postMessage({ call: { id: 'x', method: 'sendLive', args: [SCOPE, said, 'tab-x'] } });
  await sees('dying');
  channel.close();
  die();
  await sees('follower');
  await b.sync.close();
  await sees('leader');
});

it('reconnect together, whichever of them is told to', async () => {
  const { open, connections } = world();
  const [a, b] = [open(), open()];
  await eventually(() => a.sync.status.state === 'idle' && b.sync.status.state === 'idle');
  await b.sync.reconnect();
  await eventually(() => connections() === 2 && b.sync.status.state === 'idle');
  await a.sync.reconnect();
  await eventually(() => connections() === 3 && b.sync.status.state === 'idle');
  await (
    await b.messages.put('m1', { text: 'x' })
  ).synced;
});

/** The lock and the channel of a tab that leads, and does what the test says. */
function leader(name: string, answer: (call: { id: string; method: string }) => object | undefined) {
  let die!: () => void;
  void navigator.locks.request(name, () => new Promise<void>((dead) => (die = dead)));
  const channel = new BroadcastChannel(name);
  const asked: string[] = [];
  channel.onmessage = ({ data }) => {
    if (data.hello) channel.postMessage({ leader: 'alice:x', id: 'x' });
    if (!data.call) return;
    asked.push(data.call.method);
    const said = answer(data.call);
    if (said) channel.postMessage({ answer: data.call.id, ...said });
  };
  const end = () => {
    channel.close();
    die();
  };
  return { asked, end };
}

it('ask the next leader where the one before was closing', async () => {
  const { open, name } = world();
  const closed = { error: { code: 'closed', message: 'it was closed' } };
  const dying = leader(name, ({ method }) => (method === 'open' ? {} : closed));
  const { messages } = open();
  const written = messages.put('m1', { text: 'in its last moment' });
  await eventually(() => dying.asked.includes('write'));
  dying.end();
  await (
    await written
  ).synced;
});

it('that close while they take over leave nothing behind', async () => {
  const { open, name, storage, connections } = world();
  const before = leader(name, () => ({}));
  const { sync } = open();
  await sync.ready;
  let opening!: () => void;
  const opened = storage.open;
  storage.open = () => new Promise((resolve) => (opening = () => resolve(opened.call(storage))));
  before.end();
  await eventually(() => opening !== undefined);
  await sync.close();
  opening();
  let free = false;
  void navigator.locks.request(name, async () => void (free = true));
  await eventually(() => free);
  expect(connections()).toBe(0);
});

it('that cannot open the database when they take over try again', async () => {
  const { open, name, storage, server } = world();
  const before = leader(name, () => ({}));
  const { messages, sync } = open();
  await sync.ready;
  const opened = storage.open;
  let tries = 0;
  storage.open = () => (++tries < 2 ? Promise.reject(new Error('the disk is busy')) : opened.call(storage));
  before.end();
  await (
    await messages.put('m1', { text: 'x' })
  ).synced;
  expect(tries).toBe(2);
  expect(Object.keys(server.documents(SCOPE))).toEqual(['m1']);
});

it('of another user do not join, and see nothing', async () => {
  const { server, open, name, storage } = world();
  const alice = open();
  await (
    await alice.messages.put('m1', { text: 'of alice' })
  ).synced;
  const bob = createTestSync(server, { user: 'bob', tabs: true, name, storage });
  opened.push(bob);
  const messages = bob.collection<{ text: string }>(SCOPE);
  await expect(bob.ready).rejects.toMatchObject({ code: 'wrong_user' });
  await expect(messages.put('m2', { text: 'of bob' })).rejects.toMatchObject({ code: 'wrong_user' });
  await (
    await alice.messages.put('m3', { text: 'of alice' })
  ).synced;
  expect(messages.getSnapshot()).toEqual([]);
  expect(bob.status).toMatchObject({ state: 'error', lastError: { code: 'wrong_user' } });
  await alice.sync.close();
  await eventually(async () => (await navigator.locks.request(name, async () => {}), true));
});

it('may all discard one problem', async () => {
  const { server, open } = world();
  const [a, b] = [open(), open()];
  await (
    await a.messages.put('m1', { text: 'x' })
  ).synced;
  await eventually(() => b.messages.get('m1')?.pending === false);
  a.sync.transport.online = false;
  await eventually(() => b.sync.status.state !== 'idle');
  await a.messages.put('m1', { text: 'earlier' });
  server.write(SCOPE, { op: 'put', id: 'm1', data: { text: 'later' }, ts: Date.now() + 60_000 });
  a.sync.transport.online = true;
  await b.sync.reconnect();
  await eventually(() => a.sync.problems.length === 1 && b.sync.problems.length === 1);
  await Promise.all([a.sync.problems[0]!.discard(), b.sync.problems[0]!.discard()]);
  await eventually(() => a.sync.problems.length + b.sync.problems.length === 0);
});

it('read their scopes once, however many come later', async () => {
  const { open } = world();
  open();
  const b = open();
  await b.messages.ready;
  const asked: string[] = [];
  b.messages.reopen = (async () => asked.push('again')) as never;
  await open().messages.ready;
  await open().messages.ready;
  expect(asked).toEqual([]);
});

it('hand over when the leader closes, and nothing is lost or done twice', async () => {
  const { server, open, connections } = world();
  const [a, b] = [open(), open()];
  await a.messages.ready;
  await b.messages.ready;
  const writes = Array.from({ length: 20 }, (_, i) => b.messages.put(`m${i}`, { text: `${i}` }));
  await a.sync.close();
  await Promise.all(writes);
  await eventually(() => Object.keys(server.documents(SCOPE)).length === 20);
  await eventually(() => b.sync.status.state === 'idle' && b.sync.status.pending === 0);
  expect(server.scope(SCOPE).seq).toBe(20);
  expect(b.messages.getSnapshot()).toHaveLength(20);
  expect(connections()).toBe(2);
  await (
    await b.messages.put('after', { text: 'x' })
  ).synced;
});

it('a wipe ends all of them', async () => {
  const { open } = world();
  const [a, b] = [open(), open()];
  await (
    await a.messages.put('m1', { text: 'x' })
  ).synced;
  await eventually(() => b.messages.get('m1') !== undefined);
  await b.sync.wipe();
  await eventually(() => a.messages.getSnapshot().length === 0);
  await expect(a.messages.put('m2', { text: 'x' })).rejects.toMatchObject({ code: 'closed' });
  const again = open(); // the next user, or the same
  await eventually(() => again.messages.get('m1') !== undefined);
});
