//! A schedule carried out: who is told to make the next step, and when a step counts as made.

use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use super::crew::Crew;
use super::wire::Order;
use super::{Interrupted, Schedule, Unfit};
use crate::analysis::{MEETING, WaitForGraph};
use crate::scenario::{LockKind, OnDeadlock, Scenario};

/// So long is waited for a cycle that somebody is about to break.
const CYCLE_PATIENCE: Duration = Duration::from_secs(2);

/// The moves that are still to be made.
pub(super) struct Moves<'a> {
    schedule: Schedule<'a>,
    /// How many moves of a list are made.
    next: usize,
    /// The process that was told and has neither finished its step nor been stopped by a lock.
    busy: Option<usize>,
    /// For each process whether it is inside a step.
    in_step: Vec<bool>,
    /// Since when a cycle is there that somebody will break.
    cycle_since: Option<Instant>,
}

/// What stands in the way of a move: the state of the run that the schedule has to fit.
pub(super) struct Standing<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) graph: &'a WaitForGraph,
    pub(super) ended: &'a [bool],
}

impl Standing<'_> {
    fn is_stopped(&self, who: usize) -> bool {
        self.graph.edges_of(who).next().is_some()
    }

    fn has_cycle_to_break(&self) -> bool {
        let is_detected = |lock: &str| lock != MEETING && self.scenario.kind_of(lock) == LockKind::Fcntl;
        let breaks = |victims: bool| {
            let cycles = self.graph.deadlocks();
            cycles.iter().any(|cycle| victims || cycle.iter().all(|edge| is_detected(&edge.lock)))
        };
        let victims = self.scenario.on_deadlock == OnDeadlock::Victim;
        (victims || self.scenario.lock_names().into_iter().any(is_detected)) && breaks(victims)
    }
}

impl<'a> Moves<'a> {
    /// `None` where luck decides.
    pub(super) fn new(schedule: Schedule<'a>, processes: usize) -> Option<Self> {
        let in_step = vec![false; processes];
        (!matches!(schedule, Schedule::Luck)).then_some(Self {
            schedule,
            next: 0,
            busy: None,
            in_step,
            cycle_since: None,
        })
    }

    /// The step of this process is done.
    pub(super) fn stepped(&mut self, who: usize) {
        self.in_step[who] = false;
        self.stopped(who);
    }

    /// The step of this process goes no further for now: the next one may move.
    pub(super) fn stopped(&mut self, who: usize) {
        if self.busy == Some(who) {
            self.busy = None;
        }
    }

    /// Tells the next process to move, if it is time. `false` once all moves are made.
    pub(super) fn advance(&mut self, standing: &Standing, crew: &mut Crew) -> anyhow::Result<bool> {
        let list = match &self.schedule {
            Schedule::Luck => return Ok(false),
            Schedule::List(list) => list,
            Schedule::Player(player) => return Self::follow(player, &mut self.in_step, standing, crew),
        };
        let next = list.get(self.next).copied();
        if self.busy.is_some() {
            return Ok(true);
        }
        let Some(who) = next else { return Ok(false) };
        if self.is_settling(standing) {
            return Ok(true);
        }
        if self.in_step[who] && standing.graph.is_patient(who) {
            return Ok(true); // its time-out ends its step; then it makes the next one
        }
        self.fits(who, standing)?;
        self.in_step[who] = true;
        self.busy = Some(who);
        self.next += 1;
        crew.tell(who, Order::Step(who));
        Ok(true)
    }

    /// Whether something is still to come of the moves that were made. Only when all who can go on have done so does a
    /// schedule mean the same in every run: who waits for a lock that is free gets it before the next move, and a
    /// cycle that the kernel (`fcntl`) or the conductor (`on_deadlock = "victim"`) breaks is broken.
    fn is_settling(&mut self, standing: &Standing) -> bool {
        let goes_on = |who: usize| self.in_step[who] && !standing.ended[who] && !standing.is_stopped(who);
        if (0..self.in_step.len()).any(goes_on) {
            return true;
        }
        if !standing.has_cycle_to_break() {
            self.cycle_since = None;
            return false;
        }
        self.cycle_since.get_or_insert_with(Instant::now).elapsed() < CYCLE_PATIENCE
    }

    /// Does what the player says. What can't be done, because a process has ended or is inside a step since, is not.
    fn follow(
        player: &Receiver<usize>,
        in_step: &mut [bool],
        standing: &Standing,
        crew: &mut Crew,
    ) -> anyhow::Result<bool> {
        loop {
            match player.try_recv() {
                Ok(who) if standing.ended[who] || in_step[who] => {}
                Ok(who) => {
                    in_step[who] = true;
                    crew.tell(who, Order::Step(who));
                }
                Err(TryRecvError::Empty) => return Ok(true),
                Err(TryRecvError::Disconnected) => return Err(Interrupted.into()),
            }
        }
    }

    fn fits(&self, who: usize, standing: &Standing) -> Result<(), Unfit> {
        let (place, name) = (self.next + 1, &standing.scenario.processes[who].name);
        let ended = standing.ended[who].then(|| "it has already ended".to_owned());
        let Some(why) = ended.or_else(|| standing.graph.obstacle(standing.scenario, who)) else { return Ok(()) };
        Err(Unfit(format!("move {place} of the schedule can't be made: {name} can't move, {why}")))
    }
}
