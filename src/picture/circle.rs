//! The wait-for graph as SVG: the processes on a circle, and every arrow that a page may need. Which of them are to be
//! seen at a moment is told by their classes, `on` and `cycle`.

use std::f64::consts::TAU;

use maud::{Markup, html};

use crate::report::{cut, width};

/// Columns of a name in a node, and of a word at an arrow.
const LONGEST_NAME: usize = 10;

/// Half the height of a node, and half its least width, in pixels.
const NODE: (f64, f64) = (14.0, 20.0);

/// Half the width of a head, and its length.
const HEAD: (f64, f64) = (5.0, 9.0);

type Point = (f64, f64);

/// Somebody waits for somebody; both by their places among the names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    pub(super) waiter: usize,
    pub(super) holder: usize,
    /// For what.
    pub(super) label: String,
}

/// The processes and all arrows that some moment has.
#[derive(Debug)]
pub(super) struct Circle {
    names: Vec<String>,
    arrows: Vec<Arrow>,
    radius: f64,
    half_width: f64,
}

impl Circle {
    pub(super) fn new(names: &[String], arrows: Vec<Arrow>) -> Self {
        let names: Vec<String> = names.iter().map(|name| cut(name, LONGEST_NAME)).collect();
        let longest = names.iter().map(|name| width(name)).max().unwrap_or(0) as f64;
        let half_width = (longest * 4.5 + 8.0).max(NODE.1);
        // Neighbours have room for a node each and an arrow with its word.
        let radius = (names.len() as f64 * (half_width + 16.0) * 2.0 / TAU).max(92.0);
        Self { names, arrows, radius, half_width }
    }

    /// Draws it with these arrows to be seen: those that are waits, and those of a cycle. `told` is the element that
    /// says the same in words.
    pub(super) fn draw(&self, told: &str, waits: &[usize], cycle: &[usize]) -> Markup {
        let wide = (self.radius + self.half_width + 12.0).ceil();
        let rows = (0..self.names.len()).map(|who| self.place(who).1);
        let (top, bottom) = rows.fold((0.0_f64, 0.0_f64), |(top, bottom), y| (top.min(y), bottom.max(y)));
        // Room for the bows of arrows between the lowest two, or the only two.
        let (top, bottom) = ((top - NODE.0 - 30.0).floor(), (bottom + NODE.0 + 30.0).ceil());
        let view = format!("{} {top} {} {}", -wide, 2.0 * wide, bottom - top);
        let class = |id: usize| match (cycle.contains(&id), waits.contains(&id)) {
            (true, _) => "arrow cycle",
            (_, true) => "arrow on",
            _ => "arrow",
        };
        let is_member = |who: usize| cycle.iter().any(|&id| self.arrows[id].waiter == who);
        html! {
            svg class="circle" viewBox=(view) role="img" aria-label="Who waits for whom" aria-describedby=(told)
                style=(format!("max-width:{:.0}px", 2.6 * wide)) {
                @for (id, arrow) in self.arrows.iter().enumerate() {
                    g class=(class(id)) data-arrow=(id) data-waiter=(arrow.waiter) { (self.arrow(arrow)) }
                }
                @for (who, name) in self.names.iter().enumerate() {
                    @let (x, y) = self.place(who);
                    g class=(if is_member(who) { "node cycle" } else { "node" }) data-node=(who)
                        transform=(format!("translate({} {})", rounded(x), rounded(y))) {
                        rect x=(-self.half_width) y=(-NODE.0) width=(2.0 * self.half_width) height=(2.0 * NODE.0)
                            rx="6" {}
                        text y="5" { (name) }
                    }
                }
            }
        }
    }

    fn place(&self, who: usize) -> Point {
        let turn = TAU * who as f64 / self.names.len() as f64 - TAU / 4.0;
        // One alone stands in the middle; two stand side by side.
        match self.names.len() {
            1 => (0.0, 0.0),
            2 => (if who == 0 { -self.radius } else { self.radius }, 0.0),
            _ => (self.radius * turn.cos(), self.radius * turn.sin()),
        }
    }

    /// A bow to the right of the straight line, so that there and back are two; its head, and its word.
    fn arrow(&self, arrow: &Arrow) -> Markup {
        let (from, to) = (self.place(arrow.waiter), self.place(arrow.holder));
        let (ux, uy) = direction(from, to);
        // Several arrows between the same two, for several locks, have bows of several heights.
        let same = |other: &&Arrow| (other.waiter, other.holder) == (arrow.waiter, arrow.holder);
        let index = self.arrows.iter().filter(same).position(|other| other == arrow).unwrap_or(0);
        let bow = 26.0 + 18.0 * index as f64;
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let aside = |by: f64| (middle.0 - uy * by, middle.1 + ux * by);
        let bend = aside(bow);
        let (begin, end) = (self.rim(from, bend), self.rim(to, bend));
        let (hx, hy) = direction(bend, end);
        let neck = (end.0 - HEAD.1 * hx, end.1 - HEAD.1 * hy);
        let corner = |side: f64| (neck.0 - side * HEAD.0 * hy, neck.1 + side * HEAD.0 * hx);
        let word = aside(bow * 0.5 + 8.0);
        html! {
            path class="line" d=(format!("M{}Q{} {}", point(begin), point(bend), point(neck))) {}
            path class="head" d=(format!("M{}L{}L{}Z", point(end), point(corner(1.0)), point(corner(-1.0)))) {}
            text x=(rounded(word.0)) y=(rounded(word.1 + 4.0)) { (cut(&arrow.label, LONGEST_NAME)) }
        }
    }

    /// Where the line from the middle of a node toward a point leaves it.
    fn rim(&self, node: Point, toward: Point) -> Point {
        let (dx, dy) = (toward.0 - node.0, toward.1 - node.1);
        let (wide, high) = (self.half_width + 3.0, NODE.0 + 3.0);
        let share = (wide / dx.abs().max(0.001)).min(high / dy.abs().max(0.001)).min(1.0);
        (node.0 + dx * share, node.1 + dy * share)
    }
}

/// What the arrows mean.
pub(super) fn key() -> Markup {
    let sign = |class: &str, words: &str| {
        html! {
            span class="key" {
                svg class="circle sign" viewBox="0 0 40 12" width="40" height="12" aria-hidden="true" {
                    g class=(format!("arrow {class}")) {
                        path class="line" d="M1 6H30" {}
                        path class="head" d="M39 6L30 1L30 11Z" {}
                    }
                }
                " " (words)
            }
            " "
        }
    };
    html! {
        p class="keys faint" {
            (sign("on", "waits for whoever holds it"))
            (sign("cycle", "the same, and part of a cycle"))
        }
    }
}

/// Of length 1.
fn direction(from: Point, to: Point) -> Point {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    (dx / length, dy / length)
}

fn point((x, y): Point) -> String {
    format!("{} {}", rounded(x), rounded(y))
}

fn rounded(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}
