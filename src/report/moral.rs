//! What a learner should take along from a run, said with its own numbers.

use super::words::setting;
use crate::analysis::{Figures, Outcome};
use crate::scenario::LockKind;
use crate::trace::{Command, Trace, What};

/// The last paragraph of a run; empty where there is nothing to add.
pub fn of(command: &Command, trace: &Trace, figures: &Figures) -> String {
    match command {
        Command::Locked { .. } => locked(trace, figures),
        Command::Deadlock { .. } => deadlock(trace, figures),
        Command::Fixed { .. } | Command::Run { .. } => String::new(),
    }
}

/// Source: `sqliteDefaultBusyCallback` in SQLite's `main.c`.
const NO_QUEUE: &str = "SQLite has no queue: a waiter sleeps and asks again, and whoever asks first when the lock is \
                        free gets it.";

fn locked(trace: &Trace, figures: &Figures) -> String {
    match figures.lost() {
        None | Some(0) => {
            return format!("Nothing is lost: everybody got the lock before the patience ended. {NO_QUEUE}");
        }
        Some(_) if figures.abandoned == 0 => {
            return "Rows are missing because a process died; nobody was refused for good.".into();
        }
        Some(_) => {}
    }
    let refused = match figures.abandoned {
        1 => "1 row is".to_owned(),
        rows => format!("{rows} rows are"),
    };
    format!(
        "What the classic program hides: it catches the error and goes on. {refused} lost to refusals, and its exit \
         status would have been 0. {}",
        cause(trace, figures)
    )
}

/// Why rows were lost to refusals: what this run shows of it.
fn cause(trace: &Trace, figures: &Figures) -> String {
    let patience_us = trace.scenario.busy_timeout().as_micros() as u64;
    let timeout = setting(patience_us);
    let works = trace.events.iter().any(|event| matches!(event.what, What::Works { for_us } if for_us > 0));
    // Refused long before its patience could end: it was not even allowed to wait.
    let at_once = figures.refusals.iter().any(|kind| kind.most_us < patience_us / 2);
    match (patience_us, at_once, works) {
        (0, _, _) => "With a timeout of 0 nobody waits: who finds the lock taken is refused at once.".into(),
        (_, true, _) => {
            format!("The timeout of {timeout} did not help: SQLite refused at once what no wait can solve.")
        }
        (_, _, true) => {
            format!("The slow holder is half of the cause; the other half is a patience of {timeout}. {NO_QUEUE}")
        }
        _ => format!(
            "Nobody was slow, but so many wanted the lock at once that {timeout} of patience were too few. {NO_QUEUE}"
        ),
    }
}

fn deadlock(trace: &Trace, figures: &Figures) -> String {
    let by_kernel = figures.refusals.iter().any(|kind| kind.why.name == "EDEADLK");
    let moral = match figures.outcome {
        Outcome::Deadlocked if trace.scenario.on == LockKind::Fcntl => TOO_LONG,
        Outcome::Refused if by_kernel => BY_KERNEL,
        Outcome::Refused if figures.cycles > 0 => BY_TIMEOUT,
        Outcome::Refused => NO_CYCLE,
        Outcome::Finished => BY_LUCK,
        _ => "",
    };
    moral.into()
}

/// fs/locks.c of Linux follows a chain of owners for ten steps (`MAX_DEADLK_ITERATIONS`), then gives up.
const TOO_LONG: &str = "For fcntl locks the kernel looks for a cycle before it lets anybody wait, but only so far: \
                        this ring is longer than its search, and nobody was refused.";

const BY_KERNEL: &str = "The kernel saw that this wait would close a cycle, and refused it: EDEADLK. The one that \
                         was refused let its lock go, so the others could finish. On Linux it does not look far \
                         enough for a long ring: try --processes 13.";

const BY_TIMEOUT: &str = "The cycle was there, and a time-out ended it: nobody proved a deadlock, somebody only lost \
                          patience.";

const NO_CYCLE: &str = "Nobody waited, so no cycle could close: who found a lock taken was refused at once.";

const BY_LUCK: &str = "No deadlock this time: luck decided. Without a meeting the order of the steps is not ours.";
