/**
 * Which messages the user has seen, by their ids: what somebody wrote offline an hour ago is new when it arrives. Kept in
 * this browser.
 */
import { Store } from './store';

/** Of a room, the newest. */
const KEPT = 300;

export class SeenMessages extends Store<ReadonlyMap<string, ReadonlySet<string>>> {
  constructor(private readonly key: string) {
    super(read(localStorage.getItem(key)));
    addEventListener('storage', (event) => {
      if (event.key === key) super.set(read(event.newValue));
    });
  }

  /** `ids` in order of time. */
  saw(room: string, ids: readonly string[]): void {
    const before = this.get().get(room);
    if (ids.every((id) => before?.has(id))) return;
    const next = new Map(this.get()).set(room, new Set(ids.slice(-KEPT)));
    localStorage.setItem(this.key, JSON.stringify([...next].map(([name, set]) => [name, [...set]])));
    this.set(next);
  }

  static newest<T>(messages: readonly T[]): readonly T[] {
    return messages.slice(-KEPT);
  }
}

function read(text: string | null): Map<string, Set<string>> {
  const rows = JSON.parse(text ?? '[]') as [string, string[]][];
  return new Map(rows.map(([room, ids]) => [room, new Set(ids)]));
}
