/**
 * One scope on a connection: when to pull, what to send, what to make of answers (docs/protocol.md, "What a client
 * does", 2 to 5 and 7). What a crash forgets is here, what it must not forget in `replica.ts`. Pure: `now` is any clock
 * that only rises, ms.
 */
import * as limits from './limits.js';
import type { Ack, Delta, ErrorInfo, Mutation, Notice, ServerLimits } from './protocol.js';
import { INTEGER_MAX } from './protocol.js';
import type { Entry } from './outbox.js';
import type { Replica } from './replica.js';
import { utf8Length } from './topic.js';

/** What all scopes of a client share. */
export interface Shared {
  clientId: string;
  /** Random in [0, 1). */
  random(): number;
  limits: ServerLimits;
  /** Of the last status; empty: none came yet. */
  serverEpoch: string;
  /** Pulls and mutations may be sent. */
  open: boolean;
  /** Formats of pages that the shell can read. */
  accept: string[];
  /** Asked for a page. */
  pageEntities: number;
  /** Until when the server asked for silence. */
  quietUntil: number;
  publish(topic: string, message: object, qos: 0 | 1): void;
}

export class Scope {
  /** The server has said how far our numbers are, since this database was opened. */
  opened = false;
  #rid = '';
  #resetTaken = false;
  #pullAt = 0;
  #pullPause = limits.BACKOFF_MIN_MS;
  #wantsPull = false;
  #sentN = 0;
  #heardAt = 0;
  #sendPause = limits.ACK_WAIT_MS;
  #gapAt = -limits.GAP_PAUSE_MS;
  #subscribedAt = 0;
  #headHeard = false;
  #toldHead = 0;
  #toldAt = 0;
  #seenSeq = 0;
  #seenAt = -limits.SEEN_EVERY_MS;
  /** Writes up to this number are sent one by one: one of them is no message that the server takes. */
  #singleUntil = 0;
  #mayPull = true;
  #mayWrite = true;
  /** When the pull under way was sent. */
  pulledAt = 0;
  /** The newest head that a page named: how far a first sync is. */
  head = 0;

  constructor(
    readonly name: string,
    readonly replica: Replica,
    private readonly shared: Shared,
    /** False: a writer that may not read. */
    readonly reads: boolean,
  ) {}

  /** Nothing is left to send or to ask for. */
  get settled(): boolean {
    const { state, outbox } = this.replica;
    const asks =
      this.reads && (this.#rid !== '' || this.#wantsPull || state.wantSnapshot || state.inSnapshot);
    return this.opened && !asks && !state.moving && (outbox.waiting === 0 || !this.#mayWrite);
  }

  get readable(): boolean {
    return this.#mayPull;
  }

  connected(now: number): void {
    this.#rid = '';
    this.#sentN = 0;
    this.#sendPause = limits.ACK_WAIT_MS;
    this.subscribed(now);
    this.granted();
    if (!this.opened || this.replica.state.inSnapshot) this.wantPull(true);
  }

  subscribed(now: number): void {
    this.#subscribedAt = now;
    this.#headHeard = false;
  }

  /** Grants may have changed: what was denied is tried again. */
  granted(): void {
    if (!this.#mayPull) this.wantPull(true);
    this.#mayPull = this.#mayWrite = true;
    this.#sentN = 0;
  }

  wantPull(soon = false): void {
    this.#wantsPull = true;
    if (!soon) return;
    this.#rid = '';
    this.#pullAt = 0;
    this.#pullPause = limits.BACKOFF_MIN_MS;
  }

  /** The server is there again: what was asked while it was away is asked anew. */
  retry(): void {
    if (this.#rid !== '' || this.#wantsPull || !this.opened) this.wantPull(true);
    this.#sentN = 0;
  }

  /** A higher epoch, or the first one. */
  newEpoch(epoch: string): void {
    const { state } = this.replica;
    if (state.epoch !== '' && this.reads && state.moving) return; // under way
    if (state.epoch !== '') state.moving = true;
    if (!this.reads) {
      state.epoch = epoch;
      this.opened = false;
    }
    this.replica.save();
    this.wantPull(true);
  }

  tick(now: number): void {
    const { state } = this.replica;
    this.replica.release(now);
    if (!this.shared.open || now < this.shared.quietUntil) return;
    if (
      this.reads &&
      !this.#headHeard &&
      state.epoch !== '' &&
      now - this.#subscribedAt > limits.HEAD_WAIT_MS
    ) {
      this.#headHeard = true;
      this.wantPull();
    }
    if (state.wantSnapshot && this.#rid === '') this.#wantsPull = true;
    const epochDiffers = this.shared.serverEpoch !== '' && state.epoch !== this.shared.serverEpoch;
    if (epochDiffers && this.#rid === '') this.#wantsPull = true;
    this.#missDeltas(now);
    if (now >= this.#pullAt) {
      if (!this.reads) this.#probeNumbers(now);
      else if (this.#mayPull && (this.#wantsPull || this.#rid !== '')) this.#pull(now);
    }
    if (
      this.#sentN > state.ackedN &&
      this.replica.outbox.waiting > 0 &&
      now - this.#heardAt > this.#sendPause
    ) {
      this.#sentN = 0;
      this.#sendPause = Math.min(this.#sendPause * 2, limits.BACKOFF_MAX_MS);
    }
    this.send(now);
    this.#saySeen(now);
  }

  /** An ack told of a head, and the log does not come to it. */
  #missDeltas(now: number): void {
    const { seq } = this.replica.state;
    if (!this.reads || this.#toldHead <= seq) this.#toldAt = now;
    else if (now - this.#toldAt > limits.LOG_WAIT_MS) {
      this.#toldHead = 0;
      this.wantPull();
    }
  }

  #saySeen(now: number): void {
    const { state } = this.replica;
    if (!this.reads || state.inSnapshot || state.moving || state.seq <= this.#seenSeq) return;
    if (now - this.#seenAt < limits.SEEN_EVERY_MS) return;
    this.shared.publish(`${this.name}/seen`, { src: state.src, epoch: state.epoch, seq: state.seq }, 0);
    this.#seenSeq = state.seq;
    this.#seenAt = now;
  }

  // ---- Asking ---------------------------------------------------------------------------------------------

  #pull(now: number): void {
    const { state } = this.replica;
    this.#rid = Math.floor(this.shared.random() * INTEGER_MAX).toString(36);
    this.#resetTaken = false;
    this.#wantsPull = false;
    this.pulledAt = now;
    this.#pullAt = now + limits.PULL_WAIT_MS + this.#pullPause * (0.5 + this.shared.random());
    this.#pullPause = Math.min(this.#pullPause * 2, limits.BACKOFF_MAX_MS);
    const snapshot = state.wantSnapshot;
    const message: Record<string, unknown> = { rid: this.#rid, src: state.src };
    if (state.epoch !== '') message.epoch = state.epoch;
    message.since = snapshot ? 0 : state.seq;
    if (state.inSnapshot && !snapshot) message.snap = state.snap;
    if (!state.moving) message.acked = state.ackedN;
    message.limit = this.shared.pageEntities;
    if (this.shared.accept.length > 0) message.accept = this.shared.accept;
    this.shared.publish(`${this.name}/pull`, message, 1);
  }

  /** Who may not read asks by a number that must be a gap. */
  #probeNumbers(now: number): void {
    const { state } = this.replica;
    if (state.epoch === '' || this.opened || !this.#mayWrite) return;
    this.#pullAt = now + limits.ACK_WAIT_MS;
    const message = { epoch: state.epoch, src: state.src, n: INTEGER_MAX, mutations: [{ op: 'noop' }] };
    this.shared.publish(`${this.name}/in`, message, 1);
  }

  // ---- Writing --------------------------------------------------------------------------------------------

  send(now: number): void {
    const { state, outbox } = this.replica;
    const { shared } = this;
    const held = !this.opened || state.moving || state.epoch === '' || !this.#mayWrite;
    if (held || !shared.open || now < shared.quietUntil) return;
    if (shared.serverEpoch !== '' && shared.serverEpoch !== state.epoch) return;
    const single = this.#singleUntil > 0;
    const window = single ? 1 : Math.min(shared.limits.max_unacked, limits.UNACKED);
    const due: Entry[] = [];
    let inWindow = 0;
    for (const entry of outbox.entries) {
      if (entry.done) continue;
      if (++inWindow > window) break;
      if (entry.n === 0 || entry.n > this.#sentN) due.push(entry);
    }
    if (due.length === 0) return;
    if (this.#sentN <= state.ackedN) this.#heardAt = now;
    for (const entry of due) if (entry.n === 0) this.replica.number(entry);
    this.#publishAll(due);
  }

  #publishAll(due: Entry[]): void {
    const { max_mutations, max_payload_bytes } = this.shared.limits;
    const room = max_payload_bytes - limits.ENVELOPE_BYTES;
    let batch: Mutation[] = [];
    let [first, bytes] = [0, 0];
    const flush = () => {
      const { epoch, src } = this.replica.state;
      if (batch.length > 0) {
        this.shared.publish(`${this.name}/in`, { epoch, src, n: first, mutations: batch }, 1);
      }
      batch = [];
      bytes = 0;
    };
    for (const entry of due) {
      let mutation: Mutation = entry.group ? entry.ops : entry.ops[0]!;
      let size = utf8Length(JSON.stringify(mutation)) + 1;
      if (size > room) {
        const message = `${size} bytes; the server takes ${room} in one message`;
        this.replica.replaceByNoop(entry, { code: 'too_large', message });
        mutation = { op: 'noop' };
        size = 16;
      }
      if (bytes + size > room || batch.length >= max_mutations) flush();
      if (batch.length === 0) first = entry.n;
      batch.push(mutation);
      bytes += size;
      this.#sentN = entry.n;
    }
    flush();
  }

  // ---- Answers --------------------------------------------------------------------------------------------

  /** The server's time is news: the answer is to something that was sent on this connection. */
  onAck(ack: Ack, now: number): boolean {
    const { state } = this.replica;
    if (ack.src !== state.src) return false;
    if (ack.stale || ack.epoch !== state.epoch) {
      if (ack.stale && ack.epoch !== state.epoch && this.reads && !state.moving) this.wantPull();
      return false;
    }
    if (ack.gap) return this.#onGap(ack, now);
    if (state.moving) return false;
    if (ack.n! > state.lastN) {
      this.opened = false; // of a database that this one is an older copy of
      this.wantPull(true);
      return false;
    }
    const fresh = ack.n! > state.ackedN && ack.n! <= this.#sentN;
    const before = state.ackedN;
    this.replica.ack(ack, now);
    this.#toldHead = ack.head!;
    if (!this.reads) this.replica.releaseAll();
    if (state.ackedN > before) this.#progressed(now);
    this.send(now);
    return fresh;
  }

  #progressed(now: number): void {
    this.#heardAt = now;
    this.#sendPause = limits.ACK_WAIT_MS;
    if (this.#singleUntil > 0 && this.replica.state.ackedN >= this.#singleUntil) this.#singleUntil = 0;
  }

  #onGap(ack: Ack, now: number): boolean {
    const { state } = this.replica;
    if (!this.reads && !this.opened) {
      this.#onNumbers(ack.n!, 0, ack.now, [], now);
      return true;
    }
    if (!this.opened || state.moving) return false;
    if (ack.n! < state.ackedN) {
      // Older than what else has arrived, or the server lost its tail: a pull tells.
      if (ack.now > state.ackedNow)
        this.reads ? this.wantPull() : this.#onNumbers(ack.n!, 0, ack.now, [], now);
      return false;
    }
    if (now - this.#gapAt < limits.GAP_PAUSE_MS) return false;
    this.#gapAt = now;
    this.replica.cover(ack.n!, ack.head ?? state.seq, ack.now, now);
    this.#sentN = 0;
    this.send(now);
    return false;
  }

  #onNumbers(n: number, to: number, serverNow: number, outcomes: Delta['outcomes'], now: number): void {
    const { state } = this.replica;
    this.opened = true;
    const { src, ackedN } = state;
    this.replica.onNumbers({ n, to, now: serverNow, outcomes: outcomes ?? [] }, now);
    if (!this.reads) this.replica.releaseAll();
    if (this.replica.state.src !== src) {
      this.#sentN = 0;
      this.#rid = '';
    }
    if (this.replica.state.ackedN < ackedN) this.#sentN = 0;
    if (this.replica.state.ackedN > ackedN) this.#progressed(now);
    this.send(now);
  }

  onLog(delta: Delta, now: number): void {
    const { state } = this.replica;
    if (delta.rid !== undefined || delta.epoch !== state.epoch || state.inSnapshot) return;
    this.#headHeard = true;
    const before = state.ackedN;
    if (!this.replica.apply(delta, now)) this.wantPull();
    if (state.ackedN > before) this.#progressed(now);
    if (state.wantSnapshot) this.wantPull();
  }

  /** True if it answers what was asked on this connection: its time is the server's. */
  onPage(page: Delta, now: number): boolean {
    const { replica } = this;
    const mine = page.rid !== undefined && page.rid === this.#rid;
    if (page.reset) {
      const again = this.#resetTaken && replica.state.inSnapshot && page.snap === replica.state.snap;
      if (!mine || again) return false;
      this.#resetTaken = true;
      replica.beginSnapshot(page);
    }
    const { state } = replica;
    if (page.epoch !== state.epoch || (state.inSnapshot && !mine)) return mine;
    // The first page of its snapshot was lost, and with it what was purged.
    if ((page.snap ?? 0) !== (state.inSnapshot ? state.snap : 0)) {
      this.wantPull(mine);
      return mine;
    }
    this.head = Math.max(page.reset ? 0 : this.head, page.head);
    if (!replica.apply(page, now)) {
      this.wantPull(mine);
      return mine;
    }
    if (mine) this.#pageOfMine(page, now);
    return mine;
  }

  #pageOfMine(page: Delta, now: number): void {
    this.#headHeard = true;
    this.#pullPause = limits.BACKOFF_MIN_MS;
    this.#pullAt = now + (page.last ? limits.BACKOFF_MIN_MS : limits.PULL_WAIT_MS);
    const atHead = page.to === page.head;
    if (page.last) this.#rid = '';
    if (page.last && !atHead) this.wantPull(true);
    if (page.n !== undefined && atHead) this.#onNumbers(page.n, page.to, page.now, page.outcomes, now);
  }

  // ---- Refusals -------------------------------------------------------------------------------------------

  /** `denied` for a pull, or `revoked`. */
  lose(reason: string): void {
    const { replica } = this;
    this.#mayPull = false;
    this.#wantsPull = false;
    this.#rid = '';
    this.opened = false;
    const holds = replica.documents.live.size + replica.documents.tombstones.size > 0;
    if (this.reads && (holds || replica.state.epoch !== '')) replica.purge(reason);
    this.#sentN = this.#singleUntil = 0;
  }

  /** `denied` for `in`: the outbox waits until the grants change. */
  waitForGrants(): void {
    this.#mayWrite = false;
    this.#sentN = 0;
  }

  /** `too_large` or `malformed` for a message of ours. */
  onBadMessage(notice: Notice, now: number): void {
    const { state, outbox } = this.replica;
    if (notice.src !== undefined && notice.src !== state.src) return;
    const first = outbox.entries.find((entry) => !entry.done && entry.n > 0);
    if (!first) return;
    const alone = this.#singleUntil > 0 && (notice.n === undefined || notice.n === first.n);
    const error: ErrorInfo = { code: notice.code, message: notice.message };
    if (alone) this.replica.replaceByNoop(first, error);
    else if (this.#singleUntil > 0) return; // of a message that was sent before
    this.#singleUntil = Math.max(this.#singleUntil, state.lastN);
    this.#sentN = 0;
    this.send(now);
  }
}
