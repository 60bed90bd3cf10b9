/** What the app is told of how it goes: the status, errors, and how far each scope is. Said when it changes, once. */
import type { BackendEvent, Progress, State } from './backend.js';
import type { Client } from './core/client.js';
import type { ErrorInfo } from './core/protocol.js';

/** These hold until they are mended; the state is `error` meanwhile. */
const STANDING = new Set(['token_refused', 'token', 'protocol_version', 'storage']);

export class Health {
  readonly #standing = new Map<string, ErrorInfo>();
  readonly #progress = new Map<string, Progress>();
  #lastError: ErrorInfo | undefined;
  #told: Extract<BackendEvent, { type: 'status' }> | undefined;

  constructor(
    private readonly client: () => Client | undefined,
    private readonly connection: () => 'offline' | 'connecting' | 'connected',
    private readonly tell: (event: BackendEvent) => void,
  ) {}

  fail(error: ErrorInfo, scope?: string): void {
    this.#lastError = error;
    if (STANDING.has(error.code)) this.#standing.set(error.code, error);
    this.tell({ type: 'error', error, scope });
    this.tellStatus();
  }

  mended(...codes: string[]): void {
    for (const code of codes) this.#standing.delete(code);
  }

  #state(client: Client): State {
    if (!client.unsupported) this.mended('protocol_version');
    if (this.#standing.size > 0) return 'error';
    const connection = this.connection();
    if (connection !== 'connected') return connection;
    const { status, scopes } = client;
    if (!status) return 'connecting';
    if (status.state === 'offline') return 'offline';
    for (const scope of scopes.values()) if (!scope.settled && scope.puller.mayPull) return 'syncing';
    return 'idle';
  }

  tellStatus(): void {
    const client = this.client();
    if (!client) return;
    let pending = 0;
    for (const { replica } of client.scopes.values()) pending += replica.outbox.waiting;
    const { limits } = client;
    const status = { state: this.#state(client), pending, lastError: this.#lastError };
    const told = this.#told;
    if (
      told?.limits === limits &&
      told.status.state === status.state &&
      told.status.pending === pending &&
      told.status.lastError === status.lastError
    )
      return;
    this.#told = { type: 'status', status, limits };
    this.tell(this.#told);
  }

  tellProgress(name: string): void {
    const scope = this.client()!.scopes.get(name)!;
    const { whole, seq, wholeAt } = scope.replica.state;
    const state = scope.puller.denied ? 'denied' : whole ? 'ready' : 'loading';
    const head = Math.max(scope.head, wholeAt, seq);
    const told = this.#progress.get(name);
    if (told?.state === state && told.seq === seq && told.head === head) return;
    const progress: Progress = { state, seq, head };
    this.#progress.set(name, progress);
    this.tell({ type: 'progress', scope: name, progress });
  }

  /** Somebody new wants to know. */
  tellAnew(name: string): void {
    this.#progress.delete(name);
    this.tellProgress(name);
    this.#told = undefined;
  }
}
