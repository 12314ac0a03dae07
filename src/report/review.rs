//! The class, as `lesson review` shows it: a page, a table for a spreadsheet, a document.

mod csv;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Style;
use super::table::{Cells, table};
use super::words::{clean, cut, fit, plural, width};
use crate::course::{Course, Review, Share, common};

/// The longest name in the table, in columns.
const LONGEST: usize = 16;

/// The most of a file's faults or notes that the page tells.
const MOST_TOLD: usize = 5;

/// The most misconceptions that the page tells.
const MOST_COMMON: usize = 12;

/// What was reviewed.
pub struct Class<'a> {
    /// The course.
    pub course: &'a Course,
    /// Each file in the order in which it was named: its name, and its review, or why there is none.
    pub files: &'a [(String, Result<Review, String>)],
}

impl Class<'_> {
    /// Whether every file could be read and is consistent.
    pub fn is_consistent(&self) -> bool {
        self.files.iter().all(|(_, read)| read.as_ref().is_ok_and(Review::is_consistent))
    }

    fn reviews(&self) -> impl Iterator<Item = &Review> {
        self.files.iter().filter_map(|(_, read)| read.as_ref().ok())
    }

    /// How many learners have a consistent file.
    fn learners(&self) -> usize {
        let mut names: Vec<&str> =
            self.reviews().filter(|review| review.is_consistent()).map(|review| review.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    /// Names that more than one file has, and these files.
    fn twins(&self) -> Vec<(&str, Vec<&str>)> {
        let mut twins: Vec<(&str, Vec<&str>)> = Vec::new();
        for (file, read) in self.files {
            let Ok(review) = read else { continue };
            match twins.iter_mut().find(|(name, _)| *name == review.name) {
                Some((_, files)) => files.push(file),
                None => twins.push((&review.name, vec![file])),
            }
        }
        twins.retain(|(_, files)| files.len() > 1);
        twins
    }

    /// Files of more than one learner in which the same real runs are recorded, and how many of them.
    fn copies(&self) -> Vec<(Vec<&str>, usize)> {
        let mut found: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (file, read) in self.files {
            let Ok(review) = read else { continue };
            for recording in &review.recordings {
                found.entry(recording).or_default().push((&review.name, file));
            }
        }
        let mut copies: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        for files in found.values().filter(|files| files.iter().any(|(name, _)| *name != files[0].0)) {
            *copies.entry(files.iter().map(|(_, file)| *file).collect()).or_default() += 1;
        }
        copies.into_iter().collect()
    }

    /// Exercises of the course.
    fn exercises(&self) -> usize {
        self.course.lessons.iter().filter(|lesson| lesson.exercise.is_some()).count()
    }

    /// The page.
    pub fn page(&self, style: Style) -> String {
        let title = format!("{}, {}", cut(&clean(&self.course.title), 40), plural(self.files.len() as u64, "file"));
        let mut text: String = style.wrap(&title, "").lines().map(|line| style.heading(line) + "\n").collect();
        text += "\n";
        text += &self.table(style);
        text += &self.wrong(style);
        text += &self.noted(style);
        text += &self.misconceptions(style);
        let proof = "A file that is consistent agrees with itself, with the course and with the rules of locking: \
                     nobody changed it carelessly. It does not show who made it, nor whether alone: that no file can \
                     show.";
        text + "\n" + &style.wrap(proof, "")
    }

    fn table(&self, style: Style) -> String {
        let heads = ["name", "lessons", "predictions", "exercises", "traces", "remarks"];
        let of = |good: usize, of: usize| format!("{good} of {of}");
        let row = |review: &Review| {
            let Share { good, of: made } = review.predictions;
            vec![
                cut(&review.name, LONGEST),
                of(review.lessons, self.course.lessons.len()),
                format!("{}{}", of(good, made), if made > 0 { " right" } else { "" }),
                of(review.exercises.good, self.exercises()),
                of(review.traces.good, review.traces.of),
                remarks(review),
            ]
        };
        table(&heads, &self.reviews().map(row).collect::<Vec<_>>(), Cells::Words, style)
    }

    /// What is wrong, file by file.
    fn wrong(&self, style: Style) -> String {
        let mut text = String::new();
        for (file, read) in self.files {
            let (name, faults) = match read {
                Ok(review) if review.is_consistent() => continue,
                Ok(review) => (format!(" ({})", cut(&review.name, LONGEST)), review.faults.clone()),
                Err(why) => (String::new(), vec![format!("not reviewed: {}", clean(why))]),
            };
            text += &told(&format!("{}{name}", clean(file)), &faults, style);
        }
        if text.is_empty() { text } else { format!("\n{}\n{text}", style.bad("Wrong:")) }
    }

    /// What may be of interest.
    fn noted(&self, style: Style) -> String {
        let mut text = String::new();
        for (file, read) in self.files {
            if let Ok(review) = read {
                text += &told(&format!("{} ({})", clean(file), cut(&review.name, LONGEST)), &review.notes, style);
            }
        }
        for (name, files) in self.twins() {
            let files: Vec<String> = files.into_iter().map(clean).collect();
            text += &told(cut(name, 40).as_str(), &[format!("this name is in {}", files.join(", "))], style);
        }
        for (files, count) in self.copies() {
            let what = match count {
                1 => "one real run is recorded in all of them; it was one learner's".to_owned(),
                count => format!("{count} real runs are recorded in all of them; each was one learner's"),
            };
            let files: Vec<String> = files.into_iter().map(clean).collect();
            text += &told(&files.join(", "), &[what], style);
        }
        if text.is_empty() { text } else { format!("\n{}\n{text}", style.warn("Noted:")) }
    }

    fn misconceptions(&self, style: Style) -> String {
        let common = common(self.reviews());
        let learners = self.learners();
        if common.is_empty() {
            return String::new();
        }
        let heading = "Misconceptions behind first answers:";
        let mut text: String = style.wrap(heading, "").lines().map(|line| style.heading(line) + "\n").collect();
        let count = |count: usize| format!("{count} of {}", plural(learners as u64, "learner"));
        let names = common.iter().take(MOST_COMMON).map(|(name, _)| width(name)).max().unwrap_or(0);
        let room = style.width.saturating_sub(4 + width(&count(learners))).max(20);
        for (name, having) in common.iter().take(MOST_COMMON) {
            text += &format!("  {}  {}\n", fit(name, names.min(room)), count(*having));
        }
        let more = common.len().saturating_sub(MOST_COMMON);
        text += &if more > 0 { format!("  ... and {more} more: see --json\n") } else { String::new() };
        format!("\n{text}")
    }

    /// `--json`: one document.
    ///
    /// ```text
    /// { "lesson": "0.1.0", "command": "review",
    ///   "ok": true,                     every file is consistent: exit status 0
    ///   "course": { "title": "...", "lessons": 24, "exercises": 18 },
    ///   "files": [ { "file": "ada.json", "consistent": true, "name": "Ada", "at": "...", "lesson": "0.1.0",
    ///                "lessons": 2, "predictions": { "right": 1, "made": 2 }, "answers": { "right": 3, "made": 5 },
    ///                "exercises": { "solved": 1, "claimed": 1 }, "traces": { "possible": 2, "there": 2 },
    ///                "transcripts": { "told": 2, "compared": 2 }, "misconceptions": [ "..." ],
    ///                "faults": [], "notes": [] },
    ///              { "file": "x.json", "consistent": false, "unreadable": "it is a directory; ..." } ],
    ///   "misconceptions": [ { "name": "...", "learners": 2 } ],
    ///   "copies": [ { "files": ["ada.json", "bob.json"], "recordings": 2 } ],
    ///   "learners": 3,                  names with a consistent file
    ///   "proves": "consistency, not identity" }
    /// ```
    pub fn document(&self) -> Value {
        let common = common(self.reviews());
        let common: Vec<Value> =
            common.iter().map(|(name, learners)| json!({ "name": name, "learners": learners })).collect();
        let copy = |(files, count): (Vec<&str>, usize)| {
            let files: Vec<String> = files.into_iter().map(clean).collect();
            json!({ "files": files, "recordings": count })
        };
        let copies: Vec<Value> = self.copies().into_iter().map(copy).collect();
        json!({
            "lesson": env!("CARGO_PKG_VERSION"),
            "command": "review",
            "ok": self.is_consistent(),
            "course": { "title": clean(&self.course.title), "lessons": self.course.lessons.len(),
                        "exercises": self.exercises() },
            "files": self.files.iter().map(|(file, read)| entry(file, read)).collect::<Vec<_>>(),
            "misconceptions": common,
            "copies": copies,
            "learners": self.learners(),
            "proves": "consistency, not identity",
        })
    }
}

fn entry(file: &str, read: &Result<Review, String>) -> Value {
    match read {
        Err(why) => json!({ "file": clean(file), "consistent": false, "unreadable": clean(why) }),
        Ok(review) => json!({
            "file": clean(file),
            "consistent": review.is_consistent(),
            "name": review.name,
            "at": review.at,
            "lesson": review.lesson,
            "lessons": review.lessons,
            "predictions": { "right": review.predictions.good, "made": review.predictions.of },
            "answers": { "right": review.answers.good, "made": review.answers.of },
            "exercises": { "solved": review.exercises.good, "claimed": review.exercises.of },
            "traces": { "possible": review.traces.good, "there": review.traces.of },
            "transcripts": { "told": review.transcripts.good, "compared": review.transcripts.of },
            "misconceptions": review.misconceptions,
            "faults": review.faults,
            "notes": review.notes,
        }),
    }
}

/// `consistent`, `2 faults, 1 note`.
fn remarks(review: &Review) -> String {
    let count = |texts: &[String], word| (!texts.is_empty()).then(|| plural(texts.len() as u64, word));
    let faults = count(&review.faults, "fault").unwrap_or_else(|| "consistent".into());
    let notes = count(&review.notes, "note");
    [Some(faults), notes].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A name, and under it what is said of it; nothing if nothing is.
fn told(name: &str, said: &[String], style: Style) -> String {
    if said.is_empty() {
        return String::new();
    }
    let mut text = style.wrap(name, "  ");
    text.extend(said.iter().take(MOST_TOLD).map(|what| style.wrap(what, "    ")));
    let more = said.len().saturating_sub(MOST_TOLD);
    text + &if more > 0 { format!("    ... and {more} more: see --json\n") } else { String::new() }
}
