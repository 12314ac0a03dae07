//! The course as data: lessons, questions, exercises, what a learner has done, and what is handed in.
//!
//! A course is a folder: `SUMMARY.md` lists the pages `NN-name.md` in their order, `exercises/NN.toml` is what a
//! learner repairs, `solutions/NN.toml` one way of doing it. The built-in one is `lessons/`, which is part of the
//! program; an instructor may bring another ([`Course::new`]). A page is plain Markdown that reads well anywhere; what
//! the program has to know of it stands in the page for everybody to see (`course/page.rs`).
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod duty;
mod goal;
mod handin;
mod page;
mod patience;
mod piece;
mod progress;
mod question;
mod review;
mod seen;
#[cfg(test)]
mod tests;
mod verify;

pub use goal::Goal;
pub use handin::{
    Contents, HandIn, Handed, LARGEST_HAND_IN, LARGEST_TEXT, LONGEST_LEARNER, MOST_EVIDENCE, MOST_RUNS, NoHandIn,
    Shown, Taken,
};
pub use page::{Block, Commands, HEADINGS, Page, Section, Typed, typed};
pub use piece::{Piece, pieces};
pub use progress::{Answered, Done, Evidence, Progress, Unreadable, Worked};
pub use question::{Choice, Misconception, Question};
pub use review::{Review, Reviewer, Share, common};
pub use seen::seen;
pub use verify::{Judged, Round, SEEDS, TASK, Unlucky, Verdict, Way, verify};

use std::collections::BTreeMap;
use std::fmt;

use include_dir::{Dir, include_dir};

use crate::scenario::{self, Scenario};

/// The folder `lessons/`, as it was when the program was built.
static LESSONS: Dir = include_dir!("$CARGO_MANIFEST_DIR/lessons");

/// The page that lists the others.
pub const SUMMARY: &str = "SUMMARY.md";

/// Files, each with its path from the folder of the course.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Lessons in their order.
#[derive(Debug, Clone)]
pub struct Course {
    /// What it is called: the title in `book.toml`.
    pub title: String,
    /// Its lessons, by number from 1.
    pub lessons: Vec<Lesson>,
}

/// One lesson.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// From 1.
    pub number: usize,
    /// The name of its file.
    pub file: String,
    /// What it says.
    pub page: Page,
    /// The files that the learner gets, by name: `NN.toml`, and what lies beside it.
    pub files: Files,
    /// What the learner repairs.
    pub exercise: Option<Exercise>,
}

/// What the learner repairs.
#[derive(Debug, Clone)]
pub struct Exercise {
    /// The name of the file to repair.
    pub file: String,
    /// What it is before it is repaired.
    pub shipped: Scenario,
    /// One way of repairing it.
    pub solution: String,
    /// When it is solved.
    pub goals: Vec<Goal>,
    /// From a push to almost the answer.
    pub hints: Vec<String>,
}

/// What is wrong in a course, where, and what helps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// Its line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What helps.
    pub remedy: String,
}

impl Fault {
    fn new(file: &str, line: usize, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, message, remedy } = self;
        match line {
            0 => write!(f, "{file}: {message}; {remedy}"),
            _ => write!(f, "{file}:{line}: {message}; {remedy}"),
        }
    }
}

impl Course {
    /// The course that is part of the program.
    ///
    /// # Errors
    /// What is wrong with it; a test says that nothing is.
    pub fn built_in() -> Result<Self, Vec<Fault>> {
        fn collect(dir: &Dir, files: &mut Files) {
            for file in dir.files() {
                if let Some(name) = file.path().to_str() {
                    files.insert(name.replace('\\', "/"), file.contents().to_owned());
                }
            }
            dir.dirs().for_each(|dir| collect(dir, files));
        }
        let mut files = BTreeMap::new();
        collect(&LESSONS, &mut files);
        Self::new(&files)
    }

    /// Reads a course from its files, each with its path from the folder.
    ///
    /// # Errors
    /// All that is wrong with it, in the order of the files.
    pub fn new(files: &Files) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut keep = |result: Result<Lesson, Vec<Fault>>| result.map_err(|wrong| faults.extend(wrong)).ok();
        let pages = files.keys().filter_map(|name| Some((number(name)?, name)));
        let lessons: Vec<Lesson> = pages.filter_map(|(number, name)| keep(Lesson::new(number, name, files))).collect();
        faults.extend(gaps(files));
        faults.extend(summary_faults(files, &lessons, faults.is_empty()));
        faults.extend(stray(files));
        faults.extend(broken_links(files));
        faults.extend(broken_book(files));
        faults.sort();
        match faults.is_empty() {
            true => Ok(Self { title: title(files), lessons }),
            false => Err(faults),
        }
    }

    /// The lesson with this number.
    pub fn lesson(&self, number: usize) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.number == number)
    }
}

impl Lesson {
    fn new(number: usize, file: &str, files: &Files) -> Result<Self, Vec<Fault>> {
        let text = text(files, file).ok_or_else(|| vec![Fault::new(file, 0, "it is not UTF-8", "write it as text")])?;
        let page = Page::parse(file, number, text)?;
        let exercise = Exercise::new(number, file, &page, files)?;
        Ok(Self { number, file: file.to_owned(), page, files: beside(number, files), exercise })
    }
}

impl Exercise {
    /// `None` if the lesson has none: no file, no goals.
    fn new(number: usize, page_file: &str, page: &Page, files: &Files) -> Result<Option<Self>, Vec<Fault>> {
        let file = format!("{number:02}.toml");
        let path = format!("exercises/{file}");
        let goals = page.goals();
        let (shipped, line) = match (text(files, &path), goals) {
            (None, None) => return Ok(None),
            (Some(shipped), Some((line, _))) => (shipped, line),
            (Some(_), None) => {
                let remedy = "say under `## Repair` when it is solved: **Solved when:** no deadlock.";
                return Err(vec![Fault::new(
                    page_file,
                    0,
                    format!("there is {path}, and the page has no goals"),
                    remedy,
                )]);
            }
            (None, Some((line, _))) => {
                let message = format!("the page has goals, and there is no {path}");
                return Err(vec![Fault::new(page_file, *line, message, "add the file, or take the goals out")]);
            }
        };
        let mut faults = Vec::new();
        let solution_path = format!("solutions/{file}");
        let solution = text(files, &solution_path);
        let mut read = |path: &str, text: &str| {
            let read = scenario::parse(text, path);
            read.map_err(|mistake| faults.push(of_mistake(path, &mistake.to_string()))).ok()
        };
        let shipped = read(&path, shipped);
        solution.map(|text| read(&solution_path, text));
        if solution.is_none() {
            faults.push(Fault::new(&path, 0, "it has no solution", format!("add {solution_path}")));
        }
        let hints = page.hints();
        if hints.len() != 3 {
            let message = format!("the exercise has {} hints", hints.len());
            faults.push(Fault::new(page_file, *line, message, "give it three, from a push to almost the answer"));
        }
        match (shipped, solution) {
            (Some(shipped), Some(solution)) if faults.is_empty() => Ok(Some(Self {
                file,
                shipped,
                solution: solution.to_owned(),
                goals: goals.map(|(_, goals)| goals.clone()).unwrap_or_default(),
                hints,
            })),
            _ => Err(faults),
        }
    }
}

/// A mistake in a scenario begins with `path:7:6: what is wrong`, and goes on with the line itself.
fn of_mistake(path: &str, mistake: &str) -> Fault {
    let first = mistake.lines().next().unwrap_or_default();
    let mut parts = first.strip_prefix(path).unwrap_or(first).trim_start_matches(':').splitn(3, ':');
    match (parts.next().and_then(|line| line.parse().ok()), parts.next(), parts.next()) {
        (Some(line), Some(_), Some(what)) => Fault::new(path, line, what.trim(), "mend it"),
        _ => Fault::new(path, 0, first, "mend it"),
    }
}

/// The files of a lesson's exercise: those of its number.
fn beside(number: usize, files: &Files) -> Files {
    let stem = format!("exercises/{number:02}.");
    let of_exercise = files.iter().filter(|(path, _)| path.starts_with(&stem));
    of_exercise.map(|(path, bytes)| (path.trim_start_matches("exercises/").to_owned(), bytes.clone())).collect()
}

/// A file that is text.
fn text<'a>(files: &'a Files, path: &str) -> Option<&'a str> {
    std::str::from_utf8(files.get(path)?).ok()
}

/// The number of a lesson, by its path: `NN-name.md`, at the top.
fn number(path: &str) -> Option<usize> {
    let (number, name) = path.split_once('-')?;
    let is_lesson = number.chars().all(|digit| digit.is_ascii_digit()) && name.ends_with(".md") && !name.contains('/');
    number.parse().ok().filter(|_| is_lesson)
}

fn is_lesson(path: &str) -> bool {
    number(path).is_some()
}

/// Lessons are numbered from 1 on, without a gap.
fn gaps(files: &Files) -> Option<Fault> {
    let lessons = files.keys().filter_map(|path| Some((number(path)?, path)));
    let (wanted, (found, path)) = (1..).zip(lessons).find(|(wanted, (number, _))| wanted != number)?;
    Some(match found < wanted {
        true => Fault::new(path, 0, format!("there are two lessons {found}"), "number them from 01 on"),
        false => {
            Fault::new(SUMMARY, 0, format!("lesson {wanted} is missing"), format!("add a page {wanted:02}-name.md"))
        }
    })
}

/// Links of the pages that lead to nothing in the folder.
fn broken_links(files: &Files) -> Vec<Fault> {
    let mut faults = Vec::new();
    for path in files.keys().filter(|path| path.ends_with(".md") && !path.contains('/')) {
        let lines = text(files, path).unwrap_or_default().lines().enumerate();
        for (at, line) in lines {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
                let file = target.split('#').next().unwrap_or_default();
                // What leads out of the folder is not ours to know.
                if file.ends_with(".md")
                    && !file.contains("://")
                    && !file.starts_with("..")
                    && !files.contains_key(file)
                {
                    faults.push(Fault::new(path, at + 1, format!("there is no {file}"), "correct the link"));
                }
            }
        }
    }
    faults
}

/// `SUMMARY.md` lists the lessons, in their order, by their titles.
fn summary_faults(files: &Files, lessons: &[Lesson], all_read: bool) -> Vec<Fault> {
    let Some(summary) = text(files, SUMMARY) else {
        return vec![Fault::new(SUMMARY, 0, "there is none", "list the lessons in it: - [1. Title](01-name.md)")];
    };
    if files.keys().all(|path| !is_lesson(path)) {
        return vec![Fault::new(SUMMARY, 0, "there is no lesson beside it", "add 01-name.md")];
    }
    if !all_read {
        return Vec::new(); // what is missing there is said already
    }
    let entry = |line: &str| {
        let (text, target) = line.trim_start().strip_prefix("- [")?.split_once("](")?;
        Some((text.to_owned(), target.trim_end().strip_suffix(')')?.to_owned()))
    };
    let listed = summary.lines().enumerate().filter_map(|(at, line)| Some((at + 1, entry(line)?)));
    let listed: Vec<_> = listed.filter(|(_, (_, target))| is_lesson(target)).collect();
    let wanted =
        lessons.iter().map(|lesson| (format!("{}. {}", lesson.number, lesson.page.title), lesson.file.clone()));
    for (at, wanted) in wanted.clone().enumerate() {
        match listed.get(at) {
            Some((_, found)) if *found == wanted => {}
            Some((line, _)) => {
                let remedy = format!("the next is - [{}]({})", wanted.0, wanted.1);
                return vec![Fault::new(SUMMARY, *line, "this is not the next lesson", remedy)];
            }
            None => {
                let remedy = format!("add - [{}]({})", wanted.0, wanted.1);
                return vec![Fault::new(SUMMARY, 0, format!("{} is not listed", wanted.1), remedy)];
            }
        }
    }
    let more = listed.get(wanted.count());
    more.map(|(line, _)| Fault::new(SUMMARY, *line, "there is no such lesson", "take the line out"))
        .into_iter()
        .collect()
}

/// Exercises and solutions that belong to no lesson.
fn stray(files: &Files) -> Vec<Fault> {
    let lessons: Vec<usize> = files.keys().filter_map(|path| number(path)).collect();
    let of_exercises = files.keys().filter(|path| path.starts_with("exercises/") || path.starts_with("solutions/"));
    let of = |path: &str| path.split(['/', '.']).nth(1)?.parse::<usize>().ok();
    let strays = of_exercises.filter(|path| !of(path).is_some_and(|number| lessons.contains(&number)));
    strays.map(|path| Fault::new(path, 0, "it belongs to no lesson", "name it after the number: 02.toml")).collect()
}

/// A `book.toml` that can't be read.
fn broken_book(files: &Files) -> Option<Fault> {
    let broken = toml::from_str::<toml::Table>(text(files, "book.toml")?).err()?;
    Some(Fault::new("book.toml", 0, broken.message(), "mend it"))
}

/// The title in `book.toml`.
fn title(files: &Files) -> String {
    let book: Option<toml::Table> = text(files, "book.toml").and_then(|text| toml::from_str(text).ok());
    let title = book.as_ref().and_then(|book| book.get("book")?.get("title")?.as_str().map(str::to_owned));
    title.unwrap_or_else(|| "A course".into())
}
