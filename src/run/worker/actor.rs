//! One process of the scenario: carries out its steps on real locks and tells each event.

mod transaction;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::super::backend::{Answer, Databases, Flocks, Locks, Mutexes, Records, Table};
use super::super::clock::now_us;
use super::super::wire::{Job, Message, Order};
use crate::model::{Mode, Random, pause};
use crate::scenario::{LockKind, Process, Step};
use crate::trace::{Event, Refusal, What};
use transaction::Transaction;

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
    /// The conductor waits to hear that the step which it told is done.
    in_told_step: bool,
    /// Meetings of this round that it has been to: a repeated attempt does not wait for them again.
    met: usize,
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
            Some(kind) if process.steps.iter().any(Step::is_transaction) => {
                Some(Transaction::open(kind, job.busy_timeout)?)
            }
            _ => None,
        };
        let random = Random::new(job.seed, who);
        let gate = Gate { orders, closed: job.gated };
        let (held, round, met, in_told_step) = (Vec::new(), 0, 0, false);
        Ok(Self { who, process, gate, random, kinds: mine, locks, held, transaction, round, in_told_step, met })
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
                    self.finish_step()?; // others need not wait for the pause
                    thread::sleep(pause);
                    attempt += 1;
                }
                _ => return self.tell(What::Abandons { round }),
            }
        }
        self.tell(What::Finished { round })
    }

    /// Says that the step is done, if it was told: when all that follows from it has been told, too. What a refusal
    /// makes it release belongs to the same step, and so does the end of the round. The end of the program speaks for
    /// itself.
    fn finish_step(&mut self) -> anyhow::Result<()> {
        match std::mem::take(&mut self.in_told_step) {
            true => self.send(&Message::Stepped { who: self.who }),
            false => Ok(()),
        }
    }

    /// All the steps once; stops at a refusal.
    fn attempt(&mut self) -> anyhow::Result<Course> {
        let steps = self.process.steps.clone();
        let mut meetings = 0;
        for step in &steps {
            self.finish_step()?;
            let gated = self.gate.pass_step(self.who)?;
            let course = match step {
                // A scenario with units is never run for real: they are not looked at here.
                Step::Lock { name, shared, within, .. } => self.lock(name, *shared, *within)?,
                Step::Unlock { name, .. } => self.unlock(name)?,
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
            self.in_told_step = gated;
            if course == Course::Refused {
                return Ok(Course::Refused);
            }
        }
        Ok(Course::Done)
    }

    fn lock(&mut self, name: &str, shared: bool, within: Option<Duration>) -> anyhow::Result<Course> {
        let kind = self.kinds[name];
        let mode = if shared { Mode::to_read(kind) } else { Mode::to_write(kind) };
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
        self.tell(What::releases(name))?;
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
                self.tell(What::gets(asked.lock.as_str(), asked.mode))?;
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
        What::Wants { lock: self.lock.clone(), mode: self.mode, units: None }
    }

    fn waits(&self, patience: Option<Duration>) -> What {
        let limit_us = patience.map(|limit| limit.as_micros() as u64);
        What::Waits { lock: self.lock.clone(), mode: self.mode, units: None, limit_us }
    }

    fn refused(&self, why: Refusal) -> What {
        let waited_us = self.at.elapsed().as_micros() as u64;
        What::Refused { lock: self.lock.clone(), mode: self.mode, units: None, why, waited_us }
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
