//! The rings on the page of a file: its own, the one at the end of its chain, those that have nothing to do with it.

use super::super::Style;
use super::super::words::{clean, list};
use super::{behind, endings, picture, section};
use crate::who::judge::graph::{Arrow, Ring};
use crate::who::judge::sight::{Sight, Target};
use crate::who::judge::{Answer, Ending, OfFile, chain, reading};

/// The wait-for graphs: one that has to do with the file is drawn, each other one is a line.
pub(super) fn beside(answer: &Answer, file: &OfFile, target: &Target, style: Style) -> String {
    let sight = &answer.sight;
    let here = |ring: &Ring| ring.arrows.iter().any(|arrow| target.part_of(&arrow.file).is_some());
    let is_in = |ring: &Ring, pid: u32| ring.arrows.iter().any(|arrow| arrow.waiter == pid);
    let mut text = String::new();
    if !answer.graph.rings.iter().any(here) {
        text += &behind::picture(sight, &file.behind, style);
    }
    let mut others = Vec::new();
    for (ring, told) in answer.graph.rings.iter().zip(&answer.rings) {
        if here(ring) {
            let blocked = chain::behind(sight, &answer.graph, ring);
            text += &format!("\n{}\n{}", style.heading("The wait-for graph"), picture(sight, ring, style));
            text += &behind::lines(sight, &blocked, style);
        } else if file.behind.iter().any(|arrow| is_in(ring, arrow.waiter)) {
            text += &at_the_end(sight, ring, told, style);
        } else {
            others.push(in_short(sight, ring));
        }
    }
    match others.is_empty() {
        true => text,
        // How to end these is nobody's business who asked about this file.
        false => text + &section(ELSEWHERE, "", style) + &lines(&others, style),
    }
}

/// The heading of those that have nothing to do with the file.
const ELSEWHERE: &str = "Elsewhere on this machine (`lesson who` tells more)";

fn lines(others: &[String], style: Style) -> String {
    others.iter().map(|line| style.wrap(&clean(line), "  ")).collect()
}

/// The ring in which a chain of the file ends.
fn at_the_end(sight: &Sight, ring: &Ring, (words, ending): &(String, Option<Ending>), style: Style) -> String {
    let heading = style.heading("The deadlock behind it");
    let words = style.wrap(&clean(words), "  ");
    format!("\n{heading}\n{}{words}{}", picture(sight, ring, style), endings(ending.iter(), style))
}

/// `4711 and 4712 wait for each other, on a.lock and b.lock`.
fn in_short(sight: &Sight, ring: &Ring) -> String {
    let pids: Vec<String> = ring.arrows.iter().map(|arrow| arrow.waiter.to_string()).collect();
    let base = |arrow: &Arrow| {
        let name = reading::file_name(sight, &arrow.file);
        name.rsplit('/').next().unwrap_or(&name).to_owned()
    };
    let mut files: Vec<String> = ring.arrows.iter().map(base).collect();
    files.sort();
    files.dedup();
    let wait = if pids.len() == 1 { "waits for itself" } else { "wait for each other" };
    format!("{} {wait}, on {}.", list(&pids), list(&files))
}
