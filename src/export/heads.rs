//! The first lines of an export: what it is, and how it is run.

use super::plan::Plan;
use super::words::comment;

/// How SPIN is run, as it stands in the file.
const PROMELA: &str = "
Written by `lesson explore SCENARIO --export promela FILE`, for SPIN version 6 (https://spinroot.com).

A state says where each process stands, and nothing else: at[P1] == 2 says that P1 makes its step 2 next. One move
is one step of one process. SPIN stores as many states as `lesson explore` counts.

Run it (`x.pml` is this file; it needs a C compiler):

    spin -a x.pml
    cc -O2 -DSAFETY -o pan pan.c
    ./pan -m1000000

What to look for:

    errors: 0                       no schedule deadlocks, unless SPIN also says that the search was too deep
                                    (`max search depth too small`): then give a larger -m
    invalid end state               a deadlock. `spin -t x.pml` tells the way to it, one line for each move
    ./pan -m1000000 -c0             counts all deadlocked states (`errors`) and all states (`states, stored`)

More states than memory:

    cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c         smaller states, exact, slower
    cc -O2 -DSAFETY -DBITSTATE -o pan pan.c         nearly no memory; may overlook states
    spin -search -safety -swarm8,4 x.pml            a swarm: 8 such searches at once, each in an order of its own,
                                                    with more memory after every 4; what one overlooks another finds

Ways to be killed, refused or timed out are moves as any other. Time is not in it: a time-out may fire whenever the lock
is taken.
";

/// How TLC is run, as it stands in the file. MODULE is the module's name.
const TLA: &str = "
Written by `lesson explore SCENARIO --export tla FILE`, for TLC (https://github.com/tlaplus/tlaplus).

A state says where each process stands, and nothing else: at[P1] = 2 says that P1 makes its step 2 next. One move is
one step of one process. TLC finds as many distinct states as `lesson explore` counts.

Run it (it needs Java, and tla2tools.jar from that site). Beside this file, make a file MODULE.cfg with this line:

    SPECIFICATION Spec

    java -XX:+UseParallelGC -cp tla2tools.jar tlc2.TLC -workers auto MODULE

What to look for:

    Model checking completed. No error has been found.      no schedule deadlocks
    Deadlock reached.                                       a deadlock; the lines behind it are the way to it
    tlc2.TLC -deadlock -workers auto MODULE                 does not stop there: it counts all distinct states

More states than one machine takes: all machines need tla2tools.jar, one of them this file. On that one:

    java -XX:+UseParallelGC -cp tla2tools.jar tlc2.tool.distributed.TLCServer MODULE

and on each of the others, as often as you like:

    java -XX:+UseParallelGC -cp tla2tools.jar tlc2.tool.distributed.TLCWorker NAME-OF-THE-FIRST-MACHINE

Ways to be killed, refused or timed out are moves as any other. Time is not in it: a time-out may fire whenever the lock
is taken.
";

pub(super) fn promela_head(plan: &Plan) -> String {
    let lines =
        lines(plan, PROMELA).map(|line| if line.is_empty() { " *\n".to_owned() } else { format!(" * {line}\n") });
    format!("/*\n{} */\n", lines.collect::<String>())
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
