/**
 * What the app is told of its writes: outcomes, once each, and problems, which are kept until the app says what becomes of
 * them. Remembers the content of what was acknowledged last, to hand it back if a restore of the server loses it. The
 * caller commits `rows` and takes `events`.
 */
import { REMEMBERED } from './limits.js';
import type { Entry } from './outbox.js';
import type { ErrorInfo, MutationResult, Operation } from './protocol.js';
import type { Rows } from './rows.js';

/** A write that did not come to what the user meant. */
export interface Problem {
  key: string;
  scope: string;
  status: 'superseded' | 'conflict' | 'rejected' | 'lost' | 'revoked';
  /** When it was written, ms. */
  at: number;
  group: boolean;
  meant: Operation[];
  error: ErrorInfo;
}

export type ReplicaEvent =
  | { type: 'settled'; scope: string; key: string; result: MutationResult }
  | { type: 'problem'; scope: string; problem: Problem }
  | { type: 'purged'; scope: string; reason: string }
  | { type: 'error'; scope: string; code: string; message: string };

/** The row `a`: a write that was acknowledged. */
export type Remembered = Pick<Entry, 'n' | 'key' | 'at' | 'group' | 'ops'>;

export class Reports {
  readonly problems = new Map<string, Problem>();
  readonly #remembered = new Map<number, Remembered>();
  events: ReplicaEvent[] = [];

  constructor(private readonly rows: Rows) {}

  load(row: Remembered): void {
    this.#remembered.set(row.n % REMEMBERED, row);
  }

  settle(key: string, result: MutationResult): void {
    this.events.push({ type: 'settled', scope: this.rows.scope, key, result });
  }

  error(code: string, message: string): void {
    this.events.push({ type: 'error', scope: this.rows.scope, code, message });
  }

  problem(status: Problem['status'], { key, at, group, ops }: Remembered, error: ErrorInfo): void {
    const problem: Problem = { key, scope: this.rows.scope, status, at, group, meant: ops, error };
    this.problems.set(key, problem);
    this.rows.put('p', key, problem);
    this.events.push({ type: 'problem', scope: this.rows.scope, problem });
  }

  /** A problem that is a refusal, and with it the outcome. */
  refuse(status: Problem['status'], write: Remembered, error: ErrorInfo): void {
    this.problem(status, write, error);
    this.settle(write.key, { n: write.n, status: 'rejected', error });
  }

  dropProblem(key: string): Problem | undefined {
    const problem = this.problems.get(key);
    if (this.problems.delete(key)) this.rows.remove('p', key);
    return problem;
  }

  /** In the place of the one that is REMEMBERED numbers older. */
  remember({ n, key, at, group, ops }: Remembered): void {
    const row = { n, key, at, group, ops };
    this.#remembered.set(n % REMEMBERED, row);
    this.rows.put('a', String(n % REMEMBERED), row);
  }

  find(key: string): Remembered | undefined {
    for (const row of this.#remembered.values()) if (row.key === key) return row;
    return undefined;
  }

  /** Those with a number above n, in order. */
  above(n: number): Remembered[] {
    return [...this.#remembered.values()].filter((row) => row.n > n).sort((a, b) => a.n - b.n);
  }

  forgetAll(): void {
    for (const place of this.#remembered.keys()) this.rows.remove('a', String(place));
    this.#remembered.clear();
  }
}
