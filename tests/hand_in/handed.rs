//! What is handed in, what is left out, and that nothing else is written over.

use std::fs;

use crate::common::{Place, finish};
use crate::learner::{EVIDENCE, at, course_dir, hand_in, learner, progress, review};
use lesson::course::Evidence;
use serde_json::{Value, json};

#[test]
fn what_was_done_is_handed_in_and_said() {
    let place = learner(&progress());
    let page = "\
Ada Lovelace, A course of two

  lessons       2 of 2 done, tour and exercise
  predictions   2 made, 1 right (the first question of a lesson)
  exercises     1 of 1 solved
  evidence      what 2 commands printed, 2 traces
  machine       its report, made just now (lesson check: all is well)

`lesson review` checks a checksum of the file, each trace, each exercise and
each answer again. That shows that the file agrees with itself and with the
course. It does not show who made it.

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
    for words in
        ["0 of 2 done", "0 made, 0 right", "what 0 commands printed, 0 traces", "Nothing of this course is done yet"]
    {
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
    // More than a tour of any lesson leaves behind.
    progress.lesson(&key, 1).runs.extend(vec![run.clone(); 9]);
    let names = ["01/told.txt", "../../progress.json", "01/large.txt", "01/bytes.txt"];
    progress.lesson(&key, 1).runs.extend(names.into_iter().map(with));
    progress.lesson(&key, 7).finished = Some(at(30));
    let place = learner(&progress);
    place.write("home/evidence/01/large.txt", vec![b'x'; 4 * 1024 * 1024 + 1]);
    place.write("home/evidence/01/bytes.txt", [0xff, 0xfe]);
    let page = hand_in(&place, "ada.json --name Ada").expect(0);
    let left_out = [
        "lesson 1: the evidence of 2 earlier runs; the latest 12 are in it",
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
    assert!(page.text().contains("left out when it was made: lesson 1: "), "{}", page.text());
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
