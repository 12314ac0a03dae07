//! One process of the scenario: carries out its steps on real locks and tells each event.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::super::backend::{Answer, Database, Databases, Flocks, Locks, Mutexes, Records, Table};
use super::super::clock::now_us;
use super::super::retry::{Random, pause};
use super::super::wire::{Job, Message, Order};
use crate::model::Mode;
use crate::scenario::{Begin, DATABASE, LockKind, Process, Step};
use crate::trace::{Event, Refusal, What};

/// What became of a step or of a whole round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    Done,
    Refused,
}

/// A process of the scenario and all that it holds.
pub(super) struct Actor {
    who: usize,
    process: Process,
    gate: Gate,
    random: Random,
    kinds: BTreeMap<String, LockKind>,
    locks: BTreeMap<LockKind, Box<dyn Locks>>,
    /// Names of the locks that it holds, oldest first.
    held: Vec<String>,
    transaction: Option<Transaction>,
    round: u32,
    /// Meetings of this round that it has been to: a repeated attempt does not wait for them again.
    met: usize,
}

/// The connection to the one database, and where its transaction stands.
struct Transaction {
    database: Database,
    wal: bool,
    mode: Option<Mode>,
    rows: u64,
}

/// Where a process waits for the conductor's word.
struct Gate {
    orders: Receiver<Order>,
    closed: bool,
}

impl Actor {
    /// Opens everything that the process will work with.
    pub(super) fn new(
        job: &Job,
        who: usize,
        process: Process,
        table: Table,
        orders: Receiver<Order>,
    ) -> anyhow::Result<Self> {
        let mine: BTreeMap<String, LockKind> = job
            .locks
            .iter()
            .filter(|(name, _)| process.steps.iter().any(|step| step.lock_name() == Some(name)))
            .cloned()
            .collect();
        let mut locks: BTreeMap<LockKind, Box<dyn Locks>> = BTreeMap::new();
        for kind in LockKind::ALL {
            let names: Vec<&str> = mine.iter().filter(|lock| *lock.1 == kind).map(|lock| lock.0.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            let names = names.into_iter();
            locks.insert(
                kind,
                match kind {
                    LockKind::Flock => Box::new(Flocks::open(names)?),
                    LockKind::Fcntl => Box::new(Records::open_posix(names)?),
                    LockKind::Ofd => Box::new(Records::open_ofd(names)?),
                    LockKind::Mutex => Box::new(Mutexes::new(table.clone())),
                    LockKind::Sqlite | LockKind::SqliteWal => Box::new(Databases::open(names, job.busy_timeout)?),
                },
            );
        }
        let transaction = match job.database {
            Some(kind) if process.steps.iter().any(Step::is_transaction) => Some(Transaction {
                database: Database::open(DATABASE, job.busy_timeout)?,
                wal: kind == LockKind::SqliteWal,
                mode: None,
                rows: 0,
            }),
            _ => None,
        };
        let random = Random::new(job.seed, who);
        let gate = Gate { orders, closed: job.gated };
        let (held, round, met) = (Vec::new(), 0, 0);
        Ok(Self { who, process, gate, random, kinds: mine, locks, held, transaction, round, met })
    }

    /// From the conductor's `start` to the end of the program.
    pub(super) fn live(mut self) -> anyhow::Result<()> {
        self.send(&Message::Ready { who: self.who })?;
        self.gate.wait_for(Order::Start)?;
        self.tell(What::Starts { pid: std::process::id() })?;
        let start = Instant::now();
        let lasting = self.process.lasting.unwrap_or(Duration::MAX);
        let rounds = self.process.round_count().unwrap_or(u32::MAX);
        while self.round < rounds && start.elapsed() < lasting {
            self.round += 1;
            self.met = 0;
            self.tell(What::Round { round: self.round })?;
            self.carry_out_round()?;
        }
        self.tell(What::Ends)
    }

    fn carry_out_round(&mut self) -> anyhow::Result<()> {
        let round = self.round;
        let mut attempt = 1;
        while self.attempt()? == Course::Refused {
            self.release_everything()?;
            match &self.process.retry {
                Some(retry) if attempt < retry.attempts => {
                    let pause = pause(retry, attempt, &mut self.random);
                    self.tell(What::BacksOff { attempt, for_us: pause.as_micros() as u64 })?;
                    thread::sleep(pause);
                    attempt += 1;
                }
                _ => return self.tell(What::Abandons { round }),
            }
        }
        self.tell(What::Finished { round })
    }

    /// All the steps once; stops at a refusal.
    fn attempt(&mut self) -> anyhow::Result<Course> {
        let steps = self.process.steps.clone();
        let mut meetings = 0;
        for step in &steps {
            let gated = self.gate.pass_step(self.who)?;
            let course = match step {
                Step::Lock { name, shared, within } => self.lock(name, *shared, *within)?,
                Step::Unlock { name } => self.unlock(name)?,
                Step::Work(time) => self.work(*time)?,
                Step::Meet => {
                    meetings += 1;
                    self.meet(meetings)?
                }
                Step::Crash => self.crash()?,
                Step::Begin(begin) => self.begin(*begin)?,
                Step::Select => self.select()?,
                Step::Insert => self.insert()?,
                Step::Commit => self.commit()?,
                Step::Rollback => self.rollback()?,
            };
            if gated {
                self.send(&Message::Stepped { who: self.who })?;
            }
            if course == Course::Refused {
                return Ok(Course::Refused);
            }
        }
        Ok(Course::Done)
    }

    fn lock(&mut self, name: &str, shared: bool, within: Option<Duration>) -> anyhow::Result<Course> {
        let kind = self.kinds[name];
        let mode = match (kind, shared) {
            (LockKind::SqliteWal, true) => Mode::Snapshot,
            (LockKind::SqliteWal, false) => Mode::Writer,
            (LockKind::Sqlite, false) => Mode::Reserved,
            (_, true) => Mode::Shared,
            (_, false) => Mode::Exclusive,
        };
        let asked = Asked { lock: name.to_owned(), mode, at: Instant::now() };
        self.tell(asked.wants())?;
        let patience = within.or(self.backend(kind)?.patience());
        let mut answer = self.backend(kind)?.try_lock(name, mode)?;
        if matches!(answer, Answer::Taken(_)) && patience != Some(Duration::ZERO) {
            self.tell(asked.waits(patience))?;
            answer = self.backend(kind)?.wait(name, mode, within)?;
        }
        let course = self.settle(&asked, answer)?;
        if course == Course::Done {
            self.held.push(name.to_owned());
        }
        Ok(course)
    }

    fn unlock(&mut self, name: &str) -> anyhow::Result<Course> {
        self.tell(What::Releases { lock: name.to_owned() })?;
        self.held.retain(|held| held != name);
        let kind = self.kinds[name];
        self.backend(kind)?.unlock(name)?;
        Ok(Course::Done)
    }

    fn work(&mut self, time: Duration) -> anyhow::Result<Course> {
        self.tell(What::Works { for_us: time.as_micros() as u64 })?;
        thread::sleep(time);
        self.tell(What::Worked)?;
        Ok(Course::Done)
    }

    fn meet(&mut self, meeting: usize) -> anyhow::Result<Course> {
        if meeting > self.met {
            self.tell(What::Meets)?;
            self.gate.wait_for(Order::Pass(self.who))?;
            self.met = meeting;
            self.tell(What::Met)?;
        }
        Ok(Course::Done)
    }

    fn crash(&mut self) -> anyhow::Result<Course> {
        self.tell(What::Crashes)?;
        // The conductor kills us from outside: only so is nothing tidied up on the way.
        loop {
            thread::park();
        }
    }

    fn begin(&mut self, begin: Begin) -> anyhow::Result<Course> {
        let wal = self.transaction()?.wal;
        let (sql, mode) = match begin {
            Begin::Deferred => ("BEGIN", None),
            Begin::Immediate | Begin::Exclusive if wal => ("BEGIN IMMEDIATE", Some(Mode::Writer)),
            Begin::Immediate => ("BEGIN IMMEDIATE", Some(Mode::Reserved)),
            Begin::Exclusive => ("BEGIN EXCLUSIVE", Some(Mode::Exclusive)),
        };
        match mode {
            Some(mode) => self.ask_database(sql, mode),
            None => {
                self.transaction()?.database.try_execute(sql)?;
                Ok(Course::Done)
            }
        }
    }

    fn select(&mut self) -> anyhow::Result<Course> {
        let mode = if self.transaction()?.wal { Mode::Snapshot } else { Mode::Shared };
        self.ask_database("SELECT count(*) FROM pets", mode)
    }

    fn insert(&mut self) -> anyhow::Result<Course> {
        let mode = if self.transaction()?.wal { Mode::Writer } else { Mode::Reserved };
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
        let transaction = self.transaction()?;
        let held = transaction.mode;
        if held.is_some_and(|held| held >= mode) {
            transaction.database.wait_execute(sql)?;
            return Ok(Course::Done);
        }
        let asked = Asked { lock: DATABASE.to_owned(), mode, at: Instant::now() };
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

    fn commit(&mut self) -> anyhow::Result<Course> {
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

    fn rollback(&mut self) -> anyhow::Result<Course> {
        let transaction = self.transaction()?;
        let rows = transaction.rows;
        if transaction.mode.is_some() {
            self.tell(What::Releases { lock: DATABASE.to_owned() })?;
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

    /// After a refusal: undo the transaction, then let go of every lock, the newest first.
    fn release_everything(&mut self) -> anyhow::Result<()> {
        if self.transaction.is_some() {
            self.rollback()?;
        }
        while let Some(name) = self.held.last().cloned() {
            self.unlock(&name)?;
        }
        Ok(())
    }

    /// Tells how the asking ended.
    fn settle(&mut self, asked: &Asked, answer: Answer) -> anyhow::Result<Course> {
        match answer {
            Answer::Granted => {
                self.tell(What::Gets { lock: asked.lock.clone(), mode: asked.mode })?;
                Ok(Course::Done)
            }
            Answer::Taken(why) | Answer::Refused(why) => {
                self.tell(asked.refused(why))?;
                Ok(Course::Refused)
            }
        }
    }

    fn backend(&mut self, kind: LockKind) -> anyhow::Result<&mut Box<dyn Locks>> {
        self.locks.get_mut(&kind).context("a lock that the job does not name")
    }

    fn transaction(&mut self) -> anyhow::Result<&mut Transaction> {
        self.transaction.as_mut().context("a step of a transaction without a database")
    }

    fn tell(&self, what: What) -> anyhow::Result<()> {
        self.send(&Message::Event(Event { at_us: now_us(), who: self.who, what }))
    }

    fn send(&self, message: &Message) -> anyhow::Result<()> {
        message.send(&mut io::stdout().lock()).context("the conductor does not listen")
    }
}

/// A lock that was asked for, and when.
struct Asked {
    lock: String,
    mode: Mode,
    at: Instant,
}

impl Asked {
    fn wants(&self) -> What {
        What::Wants { lock: self.lock.clone(), mode: self.mode }
    }

    fn waits(&self, patience: Option<Duration>) -> What {
        let limit_us = patience.map(|limit| limit.as_micros() as u64);
        What::Waits { lock: self.lock.clone(), mode: self.mode, limit_us }
    }

    fn refused(&self, why: Refusal) -> What {
        let waited_us = self.at.elapsed().as_micros() as u64;
        What::Refused { lock: self.lock.clone(), mode: self.mode, why, waited_us }
    }
}

impl Gate {
    /// In a scheduled run: waits until told to make a step. Says whether it had to be told.
    fn pass_step(&mut self, who: usize) -> anyhow::Result<bool> {
        if self.closed {
            self.wait_for(Order::Step(who))?;
        }
        Ok(self.closed)
    }

    /// Waits for this order. `free` opens the gate for good, and ends a wait for a step.
    fn wait_for(&mut self, wanted: Order) -> anyhow::Result<()> {
        loop {
            let order = self.orders.recv().context("the leash is gone")?;
            if order == Order::Free {
                self.closed = false;
            }
            if order == wanted || (order == Order::Free && matches!(wanted, Order::Step(_))) {
                return Ok(());
            }
        }
    }
}
