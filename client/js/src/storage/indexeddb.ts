/**
 * A database of the browser. One object store, `rows`; a step of the library is one transaction. Only the transaction is
 * waited for, not each row in it: that is most of what a first sync costs.
 */
import type { Json } from '../core/protocol.js';
import type { Row, Storage } from './storage.js';

const STORE = 'rows';

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave up'));
  });
}

export class IndexedDbStorage implements Storage {
  #db: Promise<IDBDatabase> | undefined;
  onLost?: () => void;

  constructor(private readonly name: string) {}

  async open(): Promise<void> {
    await this.#database();
  }

  // Opened anew if the browser closed it.
  #database(): Promise<IDBDatabase> {
    this.#db ??= this.#open().catch((error) => {
      this.#db = undefined;
      throw error;
    });
    return this.#db;
  }

  async #open(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    const db = await answer(request);
    db.onclose = () => {
      this.#db = undefined;
      this.onLost?.();
    };
    // Somebody wants to delete it.
    db.onversionchange = () => {
      db.close();
      db.onclose!(new Event('close'));
    };
    return db;
  }

  async read(prefix: string): Promise<[string, Json][]> {
    const store = (await this.#database()).transaction(STORE).objectStore(STORE);
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const [keys, values] = await Promise.all([
      answer(store.getAllKeys(range)),
      answer(store.getAll(range) as IDBRequest<Json[]>),
    ]);
    return keys.map((key, i) => [String(key), values[i]!]);
  }

  async commit(rows: Row[]): Promise<void> {
    const transaction = (await this.#database()).transaction(STORE, 'readwrite', { durability: 'strict' });
    const done = ended(transaction);
    const store = transaction.objectStore(STORE);
    try {
      for (const [key, value] of rows) {
        if (value === undefined) store.delete(key);
        else store.put(value, key);
      }
      transaction.commit?.();
    } catch (error) {
      done.catch(() => {});
      transaction.abort(); // or what came before it would be stored
      throw error;
    }
    await done;
  }

  async close(): Promise<void> {
    const db = await this.#db?.catch(() => undefined);
    this.#db = undefined;
    db?.close();
  }

  async destroy(): Promise<void> {
    await this.close();
    await answer(indexedDB.deleteDatabase(this.name));
  }
}

/** A database in IndexedDB, by this name. */
export function indexedDbStorage(name: string): Storage {
  return new IndexedDbStorage(name);
}
