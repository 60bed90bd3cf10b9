// docs/protocol.md, "What a client does": the rules that random histories seldom reach, with a scripted server.
import { beforeEach, describe, expect, it } from 'vitest';
import { Client, type ClientEvent, type Outgoing } from '../src/core/client.js';
import { DEFAULT_LIMITS, type InMessage, type Json, type JsonObject } from '../src/core/protocol.js';
import { Digest } from '../src/core/digest.js';

const SCOPE = 'chat/42/messages';
const EPOCH = '1795230000000-a';
const INBOX = 'sync/alice:a';

let now: number;
let client: Client;
let sent: Outgoing[];
let told: ClientEvent[];
let names: number;

function settle(): void {
  const effects = client.take();
  sent.push(...effects.outgoing);
  told.push(...effects.events);
}

function say(topic: string, message: object): void {
  client.receive(topic, JSON.stringify(message), now);
  settle();
}

function pass(ms: number): void {
  for (const end = now + ms; now < end;) {
    now += 500;
    client.tick(now);
  }
  settle();
}

const leaf = (name: string) => sent.filter(({ topic }) => topic === `${SCOPE}/${name}`);
const last = (name: string) => JSON.parse(leaf(name).at(-1)!.payload) as JsonObject & InMessage;
const replica = () => client.scopes.get(SCOPE)!.replica;
const status = (more: object = {}) =>
  say('sync/status', {
    ...{ state: 'online', epoch: EPOCH, boot: 1, protocol: 1, version: '1', limits: DEFAULT_LIMITS },
    ...more,
  });
const ack = (more: object) =>
  say(`${INBOX}/ack/${SCOPE}`, { epoch: EPOCH, scope: SCOPE, src: replica().state.src, now: 5000, ...more });
const log = (more: object) =>
  say(`${SCOPE}/log`, { epoch: EPOCH, scope: SCOPE, now: 5000, changes: [], ...more });
const notice = (more: object) => say(`${INBOX}/notice`, { message: '', ...more });

/** Answers the pull that was last sent. */
function page(more: object): void {
  const { rid } = last('pull');
  const head = { rid, last: true, epoch: EPOCH, scope: SCOPE, now: 5000, changes: [] };
  say(`${INBOX}/delta/${SCOPE}`, { ...head, ...more } as object);
}

function write(id: string, data: JsonObject = {}): void {
  client.write(SCOPE, `key-${id}`, [{ op: 'put', id, data }], false, 1000, now);
  settle();
}

const digestOf = (...rows: [string, number, number, string][]) => {
  const digest = new Digest();
  for (const row of rows) digest.add(...row);
  return { count: digest.count, digest: digest.text() };
};

beforeEach(() => {
  [now, sent, told, names] = [1000, [], [], 0];
  client = new Client({
    user: 'alice',
    clientId: 'alice:a',
    random: () => 0.5 + names++ / 1e6,
    newSrc: () => `src-${names++}-0123456789abcdef`,
  });
  client.open(SCOPE, [], true, now);
  client.connected(now);
  status();
  page({ reset: true, snap: 0, from: 0, to: 0, head: 0, n: 0, outcomes: [], ...digestOf() });
});

describe('sending', () => {
  it('begins when the server has said how far the numbers are', () => {
    const other = new Client({
      user: 'bob',
      clientId: 'bob:b',
      random: () => 0.5,
      newSrc: () => 'x'.repeat(20),
    });
    other.open(SCOPE, [], true, now);
    other.connected(now);
    other.write(SCOPE, 'key', [{ op: 'delete', id: 'm1' }], false, 1000, now);
    expect(other.take().outgoing.map(({ topic }) => topic)).toEqual([`${SCOPE}/pull`]);
  });

  it('follows one question: the first word of the server is no reason to ask again, its return is', () => {
    const asked = () => leaf('pull').length;
    expect(asked()).toBe(1);
    client.connected(now);
    settle();
    expect(asked()).toBe(1);
    client.open('chat/43/messages', [], true, now);
    status();
    expect(sent.filter(({ topic }) => topic === 'chat/43/messages/pull')).toHaveLength(1);
    status({ state: 'offline' });
    status();
    expect(sent.filter(({ topic }) => topic === 'chat/43/messages/pull')).toHaveLength(2);
    expect(asked()).toBe(1);
  });

  it('is repeated with longer and longer pauses, and what is acknowledged is not', () => {
    write('m1');
    write('m2');
    expect(leaf('in')).toHaveLength(2);
    ack({
      n: 1,
      head: 1,
      results: [{ n: 1, status: 'applied', changes: [{ id: 'm1', version: 1, seq: 1 }] }],
    });
    pass(11_000);
    expect(last('in')).toMatchObject({ n: 2, mutations: [{ id: 'm2' }] });
    const after10 = leaf('in').length;
    pass(15_000);
    expect(leaf('in').length).toBe(after10);
    pass(10_000);
    expect(leaf('in').length).toBe(after10 + 1);
  });

  it('keeps to the limits of the status', () => {
    status({ limits: { ...DEFAULT_LIMITS, max_mutations: 2, max_unacked: 3 } });
    status({ state: 'offline', limits: DEFAULT_LIMITS });
    for (let i = 1; i <= 5; ++i) write(`m${i}`);
    expect(leaf('in')).toHaveLength(0);
    status({ limits: { ...DEFAULT_LIMITS, max_mutations: 2, max_unacked: 3 } });
    expect(leaf('in').map(({ payload }) => (JSON.parse(payload) as InMessage).mutations.length)).toEqual([
      2, 1,
    ]);
    ack({ n: 2, head: 2, results: [] });
    expect(last('in')).toMatchObject({ n: 4, mutations: [{ id: 'm4' }, { id: 'm5' }] });
  });

  it('has no more under way than a loss may cost, and goes on with the acks', () => {
    status({ state: 'offline' });
    for (let i = 1; i <= 12; ++i) write(`m${i}`, { text: 'x'.repeat(50_000) });
    status();
    const numbers = () =>
      leaf('in').flatMap(({ payload }) => {
        const { n, mutations } = JSON.parse(payload) as InMessage;
        return mutations.map((_, i) => n + i);
      });
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(replica().state.lastN).toBe(6); // what has not been sent has no number
    ack({ n: 5, head: 5, results: [] });
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('is silent for as long as a quota says', () => {
    notice({ code: 'quota', topic: `${SCOPE}/in`, retry_after_ms: 4000 });
    write('m1');
    pass(3500);
    expect(leaf('in')).toHaveLength(0);
    pass(1500);
    expect(leaf('in')).toHaveLength(1);
  });

  it('is repeated when a quota refused it, once the silence is over', () => {
    write('m1');
    notice({ code: 'quota', topic: 'chat/43/messages/in', retry_after_ms: 1000 });
    pass(2000);
    expect(leaf('in')).toHaveLength(1);
    notice({ code: 'quota', topic: `${SCOPE}/in`, retry_after_ms: 1000 });
    pass(500);
    expect(leaf('in')).toHaveLength(1);
    pass(1000);
    expect(leaf('in')).toHaveLength(2);
    expect(last('in').n).toBe(1);
    log({ from: 5, to: 6, head: 6 });
    pass(2000);
    const asked = leaf('pull').length;
    notice({ code: 'quota', topic: `${SCOPE}/pull`, retry_after_ms: 1000 });
    pass(1500);
    expect(leaf('pull')).toHaveLength(asked + 1);
  });

  it('waits after a denial until the grants change', () => {
    write('m1');
    notice({ code: 'denied', topic: `${SCOPE}/in` });
    pass(60_000);
    expect(leaf('in')).toHaveLength(1);
    expect(replica().outbox.waiting).toBe(1);
    client.granted(now);
    settle();
    expect(leaf('in')).toHaveLength(2);
  });

  it('a scope that was taken away stays denied until it has been read again', () => {
    const { puller } = client.scopes.get(SCOPE)!;
    notice({ code: 'revoked', scope: SCOPE });
    expect(puller.denied).toBe(true);
    client.granted(now);
    settle();
    expect(puller.denied).toBe(true);
    page({ from: 0, to: 0, head: 0, reset: true, snap: 0, ...digestOf() });
    expect(puller.denied).toBe(false);
  });

  it('finds the message that the server will never take, one by one, and uses up its number', () => {
    write('m1');
    write('m2');
    write('m3');
    const before = leaf('in').length;
    notice({ code: 'malformed', topic: `${SCOPE}/in` });
    expect(leaf('in').length).toBe(before + 1);
    expect(last('in').mutations).toHaveLength(1);
    ack({
      n: 1,
      head: 1,
      results: [{ n: 1, status: 'applied', changes: [{ id: 'm1', version: 1, seq: 1 }] }],
    });
    expect(last('in')).toMatchObject({ n: 2, mutations: [{ id: 'm2' }] });
    notice({ code: 'malformed', message: 'bad', topic: `${SCOPE}/in`, n: 2, src: replica().state.src });
    expect(last('in')).toMatchObject({ n: 2, mutations: [{ op: 'noop' }] });
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'problem',
        problem: expect.objectContaining({ key: 'key-m2', status: 'rejected' }),
      }),
    );
    ack({ n: 2, head: 1, results: [] });
    ack({
      n: 3,
      head: 2,
      results: [{ n: 3, status: 'applied', changes: [{ id: 'm3', version: 1, seq: 2 }] }],
    });
    expect(replica().outbox.waiting).toBe(0);
  });
});

describe('the view', () => {
  it('shows an acknowledged write until the log has come to it, and counts it once', () => {
    write('m1', { likes: 1 });
    ack({
      n: 1,
      head: 4,
      results: [{ n: 1, status: 'applied', changes: [{ id: 'm1', version: 1, seq: 4 }] }],
    });
    expect(replica().view('m1')).toMatchObject({ data: { likes: 1 }, pending: true });
    expect(told.filter(({ type }) => type === 'settled')).toHaveLength(0);
    const change = { id: 'm1', seq: 4, version: 1, ts: 1000, by: 'alice', src: replica().state.src, n: 1 };
    log({ from: 0, to: 4, head: 4, changes: [{ ...change, data: { likes: 1 } }] });
    expect(replica().view('m1')).toMatchObject({ data: { likes: 1 }, version: 1, pending: false });
    expect(told.filter(({ type }) => type === 'settled')).toHaveLength(1);
  });

  it('asks when an ack tells of a head that the log does not come to', () => {
    write('m1');
    const before = leaf('pull').length;
    ack({
      n: 1,
      head: 4,
      results: [{ n: 1, status: 'applied', changes: [{ id: 'm1', version: 1, seq: 4 }] }],
    });
    pass(5000);
    expect(leaf('pull').length).toBe(before + 1);
    expect(last('pull')).toMatchObject({ since: 0, epoch: EPOCH });
  });
});

describe('numbers', () => {
  it('that the server lost without a new epoch are used up by noops, and told', () => {
    write('m1');
    write('m2');
    const results = [1, 2].map((n) => ({
      n,
      status: 'applied',
      changes: [{ id: `m${n}`, version: 1, seq: n }],
    }));
    ack({ n: 2, head: 2, results });
    const own = (n: number) => ({
      id: `m${n}`,
      seq: n,
      version: 1,
      ts: n,
      by: 'alice',
      src: replica().state.src,
      n,
      data: {},
    });
    log({ from: 0, to: 2, head: 2, changes: [own(1), own(2)] });
    client.disconnected();
    client.connected(now);
    pass(12_000);
    page({ reset: true, snap: 1, from: 0, to: 1, head: 1, now: 9000, n: 1, outcomes: [], changes: [own(1)] });
    expect(last('in')).toMatchObject({ n: 2, mutations: [{ op: 'noop' }] });
    expect(told).toContainEqual(
      expect.objectContaining({ problem: expect.objectContaining({ key: 'key-m2', status: 'lost' }) }),
    );
    ack({ n: 2, head: 1, now: 9100, results: [{ n: 2, status: 'applied', changes: [] }] });
    write('m3');
    expect(last('in')).toMatchObject({ n: 3 });
  });

  it('in an ack above any that was given: the device was restored, and takes a new name', () => {
    const { src } = replica().state;
    write('m1');
    ack({ n: 7, head: 3, results: [] });
    pass(500);
    page({ from: 0, to: 3, head: 3, n: 7, outcomes: [] });
    expect(replica().state.src).not.toBe(src);
    write('m2');
    expect(last('in')).toMatchObject({ n: 1, src: replica().state.src, mutations: [{ id: 'm2' }] });
  });

  it('in a page that was read before their ack was made are not lost', () => {
    log({ from: 3, to: 4, head: 4 }); // a gap
    pass(1500);
    write('m1');
    ack({
      ...{ n: 1, head: 5, now: 6000 },
      results: [{ n: 1, status: 'applied', changes: [{ id: 'm1', version: 1, seq: 5 }] }],
    });
    page({ from: 0, to: 4, head: 4, now: 6001, n: 0, outcomes: [] });
    pass(4000);
    expect(told.filter(({ type }) => type === 'problem')).toEqual([]);
    expect(replica().state.ackedN).toBe(1);
    expect(leaf('in')).toHaveLength(1);
  });

  it('of an earlier name are not those that a server loses later', () => {
    write('m1');
    write('m2');
    ack({ n: 2, head: 5, results: [1, 2].map((n) => ({ n, status: 'applied', changes: [], seq: 5 })) });
    ack({ n: 7, head: 3, results: [] });
    pass(500);
    page({ from: 0, to: 3, head: 3, n: 7, outcomes: [] }); // another name, and m1 and m2 leave
    write('m3');
    ack({ n: 1, head: 3, results: [{ n: 1, status: 'applied', changes: [] }] });
    client.connected(now);
    pass(12_000);
    client.scopes.get(SCOPE)!.puller.want(true);
    pass(500);
    page({ from: 3, to: 3, head: 3, now: 9000, n: 0, outcomes: [] });
    const lost = told.flatMap((event) => (event.type === 'problem' ? event.problem.key : []));
    expect(lost).toEqual(['key-m3']);
  });

  it('that were lost are told even where they are too many to be filled', () => {
    write('m1');
    ack({ n: 1, head: 1, results: [{ n: 1, status: 'applied', changes: [] }] });
    log({ from: 0, to: 1, head: 1 });
    const { state } = replica();
    state.lastN = state.ackedN = 20_001;
    const { src } = state;
    client.scopes.get(SCOPE)!.puller.want(true);
    pass(500);
    page({ from: 1, to: 1, head: 1, now: 9000, n: 0, outcomes: [] });
    expect(state.src).not.toBe(src);
    expect(told).toContainEqual(
      expect.objectContaining({ problem: expect.objectContaining({ key: 'key-m1', status: 'lost' }) }),
    );
  });
});

describe('a server that lost its tail without a new epoch', () => {
  const pulls = () => leaf('pull').length;
  beforeEach(() => {
    log({ from: 0, to: 4, head: 4, now: 6000 });
    pass(2000);
  });

  it('is asked by who reads of a head below what is here', () => {
    const before = pulls();
    log({ from: 1, to: 1, head: 1, now: 7000 });
    pass(1000);
    expect(pulls()).toBe(before + 1);
    expect(last('pull')).toMatchObject({ since: 4 });
    page({ reset: true, snap: 1, from: 0, to: 1, head: 1, now: 7100, n: 0, outcomes: [] });
    expect(replica().state.seq).toBe(1);
    pass(5000);
    expect(pulls()).toBe(before + 1);
  });

  it('is not asked for a head that is late, or comes again', () => {
    const before = pulls();
    log({ from: 2, to: 3, head: 3, now: 5900 });
    log({ from: 3, to: 4, head: 4, now: 6000 });
    pass(5000);
    expect(pulls()).toBe(before);
  });

  it('is asked once for one head, however often that comes', () => {
    const before = pulls();
    for (let i = 0; i < 5; ++i) {
      log({ from: 1, to: 1, head: 1, now: 7000 });
      pass(1000);
      if (i === 0) page({ from: 4, to: 4, head: 4, now: 7100, n: 0, outcomes: [] });
    }
    expect(pulls()).toBe(before + 1);
  });
});

it('a delta that overlaps what is here, with a patch of what was before, is taken', () => {
  const mine = { version: 1, ts: 9, by: 'bob' };
  const patch = { id: 'm1', seq: 2, version: 2, ts: 10, by: 'bob', patch: { a: 2 }, base: 1 };
  log({ from: 0, to: 1, head: 1, changes: [{ id: 'm1', seq: 1, ...mine, data: { a: 1 } }] });
  log({ from: 1, to: 2, head: 2, changes: [patch] });
  const asked = leaf('pull').length;
  log({ from: 1, to: 3, head: 3, changes: [patch, { id: 'm2', seq: 3, ...mine, data: { b: 1 } }] });
  expect(replica().state.seq).toBe(3);
  expect(replica().view('m1')?.data).toEqual({ a: 2 });
  expect(leaf('pull')).toHaveLength(asked);
});

it('a live delta that comes during a snapshot is asked for after it', () => {
  const epoch = '1999999999999-b';
  const change = (id: string, seq: number) => ({ id, seq, version: 1, ts: 9, by: 'bob', data: {} });
  status({ epoch });
  const first = { epoch, reset: true, last: undefined, snap: 10, from: 0, to: 5, head: 10 };
  page({ ...first, changes: [change('m1', 5)] });
  log({ epoch, from: 10, to: 11, head: 11, changes: [change('m3', 11)] });
  const rest = { epoch, snap: 10, from: 5, to: 10, head: 10, n: 0, outcomes: [] };
  page({ ...rest, changes: [change('m2', 10)] });
  expect(replica().state).toMatchObject({ seq: 10, inSnapshot: false });
  const asked = leaf('pull').length;
  pass(4000);
  expect(leaf('pull')).toHaveLength(asked + 1);
});

it('a writer that may not read sends again where an ack was lost, and learns what became of it', () => {
  client.open(SCOPE, [], false, now);
  settle();
  ack({ n: 0, gap: true });
  write('m1');
  write('m2');
  const sentBefore = leaf('in').length;
  ack({ n: 2, head: 0, results: [{ n: 2, status: 'applied' }] });
  expect(leaf('in')).toHaveLength(sentBefore + 1);
  expect(last('in')).toMatchObject({ n: 1, mutations: [{ id: 'm1' }, { id: 'm2' }] });
  const error = { code: 'invalid', message: 'no' };
  const results = [
    { n: 1, status: 'rejected', error, duplicate: true },
    { n: 2, status: 'applied', duplicate: true },
  ];
  ack({ n: 2, head: 0, results });
  const outcomes = told.flatMap((event) => (event.type === 'settled' ? [event.result.status] : []));
  expect(outcomes).toEqual(['rejected', 'applied']);
});

describe('the digest', () => {
  it('that differs once brings a snapshot, twice an error; then it goes on', () => {
    const change = { id: 'm1', seq: 1, version: 1, ts: 7, by: 'bob', data: {} };
    const wrong = { count: 1, digest: '0123456789abcdef' };
    log({ from: 0, to: 1, head: 1, changes: [change], ...wrong });
    pass(3000);
    expect(last('pull')).toMatchObject({ since: 0, epoch: EPOCH });
    page({ reset: true, snap: 1, from: 0, to: 1, head: 1, changes: [change], n: 0, outcomes: [], ...wrong });
    expect(told.filter((event) => event.type === 'error' && event.code === 'digest')).toHaveLength(1);
    const pulls = leaf('pull').length;
    pass(9000);
    expect(leaf('pull').length).toBe(pulls);
    log({
      from: 1,
      to: 2,
      head: 2,
      changes: [{ ...change, seq: 2, version: 2 }],
      ...digestOf(['m1', 2, 7, 'bob']),
    });
    expect(replica().state.mismatches).toBe(0);
  });
});

describe('epochs', () => {
  it('in anything but the status are ignored, and a lower one too', () => {
    log({ epoch: '1999999999999-b', from: 0, to: 3, head: 3 });
    ack({ epoch: '1999999999999-b', stale: true });
    status({ epoch: '1000000000000-a' });
    expect(replica().state).toMatchObject({ epoch: EPOCH, seq: 0, moving: false });
  });

  it('a page of a snapshot that was not asked for does not begin one', () => {
    const rows = client.take().rows.length;
    say(`${INBOX}/delta/${SCOPE}`, {
      ...{ rid: 'other', reset: true, snap: 9, epoch: '1999999999999-b', scope: SCOPE },
      ...{ from: 0, to: 9, head: 9, now: 1, changes: [] },
    });
    expect(rows).toBe(0);
    expect(replica().state).toMatchObject({ epoch: EPOCH, inSnapshot: false });
  });
});

it('what a caller adds to the rows of a step is of that step alone', () => {
  client.take().rows.push(['c', 1]);
  expect(client.take().rows).toEqual([]);
});

it('what is stored brings the same client back', () => {
  const state = JSON.parse(JSON.stringify(replica().state)) as Json;
  client.disconnected();
  write('m1', { text: 'x' }); // stores itself alone
  const rows = new Map<string, Json>();
  const other = new Client({
    user: 'alice',
    clientId: 'alice:a',
    random: () => 0.5,
    newSrc: () => 'x'.repeat(20),
  });
  const entry = JSON.parse(JSON.stringify([...replica().outbox.entries][0])) as Json;
  rows.set('s', state).set('o', entry);
  other.open(
    SCOPE,
    [
      ['s', '', state],
      ['o', '1', entry],
    ],
    true,
    now,
  );
  expect(other.scopes.get(SCOPE)!.replica.view('m1')).toEqual(replica().view('m1'));
  expect(other.scopes.get(SCOPE)!.replica.state).toEqual(replica().state);
});
