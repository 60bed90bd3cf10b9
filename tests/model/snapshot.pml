/* Snapshots: reset pages, marks, snap and the horizon, while entities change, are deleted, and their tombstones are
   purged, and while live deltas of that scope go on arriving. Pages hold one entity, a pull is answered by two.
   docs/model.md says what is left out.

   check: inv4_same_head_same_state inv6_deleted_stays_deleted
   check: inv9_snapshot_ends with -DREPEATS=0 -DDEATHS=0

   Planted faults (-D), each with the property that must find it:
   fault: BUG_NO_HORIZON breaks inv6_deleted_stays_deleted
   fault: BUG_SNAP_NOT_CHECKED breaks inv6_deleted_stays_deleted
   fault: BUG_JUDGED_ONCE_A_PULL breaks inv6_deleted_stays_deleted
   fault: BUG_LIVE_BELOW_HORIZON breaks inv6_deleted_stays_deleted
   fault: BUG_UNMARKED_KEPT breaks inv6_deleted_stays_deleted
   fault: BUG_MARKS_IN_MEMORY breaks inv4_same_head_same_state
   fault: BUG_SNAP_NOT_COMPARED breaks inv6_deleted_stays_deleted
   fault: BUG_LIVE_IN_SNAPSHOT breaks inv4_same_head_same_state
   fault: BUG_SNAP_NOT_PASSED breaks inv9_snapshot_ends */

#ifndef CHANGES
#define CHANGES 2 /* of three entities that there are: each writes or deletes */
#endif
#ifndef PURGES
#define PURGES 2  /* of all tombstones there are */
#endif
#ifndef DEATHS
#define DEATHS 1  /* of the reader, between pages */
#endif
#ifndef REPEATS
#define REPEATS 1 /* pages delivered once more, later */
#endif
#define PAGES 2   /* a pull */
#define ENTITIES 3

#define dead 64 /* in a change: it is a tombstone */

/* The store: of every entity the seq of its newest change, with `dead` if that deleted it; 0 when purged. */
byte head, horizon, changes, purges;
byte at[ENTITIES];

/* The reader. Durable: `has`, the seq of the change that it holds of each entity, 0 for none; and what follows to snap. */
byte has[ENTITIES];
bool marked[ENTITIES];
byte seq, snap;
bool pulling;
byte rid, deaths, repeats;

/* since, snap, rid */
chan pull = [1] of {byte, byte, byte}
/* rid, reset, snap, from, to, head, last; which entity, and its change (0: none) */
chan inbox = [2] of {byte, bool, byte, byte, byte, byte, bool, byte, byte}
/* from, to, and the change of each entity between them, else 0 */
chan log = [1] of {byte, byte, byte, byte, byte}

#define alive(e) (at[e] * (at[e] < dead))
#define seq_of(e) (at[e] & 63)
#define same(e) (has[e] == alive(e))
#define ghost(e) (has[e] != 0 && alive(e) == 0)
#define whole (seq == head && snap == 0)

ltl inv4_same_head_same_state { [] (!whole || (same(0) && same(1) && same(2))) }
ltl inv6_deleted_stays_deleted { [] (!whole || !(ghost(0) || ghost(1) || ghost(2))) }
ltl inv9_snapshot_ends { <> [] whole }

active proctype store() {
  byte e;
  atomic { at[0] = 1; at[1] = 2; at[2] = 3; head = 3;
    if /* the reader has been away since it held all three, or is new */
    :: true -> seq = 3; has[0] = 1; has[1] = 2; has[2] = 3
    :: true
    fi };
  do
  :: atomic { changes < CHANGES -> changes++; head++;
       if :: e = 0 :: e = 1 :: e = 2 fi;
       if
       :: at[e] > 0 && at[e] < dead -> at[e] = head + dead
       :: at[e] = head
       fi; e = 0 }
  :: d_step { purges < PURGES && (at[0] > dead || at[1] > dead || at[2] > dead) -> purges++;
       do
       :: e < ENTITIES ->
            if
            :: at[e] > dead ->
#ifndef BUG_NO_HORIZON
                 if :: seq_of(e) > horizon -> horizon = seq_of(e) :: else fi;
#endif
                 at[e] = 0
            :: else
            fi; e++
       :: else -> break
       od; e = 0 }
  od
}

/* The newest change above `since` that comes first: a page of one. */
inline first_above(since) {
  which = 0; to = head; change = 0; i = 0;
  do
  :: i < ENTITIES ->
       if
       :: seq_of(i) > since && (change == 0 || seq_of(i) < seq_of(which)) -> which = i; change = at[i]
       :: else
       fi; i++
  :: else -> break
  od;
  i = 0;
  do /* at the head when nothing comes behind it */
  :: i < ENTITIES -> if :: change > 0 && seq_of(i) > seq_of(which) -> to = seq_of(which) :: else fi; i++
  :: else -> break
  od;
  i = 0
}

active proctype pulls() {
  byte since, asked_snap, asked_rid, pages, which, to, change, i;
  bool reset;
  do
  :: d_step { head > 0 && nempty(pull) -> pull ? since, asked_snap, asked_rid; pages = PAGES } /* in place of an older one */
  :: d_step { pages > 0 && nfull(inbox) ->
       if
#ifdef BUG_JUDGED_ONCE_A_PULL
       :: pages < PAGES -> reset = false
#endif
       :: else -> reset =
#ifndef BUG_SNAP_NOT_CHECKED
            (asked_snap > 0 && horizon > asked_snap) ||
#endif
            (asked_snap == 0 && (since == 0 || since < horizon))
       fi;
       if :: reset -> since = 0; asked_snap = head :: else fi;
       first_above(since);
       pages = pages - 1;
       if :: to == head -> pages = 0 :: else fi;
       inbox ! asked_rid, reset, asked_snap, since, to, head, pages == 0, which, change;
       since = to; which = 0; to = 0; change = 0; reset = false;
       if :: pages == 0 -> since = 0; asked_snap = 0; asked_rid = 0 :: else fi }
  od
}

#define between(e) (at[e] * (seq_of(e) > from))

/* What is published may be late, and what finds the queue full is gone. */
active proctype publisher() {
  byte from = 3;
  do
  :: d_step { from < head ->
#ifndef BUG_LIVE_BELOW_HORIZON
       if :: from < horizon -> from = horizon :: else fi; /* below it the delta would lack what was purged */
#endif
       if :: nfull(log) -> log ! from, head, between(0), between(1), between(2) :: full(log) fi;
       from = head }
  od
}

active proctype broker() {
  byte r, s, f, t, h, e, c;
  bool z, l;
  do
  :: d_step { repeats < REPEATS && nempty(inbox) && nfull(inbox) -> repeats++;
       inbox ? <r, z, s, f, t, h, l, e, c>; inbox ! r, z, s, f, t, h, l, e, c;
       r = 0; z = 0; s = 0; f = 0; t = 0; h = 0; l = 0; e = 0; c = 0 }
  od
}

inline take(e, change) {
  if
  :: change > dead -> has[e] = 0
  :: change > 0 && change < dead -> has[e] = change
  :: else
  fi
}

/* The head is reached: what no page named is gone. */
inline finish() {
  i = 0;
  do
  :: i < ENTITIES ->
#ifndef BUG_UNMARKED_KEPT
       if :: !marked[i] -> has[i] = 0 :: else fi;
#endif
       marked[i] = false; i++
  :: else -> break
  od;
  i = 0; snap = 0
}

inline unmark() { marked[0] = false; marked[1] = false; marked[2] = false }

/* Is the page one to apply? One of a snapshot is, if the reader is in that snapshot: `s` is 0 in any other page. */
#define begins (reset && r == rid && pulling)
#ifdef BUG_SNAP_NOT_COMPARED
#define continues (!reset && from <= seq && seq < to)
#else
#define continues (!reset && from <= seq && seq < to && s == snap)
#endif

active proctype reader() {
  byte r, s, from, to, h, e, c, a, b, i;
  bool reset, last;
  do
  :: d_step { nempty(inbox) -> inbox ? r, reset, s, from, to, h, last, e, c;
       if
       :: begins || continues ->
            if :: reset -> snap = s; unmark() :: else fi;
            take(e, c);
            if :: snap > 0 && c > 0 -> marked[e] = true :: else fi;
            seq = to;
            if :: snap > 0 && to == h -> finish() :: else fi
       :: else
       fi;
       if :: last && r == rid -> pulling = false :: else fi;
       r = 0; reset = false; s = 0; from = 0; to = 0; h = 0; last = false; e = 0; c = 0 }

  :: d_step { nempty(log) -> log ? from, to, a, b, c;
       if
#ifdef BUG_LIVE_IN_SNAPSHOT
       :: from <= seq && seq < to ->
#else
       :: from <= seq && seq < to && snap == 0 ->
#endif
            take(0, a); take(1, b); take(2, c); seq = to
       :: else
       fi;
       from = 0; to = 0; a = 0; b = 0; c = 0 }

  /* It knows the head: log.pml says how. */
  :: d_step { !pulling && (seq < head || snap > 0) && head > 0 && nfull(pull) ->
       rid = (rid + 1) % 16; pulling = true;
#ifdef BUG_SNAP_NOT_PASSED
       pull ! seq, 0, rid
#else
       pull ! seq, snap, rid
#endif
     }

  :: d_step { deaths < DEATHS -> deaths++; pulling = false;
#ifdef BUG_MARKS_IN_MEMORY
       unmark()
#endif
     }
  od
}

/* So that a run that hangs is a run that goes on for ever, and liveness means something. */
active proctype hours() { bit hand; do :: hand = 0 od }
