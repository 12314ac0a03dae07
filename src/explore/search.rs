//! The one search: every state that can be reached, each expanded once.
//!
//! It asks the model for the moves from a state, and hands what they lead to over to a [`Frontier`], which knows
//! whether that is new, and whose turn is next. There are two of them: [`Ranks`](super::ranks::Ranks) where no program
//! can come back to where it was, and [`Arrivals`](super::arrivals::Arrivals) for all others.

use super::ends::Ends;
use super::grants::{Granted, Grants};
use super::load::{Shape, Share};
use super::packed::State;
use super::{Doing, Packing, Progress, Stopped, Task, Wanted};
use crate::model::{Move, Outcome};

/// Groups of states between two looks at the progress.
const PACE: u64 = 1 << 8;

/// States that are expanded together.
pub(super) const GROUP: usize = 32;

/// What the search has found.
pub(super) struct Searched {
    pub(super) states: u64,
    pub(super) transitions: u64,
    pub(super) ends: Ends,
    pub(super) stopped: Option<Stopped>,
}

/// A state whose turn it is.
pub(super) struct Open<const W: usize> {
    /// Where its frontier has it.
    pub(super) place: usize,
    pub(super) state: State<W>,
}

/// A move, and the state that it leads to.
#[derive(Clone, Copy)]
pub(super) struct Successor<const W: usize> {
    pub(super) state: State<W>,
    pub(super) who: u8,
    /// How many ranks the move rises.
    pub(super) rise: u32,
    pub(super) outcome: Outcome,
    pub(super) loses: bool,
    /// How many equally likely outcomes its mover has there.
    pub(super) choices: u8,
}

impl<const W: usize> Successor<W> {
    /// What a schedule takes along, where so many processes can move.
    #[inline]
    pub(super) fn share(&self, movers: u64) -> Share {
        Share {
            is_granted: self.outcome != Outcome::Refused,
            keeps_all: !self.loses,
            of: movers * u64::from(self.choices),
            rise: self.rise,
        }
    }
}

impl<const W: usize> From<Granted<W>> for Successor<W> {
    #[inline]
    fn from(Granted { who, state, loses }: Granted<W>) -> Self {
        Self { state, who: who as u8, rise: 1, outcome: Outcome::Granted, loses, choices: 1 }
    }
}

/// The states that the search has met, and the order in which they take their turns.
pub(super) trait Frontier<const W: usize> {
    /// The states whose turn is next, at most [`GROUP`] of one rank; nothing once all have had theirs.
    fn take(&mut self, group: &mut Vec<Open<W>>);

    /// The rank of those that were taken last.
    fn rank(&self) -> u64;

    /// Looks at all places in memory that are about to be needed. The processor waits for many of them at once, which
    /// takes no longer than to wait for one; what is read there does not matter yet.
    fn warm(&self, successors: &[Successor<W>]);

    /// Takes the successors of the state at `from` in, of which there are moves by so many processes. `states` counts
    /// those that are new.
    ///
    /// # Errors
    /// A bound of the task.
    fn add(&mut self, from: usize, successors: &[Successor<W>], movers: u64, states: &mut u64) -> Result<(), Stopped>;

    /// Whether nothing matters of a plain move but where it leads, and nothing has to be [warmed](Frontier::warm).
    fn takes_states(&self) -> bool;

    /// Takes one successor of the state at `from` in, if [nothing else matters](Frontier::takes_states).
    ///
    /// # Errors
    /// A bound of the task.
    fn add_state(&mut self, from: usize, state: &State<W>, states: &mut u64) -> Result<(), Stopped>;

    /// What is carried along the schedules.
    fn shape(&self) -> Shape;

    /// How much of it has come to this place.
    fn load(&self, place: usize) -> &[u64];

    /// Nobody can move from here, and that is what is looked for.
    fn wanted(&mut self, open: &Open<W>);
}

/// What some states lead to.
struct Successors<const W: usize> {
    all: Vec<Successor<W>>,
    /// Where those of each state end.
    ends: Vec<usize>,
}

struct Search<'a, const W: usize, F> {
    packing: &'a Packing<'a, W>,
    task: &'a Task,
    frontier: &'a mut F,
    /// Every move rises by one rank.
    is_layered: bool,
    /// Nobody is ever refused, and only the nearest state is asked for: harmless steps may be made alone.
    is_reduced: bool,
    /// It matters how many processes could move.
    has_chance: bool,
    at: Vec<u32>,
    found: Searched,
}

/// Visits every state that can be reached from those of `frontier`, as `task` says. `progress` hears now and then how
/// far it has come, and may stop the search by answering `false`.
pub(super) fn search<const W: usize, F: Frontier<W>>(
    packing: &Packing<W>,
    task: &Task,
    frontier: &mut F,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Searched {
    let (has_chance, ends) = (frontier.shape().has_chance(), Ends::new(frontier.shape()));
    let program = packing.program;
    let mut search = Search {
        packing,
        task,
        frontier,
        is_layered: program.is_layered(),
        is_reduced: task.first.is_some() && program.is_monotone(),
        has_chance,
        at: program.start(),
        found: Searched { states: 1, transitions: 0, ends, stopped: None },
    };
    search.found.stopped = search.run(progress).err();
    search.found
}

impl<const W: usize, F: Frontier<W>> Search<'_, W, F> {
    fn run(&mut self, progress: &mut dyn FnMut(Progress) -> bool) -> Result<(), Stopped> {
        let (mut group, mut successors) = (Vec::new(), Successors { all: Vec::new(), ends: Vec::new() });
        let last_rank = self.packing.program.last_rank();
        let grants = self.packing.grants.as_ref().filter(|_| self.task.first != Some(Wanted::EndWithoutLoss));
        for turn in 1_u64.. {
            self.frontier.take(&mut group);
            if group.is_empty() {
                break;
            }
            match grants.filter(|_| self.frontier.takes_states()) {
                Some(grants) => self.turns_of_plain(&group, grants)?,
                None => self.turns(&group, &mut successors)?,
            }
            group.clear();
            let rank = self.frontier.rank();
            let so_far = Progress { states: self.found.states, rank, last_rank, doing: Doing::Visiting };
            if turn.is_multiple_of(PACE) && !progress(so_far) {
                return Err(Stopped::Interrupted);
            }
        }
        Ok(())
    }

    /// Some states have their turn.
    fn turns(&mut self, group: &[Open<W>], successors: &mut Successors<W>) -> Result<(), Stopped> {
        let Successors { all, ends } = successors;
        all.clear();
        ends.clear();
        for open in group {
            self.collect(open, all);
            ends.push(all.len());
        }
        self.frontier.warm(all);
        self.found.transitions += all.len() as u64;
        let mut first = 0;
        for (open, &end) in group.iter().zip(&*ends) {
            self.expand(open, &all[first..end])?;
            first = end;
        }
        Ok(())
    }

    /// The same, if nothing matters of a plain move but where it leads.
    fn turns_of_plain(&mut self, group: &[Open<W>], grants: &Grants<W>) -> Result<(), Stopped> {
        let mut stopped = Ok(());
        for open in group {
            let (before, found, frontier) = (self.found.transitions, &mut self.found, &mut *self.frontier);
            grants.for_each(&open.state, self.is_reduced, |granted| {
                found.transitions += 1; // of the whole group, wherever it is stopped
                if stopped.is_ok() {
                    stopped = frontier.add_state(open.place, &granted.state, &mut found.states);
                }
            });
            if self.found.transitions == before && stopped.is_ok() {
                stopped = self.end(open);
            }
        }
        stopped
    }

    /// Asks the model for the moves from one state.
    #[inline]
    fn collect(&mut self, open: &Open<W>, successors: &mut Vec<Successor<W>>) {
        if let Some(grants) = &self.packing.grants {
            let visit = |granted: Granted<W>| successors.push(granted.into());
            return grants.for_each(&open.state, self.is_reduced, visit);
        }
        let (program, layout, is_layered) = (self.packing.program, &self.packing.layout, self.is_layered);
        layout.unpack(&open.state, &mut self.at);
        let at = &self.at;
        let visit = |made: Move| {
            let (mut state, mut rise) = (open.state, 1);
            made.changes.iter().for_each(|&(who, to)| state = layout.moved(state, who, to));
            if !is_layered {
                let risen = |&(who, to): &(usize, u32)| program.rank(who, to) - program.rank(who, at[who]);
                rise = made.changes.iter().map(risen).sum();
            }
            let Move { who, outcome, loses, choices, .. } = made;
            successors.push(Successor { state, who: who as u8, rise, outcome, loses, choices });
        };
        // A harmless step commutes with all others, and loses a record then or now: taking it alone keeps every state
        // in which nobody can move, and the shortest way to it.
        if let Some(who) = self.is_reduced.then(|| program.harmless_mover(at)).flatten() {
            program.for_each_move_of(at, who, visit);
        } else {
            program.for_each_move(at, visit);
        }
    }

    /// Hands the successors of a state over to the frontier.
    #[inline]
    fn expand(&mut self, open: &Open<W>, successors: &[Successor<W>]) -> Result<(), Stopped> {
        if successors.is_empty() {
            return self.end(open);
        }
        let keeps_all = self.task.first == Some(Wanted::EndWithoutLoss);
        let movers = if self.has_chance { movers(successors) } else { 1 };
        let states = &mut self.found.states;
        match keeps_all && successors.iter().any(|successor| successor.loses) {
            false => self.frontier.add(open.place, successors, movers, states),
            true => {
                let kept: Vec<_> = successors.iter().filter(|successor| !successor.loses).copied().collect();
                self.frontier.add(open.place, &kept, movers, states)
            }
        }
    }

    /// A state from which nobody can move.
    fn end(&mut self, open: &Open<W>) -> Result<(), Stopped> {
        self.packing.layout.unpack(&open.state, &mut self.at);
        let is_deadlock = !self.packing.program.is_over(&self.at);
        let load = self.frontier.load(open.place);
        self.found.ends.add(is_deadlock, self.frontier.rank(), self.frontier.shape(), load);
        if is_deadlock != self.task.first.is_none_or(|wanted| wanted == Wanted::Deadlock) {
            return Ok(());
        }
        self.frontier.wanted(open);
        self.task.first.map_or(Ok(()), |_| Err(Stopped::First))
    }
}

/// Counts one more state.
///
/// # Errors
/// There may be no more.
#[inline]
pub(super) fn count(states: &mut u64, task: &Task) -> Result<(), Stopped> {
    if *states == task.max_states {
        return Err(Stopped::States);
    }
    *states += 1;
    Ok(())
}

/// How many processes these moves are of.
#[inline]
fn movers<const W: usize>(moves: &[Successor<W>]) -> u64 {
    1 + moves.windows(2).filter(|pair| pair[0].who != pair[1].who).count() as u64
}
