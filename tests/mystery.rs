//! `lesson mystery` from outside: each culprit is there, `lesson who` finds it, a right and a wrong answer are told
//! apart, and nothing stays behind.
#![cfg(target_os = "linux")] // The locks are found in Linux's list.

mod common;

use std::io::{PipeWriter, Write as _};

use common::{Done, Place, Running, args, finish, lesson, lives, until};
use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGKILL, SIGTERM};
use serde_json::Value;

/// In the order of the menu: a seed that hides it, its name, the cause that `lesson who` finds, how many processes have
/// to do with the file, and how many attempts were refused.
const CULPRITS: [(u64, &str, &str, usize, usize); 7] = [
    (7, "writer", "asleep_in_transaction", 1, 1),
    (11, "reader", "pending_behind_reader", 2, 2),
    // In WAL mode the mystery itself has the database open, as does the writer, who is done.
    (13, "snapshot", "old_snapshot", 3, 1),
    (0, "deadlock", "deadlock", 2, 1),
    (8, "inherited", "inherited", 1, 1),
    (1, "holder", "held", 1, 1),
    (4, "nobody", "nobody", 1, 1),
];

/// A mystery that waits for its answer, and what `lesson who` says of it.
struct Mystery {
    place: Place,
    running: Running,
    answer: PipeWriter,
    path: String,
    found: Value,
}

impl Mystery {
    fn start(seed: u64) -> Self {
        let place = Place::new();
        let (input, answer) = std::io::pipe().expect("a pipe");
        let mut command = lesson(args(&format!("mystery --seed {seed}")));
        command.env("TMPDIR", place.path()).stdin(input);
        let mut running = Running::start(command);
        let line = running.wait_for(&["  lesson who /"]);
        running.wait_for(&["Type a number or a name"]);
        let path = line.trim().strip_prefix("lesson who ").expect("a path").to_owned();
        let found = who(&path);
        Self { place, running, answer, path, found }
    }

    /// All processes that have to do with the file.
    fn pids(&self) -> Vec<u32> {
        let parties = self.found["file"]["parties"].as_array().expect("a list");
        let pids = parties.iter().flat_map(|party| party["pids"].as_array().expect("a list"));
        pids.map(|pid| u32::try_from(pid.as_u64().expect("a number")).expect("a pid")).collect()
    }

    fn say(&mut self, text: &str) {
        self.answer.write_all(text.as_bytes()).expect("it reads");
    }
}

fn who(path: &str) -> Value {
    finish(lesson(["who", "--json", path])).json()
}

#[test]
fn who_finds_each_culprit_and_a_right_answer_is_right() {
    for ((seed, name, cause, processes, _), number) in CULPRITS.into_iter().zip(1..) {
        let mut mystery = Mystery::start(seed);
        assert_eq!(mystery.found["file"]["cause"], cause, "{name}: {:#}", mystery.found);
        assert_eq!(mystery.pids().len(), processes, "{name}: {:#}", mystery.found);
        // Nobody is called what the learner is to find out.
        for party in mystery.found["file"]["parties"].as_array().expect("a list") {
            let command = party["process"]["command"].as_str().expect("a command");
            let is_own = party["pids"][0] == mystery.running.pid();
            let called = command.split_once("lesson worker -- ").map(|(_, called)| called);
            assert!(is_own || called.is_some_and(|called| !called.contains(name)), "{name}: {command}");
        }
        let answer = if number % 2 == 0 { number.to_string() } else { name.to_owned() };
        mystery.say(&format!("nonsense\n{answer}\n"));
        let pids = mystery.pids();
        let done = mystery.running.finish().expect(0);
        for said in ["`nonsense` is no answer", &format!("\nRight: {name} ("), &format!("lesson mystery --seed {seed}")]
        {
            assert!(done.text().contains(said), "{name}: {said}: {}", done.text());
        }
        assert!(!pids.iter().any(|pid| lives(*pid)), "{name}: {pids:?}");
        assert_eq!(mystery.place.entries(), [""; 0], "{name}");
    }
}

#[test]
fn a_wrong_answer_is_told_apart_and_explained() {
    for (index, (seed, name, cause, _, refused)) in CULPRITS.into_iter().enumerate() {
        let wrong = CULPRITS[(index + 1) % CULPRITS.len()].1;
        let answered = |words: &str| finish(lesson(args(&format!("mystery --seed {seed} --answer {words}"))));
        let done = answered(wrong).expect(1);
        assert!(done.text().contains(&format!("\nNo: not {wrong} (")), "{name}: {}", done.text());
        let document = answered(&format!("{} --json", index + 1)).expect(0).json();
        let tried = document["tried"].as_array().expect("a list");
        let seen = (&document["culprit"], &document["cause"], &document["ok"], &document["seed"]);
        assert_eq!(seen, (&name.into(), &cause.into(), &true.into(), &seed.into()), "{document:#}");
        assert_eq!(tried.iter().filter(|tried| !tried["refusal"].is_null()).count(), refused, "{document:#}");
    }
}

/// Each time, however fast it is answered: the evidence is that of the culprit, and not of the mystery, which makes the
/// database and tries it.
#[test]
fn the_evidence_accuses_the_culprit_and_never_the_mystery() {
    // That of the writer was the one that went wrong, in a third of the runs.
    let rounds = |name: &str| if name == "writer" { 20 } else { 3 };
    for (round, (seed, name, ..)) in
        CULPRITS.into_iter().flat_map(|culprit| (0..rounds(culprit.1)).map(move |round| (round, culprit)))
    {
        let running = Running::start(lesson(args(&format!("mystery --seed {seed} --answer {name} --json"))));
        let own = running.pid();
        let document = running.finish().expect(0).json();
        let reading = document["reading"].as_str().expect("a text");
        let culprits = document["culprits"].as_array().expect("a list");
        assert_eq!(culprits.is_empty(), name == "nobody", "{name} {round}: {document:#}");
        for pid in culprits {
            assert!(reading.contains(&format!("{pid} (lesson)")), "{name} {round}: {document:#}");
        }
        assert!(!culprits.contains(&own.into()), "{name} {round}: {own}: {document:#}");
        assert!(name == "snapshot" || !reading.contains(&format!("{own} (lesson)")), "{name} {round}: {document:#}");
    }
}

#[test]
fn whatever_ends_it_leaves_nothing() {
    for (index, (seed, name, ..)) in CULPRITS.into_iter().enumerate() {
        for signal in [SIGKILL, [SIGINT, SIGTERM, SIGHUP][index % 3]] {
            let mystery = Mystery::start(seed);
            let pids = mystery.pids();
            common::signal(mystery.running.pid(), signal);
            let done: Done = mystery.running.finish();
            let expected = if signal == SIGKILL { None } else { Some(130) };
            assert_eq!(done.status, expected, "{name} {signal}: {done:?}");
            assert!(!done.text().contains("Right") && !done.text().contains("\nNo:"), "{name}: {}", done.text());
            until("every process is gone", || !pids.iter().any(|pid| lives(*pid)));
            until("the files are gone", || mystery.place.entries().is_empty());
        }
    }
}

#[test]
fn a_culprit_that_the_learner_ends_is_still_told() {
    for (seed, name, ..) in CULPRITS.into_iter().filter(|culprit| ["holder", "inherited"].contains(&culprit.1)) {
        let mut mystery = Mystery::start(seed);
        mystery.pids().into_iter().for_each(|pid| common::signal(pid, SIGKILL));
        // A process that is ending loses its name before its locks.
        until("nobody holds it", || who(&mystery.path)["ok"] == false);
        mystery.say(&format!("{name}\n"));
        let done = mystery.running.finish().expect(0);
        assert!(done.text().contains("that was over already"), "{name}: {}", done.text());
    }
}

#[test]
fn what_is_asked_wrongly_is_one_clear_error() {
    let place = Place::new();
    place.run("mystery --seed 1 --answer holder --dir kept").expect(0);
    assert_eq!(common::entries(&place.join("kept/mystery")), ["app.lock"]);
    let table: [(&str, &[&str]); 4] = [
        ("mystery --seed 1", &["no answer was given", "--answer"]),
        ("mystery --seed 8", &["no answer was given", "--answer"]),
        ("mystery --seed 1 --answer holder --dir kept", &["exists already", "--dir"]),
        ("mystery --seed 8 --answer holder --dir kept", &["exists already", "--dir"]),
    ];
    for (words, expected) in table {
        place.run(words).expect_error(expected);
    }
    for words in
        ["mystery --seed x", "mystery --answer nonsense", "mystery --json", "mystery --answer 8", "mystery app.db"]
    {
        let done = place.run(words);
        assert_eq!((done.status, done.text()), (Some(2), ""), "{words}");
        assert!(done.err.starts_with("error: "), "{words}: {}", done.err);
    }
}
