//! A state told piece by piece, for whoever draws a game in another way than this room: a page that is played without
//! us, and has to have every sentence beforehand.

use super::game::{Game, Goal, Made};
use super::hint::{self, outlook};
use super::line::Tone;
use super::panes::Scene;
use super::position::{Position, Waiting};
use super::verdict::{Account, Ending, HARMS, way_out, who_ended};
use super::way::{Choice, Way};
use super::words;
use crate::explore::{Arc, Fate, Map, Node};
use crate::model::{Outcome, Phase, Program, rows_lost};
use crate::report::{clean, plural};
use crate::scenario::Scenario;

/// Stands in a sentence for in how many moves, and how many the shortest way takes ([`far`]). No name has it in it.
pub const FAR: char = '\u{1}';

/// Stands in a sentence for in how many moves.
pub const MADE: char = '\u{2}';

/// Where everybody stands in one state, ready to be told.
pub struct Sheet<'a> {
    scene: Scene<'a>,
    program: &'a Program,
    node: &'a Node,
    is_whole: bool,
}

/// One process in a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The step that it makes next, or is in; `None` if it is gone.
    pub step: Option<usize>,
    /// Its round and attempt; empty if there is only one.
    pub progress: String,
    /// What it can do there.
    pub standing: String,
    /// What that means.
    pub mood: Mood,
}

/// What there is to feel about where a process stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// It can go on.
    Good,
    /// It waits, or may be refused.
    Waits,
    /// It was killed, or is to be.
    Bad,
    /// It has ended.
    Over,
}

/// An arrow of the wait-for graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer {
    /// Who waits.
    pub waiter: usize,
    /// Who is in its way.
    pub holder: usize,
    /// For what.
    pub label: String,
    /// It is part of a cycle that nobody in it can leave.
    pub in_cycle: bool,
}

impl<'a> Sheet<'a> {
    /// Reads a state of a map.
    pub fn of(scenario: &'a Scenario, program: &'a Program, map: &'a Map, number: usize) -> Self {
        let node = &map.states[number];
        let position = Position::of(scenario, program, &node.at);
        let asking = vec![false; scenario.processes.len()];
        let scene = Scene { scenario, position, asking, lanes: Vec::new(), now_us: 0 };
        Self { scene, program, node, is_whole: map.is_whole() }
    }

    /// The processes, in the order of the scenario.
    pub fn rows(&self) -> Vec<Row> {
        let Scene { scenario, position, .. } = &self.scene;
        let row = |who: usize| {
            let (process, stander) = (&scenario.processes[who], &position.processes[who]);
            Row {
                step: (!stander.place.is_gone()).then_some(stander.place.step),
                progress: words::progress(process, stander),
                standing: words::standing(scenario, position, who),
                mood: match self.scene.tone(who) {
                    Tone::Good => Mood::Good,
                    Tone::Bad => Mood::Bad,
                    Tone::Faint => Mood::Over,
                    _ => Mood::Waits,
                },
            }
        };
        (0..position.processes.len()).map(row).collect()
    }

    /// The locks in the order of their names: who holds each, and who is kept waiting.
    pub fn locks(&self) -> Vec<String> {
        let locks = self.scene.scenario.lock_names();
        locks.into_iter().map(|lock| self.scene.held(lock) + &self.scene.waiters(lock)).collect()
    }

    /// The wait-for graph.
    pub fn pointers(&self) -> Vec<Pointer> {
        let position = &self.scene.position;
        let cycle = position.cycle();
        let pointers = position.edges().into_iter().map(|edge| Pointer {
            waiter: edge.waiter,
            holder: edge.holder,
            label: clean(&edge.lock),
            in_cycle: cycle.contains(&edge),
        });
        pointers.collect()
    }

    /// Who waits for whom, a sentence for each; empty if nobody waits.
    pub fn waits(&self) -> Vec<String> {
        let Scene { scenario, position, .. } = &self.scene;
        let waits = |who: &usize| position.processes[*who].waits_for.is_some();
        let sentence = |who: usize| format!("{}.", words::waiting(scenario, position, who));
        (0..position.processes.len()).filter(waits).map(sentence).collect()
    }

    /// How a game stands here; [`FAR`] and [`MADE`] stand for how far it has come.
    pub fn verdict(&self, goal: Goal, reached: bool) -> String {
        let Scene { scenario, position, .. } = &self.scene;
        let cycle = position.cycle();
        let asked = |waiter: usize| position.processes[waiter].waiting == Waiting::Asked;
        let account = Account {
            ending: match self.node.fate {
                Fate::Finished => Ending::Finished,
                Fate::Deadlocked => Ending::Deadlocked,
                _ => Ending::Open,
            },
            reached,
            goal,
            far: &FAR.to_string(),
            made: &MADE.to_string(),
            ring: &words::cycle(scenario, position, &cycle),
            way_out: &way_out(scenario, position, &cycle),
            who_ended: &who_ended(scenario, position),
            all_asked: cycle.iter().all(|edge| asked(edge.waiter)),
        };
        account.text()
    }

    /// How many were killed, as a sentence behind the verdict; empty if nobody was.
    pub fn killed(&self) -> String {
        let crashed = self.scene.position.processes.iter().filter(|process| process.place.phase == Phase::Crashed);
        HARMS[2].text(crashed.count() as u64)
    }

    /// What can still happen from here.
    pub fn outlook(&self) -> String {
        if self.node.moves.is_empty() && self.node.is_open {
            return "Nobody can move any more.".into();
        }
        let way = |is_there: bool, otherwise: Way| if is_there { Way::Shortest(Vec::new()) } else { otherwise };
        let beyond = if self.is_whole { Way::None } else { Way::Unknown };
        let deadlock = self.node.fate == Fate::Doomed && self.program.is_acyclic() || self.node.to_deadlock.is_some();
        let end = match self.node.fate {
            Fate::Doomed => Way::None,
            fate => way(fate == Fate::Safe, Way::Unknown),
        };
        match (deadlock, &beyond) {
            (false, Way::Unknown) => "What can become of this is not on this page.".into(),
            _ => outlook(&way(deadlock, beyond), &end, self.program.is_acyclic()),
        }
    }

    /// The next move on a way to a goal that takes so many more.
    pub fn next_move(&self, next: &Arc, left: u32, kill: bool) -> String {
        let choice = Choice { who: next.who, ends: next.ends };
        hint::next_move(self.scene.scenario, &self.scene.position, choice, left as usize, kill)
    }

    /// What is to be read on the button of a move: the step, and what will become of it if that is not simply done.
    pub fn offer(&self, arc: &Arc) -> String {
        let Scene { scenario, position, .. } = &self.scene;
        let step = words::step(&scenario.processes[arc.who], &position.processes[arc.who]);
        let step = step.map(|step| clean(&step.to_string())).unwrap_or_default();
        let said = match words::outcome(&self.made(arc), &[]) {
            // It looks as if it could choose; it does not.
            words if arc.outcome == Outcome::Refused => words.replacen("refused", "is refused", 1),
            words if arc.outcome == Outcome::Victim => words.replacen("ended", "is ended", 1),
            words => words,
        };
        let parts = [said, self.decided(arc).to_owned()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { step } else { format!("{step}: {}", parts.join(", ")) }
    }

    /// What time decides about a process that makes this move; empty if it decides nothing.
    pub fn decided(&self, arc: &Arc) -> &'static str {
        match self.node.moves.iter().filter(|other| other.who == arc.who).count() {
            0 | 1 => "",
            _ if arc.ends => "its time is over, it ends",
            _ => "it begins another round",
        }
    }

    /// Records that a move loses.
    pub fn lost(&self, arc: &Arc) -> u64 {
        self.made(arc).lost
    }

    fn made(&self, arc: &Arc) -> Made {
        let process = &self.scene.scenario.processes[arc.who];
        let place = self.program.place(arc.who, self.node.at[arc.who]);
        let lost = if arc.loses { rows_lost(process, place, arc.outcome) } else { 0 };
        let choice = Choice { who: arc.who, ends: arc.ends };
        Made { choice, outcome: arc.outcome, lost, before: self.node.at.clone() }
    }
}

/// What came of the last of these moves, as a real run would tell it; empty without moves.
pub fn came(scenario: &Scenario, program: &Program, moves: &[Choice]) -> String {
    let mut game = Game::new(scenario, program);
    if moves.iter().any(|&choice| game.make(choice).is_err()) {
        return String::new();
    }
    let told = game.told();
    game.past().last().zip(told.last()).map(|(made, told)| words::came(made, told)).unwrap_or_default()
}

/// In how many moves, where [`MADE`] stands for the number: for none, for one move, and for any other number.
pub fn made() -> [String; 3] {
    [words::how_far(0, None), words::how_far(1, None), words::how_far(2, None).replace('2', &MADE.to_string())]
}

/// What is said behind that of the shortest way: if no way is shorter, and if one is. Empty if none is known.
pub fn far(least: Option<usize>) -> [String; 2] {
    let behind = |moves: usize| {
        let (all, made) = (words::how_far(moves, least), words::how_far(moves, None));
        all.strip_prefix(&made).unwrap_or_default().to_owned()
    };
    let least = least.unwrap_or_default();
    [behind(least), behind(least + 1)]
}

/// What is said behind the verdict of refusals and lost records: of one, and of any other number, for which [`MADE`]
/// stands.
pub fn harms() -> [[String; 2]; 2] {
    [HARMS[0], HARMS[1]].map(|harm| [harm.text(1), harm.text(2).replace('2', &MADE.to_string())])
}

/// That no way leads to the goal any more.
pub fn gone() -> &'static str {
    hint::GONE
}

/// What there is to do for a goal, how few moves do it, and when it is reached.
pub fn statement(scenario: &Scenario, goal: Goal, least: Option<usize>) -> String {
    let won = match goal {
        Goal::Deadlock(_) => "It is reached when nobody can move and somebody has not ended.",
        Goal::FinishWithoutLoss(_) if scenario.expected_rows() != Some(0) => {
            "It is reached when all have ended and no record is lost."
        }
        _ => "It is reached when all have ended.",
    };
    let few = least.map(|least| format!(": {} at least", plural(least as u64, "move"))).unwrap_or_default();
    format!("{}{few}. {won}", words::task(scenario, goal))
}
