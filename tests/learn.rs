//! `lesson read` and `lesson learn` from outside, with a small course of our own.

mod common;
#[cfg(target_os = "linux")]
#[path = "learn/windows.rs"]
mod windows;

use std::fs;
use std::path::Path;

use common::{Done, Place, Running, finish, lesson, until};
use serde_json::Value;

const COURSE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/course");

/// The course's name in the progress.
fn key() -> String {
    fs::canonicalize(COURSE).expect("it is there").to_string_lossy().into_owned()
}

/// A command on the course, with a home of its own and a folder for what is temporary.
fn command(place: &Place, words: &str) -> std::process::Command {
    let mut command = lesson(common::args(words));
    let temporary = place.join("tmp");
    fs::create_dir_all(&temporary).expect("a directory can be made");
    command.args(["--course", COURSE]).env("LESSON_HOME", place.join("home")).env("TMPDIR", temporary);
    command
}

/// The same with what is typed into it.
fn typed(place: &Place, words: &str, typed: &str) -> std::process::Command {
    let mut command = command(place, words);
    let file = place.write("typed.txt", typed);
    command.stdin(fs::File::open(file).expect("just written"));
    command
}

fn progress(place: &Place, number: usize) -> Value {
    let text = fs::read_to_string(place.join("home/progress.json")).expect("progress is kept");
    let progress: Value = serde_json::from_str(&text).expect("JSON");
    progress["courses"][key()][number.to_string()].clone()
}

/// The letters of the answers that were kept, `-` for a skipped question, and whether each is right.
fn answers(done: &Value) -> String {
    let answers = done["answers"].as_array().expect("a list");
    let told = |(number, answer): (usize, &Value)| {
        assert_eq!(answer["question"], number, "{done:#}");
        assert!(answer["right"] == false || answer["misconception"].is_null(), "{done:#}");
        format!("{}{}", answer["letter"].as_str().unwrap_or("-"), if answer["right"] == true { "+" } else { "" })
    };
    answers.iter().enumerate().map(told).collect::<Vec<_>>().join(" ")
}

/// Learns lesson 1; what it prints has these words, and these answers are kept.
fn check(input: &str, kept: &str, finished: bool, runs: usize, words: &[&str]) {
    let place = Place::new();
    let done = finish(typed(&place, "learn 1", input));
    assert_eq!(done.status, Some(0), "{input:?}: {done:?}");
    let text = done.text();
    words.iter().for_each(|word| assert!(text.contains(word), "{input:?}: `{word}` is missing in:\n{text}"));
    assert!(!text.contains('\u{1b}'), "{text}");
    let done = progress(&place, 1);
    assert_eq!(answers(&done), kept, "{input:?}: {text}");
    assert_eq!(done["finished"].is_string(), finished, "{input:?}: {text}");
    assert_eq!(done["runs"].as_array().map_or(0, Vec::len), runs, "{input:?}: {text}");
    assert_eq!(common::entries(&place.join("tmp")), [""; 0], "{input:?}");
}

const SEEN: &str = "Seen:     `Nobody who is left can make a step`";
const RIGHT: &str = "That is right.\n\nEach holds what the other wants.\n";
const GOES_ON: &str = "That is the end of lesson 1.\n\n`lesson learn 2 --course";

#[test]
fn answers_are_compared_and_kept() {
    let all = "b\n\n\n\n\n\n\n\n\na\na\n";
    let said = "You said: b) Neither finishes, for each waits for the other, and a waiting";
    check(all, "b+ a+ a+", true, 4, &[said, SEEN, RIGHT, "Only one can have it.", "P1 is done", GOES_ON]);
    let wrong =
        "The thought behind it is \"locks sort themselves out\". Nobody takes a lock away.\n\nRight is b) Neither";
    check("A\n\n\n\n\n\n\n\n\nb\n\n", "a b -", true, 4, &["You said: a) Both", SEEN, wrong, "\"people are locks\""]);
    let asked = "Type one of a, b, s or q, and then Enter.\n";
    check("c\nab\nb)\n", "b+ - -", true, 4, &[asked, RIGHT, "The answer is a) Whoever drives back.", GOES_ON]);
    check("", "- - -", true, 4, &[SEEN, "The answer is b) Neither", "Enter goes on (q leaves): ", GOES_ON]);
    let skipped = [
        "  The command was not run. On the page stands:",
        "The page has this output:",
        "This needs a second terminal",
        "| head -1",
    ];
    check("b\ns\ns\ns\n\ns\ns\n\n\n", "b+ - -", true, 0, &skipped);
    check("b\nq\n", "b+", false, 0, &["\nWhat you answered is kept. `lesson learn 1 --course"]);
    check("\nq\n", "-", false, 0, &["\n`lesson learn 1 --course"]);
    let strange = ["Press Enter alone, or type s or q.\n", "Press Enter alone, or type q.\n", GOES_ON];
    check(&"y\n".repeat(200), "- - -", true, 0, &strange);
    let file = ["The file `mine.toml` is written for this tour.\n", "The file `mine.toml` is gone with this tour; it"];
    check("", "- - -", true, 4, &file);
}

#[test]
fn the_first_answer_counts_and_that_is_said() {
    let place = Place::new();
    for (input, said, kept) in
        [("\nq\n", None, "-"), ("a\nq\n", None, "a"), ("b\nq\n", Some("a"), "b+"), ("b\nq\n", Some("a"), "b+")]
    {
        let done = finish(typed(&place, "learn 1", input)).expect(0);
        let words = said.map(|letter| format!("\n\nYou said {letter} before; the first answer counts.\n\nYour answer"));
        let is_said = words.map_or(!done.text().contains("before; "), |words| done.text().contains(&words));
        assert!(is_said, "{input:?} {said:?}: {}", done.text());
        let all = progress(&place, 1)["answers"].as_array().cloned().expect("a list");
        assert_eq!(answers(&serde_json::json!({ "answers": &all[all.len() - 1..] })), kept);
    }
}

#[test]
fn what_was_run_is_kept() {
    let place = Place::new();
    fs::create_dir_all(place.join("home/evidence")).expect("made");
    for _ in 0..2 {
        finish(typed(&place, "learn 1", "b\n")).expect(0);
    }
    let done = progress(&place, 1);
    assert_eq!(
        answers(&serde_json::json!({ "answers": &done["answers"].as_array().expect("a list")[3..6].to_vec() })),
        "b+ - -"
    );
    let runs = done["runs"].as_array().expect("a list");
    let commands: Vec<&str> = runs.iter().map(|run| run["command"].as_str().expect("a text")).collect();
    let once = [
        "lesson run deadlock --simulate",
        "lesson explore deadlock",
        "lesson explore deadlock --json > numbers.json",
        "lesson run mine.toml --simulate",
    ];
    assert_eq!(commands, [once, once].concat());
    let statuses: Vec<&Value> = runs.iter().map(|run| &run["status"]).collect();
    assert_eq!(statuses, [1, 1, 1, 0, 1, 1, 1, 0]);
    let evidence = place.join("home/evidence");
    assert_eq!(common::entries(&evidence).len(), 8 + 4, "{:?}", common::entries(&evidence));
    for run in runs {
        let transcript = run["transcript"].as_str().expect("a name");
        let text = fs::read_to_string(evidence.join(transcript)).expect("a transcript");
        assert!(
            transcript.starts_with("01-20") && !text.is_empty() && !text.contains('\u{1b}'),
            "{transcript}: {text}"
        );
        let is_traced = run["command"].as_str().is_some_and(|command| command.starts_with("lesson run"));
        assert_eq!(run["trace"].is_string(), is_traced, "{run:#}");
        if let Some(trace) = run["trace"].as_str() {
            assert_eq!(trace.trim_end_matches(".jsonl"), transcript.trim_end_matches(".txt"));
            let mut show = lesson(["show"]);
            let shown = finish({
                show.arg(evidence.join(trace));
                show
            });
            assert_eq!(shown.text(), text, "the trace tells the same story");
        }
    }
}

#[test]
fn what_luck_did_not_show_is_said() {
    let place = Place::new();
    let done = finish(typed(&place, "learn 2", "a\n")).expect(0);
    let text = done.text().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Seen: not this time. The page shows `a line of luck 17`, and this machine did not",
        "lesson run 02.toml --schedule 'P1 P2'",
        "Stuck? `lesson hint 2 --course",
        "Its exercise is yours now: `lesson start 2 --course",
    ] {
        assert!(text.contains(words), "`{words}` is missing in: {text}");
    }
    assert!(!text.contains("That was the last lesson.") && !text.contains("gone with this tour"), "{text}");
    place.write("02.toml", fs::read(Path::new(COURSE).join("solutions/02.toml")).expect("a solution"));
    let mut verify = command(&place, "verify 2");
    finish({
        verify.current_dir(place.path());
        verify
    })
    .expect(0);
    let done = finish(typed(&place, "learn 2", "")).expect(0);
    assert!(done.text().ends_with("\nThat is the end of lesson 2.\n\nThat was the last lesson.\n"), "{}", done.text());
    assert!(!done.text().contains("Its exercise is yours now"), "one next step: {}", done.text());
}

#[test]
fn two_at_once_lose_nothing() {
    let place = Place::new();
    let tours: Vec<Running> = (0..4).map(|_| Running::start(typed(&place, "learn 2", "b\n\n\n\n\na\n"))).collect();
    tours.into_iter().for_each(|tour| drop(tour.finish().expect(0)));
    let done = progress(&place, 2);
    assert_eq!((done["answers"].as_array().map(Vec::len), done["runs"].as_array().map(Vec::len)), (Some(8), Some(4)));
    assert_eq!(common::entries(&place.join("home/evidence")).len(), 4);
}

#[test]
fn without_a_home_the_tour_goes_on() {
    let place = Place::new();
    let file = place.write("file", "");
    let mut learn = typed(&place, "learn 1", "b\n");
    learn.env("LESSON_HOME", file.join("home"));
    let done = finish(learn);
    assert_eq!((done.status, done.err.lines().count()), (Some(0), 1), "{done:?}");
    assert!(done.err.starts_with("note: can't keep the progress in ") && done.err.ends_with("; going on without\n"));
    assert!(done.text().contains(SEEN) && done.text().contains(GOES_ON), "{}", done.text());
}

#[test]
fn a_lesson_that_is_not_there_is_one_clear_error() {
    let place = Place::new();
    for words in ["read 3", "learn 3"] {
        finish(command(&place, words)).expect_error(&["there is no lesson 3; they go from 1 to 2"]);
    }
    for words in ["read 0", "learn 0", "read two", "learn 1 2", "read 100"] {
        let done = finish(command(&place, words));
        assert_eq!((done.status, done.text()), (Some(2), ""), "{words}");
    }
    assert!(!place.join("home").exists(), "nothing was done");
}

#[test]
fn a_page_is_shown_whole() {
    let place = Place::new();
    let read = |words: &str| finish(command(&place, words)).expect(0).text().to_owned();
    let page = read("read 1");
    assert_eq!(page, read("read"), "the next lesson that is not done");
    assert_eq!(page, read("read 1 --no-pager"));
    assert!(page.starts_with("1. One\n══════\n\nTwo processes want two locks."), "{page}");
    assert!(page.contains("lesson read 1 --course ") && !page.contains("Answer: b."), "{page}");
    let answers = read("read 1 --answers");
    assert!(answers.contains("Answer: b. Each holds what the other wants.\n  a, locks sort themselves out: Nobody"));
    assert!(!answers.contains("--answers"), "{answers}");
    for text in [&page, &answers] {
        assert!(text.lines().all(|line| line.chars().count() <= 80 || line.contains("--course")), "{text}");
        assert!(!text.contains("\u{1b}") && !text.contains("First hint"), "{text}");
    }
    let colored = read("--color always read 1");
    assert!(colored.contains("\u{1b}[38;5;6mlesson learn\u{1b}[39m"), "{colored}");
    finish(typed(&place, "learn 1", "")).expect(0);
    assert!(read("read").starts_with("2. Two\n"), "the first one is done");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let place = Place::new();
    for words in ["read 1", "learn 1"] {
        let done: Done = Running::start(command(&place, words)).close_and_finish();
        assert_eq!((done.status, done.err.as_str()), (Some(0), ""), "{words}");
    }
    until("nothing stays behind", || common::entries(&place.join("tmp")).is_empty());
}

#[cfg(target_os = "linux")]
mod ended {
    use std::io::Write as _;

    use nix::sys::signal::Signal::{SIGINT, SIGKILL, SIGTERM};

    use super::*;

    /// A course whose command takes long.
    fn slow(place: &Place) -> std::path::PathBuf {
        let course = place.join("slow");
        fs::create_dir_all(&course).expect("made");
        let page = fs::read_to_string(Path::new(COURSE).join("01-one.md")).expect("a page");
        let page = page.replacen("$ lesson run deadlock --simulate", "$ lesson run deadlock --patience 1h", 1);
        let page = page.replace("(02-two.md)", "(01-one.md)");
        fs::write(course.join("01-one.md"), page).expect("written");
        fs::write(course.join("SUMMARY.md"), "- [1. One](01-one.md)\n").expect("written");
        course
    }

    #[test]
    fn whatever_ends_it_leaves_nothing_and_keeps_the_answer() {
        for signal in [SIGINT, SIGTERM, SIGKILL] {
            let place = Place::new();
            let course = slow(&place);
            let (input, mut answers) = std::io::pipe().expect("a pipe");
            let mut learn = lesson(["learn", "1", "--course"]);
            fs::create_dir_all(place.join("tmp")).expect("made");
            learn.arg(&course).env("LESSON_HOME", place.join("home")).env("TMPDIR", place.join("tmp")).stdin(input);
            let mut running = Running::start(learn);
            answers.write_all(b"b\n\n").expect("it reads");
            running.wait_for(&["closes a cycle"]);
            let children = common::children(running.pid());
            assert_eq!(children.len(), 1, "{children:?}");
            let workers = common::children(children[0].0);
            assert_eq!(workers.len(), 2, "{workers:?}");
            common::signal(running.pid(), signal);
            let done = running.finish();
            assert_eq!(done.status, if signal == SIGKILL { None } else { Some(130) }, "{signal}: {done:?}");
            let gone = || children.iter().chain(&workers).all(|(pid, _)| !common::lives(*pid));
            until("every process is gone", gone);
            let text = fs::read_to_string(place.join("home/progress.json")).expect("kept");
            assert!(text.contains("\"letter\": \"b\"") && !text.contains("finished"), "{text}");
            // What a killed one leaves is removed by the next one.
            let next = finish(typed(&place, "learn 2", "q\n"));
            assert_eq!(next.status, Some(0), "{next:?}");
            until("nothing stays behind", || common::entries(&place.join("tmp")).is_empty());
        }
    }
}
