//! What the playable page knows: every state with every sentence that is said of it, each sentence once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::circle::{Arrow, Circle};
use crate::explore::{Arc, Fate, Map};
use crate::model::{Outcome, Program};
use crate::play::{self, Aim, Choice, FAR, Goal, MADE, Mood, Row, Sheet};
use crate::report::clean;
use crate::scenario::Scenario;

/// A number by which something is known that was told once.
type Id = u32;

/// Fate, views, board, graph, hint, verdict; then for each move which it is, and the state that it leads to. Of a state
/// that no move on the page leads to only the fate counts.
type State = (u8, Vec<Id>, Id, Id, Id, Id, Vec<Id>);

/// The document in the page. Short rows of numbers, as there are many of them; the script reads them by their place.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    lesson: &'static str,
    processes: Vec<Process>,
    goals: Vec<Aimed>,
    words: Words,
    texts: Vec<String>,
    /// For a process: its step (-1 if it is gone), and the texts of its round, of what it can do, and its mood.
    views: Vec<(i64, Id, Id, u8)>,
    /// For the locks: the text of each.
    boards: Vec<Vec<Id>>,
    /// Of the wait-for graph: the arrows, those of the cycle, the texts of who waits.
    graphs: Vec<(Vec<Id>, Vec<Id>, Vec<Id>)>,
    /// Who moves, the texts of the offer and of what came of it, records lost, and bits of [`REFUSED`] and so on.
    moves: Vec<(usize, Id, Id, u64, u8)>,
    /// The text of the outlook, and for each goal the text of the next move and which of the moves that is (-1: none).
    hints: Vec<(Id, Vec<(Id, i64)>)>,
    /// The text of how many were killed, and for each goal what is said if it is reached, and if it is not.
    verdicts: Vec<(Id, Vec<(Id, Id)>)>,
    states: Vec<State>,
    #[serde(skip)]
    pub(super) circle: Circle,
}

/// The step was refused.
const REFUSED: u8 = 1;
/// Real locks do not go that way because a schedule says so.
const NOT_FOR_REAL: u8 = 2;
/// No schedule says so: time decided that the process ends.
const UNSAID: u8 = 4;

/// It leads to a state whose moves are not in the map: it is shown, and can't be made.
const OFF_THE_PAGE: u8 = 8;

#[derive(Debug, Serialize)]
struct Process {
    name: String,
    /// What it is called in a schedule, and the same between quotes of a shell.
    word: String,
    quoted: String,
    steps: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Aimed {
    id: &'static str,
    text: String,
    /// The fate in which it is reached.
    fate: u8,
    /// No record may be lost.
    keeps: bool,
    least: Option<usize>,
    /// Behind the number of moves: if no way is shorter, and if one is.
    far: [String; 2],
}

#[derive(Debug, Serialize)]
struct Words {
    /// Signs that stand in a verdict for what only the page knows.
    holes: [char; 2],
    made: [String; 3],
    /// Of refusals, of records.
    harms: [[String; 2]; 2],
    gone: &'static str,
    /// Before and behind the quotes of a command for real processes; the same on the model; empty if there is none.
    real: [String; 2],
    model: [String; 2],
}

/// Everything told once, by number.
#[derive(Debug)]
struct Told<T> {
    known: BTreeMap<T, Id>,
    all: Vec<T>,
}

impl<T: Ord + Clone> Told<T> {
    fn new() -> Self {
        Self { known: BTreeMap::new(), all: Vec::new() }
    }

    fn id(&mut self, what: T) -> Id {
        let next = self.all.len() as Id;
        let all = &mut self.all;
        *self.known.entry(what).or_insert_with_key(|what| {
            all.push(what.clone());
            next
        })
    }
}

/// Reads a map state by state.
pub(super) struct Reader<'a> {
    scenario: &'a Scenario,
    program: &'a Program,
    map: &'a Map,
    aims: Vec<Aim>,
    texts: Told<String>,
    views: Told<(i64, Id, Id, u8)>,
    boards: Told<Vec<Id>>,
    graphs: Told<(Vec<Id>, Vec<Id>, Vec<Id>)>,
    moves: Told<(usize, Id, Id, u64, u8)>,
    hints: Told<(Id, Vec<(Id, i64)>)>,
    verdicts: Told<(Id, Vec<(Id, Id)>)>,
    arrows: Told<Arrow>,
    /// What came of a move, by who made it, from where to where, and whether others were in its way.
    came: BTreeMap<(usize, u32, u32, bool), Id>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(scenario: &'a Scenario, program: &'a Program, map: &'a Map) -> Self {
        Self {
            scenario,
            program,
            map,
            aims: Aim::all(map),
            texts: Told::new(),
            views: Told::new(),
            boards: Told::new(),
            graphs: Told::new(),
            moves: Told::new(),
            hints: Told::new(),
            verdicts: Told::new(),
            arrows: Told::new(),
            came: BTreeMap::new(),
        }
    }

    /// The whole document; `source` names the scenario on a command line.
    pub(super) fn read(mut self, source: Option<&str>) -> Data {
        let states = (0..self.map.states.len()).map(|number| self.state(number)).collect();
        let name = |process: &crate::scenario::Process| clean(&process.name);
        let names: Vec<String> = self.scenario.processes.iter().map(name).collect();
        Data {
            lesson: env!("CARGO_PKG_VERSION"),
            processes: processes(self.scenario),
            goals: self.aims.iter().map(|aim| aimed(self.scenario, aim)).collect(),
            words: words(source),
            states,
            texts: self.texts.all,
            views: self.views.all,
            boards: self.boards.all,
            graphs: self.graphs.all,
            moves: self.moves.all,
            hints: self.hints.all,
            verdicts: self.verdicts.all,
            circle: Circle::new(&names, self.arrows.all),
        }
    }

    fn state(&mut self, number: usize) -> State {
        let map = self.map;
        let node = &map.states[number];
        if !node.is_open {
            return (fate(node.fate), Vec::new(), 0, 0, 0, 0, Vec::new()); // nobody comes here
        }
        let sheet = Sheet::of(self.scenario, self.program, map, number);
        let views = sheet.rows().into_iter().map(|row| self.view(row)).collect();
        let locks = sheet.locks().into_iter().map(|lock| self.texts.id(lock)).collect();
        let (board, graph) = (self.boards.id(locks), self.graph(&sheet));
        let (hint, verdict) = (self.hint(&sheet, number), self.verdict(&sheet));
        let mut moves = Vec::with_capacity(node.moves.len() * 2);
        for (index, arc) in node.moves.iter().enumerate() {
            moves.push(self.one_move(&sheet, number, index));
            moves.push(arc.to as Id);
        }
        (fate(node.fate), views, board, graph, hint, verdict, moves)
    }

    fn view(&mut self, row: Row) -> Id {
        let step = row.step.map_or(-1, |step| step as i64);
        let mood = match row.mood {
            Mood::Good => 0,
            Mood::Waits => 1,
            Mood::Bad => 2,
            Mood::Over => 3,
        };
        let view = (step, self.texts.id(row.progress), self.texts.id(row.standing), mood);
        self.views.id(view)
    }

    fn graph(&mut self, sheet: &Sheet) -> Id {
        let (mut plain, mut cycle) = (Vec::new(), Vec::new());
        for pointer in sheet.pointers() {
            // The same arrow, whether or not it is part of a cycle now.
            let play::Pointer { waiter, holder, label, in_cycle } = pointer;
            let id = self.arrows.id(Arrow { waiter, holder, label });
            if in_cycle { cycle.push(id) } else { plain.push(id) }
        }
        let waits = sheet.waits().into_iter().map(|text| self.texts.id(text)).collect();
        self.graphs.id((plain, cycle, waits))
    }

    fn hint(&mut self, sheet: &Sheet, number: usize) -> Id {
        let node = &self.map.states[number];
        let outlook = self.texts.id(sheet.outlook());
        let mut next = Vec::with_capacity(self.aims.len());
        for aim in &self.aims {
            next.push(match aim.steps[number] {
                Some(ahead) => {
                    let text = sheet.next_move(&node.moves[ahead.next], ahead.left, ahead.kill);
                    (self.texts.id(text), ahead.next as i64)
                }
                None if node.moves.is_empty() => (self.texts.id(String::new()), -1),
                None if !self.map.is_whole() => {
                    (self.texts.id("A way to the goal from here is not on this page.".into()), -1)
                }
                None => (self.texts.id(play::gone().into()), -1),
            });
        }
        self.hints.id((outlook, next))
    }

    fn verdict(&mut self, sheet: &Sheet) -> Id {
        let killed = self.texts.id(sheet.killed());
        let mut said = Vec::with_capacity(self.aims.len());
        for aim in &self.aims {
            let ids = [true, false].map(|reached| self.texts.id(sheet.verdict(aim.goal, reached)));
            said.push((ids[0], ids[1]));
        }
        self.verdicts.id((killed, said))
    }

    fn one_move(&mut self, sheet: &Sheet, number: usize, index: usize) -> Id {
        let arc = self.map.states[number].moves[index];
        let offer = self.texts.id(sheet.offer(&arc));
        if !self.map.states[arc.to].is_open {
            return self.moves.id((arc.who, offer, offer, 0, OFF_THE_PAGE));
        }
        let came = self.what_came(sheet, number, index, &arc);
        let is_for_real = matches!(arc.outcome, Outcome::Granted | Outcome::Comes | Outcome::Crashes);
        let bits = [
            (arc.outcome == Outcome::Refused, REFUSED),
            (!is_for_real || !self.scenario.units.is_empty(), NOT_FOR_REAL),
            (arc.ends, UNSAID),
        ];
        let flags = bits.iter().filter(|(is_so, _)| *is_so).map(|(_, bit)| bit).sum();
        self.moves.id((arc.who, offer, came, sheet.lost(&arc), flags))
    }

    /// What a process tells of its own move depends on where it stands and on what becomes of it, and of a refusal on
    /// whether somebody is in the way; not on how all came there. So one way there tells it for all.
    fn what_came(&mut self, sheet: &Sheet, number: usize, index: usize, arc: &Arc) -> Id {
        let (node, then) = (&self.map.states[number], &self.map.states[arc.to]);
        let waits = self.program.waits_of(&node.at, arc.who);
        let is_hindered = waits.is_some_and(|(_, others)| !others.is_empty());
        let key = (arc.who, node.at[arc.who], then.at[arc.who], is_hindered);
        if let Some(&known) = self.came.get(&key) {
            return known;
        }
        let way = self.map.way_to(number).into_iter().chain([(number, index)]);
        let choice = |(from, index): (usize, usize)| {
            let arc = &self.map.states[from].moves[index];
            Choice { who: arc.who, ends: arc.ends }
        };
        let moves: Vec<Choice> = way.map(choice).collect();
        let came = play::came(self.scenario, self.program, &moves);
        let id = self.texts.id(match sheet.decided(arc) {
            "" => came,
            decided => format!("{came}; {decided}"),
        });
        self.came.insert(key, id);
        id
    }
}

fn fate(fate: Fate) -> u8 {
    match fate {
        Fate::Safe => 0,
        Fate::Doomed => 1,
        Fate::Deadlocked => 2,
        Fate::Finished => 3,
        Fate::Unknown => 4,
    }
}

fn aimed(scenario: &Scenario, aim: &Aim) -> Aimed {
    let (id, of) = match aim.goal {
        Goal::Deadlock(_) => ("deadlock", Fate::Deadlocked),
        _ => ("finish", Fate::Finished),
    };
    Aimed {
        id,
        text: play::statement(scenario, aim.goal, aim.least),
        fate: fate(of),
        keeps: matches!(aim.goal, Goal::FinishWithoutLoss(_)),
        least: aim.least,
        far: play::far(aim.least),
    }
}

/// Names as they are, if a shell and a page show them so; else the numbers that a schedule takes for them.
fn processes(scenario: &Scenario) -> Vec<Process> {
    let is_plain = |name: &str| clean(name) == name && !name.contains('!');
    let is_number = |name: &str| name.parse::<usize>().is_ok();
    let all = &scenario.processes;
    let by_name = all.iter().all(|process| is_plain(&process.name)) || all.iter().any(|one| is_number(&one.name));
    let process = |(who, process): (usize, &crate::scenario::Process)| {
        let word = if by_name { process.name.clone() } else { (who + 1).to_string() };
        Process {
            name: clean(&process.name),
            quoted: word.replace('\'', r"'\''"),
            word,
            steps: process.steps.iter().map(|step| clean(&step.to_string())).collect(),
        }
    };
    all.iter().enumerate().map(process).collect()
}

fn words(source: Option<&str>) -> Words {
    let command = |of: &str, option: &str| match source {
        Some(source) => [clean(&format!("lesson {of} {source} {option} '")), "'".to_owned()],
        None => [String::new(), String::new()],
    };
    Words {
        holes: [FAR, MADE],
        made: play::made(),
        harms: play::harms(),
        gone: play::gone(),
        real: command("run", "--schedule"),
        model: command("play", "--moves"),
    }
}

impl Data {
    /// What there is to reach: its name in the data, and the sentence.
    pub(super) fn goals(&self) -> Vec<(&'static str, &str)> {
        self.goals.iter().map(|goal| (goal.id, goal.text.as_str())).collect()
    }
}
