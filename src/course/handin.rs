//! What a learner hands in: one file of JSON, which says what was done, with the evidence, and a seal.
//!
//! ```text
//! { "hand_in": 1,                 version of the form
//!   "seal": "9f86d0...",          SHA-256 of all the rest in canonical form: compact, names in order
//!   "at": "2026-01-01T00:00:00Z", when it was made
//!   "course": { "title": "...", "lessons": 24 },
//!   "left_out": [ "..." ],        what did not fit, in sentences
//!   "lesson": "0.1.0",            version that wrote it
//!   "lessons": { "1": { "done": { ... }, "evidence": [ { "run": 0, "transcript": "...", "trace": "..." } ] } },
//!   "machine": { ... },           as `lesson check --json` has it
//!   "name": "Ada" }
//! ```
//!
//! Whoever has this program can seal a file anew: the seal shows an accident or a careless hand, and no more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Course, Done};

/// The version of the form that this program writes.
const FORMAT: u64 = 1;

/// So many runs of a lesson are handed in: the last ones.
pub const MOST_RUNS: usize = 12;

/// The largest transcript or trace that is handed in, in bytes.
pub const LARGEST_TEXT: usize = 4 * 1024 * 1024;

/// The most bytes of transcripts and traces together, as they stand in the file.
pub const MOST_EVIDENCE: usize = 48 * 1024 * 1024;

/// The largest file that is handed in, in bytes.
pub const LARGEST_HAND_IN: usize = 64 * 1024 * 1024;

/// The most values that a file may have: each takes much more memory than its text.
const MOST_VALUES: usize = 1_000_000;

/// The longest name of a learner, in characters.
pub const LONGEST_LEARNER: usize = 100;

/// What a learner hands in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandIn {
    /// Of the form.
    hand_in: u64,
    /// Who says to have made it.
    pub name: String,
    /// When it was made (UTC, RFC 3339).
    pub at: String,
    /// The version of the program that made it.
    pub lesson: String,
    /// The course.
    pub course: Taken,
    /// The machine's report: the document of `lesson check --json`.
    pub machine: Value,
    /// What was done, by the number of the lesson.
    pub lessons: BTreeMap<usize, Handed>,
    /// What is not in it although it was done, and why; in sentences.
    pub left_out: Vec<String>,
}

/// Which course was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Its title.
    pub title: String,
    /// How many lessons it has.
    pub lessons: usize,
}

/// One lesson in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// What was done.
    pub done: Done,
    /// What its last runs left behind.
    pub evidence: Vec<Shown>,
}

/// What one run left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Which of the lesson's runs, from 0.
    pub run: usize,
    /// What it printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// Its trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// What a hand-in comes to, as it says itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Lessons that are done.
    pub lessons: usize,
    /// Predictions that were made.
    pub predictions: usize,
    /// Those that were right.
    pub right: usize,
    /// Exercises that are solved.
    pub solved: usize,
    /// Transcripts of runs.
    pub transcripts: usize,
    /// Traces of runs.
    pub traces: usize,
}

/// Why a text is no hand-in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHandIn {
    /// Nothing stands in it.
    #[error("it is empty; ask for the file again")]
    Empty,
    /// It is no JSON, or not to the end.
    #[error("it is broken ({0}); was it cut or changed? ask for the file again")]
    Broken(String),
    /// It would take more memory than a hand-in does.
    #[error("it has more than {MOST_VALUES} values, which no hand-in has")]
    TooMany,
    /// It is something else.
    #[error("it is no hand-in; give the file that `lesson hand-in` wrote")]
    Foreign,
    /// A newer program wrote it.
    #[error("a newer lesson wrote it (format {0}, and this one knows {FORMAT}); update lesson to read it")]
    Newer(u64),
}

impl HandIn {
    /// One without anything in it yet. `at` is the time (UTC, RFC 3339).
    pub fn new(name: &str, at: &str, course: &Course, machine: Value) -> Self {
        Self {
            hand_in: FORMAT,
            name: name.to_owned(),
            at: at.to_owned(),
            lesson: env!("CARGO_PKG_VERSION").to_owned(),
            course: Taken { title: course.title.clone(), lessons: course.lessons.len() },
            machine,
            lessons: BTreeMap::new(),
            left_out: Vec::new(),
        }
    }

    /// The file, sealed.
    pub fn to_text(&self) -> String {
        let mut rest = json!(self);
        let seal = seal(&rest);
        rest.as_object_mut().map(|fields| fields.remove("hand_in"));
        let rest = format!("{rest:#}\n");
        // The first line says what it is, so that no other file is ever written over.
        format!("{{ \"hand_in\": {FORMAT},\n  \"seal\": \"{seal}\",\n{}", rest.trim_start_matches("{\n"))
    }

    /// Reads a file, and says whether its seal fits.
    ///
    /// # Errors
    /// It is no hand-in, or none that this program can read.
    pub fn parse(text: &str) -> Result<(Self, bool), NoHandIn> {
        if text.trim().is_empty() {
            return Err(NoHandIn::Empty);
        }
        if values(text) > MOST_VALUES {
            return Err(NoHandIn::TooMany);
        }
        let broken = |error: serde_json::Error| NoHandIn::Broken(error.to_string());
        let mut value: Value = serde_json::from_str(text).map_err(broken)?;
        let fields = value.as_object_mut().ok_or(NoHandIn::Foreign)?;
        match fields.get("hand_in").map(Value::as_u64) {
            Some(Some(..=FORMAT)) => {}
            Some(Some(newer)) => return Err(NoHandIn::Newer(newer)),
            _ => return Err(NoHandIn::Foreign),
        }
        let said = fields.remove("seal");
        let is_whole = said.as_ref().and_then(Value::as_str) == Some(&seal(&value));
        Ok((serde_json::from_value(value).map_err(broken)?, is_whole))
    }

    /// Whether a file's first line is that of a hand-in.
    pub fn is_first_line(line: &str) -> bool {
        line.starts_with("{ \"hand_in\": ")
    }

    /// What it comes to in this course. Nothing is checked.
    pub fn contents(&self, course: &Course) -> Contents {
        let mut contents = Contents::default();
        for (number, Handed { done, evidence }) in &self.lessons {
            let has_exercise = course.lesson(*number).is_some_and(|lesson| lesson.exercise.is_some());
            let prediction = done.first_answer(0);
            contents.lessons += usize::from(done.is_done(has_exercise));
            contents.predictions += usize::from(prediction.is_some());
            contents.right += usize::from(prediction.is_some_and(|answer| answer.right));
            contents.solved += usize::from(done.is_solved());
            contents.transcripts += evidence.iter().filter(|shown| shown.transcript.is_some()).count();
            contents.traces += evidence.iter().filter(|shown| shown.trace.is_some()).count();
        }
        contents
    }
}

/// A digest of the canonical form. [`Value`] keeps the names of an object in order.
fn seal(value: &Value) -> String {
    digest(&value.to_string())
}

/// SHA-256 in hexadecimal digits.
pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many values a text in JSON has, about: commas outside of strings.
fn values(text: &str) -> usize {
    let (mut commas, mut in_string, mut is_escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b',' if !in_string => commas += 1,
            _ => {}
        }
    }
    commas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand_in() -> HandIn {
        let course = Course { title: "A course".into(), lessons: Vec::new() };
        let mut made = HandIn::new("Ada \u{1b}\"é", "2026-01-01T00:00:00Z", &course, json!({ "ok": true }));
        let shown = Shown { run: 0, transcript: Some("\u{1b}[1mtold\n".into()), trace: None };
        made.lessons.insert(1, Handed { done: Done::default(), evidence: vec![shown] });
        made
    }

    #[test]
    fn a_seal_is_known_again_however_the_file_is_laid_out() {
        let made = hand_in();
        let text = made.to_text();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("{ \"hand_in\": 1,"));
        assert!(text.lines().next().is_some_and(HandIn::is_first_line));
        assert_eq!(lines.next().map(str::len), Some("  \"seal\": \"\",".len() + 64));
        let value: Value = serde_json::from_str(&text).expect("JSON");
        for text in [text, value.to_string(), format!("{value:#}")] {
            assert_eq!(HandIn::parse(&text), Ok((made.clone(), true)));
        }
    }

    #[test]
    fn what_is_changed_breaks_it_and_what_is_none_is_said() {
        let text = hand_in().to_text();
        let changed = |from: &str, to: &str| HandIn::parse(&text.replacen(from, to, 1)).map(|(_, is_whole)| is_whole);
        let table = [
            ("Ada", "Bob", Ok(false)),
            ("\"ok\": true", "\"ok\": false", Ok(false)),
            ("\"name\"", "\"more\": 1, \"name\"", Ok(false)),
            ("\"seal\"", "\"seat\"", Ok(false)),
            ("\"hand_in\": 1", "\"hand_in\": 2", Err(NoHandIn::Newer(2))),
            ("\"hand_in\": 1", "\"hand_in\": \"1\"", Err(NoHandIn::Foreign)),
            ("hand_in", "handin", Err(NoHandIn::Foreign)),
            ("told", "told ", Ok(false)),
        ];
        for (from, to, expected) in table {
            assert_eq!(changed(from, to), expected, "{from} -> {to}");
        }
        assert_eq!(HandIn::parse(" \n"), Err(NoHandIn::Empty));
        assert_eq!(HandIn::parse("[1]"), Err(NoHandIn::Foreign));
        let half = &text[..text.len() / 2];
        assert!(matches!(HandIn::parse(half), Err(NoHandIn::Broken(_))));
        let most = |fill: &str| HandIn::parse(&format!("{{ \"hand_in\": [{}0] }}", fill.repeat(1_000_001)));
        assert_eq!(most("0,"), Err(NoHandIn::TooMany));
        assert_eq!(values(r#"["a,\",b", 1, "\\", 2]"#), 3);
        let missing = "{ \"hand_in\": 1 }";
        assert!(matches!(HandIn::parse(missing), Err(NoHandIn::Broken(_))));
    }
}
