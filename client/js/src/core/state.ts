/** What a replica must not forget of itself: the row `s` of a scope. */
export interface ReplicaState {
  src: string;
  /** Empty: a new replica. */
  epoch: string;
  seq: number;
  /** Of the snapshot under way. */
  snap: number;
  inSnapshot: boolean;
  /** Snapshots begun. */
  generation: number;
  /** What was applied may have left out entities that changed again up to here. */
  wholeAt: number;
  /** To another epoch: what the old src's numbers came to is not known yet. */
  moving: boolean;
  /** The largest number given. */
  lastN: number;
  /** The largest number known to be processed. */
  ackedN: number;
  /** The server's time when it said ackedN. */
  ackedNow: number;
  /** Of its own writes, ms. */
  lastTs: number;
  /** Digests in a row that differed. */
  mismatches: number;
  wantSnapshot: boolean;
  firstOrder: number;
  nextOrder: number;
  /** It has been at a head once. */
  whole: boolean;
}

export function newState(src: string): ReplicaState {
  return {
    src,
    epoch: '',
    seq: 0,
    snap: 0,
    inSnapshot: false,
    generation: 0,
    wholeAt: 0,
    moving: false,
    lastN: 0,
    ackedN: 0,
    ackedNow: 0,
    lastTs: 0,
    mismatches: 0,
    wantSnapshot: false,
    firstOrder: 0,
    nextOrder: 1,
    whole: false,
  };
}
