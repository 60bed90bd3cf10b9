/** This device in the database, the row `c`: whose it is, its name, and how far its clock is off. */
import type { ClientEvent } from './core/client.js';
import type { Json } from './core/protocol.js';
import { SyncError } from './input.js';
import { randomName } from './random.js';
import type { Row, Storage } from './storage/storage.js';

export interface DeviceOptions {
  user: string;
  storage: Storage;
  /** Left out: a random one, kept in the database. */
  device?: string;
  /** The device's clock, ms. */
  clock?: () => number;
  /** True if there was a database before; told that there is one. */
  marker?: { get(): boolean; set(on: boolean): void };
}

interface DeviceRow {
  user: string;
  device: string;
  /** The server's clock minus this device's, ms. */
  correction: number;
}

export const wrongUser = (owner: string) =>
  new SyncError('wrong_user', `this database is ${owner}'s: give another user another name`);

export class Device {
  #row: DeviceRow = { user: '', device: '', correction: 0 };

  constructor(private readonly options: DeviceOptions) {}

  /** Opens the database. Rejects with `wrong_user`. True: the browser has removed the one that was there. */
  async open(): Promise<boolean> {
    const { storage, user, marker } = this.options;
    await storage.open();
    const rows = await storage.read('c');
    if (rows[0]) this.#row = rows[0][1] as unknown as DeviceRow;
    const owner = this.#row.user;
    if (owner !== '' && owner !== user) throw wrongUser(owner);
    const evicted = !rows[0] && (marker?.get() ?? false);
    const before = this.#row.device;
    const device = this.options.device ?? (before || randomName(12));
    this.#row = { ...this.#row, user, device };
    if (!rows[0] || device !== before) await storage.commit([this.row()]); // the disk may be full
    marker?.set(true);
    return evicted;
  }

  get clientId(): string {
    return `${this.#row.user}:${this.#row.device}`;
  }

  row(): Row {
    return ['c', { ...this.#row } as unknown as Json];
  }

  #clock(): number {
    return (this.options.clock ?? Date.now)();
  }

  /** The server's time, as far as it is known, ms. */
  wall(): number {
    return Math.round(this.#clock() + this.#row.correction);
  }

  /**
   * A clock that can be right stays as it is: what an answer's way took must not put two devices out of order. True if
   * the row is worth storing.
   */
  correct(events: ClientEvent[]): boolean {
    const before = this.#row.correction;
    for (const event of events) {
      if (event.type !== 'clock') continue;
      const least = Math.round(event.serverNow - this.#clock());
      const most = event.ageMs === undefined ? Infinity : Math.ceil(least + event.ageMs);
      const { correction } = this.#row;
      if (correction >= least && correction <= most) continue;
      this.#row.correction = most === Infinity ? least : Math.round((least + most) / 2);
    }
    return Math.abs(this.#row.correction - before) > 1000;
  }
}
