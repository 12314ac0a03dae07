//! What the compiler and the linter can't forbid: the habits of the house.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms that are functions of their input. They may not look at the world.
const PURE_ROOMS: [&str; 14] = [
    "course",
    "scenario",
    "trace",
    "model",
    "analysis",
    "report",
    "picture",
    "explore",
    "export",
    "simulate",
    "sweep",
    "play",
    "mystery",
    "who/judge",
];

/// Words that look at the world, or whose order is chance.
const IMPURE_WORDS: [&str; 5] = ["Instant", "SystemTime", "HashMap", "HashSet", "rand"];

/// The same as paths. A nested `use std::{...}` would hide them, so a pure room writes one `use` a module.
const IMPURE_PATHS: [&str; 6] = ["std::process", "std::fs", "std::env", "std::net", "std::thread", "std::{"];

/// What is never finished. Each in two parts, so that this file does not find itself.
const UNFINISHED: [&str; 4] =
    [concat!("todo", "!"), concat!("FIX", "ME"), concat!("#[ign", "ore"), concat!("dbg", "!")];

/// Everything that may stand at the top of the repository.
const TOP: [&str; 16] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "lessons",
    "README.md",
    "out",
    "tests",
    "benches",
    "LICENSE",
    "CHANGELOG.md",
    "clippy.toml",
    "rustfmt.toml",
    ".gitignore",
    ".gitattributes",
    ".ci",
    ".github",
];

const LONGEST_LINE: usize = 120;
const LONGEST_MAIN: usize = 40;

#[test]
fn pure_rooms_do_not_look_at_the_world() {
    let rooms = PURE_ROOMS.iter().flat_map(|room| sources(&format!("src/{room}")));
    report(rooms.flat_map(|file| wrong_lines(&file, "is not for a pure room", impure)));
}

#[test]
fn nothing_is_left_unfinished() {
    let unfinished = |line: &str| UNFINISHED.into_iter().find(|word| line.contains(word));
    report(all_sources().flat_map(|file| wrong_lines(&file, "is not finished", unfinished)));
}

#[test]
fn lines_are_short() {
    let too_long = |line: &str| (line.chars().count() > LONGEST_LINE).then_some("the line");
    report(all_sources().flat_map(|file| wrong_lines(&file, "is longer than 120 columns", too_long)));
}

#[test]
fn main_only_dispatches() {
    let count = read(&root().join("src/main.rs")).lines().count();
    assert!(count <= LONGEST_MAIN, "src/main.rs:{count}: at most {LONGEST_MAIN} lines; move the rest to src/cli");
}

#[test]
fn the_top_of_the_repository_is_known() {
    let Some(tracked) = tracked_files() else { return };
    let top = tracked.split('\0').filter(|path| !path.is_empty()).map(|path| path.split('/').next().unwrap_or(path));
    let unknown = top.filter(|entry| !TOP.contains(entry)).map(|entry| format!("{entry}: what is it doing here?"));
    report(unknown);
}

/// The first impure word or path in `line`. Comments may speak of them.
fn impure(line: &str) -> Option<&'static str> {
    if line.trim_start().starts_with("//") {
        return None;
    }
    let has_word = |word: &&str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == *word);
    IMPURE_WORDS.into_iter().find(has_word).or_else(|| IMPURE_PATHS.into_iter().find(|path| line.contains(path)))
}

/// `file:line: what is wrong` for each line in which `find` finds something.
fn wrong_lines(file: &Path, wrong: &str, find: impl Fn(&str) -> Option<&'static str>) -> Vec<String> {
    let shown = file.strip_prefix(root()).unwrap_or(file).display();
    let text = read(file);
    let lines = text.lines().enumerate();
    lines.filter_map(|(at, line)| Some(format!("{shown}:{}: {} {wrong}", at + 1, find(line)?))).collect()
}

fn report(wrong: impl Iterator<Item = String>) {
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn all_sources() -> impl Iterator<Item = PathBuf> {
    ["src", "tests", "benches"].into_iter().flat_map(sources)
}

/// The Rust sources below `folder`, sorted; none if there is no such folder yet.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("a folder of the sources is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    // `src/explore.rs` is a room, too.
    files.extend(Some(root().join(folder).with_extension("rs")).filter(|file| file.is_file()));
    files.sort();
    files
}

/// What git tracks, or `None` outside of a checkout (the published crate) and without git.
fn tracked_files() -> Option<String> {
    if !root().join(".git").exists() {
        return None;
    }
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
