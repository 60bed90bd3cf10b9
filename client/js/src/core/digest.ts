/**
 * The digest of docs/protocol.md: a sum over live entities that is kept up to date by taking the old one out
 * and putting the new one in.
 */
import { isAscii } from './topic.js';

const encoder = new TextEncoder();
const PRIME = 16777619;
const OFFSET = 2166136261;
const OFFSET_2 = Math.imul(OFFSET ^ 1, PRIME);

/** FNV-1a twice, of one text. */
function hashes(text: string): [number, number] {
  let [a, b] = [OFFSET, OFFSET_2];
  const add = (byte: number) => {
    a = Math.imul(a ^ byte, PRIME);
    b = Math.imul(b ^ byte, PRIME);
  };
  if (isAscii(text)) for (let i = 0; i < text.length; ++i) add(text.charCodeAt(i));
  else encoder.encode(text).forEach(add);
  return [a, b];
}

const hex = (value: number) => value.toString(16).padStart(8, '0');

export class Digest {
  #a = 0;
  #b = 0;
  count = 0;

  #change(sign: 1 | -1, id: string, version: number, ts: number, by: string): void {
    const [a, b] = hashes(`${id}\0${version}\0${ts}\0${by}`);
    this.#a = (this.#a + sign * a) >>> 0;
    this.#b = (this.#b + sign * b) >>> 0;
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
