//! Cycles of states: who can go on without end, and who is kept waiting meanwhile.

mod way;

use std::collections::VecDeque;

use super::graph::Graph;
use super::{Cycle, Loops, Path};
use crate::model::{Outcome, Program};
use way::Way;

/// Work after which the probability is taken as it is, in edges looked at.
const MOST_WORK: u64 = 2_000_000_000;

/// The probability has settled when no state's changes by more than this.
const SETTLED: f64 = 1e-13;

/// Steps between two looks at whether to go on.
const PACE: u64 = 1 << 16;

/// Asks now and then whether to go on: what comes behind a search can take as long as the search.
pub(super) struct Pace<'a> {
    go_on: &'a mut dyn FnMut() -> bool,
    steps: u64,
}

impl<'a> Pace<'a> {
    /// Once `go_on` has answered `false`, it is to stay with it.
    pub(super) fn new(go_on: &'a mut dyn FnMut() -> bool) -> Self {
        Self { go_on, steps: 0 }
    }

    /// One step further; `None` if that is to be the last.
    pub(super) fn step(&mut self) -> Option<()> {
        self.steps += 1;
        (!self.steps.is_multiple_of(PACE) || (self.go_on)()).then_some(())
    }
}

/// A move, as an edge of the graph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) to: u32,
    pub(super) who: u8,
    /// A round is finished by it.
    finishes: bool,
    pub(super) is_refusal: bool,
    /// A record is lost by it.
    pub(super) loses: bool,
}

/// All moves of a search, by the state that they leave.
pub(super) struct Edges {
    first: Vec<usize>,
    edges: Vec<Edge>,
    /// The states in which everybody has ended.
    over: Vec<bool>,
}

/// The strongly connected components of a graph: who is in a cycle with whom.
struct Components {
    /// The component of each state; successors have the same or a lower one.
    of: Vec<u32>,
    count: usize,
}

impl Edges {
    /// The bytes that they need, with all that is worked out with them.
    pub(super) fn bytes(states: u64, transitions: u64) -> usize {
        const FOR_EACH_STATE: usize = 128;
        states as usize * FOR_EACH_STATE + transitions as usize * size_of::<Edge>()
    }

    /// Asks the model for every move. `None`, here and below: it was not to go on.
    pub(super) fn new<const W: usize>(
        graph: &Graph<W>,
        program: &Program,
        transitions: usize,
        pace: &mut Pace,
    ) -> Option<Self> {
        let states = graph.len();
        let (mut first, mut over) = (Vec::with_capacity(states + 1), Vec::with_capacity(states));
        let mut edges = Vec::with_capacity(transitions);
        for number in 0..states as u32 {
            pace.step()?;
            first.push(edges.len());
            let at = graph.stands(number);
            graph.for_each_edge(&at, |made, to| {
                let finishes = made.outcome == Outcome::Granted && program.is_last_step(made.who, at[made.who]);
                let is_refusal = made.outcome == Outcome::Refused;
                edges.push(Edge { to, who: made.who as u8, finishes, is_refusal, loses: made.loses });
            });
            over.push(program.is_over(&at));
        }
        first.push(edges.len());
        Some(Self { first, edges, over })
    }

    pub(super) fn len(&self) -> usize {
        self.over.len()
    }

    /// Whether everybody has ended in a state.
    pub(super) fn is_over(&self, state: u32) -> bool {
        self.over[state as usize]
    }

    /// The moves from a state, by process.
    pub(super) fn of(&self, state: u32) -> &[Edge] {
        &self.edges[self.first[state as usize]..self.first[state as usize + 1]]
    }

    /// From which states everybody can still end.
    pub(super) fn safe(&self, pace: &mut Pace) -> Option<Vec<bool>> {
        let components = self.components(|_| true, pace)?;
        let mut safe = vec![false; components.count];
        for state in components.sinks_first() {
            let mine = components.of[state as usize] as usize;
            safe[mine] |= self.over[state as usize]
                || self.of(state).iter().any(|edge| safe[components.of[edge.to as usize] as usize]);
        }
        Some(components.of.iter().map(|&component| safe[component as usize]).collect())
    }

    /// How likely a deadlock is when a fair coin picks who moves: the equations of the states, solved from the ends
    /// backwards, and again and again where there are cycles. `None` also if they do not settle in time.
    pub(super) fn p_deadlock(&self, pace: &mut Pace) -> Option<f64> {
        let components = self.components(|_| true, pace)?;
        let mut p: Vec<f64> = (0..self.len() as u32)
            .map(|state| f64::from(u8::from(self.of(state).is_empty() && !self.over[state as usize])))
            .collect();
        let order = components.sinks_first();
        let mut work = 0;
        for members in order.chunk_by(|&a, &b| components.of[a as usize] == components.of[b as usize]) {
            loop {
                let mut change: f64 = 0.0;
                for &state in members.iter().filter(|&&state| !self.of(state).is_empty()) {
                    pace.step()?;
                    let new = self.average(state, &p);
                    change = change.max((new - p[state as usize]).abs());
                    p[state as usize] = new;
                    work += self.of(state).len() as u64;
                }
                if change < SETTLED || (members.len() == 1 && self.of(members[0]).iter().all(|e| e.to != members[0])) {
                    break;
                }
                if work > MOST_WORK {
                    return None;
                }
            }
        }
        p.first().copied()
    }

    /// Each process that can move is as likely as the next one, and so is each outcome of its move.
    fn average(&self, state: u32, p: &[f64]) -> f64 {
        let edges = self.of(state);
        let movers = edges.chunk_by(|a, b| a.who == b.who);
        let (mut sum, mut count) = (0.0, 0);
        for outcomes in movers {
            sum += outcomes.iter().map(|edge| p[edge.to as usize]).sum::<f64>() / outcomes.len() as f64;
            count += 1;
        }
        sum / f64::from(count)
    }

    /// Tarjan's algorithm (1972), with a stack of its own instead of recursion.
    fn components(&self, follows: impl Fn(&Edge) -> bool, pace: &mut Pace) -> Option<Components> {
        const UNSEEN: u32 = u32::MAX;
        let states = self.len();
        let (mut of, mut low, mut on_stack) = (vec![UNSEEN; states], vec![UNSEEN; states], vec![false; states]);
        let (mut stack, mut path, mut next, mut count) = (Vec::new(), Vec::<(u32, u32, usize)>::new(), 0_u32, 0);
        for root in 0..states as u32 {
            if low[root as usize] != UNSEEN {
                continue;
            }
            path.push((root, next, self.first[root as usize]));
            (low[root as usize], on_stack[root as usize]) = (next, true);
            stack.push(root);
            next += 1;
            while let Some(&mut (state, index, ref mut edge)) = path.last_mut() {
                pace.step()?;
                let at = state as usize;
                if *edge < self.first[at + 1] {
                    let way = self.edges[*edge];
                    *edge += 1;
                    let to = way.to as usize;
                    if !follows(&way) {
                    } else if low[to] == UNSEEN {
                        path.push((way.to, next, self.first[to]));
                        (low[to], on_stack[to]) = (next, true);
                        stack.push(way.to);
                        next += 1;
                    } else if on_stack[to] {
                        low[at] = low[at].min(low[to]);
                    }
                    continue;
                }
                path.pop();
                if let Some(&(before, ..)) = path.last() {
                    low[before as usize] = low[before as usize].min(low[at]);
                }
                if low[at] == index {
                    while let Some(member) = stack.pop() {
                        (of[member as usize], on_stack[member as usize]) = (count, false);
                        if member == state {
                            break;
                        }
                    }
                    count += 1;
                }
            }
        }
        Some(Components { of, count: count as usize })
    }
}

impl Components {
    /// The states, component by component, each after all components that it leads to.
    fn sinks_first(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.of.len() as u32).collect();
        order.sort_by_key(|&state| self.of[state as usize]);
        order
    }
}

/// What is known of one component.
#[derive(Clone, Copy)]
struct Summary {
    /// Some state of it, the first that the search met.
    state: u32,
    /// Processes that move in it.
    moves: u64,
    /// Processes that finish a round in it.
    finishes: u64,
    /// Processes that can move in each of its states.
    always: u64,
}

/// The search for livelock and starvation.
pub(super) struct Cycles<'a, const W: usize> {
    graph: &'a Graph<'a, W>,
    edges: &'a Edges,
}

impl<'a, const W: usize> Cycles<'a, W> {
    pub(super) fn new(graph: &'a Graph<'a, W>, edges: &'a Edges) -> Self {
        Self { graph, edges }
    }

    /// A cycle counts only if it is fair: whoever could always move, does.
    pub(super) fn loops(&self, program: &Program, pace: &mut Pace) -> Option<Loops> {
        let livelock = match self.fair(|edge| !edge.finishes, pace)?.first() {
            Some(summary) => Some(self.cycle(summary, |edge| !edge.finishes, |_| false, pace)?),
            None => None,
        };
        let mut starving = Vec::new();
        // Without choices whoever finishes rounds does so a limited number of times.
        for who in (0..program.process_count()).filter(|_| program.has_choices()) {
            let follows = |edge: &Edge| !(edge.finishes && usize::from(edge.who) == who);
            let cycles = self.fair(follows, pace)?;
            let is_kept = |cycle: &Summary| {
                let at = self.graph.stands(cycle.state);
                cycle.finishes != 0 && !program.place(who, at[who]).is_gone()
            };
            if let Some(summary) = cycles.iter().find(|cycle| is_kept(cycle)) {
                starving.push((who, self.cycle(summary, follows, |edge| edge.finishes, pace)?));
            }
        }
        Some(Loops { livelock, starving })
    }

    /// The fair cycles of the graph with some edges only, the one met first in front.
    fn fair(&self, follows: impl Fn(&Edge) -> bool, pace: &mut Pace) -> Option<Vec<Summary>> {
        let components = self.edges.components(&follows, pace)?;
        let unknown = Summary { state: u32::MAX, moves: 0, finishes: 0, always: u64::MAX };
        let mut summaries = vec![unknown; components.count];
        for state in 0..self.edges.len() as u32 {
            let mine = components.of[state as usize];
            let summary = &mut summaries[mine as usize];
            summary.state = summary.state.min(state);
            let mut can_move = 0;
            for edge in self.edges.of(state) {
                can_move |= 1 << edge.who;
                if follows(edge) && components.of[edge.to as usize] == mine {
                    summary.moves |= 1 << edge.who;
                    summary.finishes |= u64::from(edge.finishes) << edge.who;
                }
            }
            summary.always &= can_move;
        }
        summaries.retain(|summary| summary.moves != 0 && summary.always & !summary.moves == 0);
        summaries.sort_by_key(|summary| summary.state);
        Some(summaries)
    }

    /// The way to a component, and one through it and back to where that began. It is fair by itself: whoever can move
    /// in each of its states does. First it goes to an edge that it is to pass, if there is one. It is as short as the
    /// next nearest step towards that makes it.
    fn cycle(
        &self,
        cycle: &Summary,
        follows: impl Fn(&Edge) -> bool,
        passes: impl Fn(&Edge) -> bool,
        pace: &mut Pace,
    ) -> Option<Cycle> {
        let components = self.edges.components(&follows, pace)?;
        let mine = components.of[cycle.state as usize];
        let inside = |edge: &Edge| follows(edge) && components.of[edge.to as usize] == mine;
        let mut way = Way::new(cycle.state, self.can_move(cycle.state));
        self.extend(&mut way, inside, passes, pace)?;
        let around = loop {
            let mut closed = way.clone();
            if !closed.is_closed() {
                self.extend(&mut closed, inside, |edge| edge.to == cycle.state, pace)?;
            }
            let unfair = closed.unfair();
            if unfair == 0 {
                break closed;
            }
            // Somebody moves who has not, or comes to where it can't. The component is fair, so there is such a step.
            let helps = |edge: &Edge| unfair & (1 << edge.who | !self.can_move(edge.to)) != 0;
            if !self.extend(&mut way, inside, helps, pace)? {
                break closed;
            }
        };
        Some(Cycle { into: self.graph.path_to(cycle.state), around: around.path(self.graph) })
    }

    /// Who can move in a state, as bits.
    fn can_move(&self, state: u32) -> u64 {
        self.edges.of(state).iter().fold(0, |movers, edge| movers | 1 << edge.who)
    }

    /// Goes on by the fewest moves to the other end of an edge that is wanted, if there is one.
    fn extend(
        &self,
        way: &mut Way,
        inside: impl Fn(&Edge) -> bool,
        wanted: impl Fn(&Edge) -> bool,
        pace: &mut Pace,
    ) -> Option<bool> {
        let edges = self.nearest(way.last, inside, wanted, pace)?;
        edges.iter().for_each(|edge| way.go(edge, self.can_move(edge.to)));
        Some(!edges.is_empty())
    }

    /// The shortest way from a state over an edge that is wanted.
    fn nearest(
        &self,
        from: u32,
        inside: impl Fn(&Edge) -> bool,
        wanted: impl Fn(&Edge) -> bool,
        pace: &mut Pace,
    ) -> Option<Vec<Edge>> {
        const UNSEEN: u32 = u32::MAX;
        let mut before = vec![UNSEEN; self.edges.len()];
        let mut open = VecDeque::from([from]);
        before[from as usize] = from;
        while let Some(state) = open.pop_front() {
            pace.step()?;
            for edge in self.edges.of(state).iter().filter(|edge| inside(edge)) {
                if wanted(edge) {
                    let mut way = vec![*edge];
                    let mut last = state;
                    while last != from {
                        let earlier = before[last as usize];
                        let edges = self.edges.of(earlier).iter();
                        way.extend(edges.filter(|edge| inside(edge) && edge.to == last).take(1));
                        last = earlier;
                    }
                    way.reverse();
                    return Some(way);
                }
                if before[edge.to as usize] == UNSEEN {
                    before[edge.to as usize] = state;
                    open.push_back(edge.to);
                }
            }
        }
        Some(Vec::new())
    }
}
