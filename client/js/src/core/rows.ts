/**
 * What must be stored: the rows that one step changed, committed by the shell in one local transaction before anything
 * is published, told or acknowledged. Keys are `<kind>\n<scope>\n<name>`; kinds: `s` a scope's own state, `d` a document
 * or tombstone, `o` a write of the outbox, `a` an acknowledged write that is remembered, `p` a write that the app must
 * look at.
 */
import type { Json } from './protocol.js';

export type RowKind = 's' | 'd' | 'o' | 'a' | 'p';

/** undefined: the row is deleted. */
export type Row = [key: string, value: Json | undefined];

export class Rows {
  #changed: Row[] = [];
  readonly #byKey = new Map<string, Row>();

  constructor(readonly scope: string) {}

  key(kind: RowKind, name: string): string {
    return `${kind}\n${this.scope}\n${name}`;
  }

  /** The value must not change any more: who holds it need not copy it. */
  put(kind: RowKind, name: string, value: object): void {
    this.#set(this.key(kind, name), value as Json);
  }

  remove(kind: RowKind, name: string): void {
    this.#set(this.key(kind, name), undefined);
  }

  #set(key: string, value: Json | undefined): void {
    const known = this.#byKey.get(key);
    if (known) {
      known[1] = value;
      return;
    }
    const row: Row = [key, value];
    this.#changed.push(row);
    this.#byKey.set(key, row);
  }

  take(): Row[] {
    const taken = this.#changed;
    if (taken.length > 0) {
      this.#changed = [];
      this.#byKey.clear();
    }
    return taken;
  }
}

export function parseKey(key: string): { kind: RowKind; scope: string; name: string } {
  const [kind, scope, ...name] = key.split('\n');
  return { kind: kind as RowKind, scope: scope!, name: name.join('\n') };
}
