/**
 * What stands between the API and whoever owns the database: `engine.ts` in this process, or `tabs/follower.ts`, which
 * asks the tab that has the engine. Everything that crosses it is JSON.
 */
import type { ErrorInfo, MutationResult, Operation, ServerLimits } from './core/protocol.js';
import type { Problem } from './core/reports.js';
import type { Seen } from './core/view.js';

export type State = 'offline' | 'connecting' | 'syncing' | 'idle' | 'error';

export interface Status {
  readonly state: State;
  /** Writes that the server has not acknowledged yet, of all open scopes. */
  readonly pending: number;
  /** The last thing that went wrong, whether it still holds or not. */
  readonly lastError: ErrorInfo | undefined;
}

/** How far a scope is: `loading` until it has once been whole. */
export interface Progress {
  readonly state: 'loading' | 'ready' | 'denied';
  /** The newest change that is here, and the newest that the server has told of. */
  readonly seq: number;
  readonly head: number;
}

export type BackendEvent =
  /** `whole`: what is not named is not there. null: it is gone. */
  | { type: 'view'; scope: string; whole: boolean; docs: [string, Seen | null][] }
  | { type: 'progress'; scope: string; progress: Progress }
  | { type: 'settled'; scope: string; key: string; result: MutationResult }
  | { type: 'problem'; problem: Problem }
  | { type: 'solved'; key: string }
  | { type: 'purged'; scope: string; reason: string }
  | { type: 'live'; scope: string; client: string; payload: string }
  /** The database is gone, and nothing can be written any more. */
  | { type: 'wiped' }
  | { type: 'error'; scope?: string; error: ErrorInfo }
  | { type: 'status'; status: Status; limits: ServerLimits };

export interface LiveMessage {
  payload: string;
  /** Published again now and then, and taken back by a will. */
  state: boolean;
}

export interface Backend {
  readonly clientId: string;
  /** Reads it from the database; its view, progress and problems follow as events before it resolves. */
  open(scope: string, reads: boolean): Promise<void>;
  /** Resolves when it is durable here. Asked twice with one key, it is written once. */
  write(scope: string, key: string, ops: Operation[], group: boolean): Promise<void>;
  /** A problem is written again, on what stands now, or forgotten. */
  solve(scope: string, key: string, how: 'retry' | 'discard'): Promise<void>;
  watchLive(scope: string, on: boolean): Promise<void>;
  sendLive(scope: string, message: LiveMessage): Promise<void>;
  /** A new connection, now. */
  reconnect(): Promise<void>;
  /** A new token, now. */
  renew(): Promise<void>;
  close(): Promise<void>;
  /** Closes, and deletes the database. `abort`: rejects with `pending` where unsent writes are. */
  wipe(ifPending: 'abort' | 'discard'): Promise<void>;
}
