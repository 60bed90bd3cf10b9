// The connection, with a clock and a broker of the test's own.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connector } from '../src/connector.js';
import type { ConnectionEvents, ConnectOptions } from '../src/transport/transport.js';

class Attempt {
  closed = false;

  constructor(
    readonly options: ConnectOptions,
    readonly events: ConnectionEvents,
  ) {}

  publish(): void {}
  subscribe(): void {}
  unsubscribe(): void {}
  close(): void {
    this.closed = true;
  }
}

let attempts: Attempt[];
let states: string[];
let errors: string[];
let getToken: () => string | Promise<string>;
let connector: Connector;
const target = new EventTarget();

const newest = () => attempts.at(-1)!;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const lose = () => newest().events.closed({ refused: false, message: 'lost' });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
  vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target));
  [attempts, states, errors, getToken] = [[], [], [], () => 'token'];
  connector = new Connector({
    transport: {
      open: (options, events) => {
        attempts.push(new Attempt(options, events));
        return newest();
      },
    },
    ...{ url: 'mqtt://x', clientId: 'alice:a', user: 'alice', will: () => undefined },
    getToken: () => getToken(),
    onState: (state) => states.push(state),
    onError: (code, message) => errors.push(`${code}: ${message}`),
    onMessage: () => {},
  });
  connector.start();
});

afterEach(() => {
  connector.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** After so many attempts that failed, one after the other. */
async function failed(times: number): Promise<void> {
  for (let i = 0; i < times; ++i) {
    await pass(60_000);
    lose();
  }
}

describe('a lost connection', () => {
  it('is made again, with longer and longer pauses', async () => {
    await failed(1);
    const made: number[] = [];
    for (let i = 0; i < 12; ++i) {
      const before = attempts.length;
      for (let ms = 0; attempts.length === before && ms < 61_000; ms += 100) await pass(100);
      expect(attempts.length).toBe(before + 1);
      made.push(Date.now());
      lose();
    }
    const pauses = made.slice(1).map((at, i) => at - made[i]!);
    expect(pauses[0]).toBeLessThanOrEqual(2_100);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(30_000);
  });

  it('is made at once when the browser is online again, or when the app says so', async () => {
    for (const hurry of [() => target.dispatchEvent(new Event('online')), () => connector.drop(true)]) {
      await failed(8);
      const before = attempts.length;
      await pass(5_000);
      expect(attempts.length).toBe(before);
      hurry();
      await pass(0);
      expect(attempts.length).toBe(before + 1);
      lose();
      await pass(1_100);
      expect(attempts.length).toBe(before + 2); // and pauses are short again
      newest().events.connected();
      await pass(20_000);
      lose();
    }
  });
});

describe('when the app knows better', () => {
  it('a connection that seems to be there is made anew', async () => {
    await pass(0);
    const old = newest();
    old.events.connected();
    connector.drop(true);
    await pass(0);
    expect(old.closed).toBe(true);
    expect(attempts).toHaveLength(2);
    newest().events.connected();
    old.events.closed({ refused: false, message: 'too late' });
    expect(states).toEqual(['connecting', 'connected', 'offline', 'connecting', 'connected']);
    expect(errors).toEqual([]);
  });

  it('an attempt that hangs is begun anew, and what comes of it is no news', async () => {
    await pass(0);
    const old = newest();
    connector.drop(true);
    await pass(0);
    old.events.connected();
    expect(connector.state).toBe('connecting');
    newest().events.connected();
    expect(connector.state).toBe('connected');
    await pass(120_000);
    expect(attempts).toHaveLength(2);
  });

  it('nothing happens where it was stopped', async () => {
    await pass(0);
    connector.stop();
    connector.drop(true);
    target.dispatchEvent(new Event('online'));
    await pass(120_000);
    expect(attempts).toHaveLength(1);
    expect(connector.state).toBe('offline');
  });
});

describe('a token', () => {
  it('that cannot be had is told, and asked for again', async () => {
    for (const [get, error] of [
      [() => Promise.reject(new Error('no login')), 'token: no login'],
      [
        () => {
          throw new Error('thrown at once');
        },
        'token: thrown at once',
      ],
    ] as const) {
      getToken = get;
      connector.drop(true);
      await pass(0);
      expect(errors).toContain(error);
    }
    getToken = () => 'better';
    const before = attempts.length;
    await pass(60_000);
    expect(attempts.length).toBeGreaterThan(before);
    expect(newest().options.token).toBe('better');
  });

  it('that never comes is given up, and one that comes too late is not used', async () => {
    let late!: (token: string) => void;
    getToken = () => new Promise((resolve) => (late = resolve));
    connector.drop(true);
    await pass(0);
    const before = attempts.length;
    await pass(29_000);
    expect(errors).toEqual([]);
    await pass(1_000);
    expect(errors).toEqual(['token: getToken took too long']);
    getToken = () => 'in time';
    late('too late');
    await pass(60_000);
    expect(attempts.slice(before).map(({ options }) => options.token)).toEqual(['in time']);
  });
});
