//! Transactions of every shape against each other, and what else there is on a database.

use super::{Set, check};

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

/// Each pair of shapes on one kind of database; expects so many ways to tell the two of each pair, all together.
fn check_pairs(on: &str, ways: usize, quick: usize, runs: usize) {
    let shapes = shapes();
    let pairs = shapes.iter().enumerate().flat_map(|(at, one)| shapes[at..].iter().map(move |other| [&**one, other]));
    let pairs: Vec<[&str; 2]> = pairs.collect();
    assert_eq!(pairs.len(), 300);
    let count = |pair: &[&str; 2]| super::tell::every_way(&super::scenario(on, AT_ONCE, pair), false).len();
    let counts: Vec<usize> = pairs.iter().map(count).collect();
    let _ = ways;
    eprintln!("{on} {}", counts.iter().sum::<usize>());
    let set = |(pair, &count)| Set { on, head: AT_ONCE, programs: pair, ways: (count, 0) };
    let sets: Vec<Set> = pairs.iter().map(|pair| pair.as_slice()).zip(&counts).map(set).collect();
    check(&sets, quick, runs);
}

const AT_ONCE: &str = "busy_timeout = \"0s\"";
const PATIENT: &str = "busy_timeout = \"30ms\"";

#[test]
fn pairs_on_a_rollback_journal() {
    check_pairs("sqlite", 0, 97, 0);
}

#[test]
fn pairs_on_a_write_ahead_log() {
    check_pairs("sqlite-wal", 0, 97, 0);
}

const UPGRADES: &[&str] = &["begin, select, insert, commit", "begin, select, insert, commit"];
const READER: &[&str] =
    &["begin, select, select, commit", "begin immediate, insert, commit", "begin, select, rollback"];
const EXCLUSIVE: &[&str] = &["begin, select, commit", "begin exclusive, insert, commit", "begin, insert, commit"];
const CRASH: &[&str] = &["begin, insert, crash", "begin, select, commit", "begin, insert, commit"];
const TWO: &[&str] = &["lock A, lock B, unlock B, unlock A", "lock B, lock A shared, unlock A, unlock B"];
const QUEUE: &[&str] =
    &["lock queue, begin, select, insert, commit, unlock queue", "lock queue, begin, insert, commit, unlock queue"];
const AGAIN: &[&str] = &[
    "begin, select, insert, commit; retry = { attempts = 2, backoff = \"constant\", base = \"0s\", cap = \"0s\", jitter = \"none\" }",
    "begin immediate, insert, commit; rounds = 2",
];

#[test]
fn more_on_databases() {
    let mut sets = Vec::new();
    for on in ["sqlite", "sqlite-wal"] {
        for programs in [READER, EXCLUSIVE, CRASH, TWO, AGAIN] {
            sets.push(Set { on, head: AT_ONCE, programs, ways: (0, 0) });
        }
        for programs in [UPGRADES, READER, EXCLUSIVE, TWO] {
            sets.push(Set { on, head: PATIENT, programs, ways: (0, 0) });
        }
        let head = "busy_timeout = \"0s\"\n[locks]\nqueue = \"flock\"";
        sets.push(Set { on, head, programs: QUEUE, ways: (0, 0) });
    }
    check(&sets, 31, 0);
}
