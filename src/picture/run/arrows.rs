//! The arrows of the wait-for graph that occur in a run: each is drawn once, and those of an instant are shown.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::circle::{self, Circle};
use super::super::reel::Reel;
use super::still::{Arrow, Still};

/// More different arrows than this are not drawn.
const MOST: usize = 600;

/// The arrows of one run by their numbers, and the circle on which they are drawn.
pub(super) struct Arrows {
    numbers: BTreeMap<(usize, usize, String), usize>,
    circle: Circle,
    /// Whether some are not drawn.
    pub(super) is_cut: bool,
}

impl Arrows {
    /// Gathers the arrows of all stills.
    pub(super) fn of(reel: &Reel, stills: &[Still]) -> Self {
        let place = |process: usize| reel.cast.iter().position(|known| *known == process);
        let (mut numbers, mut drawn, mut is_cut) = (BTreeMap::new(), Vec::new(), false);
        for arrow in stills.iter().flat_map(|still| &still.arrows) {
            if numbers.contains_key(&key(arrow)) {
                continue;
            }
            // Of many processes some have no lane, and no place on the circle.
            let (Some(waiter), Some(holder), true) = (place(arrow.waiter), place(arrow.holder), drawn.len() < MOST)
            else {
                is_cut = true;
                continue;
            };
            numbers.insert(key(arrow), drawn.len());
            drawn.push(circle::Arrow { waiter, holder, label: arrow.lock.clone() });
        }
        let names: Vec<String> = reel.lanes.iter().map(|lane| lane.name.clone()).collect();
        Self { numbers, circle: Circle::new(&names, drawn), is_cut }
    }

    /// The arrows of an instant by their numbers: those that wait, and those of a cycle.
    pub(super) fn shown(&self, still: &Still) -> (Vec<usize>, Vec<usize>) {
        let number = |arrow: &Arrow| self.numbers.get(&key(arrow)).copied();
        let (cycle, waits): (Vec<&Arrow>, Vec<&Arrow>) = still.arrows.iter().partition(|arrow| arrow.in_cycle);
        (waits.into_iter().filter_map(number).collect(), cycle.into_iter().filter_map(number).collect())
    }

    /// Draws them as they are at one instant.
    pub(super) fn draw(&self, run: usize, still: &Still) -> Markup {
        let (waits, cycle) = self.shown(still);
        html! { div data-graph=(run) { (self.circle.draw("holds", &waits, &cycle)) } }
    }
}

fn key(arrow: &Arrow) -> (usize, usize, String) {
    (arrow.waiter, arrow.holder, arrow.lock.clone())
}
