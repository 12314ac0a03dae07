//! The steps of a transaction on the one database.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::super::super::backend::{Answer, Database};
use super::{Actor, Asked, Course};
use crate::model::Mode;
use crate::scenario::{Begin, DATABASE, LockKind};
use crate::trace::What;

/// The connection to the one database, and where its transaction stands.
pub(super) struct Transaction {
    database: Database,
    kind: LockKind,
    mode: Option<Mode>,
    rows: u64,
}

impl Transaction {
    /// Opens the database in the current directory.
    pub(super) fn open(kind: LockKind, busy_timeout: Duration) -> anyhow::Result<Self> {
        let database = Database::open(DATABASE, busy_timeout)?;
        Ok(Self { database, kind, mode: None, rows: 0 })
    }
}

impl Actor {
    pub(super) fn begin(&mut self, begin: Begin) -> anyhow::Result<Course> {
        let kind = self.transaction()?.kind;
        let (sql, mode) = match begin {
            Begin::Deferred => ("BEGIN", None),
            Begin::Exclusive if kind == LockKind::Sqlite => ("BEGIN EXCLUSIVE", Some(Mode::Exclusive)),
            // In WAL mode EXCLUSIVE is the same (https://www.sqlite.org/lang_transaction.html).
            Begin::Immediate | Begin::Exclusive => ("BEGIN IMMEDIATE", Some(Mode::to_write(kind))),
        };
        match mode {
            Some(mode) => self.ask_database(sql, mode),
            None => {
                self.transaction()?.database.try_execute(sql)?;
                Ok(Course::Done)
            }
        }
    }

    pub(super) fn select(&mut self) -> anyhow::Result<Course> {
        let mode = Mode::to_read(self.transaction()?.kind);
        self.ask_database("SELECT count(*) FROM pets", mode)
    }

    pub(super) fn insert(&mut self) -> anyhow::Result<Course> {
        let mode = Mode::to_write(self.transaction()?.kind);
        let sql = Database::insert_sql(&self.process.name, self.round);
        let course = self.ask_database(&sql, mode)?;
        if course == Course::Done {
            self.transaction()?.rows += 1;
            self.tell(What::Inserted)?;
        }
        Ok(course)
    }

    /// Carries out a statement that needs `mode`; asks aloud only if the transaction does not hold as much already.
    fn ask_database(&mut self, sql: &str, mode: Mode) -> anyhow::Result<Course> {
        let asked = Asked { lock: DATABASE.to_owned(), mode, at: Instant::now() };
        let transaction = self.transaction()?;
        let held = transaction.mode;
        if held.is_some_and(|held| held >= mode) {
            return match transaction.database.wait_execute(sql)? {
                Answer::Granted => Ok(Course::Done),
                refused => self.settle(&asked, refused),
            };
        }
        self.tell(asked.wants())?;
        let database = &self.transaction()?.database;
        let patience = database.busy_timeout();
        let mut answer = database.try_execute(sql)?;
        if matches!(answer, Answer::Taken(_)) && !patience.is_zero() {
            // Whoever holds a lock already is refused at once: its busy handler is not even called. That is
            // SQLite's rule, so we do not say that it waits; the second call, with the timeout, shows it.
            if held.is_none() {
                self.tell(asked.waits(Some(patience)))?;
            }
            answer = self.transaction()?.database.wait_execute(sql)?;
        }
        let course = self.settle(&asked, answer)?;
        if course == Course::Done {
            self.transaction()?.mode = Some(mode);
        }
        Ok(course)
    }

    pub(super) fn commit(&mut self) -> anyhow::Result<Course> {
        let transaction = self.transaction()?;
        let (rows, patience) = (transaction.rows, transaction.database.busy_timeout());
        let asked = Asked { lock: DATABASE.to_owned(), mode: Mode::Exclusive, at: Instant::now() };
        self.tell(What::Commits { rows })?;
        let mut answer = self.transaction()?.database.try_execute("COMMIT")?;
        if matches!(answer, Answer::Taken(_)) && !patience.is_zero() {
            self.tell(asked.waits(Some(patience)))?;
            answer = self.transaction()?.database.wait_execute("COMMIT")?;
        }
        if answer == Answer::Granted {
            self.forget_transaction()?;
            self.tell(What::Committed { rows })?;
            return Ok(Course::Done);
        }
        self.settle(&asked, answer)
    }

    pub(super) fn rollback(&mut self) -> anyhow::Result<Course> {
        let transaction = self.transaction()?;
        let rows = transaction.rows;
        if transaction.mode.is_some() {
            self.tell(What::releases(DATABASE))?;
        }
        self.transaction()?.database.rollback()?;
        self.forget_transaction()?;
        self.tell(What::RolledBack { rows })?;
        Ok(Course::Done)
    }

    fn forget_transaction(&mut self) -> anyhow::Result<()> {
        let transaction = self.transaction()?;
        (transaction.mode, transaction.rows) = (None, 0);
        Ok(())
    }

    fn transaction(&mut self) -> anyhow::Result<&mut Transaction> {
        self.transaction.as_mut().context("a step of a transaction without a database")
    }
}
