/** Who owns the database: this process, or the tab that leads. */
import type { Backend, BackendEvent } from '../backend.js';
import { Engine, type EngineOptions } from '../engine.js';
import { Tab } from './tab.js';

export interface ChooseOptions extends EngineOptions {
  name: string;
  tabs: boolean;
}

type Tell = (event: BackendEvent) => void;

/** A note outside the database that there is one, to notice that the browser has removed it. */
function marker(name: string): EngineOptions['marker'] {
  if (typeof localStorage === 'undefined') return undefined;
  return {
    get: () => localStorage.getItem(name) !== null,
    set(on) {
      try {
        if (on) localStorage.setItem(name, '1');
        else localStorage.removeItem(name);
      } catch {
        // no room: who removes the database will not be noticed
      }
    },
  };
}

/** `renewed`: the backend is the same object, but another tab stands behind it; scopes must be opened again, and are when it resolves. */
export async function chooseBackend(
  options: ChooseOptions,
  tell: Tell,
  renewed: () => Promise<void>,
): Promise<Backend> {
  const more = { ...options, marker: options.marker ?? (options.tabs ? marker(options.name) : undefined) };
  if (options.tabs && globalThis.navigator?.locks && typeof BroadcastChannel !== 'undefined') {
    const tab = new Tab(more, options.name, tell, renewed);
    await tab.ready;
    return tab;
  }
  const engine = new Engine(more, tell);
  await engine.start();
  return engine;
}
