/**
 * One scope, as an app uses it: writes that resolve when they are durable here, and a view that is always at hand.
 * The view is kept up to date by the backend's events, handed in by `sync.ts`.
 */
import type { Backend, BackendEvent, Progress } from './backend.js';
import { applyPatch } from './core/merge.js';
import type { JsonObject, MutationResult, Operation, ServerLimits } from './core/protocol.js';
import { makeDoc, type Doc } from './document.js';
import { checkOperations, closed, copyDocument, SyncError } from './input.js';
import { Query, type QueryOptions } from './query.js';
import { randomName } from './random.js';

/** What became of a write. `rejected` with code `revoked` or `lost`: the library's word, not the server's. */
export type Result = Readonly<MutationResult>;

/** A write that is durable on this device. */
export interface Written {
  /** Its name, as in a `ProblemRecord`. */
  readonly key: string;
  /**
   * Resolves when the server has processed it and the view shows what came of it; whatever the outcome, it does not
   * reject. It does not resolve after the app was closed: `onConflict` and `onRejected` then tell.
   */
  readonly synced: Promise<Result>;
}

/** Says what is wrong with a document; undefined or true: nothing. */
export type Validator = (data: JsonObject) => true | undefined | string | { message: string; path?: string };

export interface CollectionOptions {
  /** Checks a document before it goes into the outbox: the result of a patch, too, as far as it is known here. */
  validate?: Validator;
  /** False: this user may write, but not read. */
  reads?: boolean;
}

/** A patch: `null` removes a property; operators such as `{ likes: { $inc: 1 } }` at the top level. */
export type Patch<T> = { [K in keyof T]?: T[K] | null | { [operator: `$${string}`]: unknown } } & JsonLike;
type JsonLike = { [key: string]: unknown };

/** What is done in one transaction, in order. */
export interface Transaction<T> {
  put(id: string, data: T): void;
  patch(id: string, patch: Patch<T>): void;
  delete(id: string): void;
  increment(id: string, property: string, by?: number): void;
  addToSet(id: string, property: string, ...elements: unknown[]): void;
  removeFromSet(id: string, property: string, ...elements: unknown[]): void;
}

export interface CollectionHost {
  backend(): Promise<Backend>;
  limits(): ServerLimits;
  /** The collection is told of a key's outcome by `settle`. */
  closed(): boolean;
}

const LOADING: Progress = Object.freeze({ state: 'loading', seq: 0, head: 0 });

export class Collection<T = JsonObject> {
  #docs = new Map<string, Doc<T>>();
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Map<string, (result: Result) => void>();
  #snapshot: readonly Doc<T>[] | undefined;
  #currentProgress: Progress = LOADING;
  #opened: Promise<Backend> | undefined;

  constructor(
    readonly scope: string,
    private readonly host: CollectionHost,
    private readonly options: CollectionOptions = {},
  ) {}

  /** Read from the local database. Rejects with `storage`, or `wrong_user`. */
  get ready(): Promise<void> {
    return this.#open().then(() => {});
  }

  #open(): Promise<Backend> {
    return (this.#opened ??= this.reopen());
  }

  /** Of a first sync, and whether the scope may be read. */
  get progress(): Progress {
    return this.#currentProgress;
  }

  // ---- Reading --------------------------------------------------------------------------------------------

  /** What is here now; undefined: no such document, or `ready` has not resolved yet. */
  get(id: string): Doc<T> | undefined {
    return this.#docs.get(id);
  }

  /** All documents, ordered by id. The same frozen list until something changes. */
  readonly getSnapshot = (): readonly Doc<T>[] => {
    const byId = (a: Doc<T>, b: Doc<T>) => (a.id < b.id ? -1 : 1);
    this.#snapshot ??= Object.freeze([...this.#docs.values()].sort(byId));
    return this.#snapshot;
  };

  /** Called after each change of the view or of `progress`. Returns what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** A part of the view, kept up to date: `getSnapshot()` and `subscribe(listener)`. */
  query(filter?: QueryOptions<T>['where'] | QueryOptions<T>): Query<T> {
    return new Query(this, filter);
  }

  // ---- Writing --------------------------------------------------------------------------------------------

  /**
   * The whole document. This and all writes below resolve when the write is durable here, and reject with a SyncError
   * before anything is written: `bad_id`, `invalid`, `too_large`, `storage`, `closed`.
   */
  put(id: string, data: T): Promise<Written> {
    return this.#write(() => [this.#operation('put', id, data)]);
  }

  /** JSON Merge Patch: what it does not name stays. */
  patch(id: string, patch: Patch<T>): Promise<Written> {
    return this.#write(() => [this.#operation('patch', id, patch)]);
  }

  delete(id: string): Promise<Written> {
    return this.#write(() => [this.#operation('delete', id)]);
  }

  /** For a property with `x-merge: counter`. */
  increment(id: string, property: string, by = 1): Promise<Written> {
    return this.transaction((tx) => tx.increment(id, property, by));
  }

  /** For a property with `x-merge: set`. */
  addToSet(id: string, property: string, ...elements: unknown[]): Promise<Written> {
    return this.transaction((tx) => tx.addToSet(id, property, ...elements));
  }

  removeFromSet(id: string, property: string, ...elements: unknown[]): Promise<Written> {
    return this.transaction((tx) => tx.removeFromSet(id, property, ...elements));
  }

  /** Several writes to this scope that happen wholly or not at all. `build` must not wait for anything. */
  transaction(build: (tx: Transaction<T>) => void): Promise<Written> {
    return this.#write(() => this.#build(build));
  }

  async #write(make: () => Operation[]): Promise<Written> {
    const ops = make();
    checkOperations(ops, this.host.limits());
    const backend = await this.#open();
    if (this.host.closed()) throw closed();
    this.#validate(ops);
    const key = randomName();
    const synced = new Promise<Result>((resolve) => this.#waiting.set(key, resolve));
    try {
      await backend.write(this.scope, key, ops, ops.length > 1);
    } catch (error) {
      this.#waiting.delete(key);
      throw error;
    }
    return { key, synced };
  }

  #operation(op: 'put' | 'patch' | 'delete', id: string, data?: unknown): Operation {
    const seen = this.#docs.get(id);
    const made: Operation = { op, id };
    if (seen && seen.version > 0) made.base = seen.version;
    if (op !== 'delete') made.data = copyDocument(data, this.host.limits().max_depth);
    return made;
  }

  #build(build: (tx: Transaction<T>) => void): Operation[] {
    const ops: Operation[] = [];
    const add = (op: 'put' | 'patch' | 'delete', id: string, data?: unknown) =>
      void ops.push(this.#operation(op, id, data));
    build({
      put: (id, data) => add('put', id, data),
      patch: (id, patch) => add('patch', id, patch),
      delete: (id) => add('delete', id),
      increment: (id, property, by = 1) => add('patch', id, { [property]: { $inc: by } }),
      addToSet: (id, property, ...elements) => add('patch', id, { [property]: { $add: elements } }),
      removeFromSet: (id, property, ...elements) => add('patch', id, { [property]: { $remove: elements } }),
    });
    return ops;
  }

  #validate(ops: Operation[]): void {
    const { validate } = this.options;
    if (!validate) return;
    const makeView = this.#makeView;
    for (const id of new Set(ops.map((op) => op.id!))) {
      const data = makeView(id, ops);
      const fault = data && validate(data);
      if (!fault || fault === true) continue;
      const { message, path } = typeof fault === 'string' ? { message: fault, path: '' } : fault;
      throw new SyncError('invalid', message, path ?? '');
    }
  }

  /** What the writes would make of a document; undefined: it would not be there. */
  readonly #makeView = (id: string, ops: Operation[]): JsonObject | undefined => {
    let data = this.#docs.get(id)?.data as JsonObject | undefined;
    for (const op of ops) {
      if (op.id === id) data = preview(data, op);
    }
    return data;
  };

  // ---- From the backend -----------------------------------------------------------------------------------

  /** @internal Opened at the backend: anew, where that is another one. */
  reopen(): Promise<Backend> {
    this.#opened = (async () => {
      const backend = await this.host.backend();
      await backend.open(this.scope, this.options.reads ?? true);
      return backend;
    })();
    this.#opened.catch(() => (this.#opened = undefined));
    return this.#opened;
  }

  /** @internal */
  take(event: BackendEvent): void {
    if (event.type === 'view') this.#takeView(event.docs, event.whole);
    else if (event.type === 'progress') this.#currentProgress = Object.freeze(event.progress);
    else if (event.type === 'settled') {
      this.#waiting.get(event.key)?.(event.result);
      this.#waiting.delete(event.key);
      return;
    } else return;
    for (const listener of [...this.#listeners]) listener();
  }

  #takeView(docs: Extract<BackendEvent, { type: 'view' }>['docs'], whole: boolean): void {
    if (whole) this.#docs = new Map();
    for (const [id, seen] of docs) {
      if (seen) this.#docs.set(id, makeDoc<T>(id, seen));
      else this.#docs.delete(id);
    }
    this.#snapshot = undefined;
  }
}

function preview(data: JsonObject | undefined, op: Operation): JsonObject | undefined {
  if (op.op === 'put') return op.data;
  if (op.op === 'delete') return undefined;
  return applyPatch(data ?? {}, op.data!);
}
