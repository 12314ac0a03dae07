//! The hidden culprits of `lesson mystery`: who has it locked, as the learner may answer, and how each is made.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness (but a seed's).

use crate::model::Random;
use crate::scenario::{DATABASE, LockKind, Scenario, parse};
use crate::trace::Refusal;
use crate::who::judge::{Cause, Reading};

/// The name of the lock, whose file is `app.lock`.
pub const LOCK: &str = "app";

/// Who, or what, is behind it. The order is that of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Culprit {
    /// A writer that sleeps in the middle of its transaction.
    Writer,
    /// A reader that keeps a COMMIT at PENDING.
    Reader,
    /// A reader in WAL mode whose snapshot is older than the log's end.
    Snapshot,
    /// Two processes in a ring.
    Deadlock,
    /// A child that has an open file of a dead parent.
    Inherited,
    /// A process that holds the lock, and does something else.
    Holder,
    /// Nobody: a file of somebody who was killed.
    Nobody,
}

/// How a program finds out that it can't go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It reads and it writes a database.
    Database,
    /// It does the same, and empties the log.
    Log,
    /// It asks for the lock on a file.
    Lock,
    /// It makes the file, and takes one that is there already for a lock.
    Create,
}

/// One thing that a program tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What it does, in words that follow "a program that".
    pub what: &'static str,
    /// Why it did not work; `None`: it did.
    pub refusal: Option<Refusal>,
}

/// A mystery that was answered.
#[derive(Debug, Clone)]
pub struct Case {
    /// The seed that hid the culprit.
    pub seed: u64,
    /// The culprit.
    pub culprit: Culprit,
    /// The file that "is locked".
    pub path: String,
    /// What a program met there.
    pub tried: Vec<Tried>,
    /// What was answered.
    pub answer: Culprit,
    /// How [`judge()`](crate::who::judge()) read the file before the learner was asked.
    pub reading: Reading,
    /// How it read the file when the answer came, if that was not the same cause any more.
    pub since: Option<Reading>,
}

impl Case {
    /// Whether the answer is right.
    pub fn is_right(&self) -> bool {
        self.answer == self.culprit
    }
}

impl Culprit {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 7] =
        [Self::Writer, Self::Reader, Self::Snapshot, Self::Deadlock, Self::Inherited, Self::Holder, Self::Nobody];

    /// The one that this seed hides.
    pub fn hidden_by(seed: u64) -> Self {
        let at = Random::new(seed, 0).below(Self::ALL.len() as u64);
        Self::ALL[at as usize]
    }

    /// What somebody answered: a name, or a number of the menu.
    ///
    /// # Errors
    /// It is neither, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let numbered = Self::ALL.into_iter().zip(1_usize..);
        numbered
            .clone()
            .find(|(culprit, number)| culprit.name() == text.to_lowercase() || number.to_string() == text)
            .map(|(culprit, _)| culprit)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                let shown = crate::scenario::excerpt(text, 32);
                format!("`{shown}` is no answer; say one of {names}, or its number from 1 to {}", Self::ALL.len())
            })
    }

    /// One word, for the answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
            Self::Snapshot => "snapshot",
            Self::Deadlock => "deadlock",
            Self::Inherited => "inherited",
            Self::Holder => "holder",
            Self::Nobody => "nobody",
        }
    }

    /// The line of the menu.
    pub fn words(self) -> &'static str {
        match self {
            Self::Writer => "a writer that is asleep between BEGIN and COMMIT",
            Self::Reader => "a reader that keeps a COMMIT waiting, which keeps everybody out",
            Self::Snapshot => "a reader of an old snapshot: the log can't be emptied, and grows",
            Self::Deadlock => "two processes that wait for each other",
            Self::Inherited => "a child that keeps the lock of a parent which is gone",
            Self::Holder => "a process that took it itself, and waits for nobody",
            Self::Nobody => "no process: the file was left behind, and a file is no lock",
        }
    }

    /// Whether what is locked is a database; else it is a lock file.
    pub fn is_of_database(self) -> bool {
        matches!(self.attempt(), Attempt::Database | Attempt::Log)
    }

    /// By what it is known on the page of `lesson who`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Writer => "one process has RESERVED or more, nobody else reads, and it is asleep",
            Self::Reader => "one process is at PENDING, and another one has SHARED: that one is the reason",
            Self::Snapshot => {
                "WAL mode; one process reads at a mark that ends before the log does, and only a checkpoint is kept \
                 waiting"
            }
            Self::Deadlock => "a wait-for graph whose arrows come back to where they began",
            Self::Inherited => "who took the lock is not who has it: the one is gone, the other has its open file",
            Self::Holder => "one process holds it, it has taken it itself, and it waits for nobody",
            Self::Nobody => "no process holds it; one that merely has it open is in nobody's way",
        }
    }

    /// What helps, where `lesson who` can't know it: it does not see what a program takes a file for.
    pub fn remedy(self) -> Option<&'static str> {
        (self == Self::Nobody).then_some(
            "Make sure that nobody holds it, and remove the file. For good: let the program lock the file (flock), and \
             not ask whether it is there. The kernel frees the locks of the dead; it leaves their files.",
        )
    }

    /// What `lesson who` finds to be the cause.
    pub fn cause(self) -> Cause {
        match self {
            Self::Writer => Cause::AsleepInTransaction,
            Self::Reader => Cause::PendingBehindReader,
            Self::Snapshot => Cause::OldSnapshot,
            Self::Deadlock => Cause::Deadlock,
            Self::Inherited => Cause::Inherited,
            Self::Holder => Cause::Held,
            Self::Nobody => Cause::Nobody,
        }
    }

    /// What a program tries in vain.
    pub fn attempt(self) -> Attempt {
        match self {
            Self::Writer | Self::Reader => Attempt::Database,
            Self::Snapshot => Attempt::Log,
            Self::Deadlock | Self::Inherited | Self::Holder => Attempt::Lock,
            Self::Nobody => Attempt::Create,
        }
    }

    /// The file that "is locked".
    pub fn file(self) -> String {
        match self.attempt() {
            Attempt::Database | Attempt::Log => LockKind::Sqlite.file_of(DATABASE),
            Attempt::Lock | Attempt::Create => LockKind::Flock.file_of(LOCK),
        }
    }

    /// What its processes do, for as long as they are let; `None` for the one that no scenario can tell of, since its
    /// lock passes from one process to another.
    pub fn scenario(self) -> Option<Scenario> {
        let (head, processes): (&str, &[(&str, &str)]) = match self {
            Self::Writer => (SQLITE, &[("import", r#""begin immediate", "insert", "work 24h", "commit""#)]),
            Self::Reader => (
                SQLITE,
                &[
                    ("report", r#""begin", "select", "meet", "work 24h", "commit""#),
                    ("import", r#""begin immediate", "insert", "meet", "commit""#),
                ],
            ),
            // The import is done, has the database open, and is innocent.
            Self::Snapshot => (
                WAL,
                &[
                    ("report", r#""begin", "select", "meet", "work 24h", "commit""#),
                    ("import", r#""meet", "begin immediate", "insert", "commit", "work 24h""#),
                ],
            ),
            Self::Deadlock => (
                FLOCK,
                &[
                    ("billing", r#""lock app", "meet", "lock queue", "unlock queue", "unlock app""#),
                    ("mailer", r#""lock queue", "meet", "lock app", "unlock app", "unlock queue""#),
                ],
            ),
            Self::Inherited => return None,
            Self::Holder => (FLOCK, &[("backup", r#""lock app", "work 24h", "unlock app""#)]),
            // The first one's file stays when it is killed; the second one has it open, and is innocent.
            Self::Nobody => {
                (FLOCK, &[("import", r#""lock app", "crash""#), ("monitor", r#""work 24h", "lock app", "unlock app""#)])
            }
        };
        let mut text = head.to_owned();
        for (name, steps) in processes {
            text += &format!("[[process]]\nname = \"{name}\"\nsteps = [{steps}]\n");
        }
        // They are sound: a test reads each.
        parse(&text, "mystery").ok()
    }
}

const FLOCK: &str = "title = \"A mystery\"\non = \"flock\"\n";

/// Nobody gives up before the learner does.
const SQLITE: &str = "title = \"A mystery\"\non = \"sqlite\"\nbusy_timeout = \"24h\"\n";

const WAL: &str = "title = \"A mystery\"\non = \"sqlite-wal\"\nbusy_timeout = \"24h\"\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_culprit_has_a_seed_a_scenario_and_an_answer() {
        for (culprit, number) in Culprit::ALL.into_iter().zip(1..) {
            assert!((0..100).any(|seed| Culprit::hidden_by(seed) == culprit), "{culprit:?}");
            assert_eq!(culprit.scenario().is_none(), culprit == Culprit::Inherited, "{culprit:?}");
            for answer in [culprit.name().to_owned(), culprit.name().to_uppercase(), format!(" {number}\n")] {
                assert_eq!(Culprit::parse(&answer), Ok(culprit));
            }
        }
        for wrong in ["", "0", "8", "-1", "write", "\u{1b}[2J"] {
            let error = Culprit::parse(wrong).expect_err(wrong);
            assert!(error.contains("is no answer; say one of writer, ") && !error.contains('\u{1b}'), "{error}");
        }
    }
}
