/**
 * The digest of docs/protocol.md: a sum over live entities that is kept up to date by taking the old one out
 * and putting the new one in.
 */

const encoder = new TextEncoder();

function fnv1a(bytes: Uint8Array, hash: number): number {
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

const OFFSET = 2166136261;
const OFFSET_2 = fnv1a(Uint8Array.of(1), OFFSET);

const hex = (value: number) => value.toString(16).padStart(8, '0');

export class Digest {
  #a = 0;
  #b = 0;
  count = 0;

  #change(sign: 1 | -1, id: string, version: number, ts: number, by: string): void {
    const bytes = encoder.encode(`${id}\0${version}\0${ts}\0${by}`);
    this.#a = (this.#a + sign * fnv1a(bytes, OFFSET)) >>> 0;
    this.#b = (this.#b + sign * fnv1a(bytes, OFFSET_2)) >>> 0;
    this.count += sign;
  }

  add(id: string, version: number, ts: number, by: string): void {
    this.#change(1, id, version, ts, by);
  }

  remove(id: string, version: number, ts: number, by: string): void {
    this.#change(-1, id, version, ts, by);
  }

  /** 16 lower-case hex digits. */
  text(): string {
    return hex(this.#a) + hex(this.#b);
  }
}
