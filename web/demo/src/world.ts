/** Everything behind the page: the library, the rooms and lists that this user knows, and what he is to be told. */
import {
  createSync,
  type Collection,
  type ErrorInfo,
  type Live,
  type ProblemRecord,
  type Sync,
  SyncError,
} from 'mosquitto-sync';
import { Line, pluggable } from './line';
import { listScope, roomScope, titleOf, type Message, type Presence, type Todo } from './names';
import type { Session, Sessions } from './session';
import { SeenMessages } from './seen';
import { Store } from './store';

/** A message for the user that goes by itself. */
export interface Note {
  id: number;
  text: string;
}

/** Whether the token will do: `refused` until there is another. */
export type Welcome = 'good' | 'ends soon' | 'ended' | 'refused';

const SOON_MS = 60_000;
const NOTE_MS = 8_000;

export class World {
  readonly user: string;
  readonly sync: Sync;
  readonly line: Line;
  readonly seen: SeenMessages;
  readonly rooms: Store<readonly string[]>;
  readonly lists: Store<readonly string[]>;
  readonly notes = new Store<readonly Note[]>([]);
  readonly problems = new Store<readonly ProblemRecord[]>([]);
  readonly welcome = new Store<Welcome>('good');
  #refused = '';
  #lastNote = 0;

  constructor(private readonly sessions: Sessions) {
    const { user } = this.#session;
    this.user = user;
    this.line = new Line(`mosquitto-sync-demo offline ${user}`);
    this.seen = new SeenMessages(`mosquitto-sync-demo seen ${user}`);
    this.rooms = new Store(this.#known('rooms'));
    this.lists = new Store(this.#known('lists'));
    this.sync = createSync({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/mqtt`,
      user,
      transport: pluggable(this.line),
      getToken: () => this.#token(),
      onRevoked: (scope) => this.#lose(scope),
      onError: (error) => this.#failed(error),
    });
    this.sync.subscribe(() => this.#readProblems());
    // A write that could not be stored: whoever made it has no more to say than that.
    addEventListener('unhandledrejection', (event) => {
      if (!(event.reason instanceof SyncError)) return;
      event.preventDefault();
      this.tell(event.reason.message);
    });
    this.#judge();
    setInterval(() => this.#judge(), 1000);
    sessions.current.subscribe(() => this.#renewed());
    sessions.onFault = (text) => this.tell(text);
    this.#open();
  }

  room(name: string): Collection<Message> {
    return this.sync.collection<Message>(roomScope(name));
  }

  list(name: string): Collection<Todo> {
    return this.sync.collection<Todo>(listScope(name));
  }

  live(scope: string): Live<Presence> {
    return this.sync.live<Presence>(scope);
  }

  tell(text: string): void {
    const id = ++this.#lastNote;
    this.notes.set([...this.notes.get(), { id, text }]);
    setTimeout(() => this.notes.set(this.notes.get().filter((note) => note.id !== id)), NOTE_MS);
  }

  /** Rejects where writes are unsent, unless they may be lost. */
  async signOut(discard: boolean): Promise<void> {
    await this.sync.wipe({ ifPending: discard ? 'discard' : 'abort' });
    for (const what of ['rooms', 'lists', 'seen', 'offline'])
      localStorage.removeItem(`mosquitto-sync-demo ${what} ${this.user}`);
    this.sessions.forget();
  }

  // ---- The token ------------------------------------------------------------------------------------------

  get #session(): Session {
    return this.sessions.current.get()!;
  }

  /** One that the broker has refused is not offered again: it counts the tries. */
  #token(): string {
    const { token, endsAt } = this.#session;
    if (token === this.#refused) throw new Error('the server has refused the token');
    if (endsAt <= Date.now()) throw new Error('the token has ended');
    return token;
  }

  #judge(): void {
    const { token, endsAt } = this.#session;
    const left = endsAt - Date.now();
    if (token === this.#refused) this.welcome.set('refused');
    else if (left <= 0) this.welcome.set('ended');
    else this.welcome.set(left < SOON_MS ? 'ends soon' : 'good');
  }

  #failed(error: ErrorInfo): void {
    if (error.code === 'token_refused') {
      this.#refused = this.#session.token;
      this.#judge();
    } else if (error.code === 'evicted' || error.code === 'lost' || error.code === 'storage') {
      this.tell(error.message);
    }
  }

  #renewed(): void {
    this.rooms.set(this.#known('rooms'));
    this.lists.set(this.#known('lists'));
    this.#open();
    this.#judge();
    if (this.sync.status.state === 'error') dispatchEvent(new Event('online'));
    void this.sync.renewToken();
  }

  // ---- Rooms and lists ------------------------------------------------------------------------------------

  /**
   * What the token names, and what was open before: that stays until the server says that it is gone, so that what is
   * stored of it goes too.
   */
  #known(what: 'rooms' | 'lists'): readonly string[] {
    const key = `mosquitto-sync-demo ${what} ${this.user}`;
    const before = JSON.parse(localStorage.getItem(key) ?? '[]') as string[];
    const all = [...new Set([...this.#session[what], ...before])];
    localStorage.setItem(key, JSON.stringify(all));
    return all;
  }

  #open(): void {
    for (const room of this.rooms.get()) this.room(room);
    for (const list of this.lists.get()) this.list(list);
  }

  #lose(scope: string): void {
    for (const [what, store, scopeOf] of [
      ['rooms', this.rooms, roomScope],
      ['lists', this.lists, listScope],
    ] as const) {
      const lost = store.get().find((name) => scopeOf(name) === scope);
      if (lost === undefined) continue;
      const rest = store.get().filter((name) => name !== lost);
      localStorage.setItem(`mosquitto-sync-demo ${what} ${this.user}`, JSON.stringify(rest));
      store.set(rest);
      this.tell(`You may no longer read “${titleOf(lost)}”. It has left this device.`);
    }
  }

  #readProblems(): void {
    const [now, before] = [this.sync.problems, this.problems.get()];
    if (now.length !== before.length || now.some((each, i) => each !== before[i])) this.problems.set(now);
  }
}
