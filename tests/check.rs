//! `lesson check` from outside.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// Everything that is looked at, in the order of the page. Scripts rely on these names.
const WHAT: [&str; 13] = [
    "operating system",
    "processor cores",
    "versions",
    "terminal",
    "temporary directory",
    "file system",
    "open files",
    "processes",
    "flock",
    "/proc/locks",
    "fcntl",
    "SQLite rollback",
    "SQLite WAL",
];

/// The variables that decide where files and colours go; a test sets the ones that it is about.
const VARIABLES: [&str; 6] = ["TMPDIR", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS"];

fn check(args: &[&dyn AsRef<OsStr>], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lesson"));
    command.arg("check").args(args);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied()).output().expect("lesson starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("lesson writes text")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("the file can be read")
}

#[test]
fn each_way_to_ask_has_its_page_and_exit_status() {
    type Row = (&'static [&'static str], &'static [(&'static str, &'static str)], i32, &'static [&'static str]);
    let no_place: &[(&str, &str)] = &[("TMPDIR", "/nonexistent")];
    let table: [Row; 6] = [
        (&[], &[], 0, &WHAT),
        (&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], 0, &WHAT),
        (&["--json"], &[], 0, &WHAT),
        (&[], no_place, 1, &["failed   temporary directory", "failed   flock", "Remedy: ", "TMPDIR", "6 of 13 checks"]),
        (&["--json"], no_place, 1, &["\"ok\": false", "\"failed\""]),
        (&["--colour"], &[], 2, &[]),
    ];
    for (args, environment, status, words) in table {
        if cfg!(not(unix)) && environment == no_place {
            continue; // TMPDIR is Unix's
        }
        let args: Vec<&dyn AsRef<OsStr>> = args.iter().map(|arg| arg as &dyn AsRef<OsStr>).collect();
        let output = check(&args, environment);
        let (page, errors) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(status), "{environment:?}\n{page}{errors}");
        for word in words {
            assert!(page.contains(word), "{word}: {environment:?}\n{page}");
        }
        assert!(!page.contains('\u{1b}'), "no escape codes without a terminal: {page:?}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

#[test]
fn the_page_is_one_screen_and_says_each_status_in_a_word() {
    let output = check(&[], &[]);
    let page = text(&output.stdout);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert!(page.lines().count() <= 24 || page.contains("Remedy: "), "{page}");
    for what in WHAT {
        let line = page.lines().find(|line| line.get(9..).is_some_and(|rest| rest.starts_with(what)));
        let status = line.and_then(|line| line.split_whitespace().next()).unwrap_or("no line");
        assert!(["ok", "warning"].contains(&status), "{what}: {status}\n{page}");
    }
    let colored = check(&[], &[("CLICOLOR_FORCE", "1")]);
    assert!(text(&colored.stdout).contains("\u{1b}[32mok\u{1b}["), "the word is there in colour, too");
}

#[test]
fn the_document_has_names_for_scripts() {
    let output = check(&[&"--json"], &[]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["command"], "check");
    assert_eq!(document["ok"], true);
    assert_eq!(document["lesson"], env!("CARGO_PKG_VERSION"));
    assert!(document["environment"]["sqlite"].is_string(), "{document}");
    let checks = document["checks"].as_array().expect("a list");
    assert_eq!(checks.iter().map(|check| check["what"].as_str().unwrap_or_default()).collect::<Vec<_>>(), WHAT);
    for check in checks {
        let well = check["status"] == "ok";
        assert!(well || check["status"] == "warning", "{check}");
        assert!(check["found"].is_string() && check["remedy"].is_null() == well, "{check}");
    }
}

/// What an instructor collects: it may be made again, and never at the cost of somebody else's file.
#[test]
fn records_the_page_but_not_over_a_foreign_file() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (own, foreign) = (folder.path().join("check.txt"), folder.path().join("thesis.txt"));
    std::fs::write(&foreign, "years of work\n").expect("it can be written");
    let table: [(&Path, bool, i32, &str); 4] = [
        (&own, false, 0, "lesson transcript: lesson check\n"),
        (&own, false, 0, "lesson transcript: lesson check\n"),
        (&foreign, false, 2, "years of work\n"),
        (&foreign, true, 0, "lesson transcript: lesson check\n"),
    ];
    for (file, force, status, begins) in table {
        let mut args: Vec<&dyn AsRef<OsStr>> = vec![&"--record", &file];
        if force {
            args.push(&"--force");
        }
        let output = check(&args, &[("CLICOLOR_FORCE", "1")]);
        let (shown, errors, kept) = (file.display(), text(&output.stderr), read(file));
        assert_eq!(output.status.code(), Some(status), "{shown} {errors}");
        assert!(kept.starts_with(begins), "{shown}: {kept}");
        assert_eq!(errors.contains("--force"), status == 2, "the remedy: {errors}");
        assert!(!kept.contains('\u{1b}'), "a file has no escape codes: {kept:?}");
    }
    assert!(read(&own).contains("SQLite WAL"), "the whole page");
}

#[test]
fn leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let output = check(&[], &[("TMPDIR", folder.path().to_str().expect("a plain name"))]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}
