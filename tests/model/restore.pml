/* Epochs: the store is restored from a backup while mutations are unsent, under way, acknowledged; the replica takes a
   new src, keeps its work and says what is lost. docs/model.md says what is left out.

   check: inv1_acknowledged_is_stored inv2_no_mutation_applied_twice with -DWRITES=3
   check: inv4_same_head_same_state inv10_reports_what_is_lost with -DWRITES=3
   check: inv10_converges_after_restore

   Planted faults (-D), each with the property that must find it:
   fault: BUG_EPOCH_NOT_CHECKED breaks inv2_no_mutation_applied_twice
   fault: BUG_N_NOT_ASKED breaks inv2_no_mutation_applied_twice
   fault: BUG_OLD_NUMBERS_KEPT breaks inv10_converges_after_restore
   fault: BUG_OLD_DELTAS_APPLIED breaks inv4_same_head_same_state
   fault: BUG_ANY_ACK_COUNTS breaks inv1_acknowledged_is_stored
   fault: BUG_SAYS_NOTHING breaks inv10_reports_what_is_lost
   fault: BUG_UNSENT_DROPPED breaks inv10_converges_after_restore
   fault: BUG_ANY_PAGE_STARTS_STATE breaks inv1_acknowledged_is_stored */

#ifndef WRITES
#define WRITES 2   /* mutations that the user makes, each another entity's: a bit of `store` */
#endif
#ifndef RESTORES
#define RESTORES 1 /* of the server, from a backup made at any time before */
#endif
#ifndef LOSSES
#define LOSSES 1   /* messages dropped */
#endif
#ifndef REPEATS
#define REPEATS 1  /* messages delivered once more, later */
#endif
#define SRCS 4

/* epoch, src, n, which mutation; a pull has n 0 and its rid for the mutation */
chan to_bridge = [2] of {byte, byte, byte, byte}
/* Three topics, so they overtake each other. What the store holds goes as one set of bits. */
chan acks = [1] of {byte, byte, byte}              /* epoch, src, n */
chan pages = [2] of {byte, byte, byte, byte, byte} /* epoch, src, n, rid, content */
chan log = [1] of {byte, byte}                     /* epoch, content */

/* The store, and the backup of it. `last` is per src; `twice`: a ghost. */
byte epoch = 1, store, saved_store;
byte last[SRCS], saved_last[SRCS];
bool twice;

/* The replica, durable. The outbox holds, of the mutations 1..written, those whose bit is not in `gone`; `number` is
   what each was given under this src, 0 for none. */
byte my_epoch = 1, mine, src, given, written, gone, reported;
byte number[WRITES + 1];
byte rid;
bool pulling;

byte restores, losses, repeats;
bool saved;

#define idle (len(to_bridge) == 0 && len(acks) == 0 && len(pages) == 0 && len(log) == 0)

#define bit_of(m) (1 << (m))
#define all (bit_of(WRITES + 1) - 2)
#define in_outbox(m) (m <= written && !(gone & bit_of(m)))
#define waits(m) (number[m] > 0 && in_outbox(m))
#define settled (written == WRITES && my_epoch == epoch && gone == all && mine == store)

/* What the client dropped from its outbox is in the store, or was lost by a restore that the client has yet to hear of,
   or was reported. */
ltl inv1_acknowledged_is_stored { [] (my_epoch != epoch || (gone & (255 - store) & (255 - reported)) == 0) }
ltl inv2_no_mutation_applied_twice { [] (!twice) }
ltl inv4_same_head_same_state { [] (my_epoch != epoch || (mine & (255 - store)) == 0) }
ltl inv10_reports_what_is_lost { [] ((reported & store) == 0 && (my_epoch != epoch || (gone & (255 - store)) == (gone & reported))) }
ltl inv10_converges_after_restore { <> [] (settled && (store | reported) == all) }

active proctype bridge() {
  byte e, s, n, m;
  do
  :: atomic { to_bridge ? e, s, n, m ->
       if
       :: n == 0 -> if :: nfull(pages) -> pages ! epoch, s, last[s], m, store :: full(pages) fi /* dropped without a word */
#ifndef BUG_EPOCH_NOT_CHECKED
       :: n > 0 && e != epoch /* an ack that says `stale`, which announces nothing */
       :: n > 0 && e == epoch ->
#else
       :: n > 0 ->
#endif
          if
          :: n == last[s] + 1 ->
               twice = twice || (store & bit_of(m));
               store = store | bit_of(m); last[s] = n;
               if :: nfull(log) -> log ! epoch, store :: full(log) fi
          :: n != last[s] + 1 /* a repeat, or a gap: numbering.pml */
          fi;
          if :: nfull(acks) -> acks ! epoch, s, last[s] :: full(acks) fi
       fi;
       e = 0; s = 0; n = 0; m = 0 }
  :: d_step { restores < RESTORES && !saved -> saved = true; saved_store = store;
       saved_last[0] = last[0]; saved_last[1] = last[1]; saved_last[2] = last[2] }
  :: d_step { restores < RESTORES && saved -> saved = false; restores++; epoch++; store = saved_store;
       last[0] = saved_last[0]; last[1] = saved_last[1]; last[2] = saved_last[2];
       saved_store = 0; saved_last[0] = 0; saved_last[1] = 0; saved_last[2] = 0 }
  od
}

active proctype broker() {
  byte e, s, n, r, c;
  do
  :: atomic { losses < LOSSES && nempty(to_bridge) -> losses++; to_bridge ? _, _, _, _ }
  :: atomic { losses < LOSSES && nempty(acks) -> losses++; acks ? _, _, _ }
  :: atomic { losses < LOSSES && nempty(pages) -> losses++; pages ? _, _, _, _, _ }
  :: atomic { losses < LOSSES && nempty(log) -> losses++; log ? _, _ }
  :: atomic { repeats < REPEATS && c == 0 && nempty(to_bridge) && nfull(to_bridge) ->
       repeats++; to_bridge ? <e, s, n, r>; to_bridge ! e, s, n, r; e = 0; s = 0; n = 0; r = 0 }
  :: atomic { repeats < REPEATS && c == 0 && nempty(pages) -> /* after a reconnection it delivers again, */
       repeats++; pages ? <e, s, n, r, c>; c++ }
  :: atomic { c > 0 && nfull(pages) -> /* what may be long past */
       pages ! e, s, n, r, c - 1; e = 0; s = 0; n = 0; r = 0; c = 0 }
  od
}

/* All that was numbered up to `n` leaves the outbox. */
inline covered(n) {
  i = 1;
  do
  :: i <= WRITES -> if :: number[i] > 0 && number[i] <= n -> gone = gone | bit_of(i) :: else fi; i++
  :: else -> break
  od;
  i = 0
}

/* The restored state, in one local transaction. */
inline start_over(e, n, content) {
#ifndef BUG_N_NOT_ASKED
  covered(n);
#endif
  my_epoch = e; mine = content; src++;
#ifndef BUG_OLD_NUMBERS_KEPT
  given = 0;
#endif
  i = 1;
  do
  :: i <= WRITES ->
       if
#ifndef BUG_SAYS_NOTHING
       :: (gone & bit_of(i)) && number[i] > n -> reported = reported | bit_of(i)
#endif
#ifdef BUG_UNSENT_DROPPED
       :: i <= written && number[i] == 0 -> gone = gone | bit_of(i)
#endif
       :: else
       fi;
#ifdef BUG_OLD_NUMBERS_KEPT
       if :: gone & bit_of(i) -> number[i] = 0 :: else fi;
#else
       number[i] = 0;
#endif
       i++
  :: else -> break
  od;
  i = 0
}

active proctype replica() {
  byte e, s, n, r, content, i, m;
  do
  :: written < WRITES -> written++

  :: d_step { number[written] == 0 && written > 0 && in_outbox(written) && nfull(to_bridge) ->
       m = 1; /* the first that has no number yet */
       do :: number[m] > 0 || !in_outbox(m) -> m++ :: else -> break od;
       given++; number[m] = given; to_bridge ! my_epoch, src, number[m], m; m = 0 }

  :: d_step { idle && !pulling && (waits(1) || waits(2) || waits(WRITES)) -> /* no ack for 10 s */
       m = 1;
       do :: !waits(m) -> m++ :: else -> break od;
       to_bridge ! my_epoch, src, number[m], m; m = 0 }

  :: atomic { acks ? e, s, n ->
       if
#ifdef BUG_ANY_ACK_COUNTS
       :: true -> covered(n)
#else
       :: e == my_epoch && s == src -> covered(n)
#endif
       :: else
       fi; e = 0; s = 0; n = 0 }

  :: atomic { log ? e, content ->
       if
#ifdef BUG_OLD_DELTAS_APPLIED
       :: true -> mine = mine | content
#else
       :: e == my_epoch -> mine = mine | content
#endif
       :: else
       fi; e = 0; content = 0 }

  :: atomic { pages ? e, s, n, r, content ->
       if
       :: e == my_epoch -> mine = mine | content; if :: s == src -> covered(n) :: else fi
#ifdef BUG_ANY_PAGE_STARTS_STATE
       :: e != my_epoch && src + 1 < SRCS -> start_over(e, n, content)
#else
       :: e != my_epoch && r == rid && pulling -> start_over(e, n, content)
#endif
       :: else
       fi;
       if :: r == rid -> pulling = false :: else fi;
       e = 0; s = 0; n = 0; r = 0; content = 0 }
  od
}

/* The status says a higher epoch, or the retained head a higher seq; and again when no answer comes. */
active proctype news() {
  do
  :: d_step { nfull(to_bridge) && ((pulling && idle) || (!pulling && (my_epoch != epoch || mine != store))) ->
       pulling = true; rid = (rid + 1) % 16; to_bridge ! my_epoch, src, 0, rid }
  od
}

/* So that a run that hangs is a run that goes on for ever, and liveness means something. */
active proctype hours() { bit hand; do :: hand = 0 od }
