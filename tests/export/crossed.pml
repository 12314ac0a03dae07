/* made by lesson explore --export
 * 2 processes each hold a lock and want the next one's
 *
 * Written by `lesson explore SCENARIO --export promela FILE`, for SPIN version 6 (https://spinroot.com).
 *
 * A state says where each process stands, and nothing else: at[P1] == 2 says that P1 makes its step 2 next. One move
 * is one step of one process. To be killed, refused or timed out is a move as any other. Time is not in it: a time-out
 * may fire whenever the lock is taken. SPIN stores as many states as `lesson explore` counts.
 *
 * Run it (this file is called x.pml here; it needs a C compiler):
 *
 *     spin -a x.pml
 *     cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c
 *     ./pan -m1000000
 *
 * -DNOREDUCE saves memory: in one process of SPIN's there is nothing to reduce. What to look for:
 *
 *     errors: 0                 no schedule deadlocks; but if it says `max search depth too small`, use a larger -m first
 *     invalid end state         a deadlock; `spin -t x.pml` tells the way to it, one line for each move
 *     ./pan -m1000000 -c0       does not stop there: `errors` counts the deadlocked states, `states, stored` all states
 *
 * More states than memory:
 *
 *     cc -O2 -DSAFETY -DNOREDUCE -DCOLLAPSE -o pan pan.c        smaller states, slower, as sure as before
 *     cc -O2 -DSAFETY -DNOREDUCE -DBITSTATE -o pan pan.c        with ./pan -w33: 1 GiB for all states; may overlook some
 *     spin -search -safety -noreduce -DT_RAND -swarm48,4 x.pml  a swarm: 48 of these at once, with more and more memory
 *                                                               (-w18 to -w29), each in a random order of its own: what
 *                                                               one overlooks another finds. `spin -t -k TRAIL x.pml`
 *                                                               tells the way in a file *.trail that they wrote
 *
 * -swarm says which commands it would run, and runs none, if -w stands in front of -search.
 */
#define ENDED 0
#define P1_meets_2 6 /* waits at the meeting of step 2 */
#define P2_meets_2 6 /* waits at the meeting of step 2 */

#define PROCESSES 2
#define P1 0 /* P1 */
#define P2 1 /* P2 */

/* Where each process stands: before which of its steps, ... */
byte at[PROCESSES] = 1;
byte met[PROCESSES]; /* ... behind how many meetings of this round, ... */

/* Scratch paper, no part of a state. */
hidden int first;

/* A: somebody holds it */
#define held_A ((((at[P1] >= 2 && at[P1] <= 5) || at[P1] == P1_meets_2) || at[P2] == 4))
/* B: somebody holds it */
#define held_B ((at[P1] == 4 || ((at[P2] >= 2 && at[P2] <= 5) || at[P2] == P2_meets_2)))
/* Nobody is left. */
#define all_over (at[P1] == ENDED && at[P2] == ENDED)

/* Who meets, will come to meeting number m, and has not come yet. */
#define P1_to_come(m) (at[P1] != ENDED && met[P1] <= (m) && !(at[P1] == P1_meets_2 && met[P1] == (m)))
#define P2_to_come(m) (at[P2] != ENDED && met[P2] <= (m) && !(at[P2] == P2_meets_2 && met[P2] == (m)))
#define NOBODY 2147483647

active proctype scenario() {
  do
  :: atomic {
  if
  /* P1, step 1: lock A */
  :: d_step { at[P1] == 1 && !held_A -> at[P1] = 2; printf("P1: lock A\n") }
  /* P1, step 2: meet */
  :: d_step { at[P1] == 2 -> at[P1] = P1_meets_2; printf("P1: meet\n") }
  /* P1, step 3: lock B */
  :: d_step { at[P1] == 3 && !held_B -> at[P1] = 4; printf("P1: lock B\n") }
  /* P1, step 4: unlock B */
  :: d_step { at[P1] == 4 -> at[P1] = 5; printf("P1: unlock B\n") }
  /* P1, step 5: unlock A */
  :: d_step { at[P1] == 5 -> at[P1] = ENDED; met[P1] = 0; printf("P1: unlock A\n") }
  /* P2, step 1: lock B */
  :: d_step { at[P2] == 1 && !held_B -> at[P2] = 2; printf("P2: lock B\n") }
  /* P2, step 2: meet */
  :: d_step { at[P2] == 2 -> at[P2] = P2_meets_2; printf("P2: meet\n") }
  /* P2, step 3: lock A */
  :: d_step { at[P2] == 3 && !held_A -> at[P2] = 4; printf("P2: lock A\n") }
  /* P2, step 4: unlock A */
  :: d_step { at[P2] == 4 -> at[P2] = 5; printf("P2: unlock A\n") }
  /* P2, step 5: unlock B */
  :: d_step { at[P2] == 5 -> at[P2] = ENDED; met[P2] = 0; printf("P2: unlock B\n") }
  fi;
  d_step {
    /* All who wait at the first meeting go on, once nobody is still to come to it. */
    do
    :: true ->
       first = NOBODY;
       if :: at[P1] == P1_meets_2 && met[P1] < first -> first = met[P1] :: else fi;
       if :: at[P2] == P2_meets_2 && met[P2] < first -> first = met[P2] :: else fi;
       if
       :: first == NOBODY || P1_to_come(first) || P2_to_come(first) -> break
       :: else
       fi;
       if
       :: at[P1] == P1_meets_2 && met[P1] == first -> at[P1] = 3; met[P1]++
       :: else
       fi;
       if
       :: at[P2] == P2_meets_2 && met[P2] == first -> at[P2] = 3; met[P2]++
       :: else
       fi;
    od;
    first = 0;
  }
  }
  /* Everybody has ended or crashed: no deadlock. Nothing changes any more. */
  :: d_step { all_over -> skip }
  od
}
