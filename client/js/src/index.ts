/** mosquitto-sync: documents that are there offline, and in step with everybody else's when they can be. */
export { createSync, Sync, type ProblemRecord, type SyncOptions } from './sync.js';
export {
  Collection,
  type CollectionOptions,
  type Patch,
  type Result,
  type Transaction,
  type Validator,
  type Written,
} from './collection.js';
export { Query, type QueryOptions } from './query.js';
export { Live, type Peer } from './live.js';
export { type Doc } from './document.js';
export { SyncError, type SyncErrorCode } from './input.js';
export { type Progress, type State, type Status } from './backend.js';
export { indexedDbStorage } from './storage/indexeddb.js';
export { memoryStorage } from './storage/memory.js';
export { type Row, type Storage } from './storage/storage.js';
export { mqttTransport } from './transport/mqtt.js';
export {
  type Connection,
  type ConnectionEvents,
  type ConnectOptions,
  type Transport,
} from './transport/transport.js';
export {
  type ErrorInfo,
  type Json,
  type JsonObject,
  type Operation,
  type ResultStatus,
} from './core/protocol.js';
