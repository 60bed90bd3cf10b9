/** Names that nobody else has. They need not be secret. */

/** Asking for each alone costs more than a whole write. */
const pool = new Uint32Array(1024);
let used = pool.length;

function word(): number {
  if (used === pool.length) {
    used = 0;
    // Node 18 has no such global.
    if (!globalThis.crypto?.getRandomValues(pool))
      pool.forEach((_, i) => (pool[i] = Math.random() * 2 ** 32));
  }
  return pool[used++]!;
}

/** In [0, 1). */
export function random(): number {
  return word() / 2 ** 32;
}

/** So many, a multiple of six, of [0-9a-v]: 30 bits make six of them. */
export function randomName(length = 24): string {
  let name = '';
  while (name.length < length) name += (word() >>> 2).toString(32).padStart(6, '0');
  return name;
}
