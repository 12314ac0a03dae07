//! The step language: text <-> [`Step`].

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::{LONGEST_QUOTE, excerpt};
use super::{DATABASE, MOST_UNITS, duration};

/// One thing that a process does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Step {
    /// `lock NAME [UNITS|shared] [within DURATION] [or fail]`
    Lock {
        /// The lock; its file is `NAME.lock` (`NAME.db` on SQLite).
        name: String,
        /// Whether others may share it.
        shared: bool,
        /// How many to take of a lock that has units ([`Scenario::units`](super::Scenario::units)); `None` takes one.
        units: Option<u32>,
        /// The longest wait; zero (`or fail`) is a single try. `None` waits for ever.
        within: Option<Duration>,
    },
    /// `unlock NAME [UNITS]`
    Unlock {
        /// The lock.
        name: String,
        /// How many to give back of a lock that has units; `None` gives back all that is held.
        units: Option<u32>,
    },
    /// `work DURATION`
    Work(Duration),
    /// `meet`: wait until every process that has this step has come to it.
    Meet,
    /// `crash`: be killed where it stands, with everything held.
    Crash,
    /// `begin [immediate|exclusive]`
    Begin(Begin),
    /// `select`: read the table.
    Select,
    /// `insert`: write one row.
    Insert,
    /// `commit`
    Commit,
    /// `rollback`
    Rollback,
}

/// How a transaction begins (<https://www.sqlite.org/lang_transaction.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// No lock until the first read or write.
    Deferred,
    /// The write lock at once.
    Immediate,
    /// The write lock at once, and no readers (in WAL mode: the same as immediate).
    Exclusive,
}

/// Why a text is not a step; after the last `; ` comes the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StepError(pub String);

impl Step {
    /// The lock that it takes or leaves; [`DATABASE`] for the steps of a transaction.
    pub fn lock_name(&self) -> Option<&str> {
        match self {
            Self::Lock { name, .. } | Self::Unlock { name, .. } => Some(name),
            Self::Work(_) | Self::Meet | Self::Crash => None,
            _ => Some(DATABASE),
        }
    }

    /// Whether it is a step of a transaction on [`DATABASE`].
    pub fn is_transaction(&self) -> bool {
        matches!(self, Self::Begin(_) | Self::Select | Self::Insert | Self::Commit | Self::Rollback)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock { name, shared, units, within } => {
                write!(f, "lock {name}{}{}", number(*units), if *shared { " shared" } else { "" })?;
                match within {
                    None => Ok(()),
                    Some(Duration::ZERO) => f.write_str(" or fail"),
                    Some(limit) => write!(f, " within {}", duration::format(*limit)),
                }
            }
            Self::Unlock { name, units } => write!(f, "unlock {name}{}", number(*units)),
            Self::Work(time) => write!(f, "work {}", duration::format(*time)),
            Self::Meet => f.write_str("meet"),
            Self::Crash => f.write_str("crash"),
            Self::Begin(Begin::Deferred) => f.write_str("begin"),
            Self::Begin(Begin::Immediate) => f.write_str("begin immediate"),
            Self::Begin(Begin::Exclusive) => f.write_str("begin exclusive"),
            Self::Select => f.write_str("select"),
            Self::Insert => f.write_str("insert"),
            Self::Commit => f.write_str("commit"),
            Self::Rollback => f.write_str("rollback"),
        }
    }
}

impl FromStr for Step {
    type Err = StepError;

    fn from_str(text: &str) -> Result<Self, StepError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["lock", name, rest @ ..] => lock(text, name, rest),
            ["unlock", name, rest @ ..] => unlock(text, name, rest),
            ["work", time @ ..] if !time.is_empty() => Ok(Self::Work(read_duration(&time.join(" "))?)),
            ["meet"] => Ok(Self::Meet),
            ["crash"] => Ok(Self::Crash),
            ["begin"] | ["begin", "deferred"] => Ok(Self::Begin(Begin::Deferred)),
            ["begin", "immediate"] => Ok(Self::Begin(Begin::Immediate)),
            ["begin", "exclusive"] => Ok(Self::Begin(Begin::Exclusive)),
            ["select"] => Ok(Self::Select),
            ["insert"] => Ok(Self::Insert),
            ["commit"] => Ok(Self::Commit),
            ["rollback"] => Ok(Self::Rollback),
            _ => Err(unknown(text, words.first().copied().unwrap_or_default())),
        }
    }
}

impl From<Step> for String {
    fn from(step: Step) -> Self {
        step.to_string()
    }
}

impl TryFrom<String> for Step {
    type Error = StepError;

    fn try_from(text: String) -> Result<Self, StepError> {
        text.parse()
    }
}

/// A word that is so many letters away from a step is taken for a slip of the finger.
const MOST_SLIPS: usize = 2;

/// The forms of every step, for the errors.
const FORMS: [(&str, &str); 10] = [
    ("lock", "lock NAME [UNITS|shared] [within DURATION] [or fail]"),
    ("unlock", "unlock NAME [UNITS]"),
    ("work", "work DURATION"),
    ("meet", "meet"),
    ("crash", "crash"),
    ("begin", "begin [immediate|exclusive]"),
    ("select", "select"),
    ("insert", "insert"),
    ("commit", "commit"),
    ("rollback", "rollback"),
];

fn unknown(text: &str, verb: &str) -> StepError {
    let shown = excerpt(text.trim(), LONGEST_QUOTE);
    let known = FORMS.iter().find(|(word, _)| *word == verb);
    StepError(match known {
        Some((_, form)) => format!("`{shown}` is not complete or says too much; write: {form}"),
        None => {
            let words: Vec<&str> = FORMS.iter().map(|(word, _)| *word).collect();
            let alike = |word: &&&str| strsim::damerau_levenshtein(word, verb) <= MOST_SLIPS;
            let meant = words.iter().find(alike).map_or_else(String::new, |word| format!(": did you mean `{word}`?"));
            format!("unknown step `{shown}`{meant}; a step is one of: {}", words.join(", "))
        }
    })
}

fn lock(text: &str, name: &str, mut rest: &[&str]) -> Result<Step, StepError> {
    let name = lock_name(name)?;
    let shared = rest.first() == Some(&"shared");
    let units = rest.first().map_or(Ok(None), |word| read_units(word))?;
    if shared || units.is_some() {
        rest = &rest[1..];
    }
    let or_fail = rest.ends_with(&["or", "fail"]);
    if or_fail {
        rest = &rest[..rest.len() - 2];
    }
    let within = match rest {
        [] => or_fail.then_some(Duration::ZERO),
        ["within", time @ ..] if !time.is_empty() => Some(read_duration(&time.join(" "))?),
        _ => return Err(unknown(text, "lock")),
    };
    Ok(Step::Lock { name, shared, units, within })
}

fn unlock(text: &str, name: &str, rest: &[&str]) -> Result<Step, StepError> {
    let name = lock_name(name)?;
    let units = match rest {
        [] => None,
        [units] => Some(read_units(units)?.ok_or_else(|| unknown(text, "unlock"))?),
        _ => return Err(unknown(text, "unlock")),
    };
    Ok(Step::Unlock { name, units })
}

/// A number of units in digits alone, without a sign; `None` if it is another word. Whether it fits its lock is for the
/// scenario's check to say.
fn read_units(word: &str) -> Result<Option<u32>, StepError> {
    let is_number = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    match word.parse().ok().filter(|_| word.bytes().all(|byte| byte.is_ascii_digit())) {
        None if is_number => Err(StepError(format!(
            "`{}` is no number of units; write a whole number from 1 to {MOST_UNITS}",
            excerpt(word, LONGEST_QUOTE)
        ))),
        units => Ok(units),
    }
}

/// The number of units as it stands behind the lock's name.
fn number(units: Option<u32>) -> String {
    units.map_or_else(String::new, |units| format!(" {units}"))
}

/// A lock's name becomes a file's name: letters, digits, `-` and `_` are safe everywhere.
fn lock_name(name: &str) -> Result<String, StepError> {
    let fits =
        (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    match fits {
        true => Ok(name.to_owned()),
        false => Err(StepError(format!(
            "`{}` can't name a lock; use 1 to 64 letters, digits, `-` or `_`",
            excerpt(name, LONGEST_QUOTE)
        ))),
    }
}

fn read_duration(text: &str) -> Result<Duration, StepError> {
    duration::parse(text).map_err(StepError)
}
