/**
 * An in-memory broker and bridge, for tests of apps and of this library: same messages, no network, no waiting.
 *
 * A published message is answered before `publish` returns; what is delivered goes to the connection's `deliver`. It is
 * one process's toy: no tokens, no limits; conflicts as docs/conflicts.md says.
 */
import { isObject } from '../core/merge.js';
import type { ErrorInfo, InMessage, JsonObject, Mutation, ServerStatus } from '../core/protocol.js';
import { DEFAULT_LIMITS, PROTOCOL } from '../core/protocol.js';
import type { Policy } from './reconcile.js';
import { ScopeLog, type PullMessage, type ScopeRules } from './scope_log.js';

export interface TestServerOptions {
  /** Of every scope, or by scope; `lww` if left out. */
  policy?: Policy | ((scope: string) => Policy);
  /** Why a document cannot be stored; undefined: it can. */
  validate?: (scope: string, data: JsonObject) => ErrorInfo | undefined;
  /** Properties that only operators change; none if left out. */
  operators?: readonly string[];
  /** The server's clock, ms; the system's if left out. */
  now?: () => number;
}

export interface Session {
  clientId: string;
  deliver(topic: string, payload: string): void;
  filters: Set<string>;
}

export function matches(filter: string, topic: string): boolean {
  const [f, t] = [filter.split('/'), topic.split('/')];
  for (const [i, level] of f.entries()) {
    if (level === '#') return true;
    if (t[i] === undefined || (level !== '+' && level !== t[i])) return false;
  }
  return f.length === t.length;
}

const userOf = (clientId: string) => clientId.slice(0, clientId.lastIndexOf(':'));

export class TestServer {
  epoch: string;
  scopes = new Map<string, ScopeLog>();
  private readonly sessions = new Map<string, Session>();
  private readonly retained = new Map<string, string>();
  private readonly denied = new Set<string>();
  private boot = 1;
  private online = true;
  private readonly now: () => number;
  /** Announced in the status. */
  protocol = PROTOCOL;

  constructor(private readonly options: TestServerOptions = {}) {
    this.now = options.now ?? Date.now;
    this.epoch = `${this.now()}-a`;
    this.publishStatus();
  }

  scope(name: string): ScopeLog {
    let log = this.scopes.get(name);
    if (!log) {
      const { policy = 'lww', validate, operators } = this.options;
      const rules: ScopeRules = { policy: typeof policy === 'function' ? policy(name) : policy };
      if (validate) rules.validate = (data) => validate(name, data);
      if (operators) rules.operators = operators;
      this.scopes.set(name, (log = new ScopeLog(name, rules)));
    }
    return log;
  }

  // ---- For tests ------------------------------------------------------------------------------------------

  /** The live documents of a scope, by id. */
  documents(name: string): Record<string, JsonObject> {
    const live = [...this.scope(name).entities].filter(([, entity]) => entity.data);
    return Object.fromEntries(live.map(([id, entity]) => [id, structuredClone(entity.data!)]));
  }

  /** A write of somebody who has no replica, such as a sensor. */
  write(name: string, mutation: Mutation, user = 'server'): void {
    const src = `server-${Math.random().toString(36).slice(2).padEnd(12, '0')}`;
    this.onIn(userOf(`${user}:x`), '', name, { epoch: this.epoch, src, n: 1, mutations: [mutation] });
  }

  /** May `user` use this scope? Its data must leave the devices of who may not. */
  permit(user: string, name: string, may: boolean): void {
    const key = `${user}\n${name}`;
    if (may) this.denied.delete(key);
    else this.denied.add(key);
    if (may) return;
    const notice = { code: 'revoked', message: 'the right was taken away', scope: name };
    for (const { clientId } of this.sessions.values()) {
      if (userOf(clientId) === user) this.publishTo(`sync/${clientId}/notice`, notice);
    }
  }

  /** The bridge goes away, or comes back. */
  setOnline(online: boolean): void {
    this.online = online;
    this.publishStatus();
  }

  /** Everything that is stored, for `restore`. */
  backup(): Map<string, ScopeLog> {
    return new Map([...this.scopes].map(([name, log]) => [name, log.copy()]));
  }

  /** As `mosquitto-sync restore`: an older state, and a higher epoch. */
  restore(backup: Map<string, ScopeLog>): void {
    this.scopes = new Map([...backup].map(([name, log]) => [name, log.copy()]));
    const made = Number.parseInt(this.epoch, 10);
    this.epoch = `${Math.max(this.now(), made + 1)}-b`;
    this.publishStatus();
    for (const log of this.scopes.values()) this.publishHead(log, log.seq);
  }

  publishStatus(): void {
    const status: ServerStatus = {
      state: this.online ? 'online' : 'offline',
      epoch: this.epoch,
      boot: this.boot++,
      protocol: this.protocol,
      version: 'test',
      limits: DEFAULT_LIMITS,
    };
    this.publishTo('sync/status', status, true);
  }

  // ---- The broker -----------------------------------------------------------------------------------------

  connect(clientId: string, deliver: Session['deliver']): void {
    this.sessions.set(clientId, { clientId, deliver, filters: new Set() });
  }

  disconnect(clientId: string): void {
    this.sessions.delete(clientId);
  }

  subscribe(clientId: string, filters: string[]): void {
    const session = this.sessions.get(clientId);
    if (!session) return;
    for (const filter of filters) {
      session.filters.add(filter);
      for (const [topic, payload] of this.retained) {
        if (matches(filter, topic) && this.mayRead(session, topic)) session.deliver(topic, payload);
      }
    }
  }

  unsubscribe(clientId: string, filters: string[]): void {
    for (const filter of filters) this.sessions.get(clientId)?.filters.delete(filter);
  }

  private mayRead(session: Session, topic: string): boolean {
    const scope = /^(.*)\/(log|live\/.*)$/.exec(topic)?.[1];
    return scope === undefined || !this.denied.has(`${userOf(session.clientId)}\n${scope}`);
  }

  /** To whoever is subscribed. */
  publishTo(topic: string, message: object | string, retain = false): void {
    const payload = typeof message === 'string' ? message : JSON.stringify(message);
    if (retain) this.retained.set(topic, payload);
    for (const session of [...this.sessions.values()]) {
      const wanted = [...session.filters].some((filter) => matches(filter, topic));
      if (wanted && this.mayRead(session, topic)) session.deliver(topic, payload);
    }
  }

  /** What a client publishes. */
  publish(clientId: string, topic: string, payload: string): void {
    const [, name, leaf] = /^(.*?)\/(in|pull|seen|live\/[^/]+)$/.exec(topic) ?? [];
    if (name === undefined || leaf === undefined) return;
    const user = userOf(clientId);
    if (this.denied.has(`${user}\n${name}`)) {
      return this.publishTo(`sync/${clientId}/notice`, { code: 'denied', message: 'no grant', topic });
    }
    if (leaf.startsWith('live/')) return this.publishTo(topic, payload);
    const message: unknown = JSON.parse(payload);
    if (!this.online || !isObject(message)) return;
    if (leaf === 'in') this.onIn(user, clientId, name, message as unknown as InMessage);
    if (leaf === 'pull') this.onPull(user, clientId, name, message as unknown as PullMessage);
  }

  // ---- The bridge -----------------------------------------------------------------------------------------

  private onIn(user: string, clientId: string, name: string, message: InMessage): void {
    const log = this.scope(name);
    const before = log.seq;
    const ack = log.take(user, message, this.epoch, this.now());
    if (clientId) this.publishTo(`sync/${clientId}/ack/${name}`, ack);
    if (log.seq > before) this.publishHead(log, before);
  }

  private publishHead(log: ScopeLog, from: number): void {
    this.publishTo(`${log.name}/log`, log.live(from, this.epoch, this.now()), true);
  }

  private onPull(user: string, clientId: string, name: string, pull: PullMessage): void {
    for (const page of this.scope(name).pages(user, pull, this.epoch, this.now())) {
      this.publishTo(`sync/${clientId}/delta/${name}`, page);
    }
  }
}
