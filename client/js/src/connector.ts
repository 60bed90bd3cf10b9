/**
 * Keeps one connection up: a token for each, backoff with jitter between them, at once when the device is online again.
 * Knows nothing of the protocol.
 */
import { BACKOFF_MAX_MS, BACKOFF_MIN_MS } from './core/limits.js';
import { messageOf } from './input.js';
import { random } from './random.js';
import type { Connection, Transport } from './transport/transport.js';

export interface ConnectorOptions {
  transport: Transport;
  url: string;
  clientId: string;
  user: string;
  getToken: () => string | Promise<string>;
  will: () => { topic: string; payload: string } | undefined;
  onState(state: 'offline' | 'connecting' | 'connected'): void;
  onError(code: 'token_refused' | 'token' | 'connection', message: string): void;
  onMessage(topic: string, payload: Uint8Array, done: () => void): void;
}

/** A connection that lasted so long was a good one. */
const GOOD_MS = 10_000;
/** A token that does not come is a connection that cannot be made. */
const TOKEN_WAIT_MS = 30_000;

export class Connector {
  #connection: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #attempt = 0;
  #connectedAt = 0;
  #running = false;
  state: 'offline' | 'connecting' | 'connected' = 'offline';

  constructor(private readonly options: ConnectorOptions) {}

  start(): void {
    this.#running = true;
    globalThis.addEventListener?.('online', this.#hurry);
    void this.#connect();
  }

  /** Says goodbye, for good. */
  stop(): void {
    this.#running = false;
    globalThis.removeEventListener?.('online', this.#hurry);
    clearTimeout(this.#timer);
    ++this.#attempt;
    this.#connection?.close(true);
    this.#connection = undefined;
    this.#become('offline');
  }

  /** Ends this connection, or attempt; another is made after a while, or at once. */
  drop(atOnce = false): void {
    if (!this.#running) return;
    ++this.#attempt;
    this.#connection?.close(false);
    this.#ended();
    if (atOnce) this.#hurry();
  }

  publish(topic: string, payload: string, qos: 0 | 1): void {
    this.#connection?.publish(topic, payload, qos);
  }

  subscribe(filters: string[]): void {
    this.#connection?.subscribe(filters);
  }

  unsubscribe(filters: string[]): void {
    this.#connection?.unsubscribe(filters);
  }

  readonly #hurry = (): void => {
    if (!this.#running || this.state !== 'offline') return;
    this.#failures = 0;
    clearTimeout(this.#timer);
    void this.#connect();
  };

  #become(state: Connector['state']): void {
    if (state === this.state) return;
    this.state = state;
    this.options.onState(state);
  }

  #ended(): void {
    this.#connection = undefined;
    if (this.state === 'connected' && Date.now() - this.#connectedAt > GOOD_MS) this.#failures = 0;
    this.#become('offline');
    if (!this.#running) return;
    const pause = Math.min(BACKOFF_MIN_MS * 2 ** this.#failures++, BACKOFF_MAX_MS);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#connect(), pause * (0.5 + random() / 2));
  }

  async token(): Promise<string> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('getToken took too long')), TOKEN_WAIT_MS);
    });
    try {
      return await Promise.race([this.options.getToken(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    const current = () => attempt === this.#attempt && this.#running;
    this.#become('connecting');
    let token: string;
    try {
      token = await this.token();
    } catch (error) {
      if (!current()) return;
      this.options.onError('token', messageOf(error));
      return this.#ended();
    }
    if (!current()) return;
    const { transport, url, clientId, user: username, will: makeWill } = this.options;
    const options = { url, clientId, username, token, will: makeWill() };
    try {
      this.#connection = transport.open(options, {
        connected: () => {
          if (!current()) return;
          this.#connectedAt = Date.now();
          this.#become('connected');
        },
        closed: ({ refused, message }) => {
          if (!current()) return;
          this.options.onError(refused ? 'token_refused' : 'connection', message);
          this.#ended();
        },
        message: (topic, payload, done) => {
          if (current()) this.options.onMessage(topic, payload, done);
        },
      });
    } catch (error) {
      this.options.onError('connection', messageOf(error));
      this.#ended();
    }
  }
}
