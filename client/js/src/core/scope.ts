/**
 * One scope on a connection: what to make of answers (docs/protocol.md, "What a client does", 2 to 5 and 7). What a crash
 * forgets is here, in `puller.ts` and in `sender.ts`; what it must not forget in `replica.ts`. Pure: `now` is any clock
 * that only rises, ms.
 */
import * as limits from './limits.js';
import type { Ack, Delta, ServerLimits } from './protocol.js';
import { Puller } from './puller.js';
import { purge, takeNumbers, type Numbers } from './numbers.js';
import type { Replica } from './replica.js';
import { Sender } from './sender.js';
import { namesLeaf } from './topic.js';

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
  /** `message`: a text is sent as it is. */
  publish(topic: string, message: object | string, qos: 0 | 1): void;
}

export class Scope {
  readonly sender: Sender;
  readonly puller: Puller;
  #seenSeq = 0;
  #seenAt = -limits.SEEN_EVERY_MS;
  /** The newest head that a page named: how far a first sync is. */
  head = 0;
  /** The server's time of the newest delta. */
  #heardNow = 0;

  constructor(
    readonly name: string,
    readonly replica: Replica,
    private readonly shared: Shared,
    /** False: a writer that may not read. */
    readonly reads: boolean,
  ) {
    this.sender = new Sender(name, replica, shared);
    this.puller = new Puller(name, replica, shared, this.sender, reads);
  }

  /** Nothing is left to send or to ask for. */
  get settled(): boolean {
    const { state, outbox } = this.replica;
    const asks = this.reads && (this.puller.asks || state.wantSnapshot || state.inSnapshot);
    const waits = outbox.waiting > 0 && this.sender.mayWrite;
    return this.sender.opened && !asks && !state.moving && !waits;
  }

  // ---- The connection -------------------------------------------------------------------------------------

  connected(now: number): void {
    this.puller.forget();
    this.sender.connected();
    this.puller.subscribed(now);
    this.granted();
    if (!this.sender.opened || this.replica.state.inSnapshot) this.puller.want(true);
  }

  /** Grants may have changed: what was denied is tried again. */
  granted(): void {
    if (!this.puller.mayPull) this.puller.want(true);
    this.puller.mayPull = this.sender.mayWrite = true;
    this.sender.again();
  }

  /** The server is there again: what was asked while it was away is asked anew. */
  retry(): void {
    if (this.puller.asks || !this.sender.opened) this.puller.want(true);
    this.sender.again();
  }

  /** A higher epoch, or the first one. */
  newEpoch(epoch: string): void {
    const { state } = this.replica;
    const underWay = state.epoch === '' ? this.puller.asks : state.moving;
    if (this.reads && underWay) return;
    if (state.epoch !== '') state.moving = true;
    if (!this.reads) {
      state.epoch = epoch;
      this.sender.opened = false;
    }
    this.replica.save();
    this.puller.want(true);
  }

  tick(now: number): void {
    this.replica.release(now);
    if (!this.shared.open || now < this.shared.quietUntil) return;
    this.puller.tick(now);
    this.sender.tick(now);
    this.#saySeen(now);
  }

  #saySeen(now: number): void {
    const { state } = this.replica;
    if (!this.reads || state.inSnapshot || state.moving || state.seq <= this.#seenSeq) return;
    if (now - this.#seenAt < limits.SEEN_EVERY_MS) return;
    this.shared.publish(`${this.name}/seen`, { src: state.src, epoch: state.epoch, seq: state.seq }, 0);
    this.#seenSeq = state.seq;
    this.#seenAt = now;
  }

  // ---- Acks -----------------------------------------------------------------------------------------------

  /** The server's time is news: the answer is to something that was sent on this connection. */
  onAck(ack: Ack, now: number): boolean {
    const { state } = this.replica;
    if (ack.src !== state.src) return false;
    if (ack.stale || ack.epoch !== state.epoch) {
      if (ack.stale && ack.epoch !== state.epoch && this.reads && !state.moving) this.puller.want();
      return false;
    }
    if (ack.gap) return this.#onGap(ack, now);
    if (state.moving) return false;
    if (ack.n! > state.lastN) {
      this.sender.opened = false; // of a database that this one is an older copy of
      this.puller.want(true);
      return false;
    }
    // Who does not read hears of outcomes by acks alone: where one was lost, the same mutations are answered the same again.
    if (!this.reads && ack.results![0] && ack.results![0].n > state.ackedN + 1) {
      this.sender.resend(now);
      return false;
    }
    const fresh = ack.n! > state.ackedN && this.sender.sent(ack.n!);
    const before = state.ackedN;
    this.replica.ack(ack, now);
    this.puller.toldOf(ack.head!);
    if (!this.reads) this.replica.releaseAll();
    if (state.ackedN > before) this.sender.progressed(now);
    this.sender.send(now);
    return fresh;
  }

  #onGap(ack: Ack, now: number): boolean {
    const { state } = this.replica;
    const { opened } = this.sender;
    if (!this.reads && !opened) {
      this.#onNumbers({ n: ack.n!, to: 0, now: ack.now, known: state.ackedN, outcomes: [] }, now);
      return true;
    }
    if (!opened || state.moving) return false;
    if (ack.n! >= state.ackedN) {
      this.sender.fillGap(ack.n!, ack.head ?? state.seq, ack.now, now);
    } else if (ack.now > state.ackedNow) {
      // Older than what else has arrived, or the server lost its tail: a pull tells.
      if (this.reads) this.puller.want();
      else this.#onNumbers({ n: ack.n!, to: 0, now: ack.now, known: state.ackedN, outcomes: [] }, now);
    }
    return false;
  }

  #onNumbers(said: Numbers, now: number): void {
    const { replica } = this;
    const { src, ackedN } = replica.state;
    this.puller.denied = false;
    this.sender.opened = true;
    takeNumbers(replica, said, now);
    if (!this.reads) replica.releaseAll();
    if (replica.state.src !== src) {
      this.sender.again();
      this.puller.forget();
    }
    if (replica.state.ackedN < ackedN) this.sender.again();
    if (replica.state.ackedN > ackedN) this.sender.progressed(now);
    this.sender.send(now);
  }

  // ---- Deltas ---------------------------------------------------------------------------------------------

  onLog(delta: Delta, now: number): void {
    const { state } = this.replica;
    if (delta.rid !== undefined || delta.epoch !== state.epoch) return;
    if (state.inSnapshot) return this.puller.toldOf(delta.head);
    this.puller.heard();
    const before = state.ackedN;
    // Below what is here, and no word from before it: the server lost its tail.
    const behind = delta.head < state.seq && delta.now > this.#heardNow;
    this.#heardNow = Math.max(this.#heardNow, delta.now);
    if (!this.replica.apply(delta, now) || behind) this.puller.want();
    if (state.ackedN > before) this.sender.progressed(now);
    if (state.wantSnapshot) this.puller.want();
  }

  /** True if it answers what was asked on this connection: its time is the server's. */
  onPage(page: Delta, now: number): boolean {
    const { replica } = this;
    const mine = this.puller.answers(page);
    if (page.reset) {
      if (!this.puller.takeReset(page)) return false;
      replica.beginSnapshot(page);
    }
    const { state } = replica;
    if (page.epoch !== state.epoch || (state.inSnapshot && !mine)) return mine;
    this.head = Math.max(page.reset ? 0 : this.head, page.head);
    this.#heardNow = Math.max(this.#heardNow, page.now);
    // Else the first page of its snapshot was lost, and with it what was purged.
    const fits = (page.snap ?? 0) === (state.inSnapshot ? state.snap : 0);
    if (!fits || !replica.apply(page, now)) {
      this.puller.want(mine);
      return mine;
    }
    if (!mine) return false;
    this.puller.onPage(page, now);
    const { n, to, outcomes = [] } = page;
    const known = this.puller.ackedN;
    if (n !== undefined && to === page.head) this.#onNumbers({ n, to, now: page.now, known, outcomes }, now);
    return true;
  }

  // ---- Refusals -------------------------------------------------------------------------------------------

  /** A message to this topic was not taken: it is sent again after the silence. */
  onQuota(topic: string): void {
    if (namesLeaf(topic, this.name, 'in')) this.sender.again();
    if (namesLeaf(topic, this.name, 'pull') && this.puller.asks) this.puller.want(true);
  }

  /** `denied` for a pull, or `revoked`. */
  lose(reason: string): void {
    const { replica } = this;
    this.puller.lose();
    if (this.reads && replica.state.epoch !== '') purge(replica, reason);
    this.sender.lose();
  }
}
