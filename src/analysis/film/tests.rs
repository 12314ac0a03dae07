//! Stretches of time from a few events.

use super::*;
use crate::scenario::{DATABASE, LockKind, Process, Step};
use crate::trace::Refusal;

const US: fn(usize) -> u64 = |at| 10 * at as u64;

fn refused() -> What {
    let why = Refusal { name: "timeout".into(), code: None, text: "too late".into() };
    What::Refused { lock: "B".into(), mode: Mode::Exclusive, units: None, why, waited_us: 1 }
}

/// `0 gets A`, `1 waits B`, `1 refused`, `0 closes 1 2`...; each 10 µs after the one before; the run ends at 1000.
fn film(story: &str) -> Film {
    let steps = || vec![Step::Work(std::time::Duration::ZERO)];
    let processes = (0..4).map(|who: usize| Process::new(who.to_string(), steps())).collect();
    let mut camera = Camera::new(&Scenario::new("test", LockKind::Sqlite, processes));
    for (at, line) in story.split(", ").enumerate() {
        let words: Vec<&str> = line.split(' ').collect();
        let lock = words.get(2).map_or(DATABASE, |lock| lock).to_owned();
        let waits = |mode| What::Waits { lock: lock.clone(), mode, units: None, limit_us: None };
        let what = match words[1] {
            "gets" => What::gets(lock, Mode::Exclusive),
            "reads" => What::gets(lock, Mode::Shared),
            "reserves" => What::gets(lock, Mode::Reserved),
            "waits" => waits(Mode::Exclusive),
            "frees" => What::releases(lock),
            "commits" => What::Commits { rows: 1 },
            "committed" => What::Committed { rows: 1 },
            "refused" => refused(),
            "closes" => What::ClosesCycle { cycle: camera.graph().deadlocks().remove(0), timed: false, after_us: 1 },
            _ => What::Ends,
        };
        camera.apply(&Event { at_us: US(at), who: words[0].parse().unwrap(), what });
    }
    camera.film(1000)
}

/// Holds as `0 A EXCLUSIVE 0-10`, waits as `1 A 0 0-10`, cycles as `0-10`.
fn check(story: &str, holds: &[&str], waits: &[&str], cycles: &[&str]) {
    let film = film(story);
    let lock = |at: usize| &film.locks[at];
    let held = film.holds.iter().map(|h| format!("{} {} {} {}-{}", h.who, lock(h.lock), h.mode, h.from_us, h.to_us));
    assert_eq!(held.collect::<Vec<_>>(), holds, "{story}");
    let waited = film.waits.iter().map(|w| {
        let holder = w.holder.map_or("?".into(), |who| who.to_string());
        format!("{} {} {holder} {}-{}", w.who, lock(w.lock), w.from_us, w.to_us)
    });
    assert_eq!(waited.collect::<Vec<_>>(), waits, "{story}");
    assert_eq!(film.cycles.iter().map(|r| format!("{}-{}", r.from_us, r.to_us)).collect::<Vec<_>>(), cycles, "{story}");
}

#[test]
fn waits_holds_and_cycles_have_a_beginning_and_an_end() {
    check("0 gets A, 0 frees A", &["0 A EXCLUSIVE 0-10"], &[], &[]);
    check("0 gets A, 1 waits A", &["0 A EXCLUSIVE 0-1000"], &["1 A 0 10-1000"], &[]);
    check("1 waits B, 0 gets B, 0 ends, 1 refused", &["0 B EXCLUSIVE 10-20"], &["1 B ? 0-30"], &[]);
    check(
        "0 gets A, 1 gets B, 0 waits B, 1 waits A, 1 closes, 1 refused, 1 ends, 0 gets B",
        &["0 A EXCLUSIVE 0-1000", "1 B EXCLUSIVE 10-60", "0 B EXCLUSIVE 70-1000"],
        &["0 B 1 20-70", "1 A 0 30-50"],
        &["40-50"],
    );
    check(
        "0 gets A, 1 gets B, 0 waits B, 1 waits A, 1 closes, 3 gets C",
        &["0 A EXCLUSIVE 0-1000", "1 B EXCLUSIVE 10-1000", "3 C EXCLUSIVE 50-1000"],
        &["0 B 1 20-1000", "1 A 0 30-1000"],
        &["40-1000"],
    );
}

#[test]
fn a_database_has_a_hold_for_each_state_of_its_lock() {
    check(
        "0 reads, 1 reserves, 1 commits, 1 waits, 0 committed, 1 gets, 1 committed",
        &[
            "0 database SHARED 0-40",
            "1 database RESERVED 10-30",
            "1 database PENDING 30-50",
            "1 database EXCLUSIVE 50-60",
        ],
        &["1 database 0 30-50"],
        &[],
    );
    // A COMMIT frees the lock before its process can say so: the next one's grant ends it.
    check(
        "0 reserves, 0 commits, 1 reserves, 0 committed",
        &["0 database RESERVED 0-20", "1 database RESERVED 20-1000"],
        &[],
        &[],
    );
}
