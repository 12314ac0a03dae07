//! What was found of a machine: whether it can run the lessons.

use serde::Serialize;

/// One thing that was looked at, and what is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: `file system`, `fcntl`. Scripts rely on these names.
    pub what: &'static str,
    /// How it stands.
    pub status: Status,
    /// What was found. Parts of it are the system's words: untrusted text.
    pub found: String,
    /// What the user can do; `None` if nothing has to be done.
    pub remedy: Option<String>,
}

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The lessons can rely on it.
    Ok,
    /// The lessons run, but some of what they show is missing, or can't be trusted.
    Warning,
    /// Some lesson can't show what it promises.
    Failed,
}

impl Check {
    /// All is well with it.
    pub fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, status: Status::Ok, found: found.into(), remedy: None }
    }

    /// The lessons run all the same.
    pub fn warning(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, status: Status::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    /// Some lesson can't be run.
    pub fn failed(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, status: Status::Failed, found: found.into(), remedy: Some(remedy.into()) }
    }
}

impl Status {
    /// The word that is always printed; colour never says it alone.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}
