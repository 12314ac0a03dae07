//! How a game stands: what has happened, whether the goal was reached, and how far from the shortest way.

use super::game::{Game, Goal};
use super::position::{Position, Standing, Waiting};
use super::reality::Reality;
use super::words;
use crate::model::{Outcome, Phase};
use crate::report::plural;
use crate::trace::Edge;

/// How far a game has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Somebody can still move.
    Open,
    /// Nobody can move, and not all have ended.
    Deadlocked,
    /// All have ended; some may have crashed.
    Finished,
}

impl Ending {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Deadlocked => "deadlocked",
            Self::Finished => "finished",
        }
    }
}

/// What is to be said of a game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How far it has come.
    pub ending: Ending,
    /// Whether the goal was reached.
    pub reached: bool,
    /// Moves made.
    pub moves: usize,
    /// How many moves the shortest way to the goal takes, where one is known.
    pub shortest: Option<usize>,
    /// Refusals on the way.
    pub refused: usize,
    /// Records lost on the way.
    pub lost: u64,
    /// Processes that were killed.
    pub crashed: usize,
    /// The cycle of the deadlock; also one that has closed while others can still move.
    pub cycle: Vec<Edge>,
    /// Whether all of them have asked and wait; of real processes some may have yet to ask.
    pub all_asked: bool,
    /// The cycle in words.
    ring: String,
    /// What can still be done about a cycle while somebody can move; empty without one.
    way_out: String,
    /// Who has come to the end.
    who_ended: String,
}

impl Verdict {
    /// Judges a game as it stands; `real` if real processes carry it out.
    pub fn of(game: &Game, real: Option<&Reality>) -> Self {
        let position = real.map_or_else(|| game.position(), |real| real.position(game));
        let cycle = position.cycle();
        let has_asked = |edge: &Edge| position.processes[edge.waiter].waiting == Waiting::Asked;
        let ending = match (position.is_at_rest(), position.is_over()) {
            (false, _) => Ending::Open,
            (true, true) => Ending::Finished,
            (true, false) => Ending::Deadlocked,
        };
        let lost = game.past().iter().map(|made| made.lost).sum();
        let reached = match game.goal() {
            Goal::Deadlock(_) => ending == Ending::Deadlocked,
            Goal::FinishWithoutLoss(_) => ending == Ending::Finished && lost == 0,
            Goal::Finish(_) => ending == Ending::Finished,
            Goal::Either => ending != Ending::Open,
        };
        Self {
            ending,
            reached,
            moves: game.past().len(),
            shortest: game.goal().shortest(),
            refused: game.past().iter().filter(|made| made.outcome == Outcome::Refused).count(),
            lost,
            crashed: position.processes.iter().filter(|process| process.place.phase == Phase::Crashed).count(),
            all_asked: cycle.iter().all(has_asked),
            ring: words::cycle(game.scenario(), &position, &cycle),
            way_out: way_out(game, &position, &cycle),
            who_ended: who_ended(game, &position),
            cycle,
        }
    }

    /// The verdict in words, a few sentences.
    pub fn text(&self, game: &Game) -> String {
        let far = words::how_far(self.moves, self.shortest);
        let made = words::how_far(self.moves, None);
        let (ring, who) = (&self.ring, &self.who_ended);
        let (deadlock, closed) = match self.all_asked {
            true => ("Deadlock", "has closed"),
            false => ("The deadlock is certain", "will close"),
        };
        let mut text = match (self.ending, self.reached) {
            (Ending::Deadlocked, true) => format!("{deadlock} {far}: {ring}."),
            (Ending::Deadlocked, false) => format!("{deadlock} {made}: {ring}. That was not the goal."),
            (Ending::Finished, true) => format!("{who} come to the end {far}."),
            (Ending::Finished, false) if let Goal::Deadlock(shortest) = game.goal() => {
                let shortest = plural(shortest as u64, "move");
                format!("{who} come to the end {made}: no deadlock this time. One takes {shortest}.")
            }
            (Ending::Finished, false) => format!("{who} come to the end {made}, but not unharmed."),
            (Ending::Open, _) if !self.cycle.is_empty() => {
                format!("A cycle {closed}: {ring}. {}", self.way_out)
            }
            (Ending::Open, _) => format!("The game is still open, {made}."),
        };
        let harm = [(self.refused as u64, "refusal"), (self.lost, "record"), (self.crashed as u64, "process")];
        for ((count, word), end) in harm.into_iter().zip(["", " lost", " killed"]) {
            if count > 0 {
                text += &format!(" {}{end}.", plural(count, word));
            }
        }
        text
    }
}

/// How a cycle can end, and whether somebody else can move.
fn way_out(game: &Game, position: &Position, cycle: &[Edge]) -> String {
    let such = |is_such: &dyn Fn(Standing) -> bool| -> Vec<usize> {
        (0..position.processes.len()).filter(|&who| is_such(position.processes[who].standing)).collect()
    };
    let victims = such(&|standing| standing == Standing::Victim);
    let others = !such(&|standing| standing.can_move() && standing != Standing::Victim).is_empty();
    match (cycle.is_empty(), victims.as_slice(), others) {
        (true, ..) => String::new(),
        (_, [], true) => "They can't go on; the others still can.".into(),
        (_, [], false) => "They can't go on.".into(),
        (_, victims, others) => {
            let end = format!("Only the end of {} breaks it", words::any_of(game.scenario(), victims));
            if others { format!("{end}; the others can still move.") } else { format!("{end}.") }
        }
    }
}

/// `Everyone has`; without those who were killed.
fn who_ended(game: &Game, position: &Position) -> String {
    let processes = 0..position.processes.len();
    let (gone, there): (Vec<usize>, Vec<usize>) =
        processes.partition(|&who| position.processes[who].place.phase == Phase::Crashed);
    match (gone.is_empty(), there.is_empty()) {
        (true, _) => "Everyone has".into(),
        (_, true) => "None has".into(),
        _ => format!("Everyone but {} has", words::names(game.scenario(), &gone)),
    }
}
