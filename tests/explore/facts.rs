//! Small scenarios whose numbers were found with pencil and paper.

use std::time::Duration;

use lesson::scenario::builtin::{banker, philosophers};
use lesson::scenario::{Backoff, Jitter, LockKind, OnDeadlock, Process, Retry, Scenario, Step};

use super::count::Naive;

const CROSSED: [&str; 2] = ["lock A, lock B, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"];
const CERTAIN: [&str; 2] = ["lock A, meet, lock B, unlock B, unlock A", "lock B, meet, lock A, unlock A, unlock B"];

/// More than any of them has.
const MOST_STATES: usize = 10_000;

#[track_caller]
fn check(scenario: &Scenario, expected: &str) {
    assert_eq!(lesson::scenario::check(scenario), Ok(()));
    let found = Naive::explore(scenario, MOST_STATES).expect("few states");
    assert_eq!(found.to_string(), expected, "{}", lesson::scenario::to_toml(scenario));
}

/// Processes that carry out `programs`, on locks of the kind `on`.
fn scenario(on: LockKind, programs: &[&str]) -> Scenario {
    let steps = |program: &str| program.split(", ").map(|step| step.parse::<Step>().expect(step)).collect();
    let process = |(who, program): (usize, &&str)| Process::new(format!("P{}", who + 1), steps(program));
    Scenario::new("t", on, programs.iter().enumerate().map(process).collect())
}

/// The same on a database with this patience in seconds.
fn database(on: LockKind, patience: u64, programs: &[&str]) -> Scenario {
    Scenario { busy_timeout: Some(Duration::from_secs(patience)), ..scenario(on, programs) }
}

fn with_attempts(attempts: u32, mut scenario: Scenario) -> Scenario {
    let pause = Duration::from_millis(1);
    let retry = Retry { backoff: Backoff::Constant, base: pause, cap: pause, jitter: Jitter::Full, attempts };
    scenario.processes.iter_mut().for_each(|process| process.retry = Some(retry.clone()));
    scenario
}

/// The last one takes the right fork first, and puts both back in reverse order.
fn swapped(n: usize) -> Scenario {
    let mut scenario = philosophers(n);
    if let Some(last) = scenario.processes.last_mut() {
        last.steps.swap(0, 1);
        last.steps.swap(2, 3);
    }
    scenario
}

#[test]
fn philosophers_may_starve() {
    let table = [
        (2, "19 states, 22 moves; 18 safe, 1 deadlocked after 2", "6 schedules: 2 deadlocked (1/2)"),
        (3, "87 states, 153 moves; 86 safe, 1 deadlocked after 3", "168 schedules: 6 deadlocked (1/3)"),
        (4, "391 states, 924 moves; 390 safe, 1 deadlocked after 4", "98184 schedules: 24 deadlocked (11/48)"),
        (5, "1743 states, 5155 moves; 1742 safe, 1 deadlocked after 5", "66468720 schedules: 120 deadlocked (19/120)"),
    ];
    for (n, states, schedules) in table {
        check(&philosophers(n), &format!("{states}\n{schedules}, 0 refused, 0 losing"));
    }
}

#[test]
fn unless_one_is_left_handed() {
    let table = [
        (2, "16 states, 16 moves; 16 safe", "2 schedules"),
        (3, "72 states, 116 moves; 72 safe", "142 schedules"),
        (4, "320 states, 704 moves; 320 safe", "64000 schedules"),
        (5, "1424 states, 3976 moves; 1424 safe", "49719072 schedules"),
    ];
    for (n, states, schedules) in table {
        check(&swapped(n), &format!("{states}, 0 deadlocked\n{schedules}: 0 deadlocked (0/1), 0 refused, 0 losing"));
    }
}

#[test]
fn a_crossing_ends_as_its_locks_allow() {
    let on = |kind| scenario(kind, &CROSSED);
    let victim = Scenario { on_deadlock: OnDeadlock::Victim, ..on(LockKind::Flock) };
    let or_fail = ["lock A, lock B or fail, unlock B, unlock A", CROSSED[1]];
    let stuck =
        "19 states, 22 moves; 18 safe, 1 deadlocked after 2\n6 schedules: 2 deadlocked (1/2), 0 refused, 0 losing";
    for kind in [LockKind::Flock, LockKind::Ofd, LockKind::Mutex] {
        check(&on(kind), stuck);
    }
    // The kernel refuses whoever closes the cycle: from there each of the two can be the one.
    check(&on(LockKind::Fcntl), &all_end(19, 24, 8, 4, 0));
    // The other one goes on alone, three moves more.
    check(&victim, &all_end(27, 30, 8, 0, 0));
    // Refused also where the other one is about to let go.
    check(&scenario(LockKind::Flock, &or_fail), &all_end(19, 24, 7, 3, 0));
    check(&on(LockKind::Sqlite), &all_end(19, 28, 12, 8, 0));
    check(&on(LockKind::SqliteWal), &all_end(19, 28, 12, 8, 0));
}

#[test]
fn a_meeting_makes_it_certain() {
    let on = |kind| scenario(kind, &CERTAIN);
    let stuck =
        "9 states, 12 moves; 0 safe, 1 deadlocked after 4\n6 schedules: 6 deadlocked (1/1), 0 refused, 0 losing";
    check(&on(LockKind::Flock), stuck);
    check(&Scenario { on_deadlock: OnDeadlock::Victim, ..on(LockKind::Flock) }, &all_end(17, 20, 12, 0, 0));
    check(&on(LockKind::Fcntl), &all_end(16, 20, 12, 12, 0));
    // Who has passed a meeting does not wait there in the next attempt.
    let again = scenario(LockKind::Flock, &["meet, lock A or fail, unlock A", "meet, lock A, unlock A"]);
    check(&with_attempts(2, again), &all_end(16, 20, 10, 6, 0));
    // One at the meeting with the lock that the other one needs to come to it.
    let late = scenario(LockKind::Flock, &["lock A, meet, unlock A", "lock A, unlock A, meet"]);
    check(
        &late,
        "11 states, 12 moves; 9 safe, 1 deadlocked after 2\n4 schedules: 1 deadlocked (1/2), 0 refused, 0 losing",
    );
    // Nobody waits for the dead.
    check(&scenario(LockKind::Flock, &["meet", "crash"]), &all_end(4, 4, 2, 0, 0));
}

#[test]
fn readers_share() {
    let programs = ["lock A, unlock A", "lock A shared, unlock A"];
    check(&scenario(LockKind::Flock, &programs), &all_end(8, 8, 2, 0, 0));
    check(&scenario(LockKind::Sqlite, &programs), &all_end(9, 12, 6, 0, 0));
    check(&scenario(LockKind::Flock, &[programs[1]; 2]), &all_end(9, 12, 6, 0, 0));
}

#[test]
fn rounds_and_attempts_end_or_not() {
    let one = |program, rounds, seconds: Option<u64>| {
        let mut scenario = scenario(LockKind::Flock, &[program]);
        scenario.processes[0].rounds = rounds;
        scenario.processes[0].lasting = seconds.map(Duration::from_secs);
        scenario
    };
    check(&one("lock A, unlock A", Some(2), None), &all_end(5, 4, 1, 0, 0));
    check(&one("work 1s", Some(2), Some(1)), &all_end(3, 3, 2, 0, 0));
    check(&one("work 1s", None, Some(1)), "2 states, 2 moves; 2 safe, 0 deadlocked; without end");
    let tried = scenario(LockKind::Flock, &["lock A or fail, unlock A", "lock A, unlock A"]);
    check(&with_attempts(2, tried.clone()), &all_end(11, 13, 4, 2, 0));
    check(&with_attempts(21, tried), "8 states, 9 moves; 8 safe, 0 deadlocked; without end");
}

#[test]
fn whoever_reads_first_may_not_write() {
    // Two readers who would write: one of them is refused whenever they overlap, and never both.
    let trap = ["begin, select, insert, commit"; 2];
    check(&database(LockKind::Sqlite, 0, &trap), &all_end(24, 38, 50, 40, 40));
    check(&database(LockKind::Sqlite, 5, &trap), &all_end(28, 44, 70, 60, 60));
    // What the one has read, the other has overwritten.
    check(&database(LockKind::SqliteWal, 5, &trap), &all_end(26, 40, 50, 40, 40));
    check(&database(LockKind::SqliteWal, 0, &trap), &all_end(26, 40, 50, 40, 40));
}

#[test]
fn a_writer_waits_for_readers() {
    let commits = ["begin immediate, commit", "begin, select, rollback"];
    check(&database(LockKind::Sqlite, 5, &commits), &all_end(14, 20, 13, 3, 0));
    check(&database(LockKind::SqliteWal, 5, &commits), &all_end(12, 17, 10, 0, 0));
    let alone = ["begin exclusive, rollback", "begin, select, rollback"];
    check(&database(LockKind::Sqlite, 5, &alone), &all_end(13, 18, 8, 3, 0));
}

#[test]
fn the_victim_s_row_is_lost() {
    let mut guarded =
        database(LockKind::Sqlite, 5, &["lock A, lock B, begin, insert, commit, unlock B, unlock A", CROSSED[1]]);
    guarded.on_deadlock = OnDeadlock::Victim;
    guarded.locks = ["A", "B"].map(|name| (name.to_owned(), LockKind::Flock)).into();
    check(&guarded, &all_end(36, 39, 8, 0, 2));
}

#[test]
fn units_are_shared_out() {
    let tapes = |on, programs: &[&str]| {
        let mut scenario = scenario(on, programs);
        scenario.units.insert("tape".into(), 2);
        scenario
    };
    let stuck =
        "13 states, 14 moves; 12 safe, 1 deadlocked after 2\n4 schedules: 2 deadlocked (1/2), 0 refused, 0 losing";
    for on in LockKind::ALL {
        check(&tapes(on, &["lock tape, lock tape 1, unlock tape"; 2]), stuck);
    }
    let give_back = ["lock tape 2, unlock tape 1, unlock tape", "lock tape, unlock tape 1"];
    check(&tapes(LockKind::Flock, &give_back), &all_end(11, 13, 4, 0, 0));
    check(&banker(true), &all_end(20, 24, 6, 0, 0));
    check(
        &banker(false),
        "46 states, 73 moves; 42 safe, 1 deadlocked after 5\n50 schedules: 20 deadlocked (67/108), 0 refused, 0 losing",
    );
}

#[test]
fn a_victim_is_taken_where_nobody_else_can_serve() {
    let lent = |second: &str, on_deadlock| {
        let lends = |first: u32| format!("lock money {first}, lock money 4, unlock money");
        let mut scenario = scenario(LockKind::Flock, &[&lends(3), second, &lends(2)]);
        scenario.units.insert("money".into(), 10);
        scenario.on_deadlock = on_deadlock;
        scenario
    };
    let (works, waits) = ("lock money 5, work 1s, unlock money", "lock money 5, lock money 1, unlock money");
    for on_deadlock in [OnDeadlock::Watch, OnDeadlock::Victim] {
        check(&lent(works, on_deadlock), &all_end(48, 79, 78, 0, 0));
    }
    // Each of the six orders in which all three take their first portion.
    let stuck =
        "47 states, 75 moves; 46 safe, 1 deadlocked after 3\n60 schedules: 6 deadlocked (8/27), 0 refused, 0 losing";
    check(&lent(waits, OnDeadlock::Watch), stuck);
    check(&lent(waits, OnDeadlock::Victim), &all_end(65, 94, 78, 0, 0));
}

/// Where every state is safe.
fn all_end(states: usize, moves: usize, schedules: u32, refused: u32, losing: u32) -> String {
    format!(
        "{states} states, {moves} moves; {states} safe, 0 deadlocked\n{schedules} schedules: 0 deadlocked (0/1), \
         {refused} refused, {losing} losing"
    )
}
