/** Names that nobody else has. They need not be secret. */

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** In [0, 1). */
export function random(): number {
  const source = globalThis.crypto;
  if (!source?.getRandomValues) return Math.random(); // Node 18
  return source.getRandomValues(new Uint32Array(1))[0]! / 4294967296;
}

/** So many of [0-9a-z]. */
export function randomName(length = 24): string {
  let name = '';
  while (name.length < length) name += LETTERS[Math.floor(random() * LETTERS.length)];
  return name;
}
