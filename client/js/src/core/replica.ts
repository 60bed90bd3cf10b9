/**
 * One scope of one local database: docs/protocol.md, "Applying a delta", "Snapshot", "Digest", and what becomes of writes;
 * `numbers.ts` is for a server, or a database, that is not what it was. Pure: messages in; out come `rows` to commit, ids
 * whose view changed, and events.
 *
 * It knows no connection and no clock: `scope.ts` decides when to ask and to send. The caller commits the rows before it
 * publishes, tells or acknowledges anything.
 */
import { Documents, type Confirmed } from './documents.js';
import { OUTCOME_WAIT_MS } from './limits.js';
import { idsOf, Outbox, type Entry } from './outbox.js';
import type { Ack, Change, Delta, ErrorInfo, Json, MutationResult, Operation } from './protocol.js';
import { Reports, type Problem, type Remembered } from './reports.js';
import { Rows, type Row } from './rows.js';
import { newState, type ReplicaState } from './state.js';
import { viewOf, type Seen } from './view.js';

export class Replica {
  readonly rows: Rows;
  readonly documents: Documents;
  readonly outbox: Outbox;
  readonly reports: Reports;
  state: ReplicaState;
  changed = new Set<string>();
  /** A new one must be stored; one that was stored is opened without room on the disk. */
  #unsaved = true;

  constructor(
    readonly scope: string,
    private readonly user: string,
    readonly newSrc: () => string,
  ) {
    this.rows = new Rows(scope);
    this.documents = new Documents(this.rows);
    this.outbox = new Outbox(this.rows);
    this.reports = new Reports(this.rows);
    this.state = newState(newSrc());
  }

  /** What an earlier life committed, as [kind, name, value]. Without the row `s` it is a new replica. */
  load(rows: Iterable<[string, string, Json]>): void {
    const entries: Entry[] = [];
    for (const [kind, name, value] of rows) {
      if (kind === 's') {
        this.state = { ...this.state, ...(value as object) };
        this.#unsaved = false;
      } else if (kind === 'd') this.documents.load(name, value as unknown as Confirmed);
      else if (kind === 'o') entries.push(value as unknown as Entry);
      else if (kind === 'p') this.reports.problems.set(name, value as unknown as Problem);
      else if (kind === 'a') this.reports.load(value as unknown as Remembered);
    }
    this.outbox.load(entries);
    for (const { order, ops } of entries) {
      this.state.nextOrder = Math.max(this.state.nextOrder, order + 1);
      for (const { ts = 0 } of ops) this.state.lastTs = Math.max(this.state.lastTs, ts);
    }
  }

  /** What the state is at the end of the step. */
  save(): void {
    this.#unsaved = true;
  }

  /** What the step changed. */
  takeRows(): Row[] {
    if (this.#unsaved) this.rows.put('s', '', { ...this.state });
    this.#unsaved = false;
    this.outbox.flush();
    return this.rows.take();
  }

  view(id: string): Seen | undefined {
    return viewOf(id, this.documents.known(id), this.outbox.of(id), this.state.seq);
  }

  /** All ids that a view can have. */
  ids(): Set<string> {
    const ids = new Set(this.documents.live.keys());
    for (const entry of this.outbox.entries) for (const id of idsOf(entry)) ids.add(id);
    return ids;
  }

  // ---- Writing --------------------------------------------------------------------------------------------

  /**
   * A mutation of the user: base and ts are filled in. `base` given: the version that the user saw, never above the
   * confirmed one.
   */
  write(key: string, ops: Operation[], group: boolean, now: number): void {
    if (this.#askedAgain(key)) return;
    for (const op of ops) {
      if (op.op === 'noop') continue;
      const known = this.documents.known(op.id!);
      const version = known?.version ?? 0;
      op.base = Math.min(op.base ?? version, version);
      this.state.lastTs = Math.max(now, (known?.ts ?? 0) + 1, this.state.lastTs + 1, 1);
      op.ts = this.state.lastTs;
    }
    // The state is not saved: nextOrder and lastTs follow from the entry.
    this.outbox.add({ order: this.state.nextOrder++, key, at: now, group, ops, n: 0 });
    this.touch({ ops });
  }

  /** By a tab that has not heard of the first time. */
  #askedAgain(key: string): boolean {
    if (this.outbox.findKey(key)) return true;
    const row = this.reports.find(key);
    if (row) this.reports.settle(key, { n: row.n, status: 'applied' });
    return row !== undefined;
  }

  number(entry: Entry): void {
    this.outbox.number(entry, ++this.state.lastN);
    this.save();
  }

  /** A write that the server will never take as a message: its number is used up by a noop. */
  replaceByNoop(entry: Entry, error: ErrorInfo): void {
    this.refuse('rejected', entry, error);
    this.outbox.add({ ...entry, key: '', group: false, ops: [{ op: 'noop' }] });
  }

  // ---- Deltas ---------------------------------------------------------------------------------------------

  /** To begin with the first page of a snapshot. */
  beginSnapshot(page: Delta): void {
    const state = this.state;
    if (state.epoch !== '' && page.epoch !== state.epoch) state.moving = true;
    state.epoch = page.epoch;
    state.seq = state.wholeAt = 0;
    state.snap = page.snap!;
    state.inSnapshot = true;
    state.wantSnapshot = false;
    ++state.generation;
    for (const entry of this.outbox.entries) this.touch(entry);
    this.save();
  }

  /** False if something before it is missing; nothing of it is applied then. */
  apply(delta: Delta, now: number): boolean {
    const state = this.state;
    if (delta.from > state.seq) return false;
    if (delta.to > state.seq || delta.reset) {
      // Where it overlaps, the beginning is here already.
      const changes = delta.changes.filter(({ seq }) => seq > state.seq);
      if (!changes.every((change) => this.documents.fits(change))) return false;
      let own = 0;
      for (const change of changes) own = Math.max(own, this.#applyChange(change, delta, now));
      if (own > 0) this.cover(own, delta.head, delta.now, now);
      state.seq = Math.max(state.seq, delta.to);
      state.wholeAt = Math.max(state.wholeAt, delta.head);
      this.save();
    }
    if (state.seq === delta.to && delta.to === delta.head) {
      if (state.inSnapshot) this.#endSnapshot();
      if (!state.whole) {
        state.whole = true;
        this.save();
      }
    }
    this.#checkDigest(delta);
    this.release(now);
    return true;
  }

  /** The number of ours that it shows to be processed, and with it all before; or 0. */
  #applyChange(change: Change, delta: Delta, now: number): number {
    const state = this.state;
    this.documents.apply(change, state.generation);
    this.changed.add(change.id);
    if (state.moving || change.by !== this.user || change.src !== state.src || !change.n) return 0;
    if (change.n > state.lastN) return 0; // the pull that opens a database finds out
    const entry = this.outbox.find(change.n);
    if (entry) this.outbox.finish(entry, delta.head, now).versions[change.id] = change.version;
    return change.n;
  }

  #endSnapshot(): void {
    this.state.inSnapshot = false;
    this.state.snap = 0;
    for (const id of this.documents.sweep(this.state.generation)) this.changed.add(id);
    this.save();
  }

  #checkDigest(delta: Delta): void {
    const state = this.state;
    if (delta.digest === undefined || state.seq !== delta.to || delta.to !== delta.head) return;
    if (state.inSnapshot || state.seq < state.wholeAt) return;
    const { digest } = this.documents;
    const same = digest.text() === delta.digest && digest.count === delta.count;
    if (same && state.mismatches === 0) return;
    state.mismatches = same ? 0 : state.mismatches + 1;
    this.save();
    if (same) return;
    const message = `at ${state.seq} here are ${digest.count} documents, ${digest.text()}; the server has ${delta.count}, ${delta.digest}`;
    if (state.mismatches === 1) state.wantSnapshot = true;
    else if (state.mismatches === 2) this.reports.error('digest', message);
  }

  // ---- What became of writes ------------------------------------------------------------------------------

  /** Every number up to n has been processed, durably; the confirmed state shows it all at `until`. */
  cover(n: number, until: number, serverNow: number, now: number): void {
    for (const entry of this.outbox.entries) {
      if (entry.n === 0 || entry.n > n) break;
      if (!entry.done) this.outbox.finish(entry, until, now);
    }
    if (n <= this.state.ackedN) return;
    this.state.ackedN = n;
    this.state.ackedNow = Math.max(this.state.ackedNow, serverNow);
    this.save();
  }

  ack(ack: Ack, now: number): void {
    for (const result of ack.results ?? []) this.learn(result, ack.head!, now);
    this.cover(ack.n!, ack.head!, ack.now, now);
    this.release(now);
  }

  learn(result: MutationResult, head: number, now: number): void {
    const entry = this.outbox.find(result.n);
    if (!entry || entry.done?.result) return;
    const seqs = (result.changes ?? []).map((change) => change.seq);
    const until = seqs.length > 0 ? Math.max(...seqs) : result.seq || head;
    const done = this.outbox.finish(entry, until, now);
    done.result = result;
    for (const change of result.changes ?? []) done.versions[change.id] = change.version;
    this.touch(entry);
  }

  /** Lets go of what the confirmed state shows. Called after each step, and now and then. */
  release(now: number): void {
    const leaving: Entry[] = [];
    for (const entry of this.outbox.entries) {
      const { n, done } = entry;
      if (n === 0) break; // nor is anything behind it numbered
      if (!done || this.state.seq < done.until) continue;
      if (done.result || now - done.at >= OUTCOME_WAIT_MS || now < done.at) leaving.push(entry);
    }
    for (const entry of leaving) this.leave(entry);
  }

  /** For a writer that may not read: nothing else will come. */
  releaseAll(): void {
    for (const entry of [...this.outbox.entries].filter(({ done }) => done)) this.leave(entry);
  }

  leave(entry: Entry): void {
    const result = entry.done!.result ?? { n: entry.n, status: 'applied' as const };
    this.outbox.remove(entry);
    this.touch(entry);
    if (!entry.key) return; // a noop of ours
    const { status } = result;
    if (status === 'superseded' || status === 'conflict' || status === 'rejected') {
      const error = result.error ?? { code: status, message: 'a newer change stands' };
      if (status === 'superseded' && !result.version && result.id) this.documents.forget(result.id);
      this.reports.problem(status, entry, error);
    } else {
      this.reports.remember(entry);
    }
    this.reports.settle(entry.key, result);
  }

  /** It leaves, and the app is told why. */
  refuse(status: Problem['status'], entry: Entry, error: ErrorInfo): void {
    this.outbox.remove(entry);
    this.touch(entry);
    if (entry.key) this.reports.refuse(status, entry, error);
  }

  /** The view of what it names may be another. */
  touch({ ops }: { ops: Operation[] }): void {
    for (const op of ops) if (op.id !== undefined) this.changed.add(op.id);
  }
}
