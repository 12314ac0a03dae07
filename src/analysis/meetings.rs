//! `meet`: who has come to a meeting, and who is still to come.

use crate::scenario::{Scenario, Step};
use crate::trace::What;

/// The meetings of a run at one instant: feed it the events in order.
#[derive(Debug, Clone, Default)]
pub struct Meetings {
    /// Meetings in one round of each process.
    per_round: Vec<usize>,
    /// Meetings that are behind each process; `None` once it is gone.
    been_to: Vec<Option<usize>>,
    waiting: Vec<bool>,
}

impl Meetings {
    /// Nobody has come yet.
    pub fn new(scenario: &Scenario) -> Self {
        let meets = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Meet)).count();
        let per_round: Vec<usize> = scenario.processes.iter().map(|process| meets(&process.steps)).collect();
        let processes = per_round.len();
        Self { per_round, been_to: vec![Some(0); processes], waiting: vec![false; processes] }
    }

    /// Takes the next event in.
    pub fn apply(&mut self, who: usize, what: &What) {
        let (Some(been_to), Some(waiting)) = (self.been_to.get_mut(who), self.waiting.get_mut(who)) else { return };
        match what {
            What::Meets => *waiting = true,
            What::Met => {
                *waiting = false;
                *been_to = been_to.map(|meetings| meetings + 1);
            }
            // A round that was given up never comes to its meetings: nobody shall wait for it.
            What::Finished { round } | What::Abandons { round } => {
                *been_to = Some(self.per_round[who].saturating_mul(*round as usize));
            }
            What::Ends | What::Crashed { .. } | What::Killed { .. } => (*been_to, *waiting) = (None, false),
            _ => {}
        }
    }

    /// Whether a process waits at a meeting.
    pub fn is_waiting(&self, who: usize) -> bool {
        self.waiting.get(who).copied().unwrap_or(false)
    }

    /// Those who wait at a meeting.
    pub fn waiters(&self) -> impl Iterator<Item = usize> {
        (0..self.waiting.len()).filter(|&who| self.waiting[who])
    }

    /// Those whom a process that waits at a meeting waits for.
    pub fn awaited_by(&self, who: usize) -> impl Iterator<Item = usize> {
        let meeting = self.been_to.get(who).copied().flatten().filter(|_| self.is_waiting(who));
        let to_come = move |other: &usize| meeting.is_some_and(|meeting| self.is_to_come(*other, meeting));
        (0..self.waiting.len()).filter(to_come)
    }

    /// Those who may go on because everybody who will come to this meeting has come.
    pub fn complete(&self) -> Vec<usize> {
        let Some(meeting) = self.waiters().filter_map(|who| self.been_to[who]).min() else { return Vec::new() };
        if (0..self.waiting.len()).any(|who| self.is_to_come(who, meeting)) {
            return Vec::new();
        }
        self.waiters().filter(|&who| self.been_to[who] == Some(meeting)).collect()
    }

    /// Whether a process will come to this meeting and has not come yet.
    fn is_to_come(&self, who: usize, meeting: usize) -> bool {
        let here = self.waiting[who] && self.been_to[who] == Some(meeting);
        self.per_round[who] > 0 && !here && self.been_to[who].is_some_and(|been_to| been_to <= meeting)
    }
}
