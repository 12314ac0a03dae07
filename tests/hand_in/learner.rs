//! A learner who has done both lessons of the course of two, and hands in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::common::{Done, Place, finish};
use lesson::course::{Answered, Course, Done as Lesson, Evidence, HandIn, Progress};

/// What the learner ran in each lesson, and how it ended.
pub const RUNS: [(&str, i32); 2] = [("run notes.toml", 0), ("run deadlock --patience 10ms", 1)];

const NOTES: &str = r#"
title = "One notebook"
on    = "sqlite"
[[process]]
name  = "P1"
steps = ["begin immediate", "insert", "commit"]
[[process]]
name  = "P2"
steps = ["begin immediate", "insert", "commit"]
"#;

/// The transcript and the trace of each run; made once.
pub static EVIDENCE: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let place = Place::new();
    place.write("notes.toml", NOTES);
    let run = |(command, status): (&str, i32)| {
        let done = place.run(&format!("{command} --color always --trace trace.jsonl --also-into told.txt"));
        done.expect(status);
        let read = |name: &str| fs::read_to_string(place.join(name)).expect("it was written");
        (read("told.txt"), read("trace.jsonl"))
    };
    RUNS.into_iter().map(run).collect()
});

/// What Ada hands in; made once.
pub static HANDED: LazyLock<String> = LazyLock::new(|| {
    let place = learner(&progress());
    hand_in(&place, "ada.json --name Ada").expect(0);
    fs::read_to_string(place.join("ada.json")).expect("it was written")
});

/// The course of these tests.
pub fn course_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/course_of_two")
}

/// The same, read.
pub fn course() -> Course {
    let mut files = BTreeMap::new();
    for name in ["book.toml", "SUMMARY.md", "01-one-notebook.md", "02-two-keys.md", "exercises/02.toml"] {
        files.insert(name.to_owned(), fs::read(course_dir().join(name)).expect("a file of the course"));
    }
    files.insert("solutions/02.toml".to_owned(), solution().into_bytes());
    Course::new(&files).expect("a course")
}

/// What solves its exercise.
pub fn solution() -> String {
    fs::read_to_string(course_dir().join("solutions/02.toml")).expect("a file of the course")
}

/// A second of a minute.
pub fn at(second: u32) -> String {
    format!("2020-01-01T00:00:{second:02}Z")
}

/// An answer.
pub fn answered(second: u32, question: usize, letter: char, right: bool) -> Answered {
    Answered { at: at(second), question, letter: Some(letter), right, misconception: None }
}

/// Both lessons done: one of two predictions is right, three of four first answers, and the exercise is solved.
pub fn progress() -> Progress {
    let mut progress = Progress::default();
    let key = fs::canonicalize(course_dir()).expect("it is there").to_string_lossy().into_owned();
    let rows = [
        vec![answered(1, 0, 'b', true), answered(5, 1, 'a', true)],
        vec![answered(11, 0, 'b', false), answered(12, 0, 'a', true), answered(15, 1, 'a', true)],
    ];
    for (number, answers) in (1..).zip(rows) {
        let (command, status) = RUNS[number - 1];
        let done = progress.lesson(&key, number);
        *done = Lesson { answers, finished: Some(at(20)), ..Lesson::default() };
        done.runs.push(Evidence {
            at: at(if number == 1 { 2 } else { 13 }),
            command: format!("lesson {command}"),
            status: Some(status),
            transcript: format!("{number:02}/told.txt"),
            trace: Some(format!("{number:02}/trace.jsonl")),
        });
    }
    let exercise = progress.lesson(&key, 2).exercise();
    (exercise.started, exercise.solved, exercise.text) = (Some(at(16)), Some(at(18)), Some(solution()));
    progress
}

/// A place with a home in which this was done.
pub fn learner(progress: &Progress) -> Place {
    let place = Place::new();
    for (number, (told, trace)) in (1..).zip(&*EVIDENCE) {
        let folder = format!("home/evidence/{number:02}");
        fs::create_dir_all(place.join(&folder)).expect("a folder can be made");
        place.write(&format!("{folder}/told.txt"), told);
        place.write(&format!("{folder}/trace.jsonl"), trace);
    }
    place.write("home/progress.json", progress.to_text());
    place
}

/// Hands in what was done there.
pub fn hand_in(place: &Place, words: &str) -> Done {
    let mut command = place.lesson(&format!("hand-in {words}"));
    command.arg("--course").arg(course_dir()).env("LESSON_HOME", place.join("home"));
    finish(command)
}

/// Reviews files of a place.
pub fn review(place: &Place, words: &str) -> Done {
    let mut command = place.lesson(&format!("review {words}"));
    command.arg("--course").arg(course_dir());
    finish(command)
}

/// What Ada hands in, changed and sealed anew.
pub fn changed(change: impl FnOnce(&mut HandIn)) -> String {
    let (mut made, is_whole) = HandIn::parse(&HANDED).expect("a hand-in");
    assert!(is_whole);
    change(&mut made);
    made.to_text()
}

/// What was done in a lesson of a hand-in.
pub fn done(made: &mut HandIn, number: usize) -> &mut Lesson {
    &mut made.lessons.get_mut(&number).expect("a lesson").done
}
