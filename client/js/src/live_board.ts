/**
 * What this client says on `T/live/<client-id>`: relayed by the broker, never stored. A state is said again now and
 * then, for those who come later, and taken back when it goes: by a message, or by the connection's will. Tabs share one
 * client id: the newest state that one of them has not taken back is what all of them say.
 */
import type { LiveMessage } from './backend.js';

/** Who has not been heard for twice that long is gone. */
export const ANNOUNCE_MS = 20_000;
/** What takes a state back. */
export const GONE = 'null';

const newest = (said: Map<string, string>) => [...said.values()].pop() ?? GONE;

export class LiveBoard {
  /** By scope and by tab, the newest last. */
  readonly #states = new Map<string, Map<string, string>>();
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

  send(scope: string, { payload, state }: LiveMessage, tab = ''): void {
    if (state) {
      const said = this.#states.get(scope) ?? new Map<string, string>();
      said.delete(tab);
      if (payload !== GONE) this.#states.set(scope, said.set(tab, payload));
      else if (said.size === 0) this.#states.delete(scope);
      payload = newest(said);
    }
    this.publish(this.#topic(scope), payload);
  }

  /** A tab has closed. */
  leave(tab: string): void {
    for (const [scope, said] of this.#states)
      if (said.has(tab)) this.send(scope, { payload: GONE, state: true }, tab);
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
    for (const [scope, said] of this.#states) this.publish(this.#topic(scope), newest(said));
  }

  goodbye(): void {
    for (const scope of this.#states.keys()) this.publish(this.#topic(scope), GONE);
    this.#states.clear();
  }
}
