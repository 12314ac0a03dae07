//! What the machine does when it is tried: tiny scenarios, carried out for real, and judged by their traces.

use std::fs::File;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::run::{self, Arena, Interrupted, Options, Unfit, Unwatched};
use crate::scenario::builtin::{Exercise, Ring};
use crate::scenario::{self, LockKind, Scenario};
use crate::trace::{Check, Stored, Trace, What};
use crate::who;

/// A probe takes milliseconds; on a file system that hangs it is ended after this time.
const LONGEST: Duration = Duration::from_secs(10);

/// P2 asks once, while P1 certainly holds the lock: between their two meetings.
const ONE_LOCK: &str = r#"
title = "Two processes and one lock"
on    = "flock"

[[process]]
name  = "P1"
steps = ["lock A", "meet", "meet", "unlock A"]

[[process]]
name  = "P2"
steps = ["meet", "lock A or fail", "unlock A", "meet"]
"#;

/// Something to try. What goes wrong in it is a failed line with this remedy.
struct Probe {
    what: &'static str,
    remedy: &'static str,
    carry_out: fn(&Probe, &Arena) -> anyhow::Result<Check>,
}

const PROBES: [Probe; 5] = [
    Probe {
        what: "flock",
        remedy: "set TMPDIR to a directory on a local disk; no lesson can be trusted where flock does not exclude",
        carry_out: flock,
    },
    Probe {
        what: "/proc/locks",
        remedy: "the locks work without it; to see the kernel's own list, use Linux outside of a sandbox",
        carry_out: proc_locks,
    },
    Probe {
        what: "fcntl",
        remedy: "set TMPDIR to a directory on a local disk; `lesson deadlock --on fcntl` needs it, the others do not",
        carry_out: fcntl,
    },
    Probe { what: "SQLite rollback", remedy: DISK, carry_out: |probe, arena| sqlite(probe, arena, false) },
    Probe { what: "SQLite WAL", remedy: DISK, carry_out: |probe, arena| sqlite(probe, arena, true) },
];

const DISK: &str = "set TMPDIR to a directory on a local disk with free space";

/// Carries all probes out; without a place for them, all have failed.
pub(super) fn all(arena: Option<&Arena>) -> Result<Vec<Check>, Interrupted> {
    let try_it = |probe: &Probe| match arena.map(|arena| (probe.carry_out)(probe, arena)) {
        None => Ok(probe.failed("not tried: there is no temporary directory", "mend the temporary directory first")),
        Some(Ok(check)) => Ok(check),
        Some(Err(error)) => match error.downcast_ref::<Interrupted>() {
            Some(interrupted) => Err(*interrupted),
            None => Ok(probe.explain(&error)),
        },
    };
    PROBES.iter().map(try_it).collect()
}

impl Probe {
    fn failed(&self, found: impl Into<String>, remedy: &str) -> Check {
        Check::failed(self.what, found, remedy)
    }

    /// A probe that could not be carried out. A limit of the machine brings its own remedy, after the first `; `.
    fn explain(&self, error: &anyhow::Error) -> Check {
        let text = format!("{error:#}");
        match text.split_once("; ").filter(|_| error.is::<Unfit>()) {
            Some((found, remedy)) => self.failed(found, remedy),
            None => self.failed(text, self.remedy),
        }
    }

    /// Carries out a scenario in a room of its own.
    fn run(&self, arena: &Arena, scenario: &Scenario) -> anyhow::Result<Trace> {
        let options = Options {
            arena,
            label: format!("check {}", self.what),
            seed: 1,
            patience: Duration::from_millis(200),
            schedule: run::Schedule::Luck,
            deadline: Some(LONGEST),
            program: None,
        };
        let trace = run::run(scenario, &options, &mut Unwatched)?;
        ensure!(!trace.outcome.deadline, "it did not end within {} s", LONGEST.as_secs());
        Ok(trace)
    }
}

fn flock(probe: &Probe, arena: &Arena) -> anyhow::Result<Check> {
    let trace = probe.run(arena, &scenario::parse(ONE_LOCK, probe.what)?)?;
    Ok(match excludes(&trace) {
        true => Check::ok(probe.what, "refused to P2 while P1 held it"),
        false => probe.failed("granted to P2 while P1 held it: it excludes nobody here", probe.remedy),
    })
}

/// Whether P2 was refused after P1 got the lock and before it let go.
fn excludes(trace: &Trace) -> bool {
    let at = |who, is: fn(&What) -> bool| trace.events.iter().position(|event| event.who == who && is(&event.what));
    let gets = at(0, |what| matches!(what, What::Gets { .. }));
    let refused = at(1, |what| matches!(what, What::Refused { .. }));
    let releases = at(0, |what| matches!(what, What::Releases { .. }));
    gets.zip(refused).zip(releases).is_some_and(|((gets, refused), releases)| gets < refused && refused < releases)
}

/// The second witness of a deadlock. No lesson fails without it.
fn proc_locks(probe: &Probe, arena: &Arena) -> anyhow::Result<Check> {
    let name = arena.path().join("check.lock");
    let file = File::create(&name).with_context(|| format!("can't make {}", name.display()))?;
    file.lock().with_context(|| format!("can't lock {}", name.display()))?;
    let lines = match who::read() {
        Ok(lines) => lines,
        Err(error) => return Ok(Check::warning(probe.what, error.to_string(), probe.remedy)),
    };
    let (inode, pid) = (who::inode(&file.metadata()?), i64::from(std::process::id()));
    let mine = |line: &who::LockLine| {
        line.kind == who::LockKind::Flock && Some(line.inode) == inode && i64::from(line.pid) == pid
    };
    Ok(match lines.iter().any(mine) {
        true => Check::ok(probe.what, "shows this process's flock"),
        false => Check::warning(probe.what, "does not show this process's flock", probe.remedy),
    })
}

fn fcntl(probe: &Probe, arena: &Arena) -> anyhow::Result<Check> {
    if !cfg!(unix) {
        let remedy = "use the other lock kinds; only `--on fcntl` is missing";
        return Ok(Check::warning(probe.what, "this system has no fcntl locks", remedy));
    }
    let crossed = Ring { on: LockKind::Fcntl, ..Ring::crossed() };
    let trace = probe.run(arena, &crossed.scenario())?;
    Ok(match is_refused(&trace, "EDEADLK") {
        true => Check::ok(probe.what, "a crossed pair is refused: EDEADLK"),
        false => probe.failed("the kernel let a crossed pair wait for ever", probe.remedy),
    })
}

fn is_refused(trace: &Trace, name: &str) -> bool {
    trace.events.iter().any(|event| matches!(&event.what, What::Refused { why, .. } if why.name == name))
}

fn sqlite(probe: &Probe, arena: &Arena, wal: bool) -> anyhow::Result<Check> {
    let one_row = Exercise { processes: 1, records: 1, wal, ..Exercise::classic(Duration::ZERO) };
    let trace = probe.run(arena, &one_row.scenario())?;
    let stored = trace.outcome.database.context("the database was not examined")?;
    let journal = if wal { "wal" } else { "delete" };
    Ok(match stored.rows == 1 && stored.journal == journal && stored.integrity.as_deref() == Some("ok") {
        true => Check::ok(probe.what, "1 row stored, intact"),
        false => {
            let Stored { rows, journal, integrity } = stored;
            let integrity = integrity.unwrap_or_default();
            probe.failed(format!("{rows} of 1 row stored, journal {journal}, integrity {integrity}"), probe.remedy)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Mode;
    use crate::trace::{Aftermath, Event, Refusal};

    fn trace(events: Vec<(usize, What)>) -> Trace {
        let events = events.into_iter().map(|(who, what)| Event { at_us: 0, who, what }).collect();
        let scenario = scenario::parse(ONE_LOCK, "the probe").expect("a sound scenario");
        Trace { label: String::new(), scenario, seed: 1, events, outcome: Aftermath::default() }
    }

    fn lock() -> String {
        "A".into()
    }

    #[test]
    fn only_a_refusal_between_grant_and_release_shows_that_flock_excludes() {
        let gets = |who| (who, What::gets(lock(), Mode::Exclusive));
        let releases = || (0, What::releases(lock()));
        let why = Refusal { name: "EWOULDBLOCK".into(), code: None, text: String::new() };
        let refused =
            || (1, What::Refused { lock: lock(), mode: Mode::Exclusive, units: None, why: why.clone(), waited_us: 0 });
        let table = [
            (vec![gets(0), refused(), releases()], true),
            (vec![gets(0), gets(1), releases()], false),
            (vec![refused(), gets(0), releases()], false),
            (vec![gets(0), releases(), refused()], false),
            (vec![gets(0), refused()], false),
            (vec![], false),
        ];
        for (events, expected) in table {
            assert_eq!(excludes(&trace(events.clone())), expected, "{events:?}");
        }
        let refused_by_time = trace(vec![gets(0), refused()]);
        assert!(is_refused(&refused_by_time, "EWOULDBLOCK") && !is_refused(&refused_by_time, "EDEADLK"));
    }

    #[test]
    fn without_a_place_every_probe_has_failed() {
        let checks = all(None).expect("nobody interrupts");
        assert_eq!(checks.len(), PROBES.len());
        assert!(checks.iter().all(|check| check.status == crate::trace::Status::Failed));
    }

    #[test]
    fn a_limit_of_the_machine_brings_its_own_remedy() {
        let table: [(anyhow::Error, &str, &str); 2] = [
            (Unfit("65 files are needed; raise it: x; y".into()).into(), "65 files are needed", "raise it: x; y"),
            (anyhow::anyhow!("no space; none").context("can't make it"), "can't make it: no space; none", DISK),
        ];
        for (error, found, remedy) in table {
            assert_eq!(PROBES[4].explain(&error), Check::failed("SQLite WAL", found, remedy));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_list_is_asked_for_real() {
        let arena = Arena::new(None).expect("a temporary directory");
        let probe = PROBES.iter().find(|probe| probe.what == "/proc/locks").expect("it is in the table");
        let check = proc_locks(probe, &arena).expect("a file can be locked there");
        assert_eq!(check.found, "shows this process's flock");
    }
}
