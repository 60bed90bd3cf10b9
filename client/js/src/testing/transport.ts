/** A transport to the in-memory server. Connections can be cut, and tokens refused. */
import type { Connection, ConnectionEvents, ConnectOptions, Transport } from '../transport/transport.js';
import type { TestServer } from './server.js';

const encoder = new TextEncoder();

export class TestTransport implements Transport {
  private readonly open_ = new Set<TestConnection>();
  private isOnline = true;
  /** Says why a token is refused; undefined: it is taken. */
  refuse: (token: string) => string | undefined = () => undefined;

  constructor(private readonly server: TestServer) {}

  /** False: as if there were no network. */
  set online(on: boolean) {
    this.isOnline = on;
    if (!on) for (const connection of [...this.open_]) connection.cut('no network');
  }

  get online(): boolean {
    return this.isOnline;
  }

  /** Any bytes arrive, as if the server had said them. Resolves when the library has acknowledged them. */
  async inject(topic: string, payload: Uint8Array): Promise<void> {
    await Promise.all([...this.open_].map((connection) => connection.receive(topic, payload)));
  }

  open(options: ConnectOptions, events: ConnectionEvents): Connection {
    const connection = new TestConnection(this.server, options, events, () => this.open_.delete(connection));
    this.open_.add(connection);
    const refusal = this.refuse(options.token);
    queueMicrotask(() => {
      if (!this.isOnline) connection.cut('no network');
      else if (refusal !== undefined) connection.cut(refusal, true);
      else connection.begin();
    });
    return connection;
  }
}

class TestConnection implements Connection {
  private inbox: { topic: string; payload: Uint8Array; taken: () => void }[] = [];
  private busy = false;
  private ended = false;

  constructor(
    private readonly server: TestServer,
    private readonly options: ConnectOptions,
    private readonly events: ConnectionEvents,
    private readonly onEnd: () => void,
  ) {}

  begin(): void {
    if (this.ended) return;
    this.server.connect(
      this.options.clientId,
      (topic, payload) => void this.receive(topic, encoder.encode(payload)),
    );
    this.events.connected();
  }

  receive(topic: string, payload: Uint8Array): Promise<void> {
    queueMicrotask(() => this.next());
    return new Promise((taken) => this.inbox.push({ topic, payload, taken }));
  }

  private next(): void {
    if (this.busy || this.ended) return;
    const message = this.inbox.shift();
    if (!message) return;
    this.busy = true;
    this.events.message(message.topic, message.payload, () => {
      this.busy = false;
      message.taken();
      queueMicrotask(() => this.next());
    });
  }

  cut(message: string, refused = false): void {
    if (this.ended) return;
    const { will } = this.options;
    if (will) this.server.publish(this.options.clientId, will.topic, will.payload);
    this.end();
    this.events.closed({ refused, message });
  }

  private end(): void {
    this.ended = true;
    this.server.disconnect(this.options.clientId);
    this.onEnd();
  }

  publish(topic: string, payload: string): void {
    if (!this.ended) this.server.publish(this.options.clientId, topic, payload);
  }

  subscribe(filters: string[]): void {
    if (!this.ended) this.server.subscribe(this.options.clientId, filters);
  }

  unsubscribe(filters: string[]): void {
    if (!this.ended) this.server.unsubscribe(this.options.clientId, filters);
  }

  close(): void {
    if (!this.ended) this.end();
  }
}
