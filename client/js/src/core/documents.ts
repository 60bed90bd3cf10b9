/**
 * The confirmed state of one scope: what the server has said, and nothing that it has not. Keeps the digest, and the
 * generation by which a snapshot marks what its pages named. The caller commits `rows`.
 */
import { Digest } from './digest.js';
import { TOMBSTONES } from './limits.js';
import { mergePatch } from './merge.js';
import type { Change, JsonObject } from './protocol.js';
import type { Rows } from './rows.js';

export interface Confirmed {
  version: number;
  seq: number;
  ts: number;
  by: string;
  /** The snapshot, counted from 0, that last named it. */
  gen: number;
  /** Absent: a tombstone. */
  data?: JsonObject;
}

export class Documents {
  readonly live = new Map<string, Confirmed>();
  readonly tombstones = new Map<string, Confirmed>();
  readonly digest = new Digest();

  constructor(private readonly rows: Rows) {}

  load(id: string, row: Confirmed): void {
    this.#place(id, row);
  }

  /** Live or deleted; undefined: never heard of. */
  known(id: string): Confirmed | undefined {
    return this.live.get(id) ?? this.tombstones.get(id);
  }

  /** False for a patch of a version that is not here. */
  fits(change: Change): boolean {
    return !change.patch || this.live.get(change.id)?.version === change.base;
  }

  apply(change: Change, gen: number): void {
    const row: Confirmed = {
      version: change.version,
      seq: change.seq,
      ts: change.ts,
      by: change.by,
      gen,
    };
    if (change.data) row.data = change.data;
    if (change.patch) row.data = mergePatch(this.live.get(change.id)!.data!, change.patch) as JsonObject;
    this.#place(change.id, row);
    this.rows.put('d', change.id, row);
    if (!row.data) this.#forgetOldest();
  }

  /** Drops what no page of the snapshot `gen` named. The ids that were alive. */
  sweep(gen: number): string[] {
    const gone: string[] = [];
    for (const [id, row] of this.live) if (row.gen < gen) gone.push(id);
    for (const id of gone) this.#erase(id);
    for (const [id, row] of this.tombstones) if (row.gen < gen) this.#erase(id);
    return gone;
  }

  /** A deleted id that the server has forgotten too. */
  forget(id: string): void {
    if (this.tombstones.has(id)) this.#erase(id);
  }

  clear(): string[] {
    const gone = [...this.live.keys()];
    for (const id of [...gone, ...this.tombstones.keys()]) this.#erase(id);
    return gone;
  }

  #place(id: string, row: Confirmed): void {
    const old = this.live.get(id);
    if (old) this.digest.remove(id, old.version, old.ts, old.by);
    this.live.delete(id);
    this.tombstones.delete(id);
    if (row.data) {
      this.live.set(id, row);
      this.digest.add(id, row.version, row.ts, row.by);
    } else {
      this.tombstones.set(id, row);
    }
  }

  #erase(id: string): void {
    const old = this.live.get(id);
    if (old) this.digest.remove(id, old.version, old.ts, old.by);
    this.live.delete(id);
    this.tombstones.delete(id);
    this.rows.remove('d', id);
  }

  #forgetOldest(): void {
    if (this.tombstones.size <= TOMBSTONES) return;
    const [oldest] = this.tombstones.keys();
    this.#erase(oldest!);
  }
}
