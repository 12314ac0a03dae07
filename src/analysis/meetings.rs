//! `meet`: who has come to a meeting, and who is still to come.

use std::collections::BTreeMap;

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
    /// How many of those who ever meet have been to so many meetings, and wait at the next one or not: the one who is
    /// furthest behind comes first.
    standing: BTreeMap<(usize, bool), usize>,
}

impl Meetings {
    /// Nobody has come yet.
    pub fn new(scenario: &Scenario) -> Self {
        let meets = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Meet)).count();
        let per_round: Vec<usize> = scenario.processes.iter().map(|process| meets(&process.steps)).collect();
        let processes = per_round.len();
        let meeting = per_round.iter().filter(|&&meetings| meetings > 0).count();
        let standing = [((0, false), meeting)].into_iter().filter(|(_, count)| *count > 0).collect();
        Self { per_round, been_to: vec![Some(0); processes], waiting: vec![false; processes], standing }
    }

    /// Takes the next event in.
    pub fn apply(&mut self, who: usize, what: &What) {
        let before = self.stand_of(who);
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
        let now = self.stand_of(who);
        if before != now {
            if let Some(count) = before.and_then(|before| self.standing.get_mut(&before)) {
                *count -= 1;
            }
            now.into_iter().for_each(|now| *self.standing.entry(now).or_default() += 1);
            self.standing.retain(|_, count| *count > 0);
        }
    }

    /// Where one stands who meets others; `None` for one who never does, or is gone.
    fn stand_of(&self, who: usize) -> Option<(usize, bool)> {
        let meets = self.per_round.get(who).is_some_and(|&meetings| meetings > 0);
        meets.then(|| Some((self.been_to[who]?, self.waiting[who])))?
    }

    /// Whether somebody has still to come to this meeting.
    fn is_awaited(&self, meeting: usize) -> bool {
        self.standing.first_key_value().is_some_and(|(&furthest_behind, _)| furthest_behind < (meeting, true))
    }

    /// Whether a process waits at a meeting.
    pub fn is_waiting(&self, who: usize) -> bool {
        self.waiting.get(who).copied().unwrap_or(false)
    }

    /// Those who wait at a meeting.
    pub fn waiters(&self) -> impl Iterator<Item = usize> {
        (0..self.waiting.len()).filter(|&who| self.waiting[who])
    }

    /// Whether a process waits at a meeting to which somebody has still to come.
    pub fn waits_for_somebody(&self, who: usize) -> bool {
        self.meeting_of(who).is_some_and(|meeting| self.is_awaited(meeting))
    }

    /// The meeting at which a process waits: how many it has been to.
    fn meeting_of(&self, who: usize) -> Option<usize> {
        self.been_to.get(who).copied().flatten().filter(|_| self.is_waiting(who))
    }

    /// Those whom a process that waits at a meeting waits for.
    pub fn awaited_by(&self, who: usize) -> impl Iterator<Item = usize> {
        let awaited = self.meeting_of(who).filter(|&meeting| self.is_awaited(meeting)).into_iter();
        awaited.flat_map(move |meeting| (0..self.waiting.len()).filter(move |&other| self.is_to_come(other, meeting)))
    }

    /// Those who may go on because everybody who will come to this meeting has come.
    pub fn complete(&self) -> Vec<usize> {
        let Some(meeting) = self.waiters().filter_map(|who| self.been_to[who]).min() else { return Vec::new() };
        if self.is_awaited(meeting) {
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
