/**
 * Numbers, epochs, names: what becomes of a replica's outbox when the server, or this database, is not what it was
 * (docs/protocol.md, "What a client does", 5 to 7). Pure, like the replica, which does what is decided here.
 */
import { FILL_MAX } from './limits.js';
import type { Entry } from './outbox.js';
import type { MutationResult } from './protocol.js';
import type { Replica } from './replica.js';
import { newState } from './state.js';

/** What the server says of our numbers. */
export interface Numbers {
  n: number;
  to: number;
  now: number;
  /** The number that had been acknowledged when it was asked. */
  known: number;
  outcomes: MutationResult[];
}

/** A page at the head; or a gap, for who may not read. */
export function takeNumbers(replica: Replica, said: Numbers, now: number): void {
  if (replica.state.moving) return finishMove(replica, said, now);
  for (const outcome of said.outcomes) replica.learn(outcome, said.to, now);
  if (said.n < Math.min(said.known, replica.state.ackedN) && said.now > replica.state.ackedNow)
    refill(replica, said.n);
  else coverByPull(replica, said, now);
  replica.release(now);
  if (said.n > replica.state.lastN) takeNewSrc(replica); // the device was restored from a backup
}

function coverByPull(replica: Replica, { n, to, now: serverNow, outcomes }: Numbers, now: number): void {
  // Outcomes other than `applied` are kept, the last 100 of them.
  const status = outcomes.length < 100 ? 'applied' : 'processed';
  for (const entry of replica.outbox.entries) {
    if (entry.n === 0 || entry.n > n || entry.done?.result) continue;
    replica.outbox.finish(entry, to, now).result = { n: entry.n, status };
    replica.touch(entry);
  }
  replica.cover(n, to, serverNow, now);
}

/** To the history that a restore of the server began: rule 6. */
function finishMove(replica: Replica, { n, outcomes }: Numbers, now: number): void {
  reportLost(replica, n);
  for (const entry of [...replica.outbox.entries]) {
    if (entry.n === 0 || entry.n > n) continue;
    const result = outcomes.find((each) => each.n === entry.n) ?? entry.done?.result;
    replica.outbox.finish(entry, 0, now).result = result ?? { n: entry.n, status: 'applied' };
    replica.leave(entry);
  }
  takeNewSrc(replica);
  replica.state.moving = false;
  for (const entry of replica.outbox.entries) {
    entry.ops = entry.ops.map((op) =>
      op.base === undefined ? op : { ...op, base: replica.documents.live.get(op.id!)?.version ?? 0 },
    );
    replica.outbox.save(entry);
    replica.touch(entry);
  }
}

/** Acknowledged, and no longer known to the server, which has processed up to n. */
function reportLost(replica: Replica, n: number): void {
  const error = { code: 'lost', message: 'acknowledged, and lost by a restore of the server' };
  const lost = replica.reports.above(n);
  for (const row of lost) replica.reports.problem('lost', row, error);
  const done = [...replica.outbox.entries].filter((each) => each.done && each.n > n);
  for (const entry of done) replica.refuse('lost', entry, error);
  replica.reports.forgetAll();
  const all = replica.state.ackedN - n;
  if (all <= 0) return;
  const unknown = Math.max(all - lost.length - done.length, 0);
  replica.reports.error('lost', `${all} acknowledged writes are lost, the content of ${unknown} is not kept`);
}

/** The server lost its tail without a new epoch: the missing numbers are used up by noops. */
function refill(replica: Replica, n: number): void {
  reportLost(replica, n);
  if (replica.state.ackedN - n > FILL_MAX) return takeNewSrc(replica);
  const noops: Entry[] = [];
  for (let missing = replica.state.ackedN; missing > n; --missing) {
    const order = replica.state.firstOrder--;
    noops.push({ order, key: '', at: 0, group: false, ops: [{ op: 'noop' }], n: missing });
  }
  replica.outbox.add(...noops);
  replica.state.ackedN = n;
  replica.save();
}

/** Everything unsent gets new numbers under a new name. */
function takeNewSrc(replica: Replica): void {
  replica.state.src = replica.newSrc();
  replica.state.lastN = replica.state.ackedN = replica.state.ackedNow = 0;
  for (const entry of [...replica.outbox.entries]) {
    if (entry.done) replica.leave(entry);
    else if (!entry.key) replica.outbox.remove(entry);
    else replica.outbox.number(entry, 0);
  }
  replica.reports.forgetAll(); // what has left just now, too: its numbers were another name's
  replica.save();
}

/** The scope's data leaves the device, after the outbox was handed to the app. */
export function purge(replica: Replica, reason: string): void {
  const error = { code: 'revoked', message: reason };
  for (const entry of [...replica.outbox.entries]) if (!entry.done) replica.refuse('revoked', entry, error);
  for (const id of replica.documents.clear()) replica.changed.add(id);
  takeNewSrc(replica);
  const { src, generation, nextOrder, firstOrder, lastTs } = replica.state;
  replica.state = { ...newState(src), generation, nextOrder, firstOrder, lastTs };
  replica.reports.events.push({ type: 'purged', scope: replica.scope, reason });
}
