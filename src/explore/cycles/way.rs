//! The way around a livelock, as it grows.

use super::{Edge, Graph, Path};

/// A way along the edges, and who is fairly treated on it.
#[derive(Clone)]
pub(super) struct Way {
    states: Vec<u32>,
    movers: Vec<usize>,
    pub(super) last: u32,
    /// Who can move in each of its states.
    always: u64,
    /// Who moves on it.
    moved: u64,
}

impl Way {
    pub(super) fn new(state: u32, can_move: u64) -> Self {
        Self { states: vec![state], movers: Vec::new(), last: state, always: can_move, moved: 0 }
    }

    pub(super) fn go(&mut self, edge: &Edge, can_move: u64) {
        self.states.push(edge.to);
        self.movers.push(usize::from(edge.who));
        self.last = edge.to;
        self.always &= can_move;
        self.moved |= 1 << edge.who;
    }

    /// Whether it has come back to where it began.
    pub(super) fn is_closed(&self) -> bool {
        !self.movers.is_empty() && self.states[0] == self.last
    }

    /// Who could always move, and never does.
    pub(super) fn unfair(&self) -> u64 {
        self.always & !self.moved
    }

    /// With the moves as they are: two of them may have the same states at both ends.
    pub(super) fn path<const W: usize>(self, graph: &Graph<W>) -> Path {
        let states = self.states.into_iter().map(|number| graph.stands(number)).collect();
        Path { movers: self.movers, states, safe_moves: None }
    }
}
