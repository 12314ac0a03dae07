//! Cycles in traces, and who waits behind them.

use super::*;
use crate::scenario::{LockKind, Process, Step};

/// `"0 gets A"`, `"1 waits B"`, `"0 shares A"`, `"0 frees A"`, `"0 ends"`; `"0 meets"`: all six meet once. Of money
/// there are ten units: `"0 gets money 3"`.
fn graph(story: &[&str]) -> WaitForGraph {
    let process = |who: usize| Process::new(who.to_string(), vec![Step::Meet]);
    let mut scenario = Scenario::new("test", LockKind::Flock, (0..6).map(process).collect());
    if story.iter().any(|line| line.contains("money")) {
        scenario.units.insert("money".to_owned(), 10);
    }
    let mut graph = WaitForGraph::new(&scenario);
    for line in story {
        let words: Vec<&str> = line.split(' ').collect();
        let lock = words.get(2).map(|&name| name.to_owned()).unwrap_or_default();
        let units = words.get(3).map(|units| units.parse().unwrap());
        let limit_us = (words[1] == "tries").then_some(1);
        let what = match words[1] {
            "gets" => What::Gets { lock, mode: Mode::Exclusive, units },
            "shares" => What::gets(lock, Mode::Shared),
            "waits" | "tries" => What::Waits { lock, mode: Mode::Exclusive, units, limit_us },
            "frees" => What::releases(lock),
            "meets" => What::Meets,
            _ => What::Ends,
        };
        graph.apply(&Event { at_us: 0, who: words[0].parse().unwrap(), what });
    }
    graph
}

fn check(story: &[&str], cycles: &[&[usize]], behind: &[usize]) {
    let graph = graph(story);
    let found = graph.deadlocks();
    let names: Vec<Vec<usize>> = found.iter().map(|c| c.iter().map(|e| e.waiter).collect()).collect();
    assert_eq!(names, cycles, "{story:?}");
    let members = found.iter().flatten().map(|edge| edge.waiter).collect();
    let waiters: Vec<usize> = graph.blocked_behind(&members).iter().map(|edge| edge.waiter).collect();
    assert_eq!(waiters, behind, "{story:?}");
}

#[test]
fn a_commit_that_waits_keeps_new_readers_out() {
    let lock = || DATABASE.to_owned();
    let events = [
        (0, What::gets(lock(), Mode::Shared)),
        (1, What::gets(lock(), Mode::Reserved)),
        (1, What::Commits { rows: 1 }),
        (1, What::Waits { lock: lock(), mode: Mode::Exclusive, units: None, limit_us: Some(1) }),
        (2, What::Waits { lock: lock(), mode: Mode::Shared, units: None, limit_us: Some(1) }),
    ];
    let mut graph = WaitForGraph::default();
    events.into_iter().for_each(|(who, what)| graph.apply(&Event { at_us: 0, who, what }));
    let edges: Vec<_> = [1, 2].into_iter().flat_map(|who| graph.edges_of(who)).map(|e| (e.waiter, e.holder)).collect();
    assert_eq!(edges, [(1, 0), (2, 1)]);
    let mode = |graph: &WaitForGraph| graph.holders(DATABASE).get(1).map(|hold| hold.mode);
    assert_eq!(mode(&graph), Some(Mode::Pending));
    // Refused, it keeps that until it rolls back.
    let why = crate::trace::Refusal { name: "SQLITE_BUSY".to_owned(), code: Some(5), text: String::new() };
    let refused = What::Refused { lock: lock(), mode: Mode::Exclusive, units: None, why, waited_us: 1 };
    for (what, left) in [(refused, Some(Mode::Pending)), (What::RolledBack { rows: 1 }, None)] {
        graph.apply(&Event { at_us: 1, who: 1, what });
        assert_eq!(mode(&graph), left);
    }
}

#[test]
fn cycles_and_those_behind_them() {
    check(&["0 gets A", "1 gets B", "0 waits B"], &[], &[]);
    check(&["0 gets A", "1 gets B", "0 waits B", "1 waits A"], &[&[0, 1]], &[]);
    check(&["0 gets A", "1 gets B", "1 waits A", "0 waits B", "2 waits A", "3 waits B"], &[&[0, 1]], &[2, 3]);
    check(&["2 gets C", "1 gets B", "0 gets A", "0 waits B", "1 waits C", "2 waits A"], &[&[0, 1, 2]], &[]);
    // A chain behind a cycle, and a second cycle beside it.
    let two = ["0 gets A", "1 gets B", "0 waits B", "1 waits A", "2 gets C", "2 waits A", "3 waits C"];
    check(&two, &[&[0, 1]], &[2, 3]);
    let beside = ["4 gets E", "5 gets F", "4 waits F", "5 waits E"];
    check(&[&two[..], &beside[..]].concat(), &[&[0, 1], &[4, 5]], &[2, 3]);
    // The way back leads through the second of two sharers.
    check(&["0 shares A", "1 shares A", "2 gets B", "2 waits A", "1 waits B"], &[&[1, 2]], &[]);
    check(&["0 gets A", "1 gets B", "0 waits B", "1 waits A", "1 ends"], &[], &[]);
    // Two cycles through 2; the one with a time-out does not hide the other.
    let shared = ["0 shares A", "1 shares A", "2 gets B", "2 gets C", "0 waits B", "1 tries C"];
    check(&[&shared[..], &["2 waits A"]].concat(), &[&[0, 2]], &[1]);
    check(&["0 gets A", "1 gets B", "0 tries B", "1 waits A"], &[], &[]);
    // 0 waits at the meeting for everybody; 1 can't come, because it waits for what 0 holds.
    check(&["0 gets A", "0 meets", "2 meets"], &[], &[]);
    check(&["0 gets A", "0 meets", "2 meets", "1 waits A"], &[&[0, 1]], &[2]);
    check(&["0 gets A", "0 meets", "1 waits A", "0 ends"], &[], &[]);
}

#[test]
fn units_come_from_whoever_has_them() {
    let lent = ["0 gets money 3", "1 gets money 5", "2 gets money 2"];
    let both = ["0 waits money 4", "2 waits money 4"];
    let told = |more: &[&'static str]| [&lent[..], &both[..], more].concat();
    // 1 holds enough, as long as it goes on: it does not wait, or waits for a while only, or for somebody who goes on.
    check(&told(&[]), &[], &[]);
    check(&told(&["1 tries money 1"]), &[], &[]);
    check(&told(&["3 gets A", "1 waits A"]), &[], &[]);
    check(&told(&["1 waits money 1"]), &[&[0, 2, 1]], &[]);
    // 3 can't go on, and so neither can 1; all the others wait behind that one deadlock.
    check(&told(&["3 gets A", "4 gets B", "1 waits A", "3 waits B", "4 waits A"]), &[&[3, 4]], &[0, 1, 2]);
    // 1 has too few for either of them.
    let few = ["0 gets money 4", "1 gets money 2", "2 gets money 2", "0 waits money 5", "2 waits money 5"];
    check(&few, &[&[0, 2]], &[]);
    // 1 gives some back: enough for 0, and with what 0 holds for 2; or none is left that is enough.
    check(&[&few[..], &["2 ends"]].concat(), &[], &[]);
    let more = ["0 gets money 1", "0 gets money 2", "1 gets money 7", "0 waits money 1", "1 waits money 1"];
    check(&more, &[&[0, 1]], &[]);
    check(&[&more[..4], &["1 frees money", "1 gets A"]].concat(), &[], &[]);
    // A whole lock and units in one cycle, which 2 opens as long as it goes on.
    let mixed = ["0 gets A", "1 gets money 6", "2 gets money 4", "1 waits A", "0 waits money 4"];
    check(&mixed, &[], &[]);
    check(&[&mixed[..], &["2 waits money 1"]].concat(), &[&[0, 2, 1]], &[]);
    check(&[&mixed[..4], &["0 waits money 5"]].concat(), &[&[0, 1]], &[]);
    // Everybody has to come to the meeting.
    check(&["0 gets money 6", "1 gets money 4", "1 waits money 1", "0 meets"], &[&[0, 1]], &[]);
    check(&["0 gets money 5", "1 gets money 4", "2 gets money 1", "1 waits money 1", "0 meets"], &[], &[]);
}
