//! Every interleaving of a scenario over the model: how many states, schedules and deadlocks there are, and the
//! shortest way to one; of a small one the whole graph, as data ([`Map`]).
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod answer;
mod arrivals;
mod cycles;
mod ends;
mod found;
mod grants;
mod graph;
mod grid;
mod list;
mod load;
mod look_back;
mod map;
mod packed;
mod ranks;
mod search;
mod table;
mod tally;
#[cfg(test)]
mod tests;

pub use answer::{Answer, answer};
pub use found::{Cycle, Explored, Loops, Path, Probability, Safety, Schedules};
pub use map::{Arc, Extent, Fate, Map, Node, Sought, nearest, some_way_to_the_end};

use num_bigint::BigUint;

use crate::model::{Program, TooLarge};
use arrivals::Arrivals;
use cycles::{Cycles, Edges, Pace};
use grants::Grants;
use graph::Graph;
use grid::Grid;
use load::Shape;
use look_back::LookBack;
use packed::{Layout, MOST_WORDS, State};
use ranks::Ranks;
use search::{Searched, search};
use tally::{Tally, tally};

/// What a search is to find out, and how far it may go.
#[derive(Debug, Clone)]
pub struct Task {
    /// Count schedules, and how likely a fair coin chooses a deadlock.
    pub count: bool,
    /// Keep all states, for what is asked about them afterwards: the shortest schedule, safe states, cycles.
    pub keep: bool,
    /// Stop at the first of these states, which is one of the nearest, and look at no more than that takes: steps that
    /// disturb nobody are made at once, and nothing is said of cycles and safe states.
    pub first: Option<Wanted>,
    /// Visit at most so many states. Where programs can come back to where they were never more than 2^32 - 2: a
    /// state's number has 32 bits there.
    pub max_states: u64,
    /// Use at most so many bytes for them.
    pub max_bytes: usize,
}

/// A state in which nobody can move: the one that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Somebody has not ended.
    Deadlock,
    /// Everybody has ended or crashed.
    End,
    /// The same, and no record is lost on the way.
    EndWithoutLoss,
}

/// Why a search did not visit every state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It had found the first state that was wanted ([`Task::first`]).
    First,
    /// [`Task::max_states`].
    States,
    /// [`Task::max_bytes`].
    Memory,
    /// The one who watched it has seen enough.
    Interrupted,
}

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// States visited so far.
    pub states: u64,
    /// The rank whose states are looked at; 0 where programs can come back to where they were. Where states are not
    /// visited by rank, as large a part of the last rank as is behind it.
    pub rank: u64,
    /// No state has a higher rank.
    pub last_rank: u64,
    /// What it is at.
    pub doing: Doing,
}

/// What an exploration is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Every state is visited.
    Visiting,
    /// All have been; what follows from them is found: safe states, counts, cycles.
    Concluding,
}

/// Explores every state that can be reached from `start`.
///
/// `progress` hears now and then how far it has come, and may stop the search by answering `false`.
///
/// # Errors
/// The state does not fit into the widest word that we have.
pub fn explore(
    program: &Program,
    start: &[u32],
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Explored, TooLarge> {
    let layout = Layout::new(program);
    match layout.words() {
        1 => Ok(Packing::<1>::new(program, layout).explore(start, task, progress)),
        2 => Ok(Packing::<2>::new(program, layout).explore(start, task, progress)),
        3..=4 => Ok(Packing::<4>::new(program, layout).explore(start, task, progress)),
        5..=MOST_WORDS => Ok(Packing::<MOST_WORDS>::new(program, layout).explore(start, task, progress)),
        words => Err(TooLarge(format!(
            "a state takes {words} words of 64 bits, and the explorer has {MOST_WORDS}; use fewer processes or steps"
        ))),
    }
}

/// A program, and how its states are packed.
struct Packing<'a, const W: usize> {
    program: &'a Program,
    layout: Layout,
    /// Its moves, if it is plain.
    grants: Option<Grants<W>>,
}

impl<'a, const W: usize> Packing<'a, W> {
    fn new(program: &'a Program, layout: Layout) -> Self {
        let grants = Grants::new(program, &layout);
        Self { program, layout, grants }
    }

    fn explore(&self, start: &[u32], task: &Task, progress: &mut dyn FnMut(Progress) -> bool) -> Explored {
        if let Some(explored) = self.by_grid(start, task, progress) {
            return explored;
        }
        let (program, start) = (self.program, self.layout.pack(start));
        // The shortest schedule first: in order of rank that is certain only where each move rises by one.
        match program.is_acyclic() && (task.first.is_none() || program.is_layered()) {
            true => self.by_rank(&start, task, progress),
            false => self.by_arrival(&start, task, progress),
        }
    }

    /// All states of a plain program at once; nothing if it is not plain, or that would pass a bound of the task.
    fn by_grid(&self, start: &[u32], task: &Task, progress: &mut dyn FnMut(Progress) -> bool) -> Option<Explored> {
        let mut grid = Grid::new(self, start, task)?;
        let (searched, nearest) = grid.visit(task, progress)?;
        let mut explored = Explored::of(&searched);
        let (states, is_complete) = (explored.states, searched.stopped.is_none());
        if is_complete && task.count {
            let mut go_on = || progress(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding });
            match grid.tally(task.max_bytes, &mut Pace::new(&mut go_on)) {
                Tally::Counted(ends) => {
                    explored.schedules = Some(ends.schedules());
                    let start = self.layout.pack(start);
                    explored.p_deadlock = self.chance(&start, searched, task, grid.bytes(), progress);
                }
                Tally::TooLarge => return None,
                Tally::Endless | Tally::Interrupted => {}
            }
        }
        if !task.keep {
            return Some(explored);
        }
        let way = nearest.map(|nearest| grid.way_to(nearest));
        let mut shortest = way.as_ref().map(|way| grid.path(way));
        if is_complete {
            explored.loops = Some(Loops::default());
            let mut go_on = || progress(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding });
            if let Some(safe) = grid.safe(&way.unwrap_or_default(), &mut Pace::new(&mut go_on)) {
                explored.part(safe.states);
                shortest.iter_mut().for_each(|path| path.safe_moves = safe.last);
            }
        }
        explored.shortest = shortest;
        Some(explored)
    }

    /// How likely a deadlock is, once all states are known; they take so many bytes.
    ///
    /// The probability is wide, and most states lie above the last deadlock, where nobody asks for it: another search
    /// up to there is quicker than to carry it along everywhere.
    fn chance(
        &self,
        start: &State<W>,
        searched: Searched,
        task: &Task,
        bytes: usize,
        progress: &mut dyn FnMut(Progress) -> bool,
    ) -> Option<Probability> {
        let rest = Task { keep: false, max_bytes: task.max_bytes.saturating_sub(bytes), ..task.clone() };
        let mut again = Ranks::new(self.program, start, &rest, Shape::chance(self.program));
        again = again.up_to(searched.ends.last_deadlock);
        let chance = match searched.ends.deadlock_states {
            0 => searched,
            _ => search(self, &rest, &mut again, progress),
        };
        chance.stopped.is_none().then(|| chance.ends.p_deadlock())
    }

    fn by_rank(&self, start: &State<W>, task: &Task, progress: &mut dyn FnMut(Progress) -> bool) -> Explored {
        let program = self.program;
        let shape = if task.count { Shape::schedules(program) } else { Shape::NOTHING };
        let mut ranks = Ranks::new(program, start, task, shape);
        let searched = search(self, task, &mut ranks, progress);
        let mut explored = Explored::of(&searched);
        let is_complete = searched.stopped.is_none();
        if is_complete && task.count {
            explored.schedules = Some(searched.ends.schedules());
            explored.p_deadlock = self.chance(start, searched, task, ranks.bytes(), progress);
        }
        if !task.keep {
            return explored;
        }
        let (ranks, nearest) = ranks.kept();
        let keeps_all = task.first == Some(Wanted::EndWithoutLoss);
        let back = LookBack { packing: self, ranks, keeps_all };
        let mut shortest = nearest.map(|nearest| back.path_to(&nearest));
        if is_complete && task.first.is_none() {
            explored.loops = Some(Loops::default());
            let states = explored.states;
            let mut go_on = || progress(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding });
            let mut pace = Pace::new(&mut go_on);
            if let Some(safe) = back.safe(&shortest.clone().unwrap_or_default(), task.max_bytes, &mut pace) {
                explored.part(safe.states);
                shortest.iter_mut().for_each(|path| path.safe_moves = safe.last);
            }
        }
        explored.shortest = shortest;
        explored
    }

    fn by_arrival(&self, start: &State<W>, task: &Task, progress: &mut dyn FnMut(Progress) -> bool) -> Explored {
        let mut arrivals = Arrivals::<W>::new(start, task);
        let searched = search(self, task, &mut arrivals, progress);
        let mut explored = Explored::of(&searched);
        if !task.keep {
            return explored;
        }
        let (list, nearest) = arrivals.kept();
        let graph = Graph::new(self.program, &self.layout, list);
        explored.shortest = nearest.map(|number| graph.path_to(number));
        if searched.stopped.is_some() || task.first.is_some() {
            return explored;
        }
        let states = explored.states;
        let mut go_on = || progress(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding });
        if let Some(safe) = conclude(self.program, &graph, &mut explored, task, &mut Pace::new(&mut go_on)) {
            explored.part(safe.iter().filter(|safe| **safe).count() as u64);
            if let (Some(path), Some(number)) = (&mut explored.shortest, nearest) {
                path.safe_moves = graph.numbers_to(number).iter().rposition(|&number| safe[number as usize]);
            }
        }
        explored
    }
}

/// What the moves tell all together; which states are safe. `None` if that is not known: it would take too much memory,
/// or was not to go on.
fn conclude<const W: usize>(
    program: &Program,
    graph: &Graph<W>,
    explored: &mut Explored,
    task: &Task,
    pace: &mut Pace,
) -> Option<Vec<bool>> {
    let room = task.max_bytes.checked_sub(graph.bytes() + Edges::bytes(explored.states, explored.transitions))?;
    let edges = Edges::new(graph, program, explored.transitions as usize, pace)?;
    let safe = edges.safe(pace)?;
    if task.count {
        match tally(&edges, Shape::of(program), room, pace) {
            Tally::Counted(ends) => explored.count(&ends),
            Tally::TooLarge | Tally::Interrupted => {}
            Tally::Endless => {
                explored.schedules = Some(Schedules::Infinite);
                explored.p_deadlock = match explored.deadlock_states {
                    0 => Some(Probability::Exact(BigUint::ZERO, BigUint::from(1_u8))),
                    _ => edges.p_deadlock(pace).map(Probability::About),
                };
            }
        }
    }
    explored.loops = Cycles::new(graph, &edges).loops(program, pace);
    Some(safe)
}
