//! How a game stands: what has happened, whether the goal was reached, and how far from the shortest way.

use super::game::{Game, Goal};
use super::position::{Position, Standing, Waiting};
use super::reality::Reality;
use super::words;
use crate::model::{Outcome, Phase};
use crate::report::plural;
use crate::scenario::Scenario;
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
            way_out: way_out(game.scenario(), &position, &cycle),
            who_ended: who_ended(game.scenario(), &position),
            cycle,
        }
    }

    /// The verdict in words, a few sentences.
    pub fn text(&self, game: &Game) -> String {
        let account = Account {
            ending: self.ending,
            reached: self.reached,
            goal: game.goal(),
            far: &words::how_far(self.moves, self.shortest),
            made: &words::how_far(self.moves, None),
            ring: &self.ring,
            way_out: &self.way_out,
            who_ended: &self.who_ended,
            all_asked: self.all_asked,
        };
        let harm = HARMS.into_iter().zip([self.refused as u64, self.lost, self.crashed as u64]);
        account.text() + &harm.map(|(harm, count)| harm.text(count)).collect::<String>()
    }
}

/// What there is to say of a game that stands so. How far it has come is said by whoever knows how many moves were
/// made.
pub(super) struct Account<'a> {
    pub(super) ending: Ending,
    pub(super) reached: bool,
    pub(super) goal: Goal,
    /// In how many moves, and how many the shortest way takes.
    pub(super) far: &'a str,
    /// In how many moves.
    pub(super) made: &'a str,
    /// The cycle in words; empty without one.
    pub(super) ring: &'a str,
    pub(super) way_out: &'a str,
    pub(super) who_ended: &'a str,
    pub(super) all_asked: bool,
}

impl Account<'_> {
    /// A sentence or two.
    pub(super) fn text(&self) -> String {
        let Self { far, made, ring, way_out, who_ended: who, .. } = self;
        let (deadlock, closed) = match self.all_asked {
            true => ("Deadlock", "has closed"),
            false => ("The deadlock is certain", "will close"),
        };
        match (self.ending, self.reached) {
            (Ending::Deadlocked, true) => format!("{deadlock} {far}: {ring}."),
            (Ending::Deadlocked, false) => format!("{deadlock} {made}: {ring}. That was not the goal."),
            (Ending::Finished, true) => format!("{who} come to the end {far}."),
            (Ending::Finished, false) if let Goal::Deadlock(shortest) = self.goal => {
                let shortest = plural(shortest as u64, "move");
                format!("{who} come to the end {made}: no deadlock this time. One takes {shortest}.")
            }
            (Ending::Finished, false) => format!("{who} come to the end {made}, but not unharmed."),
            (Ending::Open, _) if !ring.is_empty() => format!("A cycle {closed}: {ring}. {way_out}"),
            (Ending::Open, _) => format!("The game is still open, {made}."),
        }
    }
}

/// What may go wrong on the way, and is counted.
#[derive(Clone, Copy)]
pub(super) struct Harm(&'static str, &'static str);

/// Refusals, records lost, processes killed.
pub(super) const HARMS: [Harm; 3] = [Harm("refusal", ""), Harm("record", " lost"), Harm("process", " killed")];

impl Harm {
    /// A sentence behind others; empty if nothing went wrong.
    pub(super) fn text(self, count: u64) -> String {
        if count == 0 { String::new() } else { format!(" {}{}.", plural(count, self.0), self.1) }
    }
}

/// How a cycle can end, and whether somebody else can move.
pub(super) fn way_out(scenario: &Scenario, position: &Position, cycle: &[Edge]) -> String {
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
            let end = format!("Only the end of {} breaks it", words::any_of(scenario, victims));
            if others { format!("{end}; the others can still move.") } else { format!("{end}.") }
        }
    }
}

/// `Everyone has`; without those who were killed.
pub(super) fn who_ended(scenario: &Scenario, position: &Position) -> String {
    let processes = 0..position.processes.len();
    let (gone, there): (Vec<usize>, Vec<usize>) =
        processes.partition(|&who| position.processes[who].place.phase == Phase::Crashed);
    match (gone.is_empty(), there.is_empty()) {
        (true, _) => "Everyone has".into(),
        (_, true) => "None has".into(),
        _ => format!("Everyone but {} has", words::names(scenario, &gone)),
    }
}
