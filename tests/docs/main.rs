//! The pages tell the truth: every command in `lessons/*.md` and `README.md` is run, and what it prints is compared
//! with the output on the page. Numbers that luck decides (times, process ids) are taken out of both first.
//!
//! A block looks like this:
//!
//! ````text
//! <!-- exit: 1 -->
//! <!-- luck: order, names, counts, witness -->
//! <!-- tries: 5 -->
//! ```console
//! $ lesson run my.toml
//! ...
//!   1 of 2 processes finished every round.
//! ...
//! ```
//! ````
//!
//! - `...` stands for any lines, `[..]` for anything within a line.
//! - `exit` is the exit status of the block's last command; 0 if nothing is said, `0, 1` if luck decides.
//! - `luck` says what luck decides, and is therefore not compared: see [`Luck`].
//! - `tries` says how often to try what a busy machine can spoil.
//! - `types` is what the reader types into the commands of the block: one line.
//! - `meanwhile` is a `lesson mystery` in the reader's other terminal; the block's `lesson who` looks at its file.
//! - `<!-- file: my.toml -->` above a `toml` block writes that block to the file, as the reader does.
//!
//! The files of the lesson's exercise are there, as after `lesson start`.
//!
//! Each page is a test of its own: `cargo test --test docs 05-` tries one.

mod luck;
mod meanwhile;
mod page;
mod plain;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use page::Page;

/// A page mostly waits, as its processes do.
const PAGES_AT_ONCE: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(PAGES_AT_ONCE);
    libtest_mimic::run(&arguments, pages().chain(tests()).collect()).exit_code()
}

/// One test for each page.
fn pages() -> impl Iterator<Item = Trial> {
    let page = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        Trial::test(name, move || Page::read(&path).check().map_err(Into::into))
    };
    paths().into_iter().map(move |path| match cfg!(target_os = "linux") {
        true => page(path),
        false => page(path).with_kind("shows the locks of Linux").with_ignored_flag(true),
    })
}

macro_rules! tests {
    ($($name:path)*) => {
        [$(Trial::test(stringify!($name).replace(' ', ""), || Ok($name()))),*]
    };
}

fn tests() -> impl IntoIterator<Item = Trial> {
    tests! {
        every_lesson_has_commands
        links_lead_somewhere
        a_false_page_fails
        page::a_silent_witness_leaves_no_gap
        plain::what_differs_from_run_to_run_is_taken_out
        plain::wrapping_is_undone
    }
}

fn every_lesson_has_commands() {
    for path in paths().iter().filter(|path| is_lesson(path)) {
        assert!(Page::read(path).commands() >= 3, "{}: a lesson shows what it says", path.display());
    }
}

fn links_lead_somewhere() {
    for path in paths() {
        for link in links(&read(&path)) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let file = path.parent().expect("a folder").join(target);
            assert!(file.exists(), "{}: the link to {target} leads nowhere", path.display());
        }
    }
}

/// A page that claims something false has to fail, or the tests above prove nothing.
fn a_false_page_fails() {
    const TRUE: &str = "```console\n$ lesson run deadlock --on fcntl\n...\n  1 of 2 processes finished every round.\n  \
                        1 x Resource deadlock would occur (EDEADLK, code 35), after 42 µs\n...\n```\n";
    let check = |above: &str, from: &str, to: &str| {
        assert!(TRUE.contains(from), "{from}");
        Page::parse("false.md", &format!("{above}\n{}", TRUE.replace(from, to))).check()
    };
    assert_eq!(check("<!-- exit: 1 -->", "42 µs", "17 µs"), Ok(()), "time is not compared");
    let lies = [
        ("", "42 µs", "42 µs", "exit status"),
        ("<!-- exit: 1 -->", "1 of 2", "2 of 2", "1 of 2"),
        (
            "<!-- exit: 1 -->",
            "1 x Resource deadlock would occur (EDEADLK, code 35)",
            "1 x the time-out passed",
            "EDEADLK",
        ),
        ("<!-- exit: 1 -->", "42 µs", "5.01 s", "at once"),
        ("<!-- exit: 1 -->", "--on fcntl", "--on sqlite", "SQLITE_BUSY"),
        ("<!-- exit: 1 -->", "$ lesson run", "$ lesson walk", "unrecognized subcommand"),
    ];
    for (above, from, to, said) in lies {
        let found = check(above, from, to).expect_err(to);
        assert!(found.contains("false.md:"), "{found}");
        assert!(found.contains(said), "`{from}` -> `{to}`: {found}");
    }
}

/// The pages: the lessons, and the README where there is one.
fn paths() -> Vec<PathBuf> {
    let entries = fs::read_dir(lessons()).expect("the lessons are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.push(root().join("README.md"));
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

/// Where the links of a page lead, `[text](target)`; what stands in a fenced block is none.
fn links(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut links = Vec::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        if !fenced {
            links.extend(line.split("](").skip(1).map(|after| after.split(')').next().unwrap_or_default()));
        }
    }
    links
}

/// The files of a lesson's exercise: those of its number.
fn exercise_files(lesson: &Path) -> Vec<PathBuf> {
    let number = file_name(lesson).split('-').next().unwrap_or_default().to_owned();
    let entries = fs::read_dir(lessons().join("exercises")).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    paths.filter(|path| path.file_stem().is_some_and(|stem| *stem == *number)).collect()
}

fn is_lesson(path: &Path) -> bool {
    starts_with_number(&file_name(path))
}

fn starts_with_number(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("a page has a name").to_string_lossy().into_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn lessons() -> PathBuf {
    root().join("lessons")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
