/**
 * The messages of docs/protocol.md as types, and its numbers. Names are the protocol's own.
 * Nothing here runs: `decode.ts` makes these of what arrives.
 */

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** One operation of a mutation, as it is sent. */
export interface Operation {
  op: 'put' | 'patch' | 'delete' | 'noop';
  id?: string;
  /** The version of the confirmed state that the writer saw; 0: there was none. */
  base?: number;
  /** When the user did it, ms. */
  ts?: number;
  data?: JsonObject;
}

/** A single operation, or an atomic group. */
export type Mutation = Operation | Operation[];

export interface InMessage {
  epoch: string;
  src: string;
  n: number;
  mutations: Mutation[];
}

export type ResultStatus = 'applied' | 'merged' | 'superseded' | 'conflict' | 'rejected' | 'processed';

export interface ErrorInfo {
  /** A code of docs/protocol.md, or one of this library: `revoked`, `lost`, `too_large`, `malformed`. */
  code: string;
  message: string;
  /** JSON Pointer into the document, of `invalid`. */
  path?: string;
}

/** What became of one mutation. */
export interface MutationResult {
  n: number;
  status: ResultStatus;
  changes?: { id: string; version: number; seq: number }[];
  /** In a group: the place of the first operation that failed. */
  op?: number;
  id?: string;
  /** Of what stands. */
  version?: number;
  seq?: number;
  error?: ErrorInfo;
  duplicate?: true;
}

export interface Ack {
  epoch: string;
  scope: string;
  src: string;
  now: number;
  n?: number;
  head?: number;
  gap?: true;
  stale?: true;
  results?: MutationResult[];
}

export interface Change {
  id: string;
  seq: number;
  version: number;
  ts: number;
  by: string;
  src?: string;
  n?: number;
  data?: JsonObject;
  patch?: JsonObject;
  base?: number;
  deleted?: true;
}

export interface Delta {
  rid?: string;
  last?: true;
  reset?: true;
  snap?: number;
  epoch: string;
  scope: string;
  from: number;
  to: number;
  head: number;
  now: number;
  count?: number;
  digest?: string;
  n?: number;
  outcomes?: MutationResult[];
  changes: Change[];
}

export interface Notice {
  code: string;
  message: string;
  topic?: string;
  scope?: string;
  src?: string;
  n?: number;
  retry_after_ms?: number;
  expires_in_s?: number;
}

export interface ServerLimits {
  max_payload_bytes: number;
  max_mutations: number;
  max_operations: number;
  max_depth: number;
  max_unacked: number;
}

export interface ServerStatus {
  state: 'online' | 'offline';
  epoch: string;
  boot: number;
  protocol: number;
  version: string;
  limits: ServerLimits;
}

/** The only version of the protocol that this library speaks. */
export const PROTOCOL = 1;
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

/** What the server keeps to when it has not said so yet. */
export const DEFAULT_LIMITS: ServerLimits = {
  max_payload_bytes: 262_144,
  max_mutations: 500,
  max_operations: 100,
  max_depth: 32,
  max_unacked: 1000,
};

/** `<ms when made>-<random>`: a later one is higher. */
export function isHigherEpoch(a: string, b: string): boolean {
  const [x, y] = [Number.parseInt(a, 10), Number.parseInt(b, 10)];
  return x !== y ? x > y : a > b;
}
