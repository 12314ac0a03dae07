//! The states that a search has kept, as a graph. No edge is stored: the model gives them again.

use super::cycles::{Cycles, Edges, Pace};
use super::layer::Layer;
use super::load::Shape;
use super::packed::Layout;
use super::tally::{Tally, tally};
use super::{Explored, Path, Probability, Safety, Schedules, Task};
use crate::model::{Move, Program};

/// All states of a search, numbered in the order in which it met them, rank by rank.
pub(super) struct Graph<'a, const W: usize> {
    program: &'a Program,
    layout: &'a Layout,
    layers: Vec<Layer<W>>,
    is_ranked: bool,
}

impl<'a, const W: usize> Graph<'a, W> {
    pub(super) fn new(program: &'a Program, layout: &'a Layout, layers: Vec<Layer<W>>, is_ranked: bool) -> Self {
        Self { program, layout, layers, is_ranked }
    }

    pub(super) fn len(&self) -> usize {
        self.layers.iter().map(|layer| layer.states.len()).sum()
    }

    fn bytes(&self) -> usize {
        self.layers.iter().map(Layer::bytes).sum()
    }

    /// The layer of a state, and its place there.
    fn place(&self, number: u32) -> (usize, usize) {
        let layer = self.layers.partition_point(|layer| layer.first <= number) - 1;
        // Of several layers with one first number all but the last are empty.
        (layer, (number - self.layers[layer].first) as usize)
    }

    /// Where everybody stands in a state.
    pub(super) fn stands(&self, number: u32) -> Vec<u32> {
        let (layer, place) = self.place(number);
        let mut at = self.program.start();
        self.layout.unpack(&self.layers[layer].states[place], &mut at);
        at
    }

    /// Shows each move from a state of `layer`, with the number of the state that it leads to.
    pub(super) fn for_each_edge(&self, layer: usize, at: &[u32], mut visit: impl FnMut(&Move, u32)) {
        let state = self.layout.pack::<W>(at);
        self.program.for_each_move(at, |made| {
            let (mut then, mut rise) = (state, 0);
            for &(who, to) in made.changes {
                then = self.layout.moved(then, who, to);
                rise += self.program.rank(who, to) - self.program.rank(who, at[who]);
            }
            let layer = self.layers.get(if self.is_ranked { layer + rise as usize } else { layer });
            if let Some(number) = layer.and_then(|layer| Some(layer.first + layer.find(&then)? as u32)) {
                visit(&made, number);
            }
        });
    }

    /// The fewest moves that lead to a state.
    pub(super) fn path_to(&self, number: u32) -> Path {
        self.path_along(&self.numbers_to(number))
    }

    fn numbers_to(&self, number: u32) -> Vec<u32> {
        let mut numbers = vec![number];
        let mut last = number;
        loop {
            let (layer, place) = self.place(last);
            let link = self.layers[layer].links[place];
            if link.depth == 0 {
                break;
            }
            last = link.parent;
            numbers.push(last);
        }
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

    /// What can be said only when every state is known, unless `go_on` answers `false` on the way.
    pub(super) fn finish(
        &mut self,
        explored: &mut Explored,
        task: &Task,
        nearest: u32,
        go_on: &mut dyn FnMut() -> bool,
    ) {
        let mut pace = Pace::new(go_on);
        let safe = if self.is_ranked {
            explored.loops = Some(super::Loops::default());
            if self.bytes() + self.bytes_to_look_back() > task.max_bytes {
                return;
            }
            self.safe_by_rank(&mut pace)
        } else if self.bytes() + Edges::bytes(explored.states, explored.transitions) > task.max_bytes {
            return; // they don't fit: nothing is known of cycles
        } else {
            self.follow_edges(explored, task, &mut pace)
        };
        let Some(safe) = safe else { return };
        let count = safe.iter().filter(|safe| **safe).count() as u64;
        let deadlocked = explored.deadlock_states;
        explored.safety = Some(Safety { safe: count, unsafe_: explored.states - count - deadlocked, deadlocked });
        if let Some(path) = &mut explored.shortest {
            path.safe_moves = self.numbers_to(nearest).iter().rposition(|&number| safe[number as usize]);
        }
    }

    /// What the moves tell all together; which states are safe.
    fn follow_edges(&self, explored: &mut Explored, task: &Task, pace: &mut Pace) -> Option<Vec<bool>> {
        let edges = Edges::new(self, self.program, explored.transitions as usize, pace)?;
        let safe = edges.safe(pace)?;
        if task.count {
            match tally(&edges, Shape::of(self.program), task.max_bytes / 4, pace) {
                Tally::Counted(ends) => explored.count(&ends),
                Tally::TooLarge | Tally::Interrupted => {}
                Tally::Endless => {
                    explored.schedules = Some(Schedules::Infinite);
                    explored.p_deadlock = edges.p_deadlock(pace).map(Probability::About);
                }
            }
        }
        explored.loops = Cycles::new(self, &edges).loops(self.program, pace);
        Some(safe)
    }

    /// What [`Graph::safe_by_rank`] needs: a mark for each state, and the indices of the ranks above.
    fn bytes_to_look_back(&self) -> usize {
        let indexed = match self.program.is_layered() {
            true => 2 * self.layers.iter().map(|layer| layer.states.len()).max().unwrap_or(0),
            false => self.len(),
        };
        self.len() + indexed * Layer::<W>::MOST_INDEX_BYTES
    }

    /// From which states everybody can still end: from the last rank to the first.
    fn safe_by_rank(&mut self, pace: &mut Pace) -> Option<Vec<bool>> {
        let mut safe = vec![false; self.len()];
        let mut at = self.program.start();
        for rank in (0..self.layers.len()).rev() {
            if let Some(above) = self.layers.get_mut(rank + 1) {
                above.find_again();
            }
            // No move of a layered program leads further up than one rank.
            if let Some(far) = self.layers.get_mut(rank + 2).filter(|_| self.program.is_layered()) {
                far.forget_index();
            }
            let layer = &self.layers[rank];
            for (place, state) in layer.states.iter().enumerate() {
                pace.step()?;
                self.layout.unpack(state, &mut at);
                let mut is_safe = self.program.is_over(&at);
                self.for_each_edge(rank, &at, |_, next| is_safe |= safe[next as usize]);
                safe[layer.first as usize + place] = is_safe;
            }
        }
        Some(safe)
    }
}
