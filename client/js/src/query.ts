/** A part of a collection's view, filtered and ordered, kept up to date while somebody listens. */
import { equalJson } from './core/merge.js';
import type { Json } from './core/protocol.js';
import type { Doc } from './document.js';

export interface QueryOptions<T> {
  /** Values that properties must equal, or a function. */
  where?: Partial<T> | ((doc: Doc<T>) => boolean);
  /** A property to order by, ascending, or a function as for `sort`. Left out: by id. */
  orderBy?: (keyof T & string) | ((a: Doc<T>, b: Doc<T>) => number);
  descending?: boolean;
  limit?: number;
}

export interface QuerySource<T> {
  getSnapshot(): readonly Doc<T>[];
  subscribe(listener: () => void): () => void;
}

const OPTIONS = new Set(['where', 'orderBy', 'descending', 'limit']);

function isOptions<T>(filter: object): filter is QueryOptions<T> {
  return Object.keys(filter).every((key) => OPTIONS.has(key));
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || a === null) return -1;
  if (b === undefined || b === null) return 1;
  return (a as number) < (b as number) ? -1 : 1;
}

export class Query<T> {
  readonly #options: QueryOptions<T>;
  #from: readonly Doc<T>[] | undefined;
  #found: readonly Doc<T>[] = Object.freeze([]);

  constructor(
    private readonly source: QuerySource<T>,
    filter: QueryOptions<T>['where'] | QueryOptions<T> = {},
  ) {
    this.#options =
      typeof filter !== 'function' && isOptions<T>(filter) ? filter : { where: filter as never };
  }

  /** What is found now: the same frozen list until it changes. */
  readonly getSnapshot = (): readonly Doc<T>[] => {
    const all = this.source.getSnapshot();
    if (all === this.#from) return this.#found;
    this.#from = all;
    const found = this.#run(all);
    const same = found.length === this.#found.length && found.every((doc, i) => doc === this.#found[i]);
    if (!same) this.#found = Object.freeze(found);
    return this.#found;
  };

  /** Called when what is found has changed. Returns what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    let last = this.getSnapshot();
    return this.source.subscribe(() => {
      const next = this.getSnapshot();
      if (next === last) return;
      last = next;
      listener();
    });
  };

  #run(all: readonly Doc<T>[]): Doc<T>[] {
    const { where, orderBy, descending = false, limit } = this.#options;
    const found = all.filter((doc) => !where || this.#fits(where, doc));
    if (orderBy) {
      const by =
        typeof orderBy === 'function'
          ? orderBy
          : (a: Doc<T>, b: Doc<T>) => compare(a.data[orderBy], b.data[orderBy]);
      found.sort(by);
    }
    if (descending) found.reverse();
    return limit === undefined ? found : found.slice(0, limit);
  }

  #fits(where: NonNullable<QueryOptions<T>['where']>, doc: Doc<T>): boolean {
    if (typeof where === 'function') return where(doc);
    const data = doc.data as { [key: string]: Json };
    return Object.entries(where).every(([key, value]) => equalJson(data[key], value as Json));
  }
}
