//! The page of `lesson who`: the file, who has to do with it, what that means, what would end it, what was not seen.
//!
//! Every name on it comes from elsewhere and is cleaned here: command lines, users, files.

mod absent;
mod behind;
pub mod json;
mod legend;
mod rings;
mod watched;

pub use absent::absent;
pub use watched::{Before, Watch};

use super::graph::ring_of;
use super::table::{Cells, table};
use super::words::{GLUE, clean, cut, grouped, list, plural, unbroken};
use super::{Style, words};
use crate::who::judge::header::{Header, Journal};
use crate::who::judge::sight::{FileKind, Process, Sight, Target};
use crate::who::judge::{Answer, Ending, Nature, OfFile, OnFile, Party, Unseen, reading};
use crate::who::judge::{graph::Ring, words as judge_words};

/// More characters of a name than this are not shown in a sentence or a graph.
const LONGEST_NAME: usize = 48;

/// More characters of a command line are not shown where no terminal breaks lines; it has not many more.
const LONGEST_COMMAND: usize = 2_400;

/// How a page is to look, and what is known from earlier looks.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Colours and columns.
    pub style: Style,
    /// Whether a row may be as long as it is: a file or another program gets it whole, a terminal would break it.
    pub is_whole: bool,
    /// So many rows of a table are shown; more are counted.
    pub rows: usize,
    /// What is known from earlier looks; `None` if nobody watches.
    pub watch: Option<&'a Watch<'a>>,
}

/// The page.
pub fn page(answer: &Answer, view: &View) -> String {
    let style = view.style;
    let mut text = match (&answer.file, &answer.sight.target) {
        (Some(file), Some(target)) => of_file(answer, file, target, view),
        _ => of_machine(answer, view) + &behind::may_poll(&answer.sight, style),
    };
    text += &view.watch.map(|watch| watched::before(watch.before, style)).unwrap_or_default();
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

fn of_file(answer: &Answer, file: &OfFile, target: &Target, view: &View) -> String {
    let style = view.style;
    // Painted after it was wrapped: codes take no room.
    let (name, whole) = (clean(&target.path), unbroken(&target.path));
    let mut text =
        style.wrap(&format!("{whole}: {}", facts(file, target)), "").replacen(&name, &style.heading(&name), 1);
    if !file.parties.is_empty() {
        text += &format!("\n{}", parties(answer, &file.parties, view));
        text += &legend::of(answer, file.parties.iter().take(view.rows), style);
    }
    text += &section("What it means", &file.reading.text.replace(&target.path, &whole), style);
    let is_followed = view.watch.is_some() && file.reading.fix == reading::FOLLOW;
    if !file.reading.fix.is_empty() && !is_followed {
        text += &section("What helps", &file.reading.fix, style);
    }
    text += &endings(file.ending.iter(), style);
    text + &rings::beside(answer, file, target, style)
}

/// What is known of the file itself, in one sentence.
fn facts(file: &OfFile, target: &Target) -> String {
    let place = format!("on {}", clean(&target.file_system.name));
    let mode = match (file.nature, target.header) {
        (Nature::Plain, Header::Other) => "a file, and no SQLite database (an encrypted one can't be told)".into(),
        (Nature::Plain, Header::Text) => "a text file".into(),
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
        (_, Journal::Live) => "; its journal is HOT (left by a crash): it has to be rolled back".into(),
        (_, Journal::Unread) => "; whether its journal is hot could not be read".into(),
        (Nature::Rollback, _) => "; no hot journal (none left by a crash)".into(),
        (Nature::Wal, _) => String::new(),
    };
    let log = match (file.nature, target.wal_bytes, target.index) {
        (Nature::Wal, Some(0), _) => "; its log is empty".into(),
        (Nature::Wal, Some(bytes), Some(index)) if index.frames >= index.copied => format!(
            "; log of {} bytes: {} (a changed page each), {} not yet copied into the database",
            grouped(&bytes),
            if index.frames == 1 { "1 frame".into() } else { format!("{} frames", grouped(&index.frames)) },
            grouped(&(index.frames - index.copied))
        ),
        (Nature::Wal, Some(bytes), _) => format!("; log of {} bytes", grouped(&bytes)),
        _ => String::new(),
    };
    format!("{mode}, {place}{journal}{log}.")
}

fn parties(answer: &Answer, parties: &[Party], view: &View) -> String {
    let mut heads = vec!["pid", "state", "user", "age"];
    heads.extend(view.watch.map(|_| "in this state"));
    let longest = if view.is_whole { LONGEST_COMMAND } else { 200 };
    heads.push("command");
    let row = |party: &Party| {
        let process = party.pids.first().and_then(|pid| answer.sight.processes.get(pid));
        let mut cells = vec![
            pids(&party.pids),
            judge_words::stand(&answer.sight, party),
            process.map_or_else(|| "?".into(), |process| clean(&process.user)),
            process.and_then(|process| process.age_s).map_or_else(|| "?".into(), age),
        ];
        // It may have been so before the first look.
        let so_for = |watch: &Watch| age((watch.seen)(&holder_key(&answer.sight, party)));
        cells.extend(view.watch.map(|watch| format!("at least{GLUE}{}", so_for(watch))));
        cells.push(process.map_or_else(|| "?".into(), |process| command(process, longest)));
        cells
    };
    let width = if view.is_whole { usize::MAX } else { view.style.width };
    let rows: Vec<Vec<String>> = parties.iter().take(view.rows).map(row).collect();
    let more = match parties.len().saturating_sub(view.rows) {
        0 => String::new(),
        more => format!("... {more} more\n"),
    };
    table(&heads, &rows, Cells::Lines, Style { width, ..view.style }) + &more
}

fn of_machine(answer: &Answer, view: &View) -> String {
    let style = view.style;
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
    text += &on_files("Waited for", &answer.waited, answer, view);
    text += &on_files("Database in use", &answer.databases, answer, view);
    let polls = "SQLite never waits in the kernel, it asks again and again: who does that can't be seen here. `lesson \
                 who PATH` of the database tells who probably does.";
    text + "\n" + &style.wrap(polls, "")
}

/// Files that nobody asked about, each with a row for everybody who has to do with it.
fn on_files(heading: &str, files: &[OnFile], answer: &Answer, view: &View) -> String {
    let style = view.style;
    let one = |file: &OnFile| {
        let name = style.wrap(&unbroken(&file.name), "");
        format!("\n{}: {name}\n{}", style.heading(heading), parties(answer, &file.parties, view))
    };
    let tables: String = files.iter().map(one).collect();
    tables + &legend::of(answer, files.iter().flat_map(|file| file.parties.iter().take(view.rows)), style)
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

/// `5 s`, `2 min 5 s`, `3 h 2 min`, `4 days`; no line is broken in it.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => words::plural(seconds / 86_400, "day"),
    }
    .replace(' ', &GLUE.to_string())
}
