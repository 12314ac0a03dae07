//! The states of a small scenario as data: what can be drawn, and played on a page.
//!
//! The search of this room keeps no edges and packs its states, as it has to visit millions of them. Whoever draws
//! a graph wants the opposite: few states, each with all that is known of it. The rules are the model's here, too.

use std::collections::{BTreeMap, BTreeSet};

use super::Path;
use crate::model::{Move, Outcome, Program};

#[cfg(test)]
mod tests;
mod ways;

/// States that are looked at, all together, to learn whether a part of a graph can still end well.
const MOST_LOOKED_AT: usize = 200_000;

/// All states of a scenario, or the part of them that some way needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The states, numbered breadth-first from the start, which is 0.
    pub states: Vec<Node>,
    /// Which states these are.
    pub extent: Extent,
}

/// Which states a map has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All that can be reached.
    Whole,
    /// Those on all shortest ways to a deadlock, and all their successors.
    ShortestWays,
    /// Those of one way, and all their successors.
    OneWay,
}

/// How a state stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Everybody has ended or crashed.
    Finished,
    /// Nobody can move, and somebody has not ended.
    Deadlocked,
    /// Somebody can move, and everybody can still end.
    Safe,
    /// Somebody can move, and no schedule brings everybody to the end.
    Doomed,
    /// Somebody can move; whether everybody can still end is not known. Only in a map that is not whole.
    Unknown,
}

/// One state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where everybody stands.
    pub at: Vec<u32>,
    /// The fewest moves that lead here from the start, within the map.
    pub depth: u32,
    /// The moves from here, by process.
    pub moves: Vec<Arc>,
    /// Whether `moves` says who can move; else the map ends here.
    pub is_open: bool,
    /// What can still become of it.
    pub fate: Fate,
    /// The fewest moves to a deadlock, within the map; `None` if none can be reached there.
    pub to_deadlock: Option<u32>,
    /// The fewest moves to the end of everybody, within the map.
    pub to_end: Option<u32>,
    /// The state before it on a way of `depth` moves, and the place of the move among those from there.
    before: Option<(usize, usize)>,
}

/// One move from a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc {
    /// Who makes it.
    pub who: usize,
    /// Which step of its program.
    pub step: usize,
    /// What becomes of the step.
    pub outcome: Outcome,
    /// A record is lost by it.
    pub loses: bool,
    /// Time decides whether this process goes on, and so it ends: the second of two outcomes.
    pub ends: bool,
    /// The number of the state that it leads to.
    pub to: usize,
}

impl Map {
    /// All states that can be reached; `None` if there are more than `most`.
    pub fn whole(program: &Program, most: usize) -> Option<Self> {
        let mut map = Self { states: grow(program, most, |_| true, |_, _| true, |_| false)?, extent: Extent::Whole };
        map.measure();
        for node in &mut map.states {
            node.fate = match (node.fate, node.to_end) {
                (Fate::Unknown, Some(_)) => Fate::Safe,
                (Fate::Unknown, None) => Fate::Doomed,
                (fate, _) => fate,
            };
        }
        Some(map)
    }

    /// Only the states of a way from the start, and where a single move leads from each of them.
    pub fn along(program: &Program, way: &Path) -> Self {
        let on_the_way: BTreeSet<&[u32]> = way.states.iter().map(Vec::as_slice).collect();
        Self::part(program, Extent::OneWay, |at| on_the_way.contains(at))
    }

    /// The states on all ways to a deadlock that are as short as this shortest one, and where a single move leads from
    /// each of them; `None` if it leads to no deadlock, or if they are not known without a look at more than `most`.
    pub fn along_all(program: &Program, shortest: &Path, most: usize) -> Option<Self> {
        let on_a_way = ways::on_shortest(program, shortest.movers.len(), most)?;
        let is_one = shortest.states.last().is_some_and(|end| on_a_way.contains(end));
        is_one.then(|| Self::part(program, Extent::ShortestWays, |at| on_a_way.contains(at)))
    }

    /// Whether these are all states that can be reached.
    pub fn is_whole(&self) -> bool {
        self.extent == Extent::Whole
    }

    fn part(program: &Program, extent: Extent, opens: impl Fn(&[u32]) -> bool) -> Self {
        // No state has more moves than two for each process.
        let mut map =
            Self { states: grow(program, usize::MAX, opens, |_, _| true, |_| false).unwrap_or_default(), extent };
        map.measure();
        let mut seer = Seer::new(program, MOST_LOOKED_AT);
        // From the last one back: what is known of those behind helps those before.
        for node in map.states.iter_mut().rev().filter(|node| node.fate == Fate::Unknown) {
            node.fate = match seer.way_to_the_end(&node.at) {
                Sight::Way(_) => Fate::Safe,
                Sight::NoWay => Fate::Doomed,
                Sight::TooFar => Fate::Unknown,
            };
        }
        map
    }

    /// How many moves there are.
    pub fn move_count(&self) -> usize {
        self.states.iter().map(|node| node.moves.len()).sum()
    }

    /// How many states have this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.states.iter().filter(|node| node.fate == fate).count()
    }

    /// The moves of one of the shortest ways to a state: from which state, and which of its moves.
    pub fn way_to(&self, number: usize) -> Vec<(usize, usize)> {
        let before = |&(from, _): &(usize, usize)| self.states[from].before;
        let mut way: Vec<_> = core::iter::successors(self.states[number].before, before).collect();
        way.reverse();
        way
    }

    /// For each state the fewest moves along such arcs to a state that is wanted.
    pub fn distances(&self, wanted: impl Fn(&Node) -> bool, along: impl Fn(&Arc) -> bool) -> Vec<Option<u32>> {
        let mut into: Vec<Vec<usize>> = vec![Vec::new(); self.states.len()];
        for (from, node) in self.states.iter().enumerate() {
            node.moves.iter().filter(|arc| along(arc)).for_each(|arc| into[arc.to].push(from));
        }
        let mut distances: Vec<Option<u32>> = self.states.iter().map(|node| wanted(node).then_some(0)).collect();
        let mut turn: Vec<usize> = (0..self.states.len()).filter(|&number| distances[number].is_some()).collect();
        let mut next = 0;
        while let Some(&to) = turn.get(next) {
            next += 1;
            for &from in &into[to] {
                if distances[from].is_none() {
                    distances[from] = distances[to].map(|moves| moves + 1);
                    turn.push(from);
                }
            }
        }
        distances
    }

    fn measure(&mut self) {
        let to_deadlock = self.distances(|node| node.fate == Fate::Deadlocked, |_| true);
        let to_end = self.distances(|node| node.fate == Fate::Finished, |_| true);
        for (node, (to_deadlock, to_end)) in self.states.iter_mut().zip(to_deadlock.into_iter().zip(to_end)) {
            (node.to_deadlock, node.to_end) = (to_deadlock, to_end);
        }
    }
}

/// A way on which everybody comes to the end, found by going deep first: seldom the shortest, but found where there are
/// too many states to visit all of them. `None` if there is none, or it was not found among so many states.
pub fn some_way_to_the_end(program: &Program, most: usize) -> Option<Path> {
    let mut seer = Seer::new(program, most);
    match seer.way_to_the_end(&program.start()) {
        Sight::Way(states) => {
            let mover = |pair: &[Vec<u32>]| program.move_between(&pair[0], &pair[1]).map(|(who, _)| who);
            Some(Path { movers: states.windows(2).filter_map(mover).collect(), states, safe_moves: None })
        }
        Sight::NoWay | Sight::TooFar => None,
    }
}

/// What a way is looked for to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// This state.
    State,
    /// The move from it with this number.
    Move(usize),
}

/// One of the shortest ways to what is sought, over the moves that are followed (where everybody stands, and the
/// move); `Some(None)` if there is none, `None` if that is not known without a look at more than `most` states, or if
/// `go_on`, which is asked at each, said no.
pub fn nearest(
    program: &Program,
    most: usize,
    go_on: &mut dyn FnMut() -> bool,
    follows: impl Fn(&[u32], &Move) -> bool,
    sought: impl Fn(&Node) -> Option<Sought>,
) -> Option<Option<Path>> {
    let mut is_stopped = false;
    let is_last = |node: &Node| {
        is_stopped = !go_on();
        is_stopped || sought(node).is_some()
    };
    let states = grow(program, most, |_| true, follows, is_last)?;
    if is_stopped {
        return None;
    }
    let map = Map { states, extent: Extent::OneWay };
    let Some((last, found)) = map.states.iter().enumerate().find_map(|(at, node)| Some((at, sought(node)?))) else {
        return Some(None);
    };
    let by = if let Sought::Move(number) = found { Some((last, number)) } else { None };
    let arcs = map.way_to(last).into_iter().chain(by).map(|(from, arc)| map.states[from].moves[arc]);
    let (mut movers, mut states) = (Vec::new(), vec![program.start()]);
    for arc in arcs {
        movers.push(arc.who);
        states.push(map.states[arc.to].at.clone());
    }
    Some(Some(Path { movers, states, safe_moves: None }))
}

/// All states that can be reached from the start over those that `opens` accepts, by moves that are followed, up to
/// the first that `is_last`; `None` if there are more than `most`.
fn grow(
    program: &Program,
    most: usize,
    opens: impl Fn(&[u32]) -> bool,
    follows: impl Fn(&[u32], &Move) -> bool,
    mut is_last: impl FnMut(&Node) -> bool,
) -> Option<Vec<Node>> {
    let start = program.start();
    let mut states = vec![Node::new(program, start.clone(), 0, None)];
    let mut numbers = BTreeMap::from([(start, 0)]);
    let mut next = 0;
    while next < states.len() {
        let at = states[next].at.clone();
        if opens(&at) || is_at_rest(program, &at) {
            let mut moves: Vec<Arc> = Vec::new();
            program.for_each_move(&at, |made| {
                if !follows(&at, &made) {
                    return;
                }
                let mut then = at.clone();
                made.make(&mut then);
                let (depth, before) = (states[next].depth + 1, Some((next, moves.len())));
                let to = *numbers.entry(then).or_insert_with_key(|then| {
                    states.push(Node::new(program, then.clone(), depth, before));
                    states.len() - 1
                });
                let step = program.place(made.who, at[made.who]).step;
                let ends = moves.last().is_some_and(|last| last.who == made.who);
                moves.push(Arc { who: made.who, step, outcome: made.outcome, loses: made.loses, ends, to });
            });
            (states[next].moves, states[next].is_open) = (moves, true);
            if is_last(&states[next]) {
                break;
            }
        }
        if states.len() > most {
            return None;
        }
        next += 1;
    }
    Some(states)
}

fn is_at_rest(program: &Program, at: &[u32]) -> bool {
    let mut is_at_rest = true;
    program.for_each_move(at, |_| is_at_rest = false);
    is_at_rest
}

impl Node {
    fn new(program: &Program, at: Vec<u32>, depth: u32, before: Option<(usize, usize)>) -> Self {
        let fate = match (program.is_over(&at), is_at_rest(program, &at)) {
            (true, _) => Fate::Finished,
            (false, true) => Fate::Deadlocked,
            (false, false) => Fate::Unknown,
        };
        Self { at, depth, moves: Vec::new(), is_open: false, fate, to_deadlock: None, to_end: None, before }
    }
}

/// Where a single move leads. Those that the first process leads to come last.
fn successors(program: &Program, at: &[u32]) -> Vec<Vec<u32>> {
    let mut successors = Vec::new();
    program.for_each_move(at, |made| {
        let mut then = at.to_vec();
        made.make(&mut then);
        successors.push(then);
    });
    successors.reverse();
    successors
}

/// What looking ahead has found.
enum Sight {
    /// The states on a way to the end of everybody, or to a state that is known to have one.
    Way(Vec<Vec<u32>>),
    /// There is none.
    NoWay,
    /// It was not looked far enough.
    TooFar,
}

/// Looks ahead, deep first.
struct Seer<'a> {
    program: &'a Program,
    /// From these states a way to the end was found.
    safe: BTreeSet<Vec<u32>>,
    /// From these states nobody finds an end.
    dead: BTreeSet<Vec<u32>>,
    /// So many states may still be looked at.
    left: usize,
}

impl<'a> Seer<'a> {
    fn new(program: &'a Program, left: usize) -> Self {
        Self { program, safe: BTreeSet::new(), dead: BTreeSet::new(), left }
    }

    fn way_to_the_end(&mut self, from: &[u32]) -> Sight {
        let mut seen = BTreeSet::from([from.to_vec()]);
        // The way so far: each state with those of its successors that were not looked at; the first process's first.
        let mut way = vec![(from.to_vec(), successors(self.program, from))];
        while let Some((at, rest)) = way.last_mut() {
            if self.program.is_over(at) || self.safe.contains(at) {
                let way: Vec<Vec<u32>> = way.into_iter().map(|(at, _)| at).collect();
                self.safe.extend(way.iter().cloned());
                return Sight::Way(way);
            }
            let Some(then) = rest.pop() else {
                way.pop();
                continue;
            };
            if self.dead.contains(&then) || !seen.insert(then.clone()) {
                continue;
            }
            if self.left == 0 {
                return Sight::TooFar;
            }
            self.left -= 1;
            let successors = successors(self.program, &then);
            way.push((then, successors));
        }
        self.dead.append(&mut seen);
        Sight::NoWay
    }
}
