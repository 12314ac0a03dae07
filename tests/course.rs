//! The course from outside: exercises are unsolved as shipped and solved by their solutions, and nothing that a learner
//! has made is lost.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Place, Running, finish};
use serde_json::{Value, json};

fn lessons() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons")
}

fn solution(number: usize) -> String {
    let file = lessons().join(format!("solutions/{number:02}.toml"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The numbers of the lessons with an exercise.
fn exercises() -> Vec<usize> {
    let number = |name: &std::ffi::OsString| name.to_str()?.strip_suffix(".toml")?.parse().ok();
    common::entries(&lessons().join("exercises")).iter().filter_map(number).collect()
}

fn progress(place: &Place, number: usize) -> Value {
    place.run("progress --json").expect(0).json()["lessons"][number - 1].clone()
}

#[test]
fn the_course_is_fit() {
    let mut check = common::lesson(["course", "check"]);
    check.arg(lessons());
    let done = finish(check).expect(0);
    assert_eq!(done.text(), "Locks, waiting and deadlock: 24 lessons, 20 exercises; nothing is wrong.\n");
    let readme = fs::read_to_string(lessons().with_file_name("README.md")).expect("there");
    assert!(readme.contains("\n24 lessons in [`lessons/`]"), "README.md counts them, too");
}

#[test]
fn each_exercise_is_unsolved_as_shipped_and_solved_by_its_solution() {
    let numbers = exercises();
    assert_eq!(numbers.len(), 20);
    let place = Place::new();
    for number in numbers {
        let started = place.run(&format!("start {number}")).expect(0);
        assert!(started.text().contains(&format!("lesson verify {number}\n")), "{}", started.text());
        let shipped = place.run(&format!("verify {number}")).expect(1);
        assert!(shipped.text().contains("\nNot yet.\n"), "{}", shipped.text());
        assert_eq!(progress(&place, number)["exercise"], "begun");
        place.write(&format!("{number:02}.toml"), solution(number));
        let solved = place.run(&format!("verify {number}")).expect(0);
        assert!(
            solved.text().contains("\nSolved.\n") && solved.text().contains("\nNext: lesson "),
            "{}",
            solved.text()
        );
        assert_eq!(progress(&place, number)["exercise"], "solved");
        assert_eq!(progress(&place, number)["checks"], 2);
    }
    place.run("verify").expect(0);
}

#[test]
fn an_exercise_that_goes_wrong_is_told_as_a_story_with_a_command() {
    let place = Place::new();
    place.run("start 11").expect(0);
    let text = place.run("verify 11").expect(1).text().to_owned();
    for words in ["✗ no deadlock", "The shortest way to a deadlock: 2 moves", "P1 ──waits for B──▶ P2"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let command = text.lines().find_map(|line| line.trim().strip_prefix("lesson run ")).expect("a command");
    let mut run = place.lesson("run");
    run.args(shell_words::split(command).expect("words")).arg("--json");
    assert_eq!(finish(run).json()["runs"][0]["outcome"], "deadlocked", "it is carried out on real locks");
    let document = place.run("verify 11 --json").expect(1).json();
    let goal = json!({
        "goal": "no deadlock", "reached": false, "schedule": "P1 P2", "goes_round_after": null,
        "seed": null, "runs_missed": null, "runs_tried": null,
    });
    assert_eq!(document[0]["goals"][0], goal);
}

/// Whatever is wrong with it: a deadlock, a loss, a livelock, starvation, by the order of the steps or by time.
#[test]
fn each_exercise_as_shipped_is_told_with_a_command_that_can_be_carried_out() {
    let place = Place::new();
    for number in exercises() {
        place.run(&format!("start {number}")).expect(0);
        let told = place.run(&format!("verify {number}")).expect(1);
        let (story, command) = told.text().split_once("\nCarry it out\n").expect("a command");
        assert!(story.contains(" 0.000 s ") || story.contains(" move "), "exercise {number}: {story}");
        let mut run = place.lesson("--color");
        run.arg("never").args(
            shell_words::split(command.trim().lines().next().unwrap_or_default().trim_start_matches("lesson "))
                .expect("words"),
        );
        let status = finish(run).status;
        assert!(matches!(status, Some(0 | 1)), "exercise {number}: {command} {status:?}");
        let goals = place.run(&format!("verify {number} --json")).expect(1).json()[0]["goals"].clone();
        let missed = goals.as_array().into_iter().flatten().find(|goal| goal["reached"] == false).expect("one").clone();
        assert!(missed["schedule"].is_string() != missed["seed"].is_u64(), "exercise {number}: {missed}");
    }
}

/// Words of an exercise, and what stands there instead.
type Changes<'a> = &'a [(&'a str, &'a str)];

/// Tries an idea: a shipped exercise with some words changed.
fn check(number: usize, changes: Changes, is_solved: bool) {
    let file = format!("{number:02}.toml");
    let mut text = fs::read_to_string(lessons().join("exercises").join(&file)).expect("there");
    for (from, to) in changes {
        assert!(text.contains(from), "exercise {number} has no {from}");
        text = text.replace(from, to);
    }
    let place = Place::new();
    place.write(&file, &text);
    let done = place.run(&format!("verify {number}"));
    assert_eq!(done.status, Some(if is_solved { 0 } else { 1 }), "{text}\n{}", done.text());
}

/// Any right solution counts, and to begin at another moment is none where the order of the steps decides.
#[test]
fn ideas_are_judged() {
    let retry =
        "retry = { backoff = \"exponential\", base = \"50ms\", cap = \"1s\", jitter = \"full\", attempts = 9 }\n";
    let (begins, retries) = ("steps  = [\"begin\", \"select\"", format!("{retry}steps  = [\"begin\", \"select\""));
    let till = "steps = [\"work 100ms\", \"begin\", \"select\"";
    let patient = ("busy_timeout = \"0s\"", "busy_timeout = \"5s\"");
    let one_round = ("rounds = 2\nsteps  = [", "steps = [\"begin\", \"insert\", \"commit\", ");
    let round = r#"steps  = ["begin", "select", "work 200ms", "insert", "commit"]"#;
    let transaction = r#""begin", "select", "work 200ms", "insert", "commit""#;
    let both = format!("steps = [\"lock queue\", {transaction}, {transaction}, \"unlock queue\"]");
    let table: [(usize, Changes, bool); 18] = [
        (1, &[patient], true),
        (1, &[patient, one_round], true),
        (1, &[patient, ("rounds = 2\n", ""), ("\"insert\"", "\"insert\", \"insert\"")], true),
        (1, &[patient, ("rounds = 2\n", "")], false),
        (6, &[(begins, &retries)], true),
        (
            6,
            &[("name   = \"ben\"\nrounds = 2\nsteps  = [", "name = \"ben\"\nrounds = 2\nsteps = [\"work 5s\", ")],
            false,
        ),
        (7, &[("steps  = [\"begin\"", "steps  = [\"work 2s\", \"begin\"")], false),
        (17, &[(" within 500ms", "")], false),
        (17, &[("steps = [\"lock B", "steps = [\"work 1s\", \"lock B")], false),
        (17, &[("500ms", "10s")], false),
        (
            17,
            &[
                (" within 500ms", ""),
                ("\"lock B\", \"work 100ms\", \"lock A\"", "\"lock A\", \"lock B\", \"work 100ms\""),
            ],
            true,
        ),
        (23, &[("busy_timeout = \"900ms\"", "busy_timeout = \"60s\"")], false),
        (23, &[(till, "steps = [\"work 2s\", \"begin\", \"select\"")], false),
        (23, &[(till, &format!("{retry}{till}"))], true),
        (23, &[(till, &till.replace("begin", "begin exclusive"))], true),
        // What is refused at once is a cross still, and who comes later only happens to meet nobody.
        (
            17,
            &[
                ("steps = [\"lock B", "steps = [\"work 5s\", \"lock B"),
                ("lock A within 500ms\", \"work 100ms\", \"unlock A", "lock A or fail\", \"work 100ms\", \"unlock A"),
            ],
            false,
        ),
        (6, &[("rounds = 2\n", ""), (round, &both), ("on           =", "locks = { queue = \"flock\" }\non =")], true),
        (3, &[("\"insert\", \"commit\"]", "\"insert\", \"commit\", \"crash\"]"), ("\"300ms\"", "\"5s\"")], false),
    ];
    for (number, changes, is_solved) in table {
        check(number, changes, is_solved);
    }
}

/// An empty program has no deadlock; it is no solution.
#[test]
fn the_work_has_to_be_done_still() {
    let place = Place::new();
    let shipped = fs::read_to_string(lessons().join("exercises/11.toml")).expect("there");
    let empty =
        |line: &str| if line.starts_with("steps") { "steps = [\"work 1ms\"]\n".into() } else { format!("{line}\n") };
    place.write("11.toml", shipped.lines().map(empty).collect::<String>());
    let done = place.run("verify 11").expect(1);
    assert_eq!(done.text().matches("all the work has to stay in the file").count(), 2, "{}", done.text());
    assert_eq!(done.text().matches('✓').count(), 3, "all goals are reached by doing nothing: {}", done.text());
}

#[test]
fn what_the_learner_has_changed_is_never_written_over() {
    let place = Place::new();
    assert!(place.run("start 23").expect(0).text().contains("23.friday is written."));
    assert_eq!(place.entries(), [".home", "23.friday", "23.saturday", "23.toml"]);
    assert!(place.run("start 23").expect(0).text().contains("23.toml is there already."));
    place.write("23.toml", "mine");
    assert!(place.run("start 23").expect(0).text().contains("with your changes; it is left as it is"));
    assert_eq!(fs::read_to_string(place.join("23.toml")).expect("there"), "mine");
    let wrong = place.run("verify 23");
    assert_eq!(wrong.status, Some(2), "{wrong:?}");
    assert!(wrong.err.starts_with("error: 23.toml:1:"), "{}", wrong.err);
    let files = place.run("start 20").expect(0);
    assert_eq!(files.text(), "20.db is written.\n20.db-journal is written.\n", "a lesson with files and no exercise");
}

/// An old journal beside a changed database would be rolled back into it.
#[test]
fn a_journal_is_never_put_beside_a_changed_database() {
    let place = Place::new();
    place.run("start 20").expect(0);
    fs::remove_file(place.join("20.db-journal")).expect("there");
    assert!(place.run("start 20").expect(0).text().ends_with("20.db-journal is written.\n"), "nothing has changed");
    fs::remove_file(place.join("20.db-journal")).expect("there");
    place.write("20.db", "used");
    let text = place.run("start 20").expect(0).text().to_owned();
    assert!(text.contains("20.db-journal is not written: it belongs to a file that has changed."), "{text}");
    assert!(!place.join("20.db-journal").exists());
}

/// Ways around the work: more of a lock than there is, work given up, meetings left out.
#[test]
fn cheats_are_told() {
    let place = Place::new();
    let shipped = |number: usize| {
        let file = lessons().join(format!("exercises/{number:02}.toml"));
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    let table: [(usize, &str, &str, &str); 5] = [
        (11, "on    = \"flock\"", "on    = \"flock\"\nunits = { A = 2 }", "A has other units"),
        (24, "ladder = 8", "ladder = 20", "ladder has other units"),
        (18, "\"meet\", ", "", "does not come to every meeting any more"),
        (4, "rounds = 4", "for = \"1ms\"", "has fewer rounds"),
        (22, "\"lock stock\"", "\"lock stock or fail\"", "✗ nothing is lost"),
    ];
    for (number, from, to, said) in table {
        assert!(shipped(number).contains(from), "{number}: {from}");
        place.write(&format!("{number:02}.toml"), shipped(number).replace(from, to));
        let done = place.run(&format!("verify {number}")).expect(1);
        assert!(done.text().contains(said), "{number}: {}", done.text());
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_where_a_file_should_be_is_no_wait() {
    let place = Place::new();
    nix::unistd::mkfifo(&place.join("11.toml"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    assert!(place.run("start 11").expect(0).text().contains("it is left as it is"));
    let verify = place.run("verify 11");
    assert_eq!(verify.status, Some(2), "{verify:?}");
}

#[test]
fn hints_come_one_by_one_and_the_solution_last() {
    let place = Place::new();
    let hint = |words: &str| place.run(&format!("hint 11{words}")).expect(0).text().to_owned();
    assert!(hint(" --again").starts_with("No hint was given yet"));
    for number in 1..=3 {
        assert!(hint("").starts_with(&format!("Hint {number} of 3\n")), "{number}");
    }
    assert!(hint("").contains("--give-up"));
    assert_eq!(hint(" --again").matches("Hint ").count(), 3);
    assert_eq!(hint(" --all").matches("Hint ").count(), 3);
    assert_eq!(progress(&place, 11)["hints"], 3);
    assert!(hint(" --give-up").starts_with("One way:\n\n"));
    assert_eq!(progress(&place, 11)["exercise"], "given up");
    place.write("11.toml", solution(11));
    place.run("verify 11").expect(0);
    assert!(hint("").starts_with("You have solved it. One way:\n\n"));
    place.run("reset 11").expect(0);
    assert_eq!(progress(&place, 11)["exercise"], "-");
}

#[cfg(unix)]
#[test]
fn a_watched_exercise_is_checked_again_when_it_is_saved() {
    let place = Place::new();
    place.run("start 11").expect(0);
    let mut watch = Running::start(place.lesson("verify 11 --watch"));
    watch.wait_for(&["Not yet."]);
    watch.wait_for(&["Ctrl-C ends"]);
    place.write("11.toml", "title = ");
    watch.wait_for(&["11.toml:1"]);
    watch.wait_for(&["Ctrl-C ends"]);
    place.write("11.toml", solution(11));
    watch.wait_for(&["Solved."]);
    watch.wait_for(&["Ctrl-C ends"]);
    common::signal(watch.pid(), nix::sys::signal::Signal::SIGINT);
    assert_eq!(watch.finish().status, Some(0), "it was solved when it ended");
}

#[test]
fn bad_usage_is_refused_with_a_remedy() {
    let place = Place::new();
    let table: [(&str, &[&str]); 15] = [
        ("start 0", &["a lesson has a number"]),
        ("7", &["did you mean `lesson learn 7`"]),
        ("start 99", &["there is no lesson 99", "1 to 24"]),
        ("start 5", &["lesson 5 has no exercise", "1, 2, 3"]),
        ("start 11 --dir nowhere", &["there is no directory nowhere"]),
        ("verify", &["no exercise", "lesson start N"]),
        ("verify 11", &["can't read 11.toml", "lesson start 11"]),
        ("verify --watch", &["no exercise", "lesson start N"]),
        ("hint 12", &["lesson 12 has no exercise"]),
        ("hint 11 --again --give-up", &["--give-up"]),
        ("reset", &["--all"]),
        ("reset 3 --all", &["--all"]),
        ("progress --course nowhere", &["nowhere"]),
        ("course check nowhere", &["nowhere is no directory"]),
        ("completions csh", &["csh", "bash"]),
    ];
    for (words, expected) in table {
        let done = place.run(words);
        assert_eq!((done.status, done.text()), (Some(2), ""), "{words}: {done:?}");
        for word in expected {
            assert!(done.err.contains(word), "{words}: `{word}` is missing in {}", done.err);
        }
    }
    assert_eq!(place.entries(), [""; 0], "nothing was written");
}

#[test]
fn a_broken_progress_is_put_aside_with_one_line() {
    let place = Place::new();
    place.run("start 11").expect(0);
    let file = place.home().join("progress.json");
    let half = fs::read_to_string(&file).expect("there");
    fs::write(&file, &half[..half.len() / 2]).expect("cut in half");
    let seen = place.run("progress");
    assert_eq!((seen.status, seen.err.lines().count()), (Some(0), 1), "{seen:?}");
    assert!(seen.err.contains("it is broken") && seen.text().contains("0 of 24 complete"), "{seen:?}");
    let changed = place.run("hint 11");
    assert!(changed.err.contains("progress.broken-1.json") && changed.err.lines().count() == 1, "{changed:?}");
    assert_eq!(fs::read(place.home().join("progress.broken-1.json")).expect("kept"), half.as_bytes()[..half.len() / 2]);
    place.run("hint 11").expect(0);
}

/// A home in which nothing can be written is no wall; nor is one of a newer program.
#[cfg(unix)]
#[test]
fn without_a_home_the_course_goes_on() {
    let place = Place::new();
    place.write(".home", "a file where a folder should be");
    let done = place.run("start 11");
    assert_eq!((done.status, done.err.lines().count()), (Some(0), 1), "{done:?}");
    assert!(done.err.starts_with("note: can't keep the progress in "), "{}", done.err);
    fs::remove_file(place.home()).expect("a file");
    fs::create_dir(place.home()).expect("a folder");
    let newer = "{\"version\": 99}";
    fs::write(place.home().join("progress.json"), newer).expect("written");
    let done = place.run("hint 11");
    assert_eq!((done.status, done.err.lines().count()), (Some(0), 1), "{done:?}");
    assert!(done.err.contains("a newer lesson wrote it (format 99"), "{}", done.err);
    assert_eq!(fs::read_to_string(place.home().join("progress.json")).expect("there"), newer);
}
