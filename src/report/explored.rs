//! What the explorer has found, in words.

mod json;
mod verdict;

use super::graph;
use super::listing::carried_out;
use super::paint::Style;
use super::refrain::folded;
use super::story::Story;
use super::table::{Cells, table};
use super::words::{clean, grouped, name, plural, width};
use crate::explore::{Answer, Path, Probability, Schedules, Stopped};
use crate::model::{Move, Outcome, Program};
use crate::scenario::{Scenario, format_schedule};
use crate::simulate::Narrator;
use crate::trace::{Deadlock, Event};

pub use json::document;

/// Blanks between the columns of the table.
const GAPS: usize = 4;

/// What the explorer was asked, and its answer.
pub struct Exploration<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What is known of it.
    pub answer: &'a Answer,
    /// The scenario on a command line; `None` if it can't be named there.
    pub source: Option<String>,
}

/// The whole page.
pub fn page(exploration: &Exploration, style: Style) -> String {
    let Exploration { scenario, answer, .. } = exploration;
    let mut text = style.wrap(&format!("Every interleaving of: {}", clean(&scenario.title)), "");
    text += &style.wrap("A state is where each process stands; each step of a process is one move.", "  ");
    text += &format!("\n{}", numbers(exploration, style));
    if let Some(path) = &answer.explored.shortest {
        text += &shortest(exploration, path, style);
    }
    text += &format!("\n{}\n", style.heading("What follows"));
    text += &follows(exploration, style);
    text
}

/// What follows from the numbers, in sentences.
pub(super) fn follows(exploration: &Exploration, style: Style) -> String {
    verdict::verdict(exploration, style)
}

/// The numbers, one in a row.
fn numbers(exploration: &Exploration, style: Style) -> String {
    let Exploration { scenario, answer, .. } = exploration;
    let explored = &answer.explored;
    let mut rows = vec![
        vec!["states".to_owned(), grouped(&explored.states), visited(answer).to_owned()],
        vec!["moves between them".into(), grouped(&explored.transitions), String::new()],
    ];
    let mut row = |what: &str, number: String, remark: String| rows.push(vec![what.into(), number, remark]);
    match &explored.schedules {
        Some(Schedules::Counted { all, deadlocked, refused, losing }) => {
            row("complete schedules", grouped(all), "from the start until nobody can move".into());
            row("- that deadlock", grouped(deadlocked), String::new());
            row("- with a refusal", grouped(refused), String::new());
            row("- that lose a record", grouped(losing), String::new());
            row("- that never end", "0".into(), String::new());
        }
        Some(Schedules::Infinite) => {
            row("complete schedules", "no end".into(), "some moves lead back to where they began".into());
        }
        None => {}
    }
    if let Some(safety) = explored.safety {
        let killed = if verdict::somebody_may_be_killed(scenario) { ", or be killed" } else { "" };
        row("safe states", grouped(&safety.safe), format!("all can still end{killed}"));
        row("unsafe states", grouped(&safety.unsafe_), "not all can, though somebody can move".into());
    }
    row("deadlocked states", grouped(&explored.deadlock_states), "somebody is stuck; nobody can move".into());
    if let Some(p) = &explored.p_deadlock {
        row("a deadlock's chance", chance(p, explored.deadlock_states > 0), "if a fair coin picks who moves".into());
    }
    let heads = ["what", "how many", "that is"];
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0).max(heads[column].len());
    match (0..heads.len()).map(widest).sum::<usize>() + GAPS <= style.width {
        true => table(&heads, &rows, Cells::Words, style),
        // Nothing is cut off that explains a number.
        false => rows.iter().map(|row| style.wrap(&line(row), "  ")).collect(),
    }
}

/// A row as one line.
fn line(row: &[String]) -> String {
    let [what, number, remark] = row else { return row.join(" ") };
    let comma = if remark.is_empty() { "" } else { ", " };
    format!("{what}: {number}{comma}{remark}")
}

/// Which states were visited.
fn visited(answer: &Answer) -> &'static str {
    match answer.explored.stopped {
        // A search for a deadlock only makes steps that disturb nobody at once: it passes over what lies between.
        None if answer.first && answer.program.is_monotone() => "enough for a proof",
        None => "all were visited",
        Some(Stopped::First) => "up to the first deadlock",
        Some(Stopped::States) => "up to --max-states",
        Some(Stopped::Memory) => "up to --max-memory",
        Some(Stopped::Interrupted) => "up to the interrupt",
    }
}

/// `19/120 = 15.8%`.
fn chance(p: &Probability, is_possible: bool) -> String {
    // A number that is not exact may be 0 though a deadlock is possible.
    let is_certain = !is_possible || matches!(p, Probability::Exact(above, below) if above == below);
    let percent = |p: f64| match p * 100.0 {
        p if (0.1..=99.9).contains(&p) || is_certain => format!("{p:.1}%"),
        p if p < 0.1 => "under 0.1%".into(),
        _ => "over 99.9%".into(),
    };
    match p {
        Probability::Exact(above, below) if below.bits() <= 64 => format!("{above}/{below} = {}", percent(p.about())),
        p => percent(p.about()),
    }
}

/// The shortest schedule as a story, with the graph at its end and the command that carries it out.
fn shortest(exploration: &Exploration, path: &Path, style: Style) -> String {
    let what = if is_shortest(exploration.answer) { "The shortest way to a deadlock" } else { "A way to a deadlock" };
    let remark = no_return(exploration.scenario, exploration.answer, path);
    walk(exploration, path).told(what, &remark, style)
}

/// The way to the nearest deadlock.
fn walk<'a>(exploration: &'a Exploration, path: &'a Path) -> Walk<'a> {
    let Exploration { scenario, answer, source } = exploration;
    Walk { scenario, program: &answer.program, path, is_stuck: true, source: source.as_deref() }
}

/// A way through the states, to be told.
pub(super) struct Walk<'a> {
    pub(super) scenario: &'a Scenario,
    /// The rules by which it goes.
    pub(super) program: &'a Program,
    pub(super) path: &'a Path,
    /// Nobody can go on at its end.
    pub(super) is_stuck: bool,
    /// The scenario on a command line, if it can be named there.
    pub(super) source: Option<&'a str>,
}

impl Walk<'_> {
    /// A story under `what`; `remark` stands below, and then the graph at its end and the command that carries it out.
    pub(super) fn told(&self, what: &str, remark: &str, style: Style) -> String {
        let Self { scenario, path, .. } = self;
        let moves = path.movers.len() as u64;
        let mut text = format!("\n{}\n", style.heading(&format!("{what}: {}", plural(moves, "move"))));
        let (told, deadlock) = tell(self);
        text += &folded(&self.lines(&told, style), style);
        text += &style.wrap(remark, "  ");
        let graph = graph::picture(scenario, &deadlock, style);
        if !graph.is_empty() {
            text += &format!("\n{}\n{graph}", style.heading("The wait-for graph at its end"));
        }
        if let Some(command) = self.command() {
            text += &format!("\n{}\n{}", style.heading("Carry it out"), carried_out(&command, style));
        }
        text
    }

    /// The lines of the story: at least one for each move, so that none seems to be missing.
    fn lines(&self, events: &[Event], style: Style) -> Vec<String> {
        let Self { scenario, program, path, .. } = self;
        let mut story = Story::of_moves(scenario, path.movers.len() as u64, style);
        let mut lines = Vec::new();
        let mut rest = events;
        for number in 0..=path.movers.len() + 1 {
            let (told, later) = rest.split_at(rest.partition_point(|event| event.at_us <= number as u64));
            let before = story.count();
            lines.extend(told.iter().filter_map(|event| story.line(event)));
            rest = later;
            let mover = number.checked_sub(1).and_then(|at| path.movers.get(at));
            if let (Some(&who), true) = (mover, story.count() == before) {
                // Of what a step does others may see nothing.
                let place = program.place(who, path.states[number - 1][who]);
                let step = place.step_of(&scenario.processes[who].steps);
                lines.extend(step.and_then(|step| story.silent(who, step, number as u64)));
            }
        }
        lines.extend(story.ending());
        lines
    }

    /// The command that goes this way.
    pub(super) fn command(&self) -> Option<String> {
        let Self { scenario, program, path, source, .. } = self;
        let schedule = format_schedule(&path.movers, scenario);
        let (how, option) = match is_for_real(scenario, program, path) {
            true => ("run", "--schedule"),
            false => ("play", "--moves"),
        };
        Some(clean(&format!("lesson {how} {} {option} {}", (*source)?, shell_words::quote(&schedule))))
    }
}

/// What there is to say about the last moment at which everybody could still end.
pub(super) fn no_return(scenario: &Scenario, answer: &Answer, path: &Path) -> String {
    match path.safe_moves {
        Some(safe) => {
            let mover = clean(name(scenario, path.movers[safe]));
            format!(
                "The point of no return is move {}, by {mover}: before it everybody could still come to an end, after \
                 it no schedule brings them there.",
                safe + 1
            )
        }
        None if answer.explored.safety.is_some() => {
            "There is no point of no return: even from the start no schedule brings everybody to an end.".into()
        }
        None => String::new(),
    }
}

/// Whether no shorter way can lie in what was not visited: a search goes by the number of moves, or by a rank that may
/// grow faster.
fn is_shortest(answer: &Answer) -> bool {
    let cut_short = matches!(answer.explored.stopped, Some(Stopped::States | Stopped::Memory | Stopped::Interrupted));
    !cut_short || answer.program.is_layered() || !answer.program.is_acyclic()
}

/// Whether real locks go the same way when they are told to: nobody is refused on it. A time-out takes its time, and
/// the kernel refuses whoever asks last. No real lock has units.
fn is_for_real(scenario: &Scenario, program: &Program, path: &Path) -> bool {
    let is_plain = |pair: &[Vec<u32>]| {
        let made = program.move_between(&pair[0], &pair[1]);
        made.is_some_and(|(_, outcome)| matches!(outcome, Outcome::Granted | Outcome::Comes | Outcome::Crashes))
    };
    scenario.units.is_empty() && path.states.windows(2).all(is_plain)
}

/// The events of a way through the states, with what everybody says who can't go on at its end, and who waits for whom
/// there.
fn tell(walk: &Walk) -> (Vec<Event>, Deadlock) {
    let Walk { scenario, program, path, .. } = walk;
    let mut narrator = Narrator::new(scenario, program, 0);
    let mut events = narrator.start(0);
    for (number, pair) in path.states.windows(2).enumerate() {
        let mut told = false;
        program.for_each_move(&pair[0], |made: Move| {
            let mut then = pair[0].clone();
            made.make(&mut then);
            if !told && then == pair[1] {
                told = true;
                events.extend(narrator.tell(&pair[0], &made, number as u64 + 1));
            }
        });
    }
    if let Some(last) = path.states.last().filter(|_| walk.is_stuck) {
        (0..last.len()).for_each(|who| events.extend(narrator.waits(last, who, path.movers.len() as u64 + 1)));
    }
    (events, narrator.deadlock().unwrap_or_default())
}
