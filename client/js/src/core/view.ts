/**
 * What the user sees of one entity: the confirmed state with the outbox on top. An acknowledged write stays on top
 * until the confirmed state has come to it, so that nothing flickers and nothing counts twice.
 */
import type { Confirmed } from './documents.js';
import { applyPatch } from './merge.js';
import type { Entry } from './outbox.js';
import type { JsonObject, Operation } from './protocol.js';

export interface Seen {
  data: JsonObject;
  /** Of the confirmed state; 0: the server has no such entity yet. */
  version: number;
  /** Some of it the server has not confirmed. */
  pending: boolean;
  ts: number;
  by: string;
}

function shows(entry: Entry, id: string, confirmed: Confirmed | undefined, seq: number): boolean {
  if (!entry.done) return true;
  if (seq >= entry.done.until) return false;
  const version = entry.done.versions[id];
  return version === undefined || (confirmed?.version ?? 0) < version;
}

function operate(data: JsonObject | undefined, op: Operation): JsonObject | undefined {
  if (op.op === 'put') return op.data;
  if (op.op === 'delete') return undefined;
  if (op.op === 'noop') return data;
  if (data) return applyPatch(data, op.data!);
  return op.base === 0 ? applyPatch({}, op.data!) : undefined;
}

/** undefined: there is none. `known` may be a tombstone. */
export function viewOf(
  id: string,
  known: Confirmed | undefined,
  entries: readonly Entry[],
  seq: number,
): Seen | undefined {
  let data = known?.data;
  let [ts, by, pending] = [known?.ts ?? 0, known?.by ?? '', false];
  for (const entry of entries) {
    if (!shows(entry, id, known, seq)) continue;
    for (const op of entry.ops) {
      if (op.id !== id) continue;
      data = operate(data, op);
      pending = true;
      ts = op.ts ?? ts;
      by = '';
    }
  }
  if (!data) return undefined;
  return { data, version: known?.data ? known.version : 0, pending, ts, by };
}
