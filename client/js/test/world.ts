// A seeded world for property tests: the in-memory server, clients made of the pure core, and a network that drops,
// repeats, delays and reorders. Virtual time; a seed is a history that can be seen again.
import { Client, type Effects } from '../src/core/client.js';
import type { Json, MutationResult, Operation } from '../src/core/protocol.js';
import { parseKey } from '../src/core/rows.js';
import { TestServer, type TestServerOptions } from '../src/testing/server.js';

export class Dice {
  constructor(private state: number) {}

  /** In [0, 1): mulberry32. */
  next = (): number => {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(percent: number): boolean {
    return this.next() * 100 < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

export interface Faults {
  drop: number;
  repeat: number;
  /** Messages may arrive up to so much later, ms: they overtake each other. */
  delay: number;
}

export class World {
  now = 1_800_000_000_000;
  readonly dice: Dice;
  readonly server: TestServer;
  faults: Faults = { drop: 0, repeat: 0, delay: 0 };
  private queue: { at: number; run: () => void }[] = [];

  constructor(seed: number, options: TestServerOptions = {}) {
    this.dice = new Dice(seed);
    this.server = new TestServer({ ...options, now: () => this.now });
  }

  /** Through the network. */
  carry(run: () => void): void {
    if (this.dice.chance(this.faults.drop)) return;
    const times = this.dice.chance(this.faults.repeat) ? 2 : 1;
    for (let i = 0; i < times; ++i) {
      this.queue.push({ at: this.now + 1 + this.dice.below(this.faults.delay + 1), run });
    }
  }

  /** Lets time pass, and what is due happen. */
  pass(ms: number, devices: Device[]): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 100);
      for (;;) {
        const due = this.queue.filter((each) => each.at <= this.now).sort((a, b) => a.at - b.at);
        if (due.length === 0) break;
        this.queue = this.queue.filter((each) => each.at > this.now);
        for (const each of due) each.run();
      }
      for (const device of devices) device.tick();
    }
  }
}

/** One phone: a client of the core, what it stored, and its connection. */
export class Device {
  client!: Client;
  disk = new Map<string, string>();
  private handedOver = new Map<string, Json | undefined>();
  online = false;
  private life = 0;
  private names = 0;
  private saved = new Map<string, string>();
  readonly results = new Map<string, MutationResult[]>();
  readonly problems = new Map<string, string>();
  readonly errors: string[] = [];
  readonly purged: string[] = [];
  mode = { reads: true };
  private subscribedAt = 0;

  constructor(
    readonly world: World,
    readonly clientId: string,
    readonly scopeNames: string[],
    mode: { reads: boolean } = { reads: true },
  ) {
    this.mode = mode;
    this.boot();
  }

  get user(): string {
    return this.clientId.split(':')[0]!;
  }

  private boot(): void {
    ++this.life;
    this.client = new Client({
      user: this.user,
      clientId: this.clientId,
      random: this.world.dice.next,
      pageEntities: 1 + this.world.dice.below(4),
      newSrc: () =>
        `${this.clientId.replace(/[^a-z0-9]/g, '-')}-${this.names++}-xxxxxxxxxxxxxxxx`.slice(0, 24),
    });
    for (const name of this.scopeNames) {
      const rows: [string, string, Json][] = [];
      for (const [key, text] of this.disk) {
        const { kind, scope, name: row } = parseKey(key);
        if (scope === name) rows.push([kind, row, JSON.parse(text) as Json]);
      }
      this.client.open(name, rows, this.mode.reads, this.world.now);
    }
    this.perform();
  }

  /** A storage need not copy what it was given: it stays as it was. */
  private checkHandedOver(): void {
    for (const [key, value] of this.handedOver) {
      const now = JSON.stringify(value);
      if (now !== this.disk.get(key))
        throw new Error(`${key} has become ${now}, and was ${this.disk.get(key)}`);
    }
  }

  crash(): void {
    this.goOffline();
    this.checkHandedOver();
    this.boot();
  }

  backUp(): void {
    this.saved = new Map(this.disk);
  }

  restore(): void {
    this.goOffline();
    this.checkHandedOver();
    this.handedOver.clear();
    this.disk = new Map(this.saved);
    this.boot();
  }

  goOnline(): void {
    if (this.online) return;
    this.online = true;
    const { life } = this;
    this.world.server.connect(this.clientId, (topic, payload) => {
      this.world.carry(() => {
        if (life === this.life && this.online) this.receive(topic, payload);
      });
    });
    this.client.connected(this.world.now);
    this.subscribe();
    this.perform();
  }

  subscribe(): void {
    this.subscribedAt = this.world.now;
    this.client.subscribed(this.world.now);
    const logs = this.mode.reads ? this.scopeNames.map((name) => `${name}/log`) : [];
    this.world.server.subscribe(this.clientId, [`sync/${this.clientId}/#`, 'sync/status', ...logs]);
  }

  goOffline(): void {
    if (!this.online) return;
    this.online = false;
    this.world.server.disconnect(this.clientId);
    this.client.disconnected();
    this.perform();
  }

  receive(topic: string, payload: string): void {
    this.client.receive(topic, payload, this.world.now);
    this.perform();
  }

  write(scope: string, key: string, ops: Operation[], group = ops.length > 1): void {
    this.client.write(scope, key, ops, group, this.world.now, this.world.now);
    this.perform();
  }

  tick(): void {
    if (this.online) {
      if (this.world.now - this.subscribedAt > 15 * 60_000) this.subscribe();
      this.client.tick(this.world.now);
      this.perform();
    }
  }

  settled(): boolean {
    return [...this.client.scopes.values()].every((scope) => scope.settled);
  }

  view(scope: string, id: string) {
    return this.client.scopes.get(scope)!.replica.view(id);
  }

  documents(scope: string): Record<string, Json> {
    const { live } = this.client.scopes.get(scope)!.replica.documents;
    return Object.fromEntries([...live].map(([id, row]) => [id, row.data!]));
  }

  private perform(): void {
    const effects: Effects = this.client.take();
    for (const [key, value] of effects.rows) {
      this.handedOver.set(key, value);
      if (value === undefined) this.disk.delete(key);
      else this.disk.set(key, JSON.stringify(value));
    }
    for (const event of effects.events) {
      if (event.type === 'settled') {
        this.results.set(event.key, [...(this.results.get(event.key) ?? []), event.result]);
      } else if (event.type === 'problem') this.problems.set(event.problem.key, event.problem.status);
      else if (event.type === 'error') this.errors.push(`${event.code}: ${event.message}`);
      else if (event.type === 'purged') this.purged.push(event.scope);
    }
    if (!this.online) return;
    for (const { topic, payload } of effects.outgoing) {
      this.world.carry(() => this.world.server.publish(this.clientId, topic, payload));
    }
  }
}
