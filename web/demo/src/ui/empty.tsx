/** What is said where there is nothing: that it is on its way, that it may not be read, or that it is for the user to begin. */
import { useSyncExternalStore } from 'react';
import type { Collection } from 'mosquitto-sync';

export function Empty<T>({ of, children }: { of: Collection<T>; children: string }) {
  const state = useSyncExternalStore(of.subscribe, () => of.progress.state);
  if (state === 'denied') return <p className="hint">You may not read this.</p>;
  if (state === 'loading')
    return <p className="hint">Not here yet. It comes as soon as the server is reached.</p>;
  return <p className="hint">{children}</p>;
}
