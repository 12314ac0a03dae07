---- MODULE Crossed ---- \* made by lesson explore --export
\* 2 processes each hold a lock and want the next one's
\*
\* Written by `lesson explore SCENARIO --export tla FILE`, for TLC (https://github.com/tlaplus/tlaplus).
\*
\* A state says where each process stands, and nothing else: at[P1] = 2 says that P1 makes its step 2 next. One move is
\* one step of one process. To be killed, refused or timed out is a move as any other. Time is not in it: a time-out may
\* fire whenever the lock is taken. TLC finds as many distinct states as `lesson explore` counts.
\*
\* Run it (it needs Java, and tla2tools.jar from that site). First make a file Crossed.cfg beside this one, with one line:
\*
\*     SPECIFICATION Spec
\*
\* Then:
\*
\*     java -XX:+UseParallelGC -cp tla2tools.jar tlc2.TLC -workers auto Crossed
\*
\* What to look for:
\*
\*     Model checking completed. No error has been found.     no schedule deadlocks
\*     Deadlock reached.                                      a deadlock; behind it stands the way to it, move by move
\*     ... tlc2.TLC -deadlock -workers auto Crossed            does not stop there: `distinct states found` are all states
\*
\* More states than one machine takes: many machines (with the jar of version 1.7.4; some newer ones can't). On the one
\* that has this file:
\*
\*     java -XX:+UseParallelGC -cp tla2tools.jar tlc2.tool.distributed.TLCServer Crossed
\*
\* and on each of the others, as soon as it says that it is ready:
\*
\*     java -XX:+UseParallelGC -cp tla2tools.jar tlc2.tool.distributed.TLCWorker NAME-OF-THE-FIRST-MACHINE
EXTENDS Naturals

ENDED == 0
P1_meets_2 == 6 \* waits at the meeting of step 2
P2_meets_2 == 6 \* waits at the meeting of step 2

P1 == 1 \* P1
P2 == 2 \* P2
Processes == 1..2

\* Where each process stands:
VARIABLES
  at, \* before which of its steps, ...
  met \* ... behind how many meetings of this round, ...
vars == <<at, met>>

Init ==
  /\ at = [p \in Processes |-> 1]
  /\ met = [p \in Processes |-> 0]

\* A: somebody holds it
held_A == (((at[P1] >= 2 /\ at[P1] \leq 5) \/ at[P1] = P1_meets_2) \/ at[P2] = 4)
\* B: somebody holds it
held_B == (at[P1] = 4 \/ ((at[P2] >= 2 /\ at[P2] \leq 5) \/ at[P2] = P2_meets_2))
\* Nobody is left.
AllOver == at[P1] = ENDED /\ at[P2] = ENDED

\* A state as one value.
Now == [at |-> at, met |-> met]
\* Who meets, in state s has not come to meeting number m yet, and will.
P1_to_come(s, m) == s.at[P1] # ENDED /\ s.met[P1] \leq m /\ ~(s.at[P1] = P1_meets_2 /\ s.met[P1] = m)
P2_to_come(s, m) == s.at[P2] # ENDED /\ s.met[P2] \leq m /\ ~(s.at[P2] = P2_meets_2 /\ s.met[P2] = m)
\* The numbers of the meetings at which somebody waits.
Waiting(s) ==
  (IF s.at[P1] = P1_meets_2 THEN {s.met[P1]} ELSE {})
  \cup (IF s.at[P2] = P2_meets_2 THEN {s.met[P2]} ELSE {})
P1_goes_on(s, m) ==
  IF s.at[P1] = P1_meets_2 /\ s.met[P1] = m THEN [s EXCEPT !.at = [s.at EXCEPT ![P1] = 3], !.met = [s.met EXCEPT ![P1] = @ + 1]] ELSE
  s
P2_goes_on(s, m) ==
  IF s.at[P2] = P2_meets_2 /\ s.met[P2] = m THEN [s EXCEPT !.at = [s.at EXCEPT ![P2] = 3], !.met = [s.met EXCEPT ![P2] = @ + 1]] ELSE
  s
\* All who wait at the first meeting go on, once nobody is still to come to it.
RECURSIVE Open(_)
Open(s) ==
  IF Waiting(s) = {} THEN s ELSE
  LET m == CHOOSE m \in Waiting(s) : \A n \in Waiting(s) : m \leq n
  IN IF (P1_to_come(s, m) \/ P2_to_come(s, m)) THEN s ELSE Open(P2_goes_on(P1_goes_on(s, m), m))
\* Everybody stands as in s, behind the meetings that are complete.
Become(s) == LET t == Open(s) IN at' = t.at /\ met' = t.met

\* P1: lock A
P1_1_lock_A ==
  /\ at[P1] = 1
  /\ ~held_A
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P1] = 2]])

\* P1: meet
P1_2_meet ==
  /\ at[P1] = 2
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P1] = P1_meets_2]])

\* P1: lock B
P1_3_lock_B ==
  /\ at[P1] = 3
  /\ ~held_B
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P1] = 4]])

\* P1: unlock B
P1_4_unlock_B ==
  /\ at[P1] = 4
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P1] = 5]])

\* P1: unlock A
P1_5_unlock_A ==
  /\ at[P1] = 5
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P1] = ENDED], !.met = [met EXCEPT ![P1] = 0]])

\* P2: lock B
P2_1_lock_B ==
  /\ at[P2] = 1
  /\ ~held_B
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P2] = 2]])

\* P2: meet
P2_2_meet ==
  /\ at[P2] = 2
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P2] = P2_meets_2]])

\* P2: lock A
P2_3_lock_A ==
  /\ at[P2] = 3
  /\ ~held_A
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P2] = 4]])

\* P2: unlock A
P2_4_unlock_A ==
  /\ at[P2] = 4
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P2] = 5]])

\* P2: unlock B
P2_5_unlock_B ==
  /\ at[P2] = 5
  /\ Become([Now EXCEPT !.at = [at EXCEPT ![P2] = ENDED], !.met = [met EXCEPT ![P2] = 0]])

P1_moves ==
  \/ P1_1_lock_A
  \/ P1_2_meet
  \/ P1_3_lock_B
  \/ P1_4_unlock_B
  \/ P1_5_unlock_A

P2_moves ==
  \/ P2_1_lock_B
  \/ P2_2_meet
  \/ P2_3_lock_A
  \/ P2_4_unlock_A
  \/ P2_5_unlock_B

\* Everybody has ended or crashed: no deadlock. Nothing changes any more.
Over == AllOver /\ UNCHANGED vars

Next ==
  \/ P1_moves
  \/ P2_moves
  \/ Over

Spec == Init /\ [][Next]_vars
====
