//! `lesson hand-in` and `lesson review` from outside: what is honest is found consistent, what is not is named.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{Done, Place, finish};
use lesson::course::{Answered, Course, Done as Lesson, Evidence, HandIn, Progress, Review, Share};
use lesson::report::review::Class;
use lesson::report::{Style, Transcript};
use lesson::trace::Recording;
use serde_json::{Value, json};

/// What the learner ran in each lesson, and how it ended.
const RUNS: [(&str, i32); 2] = [("run notes.toml", 0), ("run deadlock --patience 10ms", 1)];

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
static EVIDENCE: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let place = Place::new();
    place.write("notes.toml", NOTES);
    let run = |(command, status): (&str, i32)| {
        let done = place.run(&format!("{command} --color always --trace trace.jsonl --transcript told.txt"));
        done.expect(status);
        let read = |name: &str| fs::read_to_string(place.join(name)).expect("it was written");
        (read("told.txt"), read("trace.jsonl"))
    };
    RUNS.into_iter().map(run).collect()
});

/// What Ada hands in; made once.
static HANDED: LazyLock<String> = LazyLock::new(|| {
    let place = learner(&progress());
    hand_in(&place, "ada.json --name Ada").expect(0);
    fs::read_to_string(place.join("ada.json")).expect("it was written")
});

fn course_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/course_of_two")
}

fn course() -> Course {
    let mut files = BTreeMap::new();
    for name in ["book.toml", "SUMMARY.md", "01-one-notebook.md", "02-two-keys.md", "exercises/02.toml"] {
        files.insert(name.to_owned(), fs::read_to_string(course_dir().join(name)).expect("a file of the course"));
    }
    files.insert("solutions/02.toml".to_owned(), solution());
    Course::new(&files).expect("a course")
}

fn solution() -> String {
    fs::read_to_string(course_dir().join("solutions/02.toml")).expect("a file of the course")
}

fn at(second: u32) -> String {
    format!("2020-01-01T00:00:{second:02}Z")
}

fn answered(second: u32, question: usize, letter: char, right: bool) -> Answered {
    Answered { at: at(second), question, letter: Some(letter), right, misconception: None }
}

/// Both lessons done: one of two predictions is right, three of four first answers, and the exercise is solved.
fn progress() -> Progress {
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
fn learner(progress: &Progress) -> Place {
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

fn hand_in(place: &Place, words: &str) -> Done {
    let mut command = place.lesson(&format!("hand-in {words}"));
    command.arg("--course").arg(course_dir()).env("LESSON_HOME", place.join("home"));
    finish(command)
}

fn review(place: &Place, words: &str) -> Done {
    let mut command = place.lesson(&format!("review {words}"));
    command.arg("--course").arg(course_dir());
    finish(command)
}

/// What Ada hands in, changed and sealed anew.
fn changed(change: impl FnOnce(&mut HandIn)) -> String {
    let (mut made, is_whole) = HandIn::parse(&HANDED).expect("a hand-in");
    assert!(is_whole);
    change(&mut made);
    made.to_text()
}

/// Reviews what was changed and sealed anew: these faults are found, and no other.
fn check(change: impl FnOnce(&mut HandIn), faults: &[&str]) {
    check_text(&changed(change), faults);
}

fn check_text(text: &str, faults: &[&str]) {
    let place = Place::new();
    place.write("ada.json", text);
    let status = i32::from(!faults.is_empty());
    let document = review(&place, "ada.json --json").expect(status).json();
    let found = document["files"][0]["faults"].as_array().expect("a list").clone();
    assert_eq!(found.len(), faults.len(), "{document:#}");
    for (found, fault) in found.iter().zip(faults) {
        assert!(found.as_str().is_some_and(|found| found.contains(fault)), "`{fault}`: {found}");
    }
    let page = review(&place, "ada.json").expect(status);
    assert_eq!(page.text().contains("Wrong:"), !faults.is_empty(), "{}", page.text());
}

fn trace(made: &mut HandIn, number: usize) -> &mut String {
    made.lessons.get_mut(&number).and_then(|handed| handed.evidence[0].trace.as_mut()).expect("a trace")
}

fn done(made: &mut HandIn, number: usize) -> &mut Lesson {
    &mut made.lessons.get_mut(&number).expect("a lesson").done
}

#[test]
fn what_was_done_is_handed_in_and_said() {
    let place = learner(&progress());
    let page = "\
Ada Lovelace, A course of two

  lessons       2 of 2 done
  predictions   2 made, 1 right
  exercises     1 of 1 solved
  evidence      2 transcripts, 2 traces
  machine       can run the lessons

`lesson review` checks the seal, each trace, each exercise and each answer
again. That shows that the file is consistent. It does not show who made it:
there is no secret in it.

ada-lovelace-hand-in.json is written.
";
    for _ in 0..2 {
        let mut command = place.lesson("hand-in --name");
        command.args(["Ada Lovelace", "--course"]).arg(course_dir()).env("LESSON_HOME", place.join("home"));
        assert_eq!(finish(command).expect(0).text(), page);
    }
    assert_eq!(place.entries(), ["ada-lovelace-hand-in.json", "home"]);
    let text = fs::read_to_string(place.join("ada-lovelace-hand-in.json")).expect("it was written");
    assert_eq!(text.lines().next(), Some("{ \"hand_in\": 1,"));
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["course"], json!({ "title": "A course of two", "lessons": 2 }));
    assert_eq!(document["machine"]["checks"].as_array().map(Vec::len), Some(13));
    assert_eq!(document["lessons"]["2"]["evidence"][0]["trace"], EVIDENCE[1].1);
    assert_eq!(document["left_out"], json!([]));
}

#[test]
fn nothing_done_is_said_and_handed_in_all_the_same() {
    let place = Place::new();
    let done = hand_in(&place, "--name nobody").expect(0);
    for words in ["0 of 2 done", "0 made, 0 right", "0 transcripts, 0 traces", "Nothing of this course is done yet"] {
        assert!(done.text().contains(words), "{words}: {}", done.text());
    }
    assert_eq!(place.entries(), ["nobody-hand-in.json"]);
    let page = review(&place, "nobody-hand-in.json").expect(0);
    assert!(page.text().contains("nobody  0 of 2   0 of 0       0 of 1     0 of 0  consistent"), "{}", page.text());
}

#[test]
fn what_does_not_fit_is_left_out_and_said() {
    let mut progress = progress();
    let key = progress.courses.keys().next().expect("a course").clone();
    let run = progress.lesson(&key, 1).runs[0].clone();
    let with = |transcript: &str| Evidence { transcript: transcript.into(), trace: None, ..run.clone() };
    let names = ["01/told.txt", "../../progress.json", "01/large.txt", "01/bytes.txt"];
    progress.lesson(&key, 1).runs.extend(names.into_iter().map(with));
    progress.lesson(&key, 7).finished = Some(at(30));
    let place = learner(&progress);
    place.write("home/evidence/01/large.txt", vec![b'x'; 4 * 1024 * 1024 + 1]);
    place.write("home/evidence/01/bytes.txt", [0xff, 0xfe]);
    let page = hand_in(&place, "ada.json --name Ada").expect(0);
    let left_out = [
        "lesson 1: the evidence of 2 earlier runs",
        "lesson 1: the transcript of `lesson run notes.toml`: it is not in the folder of the evidence",
        "lesson 1: the transcript of `lesson run notes.toml`: it is larger than 4 MiB",
        "lesson 1: the transcript of `lesson run notes.toml`: it is not text",
        "lesson 7: the course does not have it any more",
    ];
    let text = fs::read_to_string(place.join("ada.json")).expect("it was written");
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON")["left_out"], json!(left_out));
    let words = page.text().split_whitespace().collect::<Vec<_>>().join(" ");
    left_out.iter().for_each(|what| assert!(words.contains(what), "{what}: {words}"));
    let page = review(&place, "ada.json").expect(0);
    assert!(page.text().contains("5 left out when it was made"), "{}", page.text());
}

#[test]
fn a_hand_in_is_never_written_over_a_foreign_file() {
    let place = learner(&progress());
    place.write("thesis.txt", "years of work\n");
    hand_in(&place, "thesis.txt").expect_error(&["was not written by lesson", "--force"]);
    hand_in(&place, "missing/ada.json").expect_error(&["there is no directory missing"]);
    hand_in(&place, "-").expect_error(&["not standard output"]);
    let long = format!("--name {}", "x".repeat(101));
    hand_in(&place, &long).expect_error(&["1 to 100 characters"]);
    place.write("home/progress.json", "{ \"version\": 1, \"cour");
    hand_in(&place, "ada.json").expect_error(&["progress.json can't be read", "it is broken"]);
    assert_eq!(place.entries(), ["home", "thesis.txt"]);
    assert_eq!(fs::read_to_string(place.join("thesis.txt")).expect("there"), "years of work\n");
    place.write("home/progress.json", progress().to_text());
    hand_in(&place, "thesis.txt --force").expect(0);
}

#[test]
fn a_good_file_is_consistent() {
    let place = Place::new();
    place.write("ada.json", &*HANDED);
    let page = "\
A course of two, 1 file

name  lessons  predictions   exercises  traces  remarks
────  ───────  ────────────  ─────────  ──────  ──────────
Ada   2 of 2   1 of 2 right  1 of 1     2 of 2  consistent

Misconceptions behind first answers:
  somebody always wins  1 of 1 learner

A file that is consistent agrees with itself, with the course and with the rules
of locking: nobody changed it carelessly. It does not show who made it, nor
whether alone: that no file can show.
";
    assert_eq!(review(&place, "ada.json").expect(0).text(), page);
    let mut document = review(&place, "ada.json --json").expect(0).json();
    let made = document["files"][0]["at"].take();
    assert_eq!(made.as_str().map(str::len), Some(20));
    let expected = json!({
        "lesson": env!("CARGO_PKG_VERSION"), "command": "review", "ok": true, "learners": 1,
        "course": { "title": "A course of two", "lessons": 2, "exercises": 1 },
        "proves": "consistency, not identity",
        "misconceptions": [{ "name": "somebody always wins", "learners": 1 }],
        "files": [{
            "file": "ada.json", "consistent": true, "name": "Ada", "at": null, "lesson": env!("CARGO_PKG_VERSION"),
            "lessons": 2, "predictions": { "right": 1, "made": 2 }, "answers": { "right": 3, "made": 4 },
            "exercises": { "solved": 1, "claimed": 1 }, "traces": { "possible": 2, "there": 2 },
            "transcripts": { "told": 2, "compared": 2 }, "misconceptions": ["somebody always wins"],
            "faults": [], "notes": [],
        }],
    });
    assert_eq!(document, expected, "{document:#}");
    let csv = review(&place, "ada.json --csv").expect(0);
    let version = env!("CARGO_PKG_VERSION");
    let at = made.as_str().expect("a time");
    let expected = format!(
        "file,consistent,name,at,lesson,lessons_done,lessons,predictions_right,predictions_made,answers_right,\
         answers_made,exercises_solved,exercises,traces_possible,traces,misconceptions,faults,notes,same_name\r\n\
         ada.json,yes,Ada,{at},{version},2,2,1,2,3,4,1,1,2,2,somebody always wins,,,\r\n"
    );
    assert_eq!(csv.text(), expected);
}

#[test]
fn what_was_changed_is_found() {
    check(|_| (), &[]);
    check_text(
        &HANDED.replacen("\"letter\": \"b\"", "\"letter\": \"a\"", 1),
        &["its seal does not fit", "lesson 1: the prediction: a is marked right, and the page says b"],
    );
    check(|made| done(made, 2).answers[0].right = true, &["lesson 2: the prediction: b is marked right"]);
    check(|made| done(made, 2).answers[0].letter = None, &[]);
    check(|made| done(made, 2).answers[1].letter = None, &["a skipped answer is marked right"]);
    check(|made| done(made, 1).answers[0].letter = Some('\u{1b}'), &["answered with \\u{1b}, which is no option"]);
    check(|made| done(made, 1).answers[1].question = 9, &["question 9, which is not on the page"]);
    check(|made| done(made, 2).exercise().text = None, &["lesson 2: its exercise is solved, it says"]);
    check(|made| done(made, 1).exercise().solved = Some(at(3)), &["and the lesson has none"]);
    check(|made| drop(made.lessons.insert(3, Default::default())), &["the first is lesson 3"]);
    check(|made| made.course.title = "Another".into(), &["it is of another course, `Another`"]);
    check(|made| made.name = " ".into(), &["it has no name"]);
}

#[test]
fn an_exercise_is_solved_again() {
    let shipped = fs::read_to_string(course_dir().join("exercises/02.toml")).expect("a file of the course");
    let empty = "title = \"Nothing\"\non = \"flock\"\n[[process]]\nname = \"P1\"\nsteps = [\"lock A\", \"unlock A\"]\n";
    let table = [
        (shipped.as_str(), "marked solved, and is not: `no deadlock` is not reached"),
        (empty, "marked solved, and is not: P1 never holds A and B at once; P2 is gone"),
        ("title = \"\u{1b}[31m", "its exercise can't be read: 02.toml"),
        ("", "its exercise can't be read: 02.toml"),
    ];
    for (text, fault) in table {
        check(|made| done(made, 2).exercise().text = Some(text.into()), &[fault]);
    }
}

#[test]
fn a_trace_is_read_again() {
    let without = |text: &str, words: &str| {
        let gone = text.lines().position(|line| line.contains(words)).expect("a line");
        text.lines().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let not_allowed = "the rules do not allow it: event";
    check(|made| *trace(made, 2) = without(trace(made, 2), "\"what\":\"gets\""), &[not_allowed]);
    check(|made| *trace(made, 1) = without(trace(made, 1), "\"what\":\"inserted\""), &[not_allowed]);
    let rows = |made: &mut HandIn, count: &str| {
        let from = "\"database\":{\"rows\":2";
        assert!(trace(made, 1).contains(from), "{}", trace(made, 1));
        *trace(made, 1) = trace(made, 1).replacen(from, &format!("\"database\":{{\"rows\":{count}"), 1);
    };
    check(|made| rows(made, "1"), &["2 rows were acknowledged, and 1 were found"]);
    check(|made| rows(made, "3"), &["2 rows were acknowledged, and 3 were found"]);
    check(|made| *trace(made, 1) = String::new(), &["the file is empty"]);
    check(|made| *trace(made, 1) = trace(made, 1).replacen("\"what\":", "\"\u{1b}\":", 1), &["not a line of a lesson"]);
    check(
        |made| {
            let half = trace(made, 1).len() / 2;
            trace(made, 1).truncate(half);
        },
        &["was the file cut"],
    );
    check(|made| trace(made, 1).push_str(&" ".repeat(4 * 1024 * 1024)), &["it is longer than 4 MiB"]);
    check(|made| *trace(made, 1) = trace(made, 1).replace("\"on\":\"sqlite\"", "\"on\":\"flock\""), &["is not sound"]);
    check(|made| done(made, 2).runs[0].status = Some(0), &["it does not end as the command did, with exit status 0"]);
    check(|made| done(made, 2).runs[0].command = "lesson locked".into(), &["it is of `lesson run`"]);
    check(|made| done(made, 2).runs.clear(), &["evidence of a run 1, which was not made"]);
    check(
        |made| {
            let handed = made.lessons.get_mut(&1).expect("a lesson");
            handed.evidence = vec![handed.evidence[0].clone(); 4];
        },
        &["the evidence of 4 runs, and 3 fit"],
    );
}

#[test]
fn a_transcript_tells_what_the_trace_tells_at_any_width() {
    let told = |made: &mut HandIn, number: usize, text: &dyn Fn(&str) -> String| {
        let shown = &mut made.lessons.get_mut(&number).expect("a lesson").evidence[0];
        shown.transcript = Some(text(shown.transcript.as_deref().expect("a transcript")));
    };
    let not_told = "the transcript of `lesson run deadlock --patience 10ms` is not what its trace tells";
    check(|made| told(made, 2, &|text| text.replacen("P1", "P9", 1)), &[not_told]);
    check(|made| told(made, 2, &|text| text[..text.len() / 2].into()), &[not_told]);
    for width in [20, 50, 133, 300] {
        let recording = Recording::read(EVIDENCE[1].1.as_bytes()).expect("a recording");
        let text = Transcript::whole(&recording, Style { color: false, width });
        check(|made| told(made, 2, &|_| format!("before\n{text}after\n")), &[]);
    }
    // Nothing, or a document: there is nothing to compare.
    check(|made| told(made, 2, &|_| String::new()), &[]);
    check(|made| told(made, 2, &|_| "{}\n".into()), &[]);
}

#[test]
fn what_is_odd_is_noted() {
    let table: [(fn(&mut HandIn), &str); 8] = [
        (|made| made.at = "2999-01-01T00:00:00Z".into(), "it was made in the future"),
        (|made| made.at = "\u{1b}yesterday".into(), "`\\u{1b}yesterday`, when it was made, is no time"),
        (|made| made.lesson = "9.9.9".into(), "lesson 9.9.9 made it"),
        (|made| made.course.lessons = 3, "its course has 3 lessons, and this one 2"),
        (|made| done(made, 1).answers[0].at = at(4), "lesson 1: its prediction was made after its first run"),
        (|made| done(made, 1).answers[0].at = at(9), "lesson 1: the times of its answers run backwards"),
        (|made| drop(made.lessons.get_mut(&1).expect("it").evidence[0].trace.take()), "is without its trace"),
        (|made| drop(made.lessons.get_mut(&1).expect("it").evidence[0].transcript.take()), "is without its transcript"),
    ];
    for (change, note) in table {
        let place = Place::new();
        place.write("ada.json", changed(change));
        let document = review(&place, "ada.json --json").expect(0).json();
        let notes = document["files"][0]["notes"].as_array().expect("a list").clone();
        let is_noted = |found: &&Value| found.as_str().is_some_and(|found| found.contains(note));
        assert_eq!(notes.iter().filter(is_noted).count(), 1, "{note}: {document:#}");
        assert!(review(&place, "ada.json").expect(0).text().contains("Noted:"));
    }
}

#[test]
fn a_file_that_can_not_be_read_is_named_and_the_rest_is_reviewed() {
    let place = Place::new();
    place.write("ada.json", &*HANDED);
    place.write("cut.json", &HANDED[..HANDED.len() / 2]);
    place.write("newer.json", HANDED.replacen("\"hand_in\": 1", "\"hand_in\": 2", 1));
    place.write("empty.json", "");
    place.write("bytes.json", [0xff, 0xfe, 0x00]);
    place.write("foreign.json", "{ \"name\": \"thesis\" }");
    fs::create_dir(place.join("folder")).expect("a folder can be made");
    fs::File::create(place.join("huge.json")).and_then(|file| file.set_len(65 << 20)).expect("a file can be long");
    let mut table = vec![
        ("cut.json", "it is broken"),
        ("newer.json", "a newer lesson wrote it (format 2"),
        ("empty.json", "it is empty"),
        ("bytes.json", "it is not text"),
        ("foreign.json", "it is no hand-in"),
        ("folder", "it is a directory"),
        ("huge.json", "it is larger than 64 MiB"),
        ("missing.json", "it can't be read"),
    ];
    #[cfg(unix)]
    {
        nix::unistd::mkfifo(&place.join("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe can be made");
        table.push(("pipe", "it is no plain file"));
    }
    for (file, reason) in &table {
        review(&place, file).expect_error(&[file, reason]);
    }
    let files: Vec<&str> = table.iter().map(|(file, _)| *file).collect();
    let files = files.join(" ");
    review(&place, &files).expect_error(&["cut.json", "foreign.json", &format!("and {} more", table.len() - 5)]);
    let page = review(&place, &format!("{files} ada.json")).expect(1);
    assert!(page.text().contains("Ada   2 of 2 "), "{}", page.text());
    let words = page.text().split_whitespace().collect::<Vec<_>>().join(" ");
    for (file, reason) in &table {
        assert!(words.contains(&format!("{file} not reviewed: {reason}")), "{file}: {words}");
    }
    let csv = review(&place, &format!("{files} ada.json --csv")).expect(1);
    assert_eq!(csv.text().matches("\r\n").count(), table.len() + 2, "{}", csv.text());
    assert_eq!(csv.text().matches(",no,").count(), table.len());
    let document = review(&place, &format!("{files} ada.json --json")).expect(1).json();
    let unread = document["files"].as_array().expect("a list").iter().filter(|file| file["unreadable"].is_string());
    assert_eq!(unread.count(), table.len());
    assert_eq!(review(&place, "").status, Some(2));
    assert_eq!(review(&place, "ada.json --json --csv").status, Some(2));
}

#[test]
fn hostile_texts_are_harmless() {
    let place = Place::new();
    let names = ["=1+1,\"x\"\n\u{1b}[31m\u{202e}", "@", &"x".repeat(100_000)];
    for (number, name) in names.into_iter().enumerate() {
        let text = changed(|made| {
            made.name = name.into();
            made.course.title = name.into();
            done(made, 1).runs[0].command = name.into();
            done(made, 2).answers[0].misconception = Some(name.into());
        });
        place.write(&format!("{number}.json"), text);
    }
    place.write("=\u{1b}[2J.json", &*HANDED);
    for option in ["", "--csv", "--json"] {
        let done = review(&place, &format!("0.json 1.json 2.json =\u{1b}[2J.json {option}")).expect(1);
        assert!(!done.text().contains(['\u{1b}', '\u{202e}']), "{option}: {}", done.text());
        assert!(done.text().len() < 20_000, "{option}: {}", done.text().len());
    }
    let csv = review(&place, "0.json 1.json =\u{1b}[2J.json --csv").expect(1);
    let lines: Vec<&str> = csv.text().split("\r\n").collect();
    assert!(lines[1].starts_with("0.json,no,\"'=1+1,\"\"x\"\"\\u{a}\\u{1b}[31m\\u{202e}\","), "{}", lines[1]);
    assert!(lines[2].starts_with("1.json,no,'@,"), "{}", lines[2]);
    assert!(lines[3].starts_with("'=\\u{1b}[2J.json,yes,Ada,"), "{}", lines[3]);
}

#[test]
fn two_files_of_one_name_are_both_there_and_one_learner() {
    let place = Place::new();
    place.write("ada.json", &*HANDED);
    place.write("ada-again.json", &*HANDED);
    place.write("bob.json", changed(|made| made.name = "Bob".into()));
    place.write("eve.json", HANDED.replacen("\"Ada\"", "\"Eve\"", 1));
    let page = review(&place, "ada.json ada-again.json bob.json eve.json").expect(1);
    assert_eq!(page.text().matches("Ada   2 of 2").count(), 2, "{}", page.text());
    for words in ["this name is in ada.json, ada-again.json", "somebody always wins  2 of 2 learners", "eve.json (Eve)"]
    {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let csv = review(&place, "ada.json ada-again.json bob.json --csv").expect(0);
    assert_eq!(csv.text().matches(",2\r\n").count(), 2, "{}", csv.text());
}

/// A class made by hand, at two widths.
#[test]
fn a_narrow_page_has_blocks() {
    let share = |good, of| Share { good, of };
    let ada = Review {
        name: "Ada Lovelace, Countess".into(),
        lessons: 2,
        predictions: share(1, 2),
        exercises: share(1, 1),
        traces: share(2, 2),
        misconceptions: ["somebody always wins".to_owned()].into(),
        notes: vec!["lesson 1: its prediction was made after its first run".into()],
        ..Review::default()
    };
    let bob = Review { name: "Bob".into(), faults: vec!["its seal does not fit".into()], ..Review::default() };
    let files = [
        ("ada.json".to_owned(), Ok(ada)),
        ("bob.json".to_owned(), Ok(bob)),
        ("x".to_owned(), Err("it is a directory; name the files in it".to_owned())),
    ];
    let course = course();
    let class = Class { course: &course, files: &files };
    let wide = "\
A course of two, 3 files

name              lessons  predictions   exercises  traces  remarks
────────────────  ───────  ────────────  ─────────  ──────  ──────────────────
Ada Lovelace, C…  2 of 2   1 of 2 right  1 of 1     2 of 2  consistent, 1 note
Bob               0 of 2   0 of 0        0 of 1     0 of 0  1 fault

Wrong:
  bob.json (Bob)
    its seal does not fit
  x
    not reviewed: it is a directory; name the files in it

Noted:
  ada.json (Ada Lovelace, C…)
    lesson 1: its prediction was made after its first run

Misconceptions behind first answers:
  somebody always wins  1 of 1 learner

A file that is consistent agrees with itself, with the course and with the rules
of locking: nobody changed it carelessly. It does not show who made it, nor
whether alone: that no file can show.
";
    let narrow = "\
A course of two, 3 files

Ada Lovelace, C…
  lessons: 2 of 2, predictions: 1 of 2 right,
  exercises: 1 of 1, traces: 2 of 2, remarks:
  consistent, 1 note
Bob
  lessons: 0 of 2, predictions: 0 of 0, exercises:
  0 of 1, traces: 0 of 0, remarks: 1 fault

Wrong:
  bob.json (Bob)
    its seal does not fit
  x
    not reviewed: it is a directory; name the
    files in it

Noted:
  ada.json (Ada Lovelace, C…)
    lesson 1: its prediction was made after its
    first run

Misconceptions behind first answers:
  somebody always wins  1 of 1 learner

A file that is consistent agrees with itself, with
the course and with the rules of locking: nobody
changed it carelessly. It does not show who made
it, nor whether alone: that no file can show.
";
    assert_eq!(class.page(Style { color: false, width: 80 }), wide);
    assert_eq!(class.page(Style { color: false, width: 50 }), narrow);
}
