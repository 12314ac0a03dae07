//! Every interleaving of a scenario over the model: how many states, schedules and deadlocks there are, and the
//! shortest way to one.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

mod answer;
mod arrivals;
mod cycles;
mod ends;
mod graph;
mod list;
mod load;
mod look_back;
mod packed;
mod ranks;
mod search;
mod table;
mod tally;
#[cfg(test)]
mod tests;

pub use answer::{Answer, answer};

use num_bigint::BigUint;

use crate::model::{Program, TooLarge};
use arrivals::Arrivals;
use cycles::{Cycles, Edges, Pace};
use ends::Ends;
use graph::Graph;
use load::Shape;
use look_back::LookBack;
use packed::{Layout, MOST_WORDS};
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
    fn of(searched: &Searched) -> Self {
        Self {
            states: searched.states,
            transitions: searched.transitions,
            stopped: searched.stopped,
            deadlock_states: searched.ends.deadlock_states,
            finished_states: searched.ends.finished_states,
            schedules: None,
            p_deadlock: None,
            shortest: None,
            safety: None,
            loops: None,
        }
    }

    fn count(&mut self, ends: &Ends) {
        self.schedules = Some(ends.schedules());
        self.p_deadlock = Some(ends.p_deadlock());
    }

    fn part(&mut self, safe: u64) {
        let deadlocked = self.deadlock_states;
        self.safety = Some(Safety { safe, unsafe_: self.states - safe - deadlocked, deadlocked });
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
    // The shortest schedule first: in order of rank that is certain only where each move rises by one.
    match program.is_acyclic() && (task.first.is_none() || program.is_layered()) {
        true => by_rank::<W>(program, layout, start, task, progress),
        false => by_arrival::<W>(program, layout, start, task, progress),
    }
}

fn by_rank<const W: usize>(
    program: &Program,
    layout: &Layout,
    start: &[u32],
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Explored {
    let first = layout.pack::<W>(start);
    let shape = if task.count { Shape::schedules(program) } else { Shape::NOTHING };
    let mut ranks = Ranks::new(program, &first, task, shape);
    let searched = search(program, layout, task, &mut ranks, progress);
    let mut explored = Explored::of(&searched);
    let is_complete = searched.stopped.is_none();
    if is_complete && task.count {
        explored.schedules = Some(searched.ends.schedules());
        // The probability is wide, and most states lie above the last deadlock, where nobody asks for it: another
        // search up to there is quicker than to carry it along everywhere.
        let rest = Task { keep: false, max_bytes: task.max_bytes.saturating_sub(ranks.bytes()), ..task.clone() };
        let mut again = Ranks::new(program, &first, &rest, Shape::chance(program)).up_to(searched.ends.last_deadlock);
        let chance = match explored.deadlock_states {
            0 => searched,
            _ => search(program, layout, &rest, &mut again, progress),
        };
        explored.p_deadlock = chance.stopped.is_none().then(|| chance.ends.p_deadlock());
    }
    if !task.keep {
        return explored;
    }
    let (ranks, nearest) = ranks.kept();
    let keeps_all = task.first == Some(Wanted::EndWithoutLoss);
    let back = LookBack { program, layout, ranks, keeps_all };
    let mut shortest = nearest.map(|nearest| back.path_to(&nearest));
    if is_complete && task.first.is_none() {
        explored.loops = Some(Loops::default());
        let states = explored.states;
        let mut go_on = || progress(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding });
        if let Some(safe) = back.safe(&shortest.clone().unwrap_or_default(), task.max_bytes, &mut Pace::new(&mut go_on))
        {
            explored.part(safe.states);
            shortest.iter_mut().for_each(|path| path.safe_moves = safe.last);
        }
    }
    explored.shortest = shortest;
    explored
}

fn by_arrival<const W: usize>(
    program: &Program,
    layout: &Layout,
    start: &[u32],
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Explored {
    let mut arrivals = Arrivals::<W>::new(&layout.pack(start), task);
    let searched = search(program, layout, task, &mut arrivals, progress);
    let mut explored = Explored::of(&searched);
    if !task.keep {
        return explored;
    }
    let (list, nearest) = arrivals.kept();
    let graph = Graph::new(program, layout, list);
    explored.shortest = nearest.map(|number| graph.path_to(number));
    if searched.stopped.is_some() || task.first.is_some() {
        return explored;
    }
    let states = explored.states;
    let mut go_on = || progress(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding });
    if let Some(safe) = conclude(program, &graph, &mut explored, task, &mut Pace::new(&mut go_on)) {
        explored.part(safe.iter().filter(|safe| **safe).count() as u64);
        if let (Some(path), Some(number)) = (&mut explored.shortest, nearest) {
            path.safe_moves = graph.numbers_to(number).iter().rposition(|&number| safe[number as usize]);
        }
    }
    explored
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
