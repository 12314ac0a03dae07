//! A schedule carried out: who is let through to make the next step.

use super::Error;
use crate::analysis::WaitForGraph;
use crate::scenario::Scenario;

/// In a scheduled run a process makes a step only when told; after the schedule all go on freely.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    moves: Vec<usize>,
    next: usize,
    /// Who was let through and has neither made its step nor been stopped by a lock.
    busy: Option<usize>,
    /// For each process whether it is inside a step.
    in_step: Vec<bool>,
    open: bool,
}

impl Gate {
    /// Without a schedule the gate is open from the beginning.
    pub(super) fn new(schedule: Option<&[usize]>, processes: usize) -> Self {
        let moves = schedule.unwrap_or_default().to_vec();
        Self { moves, next: 0, busy: None, in_step: vec![false; processes], open: schedule.is_none() }
    }

    /// Whether a process may make its next step: it was told, or needs not be told any more.
    pub(super) fn lets(&self, who: usize) -> bool {
        self.open || self.in_step[who]
    }

    /// The step of this process is made.
    pub(super) fn stepped(&mut self, who: usize) {
        self.in_step[who] = false;
        self.stopped(who);
    }

    /// It goes no further for now: the next one may move.
    pub(super) fn stopped(&mut self, who: usize) {
        if self.busy == Some(who) {
            self.busy = None;
        }
    }

    /// Lets the next one through, if it is time. After the last move the gate stays open.
    ///
    /// # Errors
    /// The next one of the schedule can't move.
    pub(super) fn let_through(
        &mut self,
        scenario: &Scenario,
        graph: &WaitForGraph,
        gone: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        if self.open || self.busy.is_some() {
            return Ok(());
        }
        let Some(&who) = self.moves.get(self.next) else {
            self.open = true;
            return Ok(());
        };
        if self.in_step[who] && graph.is_patient(who) {
            return Ok(()); // its time-out ends its step; then it makes the next one
        }
        let ended = gone(who).then(|| "it has already ended".to_owned());
        if let Some(why) = ended.or_else(|| graph.obstacle(scenario, who)) {
            let (place, name) = (self.next + 1, &scenario.processes[who].name);
            return Err(Error::Unfit(format!("move {place} of the schedule can't be made: {name} can't move, {why}")));
        }
        // If it is inside a step, the grant that it waited for is on its way.
        if !self.in_step[who] {
            (self.in_step[who], self.busy) = (true, Some(who));
            self.next += 1;
        }
        Ok(())
    }
}
