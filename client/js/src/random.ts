/** Names that nobody else has. They need not be secret. */

// 32 of them: five bits of a byte choose one.
const LETTERS = '0123456789abcdefghijklmnopqrstuv';
/** Asking for each byte alone costs more than a whole write. */
const pool = new Uint8Array(4096);
let used = pool.length;

function byte(): number {
  if (used === pool.length) {
    used = 0;
    // Node 18 has no such global.
    if (!globalThis.crypto?.getRandomValues(pool)) pool.forEach((_, i) => (pool[i] = Math.random() * 256));
  }
  return pool[used++]!;
}

/** In [0, 1). */
export function random(): number {
  return (((byte() * 256 + byte()) * 256 + byte()) * 256 + byte()) / 4294967296;
}

/** So many of [0-9a-v]. */
export function randomName(length = 24): string {
  let name = '';
  for (let i = 0; i < length; ++i) name += LETTERS[byte() & 31];
  return name;
}
