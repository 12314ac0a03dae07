//! The states that a search has kept in order of arrival, as a graph. No edge is stored: the model gives them again.

use super::Path;
use super::list::List;
use super::packed::Layout;
use crate::model::{Move, Program};

/// All states of a search, numbered in the order in which it met them.
pub(super) struct Graph<'a, const W: usize> {
    program: &'a Program,
    layout: &'a Layout,
    list: List<W>,
}

impl<'a, const W: usize> Graph<'a, W> {
    pub(super) fn new(program: &'a Program, layout: &'a Layout, list: List<W>) -> Self {
        Self { program, layout, list }
    }

    /// How many states there are.
    pub(super) fn len(&self) -> usize {
        self.list.states.len()
    }

    /// The bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.list.bytes()
    }

    /// Where everybody stands in a state.
    pub(super) fn stands(&self, number: u32) -> Vec<u32> {
        let mut at = self.program.start();
        self.layout.unpack(&self.list.states[number as usize], &mut at);
        at
    }

    /// Shows each move from a state, with the number of the state that it leads to.
    pub(super) fn for_each_edge(&self, at: &[u32], mut visit: impl FnMut(&Move, u32)) {
        let state = self.layout.pack::<W>(at);
        self.program.for_each_move(at, |made| {
            let then = made.changes.iter().fold(state, |state, &(who, to)| self.layout.moved(state, who, to));
            if let Some(number) = self.list.find(&then) {
                visit(&made, number as u32);
            }
        });
    }

    /// The fewest moves that lead to a state.
    pub(super) fn path_to(&self, number: u32) -> Path {
        self.path_along(&self.numbers_to(number))
    }

    /// The states on the way to a state, by their numbers.
    pub(super) fn numbers_to(&self, number: u32) -> Vec<u32> {
        let before = |&number: &u32| (number > 0).then(|| self.list.parents[number as usize]);
        let mut numbers: Vec<u32> = core::iter::successors(Some(number), before).collect();
        numbers.reverse();
        numbers
    }

    /// The way along these states, each a successor of the one before it.
    pub(super) fn path_along(&self, numbers: &[u32]) -> Path {
        let states: Vec<Vec<u32>> = numbers.iter().map(|&number| self.stands(number)).collect();
        let mover = |pair: &[Vec<u32>]| self.program.move_between(&pair[0], &pair[1]).map(|(who, _)| who);
        let movers = states.windows(2).filter_map(mover).collect();
        Path { movers, states, safe_moves: None }
    }
}
