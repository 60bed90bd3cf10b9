/**
 * Presence, typing, cursors: relayed to whoever is there, never stored. Who says nothing for 40 s, or whose connection
 * broke, is gone.
 */
import type { Backend, BackendEvent } from './backend.js';
import { ANNOUNCE_MS, GONE } from './live_board.js';

/** Somebody else's state. */
export interface Peer<S> {
  /** `<user>:<device>` */
  readonly client: string;
  readonly state: S;
}

export class Live<S = unknown, M = unknown> {
  readonly #known = new Map<string, { peer: Peer<S>; heardAt: number }>();
  readonly #listeners = new Set<() => void>();
  readonly #hearers = new Set<(message: M, client: string) => void>();
  #snapshot: readonly Peer<S>[] = Object.freeze([]);
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What this client says of itself. */
  #mine: string | undefined;

  constructor(
    readonly scope: string,
    private readonly backend: () => Promise<Backend>,
  ) {}

  /** My state, said again every 20 s; undefined takes it back. Of several tabs the newest one counts. */
  async set(state: S | undefined): Promise<void> {
    this.#mine = state === undefined ? undefined : JSON.stringify({ state });
    const payload = this.#mine ?? GONE;
    await (await this.backend()).sendLive(this.scope, { payload, state: true });
  }

  /** Something that happens once, such as a keystroke. */
  async send(message: M): Promise<void> {
    await (await this.backend()).sendLive(this.scope, { payload: JSON.stringify({ message }), state: false });
  }

  /** Everybody's state but mine, ordered by client. The same frozen list until it changes. */
  readonly getSnapshot = (): readonly Peer<S>[] => this.#snapshot;

  /** Called when a state changes. While somebody listens here or to messages, the scope's `live` is subscribed to. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.watch();
    return () => this.#left(this.#listeners.delete(listener));
  };

  onMessage(hearer: (message: M, client: string) => void): () => void {
    this.#hearers.add(hearer);
    this.watch();
    return () => this.#left(this.#hearers.delete(hearer));
  }

  /** @internal The backend is another one: all that the one before knew. */
  renew(): void {
    this.watch();
    if (this.#mine === undefined) return;
    const message = { payload: this.#mine, state: true };
    this.#ask((backend) => backend.sendLive(this.scope, message));
  }

  /** @internal */
  watch(): void {
    if (this.#listeners.size + this.#hearers.size === 0) return;
    this.#ask((backend) => backend.watchLive(this.scope, true));
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#expire(), ANNOUNCE_MS / 2);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Nobody waits for it. */
  #ask(run: (backend: Backend) => Promise<void>): void {
    void this.backend()
      .then(run)
      .catch(() => {});
  }

  #left(was: boolean): void {
    if (!was || this.#listeners.size + this.#hearers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#known.clear();
    this.#changed();
    this.#ask((backend) => backend.watchLive(this.scope, false));
  }

  /** @internal */
  take(event: Extract<BackendEvent, { type: 'live' }>, me: string): void {
    if (event.client === me) return;
    let said: unknown;
    try {
      said = JSON.parse(event.payload);
    } catch {
      return; // somebody else's words
    }
    if (said === null) {
      if (this.#known.delete(event.client)) this.#changed();
      return;
    }
    if (typeof said !== 'object') return;
    if ('message' in said) for (const hearer of [...this.#hearers]) hearer(said.message as M, event.client);
    if (!('state' in said)) return;
    const peer = Object.freeze({ client: event.client, state: said.state as S });
    const before = this.#known.get(event.client)?.peer;
    const same = before && JSON.stringify(before) === JSON.stringify(peer);
    this.#known.set(event.client, { peer: same ? before : peer, heardAt: Date.now() });
    if (!same) this.#changed();
  }

  #expire(): void {
    let any = false;
    for (const [client, { heardAt }] of this.#known) {
      if (Math.abs(Date.now() - heardAt) > 2 * ANNOUNCE_MS) any = this.#known.delete(client) || any;
    }
    if (any) this.#changed();
  }

  #changed(): void {
    const peers = [...this.#known.values()].map(({ peer }) => peer);
    this.#snapshot = Object.freeze(peers.sort((a, b) => (a.client < b.client ? -1 : 1)));
    for (const listener of [...this.#listeners]) listener();
  }
}
