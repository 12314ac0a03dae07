//! The same game carried out by real processes: what they tell becomes moves of the model.
//!
//! A process that is told to make its next step is inside it until it says that the step is done; if it is kept
//! waiting, for as long as that takes. What it does is a move of the model when it is done. Two processes may be heard
//! in another order than the model makes their moves (who lets a lock go says so before, who gets it after): a move
//! that the model can't make yet waits for the others.

use super::game::{Game, MOVE_US};
use super::panes::Scene;
use super::position::{Position, Stander, Standing, Waiting};
use super::way::{Choice, for_each_choice_of};
use super::words;
use crate::analysis::Artist;
use crate::model::Outcome;
use crate::scenario::{DATABASE, Step};
use crate::trace::{Edge, Event, KilledFor, Trace, What, WitnessLine};

/// What is heard of a run.
#[derive(Debug, Clone)]
pub enum News {
    /// The next event.
    Event(Event),
    /// The step that a process was told is done.
    Stepped(usize),
    /// What the kernel lists at the moment.
    Kernel(Vec<WitnessLine>),
    /// The run is over: its trace, or what went wrong.
    Over(Result<Box<Trace>, String>),
}

/// Real processes, as far as they were heard.
#[derive(Debug, Clone)]
pub struct Reality {
    processes: Vec<Real>,
    artist: Artist,
    /// Moves that were told, and answers to those who had to wait for them: each is drawn as one second.
    clock: u64,
    kernel: Vec<WitnessLine>,
    /// How often the kernel was asked.
    asked: u64,
    over: Option<Result<Box<Trace>, String>>,
}

/// One of them.
#[derive(Debug, Clone, Default)]
struct Real {
    /// It was told to make a step and has not said that it is done.
    inside: bool,
    /// The clock when it was told last.
    told_at: u64,
    /// It has said that it waits for a lock.
    asks: bool,
    /// It has said that it waits at the meeting.
    meets: bool,
    /// It has said that it waits, and nothing since then but perhaps its end.
    asked: bool,
    /// The model has the move of the step that it is inside, or will have it.
    queued: bool,
    /// Moves that the model does not have yet, and whether each is a refusal.
    moves: Vec<bool>,
    /// Where time decides: whether it has begun another round (`true`) or ended since it was told.
    goes_on: Option<bool>,
    gone: bool,
}

impl Reality {
    /// So many processes, ready to be told.
    pub fn new(processes: usize) -> Self {
        Self {
            processes: vec![Real::default(); processes],
            artist: Artist::new(processes),
            clock: 0,
            kernel: Vec::new(),
            asked: 0,
            over: None,
        }
    }

    /// Why a process can't be told to make its next step, if it can't. One that will have to wait can.
    pub fn why_not(&self, game: &Game, who: usize) -> Option<String> {
        let (real, position) = (&self.processes[who], game.position());
        let name = words::name(game.scenario(), who);
        if self.over.is_some() {
            return Some("the run is over".into());
        }
        match position.processes[who].standing {
            Standing::Ended => return Some(format!("{name} has ended")),
            Standing::Crashed => return Some(format!("{name} {}", words::killed(game.scenario(), who))),
            _ if real.gone => return Some(format!("{name} is gone")),
            _ if !real.inside => return None,
            Standing::Free => {}
            _ if real.asks || real.meets => return Some(words::waiting(game.scenario(), &self.position(game), who)),
            _ => {}
        }
        Some(format!("{name} is still making its step"))
    }

    /// A process was told to make its next step.
    pub fn tell(&mut self, who: usize) {
        self.clock += 1;
        self.processes[who] =
            Real { inside: true, told_at: self.clock, moves: self.processes[who].moves.clone(), ..Real::default() };
    }

    /// Takes in what was heard, and makes the moves of the model that it means.
    pub fn hear(&mut self, game: &mut Game, news: News) {
        match news {
            News::Event(event) => self.hear_event(game, event),
            News::Stepped(who) => {
                let real = &mut self.processes[who];
                (real.inside, real.asks) = (false, false);
                if !std::mem::take(&mut real.queued) {
                    real.moves.push(false);
                }
            }
            News::Kernel(lines) => (self.kernel, self.asked) = (lines, self.asked + 1),
            News::Over(end) => {
                let deadlock = end.as_ref().ok().and_then(|trace| trace.outcome.deadlock.as_ref());
                let witness = deadlock.and_then(|deadlock| deadlock.witness.as_ref());
                self.kernel = witness.map_or_else(Vec::new, |witness| witness.lines.clone());
                self.over = Some(end);
            }
        }
        while (0..self.processes.len()).any(|who| self.settle(game, who)) {}
    }

    fn hear_event(&mut self, game: &mut Game, event: Event) {
        let who = event.who;
        let answers = matches!(event.what, What::Refused { .. } | What::Gets { .. } | What::Killed { .. });
        if answers && self.processes.get(who).is_some_and(|real| real.asked && real.told_at == self.clock) {
            self.clock += 1; // otherwise its wait would not be seen
        }
        self.artist.apply(&Event { at_us: self.clock * MOVE_US, ..event.clone() });
        let Some(real) = self.processes.get_mut(who) else { return };
        match event.what {
            What::Waits { .. } | What::Meets => real.asked = true,
            What::Killed { .. } | What::ClosesCycle { .. } => {}
            _ => real.asked = false,
        }
        match event.what {
            What::Waits { lock, .. } => {
                real.asks = true;
                if lock == DATABASE && has_outcome(game, who, Outcome::Pends) {
                    real.moves.push(false);
                }
            }
            What::Gets { .. } | What::Committed { .. } => real.asks = false,
            What::Meets => {
                (real.meets, real.queued) = (true, true);
                real.moves.push(false);
            }
            What::Met => real.meets = false,
            What::Refused { .. } => {
                (real.asks, real.queued) = (false, true);
                real.moves.push(true);
            }
            What::Round { .. } => real.goes_on = Some(true),
            What::Ends => (real.goes_on, real.gone, real.inside) = (Some(false), true, false),
            What::Crashed { .. } | What::Killed { .. } => {
                (real.gone, real.inside, real.asks) = (true, false, false);
                // An end that the scenario does not know is no move of the model.
                let foreseen = [Outcome::Crashes, Outcome::Victim];
                if foreseen.into_iter().any(|outcome| has_outcome(game, who, outcome)) {
                    real.moves.push(false);
                }
            }
            _ => {}
        }
    }

    /// Makes one move of a process that the model does not have yet, if it can be made. Says whether it was.
    fn settle(&mut self, game: &mut Game, who: usize) -> bool {
        let real = &self.processes[who];
        let Some(&refused) = real.moves.first() else { return false };
        let mut fitting = Vec::new();
        for_each_choice_of(game.program(), game.at(), who, |choice, made| {
            // Who was kept out by a writer first is PENDING later without a word.
            let pends = made.outcome == Outcome::Pends && !refused;
            if pends || (made.outcome == Outcome::Refused) == refused {
                fitting.push((choice, pends));
            }
        });
        let choice = match (fitting.as_slice(), real.goes_on) {
            ([], _) | ([_, _, ..], None) => return false,
            ([one], _) => *one,
            (_, Some(goes_on)) => (Choice { who, ends: !goes_on }, false),
        };
        if game.make(choice.0).is_err() {
            return false;
        }
        // A step that is pending is not done: unless that was all that was said.
        let only_waits = self.processes[who].asks;
        if !choice.1 || only_waits {
            self.processes[who].moves.remove(0);
        }
        true
    }

    /// Whether nothing is under way: everybody who was told has made its step or is kept waiting.
    pub fn is_quiet(&self, game: &Game) -> bool {
        let position = game.position();
        let is_done = |(real, process): (&Real, &Stander)| {
            let waits = match process.standing {
                Standing::Free => false,
                Standing::AtMeeting => real.meets,
                _ => real.asks,
            };
            real.gone || (real.moves.is_empty() && (!real.inside || waits))
        };
        self.over.is_some()
            || (self.processes.iter().zip(&position.processes).all(is_done) && !self.is_about_to_break(game, &position))
    }

    /// Whether a cycle has closed that the kernel (`EDEADLK`) or the conductor (a victim) is about to break.
    fn is_about_to_break(&self, game: &Game, position: &Position) -> bool {
        let waits = |who: usize| self.processes[who].asks || self.processes[who].meets;
        let cycle = position.cycle_of(|who| waits(who) && !is_timed(game, position, who));
        let breaks =
            |edge: &Edge| matches!(position.processes[edge.waiter].standing, Standing::Refusable | Standing::Victim);
        cycle.iter().any(breaks)
    }

    /// Whether everybody who has not ended is kept waiting for ever, and has said so: then the run ends when its
    /// patience does.
    pub fn is_stuck(&self, game: &Game) -> bool {
        let waits = |real: &Real| real.gone || (real.inside && (real.asks || real.meets));
        game.position().is_at_rest() && self.processes.iter().all(waits)
    }

    /// How the run ended, if it has.
    pub fn end(&self) -> Option<&Result<Box<Trace>, String>> {
        self.over.as_ref()
    }

    /// How often the kernel was asked.
    pub fn kernel_asked(&self) -> u64 {
        self.asked
    }

    /// What the kernel listed last of the locks of this run.
    pub fn kernel(&self) -> &[WitnessLine] {
        &self.kernel
    }

    /// Who lists it, and of which moment that is.
    pub fn kernel_heading(&self) -> String {
        let deadlock = self.over.as_ref().and_then(|end| end.as_ref().ok()?.outcome.deadlock.as_ref());
        match deadlock {
            None => "/proc/locks".into(),
            Some(deadlock) => format!(
                "{} when lesson ended the processes, after {}",
                deadlock.witness.as_ref().map_or("/proc/locks", |witness| witness.source.as_str()),
                crate::report::span(deadlock.watched_us)
            ),
        }
    }

    /// Where everybody stands, and who has asked for what it waits for.
    pub fn position<'a>(&self, game: &Game<'a>) -> Position<'a> {
        let mut position = game.position();
        for (stander, real) in position.processes.iter_mut().zip(&self.processes) {
            if stander.waiting == Waiting::Asked && !real.asked {
                stander.waiting = Waiting::NotAsked;
            }
        }
        position
    }

    /// What there is to see.
    pub fn scene<'a>(&self, game: &Game<'a>) -> Scene<'a> {
        let now_us = (self.clock + 1) * MOVE_US;
        let asking = self.processes.iter().map(|real| real.inside && (real.asks || real.meets)).collect();
        Scene { position: self.position(game), asking, lanes: self.artist.lanes(now_us), ..Scene::of(game) }
            .until(now_us)
    }
}

/// Whether the wait of a process ends by itself.
fn is_timed(game: &Game, position: &Position, who: usize) -> bool {
    let scenario = game.scenario();
    match words::step(&scenario.processes[who], &position.processes[who]) {
        Some(Step::Lock { name, within, .. }) => within.is_some() || scenario.kind_of(name).is_sqlite(),
        Some(step) => step.is_transaction(),
        None => false,
    }
}

fn has_outcome(game: &Game, who: usize, outcome: Outcome) -> bool {
    let mut found = false;
    for_each_choice_of(game.program(), game.at(), who, |_, made| found |= made.outcome == outcome);
    found
}

/// Whether what is told of an event is not to be pushed aside by what others do because of it.
pub(super) fn is_to_stay(event: &Event) -> bool {
    matches!(event.what, What::Refused { .. } | What::Crashed { .. } | What::Killed { .. })
}

/// What a process has told, in a few words; `None` if it is not worth any.
pub(super) fn sentence(game: &Game, event: &Event) -> Option<String> {
    let name = words::name(game.scenario(), event.who);
    Some(match &event.what {
        What::Gets { lock, .. } => format!("{name} has {lock}."),
        What::Waits { lock, .. } => format!("{name} has asked for {lock} and is kept waiting."),
        What::Releases { lock, .. } => format!("{name} lets {lock} go."),
        What::Refused { lock, why, waited_us, .. } => format!(
            "{name} is refused {lock} after {}: {} ({}).",
            crate::report::span(*waited_us),
            crate::report::clean(&why.text),
            why.name
        ),
        What::Meets => format!("{name} has come to the meeting."),
        What::Met => format!("{name} goes on from the meeting."),
        What::Works { .. } => format!("{name} works."),
        What::Worked => format!("{name} has worked."),
        What::Inserted => format!("{name} has inserted a row."),
        What::Committed { .. } => format!("{name} has committed."),
        What::RolledBack { .. } => format!("{name} has rolled back."),
        What::Crashed { how, .. } => format!("{name} is gone: {}.", crate::report::clean(how)),
        What::Killed { why: KilledFor::Victim } => format!("{name} was ended, so that the others can go on."),
        What::Killed { .. } => format!("{name} was ended by lesson."),
        What::Ends => format!("{name} has ended."),
        _ => return None,
    })
}
