//! Files' locks and mutexes. What a schedule means, and so how many there are, is the same on each kind.

use super::{Set, check};

/// Programs, and in how many ways they can be told: without waiting, and with.
type Programs = (&'static [&'static str], (usize, usize));

const CROSSED: Programs = (&["lock A, lock B, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"], (6, 10));
const MEETING: Programs =
    (&["lock A, meet, lock B, unlock B, unlock A", "lock B, meet, lock A, unlock A, unlock B"], (6, 12));

/// Programs for every kind.
const EVERYWHERE: [Programs; 8] = [
    CROSSED,
    MEETING,
    (&["lock A, lock B, unlock A, unlock B", "lock A, lock B, unlock B, unlock A"], (3, 8)),
    (&["lock A, lock B or fail, unlock B, unlock A", "lock B, lock A or fail, unlock A, unlock B"], (10, 4)),
    (&["lock A, lock B or fail, unlock B, unlock A; twice", "lock B, lock A, unlock A, unlock B"], (15, 23)),
    (&["meet, lock A or fail, unlock A; twice", "lock A, meet, unlock A; rounds = 2"], (45, 9)),
    (&["lock A, lock B within 5ms, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"], (6, 10)),
    (&["lock A, unlock A; rounds = 2", "lock A, work 1us, unlock A; rounds = 2"], (6, 41)),
];

/// Programs for files' locks: a mutex is never shared, and threads die together.
const FILES: [Programs; 3] = [
    (&["lock A shared, work 1us, unlock A", "lock A shared, unlock A", "lock A, unlock A"], (22, 59)),
    (
        &["lock A shared, unlock A", "lock A shared, lock B, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"],
        (108, 284),
    ),
    (&["lock A, lock B, crash", "lock B, unlock B, lock A, unlock A"], (5, 12)),
];

const THREE: Programs = (
    &["lock A, lock B, unlock B, unlock A", "lock B, lock C, unlock C, unlock B", "lock C, lock A, unlock A, unlock C"],
    (168, 1077),
);

const VICTIM: &str = "on_deadlock = \"victim\"";

fn set(on: &'static str, head: &'static str, (programs, ways): Programs) -> Set<'static> {
    Set { on, head, programs, ways }
}

#[test]
fn two_or_three_on_every_kind() {
    let mut sets = Vec::new();
    for on in ["flock", "ofd", "fcntl", "mutex"].into_iter().filter(is_there) {
        sets.extend(EVERYWHERE.map(|programs| set(on, "", programs)));
        if on != "mutex" {
            sets.extend(FILES.map(|programs| set(on, "", programs)));
        }
        if on == "flock" || on == "ofd" {
            sets.extend([CROSSED, MEETING].map(|programs| set(on, VICTIM, programs)));
        }
    }
    check(&sets, 4, 2394);
}

#[test]
fn three_in_a_ring() {
    let kinds = ["flock", "ofd", "fcntl", "mutex"].into_iter().filter(is_there);
    let mut sets: Vec<Set> = kinds.map(|on| set(on, "", THREE)).collect();
    sets.push(set("flock", VICTIM, THREE));
    check(&sets, 40, 6225);
}

/// Whether this system has the kind; open-file-description locks are there on Linux only.
fn is_there(on: &&str) -> bool {
    cfg!(target_os = "linux") || *on == "flock" || *on == "mutex"
}
