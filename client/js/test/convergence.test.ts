// Many seeds of a bad network, crashes and restores; then it heals, and everybody must agree with the server.
import { describe, expect, it } from 'vitest';
import type { Operation } from '../src/core/protocol.js';
import type { Policy } from '../src/testing/reconcile.js';
import { Device, Dice, World } from './world.js';

const SCOPE = 'chat/42/messages';
const SEEDS = Number(process.env.MSYNC_SEEDS ?? 15);
const FIRST = Number(process.env.MSYNC_FIRST_SEED ?? 1);

interface Plan {
  serverRestores: boolean;
  deviceRestores: boolean;
  purges: boolean;
}

function randomOps(dice: Dice): Operation[] {
  const id = `m${dice.below(5)}`;
  const one = (): Operation => {
    switch (dice.below(5)) {
      case 0:
        return { op: 'put', id, data: { text: `t${dice.below(100)}` } };
      case 1:
        return { op: 'delete', id };
      case 2:
        return { op: 'patch', id, data: { tags: { $add: [`x${dice.below(3)}`] } } };
      default:
        return { op: 'patch', id, data: { text: `p${dice.below(100)}`, note: dice.chance(50) ? null : 'n' } };
    }
  };
  return dice.chance(20) ? [one(), { op: 'put', id: `g${dice.below(3)}`, data: { in: 'group' } }] : [one()];
}

export class Life {
  readonly world: World;
  readonly devices: Device[];
  increments = 0;
  writes = 0;
  readonly counting = new Set<string>();
  backup: ReturnType<World['server']['backup']> | undefined;

  constructor(
    readonly seed: number,
    readonly plan: Plan,
  ) {
    const policies: Policy[] = ['lww', 'merge', 'reject'];
    this.world = new World(seed, { policy: policies[seed % 3]! });
    const users = ['alice:a', 'alice:b', 'bob:c'];
    this.devices = users.map((id) => new Device(this.world, id, [SCOPE]));
    this.world.server.write(SCOPE, { op: 'put', id: 'counter', base: 0, data: { likes: 0 } });
  }

  run(): void {
    const { world, devices } = this;
    const { dice } = world;
    for (const device of devices) device.goOnline();
    world.pass(2000, devices);
    world.faults = { drop: dice.below(30), repeat: dice.below(20), delay: dice.below(2000) };
    for (let step = 0; step < 60; ++step) {
      const device = dice.pick(devices);
      this.act(device);
      world.pass(dice.below(3000), devices);
      this.checkCounter();
    }
  }

  private act(device: Device): void {
    const { dice, server } = this.world;
    const { plan } = this;
    const roll = dice.below(100);
    if (roll < 40) device.write(SCOPE, `${device.clientId}-${this.writes++}`, randomOps(dice));
    else if (roll < 60) {
      ++this.increments;
      const op: Operation = { op: 'patch', id: 'counter', data: { likes: { $inc: 1 } } };
      this.counting.add(`${device.clientId}-${this.writes}`);
      device.write(SCOPE, `${device.clientId}-${this.writes++}`, [op]);
    } else if (roll < 68) device.goOffline();
    else if (roll < 78) device.goOnline();
    else if (roll < 84) device.crash();
    else if (roll < 86) server.setOnline(dice.chance(50));
    else if (roll < 90 && plan.purges) server.scope(SCOPE).purge();
    else if (roll < 92 && plan.serverRestores) this.backup = server.backup();
    else if (roll < 94 && plan.serverRestores && this.backup) server.restore(this.backup);
    else if (roll < 96 && plan.deviceRestores) device.backUp();
    else if (roll < 98 && plan.deviceRestores && this.devices.indexOf(device) === 0) device.restore();
  }

  /** Nothing counts twice, in no view. */
  private checkCounter(): void {
    if (this.plan.serverRestores || this.plan.deviceRestores) return;
    for (const device of this.devices) {
      const { state, outbox } = device.client.scopes.get(SCOPE)!.replica;
      // A page may show a write whose answer was lost.
      const unanswered = [...outbox.entries].some(
        (entry) => entry.n > 0 && Object.keys(entry.done?.versions ?? {}).length === 0,
      );
      if (state.inSnapshot || state.seq < state.wholeAt || unanswered) continue;
      const likes = (device.view(SCOPE, 'counter')?.data.likes ?? 0) as number;
      expect(likes, `seed ${this.seed}, ${device.clientId}`).toBeLessThanOrEqual(this.increments);
    }
  }

  heal(): void {
    const { world, devices } = this;
    world.faults = { drop: 0, repeat: 0, delay: 0 };
    world.server.setOnline(true);
    for (const device of devices) device.goOnline();
    const end = world.now + 40 * 60_000;
    while (world.now < end && !this.agreed()) world.pass(1000, devices);
  }

  agreed(): boolean {
    const { server } = this.world;
    return this.devices.every((device) => {
      const { state, outbox } = device.client.scopes.get(SCOPE)!.replica;
      const there = state.epoch === server.epoch && state.seq === server.scope(SCOPE).seq;
      return there && device.settled() && outbox.entries.size === 0;
    });
  }

  /** What was acknowledged, and not reported as lost, is there. */
  private checkCounted(likes: number): void {
    const told = new Set(this.devices.flatMap((device) => [...device.results.keys()]));
    const lost = new Set(this.devices.flatMap((device) => [...device.problems.keys()]));
    const there = [...this.counting].filter((key) => told.has(key) && !lost.has(key)).length;
    const name = `seed ${this.seed}: acknowledged increments`;
    if (this.plan.deviceRestores) expect(likes, name).toBeGreaterThanOrEqual(there);
    else expect(likes, name).toBe(there);
  }

  check(): void {
    const { server } = this.world;
    const stands = server.documents(SCOPE);
    for (const device of this.devices) {
      const name = `seed ${this.seed}, ${device.clientId}`;
      const { state, outbox, documents } = device.client.scopes.get(SCOPE)!.replica;
      expect({ outbox: outbox.waiting, epoch: state.epoch, seq: state.seq }, name).toEqual({
        outbox: 0,
        epoch: server.epoch,
        seq: server.scope(SCOPE).seq,
      });
      expect(device.documents(SCOPE), name).toEqual(stands);
      expect(documents.digest.text(), name).toBe(server.scope(SCOPE).live(0, '', 0).digest);
      expect(
        device.errors.filter((error) => !error.startsWith('lost')),
        name,
      ).toEqual([]);
      for (const [key, results] of device.results) {
        if (!this.plan.deviceRestores) expect(results.length, `${name} ${key}`).toBe(1);
      }
    }
    this.checkCounted((stands.counter as { likes: number }).likes);
    if (this.plan.serverRestores || this.plan.deviceRestores) return;
    expect(stands.counter, `seed ${this.seed}`).toEqual({ likes: this.increments });
    const told = this.devices.reduce((sum, device) => sum + device.results.size, 0);
    expect(told, `seed ${this.seed}: every write is answered once`).toBe(this.writes);
  }
}

describe.each<[string, Plan]>([
  [
    'losses, repeats, overtaking and crashes',
    { serverRestores: false, deviceRestores: false, purges: false },
  ],
  ['and tombstones that are purged', { serverRestores: false, deviceRestores: false, purges: true }],
  [
    'and a server that comes back from a backup',
    { serverRestores: true, deviceRestores: false, purges: true },
  ],
  [
    'and a device that comes back from a backup',
    { serverRestores: false, deviceRestores: true, purges: false },
  ],
])('clients converge: %s', (_, plan) => {
  it(`for ${SEEDS} seeds`, () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; ++seed) {
      const life = new Life(seed, plan);
      life.run();
      life.heal();
      life.check();
    }
  });
});
