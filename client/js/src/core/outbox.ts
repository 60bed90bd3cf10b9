/**
 * The outbox of one scope: what the user wrote, in order, until the server has it and the confirmed state shows it.
 *
 * An entry waits without a number, is numbered when it is first sent, is done when an ack, an own change or a pull's `n`
 * covers it, and leaves when the local seq has reached what it came to. The caller commits `rows`.
 */
import type { MutationResult, Operation } from './protocol.js';
import type { Rows } from './rows.js';

export interface Entry {
  /** Its place; rises. */
  order: number;
  /** The write's name, given by who wrote it. */
  key: string;
  /** When it was written, ms. */
  at: number;
  group: boolean;
  ops: Operation[];
  /** 0: not sent yet. */
  n: number;
  done?: {
    /** It stays in the view until the local seq is this. */
    until: number;
    at: number;
    result?: MutationResult;
    /** Versions that it made. */
    versions: Record<string, number>;
  };
}

export class Outbox {
  /** In order; a set, because the first ones leave all the time. */
  entries = new Set<Entry>();
  #last = -Infinity;
  readonly #byN = new Map<number, Entry>();
  readonly #byKey = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry[]>();
  readonly #unsaved = new Set<Entry>();
  /** Not done yet. */
  waiting = 0;

  constructor(private readonly rows: Rows) {}

  load(entries: Entry[]): void {
    let ordered = true;
    for (const entry of entries) {
      ordered &&= entry.order > this.#last;
      this.#last = Math.max(this.#last, entry.order);
      this.#insert(entry);
    }
    if (!ordered) this.entries = new Set([...this.entries].sort((x, y) => x.order - y.order));
  }

  #insert(entry: Entry): void {
    this.entries.add(entry);
    if (entry.n) this.#byN.set(entry.n, entry);
    if (entry.key) this.#byKey.set(entry.key, entry);
    for (const id of idsOf(entry)) {
      const list = this.#byId.get(id);
      if (!list) this.#byId.set(id, [entry]);
      else list.push(entry);
    }
    if (!entry.done) ++this.waiting;
  }

  add(...entries: Entry[]): void {
    this.load(entries);
    for (const entry of entries) this.save(entry);
  }

  /** What the entry is at the end of the step. */
  save(entry: Entry): void {
    this.#unsaved.add(entry);
  }

  /** Puts what the step changed into `rows`. */
  flush(): void {
    for (const entry of this.#unsaved) {
      const { done } = entry;
      const row = done ? { ...entry, done: { ...done, versions: { ...done.versions } } } : { ...entry };
      this.rows.put('o', String(entry.order), row);
    }
    this.#unsaved.clear();
  }

  number(entry: Entry, n: number): void {
    if (entry.n) this.#byN.delete(entry.n);
    entry.n = n;
    if (n) this.#byN.set(n, entry);
    this.save(entry);
  }

  find(n: number): Entry | undefined {
    return this.#byN.get(n);
  }

  findKey(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  of(id: string): readonly Entry[] {
    return this.#byId.get(id) ?? [];
  }

  /** The server has processed it; the confirmed state shows it at `until`. */
  finish(entry: Entry, until: number, at: number): NonNullable<Entry['done']> {
    if (!entry.done) {
      --this.waiting;
      entry.done = { until, at, versions: {} };
    }
    entry.done.until = Math.max(entry.done.until, until);
    this.save(entry);
    return entry.done;
  }

  remove(entry: Entry): void {
    this.entries.delete(entry);
    this.#unsaved.delete(entry);
    if (entry.n) this.#byN.delete(entry.n);
    if (entry.key) this.#byKey.delete(entry.key);
    for (const id of idsOf(entry)) {
      const list = this.#byId.get(id)!;
      if (list.length > 1)
        this.#byId.set(
          id,
          list.filter((each) => each !== entry),
        );
      else this.#byId.delete(id);
    }
    if (!entry.done) --this.waiting;
    this.rows.remove('o', String(entry.order));
  }
}

/** Each once. */
export function idsOf({ ops }: { ops: Operation[] }): string[] {
  if (ops.length === 1) return ops[0]!.id === undefined ? [] : [ops[0]!.id];
  return [...new Set(ops.flatMap((op) => op.id ?? []))];
}
