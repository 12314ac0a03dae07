//! SQLite's lock as a ladder: each process stands on the rung of its lock state.

use maud::{Markup, html};

use super::super::reel::Reel;
use crate::analysis::WaitForGraph;
use crate::model::Mode;
use crate::report::{clean, cut, list};
use crate::scenario::{DATABASE, LockKind, Scenario};

/// More databases than this have no ladder.
const MOST: usize = 4;

/// The rungs of a rollback journal, from the top down, and what each means.
const ROLLBACK: [(Option<Mode>, &str, &str); 5] = [
    (Some(Mode::Exclusive), "EXCLUSIVE", "writes to the file; nobody else"),
    (Some(Mode::Pending), "PENDING", "wants to write now; no new readers"),
    (Some(Mode::Reserved), "RESERVED", "will write; readers may still come"),
    (Some(Mode::Shared), "SHARED", "reads"),
    (None, "UNLOCKED", "has no lock"),
];

/// The same in WAL mode.
const WAL: [(Option<Mode>, &str, &str); 3] = [
    (Some(Mode::Writer), "WRITING", "the one writer; readers don't mind"),
    (Some(Mode::Snapshot), "READING", "reads a snapshot"),
    (None, "UNLOCKED", "has no lock"),
];

/// No process can tell of what happens within one call of SQLite.
const UNSEEN: &str = "An ordinary COMMIT goes through PENDING and EXCLUSIVE within one call of SQLite, of which no \
                      process can tell: it stands at RESERVED here until it is done.";

/// The ladder of one database.
pub(super) struct Ladder {
    lock: String,
    rungs: &'static [(Option<Mode>, &'static str, &'static str)],
}

impl Ladder {
    /// One for each database that somebody held or waited for.
    pub(super) fn all(reel: &Reel) -> Vec<Self> {
        let scenario = &reel.trace.scenario;
        let databases = reel.film.locks.iter().filter(|lock| Self::is_of(scenario, lock));
        let ladder = |lock: &String| {
            let rungs: &[_] = if kind_of(scenario, lock) == LockKind::SqliteWal { &WAL } else { &ROLLBACK };
            Self { lock: lock.clone(), rungs }
        };
        databases.take(MOST).map(ladder).collect()
    }

    /// Whether a lock is SQLite's.
    pub(super) fn is_of(scenario: &Scenario, lock: &str) -> bool {
        !scenario.units.contains_key(lock) && kind_of(scenario, lock).is_sqlite()
    }

    /// Who stands on each rung.
    pub(super) fn names(&self, graph: &WaitForGraph, reel: &Reel) -> Vec<String> {
        let holders = graph.holders(&self.lock);
        let mode = |who: usize| holders.get(who).map(|hold| hold.mode);
        // WAL: whoever has more than a snapshot writes.
        let rung = |mode: Option<Mode>| self.rungs.iter().position(|rung| rung.0 == mode).unwrap_or(0);
        let mut names = vec![Vec::new(); self.rungs.len()];
        for (&who, lane) in reel.cast.iter().zip(&reel.lanes) {
            names[rung(mode(who))].push(lane.name.clone());
        }
        names.iter().map(|names| if names.is_empty() { String::new() } else { list(names) }).collect()
    }

    /// The table; the names are filled in for one instant.
    pub(super) fn table(&self, names: &[String]) -> Markup {
        let lock = cut(&clean(&self.lock), 40);
        html! {
            table class="ladder" {
                caption { "The lock of " bdi { (lock) } }
                @for ((_, rung, means), names) in self.rungs.iter().zip(names) {
                    tr {
                        th scope="row" title=(means) { (rung) }
                        td data-rung { (names) }
                        td class="faint means" { (means) }
                    }
                }
            }
            @if self.rungs.len() == ROLLBACK.len() { p class="faint unseen" { (UNSEEN) } }
        }
    }
}

fn kind_of(scenario: &Scenario, lock: &str) -> LockKind {
    if lock == DATABASE { scenario.on } else { scenario.kind_of(lock) }
}
