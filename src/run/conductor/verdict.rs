//! The verdict: when is it a deadlock, and who else says so?

use std::collections::BTreeSet;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::super::crew::Crew;
use super::super::wire::{Message, Order};
use super::super::witness;
use super::{Conductor, TICK};
use crate::analysis::MEETING;
use crate::scenario::{LockKind, OnDeadlock};
use crate::trace::{Deadlock, Edge, Event, KilledFor, What, Witness};
use crate::who;

/// How much longer than its patience the conductor waits for a witness that does not see everybody yet.
const WITNESS_PATIENCE: Duration = Duration::from_secs(1);

/// Everybody who still lives is stuck: since when, and how much processor time they had used by then.
pub(super) struct Watch {
    since: Instant,
    cpu: Option<Duration>,
    /// When the patience was over: how long that was, and the processor time used in it.
    seen: Option<(Duration, Option<Duration>)>,
}

impl Conductor<'_> {
    /// Looks whether this process's wait has closed a cycle, and says so at once.
    pub(super) fn look_for_cycle(&mut self, who: usize) -> anyhow::Result<()> {
        let Some((cycle, timed)) = self.graph.closed_by(who) else { return Ok(()) };
        let at_us = self.events.last().map_or(0, |event| event.at_us);
        let after_us = self.now_us().saturating_sub(at_us);
        self.take(Event { at_us, who, what: What::ClosesCycle { cycle, timed, after_us } })?;
        if timed {
            return Ok(());
        }
        match self.scenario.on_deadlock {
            OnDeadlock::Victim => self.kill(self.crew.worker_of(who), KilledFor::Victim),
            OnDeadlock::Watch => {
                self.suspicion = true;
                Ok(())
            }
        }
    }

    /// A deadlock is certain when nobody who lives can move and nothing does, for as long as the patience lasts:
    /// fcntl's kernel, for one, refuses a cycle a moment after it closed.
    pub(super) fn consider_deadlock(&mut self, messages: &Receiver<anyhow::Result<Message>>) -> anyhow::Result<()> {
        if !self.suspicion {
            return Ok(());
        }
        let cycles = self.graph.deadlocks();
        self.suspicion = !cycles.is_empty();
        let members: BTreeSet<usize> = cycles.iter().flatten().map(|edge| edge.waiter).collect();
        let blocked_behind = self.graph.blocked_behind(&members);
        if !self.suspicion || !self.everybody_is_stuck(&members, &blocked_behind) {
            self.watch = None;
            return Ok(());
        }
        let stuck: Vec<usize> = self.living().collect();
        let watch = self.watch.get_or_insert_with(|| Watch { since: Instant::now(), cpu: None, seen: None });
        if watch.since.elapsed() >= TICK && watch.cpu.is_none() {
            watch.cpu = cpu_time(&self.crew, &stuck);
        }
        if watch.since.elapsed() < self.options.patience.max(2 * TICK) {
            return Ok(());
        }
        // Measured once, before the witness is asked: a detector's own work is not that of its threads.
        let (watched, used) = *watch.seen.get_or_insert_with(|| {
            let used = watch.cpu.zip(cpu_time(&self.crew, &stuck)).map(|(before, after)| after.saturating_sub(before));
            (watch.since.elapsed(), used)
        });
        let late = watch.since.elapsed() >= self.options.patience + WITNESS_PATIENCE;
        let witness = self.call_witness(&stuck, messages)?;
        let seen = witness.as_ref().map_or(usize::MAX, waiters_in);
        if self.watch.is_none() || (seen < self.waiters_to_see(&stuck, &cycles) && !late) {
            // Something moved while the witness was asked; or somebody has said that it waits, and is still on its way
            // into the kernel.
            return Ok(());
        }
        self.aftermath.deadlock = Some(Deadlock {
            cycles,
            blocked_behind,
            watched_us: watched.as_micros() as u64,
            cpu_us: used.map(|time| time.as_micros() as u64),
            witness,
        });
        self.suspicion = false;
        self.kill_everybody(KilledFor::Deadlock)
    }

    fn everybody_is_stuck(&self, members: &BTreeSet<usize>, behind: &[Edge]) -> bool {
        let behind: BTreeSet<usize> = behind.iter().map(|edge| edge.waiter).collect();
        self.living().all(|who| members.contains(&who) || (self.graph.waits_for_ever(who) && behind.contains(&who)))
    }

    /// How many waits a witness can see: all that are for locks. parking_lot's detector names those in a ring only.
    fn waiters_to_see(&self, stuck: &[usize], cycles: &[Vec<Edge>]) -> usize {
        match self.scenario.on {
            LockKind::Mutex => {
                let of_locks = |cycle: &&Vec<Edge>| cycle.iter().all(|edge| edge.lock != MEETING);
                cycles.iter().filter(of_locks).map(Vec::len).sum()
            }
            _ => stuck.iter().filter(|&&who| self.graph.wait_of(who).is_some()).count(),
        }
    }

    fn call_witness(
        &mut self,
        stuck: &[usize],
        messages: &Receiver<anyhow::Result<Message>>,
    ) -> anyhow::Result<Option<Witness>> {
        if self.scenario.on != LockKind::Mutex {
            return Ok(witness::kernel(self.scenario, &self.room, &self.crew, stuck));
        }
        self.crew.tell_all(Order::Look);
        let limit = Instant::now() + Duration::from_secs(15);
        while let Ok(message) = messages.recv_timeout(limit.saturating_duration_since(Instant::now())) {
            let message = message?;
            let last = matches!(message, Message::Detected { line: None });
            self.hear(message)?;
            if last {
                break;
            }
        }
        // It names each deadlock once: what it has said before still holds.
        let lines = self.detected.get_or_insert_default();
        lines.sort();
        Ok(Some(witness::detector(self.scenario, &self.graph, lines)))
    }
}

/// Lines of the witness that speak of somebody who waits.
fn waiters_in(witness: &Witness) -> usize {
    witness.lines.iter().filter(|line| line.means.contains(" waits for ")).count()
}

/// Processor time of all these processes together, each worker counted once.
fn cpu_time(crew: &Crew, who: &[usize]) -> Option<Duration> {
    let workers: BTreeSet<u32> = who.iter().map(|&who| crew.pid_of(who)).collect();
    workers.into_iter().map(who::processes::cpu_time).sum()
}
