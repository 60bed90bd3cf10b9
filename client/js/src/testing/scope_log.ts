/**
 * One scope of the in-memory server: entities, numbers, changes and pages, as docs/protocol.md says. No connection.
 */
import { Digest } from '../core/digest.js';
import type {
  Ack,
  Change,
  Delta,
  ErrorInfo,
  InMessage,
  JsonObject,
  Mutation,
  MutationResult,
  Operation,
} from '../core/protocol.js';
import { isLevel } from '../core/topic.js';
import { reconcile, type Policy, type Stored, type Writer } from './reconcile.js';

interface Progress {
  n: number;
  outcomes: Map<number, MutationResult>;
}

export interface ScopeRules {
  policy: Policy;
  /** Why a document cannot be stored. */
  validate?(data: JsonObject): ErrorInfo | undefined;
  /** Properties that only operators change. */
  operators?: readonly string[];
}

export interface PullMessage {
  rid: string;
  src?: string;
  epoch?: string;
  since?: number;
  snap?: number;
  acked?: number;
  limit?: number;
}

const OUTCOMES = 100;

export class ScopeLog {
  entities = new Map<string, Stored>();
  seq = 0;
  horizon = 0;
  progress = new Map<string, Progress>();

  constructor(
    readonly name: string,
    private readonly rules: ScopeRules,
  ) {}

  copy(): ScopeLog {
    const made = new ScopeLog(this.name, this.rules);
    made.entities = structuredClone(this.entities);
    made.progress = structuredClone(this.progress);
    made.seq = this.seq;
    made.horizon = this.horizon;
    return made;
  }

  lastN(user: string, src: string): number {
    return this.progress.get(`${user}/${src}`)?.n ?? 0;
  }

  /** All of a message; the live deltas follow from `since` = the seq before. */
  take(user: string, message: InMessage, epoch: string, now: number): Ack {
    const { src } = message;
    const head = { epoch, scope: this.name, src, now };
    if (message.epoch !== epoch) return { ...head, stale: true };
    const progress = this.progress.get(`${user}/${src}`) ?? { n: 0, outcomes: new Map() };
    if (message.n > progress.n + 1) return { ...head, n: progress.n, gap: true };
    this.progress.set(`${user}/${src}`, progress);
    const results = message.mutations.map((mutation, i) =>
      this.takeOne({ user, src, n: message.n + i }, mutation, progress, now),
    );
    return { ...head, n: progress.n, head: this.seq, results };
  }

  private takeOne(who: Writer, mutation: Mutation, progress: Progress, now: number): MutationResult {
    if (who.n <= progress.n) {
      const known = progress.outcomes.get(who.n);
      return known ? { ...known, duplicate: true } : { n: who.n, status: 'processed', duplicate: true };
    }
    const result = this.decide(who, mutation, now);
    progress.n = who.n;
    if (result.status !== 'applied') progress.outcomes.set(who.n, result);
    while (progress.outcomes.size > OUTCOMES) progress.outcomes.delete([...progress.outcomes.keys()][0]!);
    return result;
  }

  private decide(who: Writer, mutation: Mutation, now: number): MutationResult {
    const ops = Array.isArray(mutation) ? mutation : [mutation];
    const before = new Map(ops.map((op) => [op.id ?? '', this.entities.get(op.id ?? '')]));
    const seq = this.seq;
    const changes: { id: string; version: number; seq: number }[] = [];
    let merged = false;
    for (const [place, op] of ops.entries()) {
      const failed = this.decideOne(who, op, now, changes);
      if (failed === 'merged') merged = true;
      if (typeof failed !== 'object') continue;
      for (const [id, entity] of before) entity ? this.entities.set(id, entity) : this.entities.delete(id);
      this.seq = seq;
      return Array.isArray(mutation) ? { ...failed, op: place } : failed;
    }
    return { n: who.n, status: merged ? 'merged' : 'applied', changes };
  }

  private decideOne(
    who: Writer,
    op: Operation,
    now: number,
    changes: { id: string; version: number; seq: number }[],
  ): MutationResult | 'applied' | 'merged' {
    if (op.op === 'noop') return 'applied';
    const fail = (status: MutationResult['status'], error: ErrorInfo): MutationResult => {
      const stands = this.entities.get(op.id ?? '');
      const at = status === 'rejected' ? {} : { version: stands?.version ?? 0, seq: stands?.seq ?? 0 };
      return { n: who.n, status, id: op.id ?? '', ...at, error };
    };
    if (!['put', 'patch', 'delete'].includes(op.op)) {
      return fail('rejected', { code: 'unknown_op', message: String(op.op) });
    }
    if (typeof op.id !== 'string' || !isLevel(op.id))
      return fail('rejected', { code: 'bad_id', message: 'no id' });
    const ts = Math.min(op.ts ?? now, now + 120_000);
    const operated = new Set(this.rules.operators ?? []);
    const verdict = reconcile(this.rules.policy, this.entities.get(op.id), op, who, ts, operated);
    if ('error' in verdict) return fail(verdict.status, verdict.error);
    const next = verdict.next;
    if (!next) return verdict.status;
    const error = next.data && this.rules.validate?.(next.data);
    if (error) return fail('rejected', error);
    if (!this.entities.has(op.id)) next.version = this.horizon + 1;
    if (!this.entities.has(op.id)) next.edited = next.version;
    next.seq = ++this.seq;
    const stored = structuredClone(next);
    this.entities.delete(op.id); // the newest change is the last
    this.entities.set(op.id, stored);
    const repeated = changes.find((change) => change.id === op.id);
    if (repeated) changes.splice(changes.indexOf(repeated), 1);
    changes.push({ id: op.id, version: next.version, seq: next.seq });
    return verdict.status;
  }

  /** Tombstones that everybody has seen are forgotten. */
  purge(): void {
    for (const [id, entity] of this.entities) {
      if (entity.data) continue;
      this.entities.delete(id);
      this.horizon = Math.max(this.horizon, entity.seq);
    }
  }

  private changesBetween(from: number, to: number, limit: number): Change[] {
    const found: Change[] = [];
    const sorted = [...this.entities].sort(([, a], [, b]) => a.seq - b.seq);
    for (const [id, entity] of sorted) {
      if (entity.seq <= from || entity.seq > to) continue;
      const { seq, version, ts, by, bySrc, byN } = entity;
      const change: Change = { id, seq, version, ts, by };
      if (bySrc) Object.assign(change, { src: bySrc, n: byN });
      if (entity.data) change.data = structuredClone(entity.data);
      else change.deleted = true;
      found.push(change);
      if (found.length >= limit) break;
    }
    return found;
  }

  private summary(): { count: number; digest: string } {
    const digest = new Digest();
    for (const [id, entity] of this.entities) {
      if (entity.data) digest.add(id, entity.version, entity.ts, entity.by);
    }
    return { count: digest.count, digest: digest.text() };
  }

  /** What changed behind `from`; empty and without digest where nothing did. */
  live(from: number, epoch: string, now: number): Delta {
    const changes = this.changesBetween(from, this.seq, Infinity);
    return { epoch, scope: this.name, from, to: this.seq, head: this.seq, now, ...this.summary(), changes };
  }

  /** Up to 16 pages of at most `limit` entities. */
  pages(user: string, pull: PullMessage, epoch: string, now: number): Delta[] {
    const limit = Math.min(pull.limit ?? 500, 500);
    let from = pull.since ?? 0;
    let snap = pull.snap ?? 0;
    const other = pull.epoch !== epoch;
    let reset =
      other || from > this.seq || (snap > 0 ? this.horizon > snap : from === 0 || from < this.horizon);
    if (reset) [from, snap] = [0, this.seq];
    const pages: Delta[] = [];
    for (let i = 0; i < 16; ++i) {
      const found = this.changesBetween(from, this.seq, limit + 1);
      const changes = found.slice(0, limit);
      const to = found.length > limit ? changes.at(-1)!.seq : this.seq;
      const page: Delta = { rid: pull.rid, epoch, scope: this.name, from, to, head: this.seq, now, changes };
      if (reset) page.reset = true;
      if (snap > 0 || reset) page.snap = snap;
      if (to === this.seq) Object.assign(page, this.summary(), this.numbers(user, pull));
      pages.push(page);
      [from, reset] = [to, false];
      if (to === this.seq) break;
    }
    pages.at(-1)!.last = true;
    return pages;
  }

  private numbers(user: string, pull: PullMessage): { n: number; outcomes: MutationResult[] } | object {
    if (!pull.src) return {};
    const progress = this.progress.get(`${user}/${pull.src}`);
    const outcomes = [...(progress?.outcomes.values() ?? [])].filter((each) => each.n > (pull.acked ?? 0));
    return { n: progress?.n ?? 0, outcomes };
  }
}
