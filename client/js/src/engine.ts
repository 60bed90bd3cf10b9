/**
 * The owner of a database: runs the pure core, one step after the other. A step's rows are committed in one local
 * transaction; then its messages are published, its events told, what arrived acknowledged, and the caller's promise
 * resolved. A failed commit is treated as a crash: the core is made anew from what is stored, the connection too, and
 * callers whose writes were in it are rejected.
 */
import type { Backend, BackendEvent, LiveMessage, Progress, State } from './backend.js';
import { Connector } from './connector.js';
import { Client, type ClientEvent, type Effects } from './core/client.js';
import { RESUBSCRIBE_MS } from './core/limits.js';
import { setMember } from './core/merge.js';
import type { ErrorInfo, Json, JsonObject, Operation } from './core/protocol.js';
import { parseKey, type RowKind } from './core/rows.js';
import { SyncError } from './input.js';
import { LiveBoard } from './live_board.js';
import { random, randomName } from './random.js';
import type { Row, Storage } from './storage/storage.js';
import type { Transport } from './transport/transport.js';
import { ACCEPT, unpack } from './unpack.js';

export interface EngineOptions {
  url: string;
  user: string;
  getToken: () => string | Promise<string>;
  storage: Storage;
  transport: Transport;
  /** Left out: a random one, kept in the database. */
  device?: string;
  /** The device's clock, ms. */
  clock?: () => number;
  /** True if there was a database before; told that there is one. */
  marker?: { get(): boolean; set(on: boolean): void };
}

interface Step {
  run: () => void;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Of the device, in the row `c`. */
interface DeviceRow {
  user: string;
  device: string;
  /** The server's clock minus this device's, ms. */
  correction: number;
}

const TICK_MS = 500;
/** Steps committed together. */
const STEPS = 200;
/** A notice `token` that follows a renewal so soon is its answer. */
const RENEWAL_MS = 8_000;
const STICKY = new Set(['token_refused', 'token', 'protocol_version', 'storage']);

export class Engine implements Backend {
  clientId = '';
  #client!: Client;
  #connector!: Connector;
  #live!: LiveBoard;
  #device: DeviceRow = { user: '', device: '', correction: 0 };
  readonly #modes = new Map<string, boolean>();
  readonly #progress = new Map<string, string>();
  #queue: Step[] = [];
  #draining: Promise<void> | undefined;
  readonly #standing = new Map<string, ErrorInfo>();
  #lastError: ErrorInfo | undefined;
  #statusText = '';
  #ticker: ReturnType<typeof setInterval> | undefined;
  #resubscribeAt = 0;
  #renewedAt = -Infinity;
  #closed = false;
  #closing = false;

  constructor(
    private readonly options: EngineOptions,
    private readonly tell: (event: BackendEvent) => void,
  ) {}

  // Only ever rises, and counts on when the clock is set.
  readonly #now = (): number => performance.now();
  #wall(): number {
    return Math.round((this.options.clock ?? Date.now)() + this.#device.correction);
  }

  /** Opens the database and connects. Rejects with `wrong_user`, or `storage`. */
  async start(): Promise<void> {
    const { storage, user, url, getToken, transport, marker } = this.options;
    await storage.open();
    const rows = await storage.read('c');
    if (rows[0]) this.#device = rows[0][1] as unknown as DeviceRow;
    if (this.#device.user !== '' && this.#device.user !== user) {
      throw new SyncError(
        'wrong_user',
        `this database is ${this.#device.user}'s: give another user another name`,
      );
    }
    const evicted = !rows[0] && (marker?.get() ?? false);
    const device = this.options.device ?? (this.#device.device || randomName(12));
    this.#device = { ...this.#device, user, device };
    await storage.commit([['c', this.#device as unknown as Json]]);
    marker?.set(true);
    this.clientId = `${user}:${device}`;
    this.#client = this.#newClient();
    this.#live = new LiveBoard(this.clientId, (topic, payload) => this.#connector.publish(topic, payload, 0));
    this.#connector = new Connector({
      ...{ transport, url, getToken, user, clientId: this.clientId },
      will: () => this.#live.will(),
      onState: (state) => this.#onConnection(state),
      onError: (code, message) => this.#fail({ code, message }),
      onMessage: (topic, payload, done) => void this.#onMessage(topic, payload, done),
    });
    if (evicted)
      this.#fail({ code: 'evicted', message: 'the browser has removed the database; all is read anew' });
    storage.onLost = () => void this.#step(() => this.#lostStorage()).catch(() => {});
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    (this.#ticker as { unref?: () => void }).unref?.();
    this.#tellStatus();
    this.#connector.start();
  }

  #newClient(): Client {
    const { user } = this.options;
    return new Client({ user, clientId: this.clientId, random, newSrc: randomName, accept: ACCEPT });
  }

  // ---- Steps ----------------------------------------------------------------------------------------------

  #step(run: () => void): Promise<void> {
    if (this.#closed) return Promise.reject(new SyncError('closed', 'it was closed'));
    const done = new Promise<void>((resolve, reject) => this.#queue.push({ run, resolve, reject }));
    this.#draining ??= this.#drain();
    return done;
  }

  /** Nothing else runs meanwhile. */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    while (this.#draining) await this.#draining;
    let release!: () => void;
    this.#draining = new Promise((resolve) => (release = resolve));
    try {
      return await run();
    } finally {
      this.#draining = this.#queue.length > 0 ? this.#drain() : undefined;
      release();
    }
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // what is asked in one go is committed in one go
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0, STEPS));
    this.#draining = undefined;
  }

  async #commit(steps: Step[]): Promise<void> {
    const done: Step[] = [];
    for (const step of steps) {
      try {
        step.run();
        done.push(step);
      } catch (error) {
        step.reject(error);
      }
    }
    const effects = this.#client.take();
    const rows = [...effects.rows] as Row[];
    if (this.#correctClock(effects.events)) rows.push(['c', this.#device as unknown as Json]);
    try {
      if (rows.length > 0) await this.options.storage.commit(rows);
    } catch (error) {
      await this.#crash(error, done);
      return;
    }
    if (rows.length > 0) this.#standing.delete('storage');
    this.#perform(effects);
    for (const step of done) step.resolve();
    this.#tellStatus();
  }

  /** The core's state is of no use any more: what is stored counts. */
  async #crash(cause: unknown, steps: Step[]): Promise<void> {
    const message = String((cause as Error)?.message ?? cause);
    const error = new SyncError('storage', `nothing was stored: ${message}`, undefined, { cause });
    this.#fail({ code: 'storage', message });
    this.#connector.drop();
    this.#client = this.#newClient();
    for (const step of steps) step.reject(error);
    const stored = await this.#readAll();
    for (const [scope, rows] of stored) this.#load(scope, this.#modes.get(scope)!, rows);
    this.#tellStatus();
  }

  /** Again and again: without what is stored nothing can go on, and nothing may be written over it. */
  async #readAll(): Promise<Map<string, [string, string, Json][]>> {
    for (let pause = 100; ; pause = Math.min(pause * 2, 30_000)) {
      const stored = new Map<string, [string, string, Json][]>();
      if (this.#closing) return stored;
      try {
        for (const scope of this.#modes.keys()) stored.set(scope, await this.#readRows(scope));
        return stored;
      } catch (unreadable) {
        const message = String((unreadable as Error)?.message ?? unreadable);
        this.#fail({ code: 'storage', message });
        for (const step of this.#queue.splice(0)) step.reject(new SyncError('storage', message));
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  #perform(effects: Effects): void {
    for (const [scope, ids] of effects.changed) {
      const replica = this.#client.scopes.get(scope)?.replica;
      if (!replica) continue;
      const docs = [...ids].map((id): [string, ReturnType<typeof replica.view> | null] => [
        id,
        replica.view(id) ?? null,
      ]);
      this.tell({ type: 'view', scope, whole: false, docs: docs as [string, never][] });
    }
    for (const event of effects.events) this.#onEvent(event);
    for (const { topic, payload, qos } of effects.outgoing) this.#connector.publish(topic, payload, qos);
    for (const scope of this.#client.scopes.keys()) this.#tellProgress(scope);
  }

  #onEvent(event: ClientEvent): void {
    if (event.type === 'settled' || event.type === 'purged') this.tell(event);
    else if (event.type === 'problem') this.tell({ type: 'problem', problem: event.problem });
    else if (event.type === 'live') this.tell(event);
    else if (event.type === 'error') this.#fail({ code: event.code, message: event.message }, event.scope);
    else if (event.type === 'tokenRefused') this.#fail({ code: 'token_refused', message: event.message });
    else if (event.type === 'token') this.#onToken(event.expiresInS);
  }

  // ---- Errors and status ----------------------------------------------------------------------------------

  #fail(error: ErrorInfo, scope?: string): void {
    this.#lastError = error;
    if (STICKY.has(error.code)) this.#standing.set(error.code, error);
    this.tell({ type: 'error', error, ...(scope === undefined ? {} : { scope }) });
    this.#tellStatus();
  }

  #state(): State {
    if (this.#client.status || !this.#client.unsupported) {
      if (!this.#client.unsupported) this.#standing.delete('protocol_version');
    }
    if (this.#standing.size > 0) return 'error';
    if (this.#connector?.state !== 'connected') return this.#connector?.state ?? 'offline';
    const { status, scopes } = this.#client;
    if (!status) return 'connecting';
    if (status.state === 'offline') return 'offline';
    return [...scopes.values()].every((scope) => scope.settled || !scope.readable) ? 'idle' : 'syncing';
  }

  #tellStatus(): void {
    if (!this.#client) return;
    let pending = 0;
    for (const { replica } of this.#client.scopes.values()) pending += replica.outbox.waiting;
    const status = { state: this.#state(), pending, lastError: this.#lastError };
    const text = JSON.stringify([status, this.#client.limits]);
    if (text === this.#statusText) return;
    this.#statusText = text;
    this.tell({ type: 'status', status, limits: this.#client.limits });
  }

  #tellProgress(name: string): void {
    const scope = this.#client.scopes.get(name)!;
    const { whole, seq, wholeAt } = scope.replica.state;
    const state = scope.readable ? (whole ? 'ready' : 'loading') : 'denied';
    const progress: Progress = { state, seq, head: Math.max(scope.head, wholeAt, seq) };
    const text = JSON.stringify(progress);
    if (this.#progress.get(name) === text) return;
    this.#progress.set(name, text);
    this.tell({ type: 'progress', scope: name, progress });
  }

  /** A clock that can be right stays as it is: what an answer's way took must not put two devices out of order. */
  #correctClock(events: ClientEvent[]): boolean {
    const before = this.#device.correction;
    for (const event of events) {
      if (event.type !== 'clock') continue;
      const least = Math.round(event.serverNow - (this.options.clock ?? Date.now)());
      const most = event.ageMs === undefined ? Infinity : Math.ceil(least + event.ageMs);
      const { correction } = this.#device;
      if (correction >= least && correction <= most) continue;
      this.#device.correction = most === Infinity ? least : Math.round((least + most) / 2);
    }
    return Math.abs(this.#device.correction - before) > 1000;
  }

  // ---- The connection -------------------------------------------------------------------------------------

  #onConnection(state: 'offline' | 'connecting' | 'connected'): void {
    if (state === 'connected') {
      this.#standing.delete('token_refused');
      this.#standing.delete('token');
      void this.#step(() => {
        this.#client.connected(this.#now());
        this.#subscribe();
        this.#live.connected();
      }).catch(() => {});
    } else if (state === 'offline') {
      void this.#step(() => this.#client.disconnected()).catch(() => {});
    }
    this.#tellStatus();
  }

  /** Retained heads arrive by it. */
  #subscribe(): void {
    const logs = [...this.#modes].filter(([, reads]) => reads).map(([scope]) => `${scope}/log`);
    const live = this.#live.watched().map((scope) => `${scope}/live/+`);
    this.#connector.subscribe([`sync/${this.clientId}/#`, 'sync/status', ...logs, ...live]);
    this.#client.subscribed(this.#now());
    this.#resubscribeAt = this.#now() + RESUBSCRIBE_MS * (0.9 + random() / 5);
  }

  async #onMessage(topic: string, payload: Uint8Array, done: () => void): Promise<void> {
    try {
      const text = await unpack(payload);
      await this.#step(() => this.#client.receive(topic, text, this.#now()));
    } catch (error) {
      if (error instanceof SyncError) return; // not stored, or closed: not acknowledged
      this.#fail({ code: 'bad_message', message: `${topic}: ${(error as Error)?.message ?? error}` });
    }
    done();
  }

  #tick(): void {
    if (this.#closed || this.#draining) return;
    void this.#step(() => {
      if (this.#connector.state !== 'connected') return;
      if (this.#now() >= this.#resubscribeAt) this.#subscribe();
      this.#live.tick(this.#now());
      this.#client.tick(this.#now());
    }).catch(() => {});
  }

  #onToken(expiresInS: number): void {
    const answer = this.#now() - this.#renewedAt < RENEWAL_MS;
    if (!answer) void this.renew().catch(() => {});
    else {
      this.#standing.delete('token_refused');
      void this.#step(() => {
        this.#subscribe(); // to what was denied
        this.#client.granted(this.#now());
      }).catch(() => {});
    }
    void expiresInS;
  }

  async renew(): Promise<void> {
    if (this.#connector.state !== 'connected') return;
    try {
      const token = await this.options.getToken();
      this.#renewedAt = this.#now();
      this.#connector.publish('$CONTROL/sync/v1/token', token, 1);
    } catch (error) {
      this.#fail({ code: 'token', message: String((error as Error)?.message ?? error) });
    }
  }

  // ---- Scopes ---------------------------------------------------------------------------------------------

  async #readRows(scope: string): Promise<[string, string, Json][]> {
    const kinds: RowKind[] = ['s', 'd', 'o', 'a', 'p'];
    const found = await Promise.all(kinds.map((kind) => this.options.storage.read(`${kind}\n${scope}\n`)));
    return found.flat().map(([key, value]) => {
      const { kind, name } = parseKey(key);
      return [kind, name, value];
    });
  }

  #load(scope: string, reads: boolean, rows: [string, string, Json][]): void {
    this.#client.open(scope, rows, reads, this.#now());
    this.#tellAll(scope);
  }

  async open(scope: string, reads: boolean): Promise<void> {
    await this.#alone(async () => {
      const known = this.#client.scopes.get(scope);
      if (known) return this.#tellAll(scope);
      const rows = await this.#readRows(scope);
      this.#modes.set(scope, reads);
      this.#load(scope, reads, rows);
      if (reads) this.#connector.subscribe([`${scope}/log`]);
    });
    await this.#step(() => {});
  }

  /** Again, for somebody new. */
  #tellAll(scope: string): void {
    const { replica } = this.#client.scopes.get(scope)!;
    const docs = [...replica.ids()].flatMap((id) => {
      const seen = replica.view(id);
      return seen ? [[id, seen] as [string, typeof seen]] : [];
    });
    this.tell({ type: 'view', scope, whole: true, docs });
    for (const problem of replica.reports.problems.values()) this.tell({ type: 'problem', problem });
    this.#progress.delete(scope);
    this.#tellProgress(scope);
    this.#statusText = '';
  }

  write(scope: string, key: string, ops: Operation[], group: boolean): Promise<void> {
    return this.#step(() => {
      if (!this.#client.scopes.has(scope)) throw new SyncError('not_found', `${scope} is not open`);
      this.#client.write(scope, key, ops, group, this.#wall(), this.#now());
    });
  }

  solve(scope: string, key: string, how: 'retry' | 'discard'): Promise<void> {
    return this.#step(() => {
      const replica = this.#client.scopes.get(scope)?.replica;
      const problem = replica?.reports.dropProblem(key);
      if (!replica || !problem) throw new SyncError('not_found', `no such write: ${key}`);
      if (how === 'retry') {
        const ops = problem.meant.map((op) => {
          const copy: Operation = { op: op.op };
          if (op.id !== undefined) copy.id = op.id;
          if (op.data) setMember(copy as unknown as JsonObject, 'data', op.data);
          return copy;
        });
        this.#client.write(scope, key, ops, problem.group, this.#wall(), this.#now());
      }
      this.tell({ type: 'solved', key });
    });
  }

  // ---- Live -----------------------------------------------------------------------------------------------

  async watchLive(scope: string, on: boolean): Promise<void> {
    if (this.#live.watch(scope, on)) this.#connector.subscribe([`${scope}/live/+`]);
    else if (!on) this.#connector.unsubscribe([`${scope}/live/+`]);
  }

  async sendLive(scope: string, message: LiveMessage): Promise<void> {
    this.#live.send(scope, message);
  }

  // ---- The end --------------------------------------------------------------------------------------------

  #lostStorage(): void {
    this.#fail({ code: 'storage', message: 'the database was closed by the browser' });
    void this.#alone(() => this.#crash(new Error('the database was closed by the browser'), [])).catch(
      () => {},
    );
  }

  async #shutDown(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#ticker);
    this.#live?.goodbye();
    this.#connector?.stop();
    while (this.#draining) await this.#draining;
    this.#closed = true;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#shutDown();
    await this.options.storage.close();
  }

  async wipe(ifPending: 'abort' | 'discard'): Promise<void> {
    if (ifPending === 'abort') {
      const unsent = (await this.options.storage.read('o\n')).filter(
        ([, entry]) =>
          (entry as { done?: unknown; key?: string }).done === undefined && (entry as { key?: string }).key,
      );
      if (unsent.length > 0) throw new SyncError('pending', `${unsent.length} writes have not been sent`);
    }
    await this.#shutDown();
    await this.options.storage.destroy();
    this.options.marker?.set(false);
    this.tell({ type: 'wiped' });
  }
}
