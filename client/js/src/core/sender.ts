/**
 * The outbox of one scope on its way to the server (docs/protocol.md, "What a client does", 3, 5 and 7): what is sent,
 * when it is sent again, and what a refusal does. Pure: `now` is any clock that only rises, ms.
 */
import * as limits from './limits.js';
import type { Entry } from './outbox.js';
import type { ErrorInfo, Notice } from './protocol.js';
import type { Replica } from './replica.js';
import type { Shared } from './scope.js';
import { utf8Length } from './topic.js';

export class Sender {
  /** The server has said how far our numbers are, since this database was opened. */
  opened = false;
  mayWrite = true;
  #sentN = 0;
  /** Messages under way, by their last number. */
  #flying: { n: number; bytes: number }[] = [];
  #heardAt = 0;
  #pause = limits.ACK_WAIT_MS;
  #gapAt = -limits.GAP_PAUSE_MS;
  /** Writes up to this number are sent one by one: one of them is no message that the server takes. */
  #singleUntil = 0;

  constructor(
    private readonly name: string,
    private readonly replica: Replica,
    private readonly shared: Shared,
  ) {}

  /** Everything that is not acknowledged goes out anew. */
  again(): void {
    this.#sentN = 0;
    this.#flying = [];
  }

  connected(): void {
    this.again();
    this.#pause = limits.ACK_WAIT_MS;
  }

  /** The scope was taken away. */
  lose(): void {
    this.opened = false;
    this.#singleUntil = 0;
    this.again();
  }

  /** Whether an ack up to n can be the answer to what was sent on this connection. */
  sent(n: number): boolean {
    return n <= this.#sentN;
  }

  /** Some of it was acknowledged. */
  progressed(now: number): void {
    this.#heardAt = now;
    this.#pause = limits.ACK_WAIT_MS;
    if (this.#singleUntil > 0 && this.replica.state.ackedN >= this.#singleUntil) this.#singleUntil = 0;
  }

  tick(now: number): void {
    const unanswered = this.#sentN > this.replica.state.ackedN && this.replica.outbox.waiting > 0;
    if (unanswered && now - this.#heardAt > this.#pause) {
      this.again();
      this.#pause = Math.min(this.#pause * 2, limits.BACKOFF_MAX_MS);
    }
    this.send(now);
  }

  send(now: number): void {
    const { state, outbox } = this.replica;
    const { shared } = this;
    const held = !this.opened || state.moving || state.epoch === '' || !this.mayWrite;
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
    while (this.#flying[0] && this.#flying[0].n <= state.ackedN) this.#flying.shift();
    this.#publish(due);
  }

  #publish(due: Entry[]): void {
    const { max_mutations, max_payload_bytes } = this.shared.limits;
    const room = max_payload_bytes - limits.ENVELOPE_BYTES;
    const most = Math.min(max_mutations, limits.BATCH);
    let batch: string[] = [];
    let [first, bytes] = [0, 0];
    let flying = this.#flying.reduce((sum, each) => sum + each.bytes, 0);
    const flush = () => {
      if (batch.length === 0) return;
      const { epoch, src } = this.replica.state;
      const head = JSON.stringify({ epoch, src, n: first }).slice(0, -1);
      this.shared.publish(`${this.name}/in`, `${head},"mutations":[${batch.join()}]}`, 1);
      this.#flying.push({ n: this.#sentN, bytes });
      batch = [];
      bytes = 0;
    };
    for (const entry of due) {
      if (flying >= limits.UNACKED_BYTES) break;
      if (entry.n === 0) this.replica.number(entry);
      let mutation = JSON.stringify(entry.group ? entry.ops : entry.ops[0]);
      let size = utf8Length(mutation) + 1;
      if (size > room) {
        const message = `${size} bytes; the server takes ${room} in one message`;
        this.replica.replaceByNoop(entry, { code: 'too_large', message });
        mutation = '{"op":"noop"}';
        size = 16;
      }
      if (bytes + size > room || batch.length >= most) flush();
      if (batch.length === 0) first = entry.n;
      batch.push(mutation);
      bytes += size;
      flying += size;
      this.#sentN = entry.n;
    }
    flush();
  }

  /** The server lacks what is behind `n`. */
  fillGap(n: number, head: number, serverNow: number, now: number): void {
    if (now - this.#gapAt >= limits.GAP_PAUSE_MS) this.replica.cover(n, head, serverNow, now);
    this.resend(now);
  }

  /** Once for all that is answered to what was under way. */
  resend(now: number): void {
    if (now - this.#gapAt < limits.GAP_PAUSE_MS) return;
    this.#gapAt = now;
    this.again();
    this.send(now);
  }

  /** `denied` for `in`: the outbox waits until the grants change. */
  waitForGrants(): void {
    this.mayWrite = false;
    this.again();
  }

  /** `too_large` or `malformed` for a message of ours. */
  onBadMessage(notice: Notice, now: number): void {
    const { state, outbox } = this.replica;
    if (notice.src !== undefined && notice.src !== state.src) return;
    const first = [...outbox.entries].find((entry) => !entry.done && entry.n > 0);
    if (!first) return;
    const alone = this.#singleUntil > 0 && (notice.n === undefined || notice.n === first.n);
    const error: ErrorInfo = { code: notice.code, message: notice.message };
    if (alone) this.replica.replaceByNoop(first, error);
    else if (this.#singleUntil > 0) return; // of a message that was sent before
    this.#singleUntil = Math.max(this.#singleUntil, state.lastN);
    this.again();
    this.send(now);
  }
}
