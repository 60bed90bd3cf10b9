/**
 * What this client says on `T/live/<client-id>`: relayed by the broker, never stored. A state is said again now and
 * then, for those who come later, and taken back when it goes: by a message, or by the connection's will.
 */
import type { LiveMessage } from './backend.js';

/** Who has not been heard for twice that long is gone. */
export const ANNOUNCE_MS = 20_000;
/** What takes a state back. */
export const GONE = 'null';

export class LiveBoard {
  readonly #states = new Map<string, string>();
  readonly #watching = new Set<string>();
  #announceAt = 0;

  constructor(
    private readonly clientId: string,
    private readonly publish: (topic: string, payload: string) => void,
  ) {}

  #topic(scope: string): string {
    return `${scope}/live/${this.clientId}`;
  }

  watched(): string[] {
    return [...this.#watching];
  }

  /** True if it must be subscribed to now. */
  watch(scope: string, on: boolean): boolean {
    if (!on) {
      this.#watching.delete(scope);
      return false;
    }
    if (this.#watching.has(scope)) return false;
    this.#watching.add(scope);
    return true;
  }

  send(scope: string, { payload, state }: LiveMessage): void {
    if (state) {
      if (payload === GONE) this.#states.delete(scope);
      else this.#states.set(scope, payload);
    }
    this.publish(this.#topic(scope), payload);
  }

  /** A connection has one will: for the first scope that has a state. */
  will(): { topic: string; payload: string } | undefined {
    const [scope] = this.#states.keys();
    const [watched] = this.#watching;
    const of = scope ?? watched;
    return of === undefined ? undefined : { topic: this.#topic(of), payload: GONE };
  }

  connected(): void {
    this.#announceAt = 0;
  }

  tick(now: number): void {
    if (now < this.#announceAt) return;
    this.#announceAt = now + ANNOUNCE_MS;
    for (const [scope, payload] of this.#states) this.publish(this.#topic(scope), payload);
  }

  goodbye(): void {
    for (const scope of this.#states.keys()) this.publish(this.#topic(scope), GONE);
    this.#states.clear();
  }
}
