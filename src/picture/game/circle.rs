//! The wait-for graph as a drawing: the processes on a circle, and every arrow that a game may need.

use std::f64::consts::TAU;

use maud::{Markup, html};

use crate::play::Pointer;
use crate::report::cut;

/// Columns of a name in a node.
const LONGEST_NAME: usize = 10;

/// Half the height of a node, and half its least width, in pixels.
const NODE: (f64, f64) = (14.0, 20.0);

/// The processes and all arrows that some state has. Which of them are to be seen is the page's affair.
#[derive(Debug)]
pub(super) struct Circle {
    names: Vec<String>,
    arrows: Vec<Pointer>,
    radius: f64,
    half_width: f64,
}

impl Circle {
    pub(super) fn new(names: &[String], arrows: Vec<Pointer>) -> Self {
        let names: Vec<String> = names.iter().map(|name| cut(name, LONGEST_NAME)).collect();
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
        let half_width = (longest * 4.5 + 8.0).max(NODE.1);
        // Neighbours have room for a node each and an arrow with its word.
        let radius = (names.len() as f64 * (half_width + 16.0) * 2.0 / TAU).max(92.0);
        Self { names, arrows, radius, half_width }
    }

    fn place(&self, who: usize) -> (f64, f64) {
        let turn = TAU * who as f64 / self.names.len() as f64 - TAU / 4.0;
        // One alone stands in the middle; two stand side by side.
        match self.names.len() {
            1 => (0.0, 0.0),
            2 => (if who == 0 { -self.radius } else { self.radius }, 0.0),
            _ => (self.radius * turn.cos(), self.radius * turn.sin()),
        }
    }

    pub(super) fn draw(&self) -> Markup {
        let wide = (self.radius + self.half_width + 12.0).ceil();
        let rows = (0..self.names.len()).map(|who| self.place(who).1);
        let (top, bottom) = rows.fold((0.0_f64, 0.0_f64), |(top, bottom), y| (top.min(y), bottom.max(y)));
        // Room for the bows of arrows between the lowest two, or the only two.
        let (top, bottom) = ((top - NODE.0 - 30.0).floor(), (bottom + NODE.0 + 30.0).ceil());
        let view = format!("{} {top} {} {}", -wide, 2.0 * wide, bottom - top);
        html! {
            svg viewBox=(view) role="img" aria-labelledby="graph-text" {
                defs { (tip("tip-waits")) (tip("tip-cycle")) }
                @for (id, arrow) in self.arrows.iter().enumerate() {
                    @let (path, (x, y)) = self.path(arrow);
                    g class="arrow" data-arrow=(id) {
                        path d=(path) {}
                        text x=(x) y=(y) { (cut(&arrow.label, LONGEST_NAME)) }
                    }
                }
                @for (who, name) in self.names.iter().enumerate() {
                    @let (x, y) = self.place(who);
                    g class="node" data-node=(who) transform=(format!("translate({} {})", rounded(x), rounded(y))) {
                        rect x=(-self.half_width) y=(-NODE.0) width=(2.0 * self.half_width) height=(2.0 * NODE.0)
                            rx="6" {}
                        text y="5" { (name) }
                    }
                }
            }
        }
    }

    /// A bow to the right of the straight line, so that there and back are two; and where its word stands.
    fn path(&self, arrow: &Pointer) -> (String, (f64, f64)) {
        let (from, to) = (self.place(arrow.waiter), self.place(arrow.holder));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1.0);
        let (ux, uy) = (dx / length, dy / length);
        // Several arrows between the same two, for several locks, have bows of several heights.
        let same = |other: &&Pointer| (other.waiter, other.holder) == (arrow.waiter, arrow.holder);
        let index = self.arrows.iter().filter(same).position(|other| other.label == arrow.label).unwrap_or(0);
        let bow = 26.0 + 18.0 * index as f64;
        let (cx, cy) = ((from.0 + to.0) / 2.0 - uy * bow, (from.1 + to.1) / 2.0 + ux * bow);
        let (x1, y1) = self.rim(from, (cx, cy));
        let (x2, y2) = self.rim(to, (cx, cy));
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(rounded);
        let word = (
            rounded((from.0 + to.0) / 2.0 - uy * (bow * 0.5 + 8.0)),
            rounded((from.1 + to.1) / 2.0 + ux * (bow * 0.5 + 8.0) + 4.0),
        );
        (format!("M{x1} {y1}Q{} {} {x2} {y2}", rounded(cx), rounded(cy)), word)
    }

    /// Where the line from the middle of a node toward a point leaves it.
    fn rim(&self, node: (f64, f64), toward: (f64, f64)) -> (f64, f64) {
        let (dx, dy) = (toward.0 - node.0, toward.1 - node.1);
        let (wide, high) = (self.half_width + 3.0, NODE.0 + 3.0);
        let share = (wide / dx.abs().max(0.001)).min(high / dy.abs().max(0.001)).min(1.0);
        (node.0 + dx * share, node.1 + dy * share)
    }
}

fn tip(id: &str) -> Markup {
    html! {
        marker id=(id) viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" orient="auto"
            markerUnits="userSpaceOnUse" {
            path d="M0 0 8 4 0 8z" {}
        }
    }
}

fn rounded(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}
