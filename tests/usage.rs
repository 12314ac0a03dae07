//! Bad usage, help, colour, and the names of `--json`.

mod common;

use std::ffi::OsString;

use common::{Done, Place, finish, json, lesson, run, run_scenario, scenario};
use serde_json::Value;

/// Bad usage or bad input: exit status 2, nothing on standard output, one error that has these words.
fn check(done: &Done, shown: &str, words: &[&str]) {
    assert_eq!(done.status, Some(2), "{shown}: {done:?}");
    assert_eq!(done.text(), "", "{shown}");
    assert_eq!(done.err.matches("error: ").count(), 1, "one error: {shown}: {}", done.err);
    assert!(done.err.starts_with("error: "), "{shown}: {}", done.err);
    assert!(!done.err.contains("panicked") && !done.err.contains('\u{1b}'), "{shown}: {}", done.err);
    for word in words {
        assert!(done.err.contains(word), "{shown}: `{word}` is missing in: {}", done.err);
    }
}

#[test]
fn an_export_goes_to_standard_output_too() {
    let text = run("explore banker --export promela -").expect(0).text().to_owned();
    assert!(text.starts_with("/* made by lesson explore --export\n"), "{text}");
    check(&run("explore banker --export tla -"), "tla to -", &["TLC reads a module from a file", "Table.tla"]);
}

#[test]
fn bad_arguments_are_refused_with_a_remedy() {
    let table: [(&str, &[&str]); 62] = [
        ("nonsense", &["nonsense"]),
        ("--nonsense", &["--nonsense"]),
        ("--color", &["--color"]),
        ("--color sometimes locked", &["always", "never"]),
        ("locked extra", &["extra"]),
        ("locked --processes 0", &["--processes"]),
        ("locked --processes -1", &["-1"]),
        ("locked --processes 10001", &["10000"]),
        ("locked --processes 99999999999999999999999", &["--processes"]),
        ("locked --processes two", &["two"]),
        ("locked --processes 2 --processes 3", &["multiple times"]),
        ("locked --records 0", &["--records"]),
        ("locked --records 100001", &["100000"]),
        ("locked --task-duration 3", &["200ms, 3s, 1m30s"]),
        ("locked --task-duration -3s", &["-3"]),
        ("locked --task-duration 3years", &["24h"]),
        ("locked --task-duration 99999999999999999999s", &["99999999999999999999s"]),
        ("locked --task-duration 0s,", &["is not a duration"]),
        ("locked --task-duration 1e3s", &["1e3s"]),
        ("locked --busy-timeout 25h", &["24h"]),
        ("locked --busy-timeout infinite", &["infinite"]),
        ("locked --speed 0", &["0.01 to 1000"]),
        ("locked --speed nan", &["0.01 to 1000"]),
        ("locked --speed inf", &["0.01 to 1000"]),
        ("locked --speed=-1", &["0.01 to 1000"]),
        ("locked --speed 1e9", &["0.01 to 1000"]),
        ("locked --speed 0.01 --task-duration 24h", &["--speed"]),
        ("locked --speed 0.01 --task-duration 0s --busy-timeout 24h", &["--speed"]),
        ("locked --begin lazily", &["deferred", "immediate", "exclusive"]),
        ("locked --journal memory", &["delete", "wal"]),
        ("locked --repeat 0", &["--repeat"]),
        ("locked --repeat 10001", &["10000"]),
        ("locked --seed -1", &["-1"]),
        ("locked --record same --trace same", &["same file"]),
        ("locked --record same --trace ./same", &["same file"]),
        ("locked --trace missing/trace", &["there is no directory missing"]),
        ("locked --record missing/record", &["there is no directory missing"]),
        ("locked --trace .", &["it is a directory"]),
        ("deadlock --processes 1", &["--processes"]),
        ("deadlock --processes 10000", &["9999"]),
        ("deadlock --on semaphore", &["flock, fcntl, ofd, mutex, sqlite, sqlite-wal"]),
        ("deadlock --on", &["--on"]),
        ("deadlock --on FLOCK", &["flock, fcntl"]),
        ("deadlock --patience 2days", &["24h"]),
        ("fixed nonsense", &["locked", "deadlock"]),
        ("fixed --with nonsense", &["ordering", "busy-timeout"]),
        ("fixed --with none,", &["a fix is one of"]),
        ("fixed locked --with ordering", &["none of these fixes"]),
        ("fixed deadlock --load", &["--load is about"]),
        ("fixed --processes 1", &["--processes"]),
        ("run", &["FILE"]),
        ("run missing.toml", &["can't read missing.toml", "lesson scenarios"]),
        ("run .", &[". is a directory"]),
        ("run Cargo.toml --processes 3", &["--processes is for built-in scenarios"]),
        ("run deadlock --processes 1", &["--processes"]),
        ("run banker --processes 3", &["banker has one size only"]),
        ("run deadlock --schedule P9", &["`P9`, is no process"]),
        ("run locked --on flock", &["can't be run on flock"]),
        ("run banker --json", &["money has units, and no real lock has any", "lesson run --simulate"]),
        ("scenarios show", &["NAME"]),
        ("scenarios show nonsense", &["there is no scenario `nonsense`"]),
        ("show missing", &["can't read missing"]),
    ];
    let place = Place::new();
    for (words, expected) in table {
        check(&place.run(words), words, expected);
    }
    assert_eq!(place.entries(), [""; 0], "nothing was written");
}

#[test]
fn without_a_command_the_map_comes() {
    let done = run("").expect(0);
    assert!(done.text().ends_with("\n0 of 24 complete. Next: lesson learn 1\n"), "{}", done.text());
}

#[test]
fn help_is_a_screen_and_man_and_completions_know_every_command() {
    let help = run("--help").expect(0).text().to_owned();
    // A window of 24 lines has one for the prompt.
    assert!(help.lines().count() < 24 && help.lines().all(|line| line.chars().count() <= 80), "{help}");
    let names = ["locked", "deadlock", "fixed", "learn", "verify", "hand-in", "explore", "who", "completions"];
    for words in ["man", "completions bash", "completions zsh", "completions fish", "completions powershell"] {
        let text = run(words).expect(0).text().replace("\\-", "-");
        for name in names {
            assert!(text.contains(name), "{words}: {name} is missing");
        }
        for name in ["guardian", "also-into", "leash"] {
            assert!(!text.contains(name), "{words}: {name} is ours alone");
        }
    }
    assert!(run("man who").expect(0).text().contains(".TH lesson-who 1"));
    let deep = run("man course check").expect(0).text().to_owned();
    assert!(deep.contains(".TH lesson-course-check 1"), "{deep}");
    let page = run("man verify").expect(0).text().to_owned();
    assert!(page.contains("\n.SH EXAMPLES\n  lesson verify 2 ") && !page.contains("EXTRA"), "{page}");
}

#[test]
fn mistakes_in_a_scenario_are_shown_where_they_are() {
    let table: [(&str, &[&str]); 15] = [
        ("", &["`title` is missing", "1:1"]),
        ("title = ", &["1:"]),
        ("title = \"t\"\non = \"flock\"\n", &["there is no process"]),
        ("title = \"t\"\non = \"sand\"\n", &["unknown word", "sand"]),
        ("title = \"\u{1b}[2J\"\n", &["1:"]),
        (&scenario("on = \"flock\"", &[("P1", "lock A")]), &["^"]),
        (&scenario("on = \"flock\"", &[("P1", "unlock A")]), &["unlock A"]),
        (&scenario("on = \"flock\"", &[("P1", "lock ../A")]), &["can't name a lock"]),
        (&scenario("on = \"flock\"", &[("P1", "insert")]), &["insert"]),
        (&scenario("on = \"flock\"", &[("P1", "work 3")]), &["200ms, 3s, 1m30s"]),
        (&scenario("on = \"flock\"", &[("P1", "dance")]), &["unknown step `dance`"]),
        (&scenario("on = \"flock\"", &[("P 1", "work 1s")]), &["can't name a process"]),
        (&scenario("on = \"flock\"", &[("P1", "work 1s"), ("P1", "work 1s")]), &["two processes are called `P1`"]),
        (&scenario("on = \"flock\"", &[("P1", "meet, meet"), ("P2", "meet")]), &["would wait for ever"]),
        (&scenario("on = \"flock\"\nbusy_timeout = \"1s\"", &[("P1", "work 1s")]), &["`busy_timeout` is for SQLite"]),
    ];
    for (toml, words) in table {
        check(&run_scenario(toml, &[]), toml, &[words, &["help: "]].concat());
    }
}

#[test]
fn files_that_are_no_scenario_are_refused() {
    let place = Place::new();
    place.write("binary", [0xff, 0xfe, 0, 1, 2]);
    place.write("zeros", [0; 1000]);
    check(&place.run("run binary"), "binary", &["can't read binary"]);
    check(&place.run("run zeros"), "zeros", &["zeros:1:1"]);
    place.write("large", vec![b'#'; 16 * 1024 * 1024 + 1]);
    check(&place.run("run large"), "large", &["too large", "16 MiB"]);
    if cfg!(unix) {
        check(&place.run("run /dev/zero"), "/dev/zero", &["too large"]);
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt as _;

    let strange = || OsString::from_vec(vec![b'x', 0xff, 0x1b, b'[']);
    let table: [&[&str]; 15] = [
        &[],
        &["who"],
        &["mystery", "--answer"],
        &["locked", "--processes"],
        &["locked", "--begin"],
        &["locked", "--task-duration"],
        &["deadlock", "--on"],
        &["fixed", "--with"],
        &["run"],
        &["run", "deadlock", "--schedule"],
        &["sweep"],
        &["sweep", "--task"],
        &["play"],
        &["play", "deadlock", "--moves"],
        &["show"],
    ];
    for words in table {
        let mut command = lesson(words);
        command.arg(strange());
        check(&finish(command), &format!("{words:?}"), &[]);
    }
}

#[test]
fn a_worker_is_not_started_by_hand() {
    let done = run("worker");
    check(&done, "worker", &["not by hand"]);
}

#[test]
fn every_help_has_examples() {
    for command in ["", "locked", "deadlock", "fixed", "who", "mystery", "run", "sweep", "play", "scenarios", "show"] {
        for help in ["--help", "-h"] {
            let done = run(&format!("{command} {help}")).expect(0);
            assert!(done.text().contains("\nExamples:\n  lesson "), "{command} {help}: {}", done.text());
            assert!(done.text().contains("Usage: lesson"), "{command}");
            assert!(!done.out.contains(&0x1b), "{command}");
            assert!(!done.text().contains("worker"), "workers are nobody's business: {command}");
        }
    }
    for words in ["--version", "locked --version", "show -V"] {
        let done = run(words).expect(0);
        assert!(done.text().trim_end().ends_with(env!("CARGO_PKG_VERSION")), "{words}: {}", done.text());
    }
}

#[test]
fn colour_comes_only_when_it_may() {
    type Row = (&'static str, &'static [(&'static str, &'static str)], bool);
    let table: [Row; 13] = [
        ("", &[], false),
        ("--color auto", &[], false),
        ("--color always", &[], true),
        ("--color always", &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
        ("--color never", &[("CLICOLOR_FORCE", "1")], false),
        ("", &[("CLICOLOR_FORCE", "1")], true),
        ("", &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true),
        ("", &[("CLICOLOR_FORCE", "0")], false),
        ("", &[("CLICOLOR_FORCE", "")], false),
        ("", &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        ("", &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")], true),
        ("", &[("TERM", "dumb")], false),
        ("", &[("TERM", "xterm-256color"), ("CLICOLOR", "1")], false),
    ];
    let place = Place::new();
    place.run("deadlock --patience 60ms --trace trace").expect(0);
    let plain = place.run("show trace").expect(0).text().to_owned();
    for (words, environment, colored) in table {
        for command in ["show trace", "scenarios", "show trace --json", "scenarios show queue"] {
            let done = place_run(&place, &format!("{command} {words}"), environment);
            let colored = colored && !command.contains("--json") && !command.contains("queue");
            assert_eq!(done.out.contains(&0x1b), colored, "{command} {words} {environment:?}: {}", done.text());
            if command == "show trace" {
                assert_eq!(without_colour(done.text()), plain, "colour adds nothing but colour: {words}");
            }
        }
    }
    // What is live obeys, too; files and documents are never coloured.
    for (words, colored) in [("--color always --record r --trace t --force", true), ("--color always --json", false)] {
        let done = place.run(&format!("locked --task-duration 0s {words}")).expect(0);
        assert_eq!(done.out.contains(&0x1b), colored, "{words}");
    }
    for file in ["r", "t"] {
        assert!(!std::fs::read(place.join(file)).expect("written").contains(&0x1b), "{file}");
    }
}

fn place_run(place: &Place, words: &str, environment: &[(&str, &str)]) -> Done {
    let mut command = place.lesson(words);
    command.envs(environment.iter().copied());
    finish(command).expect(0)
}

/// Takes every `ESC [ ... m` out.
fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

const DOCUMENT: [&str; 7] = ["lesson", "command", "environment", "ok", "outcome", "cycle", "blocked_behind"];

const RUN: [&str; 25] = [
    "name",
    "title",
    "on",
    "outcome",
    "task_duration_ms",
    "busy_timeout_ms",
    "processes",
    "finished",
    "expected",
    "acknowledged",
    "stored",
    "integrity",
    "refused",
    "retries",
    "took_ms",
    "limit_ms",
    "share_of_limit",
    "worst_wait_ms",
    "fairness",
    "rounds",
    "refusals",
    "cycle",
    "blocked_behind",
    "verdict_after_ms",
    "seed",
];

const REFUSAL: [&str; 6] = ["name", "code", "text", "count", "least_wait_ms", "most_wait_ms"];

fn check_names(value: &Value, names: &[&str], shown: &str) {
    let object = value.as_object().unwrap_or_else(|| panic!("{shown}: {value:#}"));
    for name in names {
        assert!(object.contains_key(*name), "{shown}: `{name}` is missing in {value:#}");
    }
}

fn check_document(document: &Value, shown: &str, command: &str, plural: &str, count: usize) {
    check_names(document, &DOCUMENT, shown);
    assert_eq!((&document["command"], &document["lesson"]), (&command.into(), &env!("CARGO_PKG_VERSION").into()));
    let runs = document[plural].as_array().unwrap_or_else(|| panic!("{shown}: {plural}: {document:#}"));
    assert_eq!(runs.len(), count, "{shown}");
    for run in runs {
        check_names(run, &RUN, shown);
        assert_eq!(run["seed"], 7, "{shown}");
        run["refusals"].as_array().into_iter().flatten().for_each(|kind| check_names(kind, &REFUSAL, shown));
    }
}

#[test]
fn json_is_one_document_with_the_names_that_are_promised() {
    let table = [
        ("locked --task-duration 0s,60ms --busy-timeout 0s", "locked", "acts", 2),
        ("deadlock --patience 60ms --repeat 2", "deadlock", "runs", 2),
        ("fixed --with none,try-lock,detect --task-duration 20ms", "fixed", "rows", 3),
        ("run deadlock --patience 60ms", "run", "runs", 1),
    ];
    let place = Place::new();
    for (words, command, plural, count) in table {
        let (_, live) = json(&format!("{words} --seed 7"));
        check_document(&live, words, command, plural, count);
        let recorded = place.run(&format!("{words} --seed 7 --json --trace trace"));
        let shown = place.run("show trace --json").expect(0).json();
        check_document(&shown, words, command, plural, count);
        assert_eq!(shown, recorded.json(), "{words}");
    }
}

#[cfg(unix)]
#[test]
fn a_refusal_by_errno_carries_its_number() {
    let holder = ("P1", "lock A, work 300ms, unlock A");
    let toml = scenario("on = \"flock\"", &[holder, ("P2", "lock A or fail, unlock A")]);
    for on in ["flock", "fcntl", "mutex"] {
        let done = run_scenario(&toml, &["--on", on, "--schedule", "P1 P2", "--json"]);
        let why = common::runs(&done.json())[0]["refusals"][0].clone();
        let code = nix::errno::Errno::EWOULDBLOCK as i32;
        assert_eq!((&why["name"], &why["code"]), (&"EWOULDBLOCK".into(), &code.into()), "{on}: {why:#}");
    }
}

#[test]
fn every_built_in_scenario_is_listed_printed_and_sound() {
    let list = run("scenarios").expect(0);
    // A table or, on a narrow page, blocks: either way a name stands at the beginning of its line.
    let names: Vec<&str> = list.text().lines().filter_map(|line| line.split(' ').next()).collect();
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && *name != "name")
        .collect();
    assert_eq!(names.len(), 27, "{}", list.text());
    let place = Place::new();
    for name in names {
        let toml = run(&format!("scenarios show {name}")).expect(0);
        place.write("it.toml", toml.text());
        // A schedule that does not fit is found after the scenario was read and found sound.
        let mut command = place.lesson("run it.toml --schedule");
        command.arg("nobody");
        finish(command).expect_error(&["`nobody`, is no process"]);
    }
}
