/** Hooks for React 18 and later, on `useSyncExternalStore`. */
import { useMemo, useSyncExternalStore } from 'react';
import type { Status } from './backend.js';
import type { Collection } from './collection.js';
import type { Doc } from './document.js';
import type { JsonObject } from './core/protocol.js';
import type { QueryOptions } from './query.js';
import type { Sync } from './sync.js';

/** The documents of a collection that a query finds; all of them without one. `deps`: what the query is made of. */
export function useDocs<T = JsonObject>(
  collection: Collection<T>,
  query?: QueryOptions<T> | QueryOptions<T>['where'],
  deps: readonly unknown[] = [],
): readonly Doc<T>[] {
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const source = useMemo(() => (query ? collection.query(query) : collection), [collection, ...deps]);
  return useSyncExternalStore(source.subscribe, source.getSnapshot, source.getSnapshot);
}

/** One document; undefined: it is not there. */
export function useDoc<T = JsonObject>(collection: Collection<T>, id: string): Doc<T> | undefined {
  const get = () => collection.get(id);
  return useSyncExternalStore(collection.subscribe, get, get);
}

/** How the connection is, and what waits. */
export function useStatus(sync: Sync): Status {
  return useSyncExternalStore(sync.subscribe, sync.getStatus, sync.getStatus);
}
