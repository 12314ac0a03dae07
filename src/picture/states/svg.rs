//! The graph of states as a picture.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use super::layout::Layout;
use super::{MOST_DRAWN, caption, fate, label, told};
use crate::explore::{Fate, Map};
use crate::model::{Program, TooLarge};
use crate::picture::frame::mark;
use crate::report::{grouped, width};
use crate::scenario::Scenario;

/// How it looks. It brings its colours along and lies on white, so that it can stand in any document.
const STYLE: &str = include_str!("states.css");

/// Pixels above the graph, for the caption and what the signs mean.
const HEAD: f64 = 108.0;

/// What a sign and an arrow are.
const MEANING: &str = "Each sign is a state: how far every process has come. An arrow is one step of one process.";

/// Pixels that a sign of the legend takes with its words.
const SIGN: usize = 225;

/// No picture is narrower: the caption and the legend have to fit.
const LEAST_WIDTH: f64 = 1_360.0;

/// How far from its middle an arrow keeps from a state.
const RADIUS: f64 = 17.0;

/// The picture.
///
/// # Errors
/// There are more than [`MOST_DRAWN`] states.
pub fn svg(scenario: &Scenario, program: &Program, map: &Map) -> Result<String, TooLarge> {
    let count = map.states.len();
    if count > MOST_DRAWN {
        return Err(TooLarge(format!(
            "{} states are too many for a picture, which takes {MOST_DRAWN}; write them with --dot for Graphviz, or \
             add --first to draw only the way to the nearest deadlock",
            grouped(&count)
        )));
    }
    let layout = Layout::of(map);
    let way = way_to_a_deadlock(map);
    let (width, height) = (layout.width.max(LEAST_WIDTH), layout.height + HEAD);
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
            role="img" aria-labelledby="caption" {
            title id="caption" { (caption(scenario, map)) }
            style { (PreEscaped(STYLE)) }
            (definitions())
            rect class="paper" width="100%" height="100%" {}
            text class="caption" x="16" y="26" { (caption(scenario, map)) }
            text class="word" x="16" y="48" { (MEANING) }
            (legend(map, !way.is_empty()))
            g transform=(format!("translate(0 {HEAD})")) {
                (arrows(scenario, map, &layout, &way))
                (states(scenario, program, map, &layout))
            }
        }
    };
    Ok(format!("{}\n{}\n", mark(), drawn.into_string()))
}

fn definitions() -> Markup {
    html! {
        defs {
            marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto" {
                path class="tip" d="M0 0 8 4 0 8z" {}
            }
            marker id="way-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="4" markerHeight="4" orient="auto" {
                path class="way-tip" d="M0 0 8 4 0 8z" {}
            }
            pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect class="deadlock-ground" width="6" height="6" {}
                rect class="deadlock-stripe" width="2" height="6" {}
            }
        }
    }
}

/// What the signs mean; only those that occur.
fn legend(map: &Map, has_way: bool) -> Markup {
    let fates = [Fate::Safe, Fate::Doomed, Fate::Deadlocked, Fate::Finished, Fate::Unknown];
    let fates: Vec<Fate> = fates.into_iter().filter(|of| map.states.iter().any(|node| node.fate == *of)).collect();
    html! {
        @for (index, of) in fates.iter().enumerate() {
            g transform=(format!("translate({} 82)", 34 + index * SIGN)) {
                (shape(*of))
                text class="word" x="26" y="5" { (fate(*of)) @if *of == Fate::Doomed { ": no way to the end" } }
            }
        }
        @if has_way {
            g transform=(format!("translate({} 82)", 20 + fates.len() * SIGN)) {
                path class="way" d="M0 0L32 0" marker-end="url(#way-tip)" {}
                text class="word" x="40" y="5" { "a shortest way to a deadlock" }
            }
        }
    }
}

/// The moves of a shortest way to a nearest deadlock, each as the state that it is made in and its place among the
/// moves from there; empty without a deadlock.
fn way_to_a_deadlock(map: &Map) -> BTreeSet<(usize, usize)> {
    let deadlocks = map.states.iter().enumerate().filter(|(_, node)| node.fate == Fate::Deadlocked);
    let mut way = BTreeSet::new();
    let Some((mut to, _)) = deadlocks.min_by_key(|(_, node)| node.depth) else { return way };
    while map.states[to].depth > 0 {
        let before = map.states.iter().enumerate().filter(|(_, node)| node.depth + 1 == map.states[to].depth);
        let mut moves = before.filter_map(|(from, node)| Some((from, node.moves.iter().position(|arc| arc.to == to)?)));
        let Some(made) = moves.next() else { break };
        way.insert(made);
        to = made.0;
    }
    way
}

fn states(scenario: &Scenario, program: &Program, map: &Map, layout: &Layout) -> Markup {
    html! {
        @for (number, (node, (x, y))) in map.states.iter().zip(&layout.places).enumerate() {
            g transform=(format!("translate({x} {y})")) data-state=(number) {
                title { (told(scenario, program, number, node)) }
                (shape(node.fate))
                text class="number" y="4" { (number) }
            }
        }
    }
}

/// Each fate has its own shape, so that colour is never alone.
fn shape(fate: Fate) -> Markup {
    html! {
        @match fate {
            Fate::Safe => circle class="safe" r="13" {},
            Fate::Doomed => path class="doomed" d="M0 -17 17 0 0 17 -17 0z" {},
            Fate::Deadlocked => path class="deadlock" d="M-6 -15H6L15 -6V6L6 15H-6L-15 6V-6z" {},
            Fate::Finished => { circle class="finished" r="15" {} circle class="finished" r="11" {} },
            Fate::Unknown => circle class="unknown" r="13" {},
        }
    }
}

fn arrows(scenario: &Scenario, map: &Map, layout: &Layout, way: &BTreeSet<(usize, usize)>) -> Markup {
    let mut labels = Labels::beside(layout);
    html! {
        @for (number, node) in map.states.iter().enumerate() {
            @for (place, arc) in node.moves.iter().enumerate() {
                @let (class, tip) = if way.contains(&(number, place)) { ("way", "way-tip") } else { ("move", "tip") };
                @let (line, spots) = line(layout.places[number], layout.places[arc.to]);
                @let words = label(scenario, arc);
                @let (x, y) = labels.put(&words, &spots);
                path class=(class) d=(line) marker-end=(format!("url(#{tip})")) {}
                text class="step" x=(rounded(x)) y=(rounded(y)) { (words) }
            }
        }
    }
}

/// Where words stand already.
struct Labels {
    /// Left, right, top and bottom of each.
    boxes: Vec<[f64; 4]>,
}

impl Labels {
    /// The states themselves have their places.
    fn beside(layout: &Layout) -> Self {
        let sign = |&(x, y): &(f64, f64)| [x - RADIUS, x + RADIUS, y - RADIUS, y + RADIUS];
        Self { boxes: layout.places.iter().map(sign).collect() }
    }

    /// The first spot at which the words touch no others; if there is none, the one where they cover least.
    fn put(&mut self, words: &str, spots: &[(f64, f64)]) -> (f64, f64) {
        // As high and as wide as the style's letters are.
        let half = width(words) as f64 * 2.8 + 1.0;
        let area = |&(x, y): &(f64, f64)| [x - half, x + half, y - 8.0, y + 2.0];
        let covered = |spot: &(f64, f64)| {
            let [left, right, top, bottom] = area(spot);
            let common = |other: &[f64; 4]| {
                let wide = (right.min(other[1]) - left.max(other[0])).max(0.0);
                wide * (bottom.min(other[3]) - top.max(other[2])).max(0.0)
            };
            self.boxes.iter().map(common).sum::<f64>()
        };
        let free = spots.iter().find(|spot| covered(spot) == 0.0);
        let least = || spots.iter().min_by(|one, two| covered(one).total_cmp(&covered(two)));
        let spot = free.or_else(least).copied().unwrap_or_default();
        self.boxes.push(area(&spot));
        spot
    }
}

/// Where words may stand along an arrow, as shares of it: first nearer to its beginning, where arrows that cross each
/// other are still apart.
const SPOTS: [f64; 7] = [0.3, 0.38, 0.46, 0.55, 0.64, 0.24, 0.73];

/// From the rim of a state to the rim of another, and where the words may stand. A way back bends, so that it is not
/// drawn over the way there.
fn line(from: (f64, f64), to: (f64, f64)) -> (String, Vec<(f64, f64)>) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length == 0.0 {
        let (x, y) = from;
        let (left, right, top) = (x - 12.0, x + 12.0, y - 44.0);
        let rim = y - 14.0;
        return (format!("M{left} {rim}C{left} {top} {right} {top} {right} {rim}"), vec![(x, top)]);
    }
    let (ux, uy) = (dx / length, dy / length);
    let (x1, y1, x2, y2) = (from.0 + ux * RADIUS, from.1 + uy * RADIUS, to.0 - ux * RADIUS, to.1 - uy * RADIUS);
    let bend = if dx > 0.0 { 0.0 } else { 40.0 };
    let (mx, my) = ((x1 + x2) / 2.0 - uy * bend, (y1 + y2) / 2.0 + ux * bend);
    let points = [x1, y1, mx, my, x2, y2].map(rounded);
    let [x1, y1, cx, cy, x2, y2] = points;
    let spot = |share: f64| (x1 + (x2 - x1) * share - uy * bend / 2.0, y1 + (y2 - y1) * share + ux * bend / 2.0 - 3.0);
    let path = if bend == 0.0 { format!("M{x1} {y1}L{x2} {y2}") } else { format!("M{x1} {y1}Q{cx} {cy} {x2} {y2}") };
    (path, SPOTS.map(spot).to_vec())
}

fn rounded(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}
