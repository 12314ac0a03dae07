//! What a learner has done, as it is kept and handed in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The version of the format that this program writes.
const VERSION: u32 = 1;

/// What a learner has done, in every course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Of the format.
    version: u32,
    /// By course: the built-in one is `lesson`, others are known by their folder. Then by the number of the lesson.
    pub courses: BTreeMap<String, BTreeMap<usize, Done>>,
}

/// What was done in one lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Done {
    /// Answers to its questions, in order of time.
    pub answers: Vec<Answered>,
    /// Commands that were run, in order of time.
    pub runs: Vec<Evidence>,
    /// When its last part was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// Its exercise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exercise: Option<Worked>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// When (UTC, RFC 3339).
    pub at: String,
    /// Which question of the page: 0 is the prediction.
    pub question: usize,
    /// What was chosen; `None` if it was skipped.
    pub letter: Option<char>,
    /// Whether that is right.
    pub right: bool,
    /// What is behind a wrong answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misconception: Option<String>,
}

/// A command that was run, and what it left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When (UTC, RFC 3339).
    pub at: String,
    /// As it stands on the page.
    pub command: String,
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// The file with what it printed, in the folder of the evidence.
    pub transcript: String,
    /// The file with its trace, for a command that runs something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// How far an exercise is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Worked {
    /// When its files were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// How often it was checked.
    pub checks: u32,
    /// Hints that were read.
    pub hints: usize,
    /// When the solution was shown without one of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gave_up: Option<String>,
    /// When it was solved for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved: Option<String>,
    /// The repaired file, as it was solved the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Why a text is no progress.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A newer program wrote it.
    #[error("a newer lesson wrote it (format {0}, and this one knows {VERSION})")]
    Newer(u32),
    /// It is broken.
    #[error("it is broken: {0}")]
    Broken(String),
}

impl Default for Progress {
    fn default() -> Self {
        Self { version: VERSION, courses: BTreeMap::new() }
    }
}

impl Progress {
    /// Reads what [`Progress::to_text`] wrote.
    ///
    /// # Errors
    /// It can't be read, and is not to be written over.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let broken = |error: serde_json::Error| Unreadable::Broken(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(broken)?;
        match head.version {
            ..=VERSION => serde_json::from_str(text).map_err(broken),
            newer => Err(Unreadable::Newer(newer)),
        }
    }

    /// As JSON.
    pub fn to_text(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }

    /// What was done in a lesson; to be added to.
    pub fn lesson(&mut self, course: &str, number: usize) -> &mut Done {
        self.courses.entry(course.to_owned()).or_default().entry(number).or_default()
    }

    /// What was done in a course.
    pub fn course(&self, course: &str) -> BTreeMap<usize, Done> {
        self.courses.get(course).cloned().unwrap_or_default()
    }
}

impl Done {
    /// Whether the lesson is done: its end was reached, and its exercise, if it has one, is solved.
    pub fn is_done(&self, has_exercise: bool) -> bool {
        self.finished.is_some() && (!has_exercise || self.is_solved())
    }

    /// Whether its exercise is solved.
    pub fn is_solved(&self) -> bool {
        self.exercise.as_ref().is_some_and(|exercise| exercise.solved.is_some())
    }

    /// The exercise; to be added to.
    pub fn exercise(&mut self) -> &mut Worked {
        self.exercise.get_or_insert_default()
    }

    /// The first answer that was given to a question, which is the one that counts.
    pub fn first_answer(&self, question: usize) -> Option<&Answered> {
        self.answers.iter().find(|answer| answer.question == question && answer.letter.is_some())
    }
}
