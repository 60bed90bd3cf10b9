/**
 * The owner of a database: runs the pure core, one step after the other. A step's rows are committed in one local
 * transaction; then its messages are published, its events told, what arrived acknowledged, and the caller's promise
 * resolved. A failed commit is treated as a crash: the core is made anew from what is stored, the connection too, and
 * callers whose writes were in it are rejected.
 */
import type { Backend, BackendEvent, LiveMessage } from './backend.js';
import { Client, type ClientEvent, type Effects } from './core/client.js';
import type { Entry } from './core/outbox.js';
import type { Json, Operation } from './core/protocol.js';
import { parseKey, type RowKind } from './core/rows.js';
import { Device, type DeviceOptions } from './device.js';
import { Health } from './health.js';
import { messageOf, SyncError } from './input.js';
import { Link, monotonic } from './link.js';
import { random, randomName } from './random.js';
import { Steps, type Step } from './steps.js';
import type { Seen } from './core/view.js';
import type { Transport } from './transport/transport.js';
import { ACCEPT } from './unpack.js';

export interface EngineOptions extends DeviceOptions {
  url: string;
  getToken: () => string | Promise<string>;
  transport: Transport;
}

const TICK_MS = 500;
/** False: it was rejected, and did nothing. */
function runs(step: Step): boolean {
  try {
    step.run();
    return true;
  } catch (error) {
    step.reject(error);
    return false;
  }
}

export class Engine implements Backend {
  clientId = '';
  #client!: Client;
  #link: Link | undefined;
  readonly #modes = new Map<string, boolean>();
  readonly #device: Device;
  readonly #health: Health;
  readonly #steps = new Steps((steps) => this.#commit(steps));
  #ticker: ReturnType<typeof setInterval> | undefined;
  #closing = false;
  /** Ends the wait for a database that cannot be read. */
  #wake = () => {};

  constructor(
    private readonly options: EngineOptions,
    private readonly tell: (event: BackendEvent) => void,
  ) {
    this.#device = new Device(options);
    const connection = () => this.#link?.state ?? 'offline';
    this.#health = new Health(() => this.#client, connection, tell);
  }

  /** Opens the database and connects. Rejects with `wrong_user`, or `storage`. */
  async start(): Promise<void> {
    const { storage, user, url, getToken, transport } = this.options;
    const evicted = await this.#device.open();
    this.clientId = this.#device.clientId;
    this.#client = this.#newClient();
    this.#link = new Link({
      ...{ transport, url, user, getToken, clientId: this.clientId, health: this.#health },
      client: () => this.#client,
      step: (run) => this.#step(run),
      read: () => [...this.#modes].flatMap(([scope, reads]) => (reads ? [scope] : [])),
    });
    if (evicted) {
      this.#health.fail({
        code: 'evicted',
        message: 'the browser has removed the database; all is read anew',
      });
    }
    storage.onLost = () => void this.#step(() => this.#lostStorage()).catch(() => {});
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    (this.#ticker as { unref?: () => void }).unref?.();
    this.#health.tellStatus();
    this.#link.start();
  }

  #newClient(): Client {
    const { user } = this.options;
    return new Client({ user, clientId: this.clientId, random, newSrc: randomName, accept: ACCEPT });
  }

  // ---- Steps ----------------------------------------------------------------------------------------------

  #step(run: () => void): Promise<void> {
    return this.#steps.add(run);
  }

  async #commit(steps: Step[]): Promise<void> {
    const done = steps.filter(runs);
    const effects = this.#client.take();
    const { rows } = effects;
    if (this.#device.correct(effects.events)) rows.push(this.#device.row());
    try {
      if (rows.length > 0) await this.options.storage.commit(rows);
    } catch (error) {
      await this.#crash(error, done);
      return;
    }
    if (rows.length > 0) this.#health.mended('storage');
    this.#perform(effects);
    for (const step of done) step.resolve();
    this.#health.tellStatus();
  }

  /** The core's state is of no use any more: what is stored counts. */
  async #crash(cause: unknown, steps: Step[]): Promise<void> {
    const message = messageOf(cause);
    const error = new SyncError('storage', `nothing was stored: ${message}`, undefined, { cause });
    this.#health.fail({ code: 'storage', message });
    this.#link!.drop();
    this.#client = this.#newClient();
    for (const step of steps) step.reject(error);
    const stored = await this.#readAll();
    for (const [scope, rows] of stored) this.#load(scope, this.#modes.get(scope)!, rows);
    this.#health.tellStatus();
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
        const message = messageOf(unreadable);
        this.#health.fail({ code: 'storage', message });
        this.#steps.rejectWaiting(new SyncError('storage', message));
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, pause);
      });
    }
  }

  #perform(effects: Effects): void {
    for (const [scope, ids] of effects.changed) {
      const replica = this.#client.scopes.get(scope)?.replica;
      if (!replica) continue;
      const docs: [string, Seen | null][] = [];
      for (const id of ids) docs.push([id, replica.view(id) ?? null]);
      this.tell({ type: 'view', scope, whole: false, docs });
    }
    for (const event of effects.events) this.#onEvent(event);
    for (const { topic, payload, qos } of effects.outgoing) this.#link!.publish(topic, payload, qos);
    for (const scope of this.#client.scopes.keys()) this.#health.tellProgress(scope);
  }

  #onEvent(event: ClientEvent): void {
    if (event.type === 'error') this.#health.fail({ code: event.code, message: event.message }, event.scope);
    else if (event.type === 'tokenRefused')
      this.#health.fail({ code: 'token_refused', message: event.message });
    else if (event.type === 'token') this.#link!.onToken();
    else if (event.type !== 'clock') this.tell(event);
  }

  #tick(): void {
    if (!this.#steps.busy) void this.#step(() => this.#link!.tick()).catch(() => {});
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
    this.#client.open(scope, rows, reads, monotonic());
    this.#tellAll(scope);
  }

  async open(scope: string, reads: boolean): Promise<void> {
    await this.#steps.alone(async () => {
      const known = this.#client.scopes.get(scope);
      if (known) return this.#tellAll(scope);
      const rows = await this.#readRows(scope);
      this.#modes.set(scope, reads);
      this.#load(scope, reads, rows);
      if (reads) this.#link!.follow(scope);
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
    this.#health.tellAnew(scope);
  }

  write(scope: string, key: string, ops: Operation[], group: boolean): Promise<void> {
    return this.#step(() => {
      if (!this.#client.scopes.has(scope)) throw new SyncError('not_found', `${scope} is not open`);
      this.#client.write(scope, key, ops, group, this.#device.wall(), monotonic());
    });
  }

  solve(scope: string, key: string, how: 'retry' | 'discard'): Promise<void> {
    return this.#step(() => {
      const replica = this.#client.scopes.get(scope)?.replica;
      const problem = replica?.reports.dropProblem(key);
      if (!problem && how === 'discard') return; // another tab has
      if (!problem) throw new SyncError('not_found', `no such write: ${key}`);
      if (how === 'retry') {
        const ops = problem.meant.map(({ base, ts, ...op }): Operation => op);
        this.#client.write(scope, key, ops, problem.group, this.#device.wall(), monotonic());
      }
      this.tell({ type: 'solved', key });
    });
  }

  async watchLive(scope: string, on: boolean): Promise<void> {
    this.#link!.watchLive(scope, on);
  }

  async sendLive(scope: string, message: LiveMessage, tab?: string): Promise<void> {
    this.#link!.live.send(scope, message, tab);
  }

  /** A tab has closed. */
  leave(tab: string): void {
    this.#link!.live.leave(tab);
  }

  async reconnect(): Promise<void> {
    this.#link!.drop(true);
  }

  async renew(): Promise<void> {
    await this.#link!.renew();
  }

  // ---- The end --------------------------------------------------------------------------------------------

  #lostStorage(): void {
    void this.#steps
      .alone(() => this.#crash(new Error('the database was closed by the browser'), []))
      .catch(() => {});
  }

  async #shutDown(): Promise<void> {
    this.#closing = true;
    this.#wake();
    clearInterval(this.#ticker);
    this.#link?.stop();
    await this.#steps.close();
  }

  async close(): Promise<void> {
    if (this.#steps.closed) return;
    await this.#shutDown();
    await this.options.storage.close();
  }

  async wipe(ifPending: 'abort' | 'discard'): Promise<void> {
    // What comes after the look is refused: else it would be durable, and gone.
    const look = async () => {
      const rows = (await this.options.storage.read('o\n')) as unknown as [string, Entry][];
      const unsent = rows.filter(([, { key, done }]) => key && !done);
      if (unsent.length > 0) throw new SyncError('pending', `${unsent.length} writes have not been sent`);
      this.#steps.end();
    };
    if (ifPending === 'abort') await this.#steps.alone(look);
    else this.#steps.end();
    await this.#shutDown();
    await this.options.storage.destroy();
    this.options.marker?.set(false);
    this.tell({ type: 'wiped' });
  }
}
