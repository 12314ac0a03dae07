//! What the conductor and its workers say to each other: JSON lines on one shared pipe up, plain lines on each
//! worker's standard input down.

use std::io::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::scenario::{LockKind, Process, duration};
use crate::trace::{Event, LONGEST_EVENT};

/// The first line that a worker reads: all it has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The processes that live in this worker: one, or all of them when the locks are mutexes.
    pub actors: Vec<Actor>,
    /// The locks that they name, each with its kind.
    pub locks: Vec<(String, LockKind)>,
    /// The mode of the one database, if transactions are part of it.
    pub database: Option<LockKind>,
    /// Patience of each SQLite connection.
    #[serde(with = "duration")]
    pub busy_timeout: Duration,
    /// The seed of all jitter.
    pub seed: u64,
    /// Whether every step waits for [`Order::Step`].
    pub gated: bool,
    /// Whether the arena is ours alone, to be removed when the conductor is gone.
    pub temporary: bool,
}

/// One process of the scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Actor {
    /// Its index in the scenario.
    pub who: usize,
    /// Its program.
    pub process: Process,
}

/// What the conductor tells a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Everybody is ready: begin.
    Start,
    /// Process `.0` makes one step.
    Step(usize),
    /// Everybody has come to the meeting: process `.0` goes on.
    Pass(usize),
    /// No more steps are told: go on freely.
    Free,
    /// Ask the detector of the worker's own process for deadlocks.
    Look,
}

impl Order {
    /// The order as one line.
    pub fn line(self) -> String {
        match self {
            Self::Start => "start\n".into(),
            Self::Step(who) => format!("step {who}\n"),
            Self::Pass(who) => format!("pass {who}\n"),
            Self::Free => "free\n".into(),
            Self::Look => "look\n".into(),
        }
    }

    /// Reads one line.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let verb = words.next()?;
        let mut who = || words.next()?.parse().ok();
        Some(match verb {
            "start" => Self::Start,
            "step" => Self::Step(who()?),
            "pass" => Self::Pass(who()?),
            "free" => Self::Free,
            "look" => Self::Look,
            _ => return None,
        })
    }
}

/// What is said on the shared pipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Part of the trace; stamped with the machine's clock, not yet the run's.
    Event(Event),
    /// The worker has opened all it needs and waits for [`Order::Start`].
    Ready {
        /// Its first process.
        who: usize,
    },
    /// In a scheduled run: the step that was told is done.
    Stepped {
        /// The process.
        who: usize,
    },
    /// Something other than a lock went wrong: a full disk, a missing system call.
    Failed {
        /// The process.
        who: usize,
        /// What, in one line.
        text: String,
    },
    /// One line of parking_lot's detector; `None` after the last.
    Detected {
        /// The process that it speaks of, and its words.
        line: Option<(usize, String)>,
    },
    /// Said by the conductor itself, so that it stands behind all that a dead worker had still written.
    Gone {
        /// Index of the worker.
        worker: usize,
        /// How it ended, in the system's words; `None` if it ended well.
        how: Option<String>,
    },
}

impl Message {
    /// Writes the message as one line with one write, so that it arrives whole (`pipe(7)`: up to `PIPE_BUF`).
    pub fn send(&self, pipe: &mut impl Write) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        debug_assert!(line.len() <= LONGEST_EVENT, "{} bytes: {}", line.len(), String::from_utf8_lossy(&line));
        pipe.write_all(&line)
    }
}

/// Cuts a text so that a message with it stays below [`LONGEST_EVENT`] bytes even when JSON escapes it.
pub fn short(text: &str) -> String {
    let mut bytes = 0;
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take_while(|c| {
            bytes += if matches!(c, '"' | '\\') { 2 } else { c.len_utf8() };
            bytes <= 250
        })
        .collect()
}
