/**
 * What the server says, checked: a message that breaks the protocol is a text that says how, never an exception and
 * never half a message. Members that nobody knows stay in it, and nobody looks at them.
 */
import { isObject } from './merge.js';
import type { Ack, Delta, JsonObject, Notice, ServerStatus } from './protocol.js';

export type Decoded<T> = { ok: T; fault?: undefined } | { ok?: undefined; fault: string };

class Fault extends Error {}

function fail(what: string): never {
  throw new Fault(what);
}

function text(object: JsonObject, key: string, max = 1024): string {
  const value = object[key];
  if (typeof value !== 'string' || value.length > max) fail(`${key} is no text`);
  return value as string;
}

function number(object: JsonObject, key: string, min = 0): number {
  const value = object[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) fail(`${key} is no number`);
  return value as number;
}

type Check = (object: JsonObject, key: string) => unknown;

/** Those of them that are there. */
function optional(object: JsonObject, check: Check, ...keys: string[]): void {
  for (const key of keys) if (object[key] !== undefined) check(object, key);
}

const flag: Check = (object, key) => {
  if (object[key] !== true) fail(`${key} is not true`);
};

function list(object: JsonObject, key: string, check: (item: JsonObject) => unknown): void {
  const value = object[key];
  if (!Array.isArray(value)) return fail(`${key} is no list`);
  for (const item of value) isObject(item) ? check(item) : fail(`${key} holds no object`);
}

const longText: Check = (object, key) => text(object, key, 1 << 20);
const scopeText: Check = (object, key) => text(object, key, 1 << 16);
const positive: Check = (object, key) => number(object, key, 1);

const STATUSES = new Set(['applied', 'merged', 'superseded', 'conflict', 'rejected', 'processed']);

function entity(object: JsonObject): void {
  text(object, 'id');
  number(object, 'version', 1);
  number(object, 'seq', 1);
}

const entities: Check = (object, key) => list(object, key, entity);
const results: Check = (object, key) => list(object, key, result);

const errorInfo: Check = ({ error }) => {
  if (!isObject(error)) return fail('error is no object');
  text(error, 'code');
  longText(error, 'message');
  optional(error, longText, 'path');
};

function result(object: JsonObject): void {
  const status = text(object, 'status');
  if (!STATUSES.has(status)) fail(`status ${status}`);
  number(object, 'n', 1);
  optional(object, entities, 'changes');
  optional(object, number, 'op', 'version', 'seq');
  optional(object, text, 'id');
  optional(object, errorInfo, 'error');
  optional(object, flag, 'duplicate');
}

function change(object: JsonObject): void {
  entity(object);
  number(object, 'ts');
  text(object, 'by');
  optional(object, text, 'src');
  optional(object, positive, 'n');
  optional(object, number, 'base');
  optional(object, flag, 'deleted');
  const { data, patch, deleted } = object;
  if (+(data !== undefined) + +(patch !== undefined) + +(deleted !== undefined) !== 1)
    fail('a change has not exactly one of data, patch, deleted');
  if (!deleted && !isObject(data ?? patch)) fail('a document is no object');
  if (patch && object.base === undefined) fail('a patch has no base');
}

function delta(object: JsonObject): Delta {
  optional(object, text, 'rid', 'digest');
  optional(object, flag, 'last', 'reset');
  text(object, 'epoch', 64);
  scopeText(object, 'scope');
  for (const key of ['from', 'to', 'head', 'now']) number(object, key);
  optional(object, number, 'snap', 'count', 'n');
  optional(object, results, 'outcomes');
  list(object, 'changes', change);
  const made = object as unknown as Delta;
  if (made.from > made.to || made.to > made.head) fail('from, to and head are out of order');
  if (made.reset && (made.from !== 0 || made.snap === undefined || made.rid === undefined))
    fail('a bad reset');
  let last = made.from;
  for (const { seq } of made.changes) {
    if (seq <= last || seq > made.to) fail('a change is outside its delta, or out of order');
    last = seq;
  }
  return made;
}

function ack(object: JsonObject): Ack {
  text(object, 'epoch', 64);
  scopeText(object, 'scope');
  text(object, 'src');
  number(object, 'now');
  optional(object, number, 'n', 'head');
  optional(object, flag, 'gap', 'stale');
  optional(object, results, 'results');
  const made = object as unknown as Ack;
  if (made.stale) return made;
  if (made.n === undefined) fail('an ack without n');
  if (!made.gap && (made.head === undefined || made.results === undefined)) fail('an ack without results');
  return made;
}

function notice(object: JsonObject): Notice {
  text(object, 'code');
  scopeText(object, 'message');
  optional(object, text, 'topic', 'src');
  optional(object, scopeText, 'scope');
  optional(object, number, 'n', 'retry_after_ms', 'expires_in_s');
  return object as unknown as Notice;
}

/** A status of another version of the protocol need only say which. */
function status(object: JsonObject): ServerStatus {
  const made = object as unknown as ServerStatus;
  if (number(object, 'protocol') !== 1) return made;
  const state = text(object, 'state');
  if (state !== 'online' && state !== 'offline') fail(`state ${state}`);
  text(object, 'epoch', 64);
  number(object, 'boot');
  text(object, 'version');
  const { limits } = object;
  if (!isObject(limits)) return fail('limits is no object');
  number(limits, 'max_payload_bytes', 1024);
  for (const key of ['max_mutations', 'max_operations', 'max_depth', 'max_unacked']) number(limits, key, 1);
  return made;
}

function decode<T>(payload: string, read: (object: JsonObject) => T): Decoded<T> {
  try {
    const value: unknown = JSON.parse(payload);
    if (!isObject(value)) return { fault: 'no object' };
    return { ok: read(value) };
  } catch (error) {
    if (error instanceof Fault || error instanceof SyntaxError || error instanceof RangeError) {
      return { fault: error.message };
    }
    throw error;
  }
}

export const decodeDelta = (payload: string) => decode(payload, delta);
export const decodeAck = (payload: string) => decode(payload, ack);
export const decodeNotice = (payload: string) => decode(payload, notice);
export const decodeStatus = (payload: string) => decode(payload, status);
