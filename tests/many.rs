//! A thousand processes, and a machine that does not allow so many.
#![cfg(unix)]

mod common;

use std::fmt::Write as _;
use std::process::Command;

use common::{Place, finish, number, runs};

const MANY: usize = 1_000;

/// Everybody takes the one lock in turn.
fn crowd(on: &str, count: usize) -> String {
    let mut toml = format!("title = \"{count} processes take one lock in turn\"\non = \"{on}\"\n");
    for number in 1..=count {
        write!(toml, "[[process]]\nname = \"P{number}\"\nsteps = [\"lock A\", \"unlock A\"]\n").expect("a string");
    }
    toml
}

/// Runs so many processes and checks that every one of them had the lock.
fn check(on: &str, count: usize) {
    let place = Place::new();
    place.write("crowd.toml", crowd(on, count));
    let document = place.run("run crowd.toml --json").expect(0).json();
    let run = &runs(&document)[0];
    let found = ["processes", "finished", "refused"].map(|name| number(run, name));
    assert_eq!((found, &run["outcome"]), ([count as u64, count as u64, 0], &"finished".into()), "{on}");
    assert_eq!(run["rounds"], serde_json::json!(vec![1; count]), "{on}");
}

#[test]
fn a_thousand_processes_take_their_turn() {
    check("flock", MANY);
}

#[test]
fn a_thousand_threads_take_their_turn() {
    check("mutex", MANY);
}

#[test]
fn a_limit_on_open_files_is_named() {
    let place = Place::new();
    place.write("crowd.toml", crowd("flock", MANY));
    let limited = |limit: u32, words: &str| {
        let mut command = Command::new("sh");
        command.current_dir(place.path()).args(["-c", "ulimit -n $0 && exec \"$@\"", &limit.to_string()]);
        command.arg(env!("CARGO_BIN_EXE_lesson")).args(common::args(words));
        finish(command)
    };
    for words in ["run crowd.toml --json", "deadlock --processes 1000 --json", "locked --processes 500 --json"] {
        let done = limited(100, words);
        assert_eq!(done.text(), "", "{words}");
        done.expect_error(&["open files are needed", "RLIMIT_NOFILE", "is 100", "ulimit -n"]);
    }
    // Few enough fit.
    limited(100, "deadlock --processes 5 --patience 60ms --json").expect(0);
}
