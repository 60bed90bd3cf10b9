/** What is to be done at the database, one after the other: what is asked in one go is committed in one go. */
import { closed } from './input.js';

export interface Step {
  run: () => void;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Steps committed together. */
const TOGETHER = 200;

export class Steps {
  #queue: Step[] = [];
  #draining: Promise<void> | undefined;
  /** Nothing is taken any more. */
  closed = false;

  /** `commit` answers each of its steps. */
  constructor(private readonly commit: (steps: Step[]) => Promise<void>) {}

  /** Something is being done. */
  get busy(): boolean {
    return this.#draining !== undefined;
  }

  /** Resolves when it is committed. */
  add(run: () => void): Promise<void> {
    if (this.closed) return Promise.reject(closed());
    const done = new Promise<void>((resolve, reject) => this.#queue.push({ run, resolve, reject }));
    this.#draining ??= this.#drain();
    return done;
  }

  async #drain(): Promise<void> {
    await undefined; // for what is asked in the same go
    while (this.#queue.length > 0) await this.commit(this.#queue.splice(0, TOGETHER));
    this.#draining = undefined;
  }

  /** Nothing else runs meanwhile. */
  async alone<T>(run: () => Promise<T>): Promise<T> {
    while (this.#draining) await this.#draining;
    if (this.closed) throw closed();
    let release!: () => void;
    this.#draining = new Promise((resolve) => (release = resolve));
    try {
      return await run();
    } finally {
      this.#draining = this.#queue.length > 0 ? this.#drain() : undefined;
      release();
    }
  }

  /** Those that have not begun. */
  rejectWaiting(error: Error): void {
    for (const step of this.#queue.splice(0)) step.reject(error);
  }

  /** Nothing is taken any more, and what waits is refused. */
  end(): void {
    this.closed = true;
    this.rejectWaiting(closed());
  }

  /** What was asked is done; then nothing is taken any more. */
  async close(): Promise<void> {
    while (this.#draining) await this.#draining;
    this.end();
  }
}
