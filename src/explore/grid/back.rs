//! What is asked of a grid once all its states are known: the way to one of them, and from where it can still end well.

use super::{Grid, Spot, Word, bits};
use crate::explore::Path;
use crate::explore::cycles::Pace;
use crate::explore::look_back::Safe;

impl<const W: usize> Grid<'_, W> {
    /// The fewest moves that lead to a state: the states on the way. Of several ways the one is taken on which the last
    /// process that can have moved last did so, then the last that can have moved before it, and so on.
    pub(in crate::explore) fn way_to(&self, spot: Spot) -> Vec<(Spot, Option<usize>)> {
        let (mut way, mut spot) = (Vec::new(), spot);
        while let Some((who, before)) = self.before(spot) {
            way.push((spot, Some(who)));
            spot = before;
        }
        way.push((spot, None));
        way.reverse();
        way
    }

    /// The last process that can have moved last, and the state before that.
    fn before(&self, spot: Spot) -> Option<(usize, Spot)> {
        let mut open = vec![0; self.walks.len()];
        (0..self.walks.len()).rev().filter(|&who| self.steps(who, spot) > 0).find_map(|who| {
            let walk = &self.walks[who];
            let before = Spot { index: spot.index - walk.words, bit: spot.bit - walk.bits };
            self.open(before.index, &mut open);
            (self.has(before) && open[who] >> before.bit & 1 == 1).then_some((who, before))
        })
    }

    /// A way for whoever asked for it.
    pub(in crate::explore) fn path(&self, way: &[(Spot, Option<usize>)]) -> Path {
        let movers = way.iter().filter_map(|(_, who)| *who).collect();
        let states = way.iter().map(|(spot, _)| self.stands(*spot)).collect();
        Path { movers, states, safe_moves: None }
    }

    /// From which states everybody can still end, and which of those on a way are among them. `None` if it is not to
    /// go on.
    pub(in crate::explore) fn safe(mut self, way: &[(Spot, Option<usize>)], pace: &mut Pace) -> Option<Safe> {
        let (mut states, mut open) = (0, vec![0; self.walks.len()]);
        // No state is asked for once those before it are: only the safe ones stay.
        for index in (0..self.words.len()).rev() {
            pace.step()?;
            if self.words[index] != 0 {
                self.open(index, &mut open);
                self.words[index] = self.safe_of(index, &open);
                states += u64::from(self.words[index].count_ones());
            }
        }
        Some(Safe { states, last: way.iter().rposition(|(spot, _)| self.has(*spot)) })
    }

    /// The safe states of a word, if those of all words above it are known.
    fn safe_of(&self, index: usize, open: &[Word]) -> Word {
        let word = self.words[index];
        let moves = || self.walks.iter().zip(open.iter().map(|open| word & open)).filter(|(_, movers)| *movers != 0);
        let stuck = moves().fold(word, |stuck, (_, movers)| stuck & !movers);
        let is_over = |&bit: &u32| self.packing.program.is_over(&self.stands(Spot { index, bit }));
        let over = bits(stuck).filter(is_over).fold(0, |over, bit| over | 1 << bit);
        let outer = moves().filter(|(walk, _)| walk.words > 0);
        let mut safe = outer.fold(over, |safe, (walk, movers)| safe | movers & self.words[index + walk.words]);
        loop {
            let inner = moves().filter(|(walk, _)| walk.words == 0);
            let more = inner.fold(safe, |safe, (walk, movers)| safe | movers & safe >> walk.bits);
            if more == safe {
                return safe;
            }
            safe = more;
        }
    }
}
