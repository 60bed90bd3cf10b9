import { indexedDbStorage } from './indexeddb.js';
import { memoryStorage } from './memory.js';
import type { Storage } from './storage.js';

/** IndexedDB where there is one. */
export function defaultStorage(name: string): Storage {
  return typeof indexedDB === 'undefined' ? memoryStorage() : indexedDbStorage(name);
}
