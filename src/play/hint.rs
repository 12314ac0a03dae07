//! Looking ahead: what can still happen from here, and a move toward the goal.

use super::game::{Game, Goal};
use super::position::{Position, Standing};
use super::way::{Choice, MOST_STATES, Way, kills};
use super::words;
use crate::explore::Wanted;
use crate::report::{grouped, plural};
use crate::scenario::Scenario;

/// What can still happen from a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// A way into a deadlock.
    pub deadlock: Way,
    /// A way to the end of everybody.
    pub end: Way,
    /// A way to the goal.
    pub goal: Way,
}

impl Hint {
    /// Looks ahead from where a game stands.
    pub fn of(game: &Game) -> Self {
        let way = |wanted| Way::find(game.program(), game.at(), wanted);
        let to_the_end = |wanted| Way::to_the_end(game.program(), game.at(), wanted);
        let (deadlock, end) = (way(Wanted::Deadlock), to_the_end(Wanted::End));
        let goal = match game.goal() {
            Goal::Deadlock(_) => deadlock.clone(),
            Goal::Either if deadlock.moves().is_some() => deadlock.clone(),
            Goal::Either | Goal::Finish(_) => end.clone(),
            Goal::FinishWithoutLoss(_) if game.past().iter().any(|made| made.lost > 0) => Way::None,
            Goal::FinishWithoutLoss(_) => to_the_end(Wanted::EndWithoutLoss),
        };
        Self { deadlock, end, goal }
    }

    /// What can still happen, and the next move toward the goal.
    pub fn text(&self, game: &Game) -> String {
        if game.position().is_at_rest() {
            return "Nobody can move any more.".into();
        }
        let outlook = outlook(&self.deadlock, &self.end, game.program().is_acyclic());
        format!("{outlook} {}", self.next(game))
    }

    fn next(&self, game: &Game) -> String {
        let way = match (self.goal.moves(), &self.goal) {
            (Some(way), _) => way,
            (None, Way::Unknown) => return "A way to the goal was not found.".into(),
            (None, _) => return GONE.into(),
        };
        let Some(&next) = way.first() else { return String::new() };
        let kill = kills(game.program(), game.at(), way);
        next_move(game.scenario(), &game.position(), next, way.len(), kill)
    }
}

/// No way leads to the goal any more.
pub(super) const GONE: &str = "The goal can't be reached any more: take moves back.";

/// What can still happen, where these are the ways into a deadlock and to the end of everybody. Only whether there are
/// any matters.
pub(super) fn outlook(deadlock: &Way, end: &Way, is_acyclic: bool) -> String {
    match (deadlock.moves(), end) {
        (Some(_), Way::None) if is_acyclic => "From here a deadlock is certain.".into(),
        (Some(_), Way::None) => "From here every schedule deadlocks, or goes on and on.".into(),
        (Some(_), Way::Unknown) => "From here a deadlock can be reached.".into(),
        (Some(_), _) => "From here a deadlock can still be avoided.".into(),
        (None, _) if *deadlock == Way::None => "From here no schedule can deadlock.".into(),
        (None, _) => format!(
            "Whether a deadlock can be reached is not known: it was not looked further than {} states.",
            grouped(&MOST_STATES)
        ),
    }
}

/// The next move on a way to the goal that takes so many more; `kill` if one of them is a kill.
pub(super) fn next_move(scenario: &Scenario, position: &Position, next: Choice, left: usize, kill: bool) -> String {
    let Choice { who, ends } = next;
    let step = words::step(&scenario.processes[who], &position.processes[who]);
    let step = step.map(|step| format!(" ({step}{})", if ends { ", then its time is over" } else { "" }));
    let left = plural(left as u64, "move");
    let (name, step) = (words::name(scenario, who), step.unwrap_or_default());
    let kill = if kill { ", with a kill among them" } else { "" };
    let moves = match position.processes[who].standing {
        Standing::Victim => "is killed",
        _ => "moves",
    };
    format!("A way to the goal takes {left} more{kill}: {name} {moves} next{step}.")
}
