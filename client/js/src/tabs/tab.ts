/**
 * One tab of several on the same database. The one that holds the Web Lock has the engine; the others ask it through a
 * BroadcastChannel. When it closes, the next one opens the database and says so: whoever still awaits an answer asks
 * again, under the same names, so nothing happens twice.
 */
import type { Backend, BackendEvent, LiveMessage } from '../backend.js';
import type { Operation } from '../core/protocol.js';
import { wrongUser } from '../device.js';
import { Engine, type EngineOptions } from '../engine.js';
import { closed, SyncError, type SyncErrorCode } from '../input.js';
import { randomName } from '../random.js';

type Method = 'open' | 'write' | 'solve' | 'watchLive' | 'sendLive' | 'reconnect' | 'renew' | 'wipe';

interface Call {
  id: string;
  method: Method;
  args: unknown[];
}

interface Answer {
  answer: string;
  error?: { code: SyncErrorCode; message: string };
}

type Message =
  { hello: true } | { leader: string; id: string } | { call: Call } | Answer | { event: BackendEvent };

interface Waiting {
  call: Call;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Until a database that could not be opened is tried again. */
const AGAIN_MS = 2_000;

export class Tab implements Backend {
  clientId = '';
  #ended = false;
  #leader = '';
  #engine: Engine | undefined;
  readonly #channel: BroadcastChannel;
  readonly #waiting = new Map<string, Waiting>();
  readonly #leaving = new AbortController();
  #release!: () => void;
  readonly #closed = new Promise<void>((release) => (this.#release = release));
  /** Its name, and that of a lock that it holds while it lives. */
  readonly #id = randomName();
  /** Tabs that have said something of themselves: their end is waited for. */
  readonly #awaited = new Set<string>();
  #found!: () => void;
  #failed!: (error: unknown) => void;
  /** Somebody leads. Rejects if this tab should, and cannot open the database. */
  readonly ready = new Promise<void>((found, failed) => {
    this.#found = found;
    this.#failed = failed;
  });

  constructor(
    private readonly options: EngineOptions,
    private readonly name: string,
    private readonly tell: (event: BackendEvent) => void,
    private readonly renewed: () => Promise<void>,
  ) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data as Message);
    this.#say({ hello: true });
    void navigator.locks.request(this.#id, () => this.#closed);
    this.#stand();
  }

  /** Leads when its turn has come. The one that cannot stands again, once it has followed somebody: calls wait for it. */
  #stand(): void {
    const { signal } = this.#leaving;
    navigator.locks
      .request(this.name, { signal }, () => this.#lead())
      .catch((error: Error) => {
        if (signal.aborted) return;
        if (!this.#leader) return this.#fail(error);
        this.tell({ type: 'error', error: { code: 'storage', message: error.message } });
        setTimeout(() => this.#stand(), AGAIN_MS);
      });
  }

  /** There is nobody whom this tab could follow. */
  #fail(error: unknown): void {
    this.#failed(error);
    void this.close();
  }

  #say(message: Message): void {
    if (!this.#ended) this.#channel.postMessage(message);
  }

  async #lead(): Promise<void> {
    const engine = new Engine(this.options, (event) => {
      this.tell(event);
      this.#say({ event });
      this.#endAfter(event);
    });
    await engine.start();
    if (this.#leaving.signal.aborted) return engine.close();
    this.#engine = engine;
    this.#say({ leader: engine.clientId, id: this.#id });
    void this.#follow(engine.clientId, this.#id);
    await this.#closed;
  }

  /** Somebody has begun to lead, perhaps this tab: what was asked before is asked again, once the scopes are open there. */
  async #follow(clientId: string, leader: string): Promise<void> {
    if (leader === this.#leader) return; // it answers somebody new
    const owner = clientId.slice(0, clientId.lastIndexOf(':'));
    if (owner !== this.options.user) return this.#fail(wrongUser(owner));
    const again = this.#leader !== '';
    this.#leader = leader;
    this.clientId = clientId;
    this.#found();
    const before = [...this.#waiting.values()];
    if (again) await this.renewed();
    for (const { call } of before) if (this.#waiting.has(call.id)) this.#pass(call);
  }

  /** A wiped database has no tabs, once who asked for it has been answered. */
  #endAfter(event: BackendEvent): void {
    const asked = [...this.#waiting.values()].some(({ call }) => call.method === 'wipe');
    if (event.type !== 'wiped') return;
    this.#leaving.abort(); // it must not lead now: the database would be made again
    if (!asked) setTimeout(() => void this.close(), 0);
  }

  #hear(message: Message): void {
    if ('hello' in message) {
      if (this.#engine) this.#say({ leader: this.clientId, id: this.#id });
    } else if ('leader' in message) void this.#follow(message.leader, message.id);
    else if ('event' in message) {
      if (this.#engine || !this.#leader) return; // of who led before, or of nobody knows whom
      this.tell(message.event);
      this.#endAfter(message.event);
    } else if ('answer' in message) this.#answered(message);
    else if (this.#engine) void this.#serve(message.call).then((answer) => this.#say(answer));
  }

  #awaitEnd(tab: string): void {
    if (this.#awaited.has(tab)) return;
    this.#awaited.add(tab);
    void navigator.locks.request(tab, () => this.#engine?.leave(tab));
  }

  async #serve({ id, method, args }: Call): Promise<Answer> {
    if (method === 'sendLive') this.#awaitEnd(args[2] as string);
    try {
      await (this.#engine![method] as (...args: unknown[]) => Promise<void>)(...args);
      return { answer: id };
    } catch (error) {
      const { code = 'storage', message } = error as SyncError;
      return { answer: id, error: { code, message } };
    }
  }

  #pass(call: Call): void {
    if (!this.#engine) this.#say({ call });
    else void this.#serve(call).then((answer) => this.#answered(answer));
  }

  #answered({ answer: id, error }: Answer): void {
    if (error?.code === 'closed' && !this.#leaving.signal.aborted) return; // it, not we: the next one is asked
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new SyncError(error.code, error.message));
    else waiting?.resolve();
  }

  #ask(method: Method, ...args: unknown[]): Promise<void> {
    if (this.#leaving.signal.aborted) return Promise.reject(closed());
    const call = { id: randomName(), method, args };
    const answer = new Promise<void>((resolve, reject) =>
      this.#waiting.set(call.id, { call, resolve, reject }),
    );
    this.#pass(call);
    return answer;
  }

  open = (scope: string, reads: boolean) => this.#ask('open', scope, reads);
  write = (scope: string, key: string, ops: Operation[], group: boolean) =>
    this.#ask('write', scope, key, ops, group);
  solve = (scope: string, key: string, how: 'retry' | 'discard') => this.#ask('solve', scope, key, how);
  /** Another tab may still listen: a scope once watched stays so. */
  watchLive = async (scope: string, on: boolean) => void (on && (await this.#ask('watchLive', scope, on)));
  sendLive = (scope: string, message: LiveMessage) => this.#ask('sendLive', scope, message, this.#id);
  reconnect = () => this.#ask('reconnect');
  renew = () => this.#ask('renew');

  async wipe(ifPending: 'abort' | 'discard'): Promise<void> {
    await this.#ask('wipe', ifPending);
    await this.close();
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    await this.#engine?.close();
    this.#release();
    for (const { reject } of this.#waiting.values()) reject(closed());
    this.#waiting.clear();
    this.#ended = true;
    this.#channel.close();
  }
}
