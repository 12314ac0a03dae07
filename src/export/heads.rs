//! The first lines of an export: what it is, and how it is run.

use super::plan::Plan;
use super::words::comment;

/// What the first line says of every export, so that it is known again.
pub(super) const MARK: &str = "made by lesson explore --export";

/// How SPIN is run, as it stands in the file.
const PROMELA: &str = "
Written by `lesson explore SCENARIO --export promela FILE`, for SPIN version 6 (https://spinroot.com).

A state says where each process stands, and nothing else: at[P1] == 2 says that P1 makes its step 2 next. One move
is one step of one process. To be killed, refused or timed out is a move as any other. Time is not in it: a time-out
may fire whenever the lock is taken. SPIN stores as many states as `lesson explore` counts.

Run it (this file is called x.pml here; it needs a C compiler):

    spin -a x.pml
    cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c
    ./pan -m1000000

-DNOREDUCE saves memory: in one process of SPIN's there is nothing to reduce. What to look for:

    errors: 0                 no schedule deadlocks; but if it says `max search depth too small`, use a larger -m first
    invalid end state         a deadlock; `spin -t x.pml` tells the way to it, one line for each move
    ./pan -m1000000 -c0       does not stop there: `errors` counts the deadlocked states, `states, stored` all states

More states than memory:

    cc -O2 -DSAFETY -DNOREDUCE -DCOLLAPSE -o pan pan.c        smaller states, slower, as sure as before
    cc -O2 -DSAFETY -DNOREDUCE -DBITSTATE -o pan pan.c        with ./pan -w33: 1 GiB for all states; may overlook some
    spin -search -safety -noreduce -DT_RAND -swarm48,4 x.pml  a swarm: 48 of these at once, with more and more memory
                                                              (-w18 to -w29), each in a random order of its own: what
                                                              one overlooks another finds. `spin -t -k TRAIL x.pml`
                                                              tells the way in a file *.trail that they wrote

-swarm says which commands it would run, and runs none, if -w stands in front of -search.
";

/// How TLC is run, as it stands in the file. MODULE is the module's name.
const TLA: &str = "
Written by `lesson explore SCENARIO --export tla FILE`, for TLC (https://github.com/tlaplus/tlaplus).

A state says where each process stands, and nothing else: at[P1] = 2 says that P1 makes its step 2 next. One move is
one step of one process. To be killed, refused or timed out is a move as any other. Time is not in it: a time-out may
fire whenever the lock is taken. TLC finds as many distinct states as `lesson explore` counts.

Run it (it needs Java, and tla2tools.jar from that site). First make a file MODULE.cfg beside this one, with one line:

    SPECIFICATION Spec

Then:

    java -XX:+UseParallelGC -cp tla2tools.jar tlc2.TLC -workers auto MODULE

What to look for:

    Model checking completed. No error has been found.     no schedule deadlocks
    Deadlock reached.                                      a deadlock; behind it stands the way to it, move by move
    ... tlc2.TLC -deadlock -workers auto MODULE            does not stop there: `distinct states found` are all states

More states than one machine takes: many machines (with the jar of version 1.7.4; some newer ones can't). On the one
that has this file:

    java -XX:+UseParallelGC -cp tla2tools.jar tlc2.tool.distributed.TLCServer MODULE

and on each of the others, as soon as it says that it is ready:

    java -XX:+UseParallelGC -cp tla2tools.jar tlc2.tool.distributed.TLCWorker NAME-OF-THE-FIRST-MACHINE
";

pub(super) fn promela_head(plan: &Plan) -> String {
    let lines =
        lines(plan, PROMELA).map(|line| if line.is_empty() { " *\n".to_owned() } else { format!(" * {line}\n") });
    format!("/* {MARK}\n{} */\n", lines.collect::<String>())
}

pub(super) fn tla_head(plan: &Plan, module: &str) -> String {
    let text = TLA.replace("MODULE", module);
    let lines =
        lines(plan, &text).map(|line| if line.is_empty() { "\\*\n".to_owned() } else { format!("\\* {line}\n") });
    lines.collect()
}

fn lines<'a>(plan: &'a Plan, text: &'a str) -> impl Iterator<Item = String> + 'a {
    [comment(&plan.title)].into_iter().chain(text.lines().map(str::to_owned))
}
