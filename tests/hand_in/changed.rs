//! What was changed is found, also under a new seal; what is odd is noted.

use std::fs;

use crate::common::Place;
use crate::learner::{EVIDENCE, HANDED, at, changed, course_dir, done, review};
use lesson::course::HandIn;
use lesson::report::{Style, Transcript};
use lesson::trace::Recording;
use serde_json::Value;

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
            handed.evidence = vec![handed.evidence[0].clone(); 13];
        },
        &["the evidence of 13 runs, and 12 fit"],
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
    type Change = fn(&mut HandIn);
    let table: [(Change, &str); 8] = [
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
