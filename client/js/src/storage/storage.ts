/**
 * Where a database of the library lives. Anything that can commit several rows wholly or not at all will do: for React
 * Native, write one for the SQLite or key-value store of your app. `testStorage` in `mosquitto-sync/testing` checks one.
 */
import type { Json } from '../core/protocol.js';
import type { Row } from '../core/rows.js';

export type { Row };

export interface Storage {
  /** Called once, before anything else. */
  open(): Promise<void>;
  /** All rows whose key begins with `prefix`, in any order. Values are the caller's own. */
  read(prefix: string): Promise<[string, Json][]>;
  /**
   * All of it or nothing; resolves when it would survive the end of the process. The library does not change the values
   * any more. Rejects when it could not, such as on a full disk; then nothing has changed.
   */
  commit(rows: Row[]): Promise<void>;
  close(): Promise<void>;
  /** The database and everything in it is gone. */
  destroy(): Promise<void>;
  /** May be set by the library: called when the database vanished beneath it, or another tab wants to change it. */
  onLost?: () => void;
}
