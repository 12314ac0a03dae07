//! What a program meets that wants what somebody else has: real attempts, made once and without patience.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::backend::{Answer, Database, would_block};
use crate::mystery::{Attempt, Tried};
use crate::trace::Refusal;

/// Tries it. What is granted is given back at once.
///
/// A database is opened and closed for that by SQLite, which minds the other connections of this process.
pub fn attempt(attempt: Attempt, path: &Path) -> anyhow::Result<Vec<Tried>> {
    let tried = match attempt {
        Attempt::Database => database(path),
        Attempt::Log => log(path),
        Attempt::Lock => lock(path),
        Attempt::Create => create(path),
    };
    tried.with_context(|| format!("can't try {}", path.display()))
}

fn database(path: &Path) -> anyhow::Result<Vec<Tried>> {
    let database = Database::open_at(path, Duration::ZERO)?;
    let mut tried = Vec::new();
    for (what, sql) in
        [("reads (SELECT)", "SELECT count(*) FROM pets"), ("begins to write (BEGIN IMMEDIATE)", "BEGIN IMMEDIATE")]
    {
        let refusal = match database.try_execute(sql)? {
            Answer::Granted => None,
            Answer::Taken(why) | Answer::Refused(why) => Some(why),
        };
        database.rollback()?;
        tried.push(Tried { what, refusal });
    }
    Ok(tried)
}

fn log(path: &Path) -> anyhow::Result<Vec<Tried>> {
    let mut tried = database(path)?;
    let is_done = Database::open_at(path, Duration::ZERO)?.empty_log()?;
    // It is no error to SQLite: the answer has a column for it.
    let refusal =
        (!is_done).then(|| Refusal { name: "busy = 1".into(), code: None, text: "it can't be done to the end".into() });
    tried.push(Tried { what: "empties the log (PRAGMA wal_checkpoint(TRUNCATE))", refusal });
    Ok(tried)
}

fn lock(path: &Path) -> anyhow::Result<Vec<Tried>> {
    let refusal = match File::open(path)?.try_lock() {
        Ok(()) => None,
        Err(TryLockError::WouldBlock) => Some(would_block()),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    };
    Ok(vec![Tried { what: "asks for the lock (flock)", refusal }])
}

fn create(path: &Path) -> anyhow::Result<Vec<Tried>> {
    let refusal = match File::create_new(path) {
        Ok(_) => fs::remove_file(path).map(|()| None)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Some(Refusal {
            name: "EEXIST".into(),
            code: error.raw_os_error(),
            text: "the file is there already".into(),
        }),
        Err(error) => return Err(error.into()),
    };
    Ok(vec![Tried { what: "makes the file, and takes one that is there for a lock", refusal }])
}
