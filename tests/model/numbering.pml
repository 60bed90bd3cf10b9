/* From a replica's outbox to the store: numbers, acks, gaps and resends, over a broker that loses and repeats, to
   a bridge that may die between its commit and its answer. docs/model.md says what is left out.

   check: inv1_acknowledged_is_stored inv2_no_number_applied_twice inv8_number_used_exactly_once
   check: inv8_outbox_drains with -DHASTES=0

   Planted faults (-D), each with the property that must find it:
   fault: BUG_NO_NUMBER_CHECK breaks inv2_no_number_applied_twice
   fault: BUG_NUMBER_NOT_IN_TRANSACTION breaks inv2_no_number_applied_twice
   fault: BUG_NO_GAP_CHECK breaks inv8_number_used_exactly_once
   fault: BUG_ANSWERS_BEFORE_COMMIT breaks inv1_acknowledged_is_stored
   fault: BUG_TRUSTS_PUBACK breaks inv1_acknowledged_is_stored
   fault: BUG_REPEAT_NOT_ANSWERED breaks inv8_outbox_drains
   fault: BUG_NO_RESEND breaks inv8_outbox_drains
   fault: BUG_NO_FILLING breaks inv8_outbox_drains */

#define WRITES 3  /* mutations that the user makes */
#ifndef LOSSES
#define LOSSES 1  /* messages that the broker drops, in either direction */
#endif
#ifndef REPEATS
#define REPEATS 1 /* messages that it delivers once more, later */
#endif
#ifndef CRASHES
#define CRASHES 1 /* of the bridge */
#endif
#ifndef HASTES
#define HASTES 1  /* resends though the answer is only late, or because the client died and forgot that it had sent */
#endif
#ifndef TAILS
#define TAILS 1   /* times that the store silently loses its last commit (a disk that lied) */
#endif

mtype = {ack, gap}

chan to_bridge = [2] of {byte, byte}  /* first number, how many */
chan to_client = [2] of {mtype, byte} /* which answer, n */

/* Durable at the client: it has written 1..written, and has dropped 1..acked from its outbox. */
byte written, acked;
/* Lost when it dies: what it has sent since it last looked. */
byte sent;

/* Durable at the store: the last number used up, and (a ghost) how often each mutation was applied. */
byte last;
byte used[WRITES + 1];

byte losses, repeats, crashes, hastes, tails;

#define idle (len(to_bridge) == 0 && len(to_client) == 0)
#define once(i) (used[i] == (i <= last))

/* The numbers that a lost tail took with it are the one way to lose what was acknowledged; they are filled with
   noops. So the promises about what is stored hold where no tail was lost. */
ltl inv1_acknowledged_is_stored { [] (tails > 0 || (acked <= last && (acked < 1 || used[1]) && (acked < 2 || used[2]) && (acked < 3 || used[3]))) }
ltl inv2_no_number_applied_twice { [] (used[1] <= 1 && used[2] <= 1 && used[3] <= 1) }
ltl inv8_number_used_exactly_once { [] (tails > 0 || (once(1) && once(2) && once(3))) }
ltl inv8_outbox_drains { <> [] (written == WRITES && acked == WRITES) }

active proctype client() {
  byte n;
  do
  :: written < WRITES -> written++

  :: atomic { sent < written && nfull(to_bridge) ->  /* one, or all that is new: any split, any overlap */
       if
       :: to_bridge ! sent + 1, 1; sent++
       :: sent + 1 < written -> to_bridge ! sent + 1, written - sent; sent = written
       fi;
#ifdef BUG_TRUSTS_PUBACK
       acked = sent
#endif
     }

#ifndef BUG_NO_RESEND
  :: atomic { acked < sent && (idle || hastes < HASTES) ->  /* no ack for 10 s */
       if :: idle :: else -> hastes++ fi;
       sent = acked }
#endif

  :: atomic { to_client ? ack, n ->
       if :: n > acked -> acked = n :: else fi;
       if :: sent < acked -> sent = acked :: else fi; n = 0 }

  :: atomic { to_client ? gap, n ->
       if
       :: n >= acked -> acked = n; sent = n
       :: n < acked ->  /* the server has lost what it had acknowledged, or this one is late */
#ifndef BUG_NO_FILLING
          if
          :: nfull(to_bridge) -> to_bridge ! n + 1, acked - n  /* noops: their mutations are gone */
          :: full(to_bridge)                                   /* at the next resend */
          fi
#else
          skip
#endif
       fi; n = 0 }
  od
}

/* So that a run that hangs is a run that goes on for ever, and liveness means something. */
active proctype hours() { bit hand; do :: hand = 0 od }

active proctype broker() {
  do
  :: atomic { losses < LOSSES && nempty(to_bridge) -> losses++; to_bridge ? _, _ }
  :: atomic { losses < LOSSES && nempty(to_client) -> losses++; to_client ? _, _ }
  :: atomic { repeats < REPEATS && nempty(to_bridge) && nfull(to_bridge) ->
       byte n, k; repeats++; to_bridge ? <n, k>; to_bridge ! n, k; n = 0; k = 0 }
  od
}

/* All of a batch is one transaction: the mutations and the number, or nothing. */
inline commit(first, count) {
  i = first;
  do
  :: i < first + count && i <= WRITES ->
#ifndef BUG_NO_NUMBER_CHECK
       if :: i > last -> used[i]++ :: else fi;
#else
       used[i]++;
#endif
       i++
  :: else -> break
  od;
  if :: first + count - 1 > last && first <= WRITES -> last = first + count - 1 :: else fi;
  i = 0
}

active proctype bridge() {
  byte first, count, i;
  do
  :: to_bridge ? first, count ->
     if
#ifndef BUG_NO_GAP_CHECK
     :: first > last + 1 -> to_client ! gap, last
#else
     :: first > WRITES -> to_client ! gap, last
#endif
#ifdef BUG_REPEAT_NOT_ANSWERED
     :: first + count - 1 <= last -> skip
#endif
     :: else ->
#ifdef BUG_ANSWERS_BEFORE_COMMIT
        to_client ! ack, first + count - 1;
        if :: crashes < CRASHES -> crashes++; goto again :: skip fi;
#endif
#ifdef BUG_NUMBER_NOT_IN_TRANSACTION
        if :: atomic { crashes < CRASHES && first > last -> crashes++; used[first]++; goto again } :: skip fi;
#endif
        d_step { commit(first, count) };
        if
        :: crashes < CRASHES -> crashes++                 /* between commit and answer */
        :: atomic { tails < TAILS && last > 0 ->          /* the answer is out, and the commit was not on the disk */
             tails++; to_client ! ack, last; used[last] = 0; last-- }
        :: to_client ! ack, last
        fi
     fi;
#if defined(BUG_ANSWERS_BEFORE_COMMIT) || defined(BUG_NUMBER_NOT_IN_TRANSACTION)
again:
#endif
     atomic { first = 0; count = 0 }
  od
}
