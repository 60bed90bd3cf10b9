/**
 * What must be stored: the rows that one step changed, committed by the shell in one local transaction before anything
 * is published, told or acknowledged. Keys are `<kind>\n<scope>\n<name>`; kinds: `s` a scope's own state, `d` a document
 * or tombstone, `o` a write of the outbox, `a` an acknowledged write that is remembered, `p` a write that the app must
 * look at.
 */
import type { Json } from './protocol.js';

export type RowKind = 's' | 'd' | 'o' | 'a' | 'p';

export class Rows {
  /** undefined: the row is deleted. */
  readonly changed = new Map<string, Json | undefined>();

  constructor(readonly scope: string) {}

  key(kind: RowKind, name: string): string {
    return `${kind}\n${this.scope}\n${name}`;
  }

  put(kind: RowKind, name: string, value: object): void {
    this.changed.set(this.key(kind, name), value as Json);
  }

  remove(kind: RowKind, name: string): void {
    this.changed.set(this.key(kind, name), undefined);
  }

  take(): Map<string, Json | undefined> {
    const taken = new Map(this.changed);
    this.changed.clear();
    return taken;
  }
}

export function parseKey(key: string): { kind: RowKind; scope: string; name: string } {
  const [kind, scope, ...name] = key.split('\n');
  return { kind: kind as RowKind, scope: scope!, name: name.join('\n') };
}
