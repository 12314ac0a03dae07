//! Which course, which lesson, and what its learner has done.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use anyhow::{Context, bail};

use super::aside::note;
use crate::course::{Course, Done, Exercise, Files, Lesson, Progress, SUMMARY};
use crate::home::Home;

/// The name of the built-in course in the progress.
const BUILT_IN: &str = "lesson";

/// The largest file of a course.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The most files of a course.
const MOST_FILES: usize = 1_000;

/// Which course.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Which {
    /// Another course than the built-in one: a folder like lessons/
    #[arg(long, value_name = "DIR")]
    course: Option<PathBuf>,
}

/// A course that can be read.
pub(super) struct Opened {
    /// Its name in the progress.
    pub(super) key: String,
    /// What is in it.
    pub(super) course: Course,
    /// How it is named on a command line, with a blank before it; empty for the built-in one.
    pub(super) option: String,
}

impl Which {
    /// Reads it.
    pub(super) fn open(&self) -> anyhow::Result<Opened> {
        let (key, read, option) = match &self.course {
            None => (BUILT_IN.to_owned(), Course::built_in(), String::new()),
            Some(dir) => {
                let option = format!(" --course {}", shell_words::quote(&dir.to_string_lossy()));
                let key = fs::canonicalize(dir).with_context(|| format!("can't read {}", dir.display()))?;
                (key.to_string_lossy().into_owned(), Course::new(&files(dir)?), option)
            }
        };
        let course = read.map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            anyhow::anyhow!("this course can't be read: {first} (`lesson course check DIR` says all)")
        })?;
        Ok(Opened { key, course, option })
    }
}

impl Opened {
    /// The lesson with this number.
    pub(super) fn lesson(&self, number: usize) -> anyhow::Result<&Lesson> {
        let last = self.course.lessons.len();
        self.course.lesson(number).with_context(|| format!("there is no lesson {number}; they go from 1 to {last}"))
    }

    /// The lesson with this number, and its exercise.
    pub(super) fn exercise(&self, number: usize) -> anyhow::Result<(&Lesson, &Exercise)> {
        let lesson = self.lesson(number)?;
        let with = self.course.lessons.iter().filter(|lesson| lesson.exercise.is_some());
        let numbers: Vec<String> = with.map(|lesson| lesson.number.to_string()).collect();
        let exercise = lesson.exercise.as_ref();
        let exercise =
            exercise.with_context(|| format!("lesson {number} has no exercise; these have: {}", numbers.join(", ")))?;
        Ok((lesson, exercise))
    }

    /// What was done in it; nothing, with a word on standard error, if that can't be read.
    pub(super) fn done(&self) -> BTreeMap<usize, Done> {
        match Home::find().and_then(|home| home.read()) {
            Ok(progress) => progress.course(&self.key),
            Err(error) => {
                trouble(&error);
                BTreeMap::new()
            }
        }
    }

    /// The first lesson that is not done; the last if all are.
    pub(super) fn next(&self, done: &BTreeMap<usize, Done>, from: usize) -> usize {
        let lessons = &self.course.lessons;
        let is_done =
            |lesson: &Lesson| done.get(&lesson.number).is_some_and(|done| done.is_done(lesson.exercise.is_some()));
        let (before, behind): (Vec<&Lesson>, Vec<&Lesson>) = lessons.iter().partition(|lesson| lesson.number < from);
        let mut open = behind.into_iter().chain(before).filter(|lesson| !is_done(lesson));
        open.next().map_or(lessons.len(), |lesson| lesson.number)
    }

    /// Keeps what was done in a lesson. That it can't be kept is said, and is no wall: the learner goes on.
    pub(super) fn keep(&self, number: usize, change: impl FnOnce(&mut Done)) {
        keep(|progress| change(progress.lesson(&self.key, number)));
    }
}

/// Changes the progress. That it can't be kept is said, and is no wall.
pub(super) fn keep(change: impl FnOnce(&mut Progress)) {
    match Home::find().and_then(|home| home.change(change)) {
        Ok(None) => {}
        Ok(Some(aside)) => note(&format!("the progress was broken; it is kept as {}, and begun anew", aside.display())),
        Err(error) => trouble(&error),
    }
}

/// Says that the learner's folder is of no use, and why: once.
pub(super) fn trouble(error: &anyhow::Error) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        note(&format!("{error:#}; going on without"));
    }
}

/// Now, for the progress (UTC, RFC 3339).
pub(super) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// The files of a course, each with its path from the folder: its pages, `book.toml`, exercises and solutions.
pub(super) fn files(dir: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    if !dir.is_dir() {
        bail!("{} is no directory; a course is a folder with {SUMMARY} in it", dir.display());
    }
    for (folder, prefix) in [("", ""), ("exercises", "exercises/"), ("solutions", "solutions/")] {
        let folder = dir.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| format!("can't read {}", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !path.is_file() || name.starts_with('.') {
                continue;
            }
            if fs::metadata(&path)?.len() > LARGEST || files.len() >= MOST_FILES {
                bail!("{} is too much for a course: at most {MOST_FILES} files of 4 MiB", path.display());
            }
            let bytes = fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
            files.insert(format!("{prefix}{name}"), bytes);
        }
    }
    Ok(files)
}

/// The number of a lesson.
pub(super) fn number() -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync {
    |text| match text.parse() {
        Ok(number @ 1..=99) => Ok(number),
        _ => Err(match text.strip_suffix(".toml").and_then(|name| name.parse::<u8>().ok()) {
            Some(number) => format!("that is a file; give the number of the lesson: {number}"),
            None => "a lesson has a number, such as 2; `lesson` lists them".into(),
        }),
    }
}
