//! `meet`: the barrier, kept by the conductor.

use crate::scenario::{Scenario, Step};
use crate::trace::What;

/// Who has come to a meeting, and who is still to come.
pub(super) struct Meetings {
    /// Meetings in one round of each process.
    per_round: Vec<usize>,
    /// Meetings that are behind each process; `None` once it is gone.
    been_to: Vec<Option<usize>>,
    waiting: Vec<bool>,
}

impl Meetings {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let meets = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Meet)).count();
        let per_round: Vec<usize> = scenario.processes.iter().map(|process| meets(&process.steps)).collect();
        let processes = per_round.len();
        Self { per_round, been_to: vec![Some(0); processes], waiting: vec![false; processes] }
    }

    /// Takes the next event in.
    pub(super) fn apply(&mut self, who: usize, what: &What) {
        match what {
            What::Meets => self.waiting[who] = true,
            // A round that was given up never comes to its meetings: nobody shall wait for it.
            What::Finished { round } | What::Abandons { round } => {
                self.been_to[who] = Some(self.per_round[who] * *round as usize);
            }
            What::Ends | What::Crashed { .. } | What::Killed { .. } => {
                self.been_to[who] = None;
                self.waiting[who] = false;
            }
            _ => {}
        }
    }

    /// For each process whether it waits at a meeting.
    pub(super) fn waiting(&self) -> Vec<bool> {
        self.waiting.clone()
    }

    /// Those who may go on because everybody who will come to this meeting has come; each is named once.
    pub(super) fn complete(&mut self) -> Vec<usize> {
        let everybody = 0..self.waiting.len();
        let Some(meeting) =
            everybody.clone().filter(|&who| self.waiting[who]).filter_map(|who| self.been_to[who]).min()
        else {
            return Vec::new();
        };
        let to_come = |who: &usize| {
            self.per_round[*who] > 0 && !self.waiting[*who] && self.been_to[*who].is_some_and(|been| been <= meeting)
        };
        if everybody.clone().any(|who| to_come(&who)) {
            return Vec::new();
        }
        let passing: Vec<usize> =
            everybody.filter(|&who| self.waiting[who] && self.been_to[who] == Some(meeting)).collect();
        for &who in &passing {
            self.waiting[who] = false;
            self.been_to[who] = Some(meeting + 1);
        }
        passing
    }
}
