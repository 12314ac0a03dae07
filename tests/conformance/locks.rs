//! Files' locks and mutexes.

use super::{Set, check};

const CROSSED: &[&str] = &["lock A, lock B, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"];
const ORDERED: &[&str] = &["lock A, lock B, unlock A, unlock B", "lock A, lock B, unlock B, unlock A"];
const MEETING: &[&str] = &["lock A, meet, lock B, unlock B, unlock A", "lock B, meet, lock A, unlock A, unlock B"];
const SHARED: &[&str] = &["lock A shared, work 1us, unlock A", "lock A shared, unlock A", "lock A, unlock A"];
const SHARED_RING: &[&str] =
    &["lock A shared, unlock A", "lock A shared, lock B, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"];
const OR_FAIL: &[&str] = &["lock A, lock B or fail, unlock B, unlock A", "lock B, lock A or fail, unlock A, unlock B"];
const AGAIN: &[&str] = &[
    "lock A, lock B or fail, unlock B, unlock A; retry = { attempts = 2, backoff = \"constant\", base = \"0s\", cap = \"0s\", jitter = \"none\" }",
    "lock B, lock A, unlock A, unlock B",
];
const MEET_AGAIN: &[&str] = &[
    "meet, lock A or fail, unlock A; retry = { attempts = 2, backoff = \"constant\", base = \"0s\", cap = \"0s\", jitter = \"none\" }",
    "lock A, meet, unlock A; rounds = 2",
];
const TIMED: &[&str] = &["lock A, lock B within 5ms, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"];
const CRASH: &[&str] = &["lock A, lock B, crash", "lock B, unlock B, lock A, unlock A"];
const ROUNDS: &[&str] = &["lock A, unlock A; rounds = 2", "lock A, work 1us, unlock A; rounds = 2"];
const THREE: &[&str] =
    &["lock A, lock B, unlock B, unlock A", "lock B, lock C, unlock C, unlock B", "lock C, lock A, unlock A, unlock C"];
const VICTIM: &str = "on_deadlock = \"victim\"";

fn set<'a>(on: &'a str, head: &'a str, programs: &'a [&'a str], ways: (usize, usize)) -> Set<'a> {
    Set { on, head, programs, ways }
}

#[test]
fn every_kind() {
    let mut sets = Vec::new();
    for on in ["flock", "ofd", "fcntl", "mutex"] {
        let is_fcntl = on == "fcntl";
        sets.push(set(on, "", CROSSED, (6, 0)));
        sets.push(set(on, "", ORDERED, (0, 0)));
        sets.push(set(on, "", MEETING, (0, 0)));
        sets.push(set(on, "", OR_FAIL, (0, 0)));
        sets.push(set(on, "", AGAIN, (0, 0)));
        sets.push(set(on, "", MEET_AGAIN, (0, 0)));
        sets.push(set(on, "", TIMED, (0, 0)));
        sets.push(set(on, "", ROUNDS, (0, 0)));
        if on != "mutex" {
            sets.push(set(on, "", SHARED, (0, 0)));
            sets.push(set(on, "", SHARED_RING, (0, 0)));
            sets.push(set(on, "", CRASH, (0, 0)));
        }
        if on != "mutex" && !is_fcntl {
            sets.push(set(on, VICTIM, CROSSED, (0, 0)));
            sets.push(set(on, VICTIM, MEETING, (0, 0)));
        }
    }
    check(&sets, 1, 0);
}

#[test]
fn three_in_a_ring() {
    let mut sets = Vec::new();
    for on in ["flock", "ofd", "fcntl", "mutex"] {
        sets.push(set(on, "", THREE, (0, 0)));
    }
    sets.push(set("flock", VICTIM, THREE, (0, 0)));
    check(&sets, 17, 0);
}
