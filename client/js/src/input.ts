/**
 * What an app gives the library, checked before it goes into the outbox: the server would refuse it later, when nobody
 * looks.
 */
import { isObject } from './core/merge.js';
import type { JsonObject, Operation, ServerLimits } from './core/protocol.js';
import { isLevel, isWellFormed, utf8Length } from './core/topic.js';

export type SyncErrorCode =
  'invalid' | 'bad_id' | 'too_large' | 'storage' | 'closed' | 'pending' | 'wrong_user' | 'not_found';

/** Every error that a call of this library rejects with. */
export class SyncError extends Error {
  constructor(
    readonly code: SyncErrorCode,
    message: string,
    /** JSON Pointer into the document, of `invalid`. */
    readonly path?: string,
    options?: { cause: unknown },
  ) {
    super(message, options);
    this.name = 'SyncError';
  }
}

const escape = (key: string) => key.replace(/~/g, '~0').replace(/\//g, '~1');

function check(value: unknown, path: string, depth: number): void {
  if (depth < 0) throw new SyncError('invalid', 'nested too deeply', path);
  switch (typeof value) {
    case 'string':
      if (!isWellFormed(value)) throw new SyncError('invalid', 'a text that is no Unicode', path);
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new SyncError('invalid', `${value} is not in JSON`, path);
      return;
    case 'boolean':
      return;
    case 'object':
      break;
    default:
      throw new SyncError('invalid', `a ${typeof value} is not in JSON`, path);
  }
  if (value === null) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => check(item, `${path}/${i}`, depth - 1));
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new SyncError('invalid', 'only plain objects are in JSON', path);
  }
  for (const [key, member] of Object.entries(value)) {
    if (!isWellFormed(key)) throw new SyncError('invalid', 'a name that is no Unicode', path);
    if (member !== undefined) check(member, `${path}/${escape(key)}`, depth - 1);
  }
}

/** A copy of a document or patch. Members that are undefined are left out. Throws SyncError `invalid`. */
export function copyDocument(value: unknown, maxDepth: number): JsonObject {
  // The envelope around it is message, list, group, operation.
  check(value, '', maxDepth - 4);
  const copy: unknown = JSON.parse(JSON.stringify(value));
  if (!isObject(copy)) throw new SyncError('invalid', 'a document is an object', '');
  return copy;
}

/** Throws SyncError: a bad id, too many operations, a message that the server would not take. */
export function checkOperations(ops: Operation[], limits: ServerLimits): void {
  if (ops.length === 0) throw new SyncError('invalid', 'a transaction without operations');
  if (ops.length > limits.max_operations) {
    throw new SyncError('too_large', `a transaction holds at most ${limits.max_operations} operations`);
  }
  for (const { id } of ops) {
    if (typeof id !== 'string' || !isLevel(id))
      throw new SyncError('bad_id', `${JSON.stringify(id)} cannot be an id`);
  }
  const bytes = utf8Length(JSON.stringify(ops));
  if (bytes > limits.max_payload_bytes - 1024) {
    throw new SyncError(
      'too_large',
      `${bytes} bytes; the server takes ${limits.max_payload_bytes} in one message`,
    );
  }
}
