// Servers that break the protocol, and days on which nothing works: each is a state and an event, and the outbox is never
// lost. MSYNC_SEED=n is another run of the properties; what fails prints its own.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeAck, decodeDelta, decodeNotice, decodeStatus } from '../src/core/decode.js';
import { DEFAULT_LIMITS, type Json } from '../src/core/protocol.js';
import type { Storage, Sync, SyncOptions } from '../src/index.js';
import { memoryStorage } from '../src/storage/memory.js';
import { createTestServer, createTestSync, type TestServer } from '../src/testing/index.js';
import { eventually } from './eventually.js';
import { Device, type Dice, World } from './world.js';

const SCOPE = 'chat/42/messages';
const seed = Number(process.env.MSYNC_SEED ?? 20261121);
const opened: Sync[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((sync) => sync.close().catch(() => {})));
});

function join(server: TestServer, more: Partial<SyncOptions> = {}) {
  const errors: string[] = [];
  const sync = createTestSync(server, { onError: ({ code }) => errors.push(code), ...more });
  opened.push(sync);
  return { sync, errors, messages: sync.collection<{ n: number }>(SCOPE) };
}

const change = { id: 'm1', seq: 2, version: 1, ts: 1, by: 'bob', data: { a: 1 } };
const result = {
  n: 1,
  status: 'conflict',
  op: 0,
  id: 'm1',
  version: 1,
  seq: 1,
  error: { code: 'c', message: '' },
};
const GOOD: Record<string, Json> = {
  ack: { epoch: '1-a', scope: SCOPE, src: 'x', n: 1, head: 2, now: 3, results: [result] },
  delta: {
    ...{
      rid: 'r',
      last: true,
      reset: true,
      snap: 2,
      epoch: '1-a',
      scope: SCOPE,
      from: 0,
      to: 2,
      head: 2,
      now: 3,
    },
    ...{ count: 1, digest: '0'.repeat(16), n: 1, outcomes: [result], changes: [change] },
  },
  notice: { code: 'quota', message: '', topic: `${SCOPE}/in`, src: 'x', n: 1, retry_after_ms: 5 },
  status: { state: 'online', epoch: '1-a', boot: 1, protocol: 1, version: '', limits: { ...DEFAULT_LIMITS } },
};
const decoders: Record<string, (text: string) => { ok?: unknown; fault?: string }> = {
  ack: decodeAck,
  delta: decodeDelta,
  notice: decodeNotice,
  status: decodeStatus,
};

/** Another value somewhere in it, or a member less. */
function spoil(value: Json, at: number[], junk: Json): Json {
  const [first, ...rest] = at;
  if (first === undefined || typeof value !== 'object' || value === null) return junk;
  if (Array.isArray(value))
    return value.map((item, i) => (i === first % value.length ? spoil(item, rest, junk) : item));
  const keys = Object.keys(value);
  const chosen = keys[first % keys.length];
  const entries = Object.entries(value).filter(([key]) => key !== chosen || first % 3 > 0);
  return Object.fromEntries(
    entries.map(([key, each]) => [key, key === chosen ? spoil(each, rest, junk) : each]),
  );
}

const path = fc.array(fc.nat(50), { maxLength: 5 });
const junk = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(-1, 1.5, 2 ** 53, '', [], {}, null, true),
);

describe('what arrives', () => {
  it('is a message or a fault that says how, never an exception and never half of both', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .tuple(fc.constantFrom(...Object.values(GOOD)), path, junk)
        .map((all) => JSON.stringify(spoil(...all))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(decoders)), text, (decode, said) => {
        const { ok, fault } = decode(said);
        expect((ok === undefined) !== (fault === undefined), said).toBe(true);
        if (fault !== undefined) expect(fault).not.toBe('');
      }),
      { seed, numRuns: 5000 },
    );
    for (const [kind, message] of Object.entries(GOOD)) {
      expect(decoders[kind]!(JSON.stringify(message)).fault, kind).toBeUndefined();
    }
  });

  it('is, where it is broken, as if it had been lost: every write comes to the server, once', () => {
    const kinds: [RegExp, string][] = [
      [/\/(log|delta\/.*)$/, 'delta'],
      [/\/ack\//, 'ack'],
      [/\/notice$/, 'notice'],
      [/status$/, 'status'],
    ];
    /** So that no reader can take it for a true one. */
    const broken = (dice: Dice, topic: string, payload: string): string => {
      const kind = kinds.find(([pattern]) => pattern.test(topic.replace(`/ack/${SCOPE}`, '/ack/')))![1];
      for (;;) {
        const at = Array.from({ length: 1 + dice.below(4) }, () => dice.below(50));
        const value = dice.pick<Json>([-1, 1.5, 2 ** 53, '', [], {}, null, true]);
        const said = dice.chance(20)
          ? payload.slice(0, dice.below(payload.length))
          : JSON.stringify(spoil(JSON.parse(payload) as Json, at, value));
        if (decoders[kind]!(said).fault !== undefined) return said;
      }
    };
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 5, max: 60 }), (dicing, percent) => {
        const world = new World(dicing);
        const device = new Device(world, 'alice:a', [SCOPE]);
        const { dice, server } = world;
        let evil = true;
        const receive = device.receive.bind(device);
        device.receive = (topic, payload) =>
          receive(topic, evil && dice.chance(percent) ? broken(dice, topic, payload) : payload);
        device.goOnline();
        device.write(SCOPE, 'made', [{ op: 'put', id: 'sum', data: { n: 0 } }]);
        for (let i = 1; i <= 20; ++i) {
          device.write(SCOPE, `w${i}`, [{ op: 'patch', id: 'sum', data: { n: { $inc: i } } }]);
          world.pass(2000, [device]);
          if (dice.chance(10)) {
            device.crash();
            device.goOnline();
          }
        }
        evil = false;
        device.goOffline();
        device.goOnline();
        world.pass(5 * 60_000, [device]);
        expect(server.documents(SCOPE)).toEqual({ sum: { n: 210 } });
        expect(device.documents(SCOPE)).toEqual({ sum: { n: 210 } });
        expect([...device.problems]).toEqual([]);
        expect(device.client.scopes.get(SCOPE)!.replica.outbox.entries.size).toBe(0);
      }),
      { seed, numRuns: 40 },
    );
  });

  it('may be any bytes: told, acknowledged, and the connection goes on', async () => {
    const server = createTestServer();
    const { sync, errors, messages } = join(server);
    await messages.ready;
    await eventually(() => sync.status.state === 'idle');
    const inbox = `sync/${sync.clientId}`;
    const topics = [
      `${SCOPE}/log`,
      `${inbox}/ack/${SCOPE}`,
      `${inbox}/delta/${SCOPE}`,
      `${inbox}/notice`,
      'sync/status',
    ];
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
      fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.of(0x78, 0x9c, ...rest)), // as if it were zlib
    );
    const samples = fc.sample(fc.tuple(fc.constantFrom(...topics), bytes), { seed, numRuns: 200 });
    for (const [topic, payload] of samples) await sync.transport.inject(topic, payload);
    expect(errors).toEqual(samples.map(() => 'bad_message'));
    await (
      await messages.put('m1', { n: 1 })
    ).synced;
    await eventually(() => sync.status.state === 'idle');
    expect(sync.status).toMatchObject({ pending: 0, lastError: { code: 'bad_message' } });
  });
});

describe('the outbox is kept', () => {
  /** Commits fail while `full`, as a browser's do. */
  const quota = (): Storage & { full: boolean } => {
    const inner = memoryStorage();
    const commit: Storage['commit'] = async function (this: { full: boolean }, rows) {
      if (this.full) throw new DOMException('no room', 'QuotaExceededError');
      await inner.commit(rows);
    };
    return Object.assign(Object.create(inner) as Storage, { full: false, commit });
  };

  it('when the disk is full as it is sent, over a restart, and each write counts once', async () => {
    const server = createTestServer();
    const storage = quota();
    const first = join(server, { storage });
    first.sync.transport.online = false;
    await first.messages.put('sum', { n: 0 });
    for (let i = 1; i <= 3; ++i) await first.messages.increment('sum', 'n', i);
    storage.full = true;
    first.sync.transport.online = true;
    await eventually(() => first.sync.status.state === 'error');
    expect(first.sync.status).toMatchObject({
      pending: 4,
      lastError: { code: 'storage', message: 'no room' },
    });
    expect(first.errors).toContain('storage');
    expect(server.documents(SCOPE)).toEqual({}); // what has no number here was not sent
    await first.sync.close();
    storage.full = false;
    const second = join(server, { storage });
    await eventually(() => second.sync.status.state === 'idle' && second.sync.status.pending === 0);
    expect(server.documents(SCOPE)).toEqual({ sum: { n: 6 } });
  });

  it('when the disk is full as answers come: they come again', async () => {
    const server = createTestServer();
    const storage = quota();
    const { sync, messages } = join(server, { storage });
    await eventually(() => sync.status.state === 'idle');
    storage.full = true;
    server.write(SCOPE, { op: 'put', id: 'other', data: { n: 1 } });
    await eventually(() => sync.status.state === 'error');
    expect(messages.get('other')).toBeUndefined(); // not shown before it is stored
    storage.full = false;
    await eventually(() => messages.get('other') !== undefined && sync.status.state === 'idle');
  });

  for (const [when, later] of [
    ['an older', '1000000000000-z'],
    ['a newer', '9000000000000-z'],
  ] as const) {
    it(`when ${when} server, empty, stands in the place of the one it knew`, async () => {
      const server = createTestServer();
      const lost: string[] = [];
      const { sync, errors, messages } = join(server, {
        onConflict: ({ meant }) => lost.push(meant[0]!.id!),
      });
      await (
        await messages.put('m1', { n: 1 })
      ).synced;
      sync.transport.online = false;
      await messages.put('m2', { n: 2 });
      server.scopes = new Map();
      server.epoch = later;
      server.publishStatus();
      sync.transport.online = true;
      await eventually(() => sync.status.state === 'idle' && sync.status.pending === 0);
      expect(server.documents(SCOPE)).toEqual({ m2: { n: 2 } });
      expect(lost).toEqual(['m1']);
      expect(errors).toContain('lost');
    });
  }

  it('when the server speaks version 2 from the start, and over a restart', async () => {
    const server = createTestServer();
    server.protocol = 2;
    server.publishStatus();
    const storage = memoryStorage();
    const first = join(server, { storage });
    await first.messages.put('m1', { n: 1 });
    await eventually(() => first.sync.status.state === 'error');
    expect(first.errors).toContain('protocol_version');
    await first.sync.close();
    const second = join(server, { storage });
    await second.messages.ready;
    await eventually(() => second.sync.status.state === 'error');
    expect(second.sync.status).toMatchObject({ pending: 1, lastError: { code: 'protocol_version' } });
    server.protocol = 1;
    server.publishStatus();
    await eventually(() => second.sync.status.state === 'idle' && second.sync.status.pending === 0);
    expect(server.documents(SCOPE)).toEqual({ m1: { n: 1 } });
  });

  it('when the token is refused, and when the status is rubbish', async () => {
    const server = createTestServer();
    const { sync, errors, messages } = join(server);
    sync.transport.online = false;
    sync.transport.refuse = () => 'not authorized';
    sync.transport.online = true;
    await messages.put('m1', { n: 1 });
    await eventually(() => errors.includes('token_refused'));
    expect(sync.status).toMatchObject({ state: 'error', pending: 1 });
    server.publishTo('sync/status', '{"state":"perhaps","protocol":1}', true);
    sync.transport.refuse = () => undefined;
    await eventually(() => errors.includes('bad_message'));
    expect(sync.status).toMatchObject({ state: 'connecting', lastError: { code: 'bad_message' } });
    server.publishStatus();
    await eventually(() => sync.status.state === 'idle' && sync.status.pending === 0);
  });

  it('when a clock is off by years, either way, and jumps', async () => {
    const server = createTestServer();
    let off = -10 * 365 * 86_400_000;
    const { sync, messages } = join(server, { clock: () => Date.now() + off });
    for (let i = 0; i < 4; ++i) {
      await (
        await messages.put('m1', { n: i })
      ).synced;
      off = -off;
    }
    expect(server.documents(SCOPE)).toEqual({ m1: { n: 3 } });
    expect(sync.status).toMatchObject({ state: 'idle', pending: 0 });
    expect(sync.problems).toEqual([]);
  });
});
