//! A schedule carried out: who is told to make the next step, and when a step counts as made.

use std::sync::mpsc::{Receiver, TryRecvError};

use super::crew::Crew;
use super::wire::Order;
use super::{Interrupted, Schedule, Unfit};
use crate::analysis::{MEETING, WaitForGraph};
use crate::scenario::Scenario;

/// The moves that are still to be made.
pub(super) struct Moves<'a> {
    schedule: Schedule<'a>,
    /// How many moves of a list are made.
    next: usize,
    /// The process that was told and has neither finished its step nor been stopped by a lock.
    busy: Option<usize>,
    /// For each process whether it is inside a step.
    in_step: Vec<bool>,
}

/// What stands in the way of a move: the state of the run that the schedule has to fit.
pub(super) struct Standing<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) graph: &'a WaitForGraph,
    pub(super) ended: &'a [bool],
}

impl<'a> Moves<'a> {
    /// `None` where luck decides.
    pub(super) fn new(schedule: Schedule<'a>, processes: usize) -> Option<Self> {
        let in_step = vec![false; processes];
        (!matches!(schedule, Schedule::Luck)).then_some(Self { schedule, next: 0, busy: None, in_step })
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
        if let Some(who) = self.busy {
            // Told to move after its last step: it had ended, we had not heard yet.
            self.fits(who, standing)?;
            return Ok(true);
        }
        let Some(who) = next else { return Ok(false) };
        self.fits(who, standing)?;
        if !self.in_step[who] {
            self.in_step[who] = true;
            self.busy = Some(who);
            self.next += 1;
            crew.tell(who, Order::Step(who));
        }
        Ok(true) // if it is inside a step, the grant that it waited for is on its way
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
        let name = |who: usize| &standing.scenario.processes[who].name;
        let place = if self.busy.is_some() { self.next } else { self.next + 1 };
        let why = if standing.ended[who] {
            "it has already ended".to_owned()
        } else if let Some(edge) = standing.graph.edges_of(who).next() {
            match edge.lock.as_str() {
                MEETING => format!("it waits at the meeting for {}", name(edge.holder)),
                lock => format!("it waits for {lock}, which {} holds", name(edge.holder)),
            }
        } else {
            return Ok(());
        };
        Err(Unfit(format!("move {place} of the schedule can't be made: {} can't move, {why}", name(who))))
    }
}
