//! What an exploration has found.

use num_bigint::BigUint;

use super::Stopped;
use super::ends::Ends;
use super::search::Searched;

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
    /// One of the shortest schedules to what was wanted ([`Task::first`](super::Task::first)); to a deadlock if all
    /// was.
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
    /// A cycle in which nobody ever finishes a round.
    pub livelock: Option<Cycle>,
    /// Processes that can be kept from finishing a round for ever while others finish theirs, each with a cycle in
    /// which that happens.
    pub starving: Vec<(usize, Cycle)>,
}

/// Moves that lead back to where they began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// From the start to where they begin.
    pub into: Path,
    /// Once around.
    pub around: Path,
}

impl Cycle {
    /// From the start into it, and once around.
    pub fn once(&self) -> Path {
        let movers = [self.into.movers.as_slice(), &self.around.movers].concat();
        let around = self.around.states.get(1..).unwrap_or_default();
        Path { movers, states: [self.into.states.as_slice(), around].concat(), safe_moves: None }
    }
}

impl Explored {
    pub(super) fn of(searched: &Searched) -> Self {
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

    pub(super) fn count(&mut self, ends: &Ends) {
        self.schedules = Some(ends.schedules());
        self.p_deadlock = Some(ends.p_deadlock());
    }

    pub(super) fn part(&mut self, safe: u64) {
        let deadlocked = self.deadlock_states;
        self.safety = Some(Safety { safe, unsafe_: self.states - safe - deadlocked, deadlocked });
    }
}
