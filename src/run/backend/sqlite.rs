//! SQLite databases: the transaction on the one [`DATABASE`](crate::scenario::DATABASE), and write locks on others.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, ErrorCode, ffi};

use super::{Answer, Locks};
use crate::model::Mode;
use crate::scenario::LockKind;
use crate::trace::{Refusal, Stored};

/// The table into which everybody inserts, as in the classic exercise.
const SCHEMA: &str = "CREATE TABLE pets (id INTEGER PRIMARY KEY, process TEXT NOT NULL, round INTEGER NOT NULL)";

/// One connection to one database, with the patience that is in force on it.
pub struct Database {
    connection: Connection,
    busy_timeout: Duration,
}

impl Database {
    /// Makes a new database with its empty table. In WAL mode the first to come and the last to go shut all others out
    /// for a moment, who are then refused though nobody reads or writes (`SQLITE_BUSY` for a reader, too; see
    /// <https://www.sqlite.org/wal.html>, "Sometimes Queries Return SQLITE_BUSY In WAL Mode"). So that it is none of
    /// them, the connection that is given here comes first and goes last; it does nothing meanwhile.
    pub fn create(path: &Path, kind: LockKind) -> anyhow::Result<Option<Self>> {
        let make = || -> rusqlite::Result<Option<Self>> {
            let connection = Connection::open(path)?;
            let has_wal = kind == LockKind::SqliteWal;
            if has_wal {
                connection.pragma_update(None, "journal_mode", "wal")?;
            }
            connection.execute_batch(SCHEMA)?;
            Ok(has_wal.then_some(Self { connection, busy_timeout: Duration::ZERO }))
        };
        make().with_context(|| {
            format!("can't make the database {}; choose another place with --dir or TMPDIR", path.display())
        })
    }

    /// Opens the database `NAME.db` in the current directory.
    pub fn open(name: &str, busy_timeout: Duration) -> anyhow::Result<Self> {
        Self::open_at(Path::new(&LockKind::Sqlite.file_of(name)), busy_timeout)
    }

    /// Opens the database with this path.
    pub fn open_at(path: &Path, busy_timeout: Duration) -> anyhow::Result<Self> {
        let connection = Connection::open(path).with_context(|| format!("can't open {}", path.display()))?;
        Ok(Self { connection, busy_timeout })
    }

    /// Carries out a statement without waiting, whatever timeout is in force otherwise.
    pub fn try_execute(&self, sql: &str) -> anyhow::Result<Answer> {
        self.execute(sql, Duration::ZERO, Answer::Taken)
    }

    /// Carries out a statement with the timeout in force: SQLite's own busy handler waits.
    pub fn wait_execute(&self, sql: &str) -> anyhow::Result<Answer> {
        self.execute(sql, self.busy_timeout, Answer::Refused)
    }

    /// The patience that is in force.
    pub fn busy_timeout(&self) -> Duration {
        self.busy_timeout
    }

    /// Undoes the transaction, if there is one. ROLLBACK always works.
    pub fn rollback(&self) -> anyhow::Result<()> {
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK").context("can't roll back")?;
        }
        Ok(())
    }

    /// Copies the log into the database and empties it, without waiting; whether that could be done to the end
    /// (<https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).
    pub fn empty_log(&self) -> anyhow::Result<bool> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let busy = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        Ok(busy.context("can't empty the log")? == 0)
    }

    /// Adds a row to the transaction; the caller has made sure by an earlier statement that it may.
    pub fn insert_sql(process: &str, round: u32) -> String {
        format!("INSERT INTO pets (process, round) VALUES ('{}', {round})", process.replace('\'', "''"))
    }

    /// What the database holds, asked when all others are gone; a hot journal is rolled back by this first reader.
    pub fn examine(path: &Path) -> anyhow::Result<Stored> {
        let ask = || -> rusqlite::Result<Stored> {
            let connection = Connection::open(path)?;
            Ok(Stored {
                rows: connection.query_row("SELECT count(*) FROM pets", [], |row| row.get::<_, i64>(0))? as u64,
                integrity: Some(connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?),
                journal: connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?,
            })
        };
        ask().with_context(|| format!("can't examine the database {}", path.display()))
    }

    fn execute(&self, sql: &str, timeout: Duration, no: fn(Refusal) -> Answer) -> anyhow::Result<Answer> {
        self.connection.busy_timeout(timeout)?;
        match self.connection.execute_batch(sql) {
            Ok(()) => Ok(Answer::Granted),
            Err(rusqlite::Error::SqliteFailure(error, text)) if is_refusal(error.code) => Ok(no(Refusal {
                name: code_name(error.extended_code).into(),
                code: Some(error.extended_code),
                text: text.unwrap_or_else(|| error.to_string()),
            })),
            Err(error) => Err(error).with_context(|| format!("SQLite could not carry out `{sql}`")),
        }
    }
}

fn is_refusal(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
}

/// The names of the codes that speak of locks (<https://www.sqlite.org/rescode.html>).
fn code_name(extended: i32) -> &'static str {
    match extended {
        ffi::SQLITE_BUSY => "SQLITE_BUSY",
        ffi::SQLITE_BUSY_RECOVERY => "SQLITE_BUSY_RECOVERY",
        ffi::SQLITE_BUSY_SNAPSHOT => "SQLITE_BUSY_SNAPSHOT",
        ffi::SQLITE_BUSY_TIMEOUT => "SQLITE_BUSY_TIMEOUT",
        ffi::SQLITE_LOCKED => "SQLITE_LOCKED",
        ffi::SQLITE_LOCKED_SHAREDCACHE => "SQLITE_LOCKED_SHAREDCACHE",
        _ => "SQLITE_BUSY (another kind)",
    }
}

/// `lock NAME` on SQLite: the write lock of the database `NAME.db`, by BEGIN IMMEDIATE; shared: by BEGIN and a read.
pub struct Databases(BTreeMap<String, Database>);

impl Databases {
    /// Opens the databases of these locks.
    pub fn open<'a>(names: impl Iterator<Item = &'a str>, busy_timeout: Duration) -> anyhow::Result<Self> {
        names
            .map(|name| Ok((name.to_owned(), Database::open(name, busy_timeout)?)))
            .collect::<anyhow::Result<_>>()
            .map(Self)
    }

    fn ask(mode: Mode) -> &'static str {
        match mode {
            Mode::Shared | Mode::Snapshot => "BEGIN; SELECT count(*) FROM pets",
            _ => "BEGIN IMMEDIATE",
        }
    }

    fn answer(database: &Database, answer: Answer) -> anyhow::Result<Answer> {
        if answer != Answer::Granted {
            // BEGIN itself may have worked before the read was refused.
            database.rollback()?;
        }
        Ok(answer)
    }
}

impl Locks for Databases {
    fn try_lock(&mut self, name: &str, mode: Mode) -> anyhow::Result<Answer> {
        let database = &self.0[name];
        Self::answer(database, database.try_execute(Self::ask(mode))?)
    }

    fn wait(&mut self, name: &str, mode: Mode, within: Option<Duration>) -> anyhow::Result<Answer> {
        let database = &self.0[name];
        let limit = within.unwrap_or(database.busy_timeout);
        Self::answer(database, database.execute(Self::ask(mode), limit, Answer::Refused)?)
    }

    fn unlock(&mut self, name: &str) -> anyhow::Result<()> {
        // Nothing was written, and unlike COMMIT a ROLLBACK needs nobody's leave.
        self.0[name].rollback()
    }

    fn patience(&self) -> Option<Duration> {
        self.0.values().next().map(Database::busy_timeout)
    }
}
