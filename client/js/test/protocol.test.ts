// docs/protocol.md: its test vectors and examples; and servers that break it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeAck, decodeDelta, decodeNotice, decodeStatus } from '../src/core/decode.js';
import { Digest } from '../src/core/digest.js';
import { applyPatch, mergePatch } from '../src/core/merge.js';
import { isHigherEpoch, type Json, type JsonObject } from '../src/core/protocol.js';
import { isLevel, parseTopic } from '../src/core/topic.js';
import { Device, Dice, World } from './world.js';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

describe('docs/protocol.md', () => {
  it('digests', () => {
    const entities: Record<string, [string, number, number, string]> = {
      A: ['m1', 1, 1795232472123, 'alice'],
      B: ['m2', 3, 1795232472201, 'bob'],
      C: ['größe-✓', 9007199254740991, 0, 'Ærøskøbing'],
    };
    const rows = [...page.matchAll(/^\| (none|[ABC](?:, [ABC])*) \| `([0-9a-f]{16})` \|$/gm)];
    expect(rows).toHaveLength(6);
    for (const [, names, wanted] of rows) {
      const digest = new Digest();
      for (const name of names!.match(/[ABC]/g) ?? []) digest.add(...entities[name]!);
      expect(digest.text()).toBe(wanted);
      digest.add('x', 1, 2, 'y');
      digest.remove('x', 1, 2, 'y');
      expect(digest.text()).toBe(wanted);
    }
  });

  it('examples decode', () => {
    const decoders: Record<string, (text: string) => { fault?: string }> = {
      ack: decodeAck,
      delta: decodeDelta,
      notice: decodeNotice,
      status: decodeStatus,
    };
    const examples = [...page.matchAll(/^```json (\w+)\n([^]*?)^```$/gm)].filter(
      ([, kind]) => kind! in decoders,
    );
    expect(examples.length).toBeGreaterThanOrEqual(7);
    for (const [, kind, text] of examples) expect(decoders[kind!]!(text!).fault, text).toBeUndefined();
  });
});

describe('words', () => {
  it('levels of topics', () => {
    for (const good of ['a', 'größe-✓', 'a b', 'x'.repeat(128)]) expect(isLevel(good), good).toBe(true);
    const bad = [
      '',
      'a/b',
      '+',
      '#',
      '$a',
      'a\n',
      '\u0085',
      '\ufffe',
      '\u{1fffe}',
      '\ud800',
      'x'.repeat(129),
    ];
    for (const each of bad) expect(isLevel(each), JSON.stringify(each)).toBe(false);
  });

  it('topics that arrive', () => {
    expect(parseTopic('sync/a:b/delta/chat/42/messages', 'a:b')).toEqual({
      kind: 'delta',
      scope: 'chat/42/messages',
    });
    expect(parseTopic('chat/42/messages/live/x:y', 'a:b')).toMatchObject({ kind: 'live', client: 'x:y' });
    expect(parseTopic('sync/other:b/notice', 'a:b')).toBeUndefined();
  });

  it('epochs', () => {
    expect(isHigherEpoch('1795230000001-0000', '1795230000000-ffff')).toBe(true);
    expect(isHigherEpoch('1795230000000-b', '1795230000000-a')).toBe(true);
    expect(isHigherEpoch('999-b', '1795230000000-a')).toBe(false);
  });
});

describe('patches', () => {
  it('are those of RFC 7396, appendix A', () => {
    const cases: [Json, Json, Json][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, wanted] of cases) expect(mergePatch(target, patch)).toEqual(wanted);
    const strange = JSON.parse('{"__proto__":{"x":1},"a":2}') as JsonObject;
    expect(JSON.stringify(mergePatch({}, strange))).toBe('{"__proto__":{"x":1},"a":2}');
  });

  it('may hold operators', () => {
    const document = { likes: 1, tags: ['a', { b: 1 }], best: 5, first: 'm' };
    const patch = {
      likes: { $inc: -2 },
      tags: { $remove: [{ b: 1 }], $add: ['a', 'c'] },
      best: { $max: 9 },
      first: { $min: 'z' },
      fresh: { $inc: 1 },
    };
    expect(applyPatch(document, patch)).toEqual({
      likes: -1,
      tags: ['a', 'c'],
      best: 9,
      first: 'm',
      fresh: 1,
    });
    expect(applyPatch({ likes: 'text' }, { likes: { $inc: 1 } })).toEqual({ likes: 'text' });
  });
});

describe('a server that breaks the protocol', () => {
  const SCOPE = 'chat/42/messages';

  function mutate(dice: Dice, value: Json): Json {
    const junk: Json[] = [null, -1, 1.5, 2 ** 53, 'x', [], {}, true, '', { id: 1 }];
    if (dice.chance(10)) return dice.pick(junk);
    if (Array.isArray(value)) {
      const items = value.map((item) => (dice.chance(30) ? mutate(dice, item) : item));
      return dice.chance(20) ? [...items, ...items] : items;
    }
    if (typeof value !== 'object' || value === null) return dice.chance(30) ? dice.pick(junk) : value;
    const entries = Object.entries(value).filter(() => !dice.chance(5));
    return Object.fromEntries(
      entries.map(([key, each]) => [key, dice.chance(30) ? mutate(dice, each) : each]),
    );
  }

  it('is survived: no exception, no lost write, and it heals', () => {
    for (let seed = 1; seed <= 30; ++seed) {
      const world = new World(seed);
      const device = new Device(world, 'alice:a', [SCOPE]);
      const { dice, server } = world;
      let evil = true;
      const receive = device.receive.bind(device);
      device.receive = (topic, payload) => {
        // An epoch that does not exist, or a change that was never made, no client can tell from a true one.
        const lies = evil && dice.chance(40) && topic !== 'sync/status';
        const said = lies ? JSON.stringify(mutate(dice, JSON.parse(payload) as Json)) : payload;
        receive(topic, lies && dice.chance(10) ? said.slice(1) : said);
      };
      device.goOnline();
      for (let i = 0; i < 20; ++i) {
        device.write(SCOPE, `w${i}`, [{ op: 'put', id: `m${i}`, data: { i } }]);
        world.pass(3000, [device]);
      }
      evil = false;
      device.crash();
      device.goOnline();
      world.pass(5 * 60_000, [device]);
      const { outbox } = device.client.scopes.get(SCOPE)!.replica;
      const ended = [...device.results.keys()].length + outbox.waiting;
      expect(ended, `seed ${seed}: every write has an outcome or waits`).toBeGreaterThanOrEqual(19);
      expect(server.scope(SCOPE).seq, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});
