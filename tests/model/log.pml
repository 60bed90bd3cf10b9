/* From the store to a reader: live deltas with from and to, the retained head, re-subscription, gaps and pulls, over
   a broker that drops, repeats, truncates its queue and comes back with an old store, from a bridge that dies.
   docs/model.md says what is left out.

   check: inv3_seq_rises_without_gaps inv4_same_head_same_state with -DCHANGES=3 -DDEATHS=0 -DROLLBACKS=0
   check: inv3_seq_rises_without_gaps inv4_same_head_same_state with -DREPEATS=0
   check: inv9_change_arrives with -DROLLBACKS=0
   check: inv9_change_arrives with -DREPEATS=0 -DDEATHS=0

   Planted faults (-D), each with the property that must find it:
   fault: BUG_PUBLISHES_BEFORE_COMMIT breaks inv3_seq_rises_without_gaps
   fault: BUG_PUBLISHED_BEFORE_COMMIT_STAYS breaks inv4_same_head_same_state
   fault: BUG_PAGE_IS_TWO_READS breaks inv4_same_head_same_state
   fault: BUG_NO_GAP_CHECK breaks inv4_same_head_same_state
   fault: BUG_APPLIES_OLD_DELTAS breaks inv4_same_head_same_state
   fault: BUG_SEQ_BEFORE_DATA breaks inv4_same_head_same_state
   fault: BUG_CURSOR_STORED_EARLY breaks inv9_change_arrives
   fault: BUG_NO_RESUBSCRIPTION breaks inv9_change_arrives
   fault: BUG_NO_PULL_ON_GAP breaks inv9_change_arrives
   fault: BUG_NO_BOOT_CHECK breaks inv9_change_arrives */

#ifndef CHANGES
#define CHANGES 2   /* that writers make, of two entities */
#endif
#ifndef LOSSES
#define LOSSES 1    /* messages dropped, besides those that find a full queue */
#endif
#ifndef REPEATS
#define REPEATS 1   /* messages delivered once more, later */
#endif
#ifndef CRASHES
#define CRASHES 1   /* of the bridge */
#endif
#ifndef DEATHS
#define DEATHS 1    /* of the client */
#endif
#ifndef ROLLBACKS
#define ROLLBACKS 1 /* of the broker, to a store that it saved earlier */
#endif

/* from, to, and the two entities' contents where their newest change lies between, else 0 */
chan log = [2] of {byte, byte, byte, byte}
chan inbox = [1] of {byte, byte, byte, byte}
chan pull = [1] of {byte} /* since */

/* The store. An entity's content is the seq of its newest change. */
byte head, at0, at1;
/* How far the publisher is, how far it has stored that it is. */
byte cursor, stored;
/* The broker's retained delta, and the one in its last saved store; has the bridge noticed that it came back? */
byte kept_from, kept_to, kept0, kept1, saved_from, saved_to, saved0, saved1;
bool came_back;
/* The reader, durable. */
byte seq, mine0, mine1;
byte losses, repeats, crashes, deaths, rollbacks;

ltl inv3_seq_rises_without_gaps { [] (seq <= head && kept_to <= head) }
ltl inv4_same_head_same_state { [] (seq != head || (mine0 == at0 && mine1 == at1)) }
ltl inv9_change_arrives { <> [] (head == CHANGES && seq == head) }

#define in_range(e, from) (at##e * (at##e > from))
#define retain(from, to, a, b) kept_from = from; kept_to = to; kept0 = a; kept1 = b

inline publish(from, to, a, b) {
  if :: nfull(log) -> log ! from, to, a, b :: full(log) fi; /* a full queue drops without a word */
  retain(from, to, a, b)
}

active proctype writers() {
  do
  :: d_step { head < CHANGES -> head++; at0 = head }
  :: d_step { head < CHANGES -> head++; at1 = head }
  od
}

active proctype publisher() {
  do
#ifdef BUG_CURSOR_STORED_EARLY
  :: stored < head -> stored = head
#endif
  :: atomic { cursor < head -> publish(cursor, head, in_range(0, cursor), in_range(1, cursor)); cursor = head }
  :: stored < cursor -> stored = cursor
  :: atomic { crashes < CRASHES -> crashes++; cursor = stored }
#ifdef BUG_PUBLISHES_BEFORE_COMMIT
  :: atomic { crashes < CRASHES && head < CHANGES && cursor == head -> /* and dies: the change is made anew, or never */
       crashes++; publish(head, head + 1, head + 1, 0); cursor = stored }
#endif
#ifdef BUG_PUBLISHED_BEFORE_COMMIT_STAYS
  :: atomic { crashes < CRASHES && head + 1 < CHANGES && cursor == head -> /* another change gets that seq */
       crashes++; publish(head, head + 1, head + 1, 0); cursor = stored;
       head++; at1 = head }
#endif
#ifndef BUG_NO_BOOT_CHECK
  :: atomic { came_back -> came_back = false; cursor = head; publish(head, head, 0, 0) }
#endif
  od
}

active proctype pulls() {
  byte since, to, a;
  do
  :: atomic { pull ? since ->
#ifdef BUG_PAGE_IS_TWO_READS
       a = in_range(0, since) }
     atomic { inbox ! since, head, a, in_range(1, since);
#else
       inbox ! since, head, in_range(0, since), in_range(1, since);
#endif
       since = 0; a = 0 }
  od
}

active proctype broker() {
  byte f, t, a, b, s;
  do
  :: atomic { losses < LOSSES && nempty(log) -> losses++; log ? _, _, _, _ }
  :: atomic { losses < LOSSES && nempty(inbox) -> losses++; inbox ? _, _, _, _ }
  :: atomic { losses < LOSSES && nempty(pull) -> losses++; pull ? _ }
  :: atomic { repeats < REPEATS && nempty(log) && nfull(log) ->
       repeats++; log ? <f, t, a, b>; log ! f, t, a, b; f = 0; t = 0; a = 0; b = 0 }
  :: d_step { rollbacks < ROLLBACKS && saved_to == 0 && kept_to > 0 ->
       saved_from = kept_from; saved_to = kept_to; saved0 = kept0; saved1 = kept1 }
  :: atomic { rollbacks < ROLLBACKS -> rollbacks++; came_back = true;
       retain(saved_from, saved_to, saved0, saved1); saved_from = 0; saved_to = 0; saved0 = 0; saved1 = 0;
       do :: nempty(log) -> log ? _, _, _, _ :: empty(log) -> break od }
  od
}

inline apply(from, to, a, b) {
  if
#ifdef BUG_NO_GAP_CHECK
  :: seq < to ->
#else
  :: from <= seq && seq < to ->
#endif
     seq = to;
#ifdef BUG_SEQ_BEFORE_DATA
     if :: deaths < DEATHS -> deaths++; a = 0; b = 0 :: true fi;
#endif
     if :: a -> mine0 = a :: else fi;
     if :: b -> mine1 = b :: else fi
#ifndef BUG_NO_GAP_CHECK
#ifndef BUG_NO_PULL_ON_GAP
  :: from > seq -> lacking = true
#else
  :: from > seq
#endif
#endif
  :: to <= seq && from <= seq
#ifdef BUG_APPLIES_OLD_DELTAS
     ; if :: a -> mine0 = a :: else fi; if :: b -> mine1 = b :: else fi
#endif
  fi
}

/* It subscribes now and then, also because it died and forgot that it was pulling. */
active proctype reader() {
  byte f, t, a, b;
  bool lacking;
  do
  :: atomic { log ? f, t, a, b -> apply(f, t, a, b); f = 0; t = 0; a = 0; b = 0 }
  :: atomic { inbox ? f, t, a, b -> lacking = false; apply(f, t, a, b); f = 0; t = 0; a = 0; b = 0 }
  :: atomic { lacking && len(pull) == 0 && len(inbox) == 0 -> pull ! seq }
  :: atomic { deaths < DEATHS -> deaths++; lacking = false }
#ifndef BUG_NO_RESUBSCRIPTION
  :: atomic { !lacking && len(log) == 0 && len(pull) == 0 && len(inbox) == 0 ->
       if
       :: kept_to > 0 -> log ! kept_from, kept_to, kept0, kept1
       :: kept_to == 0 -> lacking = true /* no head came in 10 s */
       fi }
#endif
  od
}

/* So that a run that hangs is a run that goes on for ever, and liveness means something. */
active proctype hours() { bit hand; do :: hand = 0 od }
