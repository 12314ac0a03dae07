//! Transactions of every shape against each other, and what else there is on a database.

use super::{Set, check, scenario, tell};

const AT_ONCE: &str = "busy_timeout = \"0s\"";
const PATIENT: &str = "busy_timeout = \"30ms\"";
const WITH_QUEUE: &str = "busy_timeout = \"0s\"\n[locks]\nqueue = \"flock\"";

const UPGRADES: &[&str] = &["begin, select, insert, commit", "begin, select, insert, commit"];
const READERS: &[&str] = &["begin, select, commit", "begin immediate, insert, commit", "begin, select, rollback"];
const EXCLUSIVE: &[&str] = &["begin, select, commit", "begin exclusive, insert, commit", "begin, insert, commit"];
const CRASH: &[&str] = &["begin, insert, crash", "begin, select, commit", "begin, insert, commit"];
const TWO: &[&str] = &["lock A, lock B, unlock B, unlock A", "lock B, lock A shared, unlock A, unlock B"];
const AGAIN: &[&str] = &["begin, select, insert, commit; twice", "begin immediate, insert, commit; rounds = 2"];
const QUEUE: &[&str] =
    &["lock queue, begin, select, insert, commit, unlock queue", "lock queue, begin, insert, commit, unlock queue"];

#[test]
fn more_on_a_rollback_journal() {
    let set = |head, programs, ways| Set { on: "sqlite", head, programs, ways };
    let sets = [
        set(AT_ONCE, READERS, (1680, 0)),
        set(AT_ONCE, EXCLUSIVE, (392, 0)),
        set(AT_ONCE, CRASH, (1008, 0)),
        set(AT_ONCE, TWO, (20, 0)),
        set(AT_ONCE, AGAIN, (699, 0)),
        set(PATIENT, UPGRADES, (30, 20)),
        set(PATIENT, READERS, (852, 582)),
        set(PATIENT, EXCLUSIVE, (132, 150)),
        set(PATIENT, TWO, (10, 10)),
        set(WITH_QUEUE, QUEUE, (2, 9)),
    ];
    check(&sets, 53, 5596);
}

#[test]
fn more_on_a_write_ahead_log() {
    let set = |head, programs, ways| Set { on: "sqlite-wal", head, programs, ways };
    let sets = [
        set(AT_ONCE, READERS, (1680, 0)),
        set(AT_ONCE, EXCLUSIVE, (735, 0)),
        set(AT_ONCE, CRASH, (1008, 0)),
        set(AT_ONCE, TWO, (20, 0)),
        set(AT_ONCE, AGAIN, (798, 0)),
        set(PATIENT, UPGRADES, (50, 0)),
        set(PATIENT, READERS, (1680, 0)),
        set(PATIENT, EXCLUSIVE, (420, 165)),
        set(PATIENT, TWO, (10, 10)),
        set(WITH_QUEUE, QUEUE, (2, 9)),
    ];
    check(&sets, 53, 6587);
}

#[test]
fn pairs_of_transactions() {
    check_pairs("sqlite", 71, 4212);
    check_pairs("sqlite-wal", 71, 4660);
}

/// Each pair of shapes, with itself too, on one kind of database, where nobody waits.
fn check_pairs(on: &str, quick: usize, runs: usize) {
    let shapes = shapes();
    let pairs = shapes.iter().enumerate().flat_map(|(at, one)| shapes[at..].iter().map(move |other| [&**one, other]));
    let pairs: Vec<[&str; 2]> = pairs.collect();
    assert_eq!(pairs.len(), 300);
    let sets = pairs.iter().map(|pair| {
        let ways = tell::every_way(&scenario(on, AT_ONCE, pair), false).len();
        Set { on, head: AT_ONCE, programs: pair, ways: (ways, 0) }
    });
    check(&sets.collect::<Vec<_>>(), quick, runs);
}

/// Every shape of a transaction that reads or writes.
fn shapes() -> Vec<String> {
    let mut shapes = Vec::new();
    for begin in ["begin", "begin immediate", "begin exclusive"] {
        for middle in ["select", "insert", "select, insert", "insert, select"] {
            for end in ["commit", "rollback"] {
                shapes.push(format!("{begin}, {middle}, {end}"));
            }
        }
    }
    shapes
}
