//! `lesson fixed`: what each row promises, from its JSON.

mod common;

use common::{json, number, run, runs};
use serde_json::Value;

/// The rows of a call that has to show what it promises, by name.
fn rows(words: &str, names: &[&str]) -> Vec<Value> {
    let (status, document) = json(&format!("fixed {words}"));
    assert_eq!(status, 0, "{words}: {document:#}");
    let rows = runs(&document);
    let found: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(found, names, "{words}");
    rows.clone()
}

/// How a row has to end.
enum Promise {
    /// So many rows of six are stored, and the refused rounds are the others.
    Lost(std::ops::RangeInclusive<u64>),
    /// All six rows are stored; with or without refusals that a retry heals.
    Whole { retries: bool },
    /// It deadlocks.
    Hangs,
    /// Everybody finishes.
    Finishes { retries: bool },
    /// One victim is ended, the others finish.
    Victim,
}
use Promise::*;

const LOCKED: [(&str, Promise); 9] = [
    ("none", Lost(2..=2)),
    ("busy-timeout", Whole { retries: false }),
    ("retry", Whole { retries: true }),
    ("short", Whole { retries: false }),
    ("queue", Whole { retries: false }),
    ("read-first", Lost(2..=2)),
    ("immediate", Whole { retries: false }),
    ("long-reader", Lost(0..=5)),
    ("wal", Whole { retries: false }),
];

const DEADLOCK: [(&str, Promise); 6] = [
    ("crossed", Hangs),
    ("ordering", Finishes { retries: false }),
    ("try-lock", Finishes { retries: true }),
    ("timeout", Finishes { retries: true }),
    ("one-lock", Finishes { retries: false }),
    ("detect", Victim),
];

fn check(row: &Value, promise: &Promise) {
    let count = |name| number(row, name);
    let is = |name: &str, value: &str| assert_eq!(row[name], value, "{row:#}");
    let stored = row["stored"].as_u64();
    match promise {
        Lost(range) => {
            is("outcome", "refused");
            assert!(stored.is_some_and(|stored| range.contains(&stored)), "{row:#}");
            assert_eq!(count("stored") + count("refused"), 6, "{row:#}");
        }
        Whole { retries } => {
            is("outcome", "finished");
            assert_eq!((stored, count("expected")), (Some(6), 6), "{row:#}");
            check_retries(row, *retries);
        }
        Hangs => {
            is("outcome", "deadlocked");
            assert_eq!((count("finished"), &row["cycle"]), (0, &serde_json::json!(["P1", "P2", "P3"])), "{row:#}");
        }
        Finishes { retries } => {
            is("outcome", "finished");
            assert_eq!(count("finished"), 3, "{row:#}");
            check_retries(row, *retries);
        }
        Victim => {
            is("outcome", "crashed");
            assert_eq!((count("finished"), count("refused")), (2, 0), "{row:#}");
        }
    }
    assert_eq!(stored.is_some(), row["on"].as_str().is_some_and(|on| on.starts_with("sqlite")), "{row:#}");
    if stored.is_some() {
        assert_eq!((stored, &row["integrity"]), (row["acknowledged"].as_u64(), &"ok".into()), "{row:#}");
    }
}

/// Every refusal was healed by another attempt, or there was none.
fn check_retries(row: &Value, retries: bool) {
    assert_eq!(number(row, "refused"), number(row, "retries"), "{row:#}");
    assert!(retries || number(row, "refused") == 0, "{row:#}");
}

fn check_all(words: &str, promises: &[(&str, Promise)]) {
    let names: Vec<&str> = promises.iter().map(|promise| promise.0).collect();
    for (row, (_, promise)) in rows(words, &names).iter().zip(promises) {
        check(row, promise);
    }
}

#[test]
fn every_row_of_locked_keeps_its_promise() {
    // The writers beside the long reader wait for one another as long as a task takes: long enough for a slow disk.
    check_all("locked --task-duration 1s", &LOCKED);
}

#[test]
fn every_row_of_deadlock_keeps_its_promise() {
    check_all("deadlock", &DEADLOCK);
}

#[test]
fn rows_can_be_chosen_and_sized() {
    rows("--with none,queue --task-duration 200ms", &["none", "queue"]);
    rows("deadlock --with ordering,one-lock --task-duration 10ms", &["ordering", "one-lock"]);
    rows("--with one-lock --with ordering --task-duration 10ms", &["ordering", "one-lock"]); // the table's order
    let row = &rows("--with queue --processes 5 --records 3 --task-duration 5ms", &["queue"])[0];
    assert_eq!((number(row, "stored"), number(row, "expected"), number(row, "processes")), (15, 15, 5));
    let row = &rows("--with crossed --processes 5 --task-duration 5ms", &["crossed"])[0];
    assert_eq!(row["cycle"], serde_json::json!(common::names(5)));
}

#[test]
fn a_choice_of_nothing_is_refused() {
    run("fixed deadlock --with queue").expect_error(&["none of these fixes belongs to that trouble"]);
    let unknown = run("fixed --with nonsense");
    assert_eq!(unknown.status, Some(2));
    for (name, _) in LOCKED.iter().chain(&DEADLOCK) {
        assert!(unknown.err.contains(name), "{name} is missing in {}", unknown.err);
    }
}

#[test]
fn the_page_has_a_table_for_each_trouble() {
    let done = run("fixed --with none,queue,crossed,ordering --task-duration 200ms").expect(0);
    for word in
        ["Locked: what was stored", "Deadlock: who finished", "2 of 6", "6 of 6", "0 of 3", "3 of 3", "for ever"]
    {
        assert!(done.text().contains(word), "{word}: {}", done.text());
    }
}

#[test]
fn under_load_every_acknowledged_row_is_there() {
    let names = ["load-none", "load-timeout", "load-sleep", "load-retry", "load-queue"];
    for row in &rows("locked --load --for 300ms", &names) {
        let count = |name| number(row, name);
        let rounds: u64 = row["rounds"].as_array().expect("a list").iter().filter_map(Value::as_u64).sum();
        assert_eq!((count("stored"), count("acknowledged")), (rounds, rounds), "{row:#}");
        assert!(rounds > 0 && row["expected"].is_null() && count("processes") == 8, "{row:#}");
        match row["name"].as_str() {
            Some("load-none") => assert_eq!((&row["outcome"], count("retries")), (&"refused".into(), 0), "{row:#}"),
            Some("load-sleep" | "load-retry") => check_retries(row, true),
            _ => check_retries(row, false),
        }
        if row["name"] != "load-none" {
            assert_eq!((&row["outcome"], count("finished")), (&"finished".into(), 8), "{row:#}");
        }
    }
}
