/** What an app sees of an entity. */
import type { JsonObject } from './core/protocol.js';
import type { Seen } from './core/view.js';

/** One document of a collection, frozen: a change makes another. */
export interface Doc<T = JsonObject> {
  readonly id: string;
  readonly data: Readonly<T>;
  /** Of the confirmed state; 0: the server has not stored it yet. */
  readonly version: number;
  /** Some of it the server has not confirmed. */
  readonly pending: boolean;
  /** When it was last written, ms. */
  readonly ts: number;
  /** The user who wrote it last; empty: this one, unconfirmed. */
  readonly by: string;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}

export function makeDoc<T>(id: string, seen: Seen): Doc<T> {
  const { version, pending, ts, by } = seen;
  return Object.freeze({ id, data: deepFreeze(seen.data) as unknown as T, version, pending, ts, by });
}
