//! The game: where everybody stands, the moves that were made, and what the learner is after.

use std::cell::OnceCell;

use super::position::{Position, Standing};
use super::way::{Choice, Way, for_each_choice_of};
use super::words;
use crate::analysis::{Artist, Lane};
use crate::explore::Wanted;
use crate::model::{Outcome, Program, rows_lost};
use crate::scenario::{DATABASE, Scenario, Step};
use crate::simulate::Narrator;
use crate::trace::Event;

/// One move is drawn as one second.
pub const MOVE_US: u64 = 1_000_000;

/// What the learner is after, and how many moves the shortest way there takes; to the end, the shortest that kills
/// nobody, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// To reach a deadlock.
    Deadlock(usize),
    /// No schedule can deadlock: to bring everybody to the end; `None` if that can't be.
    Finish(Option<usize>),
    /// The same, and no record may be lost.
    FinishWithoutLoss(usize),
    /// Whether there is a deadlock is not known: to reach one, or to bring everybody to the end.
    Either,
}

impl Goal {
    /// Looks for what there is to reach from the beginning.
    pub fn of(program: &Program) -> Self {
        let way = |wanted| Way::find(program, &program.start(), wanted);
        match way(Wanted::Deadlock) {
            Way::Shortest(way) => return Self::Deadlock(way.len()),
            Way::Unknown => return Self::Either,
            Way::None => {} // that search came to its end: so will the next ones, which visit no more states
        }
        let end = |wanted| Way::to_the_end(program, &program.start(), wanted);
        match end(Wanted::EndWithoutLoss).moves() {
            Some(way) => Self::FinishWithoutLoss(way.len()),
            None => Self::Finish(end(Wanted::End).moves().map(<[_]>::len)),
        }
    }

    /// How many moves the shortest way to it takes, where one is known.
    pub fn shortest(self) -> Option<usize> {
        match self {
            Self::Deadlock(moves) | Self::FinishWithoutLoss(moves) => Some(moves),
            Self::Finish(moves) => moves,
            Self::Either => None,
        }
    }
}

/// A move that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The move.
    pub choice: Choice,
    /// What became of the step.
    pub outcome: Outcome,
    /// Records that were lost by it.
    pub lost: u64,
    /// Where everybody stood before it.
    pub before: Vec<u32>,
}

/// A move that can't be made: who, and why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Impossible(pub String);

/// One game: a scenario, the moves made so far, and those that were taken back.
#[derive(Debug, Clone)]
pub struct Game<'a> {
    scenario: &'a Scenario,
    program: &'a Program,
    /// What the learner is after, once it was looked for.
    goal: OnceCell<Goal>,
    at: Vec<u32>,
    past: Vec<Made>,
    future: Vec<Choice>,
}

impl<'a> Game<'a> {
    /// Everybody is at the beginning.
    pub fn new(scenario: &'a Scenario, program: &'a Program) -> Self {
        let (goal, at) = (OnceCell::new(), program.start());
        Self { scenario, program, goal, at, past: Vec::new(), future: Vec::new() }
    }

    /// What is played.
    pub fn scenario(&self) -> &'a Scenario {
        self.scenario
    }

    /// What is played, compiled.
    pub fn program(&self) -> &'a Program {
        self.program
    }

    /// What the learner is after. Whoever asks first waits for a search among at most [`super::MOST_STATES`] states.
    pub fn goal(&self) -> Goal {
        *self.goal.get_or_init(|| Goal::of(self.program))
    }

    /// The same without a search: `None` if nobody has asked yet.
    pub fn known_goal(&self) -> Option<Goal> {
        self.goal.get().copied()
    }

    /// Where everybody stands.
    pub fn at(&self) -> &[u32] {
        &self.at
    }

    /// The moves made so far.
    pub fn past(&self) -> &[Made] {
        &self.past
    }

    /// The lock of the last step that has one.
    pub fn last_lock(&self) -> Option<&'a str> {
        let lock = |made: &Made| {
            let place = self.program.place(made.choice.who, made.before[made.choice.who]);
            match place.step_of(&self.scenario.processes[made.choice.who].steps)? {
                Step::Lock { name, .. } | Step::Unlock { name, .. } => Some(name.as_str()),
                step if step.is_transaction() => Some(DATABASE),
                _ => None,
            }
        };
        self.past.iter().rev().find_map(lock)
    }

    /// Where everybody stands, in words.
    pub fn position(&self) -> Position<'a> {
        Position::of(self.scenario, self.program, &self.at)
    }

    /// The moves that one process can make now: none, one, or two where time decides whether it goes on.
    pub fn choices_of(&self, who: usize) -> Vec<Choice> {
        let mut choices = Vec::new();
        for_each_choice_of(self.program, &self.at, who, |choice, _| choices.push(choice));
        choices
    }

    /// Makes a move. What was taken back before is forgotten.
    ///
    /// # Errors
    /// Why the process can't move; nothing has changed then.
    pub fn make(&mut self, choice: Choice) -> Result<(), Impossible> {
        self.apply(choice)?;
        self.future.clear();
        Ok(())
    }

    /// Takes the last move back. `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(last) = self.past.pop() else { return false };
        self.at = last.before;
        self.future.push(last.choice);
        true
    }

    /// Makes the move again that was taken back last. `false` if there is none.
    pub fn redo(&mut self) -> bool {
        self.future.pop().is_some_and(|choice| self.apply(choice).is_ok())
    }

    /// Everybody goes back to the beginning; all moves can be made again.
    pub fn restart(&mut self) {
        while self.undo() {}
    }

    fn apply(&mut self, choice: Choice) -> Result<(), Impossible> {
        let mut made = None;
        for_each_choice_of(self.program, &self.at, choice.who, |possible, as_it_is| {
            if possible == choice {
                let mut then = self.at.clone();
                as_it_is.make(&mut then);
                made = Some((as_it_is.outcome, as_it_is.loses, then));
            }
        });
        let (outcome, loses, then) = made.ok_or_else(|| self.why_not(choice.who))?;
        let before = std::mem::replace(&mut self.at, then);
        let (process, place) =
            (&self.scenario.processes[choice.who], self.program.place(choice.who, before[choice.who]));
        let lost = if loses { rows_lost(process, place, outcome) } else { 0 };
        self.past.push(Made { choice, outcome, lost, before });
        Ok(())
    }

    fn why_not(&self, who: usize) -> Impossible {
        let position = self.position();
        let name = words::name(self.scenario, who);
        Impossible(match position.processes.get(who).map(|process| process.standing) {
            Some(Standing::Ended) => format!("{name} has ended"),
            Some(Standing::Crashed) => format!("{name} {}", words::killed(self.scenario, who)),
            _ => words::waiting(self.scenario, &position, who),
        })
    }

    /// What the moves so far sound like, as a run would tell them: the first is made at 1 s, and each takes 1 s.
    pub fn events(&self) -> Vec<Event> {
        self.narrated().into_iter().flatten().collect()
    }

    /// The same for each move alone: what was said with it, and who then waits.
    pub fn told(&self) -> Vec<Vec<Event>> {
        self.narrated().split_off(1)
    }

    /// What is said at the start, and then with each move.
    fn narrated(&self) -> Vec<Vec<Event>> {
        let mut narrator = Narrator::new(self.scenario, self.program, 1);
        let mut told = vec![narrator.start(0)];
        let ends = self.past.iter().skip(1).map(|made| made.before.as_slice()).chain([self.at()]);
        for (index, (made, then)) in self.past.iter().zip(ends).enumerate() {
            let at_us = (index as u64 + 1) * MOVE_US;
            let mut events = Vec::new();
            for_each_choice_of(self.program, &made.before, made.choice.who, |choice, as_it_is| {
                if choice == made.choice {
                    events.extend(narrator.tell(&made.before, as_it_is, at_us));
                }
            });
            for who in 0..then.len() {
                if self.program.waits_of(then, who).is_some() {
                    events.extend(narrator.waits(then, who, at_us));
                }
            }
            told.push(events);
        }
        told
    }

    /// The lanes up to now, and the moment that is now, in microseconds.
    pub fn lanes(&self) -> (Vec<Lane>, u64) {
        let mut artist = Artist::new(self.scenario.processes.len());
        self.events().iter().for_each(|event| artist.apply(event));
        let now_us = (self.past.len() as u64 + 1) * MOVE_US;
        (artist.lanes(now_us), now_us)
    }
}
