//! Every interleaving of a scenario over the model: how many states, schedules and deadlocks there are, and the
//! shortest way to one.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod answer;
mod cycles;
mod ends;
mod graph;
mod layer;
mod load;
mod packed;
mod search;
mod tally;
#[cfg(test)]
mod tests;

pub use answer::{Answer, answer};

use num_bigint::BigUint;

use crate::model::{Program, TooLarge};
use ends::Ends;
use graph::Graph;
use packed::{Layout, MOST_WORDS};
use search::{Searched, search};

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
    /// Visit at most so many states; never more than 2^32 - 2, because a state's number has 32 bits.
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
    /// The rank whose states are looked at; 0 where programs can come back to where they were.
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

/// What a search has found. What it does not know, because it was not asked or stopped before the end, is `None`.
#[derive(Debug, Clone)]
pub struct Explored {
    /// States visited.
    pub states: u64,
    /// Moves between them.
    pub transitions: u64,
    /// Why it did not visit all of them; `None` if it did.
    pub stopped: Option<Stopped>,
    /// States in which nobody can move and somebody has not ended.
    pub deadlock_states: u64,
    /// States in which everybody has ended.
    pub finished_states: u64,
    /// How many schedules there are.
    pub schedules: Option<Schedules>,
    /// How likely a deadlock is when a fair coin picks who moves.
    pub p_deadlock: Option<Probability>,
    /// One of the shortest schedules to what was wanted ([`Task::first`]); to a deadlock if all was.
    pub shortest: Option<Path>,
    /// From where it can still end well.
    pub safety: Option<Safety>,
    /// What goes on without end.
    pub loops: Option<Loops>,
}

/// How many complete schedules there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedules {
    /// So many.
    Counted {
        /// All.
        all: BigUint,
        /// Those that end in a deadlock.
        deadlocked: BigUint,
        /// Those with a refusal in them.
        refused: BigUint,
        /// Those that lose a record: a round is given up, or its process dies, with rows to come.
        losing: BigUint,
    },
    /// Without end: somebody can come back to where it was, as often as you like.
    Infinite,
}

/// How likely something is.
#[derive(Debug, Clone, PartialEq)]
pub enum Probability {
    /// A reduced fraction.
    Exact(BigUint, BigUint),
    /// Not exact.
    About(f64),
}

impl Probability {
    /// As a floating-point number.
    pub fn about(&self) -> f64 {
        match self {
            Self::About(p) => *p,
            // Both may be wider than a floating-point number: only the first bits count.
            Self::Exact(above, below) => {
                let shift = below.bits().saturating_sub(900);
                let first = |number: &BigUint| (number >> shift).to_string().parse().unwrap_or(f64::NAN);
                first(above) / first(below)
            }
        }
    }
}

/// A way through the states.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Path {
    /// Who makes each move.
    pub movers: Vec<usize>,
    /// Where everybody stands: before the first move, and after each.
    pub states: Vec<Vec<u32>>,
    /// Moves after which everybody could still have ended for the last time; `None` if that is not known.
    pub safe_moves: Option<usize>,
}

/// From how many states it can still end well (in the textbook's words they are safe).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Safety {
    /// Everybody can still end.
    pub safe: u64,
    /// Every schedule from here deadlocks, but somebody can still move.
    pub unsafe_: u64,
    /// Nobody can move.
    pub deadlocked: u64,
}

/// What can go on without end, if each process that could always move does move now and then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loops {
    /// A way into a cycle in which nobody ever finishes a round, and the way around it.
    pub livelock: Option<(Path, Path)>,
    /// Processes that can be kept from finishing a round for ever while others finish theirs.
    pub starving: Vec<usize>,
}

impl Explored {
    fn count(&mut self, ends: &Ends) {
        self.schedules = Some(Schedules::Counted {
            refused: &ends.schedules - &ends.granted,
            losing: &ends.schedules - &ends.kept,
            all: ends.schedules.clone(),
            deadlocked: ends.deadlocked.clone(),
        });
        let about = Probability::About(ends.p_deadlock);
        self.p_deadlock = Some(ends.exact().map_or(about, |(above, below)| Probability::Exact(above, below)));
    }
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
        1 => Ok(explore_packed::<1>(program, &layout, start, task, progress)),
        2 => Ok(explore_packed::<2>(program, &layout, start, task, progress)),
        3..=4 => Ok(explore_packed::<4>(program, &layout, start, task, progress)),
        5..=MOST_WORDS => Ok(explore_packed::<MOST_WORDS>(program, &layout, start, task, progress)),
        words => Err(TooLarge(format!(
            "a state takes {words} words of 64 bits, and the explorer has {MOST_WORDS}; use fewer processes or steps"
        ))),
    }
}

fn explore_packed<const W: usize>(
    program: &Program,
    layout: &Layout,
    start: &[u32],
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Explored {
    let searched: Searched<W> = search(program, layout, start, task, progress);
    let Searched { states, transitions, stopped, is_ranked, .. } = searched;
    let complete = stopped.is_none();
    let mut explored = Explored {
        states,
        transitions,
        stopped,
        deadlock_states: searched.ends.deadlock_states,
        finished_states: searched.ends.finished_states,
        schedules: None,
        p_deadlock: None,
        shortest: None,
        safety: None,
        loops: None,
    };
    if complete && task.count && is_ranked {
        explored.count(&searched.ends);
    }
    if task.keep {
        let nearest = searched.ends.nearest;
        let mut graph = Graph::new(program, layout, searched.kept, is_ranked);
        explored.shortest = nearest.map(|(number, _)| graph.path_to(number));
        if complete && task.first.is_none() {
            let mut go_on = || progress(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding });
            graph.finish(&mut explored, task, nearest.map_or(0, |(number, _)| number), &mut go_on);
        }
    }
    explored
}
