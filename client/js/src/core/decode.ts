/**
 * What the server says, checked: a message that breaks the protocol is a text that says how, never an exception and
 * never half a message. Members that nobody knows are ignored.
 */
import { isObject } from './merge.js';
import type {
  Ack,
  Change,
  Delta,
  Json,
  JsonObject,
  MutationResult,
  Notice,
  ServerStatus,
} from './protocol.js';

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

function optional<T>(
  object: JsonObject,
  key: string,
  read: (object: JsonObject, key: string) => T,
): T | undefined {
  return object[key] === undefined ? undefined : read(object, key);
}

function flag(object: JsonObject, key: string): true | undefined {
  if (object[key] === undefined) return undefined;
  if (object[key] !== true) fail(`${key} is not true`);
  return true;
}

function list<T>(object: JsonObject, key: string, read: (item: JsonObject) => T): T[] {
  const value = object[key];
  if (!Array.isArray(value)) fail(`${key} is no list`);
  return (value as Json[]).map((item) => (isObject(item) ? read(item) : fail(`${key} holds no object`)));
}

/** Drops members that are undefined, so that what is stored is JSON. */
function defined<T extends object>(value: T): T {
  for (const key of Object.keys(value) as (keyof T)[]) if (value[key] === undefined) delete value[key];
  return value;
}

const STATUSES = new Set(['applied', 'merged', 'superseded', 'conflict', 'rejected', 'processed']);

function result(object: JsonObject): MutationResult {
  const status = text(object, 'status');
  if (!STATUSES.has(status)) fail(`status ${status}`);
  return defined({
    n: number(object, 'n', 1),
    status: status as MutationResult['status'],
    changes: optional(object, 'changes', () =>
      list(object, 'changes', (each) => ({
        id: text(each, 'id'),
        version: number(each, 'version', 1),
        seq: number(each, 'seq', 1),
      })),
    ),
    op: optional(object, 'op', number),
    id: optional(object, 'id', text),
    version: optional(object, 'version', number),
    seq: optional(object, 'seq', number),
    error: optional(object, 'error', () => {
      const error = object.error;
      if (!isObject(error)) return fail('error is no object');
      const path = optional(error, 'path', (o, k) => text(o, k, 1 << 20));
      return defined({ code: text(error, 'code'), message: text(error, 'message', 1 << 20), path });
    }),
    duplicate: flag(object, 'duplicate'),
  }) as MutationResult;
}

function change(object: JsonObject): Change {
  const made = defined({
    id: text(object, 'id'),
    seq: number(object, 'seq', 1),
    version: number(object, 'version', 1),
    ts: number(object, 'ts'),
    by: text(object, 'by'),
    src: optional(object, 'src', text),
    n: optional(object, 'n', (o, k) => number(o, k, 1)),
    data: object.data as JsonObject | undefined,
    patch: object.patch as JsonObject | undefined,
    base: optional(object, 'base', number),
    deleted: flag(object, 'deleted'),
  }) as Change;
  const contents = [made.data, made.patch, made.deleted].filter((each) => each !== undefined);
  if (contents.length !== 1) fail('a change has not exactly one of data, patch, deleted');
  if (contents[0] !== true && !isObject(contents[0])) fail('a document is no object');
  if (made.patch && made.base === undefined) fail('a patch has no base');
  return made;
}

function delta(object: JsonObject): Delta {
  const made = defined({
    rid: optional(object, 'rid', text),
    last: flag(object, 'last'),
    reset: flag(object, 'reset'),
    snap: optional(object, 'snap', number),
    epoch: text(object, 'epoch', 64),
    scope: text(object, 'scope', 1 << 16),
    from: number(object, 'from'),
    to: number(object, 'to'),
    head: number(object, 'head'),
    now: number(object, 'now'),
    count: optional(object, 'count', number),
    digest: optional(object, 'digest', text),
    n: optional(object, 'n', number),
    outcomes: optional(object, 'outcomes', () => list(object, 'outcomes', result)),
    changes: list(object, 'changes', change),
  }) as Delta;
  if (made.from > made.to || made.to > made.head) fail('from, to and head are out of order');
  if (made.reset && (made.from !== 0 || made.snap === undefined || made.rid === undefined))
    fail('a bad reset');
  let last = made.from;
  for (const each of made.changes) {
    if (each.seq <= last || each.seq > made.to) fail('a change is outside its delta, or out of order');
    last = each.seq;
  }
  return made;
}

function ack(object: JsonObject): Ack {
  const made = defined({
    epoch: text(object, 'epoch', 64),
    scope: text(object, 'scope', 1 << 16),
    src: text(object, 'src'),
    now: number(object, 'now'),
    n: optional(object, 'n', number),
    head: optional(object, 'head', number),
    gap: flag(object, 'gap'),
    stale: flag(object, 'stale'),
    results: optional(object, 'results', () => list(object, 'results', result)),
  }) as Ack;
  if (made.stale) return made;
  if (made.n === undefined) fail('an ack without n');
  if (!made.gap && (made.head === undefined || made.results === undefined)) fail('an ack without results');
  return made;
}

function notice(object: JsonObject): Notice {
  return defined({
    code: text(object, 'code'),
    message: text(object, 'message', 1 << 16),
    topic: optional(object, 'topic', text),
    scope: optional(object, 'scope', (o, k) => text(o, k, 1 << 16)),
    src: optional(object, 'src', text),
    n: optional(object, 'n', number),
    retry_after_ms: optional(object, 'retry_after_ms', number),
    expires_in_s: optional(object, 'expires_in_s', number),
  }) as Notice;
}

/** A status of another version of the protocol need only say which. */
function status(object: JsonObject): ServerStatus {
  const protocol = number(object, 'protocol');
  if (protocol !== 1) return { protocol } as ServerStatus;
  const state = text(object, 'state');
  if (state !== 'online' && state !== 'offline') fail(`state ${state}`);
  const limits = object.limits;
  if (!isObject(limits)) return fail('limits is no object');
  return {
    state: state as ServerStatus['state'],
    epoch: text(object, 'epoch', 64),
    boot: number(object, 'boot'),
    protocol,
    version: text(object, 'version'),
    limits: {
      max_payload_bytes: number(limits, 'max_payload_bytes', 1024),
      max_mutations: number(limits, 'max_mutations', 1),
      max_operations: number(limits, 'max_operations', 1),
      max_depth: number(limits, 'max_depth', 1),
      max_unacked: number(limits, 'max_unacked', 1),
    },
  };
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
