/**
 * What an app gives the library, checked before it goes into the outbox: the server would refuse it later, when nobody
 * looks.
 */
import { isObject, setMember } from './core/merge.js';
import type { Json, JsonObject, Operation, ServerLimits } from './core/protocol.js';
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

/** `path` is made only for who is told of a fault. */
function copy(value: unknown, path: () => string, depth: number): Json {
  const fail = (message: string) => {
    throw new SyncError('invalid', message, path());
  };
  if (depth < 0) fail('nested too deeply');
  switch (typeof value) {
    case 'string':
      if (!isWellFormed(value)) fail('a text that is no Unicode');
      return value;
    case 'number':
      if (!Number.isFinite(value)) fail(`${value} is not in JSON`);
      return value || 0; // there is no -0
    case 'boolean':
      return value;
    case 'object':
      break;
    default:
      fail(`a ${typeof value} is not in JSON`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) {
    return Array.from(value as unknown[], (item, i) => copy(item, () => `${path()}/${i}`, depth - 1));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) fail('only plain objects are in JSON');
  const made: JsonObject = {};
  for (const [key, member] of Object.entries(value as object)) {
    if (!isWellFormed(key)) fail('a name that is no Unicode');
    if (member === undefined) continue;
    setMember(
      made,
      key,
      copy(member, () => `${path()}/${escape(key)}`, depth - 1),
    );
  }
  return made;
}

/** A copy of a document or patch. Members that are undefined are left out. Throws SyncError `invalid`. */
export function copyDocument(value: unknown, maxDepth: number): JsonObject {
  // The envelope around it is message, list, group, operation.
  const made = copy(value, () => '', maxDepth - 4);
  if (!isObject(made)) throw new SyncError('invalid', 'a document is an object', '');
  return made;
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
  const room = limits.max_payload_bytes - 1024;
  const text = JSON.stringify(ops);
  const bytes = text.length * 3 <= room ? 0 : utf8Length(text);
  if (bytes > room) {
    throw new SyncError(
      'too_large',
      `${bytes} bytes; the server takes ${limits.max_payload_bytes} in one message`,
    );
  }
}
