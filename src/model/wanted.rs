//! What a step asks for: which lock, how, and for how long. Everybody who has to know reads it here.

use std::time::Duration;

use super::Mode;
use crate::scenario::{Begin, DATABASE, LockKind, Scenario, Step};

/// What a step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want<'a> {
    /// The lock.
    pub lock: &'a str,
    /// How it is to be held.
    pub mode: Mode,
    /// How many units of it, for a lock that has units.
    pub units: Option<u32>,
    /// How long its process waits: `None` for ever; zero is refused at once.
    pub patience: Option<Duration>,
    /// It is a COMMIT: its process says that, and not what it wants. Whether it needs anything depends on what it
    /// wrote.
    pub commits: bool,
}

/// What a step asks for while its process holds the one database so; `None` if it asks for nothing, or for no more than
/// its transaction holds.
pub fn wanted<'a>(scenario: &Scenario, step: &'a Step, held: Option<Mode>) -> Option<Want<'a>> {
    let on = scenario.kind_of(DATABASE);
    let mode = match step {
        Step::Lock { name, shared, within, units } => {
            let kind = kind_of(scenario, name);
            let mode = if *shared { Mode::to_read(kind) } else { Mode::to_write(kind) };
            let units = scenario.units.contains_key(name).then(|| units.unwrap_or(1));
            let patience = within.or(kind.is_sqlite().then(|| scenario.busy_timeout()));
            return Some(Want { lock: name, mode, units, patience, commits: false });
        }
        Step::Commit => Mode::Exclusive,
        Step::Begin(Begin::Exclusive) if on == LockKind::Sqlite => Mode::Exclusive,
        Step::Begin(Begin::Immediate | Begin::Exclusive) | Step::Insert => Mode::to_write(on),
        Step::Select => Mode::to_read(on),
        _ => return None,
    };
    let commits = *step == Step::Commit;
    // Who holds a lock already is refused at once: SQLite's busy handler is not even called. COMMIT does call it.
    let patience = if held.is_some() && !commits { Duration::ZERO } else { scenario.busy_timeout() };
    let want = Want { lock: DATABASE, mode, units: None, patience: Some(patience), commits };
    (commits || held.is_none_or(|held| held < mode)).then_some(want)
}

/// The kind of a lock. One with units has none: it is waited for as for a plain lock.
pub fn kind_of(scenario: &Scenario, lock: &str) -> LockKind {
    if scenario.units.contains_key(lock) { LockKind::Flock } else { scenario.kind_of(lock) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Process;

    /// `lock mode patience`, with the units behind the lock; empty if it asks for nothing.
    fn check(on: LockKind, step: &str, held: Option<Mode>, expected: &str) {
        let step: Step = step.parse().unwrap();
        let mut scenario = Scenario::new("t", on, vec![Process::new("P1", vec![step.clone()])]);
        scenario.busy_timeout = Some(Duration::from_secs(5));
        scenario.units.insert("tape".into(), 3);
        let words = wanted(&scenario, &step, held).map(|want| {
            let units = want.units.map(|units| format!(" {units}")).unwrap_or_default();
            let patience = want.patience.map_or("for ever".into(), |patience| format!("{}s", patience.as_secs()));
            format!("{}{units} {} {patience}{}", want.lock, want.mode, if want.commits { ", commits" } else { "" })
        });
        assert_eq!(words.unwrap_or_default(), expected, "{on}: {step} holding {held:?}");
    }

    #[test]
    fn each_step_asks_for_its_own() {
        use LockKind::{Flock, Sqlite, SqliteWal};
        check(Flock, "lock A", None, "A EXCLUSIVE for ever");
        check(Flock, "lock A shared within 2s", None, "A SHARED 2s");
        check(Flock, "lock A within 0s", None, "A EXCLUSIVE 0s");
        check(Flock, "lock tape 2", None, "tape 2 EXCLUSIVE for ever");
        check(Sqlite, "lock tape", None, "tape 1 EXCLUSIVE for ever");
        check(Sqlite, "lock A", None, "A RESERVED 5s");
        check(SqliteWal, "lock A shared", None, "A SNAPSHOT 5s");
        check(Sqlite, "begin", None, "");
        check(Sqlite, "begin immediate", None, "database RESERVED 5s");
        check(Sqlite, "begin exclusive", None, "database EXCLUSIVE 5s");
        check(SqliteWal, "begin exclusive", None, "database WRITER 5s");
        check(Sqlite, "select", None, "database SHARED 5s");
        check(Sqlite, "select", Some(Mode::Shared), "");
        check(Sqlite, "insert", Some(Mode::Shared), "database RESERVED 0s");
        check(Sqlite, "insert", Some(Mode::Reserved), "");
        check(Sqlite, "commit", Some(Mode::Reserved), "database EXCLUSIVE 5s, commits");
        check(Sqlite, "rollback", Some(Mode::Reserved), "");
        check(Flock, "unlock A", None, "");
    }
}
