/**
 * What one scope asks of the server (docs/protocol.md, "What a client does", 2 and 5): when to pull, and when to pull
 * again. Who may not read asks for its numbers instead. Pure: `now` is any clock that only rises, ms.
 */
import * as limits from './limits.js';
import { INTEGER_MAX, type Delta } from './protocol.js';
import type { Replica } from './replica.js';
import type { Shared } from './scope.js';
import type { Sender } from './sender.js';

export class Puller {
  mayPull = true;
  /** From a refusal until the scope has been read again: that grants may have changed is no answer yet. */
  denied = false;
  /** When the pull under way was sent. */
  pulledAt = 0;
  /** What was known to be processed then: its answer may be older than acks that have come since. */
  ackedN = 0;
  #rid = '';
  #resetTaken = false;
  #wants = false;
  #at = 0;
  #pause = limits.BACKOFF_MIN_MS;
  #subscribedAt = 0;
  #headHeard = false;
  #toldHead = 0;
  #toldAt = 0;

  constructor(
    private readonly name: string,
    private readonly replica: Replica,
    private readonly shared: Shared,
    private readonly sender: Sender,
    /** False: a writer that may not read. */
    private readonly reads: boolean,
  ) {}

  /** Something is asked for, or will be. */
  get asks(): boolean {
    return this.#rid !== '' || this.#wants;
  }

  want(soon = false): void {
    this.#wants = true;
    if (!soon) return;
    this.#rid = '';
    this.#at = 0;
    this.#pause = limits.BACKOFF_MIN_MS;
  }

  /** What was asked is not waited for any more. */
  forget(): void {
    this.#rid = '';
  }

  /** The scope was taken away. */
  lose(): void {
    this.mayPull = false;
    this.denied = true;
    this.#wants = false;
    this.forget();
  }

  subscribed(now: number): void {
    this.#subscribedAt = now;
    this.#headHeard = false;
  }

  /** The log has said something, or a page. */
  heard(): void {
    this.#headHeard = true;
  }

  /** An ack told of a head. */
  toldOf(head: number): void {
    this.#toldHead = head;
  }

  tick(now: number): void {
    const { state } = this.replica;
    const { serverEpoch } = this.shared;
    const waited = !this.#headHeard && now - this.#subscribedAt > limits.HEAD_WAIT_MS;
    if (this.reads && state.epoch !== '' && waited) {
      this.#headHeard = true;
      this.want();
    }
    const epochDiffers = serverEpoch !== '' && state.epoch !== serverEpoch;
    if ((state.wantSnapshot || epochDiffers) && this.#rid === '') this.#wants = true;
    this.#missDeltas(now);
    if (now < this.#at) return;
    if (!this.reads) this.#probeNumbers(now);
    else if (this.mayPull && this.asks) this.#pull(now);
  }

  /** An ack told of a head, and the log does not come to it. */
  #missDeltas(now: number): void {
    if (!this.reads || this.#toldHead <= this.replica.state.seq) this.#toldAt = now;
    else if (now - this.#toldAt > limits.LOG_WAIT_MS) {
      this.#toldHead = 0;
      this.want();
    }
  }

  #pull(now: number): void {
    const { state } = this.replica;
    this.#rid = Math.floor(this.shared.random() * INTEGER_MAX).toString(36);
    this.#resetTaken = false;
    this.#wants = false;
    this.pulledAt = now;
    this.ackedN = state.ackedN;
    this.#at = now + limits.PULL_WAIT_MS + this.#pause * (0.5 + this.shared.random());
    this.#pause = Math.min(this.#pause * 2, limits.BACKOFF_MAX_MS);
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
    if (state.epoch === '' || this.sender.opened || !this.sender.mayWrite) return;
    this.#at = now + limits.ACK_WAIT_MS;
    const message = { epoch: state.epoch, src: state.src, n: INTEGER_MAX, mutations: [{ op: 'noop' }] };
    this.shared.publish(`${this.name}/in`, message, 1);
  }

  /** True for a page that answers what was asked on this connection. */
  answers(page: Delta): boolean {
    return page.rid !== undefined && page.rid === this.#rid;
  }

  /** False for the first page of a snapshot that was not asked for, or that came twice. */
  takeReset(page: Delta): boolean {
    const { state } = this.replica;
    const again = this.#resetTaken && state.inSnapshot && page.snap === state.snap;
    if (!this.answers(page) || again) return false;
    this.#resetTaken = true;
    return true;
  }

  /** A page of ours was applied. */
  onPage(page: Delta, now: number): void {
    this.denied = false;
    this.#headHeard = true;
    this.#pause = limits.BACKOFF_MIN_MS;
    this.#at = now + (page.last ? limits.BACKOFF_MIN_MS : limits.PULL_WAIT_MS);
    if (!page.last) return;
    this.forget();
    if (page.to !== page.head) this.want(true);
  }
}
