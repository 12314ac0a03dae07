//! The graph of states for Graphviz: `dot -Tsvg states.dot` (<https://graphviz.org/doc/info/lang.html>).

use super::{caption, fate, label, told};
use crate::explore::{Fate, Map};
use crate::model::Program;
use crate::picture::frame::mark;
use crate::scenario::Scenario;

/// The text of the graph. Shape and colour of a state both say what it is.
pub fn dot(scenario: &Scenario, program: &Program, map: &Map) -> String {
    let mut text = format!("// {}\ndigraph states {{\n", mark());
    text += &format!("  label={}; labelloc=t; rankdir=LR;\n", quoted(&caption(scenario, map)));
    text += "  node [style=filled, fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\", fontsize=10];\n";
    text += "  start [shape=point]; start -> 0;\n";
    for (number, node) in map.states.iter().enumerate() {
        let tip = quoted(&told(scenario, program, number, node));
        let words = match node.fate {
            Fate::Safe => number.to_string(),
            other => format!("{number}\n{}", fate(other)),
        };
        text += &format!("  {number} [{}, label={}, tooltip={tip}];\n", look(node.fate), quoted(&words));
    }
    for (number, node) in map.states.iter().enumerate() {
        for arc in &node.moves {
            text += &format!("  {number} -> {} [label={}];\n", arc.to, quoted(&label(scenario, arc)));
        }
    }
    text + "}\n"
}

/// The colours are those of the pages (Okabe and Ito), light enough for black letters.
fn look(fate: Fate) -> &'static str {
    match fate {
        Fate::Safe => "shape=circle, fillcolor=\"#dcecf8\"",
        Fate::Doomed => "shape=diamond, fillcolor=\"#f7d9b0\"",
        Fate::Deadlocked => "shape=doubleoctagon, fillcolor=\"#f2a6b0\"",
        Fate::Finished => "shape=doublecircle, fillcolor=\"#b5e3d3\"",
        Fate::Unknown => "shape=circle, style=dashed",
    }
}

/// A text in quotes, whatever is in it. A backslash would be an escape in a label.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
