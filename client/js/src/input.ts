/**
 * What an app gives the library, checked before it goes into the outbox: the server would refuse it later, when nobody
 * looks.
 */
import { isObject, setMember } from './core/merge.js';
import type { Json, JsonObject, Operation, ServerLimits } from './core/protocol.js';
import { isLevel, isWellFormed, utf8Length } from './core/topic.js';

export type SyncErrorCode =
  'invalid' | 'bad_id' | 'too_large' | 'storage' | 'closed' | 'pending' | 'wrong_user' | 'not_found';

/** What it says, whatever was thrown. */
export const messageOf = (thrown: unknown) => String((thrown as Error)?.message ?? thrown);

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

export const closed = () => new SyncError('closed', 'it was closed');

const escape = (key: string) => key.replace(/~/g, '~0').replace(/\//g, '~1');

function fail(message: string): never {
  throw new SyncError('invalid', message, '');
}

function copy(value: unknown, depth: number): Json {
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
      return value && copyMembers(value, depth - 1);
    default:
      return fail(`a ${typeof value} is not in JSON`);
  }
}

function copyMember(value: unknown, name: string | number, depth: number): Json {
  try {
    return copy(value, depth);
  } catch (error) {
    const { message, path = '' } = error as SyncError;
    throw new SyncError('invalid', message, `/${escape(String(name))}${path}`);
  }
}

function copyMembers(value: object, depth: number): Json {
  if (Array.isArray(value)) {
    const list: Json[] = [];
    for (let i = 0; i < value.length; ++i) list.push(copyMember(value[i], i, depth));
    return list;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) fail('only plain objects are in JSON');
  const made: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (!isWellFormed(key)) fail('a name that is no Unicode');
    const given = (value as Record<string, unknown>)[key];
    if (given !== undefined) setMember(made, key, copyMember(given, key, depth));
  }
  return made;
}

/** A copy of a document or patch. Members that are undefined are left out. Throws SyncError `invalid`. */
export function copyDocument(value: unknown, maxDepth: number): JsonObject {
  // The envelope around it is message, list, group, operation.
  const made = copy(value, maxDepth - 4);
  return isObject(made) ? made : fail('a document is an object');
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
  const bytes = utf8Length(JSON.stringify(ops));
  if (bytes > room) {
    throw new SyncError(
      'too_large',
      `${bytes} bytes; the server takes ${limits.max_payload_bytes} in one message`,
    );
  }
}
