/**
 * The engine's connection: what arrives becomes a step, subscriptions and tokens are renewed, presence goes out. Its
 * owner publishes what the steps came to.
 */
import { Connector, type ConnectorOptions } from './connector.js';
import type { Client } from './core/client.js';
import { RESUBSCRIBE_MS } from './core/limits.js';
import type { Health } from './health.js';
import { messageOf, SyncError } from './input.js';
import { LiveBoard } from './live_board.js';
import { random } from './random.js';
import { unpack } from './unpack.js';

export interface LinkOptions extends Pick<
  ConnectorOptions,
  'transport' | 'url' | 'clientId' | 'user' | 'getToken'
> {
  /** May be another one after a crash. */
  client: () => Client;
  health: Health;
  /** Resolves when what `run` did to the client is stored, published and told. */
  step: (run: () => void) => Promise<void>;
  /** Scopes that are held and may be read. */
  read: () => string[];
}

/** A notice `token` that follows a renewal so soon is its answer. */
const RENEWAL_MS = 8_000;

/** Only ever rises, and counts on when the clock is set. */
export const monotonic = (): number => performance.now();

export class Link {
  readonly #connector: Connector;
  readonly live: LiveBoard;
  #resubscribeAt = 0;
  #renewedAt = -Infinity;

  constructor(private readonly options: LinkOptions) {
    const { transport, url, clientId, user, getToken, health } = options;
    this.live = new LiveBoard(clientId, (topic, payload) => this.publish(topic, payload, 0));
    this.#connector = new Connector({
      ...{ transport, url, getToken, user, clientId },
      will: () => this.live.will(),
      onState: (state) => this.#onState(state),
      onError: (code, message) => health.fail({ code, message }),
      onMessage: (topic, payload, done) => void this.#onMessage(topic, payload, done),
    });
  }

  get state(): Connector['state'] {
    return this.#connector.state;
  }

  start(): void {
    this.#connector.start();
  }

  /** Says goodbye, for good. */
  stop(): void {
    this.live.goodbye();
    this.#connector.stop();
  }

  /** Ends this connection; another is made after a while, or at once. */
  drop(atOnce?: boolean): void {
    this.#connector.drop(atOnce);
  }

  publish(topic: string, payload: string, qos: 0 | 1): void {
    this.#connector.publish(topic, payload, qos);
  }

  /** A scope is held from now on. */
  follow(scope: string): void {
    this.#connector.subscribe([`${scope}/log`]);
  }

  #step(run: () => void): void {
    void this.options.step(run).catch(() => {});
  }

  #onState(state: Connector['state']): void {
    const { health, client } = this.options;
    if (state === 'connected') {
      health.mended('token_refused', 'token');
      this.#step(() => {
        client().connected(monotonic());
        this.#subscribe();
        this.live.connected();
      });
    } else if (state === 'offline') {
      this.#step(() => client().disconnected());
    }
    health.tellStatus();
  }

  /** Retained heads arrive by it. */
  #subscribe(): void {
    const { clientId, client, read } = this.options;
    const logs = read().map((scope) => `${scope}/log`);
    const live = this.live.watched().map((scope) => `${scope}/live/+`);
    this.#connector.subscribe([`sync/${clientId}/#`, 'sync/status', ...logs, ...live]);
    client().subscribed(monotonic());
    this.#resubscribeAt = monotonic() + RESUBSCRIBE_MS * (0.9 + random() / 5);
  }

  async #onMessage(topic: string, payload: Uint8Array, done: () => void): Promise<void> {
    const { client, health, step } = this.options;
    const text = await unpack(payload).catch(() => undefined);
    try {
      await step(() => client().receive(topic, text, monotonic()));
    } catch (error) {
      if (error instanceof SyncError) return; // not stored, or closed: not acknowledged
      health.fail({ code: 'bad_message', message: `${topic}: ${messageOf(error)}` });
    }
    done();
  }

  /** Called within a step, now and then. */
  tick(): void {
    if (this.state !== 'connected') return;
    const now = monotonic();
    if (now >= this.#resubscribeAt) this.#subscribe();
    this.live.tick(now);
    this.options.client().tick(now);
  }

  // ---- The token ------------------------------------------------------------------------------------------

  /** A notice `token`: it ends soon, or, soon after a renewal, the new one was taken. */
  onToken(): void {
    if (monotonic() - this.#renewedAt >= RENEWAL_MS) {
      void this.renew();
      return;
    }
    this.options.health.mended('token_refused');
    this.#step(() => {
      this.#subscribe(); // to what was denied
      this.options.client().granted(monotonic());
    });
  }

  async renew(): Promise<void> {
    if (this.state !== 'connected') return;
    try {
      const token = await this.#connector.token();
      this.#renewedAt = monotonic();
      this.publish('$CONTROL/sync/v1/token', token, 1);
    } catch (error) {
      this.options.health.fail({ code: 'token', message: messageOf(error) });
    }
  }

  // ---- Presence -------------------------------------------------------------------------------------------

  watchLive(scope: string, on: boolean): void {
    const filters = [`${scope}/live/+`];
    if (this.live.watch(scope, on)) this.#connector.subscribe(filters);
    else if (!on) this.#connector.unsubscribe(filters);
  }
}
