//! The one search: every state, rank by rank.
//!
//! Where no program can come back to where it was, every move leads to a higher rank: a state can be met twice only
//! within its own rank, so two ranks in memory are enough, and what is carried along the schedules is complete when a
//! rank's turn comes. Retries without end and `for` break that; then all states are of one rank, and the search is
//! the plain breadth-first one.

use std::collections::VecDeque;

use super::ends::Ends;
use super::layer::{Layer, Link, hash};
use super::load::{Overflow, Shape, Share};
use super::packed::{Layout, State};
use super::{Progress, Stopped, Task, Wanted};
use crate::model::{Move, Outcome, Program};

/// A state's number has 32 bits.
const MOST_STATES: u64 = u32::MAX as u64 - 1;

/// Groups of states between two looks at the progress.
const PACE: u64 = 1 << 8;

/// What the search has found.
pub(super) struct Searched<const W: usize> {
    pub(super) states: u64,
    pub(super) transitions: u64,
    pub(super) ends: Ends,
    pub(super) stopped: Option<Stopped>,
    /// All layers, one for each rank, if they were kept.
    pub(super) kept: Vec<Layer<W>>,
    /// Whether there is one layer for each rank, and not one for all.
    pub(super) is_ranked: bool,
}

/// States that are expanded together.
const GROUP: usize = 32;

/// A move, and the state that it leads to.
struct Successor<const W: usize> {
    state: State<W>,
    hash: u64,
    who: usize,
    rise: u32,
    outcome: Outcome,
    loses: bool,
    choices: u8,
}

/// The moves from one state.
struct Family {
    /// The place of the state in its layer.
    from: usize,
    /// Its first successor; they end where those of the next family begin.
    first: usize,
}

struct Search<'a, const W: usize> {
    program: &'a Program,
    layout: &'a Layout,
    task: &'a Task,
    is_ranked: bool,
    /// Every move rises by one rank.
    is_layered: bool,
    shape: Shape,
    /// `open[k]` is `k + 1` ranks above the layer whose turn it is.
    open: VecDeque<Layer<W>>,
    spare: Vec<Layer<W>>,
    kept_bytes: usize,
    families: Vec<Family>,
    successors: Vec<Successor<W>>,
    scratch: Vec<u64>,
    expanded: u64,
    found: Searched<W>,
}

/// Visits every state that can be reached from `start`, as `task` says. `progress` hears now and then how far it
/// has come, and may stop the search by answering `false`.
pub(super) fn search<const W: usize>(
    program: &Program,
    layout: &Layout,
    start: &[u32],
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Searched<W> {
    // The shortest schedule first: in order of rank that is certain only where each move rises by one.
    let is_ranked = program.is_acyclic() && (task.first.is_none() || program.is_layered());
    let shape = match task.count && is_ranked {
        true => Shape::of(program),
        false => Shape::NOTHING,
    };
    let ends = Ends::new(shape);
    let found = Searched { states: 0, transitions: 0, ends, stopped: None, kept: Vec::new(), is_ranked };
    let mut search = Search {
        program,
        layout,
        task,
        is_ranked,
        is_layered: program.is_layered(),
        shape,
        open: VecDeque::new(),
        spare: Vec::new(),
        kept_bytes: 0,
        families: Vec::new(),
        successors: Vec::new(),
        scratch: Vec::new(),
        expanded: 0,
        found,
    };
    search.found.stopped = search.run(start, progress).err();
    search.found
}

impl<const W: usize> Search<'_, W> {
    fn run(&mut self, start: &[u32], progress: &mut dyn FnMut(Progress) -> bool) -> Result<(), Stopped> {
        let mut layer = Layer::new();
        let state = self.layout.pack(start);
        layer.insert(state, hash(&state));
        layer.load = self.shape.start();
        if self.task.keep {
            layer.links.push(Link { parent: 0, depth: 0 });
        }
        self.found.states = 1;
        let (mut at, mut rank, mut first) = (start.to_vec(), 0, 0);
        loop {
            layer.first = first;
            let turn = self.take_turn(&mut layer, rank, &mut at, progress);
            first += layer.states.len() as u32;
            self.put_away(layer);
            turn?;
            match self.open.pop_front() {
                Some(next) => layer = next,
                None => return Ok(()),
            }
            rank += 1;
        }
    }

    /// Expands every state of a layer; in the one layer of an unranked search it grows meanwhile.
    fn take_turn(
        &mut self,
        layer: &mut Layer<W>,
        rank: u64,
        at: &mut [u32],
        progress: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(), Stopped> {
        let mut next = 0;
        while next < layer.states.len() {
            let end = layer.states.len().min(next + GROUP);
            (next..end).for_each(|from| self.collect(layer, from, at));
            self.warm(layer);
            self.expand(layer, rank, at)?;
            next = end;
            self.expanded += 1;
            if self.expanded.is_multiple_of(PACE)
                && !progress(Progress {
                    states: self.found.states,
                    rank,
                    last_rank: self.program.last_rank(),
                    doing: super::Doing::Visiting,
                })
            {
                return Err(Stopped::Interrupted);
            }
        }
        Ok(())
    }

    fn put_away(&mut self, mut layer: Layer<W>) {
        if self.task.keep {
            layer.shrink();
            if self.is_ranked {
                layer.forget_index();
            }
            self.kept_bytes += layer.bytes();
            self.found.kept.push(layer);
        } else {
            layer.clear();
            self.spare.push(layer);
        }
    }

    /// Asks the model for the moves from one state.
    #[inline]
    fn collect(&mut self, layer: &Layer<W>, from: usize, at: &mut [u32]) {
        let (program, layout, successors) = (self.program, self.layout, &mut self.successors);
        let (state, is_layered) = (layer.states[from], self.is_layered);
        layout.unpack(&state, at);
        self.families.push(Family { from, first: successors.len() });
        let visit = |made: Move| {
            let (mut then, mut rise) = (state, 1);
            made.changes.iter().for_each(|&(who, to)| then = layout.moved(then, who, to));
            if !is_layered {
                let risen = |&(who, to): &(usize, u32)| program.rank(who, to) - program.rank(who, at[who]);
                rise = made.changes.iter().map(risen).sum();
            }
            let Move { who, outcome, loses, choices, .. } = made;
            successors.push(Successor { state: then, hash: hash(&then), who, rise, outcome, loses, choices });
        };
        // A harmless step commutes with all others, and loses a record then or now: taking it alone keeps every state
        // in which nobody can move, and the shortest way to it.
        match self.task.first.is_some() && program.is_monotone() {
            true => match program.harmless_mover(at) {
                Some(who) => program.for_each_move_of(at, who, visit),
                None => program.for_each_move(at, visit),
            },
            false => program.for_each_move(at, visit),
        }
    }

    /// Looks at all places in memory that are about to be needed. The processor waits for many of them at once, which
    /// takes no longer than to wait for one; what is read there does not matter yet.
    fn warm(&self, layer: &Layer<W>) {
        let target = |successor: &Successor<W>| match self.is_ranked {
            true => self.open.get(successor.rise as usize - 1),
            false => Some(layer),
        };
        let entries = self.successors.iter().filter_map(|s| Some(target(s)?.look_at_index(s.hash)));
        std::hint::black_box(entries.fold(0, |all, entry| all ^ entry));
        let states = self.successors.iter().filter_map(|s| Some(target(s)?.look_at_state(s.hash)));
        std::hint::black_box(states.fold(0, |all, state| all ^ state));
    }

    /// Adds the successors of a group of states to the layers where they belong.
    fn expand(&mut self, layer: &mut Layer<W>, rank: u64, at: &mut [u32]) -> Result<(), Stopped> {
        let (mut families, mut successors) = (std::mem::take(&mut self.families), std::mem::take(&mut self.successors));
        self.found.transitions += successors.len() as u64;
        let keeps_all = self.task.first == Some(Wanted::EndWithoutLoss);
        for (number, family) in families.iter().enumerate() {
            let end = families.get(number + 1).map_or(successors.len(), |next| next.first);
            let mine = &successors[family.first..end];
            if mine.is_empty() {
                self.layout.unpack(&layer.states[family.from], at);
                self.end(layer, family.from, rank, at)?;
            }
            let movers = if self.shape.stride() == 0 { 1 } else { movers(mine) };
            let mut ways = mine.iter().filter(|successor| !(successor.loses && keeps_all));
            ways.try_for_each(|successor| self.follow(layer, family.from, successor, movers))?;
        }
        families.clear();
        successors.clear();
        (self.families, self.successors) = (families, successors);
        Ok(())
    }

    /// A state from which nobody can move.
    fn end(&mut self, layer: &Layer<W>, from: usize, rank: u64, at: &[u32]) -> Result<(), Stopped> {
        let stride = self.shape.stride();
        let load = &layer.load[from * stride..][..stride];
        let number = layer.first + from as u32;
        let is_deadlock = !self.program.is_over(at);
        self.found.ends.add(is_deadlock, rank, self.shape, load);
        if is_deadlock != self.task.first.is_none_or(|wanted| wanted == Wanted::Deadlock) {
            return Ok(());
        }
        self.found.ends.wanted(number, layer.links.get(from));
        self.task.first.map_or(Ok(()), |_| Err(Stopped::First))
    }

    /// Adds one successor to the layer where it belongs.
    #[inline]
    fn follow(
        &mut self,
        layer: &mut Layer<W>,
        from: usize,
        successor: &Successor<W>,
        movers: u64,
    ) -> Result<(), Stopped> {
        let stride = self.shape.stride();
        if !self.is_ranked {
            self.make_room(layer, None)?;
            let (known, is_new) = layer.insert(successor.state, successor.hash);
            self.count_state(is_new)?;
            if self.task.keep {
                link(layer, known, is_new, layer.first + from as u32, layer.links[from].depth + 1);
            }
            return Ok(());
        }
        let above = successor.rise as usize - 1;
        while self.open.len() <= above {
            self.open.push_back(self.spare.pop().unwrap_or_else(Layer::new));
        }
        self.make_room(layer, Some(above))?;
        let target = &mut self.open[above];
        let (known, is_new) = target.insert(successor.state, successor.hash);
        self.count_state(is_new)?;
        let target = &mut self.open[above];
        if self.task.keep {
            link(target, known, is_new, layer.first + from as u32, layer.links[from].depth + 1);
        }
        if stride == 0 {
            return Ok(());
        }
        if is_new {
            target.load.resize(target.load.len() + stride, 0);
        }
        self.carry(layer, from, above, known, successor, movers)
    }

    fn carry(
        &mut self,
        layer: &mut Layer<W>,
        from: usize,
        above: usize,
        to: usize,
        successor: &Successor<W>,
        movers: u64,
    ) -> Result<(), Stopped> {
        let share = Share {
            is_granted: successor.outcome != Outcome::Refused,
            keeps_all: !successor.loses,
            of: movers * u64::from(successor.choices),
            rise: successor.rise,
        };
        loop {
            let stride = self.shape.stride();
            let (load, target) = (&layer.load[from * stride..][..stride], &mut self.open[above].load[to * stride..]);
            match self.shape.add(&mut target[..stride], load, share, &mut self.scratch) {
                Ok(()) => return Ok(()),
                Err(overflow) => self.widen(layer, overflow)?,
            }
        }
    }

    /// Gives all numbers one more limb: a count never wraps.
    #[cold]
    fn widen(&mut self, layer: &mut Layer<W>, overflow: Overflow) -> Result<(), Stopped> {
        let wider = self.shape.widened(overflow);
        let states: usize = self.open.iter().chain([&*layer]).map(|layer| layer.states.len()).sum();
        if self.bytes(layer) + states * wider.stride() * size_of::<u64>() > self.task.max_bytes {
            return Err(Stopped::Memory);
        }
        for layer in self.open.iter_mut().chain([layer]) {
            layer.load = self.shape.reshape(&layer.load, wider);
        }
        self.shape = wider;
        Ok(())
    }

    #[inline]
    fn count_state(&mut self, is_new: bool) -> Result<(), Stopped> {
        if is_new && self.found.states == self.task.max_states.min(MOST_STATES) {
            return Err(Stopped::States);
        }
        self.found.states += u64::from(is_new);
        Ok(())
    }

    /// Refuses to pass the bound of memory: before memory is asked for, not after.
    #[inline]
    fn make_room(&self, layer: &Layer<W>, above: Option<usize>) -> Result<(), Stopped> {
        let target = above.map_or(layer, |above| &self.open[above]);
        match target.is_full(self.shape.stride()) && !self.may_grow(layer, target) {
            false => Ok(()),
            true => Err(Stopped::Memory),
        }
    }

    #[cold]
    fn may_grow(&self, layer: &Layer<W>, target: &Layer<W>) -> bool {
        self.bytes(layer) + target.growth(self.task.keep, self.shape.stride()) <= self.task.max_bytes
    }

    fn bytes(&self, layer: &Layer<W>) -> usize {
        let open = self.open.iter().chain(&self.spare).chain([layer]);
        self.kept_bytes + open.map(Layer::bytes).sum::<usize>()
    }
}

#[inline]
fn link<const W: usize>(layer: &mut Layer<W>, at: usize, is_new: bool, parent: u32, depth: u32) {
    if is_new {
        layer.links.push(Link { parent, depth });
    } else if depth < layer.links[at].depth {
        layer.links[at] = Link { parent, depth };
    }
}

/// How many processes these moves are of.
fn movers<const W: usize>(moves: &[Successor<W>]) -> u64 {
    1 + moves.windows(2).filter(|pair| pair[0].who != pair[1].who).count() as u64
}
