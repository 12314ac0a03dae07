//! Endless patience: no time-out fires, and whoever tries again never stops trying. What goes wrong even then goes
//! wrong by the order of the steps alone, and no longer wait, and no other moment to begin at, mends it.

use std::time::Duration;

use crate::explore::{Arc, Node, Path, Sought, nearest};
use crate::model::{Attempts, Mode, Move, Outcome, Phase, Place, Program, TooLarge, holdings, wanted};
use crate::scenario::{DATABASE, Scenario};

/// So many states are looked at.
const MOST_STATES: usize = 100_000;

/// What comes of a scenario with endless patience.
pub(super) struct Patient<'a> {
    scenario: &'a Scenario,
    /// The scenario as the rules take it, with attempts without end.
    pub(super) program: Program,
}

impl<'a> Patient<'a> {
    /// # Errors
    /// The scenario passes a limit of the model.
    pub(super) fn new(scenario: &'a Scenario) -> Result<Self, TooLarge> {
        Ok(Self { scenario, program: Program::compile(scenario, Attempts::Unlimited)? })
    }

    /// One of the shortest ways to where nobody can go on; `Some(None)` if there is none, `None` if that is not known.
    pub(super) fn deadlock(&self, go_on: &mut dyn FnMut() -> bool) -> Option<Option<Path>> {
        self.nearest(go_on, |node| (node.moves.is_empty() && !self.program.is_over(&node.at)).then_some(Sought::State))
    }

    /// One of the shortest ways to a move by which a round is given up or a row lost.
    pub(super) fn loss(&self, go_on: &mut dyn FnMut() -> bool) -> Option<Option<Path>> {
        let tries_again =
            |who: usize| self.scenario.processes[who].retry.as_ref().is_some_and(|retry| retry.attempts > 1);
        let gives_up = |arc: &Arc| arc.outcome == Outcome::Refused && !tries_again(arc.who);
        self.nearest(go_on, |node| node.moves.iter().position(|arc| arc.loses || gives_up(arc)).map(Sought::Move))
    }

    /// One of the shortest ways to a refusal.
    pub(super) fn refusal(&self, go_on: &mut dyn FnMut() -> bool) -> Option<Option<Path>> {
        let is_refusal = |arc: &Arc| arc.outcome == Outcome::Refused;
        self.nearest(go_on, |node| node.moves.iter().position(is_refusal).map(Sought::Move))
    }

    fn nearest(
        &self,
        go_on: &mut dyn FnMut() -> bool,
        sought: impl Fn(&Node) -> Option<Sought>,
    ) -> Option<Option<Path>> {
        nearest(&self.program, MOST_STATES, go_on, |at, made| !self.is_time_out(at, made), sought)
    }

    /// Whether it is a refusal that comes when the time is up, not at once.
    fn is_time_out(&self, at: &[u32], made: &Move) -> bool {
        made.outcome == Outcome::Refused && self.has_patience(made.who, self.program.place(made.who, at[made.who]))
    }

    /// Whether the step at this place waits for some time before it is refused.
    fn has_patience(&self, who: usize, place: &Place) -> bool {
        if place.phase == Phase::Pending {
            return self.scenario.busy_timeout() > Duration::ZERO; // it waits for readers to leave
        }
        let process = &self.scenario.processes[who];
        let held =
            holdings(self.scenario, process, place).iter().find(|held| held.lock == DATABASE).map(|held| held.mode);
        let want = place.step_of(&process.steps).and_then(|step| wanted(self.scenario, step, held));
        let is_too_late = |mode: Mode| place.stale && mode == Mode::Writer;
        want.is_some_and(|want| !is_too_late(want.mode) && want.patience.is_some_and(|time| time > Duration::ZERO))
    }
}
