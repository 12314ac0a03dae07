//! The page of `lesson who`: the file, who has to do with it, what that means, what would end it, what was not seen.
//!
//! Every name on it comes from elsewhere and is cleaned here: command lines, users, files.

mod absent;
mod behind;
pub mod json;

pub use absent::absent;

use super::graph::ring_of;
use super::table::{Cells, table};
use super::words::{clean, cut, grouped, list, plural};
use super::{Style, words};
use crate::who::judge::header::{Header, Journal};
use crate::who::judge::sight::{FileKind, Process, Sight, Target};
use crate::who::judge::{Answer, Ending, Nature, OfFile, OnFile, Party, Unseen, reading};
use crate::who::judge::{graph::Ring, words as judge_words};

/// More characters of a name than this are not shown in a sentence or a graph.
const LONGEST_NAME: usize = 48;

/// For how long something was seen, in seconds, by [`holder_key`] or [`waiter_key`]; `None` if nobody watches.
pub type Seen<'a> = Option<&'a dyn Fn(&str) -> u64>;

/// The page.
pub fn page(answer: &Answer, seen: Seen, style: Style) -> String {
    let mut text = match (&answer.file, &answer.sight.target) {
        (Some(file), Some(target)) => of_file(answer, file, target, seen, style),
        _ => of_machine(answer, seen, style) + &behind::may_poll(&answer.sight, style),
    };
    if !answer.sight.unseen.is_empty() {
        text += &format!("\n{}\n", style.heading("Not seen"));
        for unseen in &answer.sight.unseen {
            let wrapped = style.wrap(&clean(&unseen.words()), "    ");
            text += &format!("  - {}", wrapped.trim_start());
        }
    }
    text
}

/// By what a party is known again from one look to the next.
pub fn holder_key(sight: &Sight, party: &Party) -> String {
    format!("{:?} {}", party.pids, judge_words::stand(sight, party))
}

/// By what a request is known again.
pub fn waiter_key(answer: &Answer, request: usize) -> String {
    let lock = &answer.sight.locks[request];
    format!("{:?} {}:{} {} {:?}", lock.owners, lock.line.device, lock.line.inode, lock.line.first, lock.line.last)
}

fn of_file(answer: &Answer, file: &OfFile, target: &Target, seen: Seen, style: Style) -> String {
    // Painted after it was wrapped: codes take no room.
    let name = shown(&target.path);
    let mut text =
        style.wrap(&format!("{name}: {}", facts(file, target)), "").replacen(&name, &style.heading(&name), 1);
    if !file.parties.is_empty() {
        text += &format!("\n{}", parties(answer, &file.parties, seen, style));
    }
    text += &section("What it means", &file.reading.text, style);
    let is_followed = seen.is_some() && file.reading.fix == reading::FOLLOW;
    if !file.reading.fix.is_empty() && !is_followed {
        text += &section("What helps", &file.reading.fix, style);
    }
    text += &endings(file.ending.iter(), style);
    let here = |ring: &Ring| ring.arrows.iter().any(|arrow| target.part_of(&arrow.file).is_some());
    if !answer.graph.rings.iter().any(here) {
        text += &behind::picture(&answer.sight, &file.behind, style);
    }
    let rings = answer.graph.rings.iter().zip(&answer.rings);
    for (ring, (words, ending)) in rings {
        let heading = if here(ring) { "The wait-for graph" } else { "Elsewhere on this machine" };
        text += &format!("\n{}\n{}", style.heading(heading), picture(&answer.sight, ring, style));
        if !here(ring) {
            text += &style.wrap(&clean(words), "  ");
            text += &endings(ending.iter(), style);
        }
    }
    text
}

/// What is known of the file itself, in one sentence.
fn facts(file: &OfFile, target: &Target) -> String {
    let place = format!("on {}", clean(&target.file_system.name));
    let mode = match (file.nature, target.header) {
        (Nature::Plain, Header::Other) => {
            "a file, and no SQLite database that can be read (an encrypted one is known only \
                                           while somebody has it locked)"
                .into()
        }
        (Nature::Plain, Header::Empty) => "an empty file".into(),
        (Nature::Plain, _) if target.kind == FileKind::Directory => "a directory, which only flock can lock".to_owned(),
        (Nature::Plain, _) => target.kind.words().to_owned(),
        (nature, header) => {
            let mode = match nature {
                Nature::Wal => "WAL mode",
                _ => "rollback mode",
            };
            match header {
                Header::Sqlite { page_size, .. } => {
                    format!("SQLite database in {mode}, pages of {} bytes", grouped(&page_size))
                }
                Header::Damaged => "SQLite database whose header is cut off or damaged".into(),
                Header::Empty => format!("SQLite database in {mode}, still empty"),
                _ => format!("SQLite database in {mode}, known by its locks (encrypted, or not readable by us)"),
            }
        }
    };
    let journal = match (file.nature, target.journal) {
        (Nature::Plain, _) => String::new(),
        (_, Journal::Live) if file.parties.iter().any(|party| party.stand.is_writing()) => {
            "; its journal is in use".into()
        }
        (_, Journal::Live) => "; its journal is HOT: it has to be rolled back".into(),
        (_, Journal::Unread) => "; whether its journal is hot could not be read".into(),
        (Nature::Rollback, _) => "; no hot journal".into(),
        (Nature::Wal, _) => String::new(),
    };
    let log = match (file.nature, target.wal_bytes, target.index) {
        (Nature::Wal, Some(bytes), Some(index)) if index.frames >= index.copied => format!(
            "; log of {} bytes, {} frames, {} of them not yet copied",
            grouped(&bytes),
            grouped(&index.frames),
            grouped(&(index.frames - index.copied))
        ),
        (Nature::Wal, Some(bytes), _) => format!("; log of {} bytes", grouped(&bytes)),
        _ => String::new(),
    };
    format!("{mode}, {place}{journal}{log}.")
}

fn parties(answer: &Answer, parties: &[Party], seen: Seen, style: Style) -> String {
    let mut heads = vec!["pid", "state", "user", "age"];
    heads.extend(seen.map(|_| "seen so for"));
    heads.push("command");
    let row = |party: &Party| {
        let process = party.pids.first().and_then(|pid| answer.sight.processes.get(pid));
        let mut cells = vec![
            pids(&party.pids),
            judge_words::stand(&answer.sight, party),
            process.map_or_else(|| "?".into(), |process| clean(&process.user)),
            process.and_then(|process| process.age_s).map_or_else(|| "?".into(), age),
        ];
        cells.extend(seen.map(|seen| age(seen(&holder_key(&answer.sight, party)))));
        cells.push(process.map_or_else(|| "?".into(), |process| command(process, 200)));
        cells
    };
    table(&heads, &parties.iter().map(row).collect::<Vec<_>>(), Cells::Words, style)
}

fn of_machine(answer: &Answer, seen: Seen, style: Style) -> String {
    let waits = &answer.graph.waits;
    let seen_here =
        if answer.sight.unseen.iter().any(Unseen::hides_waits) { " that can be seen from here" } else { "" };
    let mut text = match (answer.rings.len(), waits.len()) {
        (0, 0) => {
            // Who waits is in the list, whoever it is; where nobody waits no owner is missed.
            let hides = answer.sight.unseen.iter().any(Unseen::hides_holders);
            let (seen_here, no_deadlock) = match hides {
                true => (" that can be seen from here", "whether there is a deadlock out of sight can't be told"),
                false => ("", "there is no deadlock there"),
            };
            let idle = format!("Nobody{seen_here} waits for a file lock in the kernel, and {no_deadlock}.");
            style.wrap(&idle, "")
        }
        (rings, requests) => style.wrap(
            &format!(
                "{} and {} on this machine.",
                if rings == 0 { format!("No deadlock{seen_here}") } else { plural(rings as u64, "deadlock") },
                plural(requests as u64, "waiting request")
            ),
            "",
        ),
    };
    for (ring, (words, ending)) in answer.graph.rings.iter().zip(&answer.rings) {
        text += &format!("\n{}\n{}", style.heading("The wait-for graph"), picture(&answer.sight, ring, style));
        text += &style.wrap(&clean(words), "  ");
        text += &endings(ending.iter(), style);
    }
    if !answer.graph.blocked_behind.is_empty() {
        let behind: Vec<String> =
            answer.graph.blocked_behind.iter().map(|pid| shown(&reading::name(&answer.sight, *pid))).collect();
        text += &section("Blocked behind it", &format!("{}, without being part of it.", list(&behind)), style);
    }
    text += &on_files("Waited for", &answer.waited, answer, seen, style);
    text += &on_files("Database in use", &answer.databases, answer, seen, style);
    let polls = "SQLite never waits in the kernel, it asks again and again: who does that can't be seen here. `lesson \
                 who PATH` of the database tells who probably does.";
    text + "\n" + &style.wrap(polls, "")
}

/// Files that nobody asked about, each with a row for everybody who has to do with it.
fn on_files(heading: &str, files: &[OnFile], answer: &Answer, seen: Seen, style: Style) -> String {
    let one = |file: &OnFile| {
        let name = style.wrap(&clean(&file.name), "");
        format!("\n{}: {name}\n{}", style.heading(heading), parties(answer, &file.parties, seen, style))
    };
    files.iter().map(one).collect()
}

fn picture(sight: &Sight, ring: &Ring, style: Style) -> String {
    let arrow = |arrow: &crate::who::judge::graph::Arrow| behind::arrow(sight, arrow);
    ring_of(&ring.arrows.iter().map(arrow).collect::<Vec<_>>(), style)
}

fn section(heading: &str, text: &str, style: Style) -> String {
    format!("\n{}\n{}", style.heading(heading), style.wrap(&clean(text), "  "))
}

/// What would be lost comes before the command.
fn endings<'a>(endings: impl Iterator<Item = &'a Ending>, style: Style) -> String {
    let one = |ending: &Ending| {
        let lost = format!("Lost would be {}.", ending.loses);
        let heading = style.heading("What would end it (lesson ends nobody)");
        let note = style.wrap(&clean(&ending.note), "  ");
        format!("\n{heading}\n{}{note}    {}\n", style.wrap(&clean(&lost), "  "), clean(&ending.command))
    };
    endings.map(one).collect()
}

fn pids(pids: &[u32]) -> String {
    match pids {
        [] => "?".into(),
        pids => pids.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// The command line, or the short name in brackets, as `ps` writes it, if there is none.
fn command(process: &Process, longest: usize) -> String {
    match process.command.is_empty() {
        true => format!("[{}]", clean(&process.name)),
        false => {
            // Which folder the program lies in is told by the JSON; a line feed is a blank to whoever reads a line.
            let line = process.command.replace(['\n', '\t', '\r'], " ");
            let (program, arguments) = line.split_once(' ').unwrap_or((&line, ""));
            let program = program.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(program);
            cut(clean(&format!("{program} {arguments}")).trim_end(), longest)
        }
    }
}

/// A name for a sentence.
fn shown(name: &str) -> String {
    cut(&clean(name), LONGEST_NAME)
}

/// `5 s`, `2 min 5 s`, `3 h 2 min`, `4 days`.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => words::plural(seconds / 86_400, "day"),
    }
}
