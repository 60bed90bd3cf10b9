/**
 * All scopes of one user on one device: routes what arrives, and gathers what is to be stored, published and told.
 *
 * Pure: no I/O, no clock, no promise. After each call the shell takes `take()`: it commits the rows in one local
 * transaction, then publishes and tells, then acknowledges to the broker. A failed commit means: make a new Client from
 * what is stored.
 */
import { decodeAck, decodeDelta, decodeNotice, decodeStatus } from './decode.js';
import { PAGE_ENTITIES } from './limits.js';
import { DEFAULT_LIMITS, PROTOCOL, isHigherEpoch } from './protocol.js';
import type { Json, Notice, Operation, ServerStatus } from './protocol.js';
import { Replica } from './replica.js';
import type { Row } from './rows.js';
import type { ReplicaEvent } from './reports.js';
import { Scope, type Shared } from './scope.js';
import { namesLeaf, parseTopic } from './topic.js';

export interface Outgoing {
  topic: string;
  payload: string;
  qos: 0 | 1;
}

export type ClientEvent =
  | ReplicaEvent
  | { type: 'live'; scope: string; client: string; payload: string }
  /** The token ends in so many seconds, or was refused on renewal. */
  | { type: 'token'; expiresInS: number }
  | { type: 'tokenRefused'; message: string }
  /** The server's time was this when it answered, at most `ageMs` ago; absent: nobody knows how long ago. */
  | { type: 'clock'; serverNow: number; ageMs?: number }
  | { type: 'error'; scope?: string; code: string; message: string };

export interface Effects {
  rows: Row[];
  outgoing: Outgoing[];
  events: ClientEvent[];
  /** By scope: ids whose view may have changed. */
  changed: [string, Set<string>][];
}

export interface ClientOptions {
  user: string;
  clientId: string;
  /** Random in [0, 1). */
  random(): number;
  /** A new src, 16 to 36 of [0-9a-zA-Z-]. */
  newSrc(): string;
  /** Formats of pages that the shell can unpack. */
  accept?: string[];
  /** Entities a page; 500 if left out. */
  pageEntities?: number;
}

export class Client {
  readonly scopes = new Map<string, Scope>();
  status: ServerStatus | undefined;
  /** The server announced a version of the protocol that this library does not speak. */
  unsupported = false;
  #isConnected = false;
  #outgoing: Outgoing[] = [];
  #events: ClientEvent[] = [];
  readonly #shared: Shared;

  constructor(private readonly options: ClientOptions) {
    this.#shared = {
      clientId: options.clientId,
      random: options.random,
      limits: DEFAULT_LIMITS,
      serverEpoch: '',
      open: false,
      accept: options.accept ?? [],
      pageEntities: options.pageEntities ?? PAGE_ENTITIES,
      quietUntil: 0,
      publish: (topic, message, qos) => {
        const payload = typeof message === 'string' ? message : JSON.stringify(message);
        this.#outgoing.push({ topic, payload, qos });
      },
    };
  }

  get limits() {
    return this.#shared.limits;
  }

  /** A scope, with what an earlier life stored of it as [kind, name, value]. */
  open(name: string, rows: Iterable<[string, string, Json]>, reads: boolean, now: number): Scope {
    const replica = new Replica(name, this.options.user, this.options.newSrc);
    replica.load(rows);
    const scope = new Scope(name, replica, this.#shared, reads);
    this.scopes.set(name, scope);
    if (this.#isConnected) {
      scope.connected(now);
      if (this.status?.state === 'online') this.#announce(scope);
      scope.tick(now);
    }
    return scope;
  }

  connected(now: number): void {
    this.#isConnected = true;
    this.#shared.open = !this.unsupported;
    this.#shared.quietUntil = 0;
    for (const scope of this.scopes.values()) scope.connected(now);
    this.tick(now);
  }

  disconnected(): void {
    this.#isConnected = this.#shared.open = false;
    this.status = undefined;
  }

  subscribed(now: number): void {
    for (const scope of this.scopes.values()) scope.puller.subscribed(now);
  }

  tick(now: number): void {
    for (const scope of this.scopes.values()) scope.tick(now);
  }

  write(name: string, key: string, ops: Operation[], group: boolean, wallNow: number, now: number): void {
    const scope = this.scopes.get(name)!;
    scope.replica.write(key, ops, group, wallNow);
    scope.sender.send(now);
  }

  // ---- What arrives ---------------------------------------------------------------------------------------

  /** `payload` undefined: neither text nor zlib. */
  receive(topic: string, payload: string | undefined, now: number): void {
    const to = parseTopic(topic, this.options.clientId);
    if (!to || payload === '') return;
    if (to.kind === 'live') {
      const { scope, client } = to;
      if (payload !== undefined) this.#events.push({ type: 'live', scope, client, payload });
      return;
    }
    const fault = payload === undefined ? 'neither text nor zlib' : this.#route(to, payload, now);
    if (fault === undefined) return;
    const message = `${topic}: ${fault}`;
    this.#events.push({ type: 'error', code: 'bad_message', message });
    // Something was in it that is missing now.
    if (to.kind === 'log' || to.kind === 'delta') this.scopes.get(to.scope)?.puller.want();
  }

  #route(to: { kind: string; scope?: string }, payload: string, now: number): string | undefined {
    if (to.kind === 'status') {
      const { ok, fault } = decodeStatus(payload);
      if (ok) this.#onStatus(ok, now);
      return fault;
    }
    if (to.kind === 'notice') {
      const { ok, fault } = decodeNotice(payload);
      if (ok) this.#onNotice(ok, now);
      return fault;
    }
    const scope = this.scopes.get(to.scope!);
    if (!scope || this.unsupported) return undefined;
    if (to.kind === 'ack') {
      const { ok, fault } = decodeAck(payload);
      if (!ok || ok.scope !== to.scope) return fault ?? 'of another scope';
      if (scope.onAck(ok, now)) this.#events.push({ type: 'clock', serverNow: ok.now });
      return undefined;
    }
    const { ok, fault } = decodeDelta(payload);
    if (!ok || ok.scope !== to.scope) return fault ?? 'of another scope';
    if (to.kind === 'log') scope.onLog(ok, now);
    else if (scope.onPage(ok, now)) {
      this.#events.push({ type: 'clock', serverNow: ok.now, ageMs: now - scope.puller.pulledAt });
    }
    scope.tick(now);
    return undefined;
  }

  #onStatus(status: ServerStatus, now: number): void {
    const shared = this.#shared;
    // What was asked meanwhile is lost; what was asked before the first word is not.
    const returned = this.unsupported || this.status?.state === 'offline';
    this.unsupported = status.protocol !== PROTOCOL;
    shared.open = this.#isConnected && !this.unsupported && status.state === 'online';
    if (this.unsupported) {
      const message = `the server speaks version ${status.protocol} of the protocol, this library ${PROTOCOL}`;
      this.#events.push({ type: 'error', code: 'protocol_version', message });
      return;
    }
    this.status = status;
    if (status.state !== 'online') return;
    // The same object as long as they are the same.
    if (JSON.stringify(shared.limits) !== JSON.stringify(status.limits)) shared.limits = status.limits;
    shared.serverEpoch = status.epoch;
    for (const scope of this.scopes.values()) {
      this.#announce(scope);
      if (returned) scope.retry();
      scope.tick(now);
    }
  }

  /** A higher epoch is announced by `sync/status` and nothing else. */
  #announce(scope: Scope): void {
    const { epoch } = scope.replica.state;
    if (epoch === '' || isHigherEpoch(this.#shared.serverEpoch, epoch))
      scope.newEpoch(this.#shared.serverEpoch);
  }

  #onNotice(notice: Notice, now: number): void {
    const { code, topic = '' } = notice;
    if (topic === '$CONTROL/sync/v1/token' && code === 'denied') {
      this.#events.push({ type: 'tokenRefused', message: notice.message });
    } else if (code === 'token' && notice.expires_in_s !== undefined) {
      this.#events.push({ type: 'token', expiresInS: notice.expires_in_s });
    } else if (code === 'quota') {
      this.#shared.quietUntil = now + (notice.retry_after_ms ?? 1000);
      for (const scope of this.scopes.values()) scope.onQuota(topic);
    } else if (code === 'revoked') {
      this.scopes.get(notice.scope ?? '')?.lose(notice.message);
    } else {
      for (const scope of this.scopes.values()) this.#refused(scope, notice, now);
    }
  }

  #refused(scope: Scope, notice: Notice, now: number): void {
    const { code, topic = '' } = notice;
    const names = (leaf: string) => namesLeaf(topic, scope.name, leaf);
    if (code !== 'denied') {
      if ((code === 'too_large' || code === 'malformed') && names('in'))
        scope.sender.onBadMessage(notice, now);
      return;
    }
    if (names('pull')) scope.lose(notice.message);
    else if (names('in')) scope.sender.waitForGrants();
    else return;
    this.#events.push({ type: 'error', scope: scope.name, code, message: notice.message });
  }

  /** The grants may be others: a new token was accepted. */
  granted(now: number): void {
    for (const scope of this.scopes.values()) {
      scope.granted();
      scope.tick(now);
    }
  }

  // ---- What comes of it -----------------------------------------------------------------------------------

  take(): Effects {
    let rows: Row[] = [];
    const changed: [string, Set<string>][] = [];
    const events = this.#events;
    for (const { name, replica } of this.scopes.values()) {
      const taken = replica.takeRows();
      if (taken.length > 0) rows = rows.concat(taken); // not the replica's own list: the caller adds to it
      if (replica.changed.size > 0) {
        changed.push([name, replica.changed]);
        replica.changed = new Set();
      }
      if (replica.reports.events.length > 0) {
        events.push(...replica.reports.events);
        replica.reports.events = [];
      }
    }
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    this.#events = [];
    return { rows, outgoing, events, changed };
  }
}
