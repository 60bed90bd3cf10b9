/**
 * docs/conflicts.md for the in-memory server: what becomes of one operation. The bridge's core is the authority; this
 * is as much of it as an app's tests need. Pure.
 */
import { applyPatch, hasMember, isOperator, mergePatch } from '../core/merge.js';
import type { ErrorInfo, JsonObject, Operation, ResultStatus } from '../core/protocol.js';

export type Policy = 'lww' | 'reject' | 'merge';

interface Clock {
  ts: number;
  src: string;
}

export interface Stored {
  version: number;
  seq: number;
  /** The version of its last change that was not operators only. */
  edited: number;
  ts: number;
  user: string;
  src: string;
  by: string;
  bySrc: string;
  byN: number;
  put: Clock;
  fields: Record<string, Clock & { version: number }>;
  data?: JsonObject;
}

export interface Writer {
  user: string;
  src: string;
  n: number;
}

export type Verdict =
  | { status: 'applied' | 'merged'; next?: Stored }
  | { status: Exclude<ResultStatus, 'applied' | 'merged'>; error: ErrorInfo };

const larger = (a: Clock, b: Clock) => (a.ts !== b.ts ? a.ts > b.ts : a.src >= b.src);

function refusal(policy: Policy, message: string): Verdict {
  const status = policy === 'reject' ? 'conflict' : 'superseded';
  return { status, error: { code: 'conflict', message } };
}

const superseded = (message: string): Verdict => ({
  status: 'superseded',
  error: { code: 'conflict', message },
});

function hasPlain(op: Operation): boolean {
  return Object.values(op.data ?? {}).some((value) => !isOperator(value));
}

/** The entity after an edit; `data` undefined: a tombstone. */
function edit(
  current: Stored | undefined,
  op: Operation,
  who: Writer,
  clock: Clock,
  data?: JsonObject,
): Stored {
  const version = (current?.version ?? 0) + 1;
  const isPut = op.op !== 'patch' || !current?.data;
  const fields = { ...current?.fields };
  for (const key of Object.keys(op.data ?? {})) fields[key] = { ...clock, version };
  const next: Stored = {
    version,
    seq: 0,
    edited: version,
    ts: clock.ts,
    user: who.user,
    src: who.src,
    by: who.user,
    bySrc: who.src,
    byN: who.n,
    put: isPut ? clock : current!.put,
    fields,
  };
  if (data) next.data = data;
  return next;
}

function create(op: Operation, who: Writer, ts: number): Verdict {
  if (op.op === 'delete') return { status: 'applied' };
  const base = op.base ?? (op.op === 'put' ? 0 : -1);
  if (base !== 0) return superseded('it is not there');
  const data = op.op === 'put' ? op.data! : applyPatch({}, op.data!);
  return { status: 'applied', next: edit(undefined, op, who, { ts, src: who.src }, data) };
}

function onTombstone(policy: Policy, current: Stored, op: Operation, who: Writer, ts: number): Verdict {
  const own = current.user === who.user && current.src === who.src;
  const sequential = own || op.base === current.version;
  const clock = { ts, src: who.src };
  if (op.op === 'patch') return superseded('it was deleted');
  const wins = sequential || (policy !== 'reject' && larger(clock, { ts: current.ts, src: current.src }));
  const made = { ts: sequential ? Math.max(ts, current.ts + 1) : ts, src: who.src };
  if (op.op === 'delete') {
    return wins ? { status: 'applied', next: edit(current, op, who, made) } : { status: 'applied' };
  }
  if (!wins) return refusal(policy, 'it was deleted');
  const fresh = { ...current, fields: {} };
  return { status: 'applied', next: edit(fresh, op, who, made, op.data!) };
}

/** A put does not touch what operators own, where they have a value. */
function afterPut(current: Stored, op: Operation, operated: ReadonlySet<string>): JsonObject {
  const data = { ...op.data! };
  for (const key of operated) {
    if (hasMember(current.data!, key)) data[key] = current.data![key]!;
    else delete data[key];
  }
  return data;
}

function byField(
  current: Stored,
  op: Operation,
  who: Writer,
  ts: number,
  operated: ReadonlySet<string>,
): Verdict {
  const base = op.base ?? 0;
  const clock = { ts, src: who.src };
  const patch: JsonObject = {};
  const wins = (key: string) => {
    const field = current.fields[key];
    return !field || field.version <= base || field.src === who.src || larger(clock, field);
  };
  let lost = 0;
  for (const [key, value] of Object.entries(op.data!)) {
    if (isOperator(value) || (op.op === 'put' && operated.has(key))) continue;
    if (wins(key)) patch[key] = value;
    else ++lost;
  }
  let data = mergePatch(current.data!, op.op === 'put' ? {} : patch) as JsonObject;
  if (op.op === 'put') {
    data = { ...current.data!, ...patch };
    for (const key of Object.keys(current.data!)) {
      if (hasMember(op.data!, key) || operated.has(key)) continue;
      if ((current.fields[key]?.version ?? 0) <= base) delete data[key];
    }
  }
  if (lost > 0 && Object.keys(patch).length === 0) return superseded('every field was written since');
  const operators = Object.fromEntries(Object.entries(op.data!).filter(([, value]) => isOperator(value)));
  const made = { ...op, data: patch };
  return { status: 'merged', next: edit(current, made, who, clock, applyPatch(data, operators)) };
}

function concurrent(
  policy: Policy,
  current: Stored,
  op: Operation,
  who: Writer,
  ts: number,
  operated: ReadonlySet<string>,
): Verdict {
  if (policy === 'reject') return refusal(policy, `version ${current.version} stands`);
  const clock = { ts, src: who.src };
  if (op.op === 'delete') {
    return larger(clock, current.put)
      ? { status: 'applied', next: edit(current, op, who, clock) }
      : superseded('a newer put stands');
  }
  if (policy === 'merge') return byField(current, op, who, ts, operated);
  if (!larger(clock, current)) return superseded(`version ${current.version} is newer`);
  if (op.op === 'put') {
    return { status: 'applied', next: edit(current, op, who, clock, afterPut(current, op, operated)) };
  }
  return { status: 'merged', next: edit(current, op, who, clock, applyPatch(current.data!, op.data!)) };
}

/** `operated`: properties that only operators change. `ts` is clamped already. */
export function reconcile(
  policy: Policy,
  current: Stored | undefined,
  op: Operation,
  who: Writer,
  ts: number,
  operated: ReadonlySet<string> = new Set(),
): Verdict {
  if (!current) return create(op, who, ts);
  if ((op.base ?? 0) > current.version) {
    return {
      status: 'rejected',
      error: { code: 'version_ahead', message: `version ${current.version} stands` },
    };
  }
  if (!current.data) return onTombstone(policy, current, op, who, ts);
  if (op.op === 'patch' && !hasPlain(op)) {
    const data = applyPatch(current.data, op.data!);
    if (JSON.stringify(data) === JSON.stringify(current.data)) return { status: 'applied' };
    const by = { by: who.user, bySrc: who.src, byN: who.n };
    return { status: 'applied', next: { ...current, ...by, version: current.version + 1, data } };
  }
  const own = current.user === who.user && current.src === who.src;
  const saw = op.base !== undefined && op.base >= current.edited;
  if (!saw && !(own && policy !== 'merge')) return concurrent(policy, current, op, who, ts, operated);
  const clock = { ts: Math.max(ts, current.ts + 1), src: who.src };
  if (op.op === 'delete') return { status: 'applied', next: edit(current, op, who, clock) };
  const data = op.op === 'put' ? afterPut(current, op, operated) : applyPatch(current.data, op.data!);
  return { status: 'applied', next: edit(current, op, who, clock, data) };
}
