// The validator refuses nothing that the server would take.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/protocol.js';
import { schemaValidator } from '../src/schema.js';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../schemas/${name}.json`, import.meta.url), 'utf8')) as object;

describe('a validator of a collection', () => {
  const validate = schemaValidator(read('messages'));
  it.each<[JsonObject, string | undefined]>([
    [{ text: 'hi', likes: 1, tags: ['a'] }, undefined],
    [{ text: '😀'.repeat(4000) }, undefined],
    [{}, ''],
    [{ text: 7 }, '/text'],
    [{ text: 'x'.repeat(4001) }, '/text'],
    [{ text: 'x', likes: -1 }, '/likes'],
    [{ text: 'x', likes: 1.5 }, '/likes'],
    [{ text: 'x', tags: ['a', 2] }, '/tags/1'],
    [{ text: 'x', other: 1 }, ''],
  ])('%j is at fault at %j', (data, path) => {
    expect((validate(data) as { path: string } | undefined)?.path).toBe(path);
  });

  it('leaves to the server what it does not know', () => {
    const lenient = schemaValidator({
      pattern: '^a',
      properties: { a: { $ref: '#/definitions/x', type: 'string' } },
    });
    expect(lenient({ a: 1 })).toBeUndefined();
  });

  it('knows enum, const, exclusive bounds and lists of types', () => {
    const strict = schemaValidator({
      minProperties: 1,
      properties: {
        a: { enum: [1, { b: 2 }] },
        c: { const: null },
        d: { exclusiveMinimum: 0, exclusiveMaximum: 2 },
        e: { type: ['string', 'null'] },
        f: { type: 'array', minItems: 1, maxItems: 2 },
        g: false,
      },
      additionalProperties: { type: 'boolean' },
    });
    const good: JsonObject[] = [{ a: { b: 2 } }, { c: null }, { d: 1 }, { e: null }, { f: [1] }, { z: true }];
    const bad: JsonObject[] = [
      {},
      { a: 2 },
      { c: 0 },
      { d: 0 },
      { d: 2 },
      { e: 1 },
      { f: [] },
      { f: [1, 2, 3] },
      { g: 1 },
      { z: 1 },
    ];
    for (const data of good) expect(strict(data), JSON.stringify(data)).toBeUndefined();
    for (const data of bad) expect(strict(data), JSON.stringify(data)).toBeDefined();
  });
});
