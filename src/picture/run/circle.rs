//! The wait-for graph as SVG: the processes on a circle, every arrow that ever occurs; those of an instant are shown.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::reel::Reel;
use super::still::{Arrow, Still};
use crate::report::{cut, width};

/// More different arrows than this are not drawn.
const MOST: usize = 600;

/// Half the height of a node.
const HALF: f64 = 13.0;

/// Letters of a name in a node.
const LETTERS: usize = 8;

/// The graph of one run.
pub(super) struct Circle {
    nodes: Vec<(usize, String, f64, f64)>,
    arrows: Vec<Arrow>,
    index: BTreeMap<(usize, usize, String), usize>,
    /// Whether some arrows are not drawn.
    pub(super) is_cut: bool,
    /// Half the width of a node: as wide as the longest name needs.
    half: f64,
    size: f64,
}

impl Circle {
    /// Places the processes, and gathers the arrows of all stills.
    pub(super) fn of(reel: &Reel, stills: &[Still]) -> Self {
        let count = reel.cast.len();
        let letters = reel.lanes.iter().map(|lane| width(&lane.name).min(LETTERS)).max().unwrap_or(0);
        let half = (letters as f64 * 4.0 + 7.0).max(15.0);
        let radius = match count {
            1 => 0.0,
            _ => (count as f64 * (2.0 * half + 34.0) / std::f64::consts::TAU).max(84.0),
        };
        let size = 2.0 * (radius + half + 12.0);
        let node = |(at, lane): (usize, &usize)| {
            // The first stands on the left, so that two stand beside each other.
            let angle = std::f64::consts::TAU * at as f64 / count as f64 + std::f64::consts::PI;
            let name = cut(&reel.lanes[at].name, LETTERS);
            (*lane, name, size / 2.0 + radius * angle.cos(), size / 2.0 + radius * angle.sin())
        };
        let nodes = reel.cast.iter().enumerate().map(node).collect();
        let mut circle = Self { nodes, arrows: Vec::new(), index: BTreeMap::new(), is_cut: false, half, size };
        for arrow in stills.iter().flat_map(|still| &still.arrows) {
            let key = (arrow.waiter, arrow.holder, arrow.lock.clone());
            if circle.index.contains_key(&key) {
                continue;
            }
            if circle.arrows.len() == MOST {
                circle.is_cut = true;
                break;
            }
            circle.index.insert(key, circle.arrows.len());
            circle.arrows.push(arrow.clone());
        }
        circle
    }

    /// The arrows of an instant by their numbers: those that wait, and those of a cycle.
    pub(super) fn shown(&self, still: &Still) -> (Vec<usize>, Vec<usize>) {
        let index = |arrow: &Arrow| self.index.get(&(arrow.waiter, arrow.holder, arrow.lock.clone())).copied();
        let (cycle, waits): (Vec<&Arrow>, Vec<&Arrow>) = still.arrows.iter().partition(|arrow| arrow.in_cycle);
        (waits.into_iter().filter_map(index).collect(), cycle.into_iter().filter_map(index).collect())
    }

    /// Draws it as it is at one instant.
    pub(super) fn svg(&self, run: usize, still: &Still) -> Markup {
        let (waits, cycle) = self.shown(still);
        let class = |at: usize| match (cycle.contains(&at), waits.contains(&at)) {
            (true, _) => "arrow on ring",
            (_, true) => "arrow on",
            _ => "arrow",
        };
        let in_cycle = |who: usize| cycle.iter().any(|&at| self.arrows[at].waiter == who);
        html! {
            svg data-graph=(run) viewBox=(format!("0 0 {0:.0} {0:.0}", self.size)) role="img" aria-describedby="holds"
                aria-label="The wait-for graph: who waits for whom"
                style=(format!("max-width:{:.0}px", self.size * 1.3)) {
                @for (at, arrow) in self.arrows.iter().enumerate() {
                    g class=(class(at)) data-arrow=(at) data-waiter=(arrow.waiter) { (self.arrow(arrow)) }
                }
                @for (who, name, x, y) in &self.nodes {
                    g class=(if in_cycle(*who) { "node ring" } else { "node" }) data-node=(who)
                        transform=(format!("translate({x:.1} {y:.1})")) {
                        rect x=(-self.half) y=(-HALF) width=(2.0 * self.half) height=(2.0 * HALF) rx="5" {}
                        text y="4" { (name) }
                    }
                }
            }
        }
    }

    /// A bent line, so that an arrow and its answer are two; its head is a shape of its own.
    fn arrow(&self, arrow: &Arrow) -> Markup {
        let place =
            |who: usize| self.nodes.iter().find(|node| node.0 == who).map_or((0.0, 0.0), |node| (node.2, node.3));
        let (from, to) = (place(arrow.waiter), place(arrow.holder));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let bend = ((from.0 + to.0) / 2.0 - dy * 0.22, (from.1 + to.1) / 2.0 + dx * 0.22);
        let (begin, end) = (self.border(from, bend), self.border(to, bend));
        // The tangent at the end, as far as the head reaches.
        let (tx, ty) = (end.0 - bend.0, end.1 - bend.1);
        let length = tx.hypot(ty).max(1.0);
        let (ux, uy) = (tx / length, ty / length);
        let base = (end.0 - 9.0 * ux, end.1 - 9.0 * uy);
        let head = format!(
            "M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
            end.0,
            end.1,
            base.0 - 5.0 * uy,
            base.1 + 5.0 * ux,
            base.0 + 5.0 * uy,
            base.1 - 5.0 * ux
        );
        let (bx, by) = bend;
        let line = format!("M{:.1} {:.1}Q{bx:.1} {by:.1} {:.1} {:.1}", begin.0, begin.1, base.0, base.1);
        let label = ((begin.0 + end.0 + 2.0 * bx) / 4.0, (begin.1 + end.1 + 2.0 * by) / 4.0);
        html! {
            path class="line" d=(line) {}
            path class="head" d=(head) {}
            text x=(format!("{:.1}", label.0)) y=(format!("{:.1}", label.1 + 4.0)) { (arrow.lock) }
        }
    }

    /// Where the way from a node's middle to a point leaves the node.
    fn border(&self, node: (f64, f64), to: (f64, f64)) -> (f64, f64) {
        let (dx, dy) = (to.0 - node.0, to.1 - node.1);
        let across = if dx == 0.0 { f64::INFINITY } else { (self.half + 2.0) / dx.abs() };
        let along = if dy == 0.0 { f64::INFINITY } else { (HALF + 2.0) / dy.abs() };
        let share = across.min(along).min(1.0);
        (node.0 + dx * share, node.1 + dy * share)
    }
}
