//! Looking ahead: what can still happen from here, and a move toward the goal.

use super::game::{Game, Goal};
use super::search::{self, Choice, MOST_STATES, Wanted, Way};
use super::words;
use crate::report::plural;

/// What can still happen from a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The shortest way into a deadlock.
    pub deadlock: Way,
    /// The shortest way to the end of everybody.
    pub end: Way,
    /// The shortest way to the goal.
    pub goal: Way,
}

impl Hint {
    /// Looks ahead from where a game stands.
    pub fn of(game: &Game) -> Self {
        let way = |wanted| search::to_the_end(game.program(), game.at(), wanted);
        let (deadlock, end) = (way(Wanted::Deadlock), way(Wanted::End));
        let goal = match game.goal() {
            Goal::Deadlock(_) => deadlock.clone(),
            Goal::Either if deadlock.length().is_some() => deadlock.clone(),
            Goal::Either | Goal::Finish(_) => end.clone(),
            Goal::FinishWithoutLoss(_) if game.past().iter().any(|made| made.loses) => Way::None,
            Goal::FinishWithoutLoss(_) => way(Wanted::EndWithoutLoss),
        };
        Self { deadlock, end, goal }
    }

    /// What can still happen, and the next move toward the goal.
    pub fn text(&self, game: &Game) -> String {
        if game.position().is_at_rest() {
            return "Nobody can move any more.".into();
        }
        let outlook = match (&self.deadlock, &self.end) {
            (Way::Found(_), Way::Found(_)) => "From here a deadlock can still be avoided.".into(),
            (Way::Found(_), Way::None) => "From here a deadlock is certain.".into(),
            (Way::Found(_), Way::Unknown) => "From here a deadlock can be reached.".into(),
            (Way::None, _) => "From here no schedule can deadlock.".into(),
            (Way::Unknown, _) => format!("No deadlock was found among the next {MOST_STATES} states."),
        };
        format!("{outlook} {}", self.next(game))
    }

    fn next(&self, game: &Game) -> String {
        let way = match &self.goal {
            Way::Found(way) => way,
            Way::Unknown => return "A way to the goal was not found.".into(),
            Way::None => return "The goal can't be reached any more: take moves back.".into(),
        };
        let Some(&Choice { who, ends }) = way.first() else { return String::new() };
        let scenario = game.scenario();
        let position = game.position();
        let step = words::step(&scenario.processes[who], &position.processes[who]);
        let step = step.map(|step| format!(" ({step}{})", if ends { ", then its time is over" } else { "" }));
        let left = plural(way.len() as u64, "move");
        format!(
            "A way to the goal takes {left} more: {} moves next{}.",
            words::name(scenario, who),
            step.unwrap_or_default()
        )
    }
}
