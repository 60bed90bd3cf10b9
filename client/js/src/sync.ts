/**
 * `createSync`: one database of one user on one device, and the connection that keeps it in step with the server.
 */
import type { Backend, BackendEvent, Status } from './backend.js';
import { Collection, type CollectionOptions } from './collection.js';
import type { ErrorInfo, JsonObject, Operation, ServerLimits } from './core/protocol.js';
import { DEFAULT_LIMITS } from './core/protocol.js';
import type { Problem } from './core/reports.js';
import { isScope } from './core/topic.js';
import type { Doc } from './document.js';
import { SyncError } from './input.js';
import { Live } from './live.js';
import { mqttTransport } from './transport/mqtt.js';
import type { Transport } from './transport/transport.js';
import { chooseBackend } from './tabs/choose.js';
import { defaultStorage } from './storage/default.js';
import type { Storage } from './storage/storage.js';

/** A write that did not come to what was meant. Kept, over restarts, until the app says what becomes of it. */
export interface ProblemRecord {
  /** The name of the write, as in `Written`. */
  readonly key: string;
  readonly scope: string;
  /**
   * `superseded`, `conflict`: somebody else's change stands. `rejected`: it can never be stored. `lost`: it was stored,
   * and a restore of the server has taken it back. `revoked`: the scope was taken from the user before it was sent.
   */
  readonly status: Problem['status'];
  readonly error: ErrorInfo;
  /** When it was written, ms. */
  readonly at: number;
  /** The operations, in order. */
  readonly meant: readonly Operation[];
  /** What stands now of the documents that it names. */
  readonly stands: readonly Doc[];
  /** Writes it again, on what stands now. */
  retry(): Promise<void>;
  discard(): Promise<void>;
}

export interface SyncOptions {
  /** `mqtts://host:8883`, or `wss://host/mqtt` in browsers. */
  url: string;
  /** The token's user. The local database is this user's alone. */
  user: string;
  /** Called for each connection and each renewal. Rejects or throws: tried again, with pauses. */
  getToken: () => string | Promise<string>;
  /** The database's name; left out: made of url and user. */
  name?: string;
  /** Left out: IndexedDB in browsers, memory elsewhere. */
  storage?: Storage;
  /** Left out: MQTT.js. */
  transport?: Transport;
  /** 1 to 64 of [A-Za-z0-9_-]; left out: random, kept in the database. */
  device?: string;
  /** False: do not share the connection with other tabs. They must then have databases of other names. */
  tabs?: boolean;
  /** `superseded`, `conflict` and `lost`. Also called at the start for what is still unsolved. */
  onConflict?: (record: ProblemRecord) => void;
  /** `rejected` and `revoked`. Likewise. */
  onRejected?: (record: ProblemRecord) => void;
  /** A scope's data has left the device: the right to read it was taken away. */
  onRevoked?: (scope: string, reason: string) => void;
  /**
   * Something went wrong; the library goes on by itself. Codes: `connection`, `token` (getToken failed),
   * `token_refused`, `protocol_version`, `storage` (nothing could be stored), `evicted` (the browser removed the
   * database), `bad_message` (the server broke the protocol), `digest` (two snapshots did not help), `lost`, `denied`.
   */
  onError?: (error: ErrorInfo & { scope?: string }) => void;
  /** The device's clock, ms; left out: Date.now. It need not be right. */
  clock?: () => number;
}

function checkScope(scope: string): void {
  if (!isScope(scope)) throw new SyncError('bad_id', `${JSON.stringify(scope)} cannot be a scope`);
}

const STARTING: Status = Object.freeze({ state: 'offline', pending: 0, lastError: undefined });

export class Sync {
  readonly #collections = new Map<string, Collection<never>>();
  readonly #lives = new Map<string, Live<never, never>>();
  readonly #unsolved = new Map<string, ProblemRecord>();
  readonly #listeners = new Set<() => void>();
  #backend: Promise<Backend>;
  #me = '';
  #currentStatus: Status = STARTING;
  #limits: ServerLimits = DEFAULT_LIMITS;
  #isClosed = false;

  constructor(private readonly options: SyncOptions) {
    const name = options.name ?? `mosquitto-sync ${options.url} ${options.user}`;
    const storage = options.storage ?? defaultStorage(name);
    const transport = options.transport ?? mqttTransport();
    this.#backend = chooseBackend(
      { ...options, name, storage, transport, tabs: options.tabs ?? options.storage === undefined },
      (event) => this.#take(event),
      () => this.#renewed(),
    );
    this.#backend.then(
      (backend) => (this.#me = backend.clientId),
      (error: Error) => this.#failed(error),
    );
  }

  /** The database is open. Rejects with SyncError `wrong_user`, `storage`. */
  get ready(): Promise<void> {
    return this.#backend.then(() => {});
  }

  /** `<user>:<device>`; empty until `ready`. */
  get clientId(): string {
    return this.#me;
  }

  // ---- Status ---------------------------------------------------------------------------------------------

  /** Frozen; another object when something changed. */
  get status(): Status {
    return this.#currentStatus;
  }

  /** For `useSyncExternalStore`. */
  readonly getStatus = (): Status => this.#currentStatus;

  /** Called when `status` or `problems` changed. Returns what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Writes of open scopes that await the app's word. */
  get problems(): readonly ProblemRecord[] {
    return [...this.#unsolved.values()];
  }

  // ---- Scopes ---------------------------------------------------------------------------------------------

  /**
   * A scope, such as `chat/42/messages`: opened when it is asked for, and kept in step from then on. The same object
   * for the same scope; `options` count the first time.
   */
  collection<T = JsonObject>(scope: string, options: CollectionOptions = {}): Collection<T> {
    checkScope(scope);
    const known = this.#collections.get(scope);
    if (known) return known as unknown as Collection<T>;
    const host = { backend: () => this.#backend, limits: () => this.#limits, closed: () => this.#isClosed };
    const made = new Collection<T>(scope, host, options);
    this.#collections.set(scope, made as unknown as Collection<never>);
    void made.ready.catch(() => {});
    return made;
  }

  /** Presence in a scope. The same object for the same scope. */
  live<S = unknown, M = unknown>(scope: string): Live<S, M> {
    checkScope(scope);
    let live = this.#lives.get(scope);
    if (!live) this.#lives.set(scope, (live = new Live<never, never>(scope, () => this.#backend)));
    return live as unknown as Live<S, M>;
  }

  // ---- Its life -------------------------------------------------------------------------------------------

  /**
   * Connects now, whatever pause was left, and anew if there is a connection: the network is another one, or the app has
   * slept. Resolves when it has begun; `status` tells the rest.
   */
  async reconnect(): Promise<void> {
    await (await this.#backend).reconnect();
  }

  /** A new token now, without a new connection: the user's grants have changed. */
  async renewToken(): Promise<void> {
    await (await this.#backend).renew();
  }

  /** Disconnects. What is unsent stays in the database. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#backend.catch(() => undefined))?.close();
  }

  /**
   * Closes, and deletes the database: the user logs out. `abort` (the default): rejects with SyncError `pending` where
   * writes were not sent yet, and all stays as it is.
   */
  async wipe({ ifPending = 'abort' }: { ifPending?: 'abort' | 'discard' } = {}): Promise<void> {
    await (await this.#backend).wipe(ifPending);
  }

  #wiped(): void {
    this.#isClosed = true;
    this.#unsolved.clear();
    for (const each of this.#collections.values()) {
      each.take({ type: 'view', scope: each.scope, whole: true, docs: [] });
    }
    this.#notify();
  }

  // ---- From the backend -----------------------------------------------------------------------------------

  #failed(error: Error): void {
    const { code = 'storage', message } = error as SyncError;
    const lastError = { code, message };
    this.#take({ type: 'error', error: lastError });
    this.#take({ type: 'status', status: { state: 'error', pending: 0, lastError }, limits: this.#limits });
  }

  /** Another tab has the connection now. */
  async #renewed(): Promise<void> {
    const opened = [...this.#collections.values()].map((collection) => collection.reopen());
    for (const live of this.#lives.values()) live.renew();
    await Promise.allSettled(opened);
  }

  #take(event: BackendEvent): void {
    switch (event.type) {
      case 'status':
        this.#currentStatus = Object.freeze(event.status);
        this.#limits = event.limits;
        return this.#notify();
      case 'error':
        return this.options.onError?.({ ...event.error, scope: event.scope });
      case 'problem':
        return this.#onProblem(event.problem);
      case 'solved':
        if (this.#unsolved.delete(event.key)) this.#notify();
        return;
      case 'live':
        return this.#lives.get(event.scope)?.take(event, this.#me);
      case 'wiped':
        return this.#wiped();
      case 'purged':
        return this.options.onRevoked?.(event.scope, event.reason);
      default:
        return this.#collections.get(event.scope)?.take(event);
    }
  }

  #onProblem(problem: Problem): void {
    if (this.#unsolved.has(problem.key) || !this.#collections.has(problem.scope)) return;
    const record = this.#record(problem);
    this.#unsolved.set(problem.key, record);
    this.#notify();
    const rejected = problem.status === 'rejected' || problem.status === 'revoked';
    if (rejected) this.options.onRejected?.(record);
    else this.options.onConflict?.(record);
  }

  #record({ key, scope, status, error, at, meant }: Problem): ProblemRecord {
    const collection = this.#collections.get(scope)! as unknown as Collection<JsonObject>;
    const solve = async (how: 'retry' | 'discard') => (await this.#backend).solve(scope, key, how);
    return Object.freeze({
      ...{ key, scope, status, error, at, meant },
      get stands(): readonly Doc[] {
        const ids = new Set(meant.map((op) => op.id!));
        return [...ids].flatMap((id) => collection.get(id) ?? []);
      },
      retry: () => solve('retry'),
      discard: () => solve('discard'),
    });
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Opens the database, connects, and keeps both in step until `close`. Returns at once; works offline. */
export function createSync(options: SyncOptions): Sync {
  return new Sync(options);
}
