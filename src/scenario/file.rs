//! A scenario from a TOML file that a student wrote, or one mistake that is found in it.
//!
//! The text is read twice: once for what it says, straight into [`Scenario`], and once for where it says it, into
//! [`Places`]. So the types of the scenario need not know of files.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::{Spanned, Value};

use super::check::{MOST_UNITS, Place, check};
use super::{Mistake, Scenario, Step};

/// The most bytes of text that [`parse`] accepts. Read a file with this limit, too: it may be a device without end.
pub const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// Reads a scenario and checks it; `origin` is what errors call the text, such as the file's name.
///
/// # Errors
///
/// The first mistake, with its line and its remedy.
pub fn parse(text: &str, origin: &str) -> Result<Scenario, Mistake> {
    // Editors on Windows put a byte order mark first, which is none of the student's columns.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mistake = |span, message: &str, remedy: &str| Mistake::new(text, origin, span, message, remedy);
    if text.len() > LARGEST_FILE {
        let limit = LARGEST_FILE / 1024 / 1024;
        return Err(mistake(0..0, "the scenario is too large", &format!("use at most {limit} MiB")));
    }
    let places: Option<Places> = toml::from_str(text).ok();
    if let Some((span, why)) = places.as_ref().and_then(Places::bad_step) {
        let (message, _, remedy) = part(&why);
        return Err(mistake(span, message, remedy));
    }
    let scenario: Scenario = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let (message, mut remedy) = explain(error.message(), text.get(span.clone()).unwrap_or_default());
        if places.as_ref().is_some_and(|places| places.units.values().any(|count| count.span() == span)) {
            remedy = format!("write a whole number from 1 to {MOST_UNITS}");
        }
        mistake(span, &message, &remedy)
    })?;
    check(&scenario).map_err(|fault| {
        let span = places.as_ref().and_then(|places| places.span(&fault.place)).unwrap_or_default();
        mistake(span, &fault.message, &fault.remedy)
    })?;
    Ok(scenario)
}

/// Where in the text the parts of a scenario are. Reads whatever it can, for the text may still be wrong.
#[derive(Deserialize)]
struct Places {
    title: Option<Spanned<IgnoredAny>>,
    busy_timeout: Option<Spanned<IgnoredAny>>,
    on_deadlock: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    locks: BTreeMap<Spanned<String>, IgnoredAny>,
    #[serde(default)]
    units: BTreeMap<Spanned<String>, Spanned<IgnoredAny>>,
    #[serde(default)]
    process: Vec<ProcessPlaces>,
}

/// Where in the text the parts of a process are.
#[derive(Deserialize)]
struct ProcessPlaces {
    name: Option<Spanned<IgnoredAny>>,
    rounds: Option<Spanned<IgnoredAny>>,
    #[serde(rename = "for")]
    lasting: Option<Spanned<IgnoredAny>>,
    retry: Option<Spanned<IgnoredAny>>,
    steps: Option<Spanned<Vec<Spanned<Value>>>>,
}

impl Places {
    fn span(&self, place: &Place) -> Option<Range<usize>> {
        let process = |who: &usize| self.process.get(*who);
        match place {
            Place::Scenario => None,
            Place::Title => self.title.as_ref().map(Spanned::span),
            Place::BusyTimeout => self.busy_timeout.as_ref().map(Spanned::span),
            Place::OnDeadlock => self.on_deadlock.as_ref().map(Spanned::span),
            Place::Lock(name) => self.locks.keys().find(|key| key.get_ref() == name).map(Spanned::span),
            Place::Units(name) => self.units.keys().find(|key| key.get_ref() == name).map(Spanned::span),
            Place::Name(who) => process(who)?.name.as_ref().map(Spanned::span),
            Place::Rounds(who) => process(who)?.rounds.as_ref().map(Spanned::span),
            Place::Lasting(who) => process(who)?.lasting.as_ref().map(Spanned::span),
            Place::Retry(who) => process(who)?.retry.as_ref().map(Spanned::span),
            Place::Steps(who) => process(who)?.steps.as_ref().map(Spanned::span),
            Place::Step(who, at) => process(who)?.steps.as_ref()?.get_ref().get(*at).map(Spanned::span),
        }
    }

    /// The first text among the steps that is no step. (The `toml` crate would mark the whole array.)
    fn bad_step(&self) -> Option<(Range<usize>, String)> {
        let steps = self.process.iter().filter_map(|process| process.steps.as_ref()).flat_map(Spanned::get_ref);
        steps.into_iter().find_map(|step| {
            let why = step.get_ref().as_str()?.parse::<Step>().err()?;
            Some((step.span(), why.to_string()))
        })
    }
}

/// What to write for a key that is missing.
const EXAMPLES: [(&str, &str); 9] = [
    ("title", "title = \"Two clerks, two ledgers\""),
    ("on", "on = \"flock\" (or fcntl, ofd, mutex, sqlite, sqlite-wal)"),
    ("name", "name = \"P1\""),
    ("steps", "steps = [\"lock A\", \"work 1s\", \"unlock A\"]"),
    ("backoff", "backoff = \"exponential\" (or constant)"),
    ("base", "base = \"10ms\""),
    ("cap", "cap = \"1s\""),
    ("jitter", "jitter = \"full\" (or none)"),
    ("attempts", "attempts = 20"),
];

/// What the `toml` crate expects, in words for students.
const EXPECTED: [(&str, &str); 7] = [
    ("u32", "a whole number from 1 to 4294967295"),
    ("a sequence", "an array: [ ... ]"),
    ("a string", "a text in quotes"),
    ("literal string", "a text in quotes"),
    ("a map", "a table"),
    ("struct Retry", "a table: { backoff = \"exponential\", ... }"),
    ("newline, `#`", "it on a line of its own"),
];

/// What stands before it.
const EXPECTING: &str = ", expected ";

/// What the student calls differently.
const RENAMED: [(&str, &str); 2] = [("unknown variant ", "unknown word "), ("unknown field ", "unknown key ")];

/// Message and remedy for what the `toml` crate says of the part of the text that it `marked`.
fn explain(said: &str, marked: &str) -> (String, String) {
    let (message, separator, rest) = part(said);
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(field) = missing {
        let example = EXAMPLES.iter().find(|(name, _)| *name == field).map_or(field, |(_, example)| example);
        return (format!("`{field}` is missing"), format!("add {example}"));
    }
    if marked.trim_matches(['[', ']', ' ']) == "process" {
        return (
            "each process begins with a line [[process]]".to_owned(),
            "write it so, in double brackets".to_owned(),
        );
    }
    let remedy = match (message, separator) {
        // What is neither a number nor in quotes is most often a step whose quotes are missing, or curly.
        _ if message.contains("float") || message.contains("must be quoted") => {
            "a text stands in straight quotes: \"insert\", \"5s\"".to_owned()
        }
        _ if message.starts_with("invalid type: integer") && rest == "a string" => {
            "write a duration with its unit, in quotes: \"5s\"".to_owned()
        }
        ("missing comma between array elements", _) => {
            "write `,` before it, or the quote that is missing there".to_owned()
        }
        ("duplicate key", _) => "take one of the two out".to_owned(),
        ("cannot recurse further", _) => "nothing in a scenario is nested so deep".to_owned(),
        (_, "") => "write it as TOML asks: https://toml.io".to_owned(),
        (_, EXPECTING) => {
            let translated = EXPECTED.iter().find(|(theirs, _)| *theirs == rest);
            format!("write {}", translated.map_or(rest, |(_, ours)| ours))
        }
        _ => rest.to_owned(),
    };
    let renamed = RENAMED.iter().find_map(|(theirs, ours)| Some(format!("{ours}{}", message.strip_prefix(theirs)?)));
    (renamed.unwrap_or(message.to_owned()), remedy)
}

/// Parts an error into message, separator and remedy: `wrong; do this` or `wrong, expected this`. What the file says
/// may contain either separator, but it comes first: the last separator is the error's own.
fn part(error: &str) -> (&str, &str, &str) {
    match ["; ", EXPECTING].into_iter().filter_map(|separator| Some((error.rfind(separator)?, separator))).max() {
        Some((end, separator)) => (&error[..end], separator, &error[end + separator.len()..]),
        None => (error, "", ""),
    }
}
