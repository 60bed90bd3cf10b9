/** A database of the browser. One object store, `rows`; a step of the library is one transaction. */
import { deleteDB, openDB, type IDBPDatabase } from 'idb';
import type { Json } from '../core/protocol.js';
import type { Row, Storage } from './storage.js';

const STORE = 'rows';

export class IndexedDbStorage implements Storage {
  #db: IDBPDatabase | undefined;
  onLost?: () => void;

  constructor(private readonly name: string) {}

  async open(): Promise<void> {
    await this.#database();
  }

  // Opened anew if the browser closed it.
  async #database(): Promise<IDBPDatabase> {
    if (this.#db) return this.#db;
    const lost = () => {
      this.#db = undefined;
      this.onLost?.();
    };
    const db = await openDB(this.name, 1, {
      upgrade: (made) => void made.createObjectStore(STORE),
      // Somebody wants to delete it.
      blocking: () => {
        this.#db?.close();
        lost();
      },
      terminated: lost,
    });
    this.#db = db;
    return db;
  }

  async read(prefix: string): Promise<[string, Json][]> {
    const db = await this.#database();
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const store = db.transaction(STORE).store;
    const [keys, values] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
    return keys.map((key, i) => [String(key), values[i] as Json]);
  }

  async commit(rows: Row[]): Promise<void> {
    const db = await this.#database();
    const transaction = db.transaction(STORE, 'readwrite', { durability: 'strict' });
    const done = transaction.done;
    done.catch(() => {}); // it is awaited below; a put may fail first
    const asked = rows.map(([key, value]) =>
      value === undefined ? transaction.store.delete(key) : transaction.store.put(value, key),
    );
    await Promise.all(asked);
    await done;
  }

  async close(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
  }

  async destroy(): Promise<void> {
    await this.close();
    await deleteDB(this.name);
  }
}

/** A database in IndexedDB, by this name. */
export function indexedDbStorage(name: string): Storage {
  return new IndexedDbStorage(name);
}
