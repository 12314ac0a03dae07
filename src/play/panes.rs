//! What there is to see, pane by pane, as lines.

use super::game::Game;
use super::line::{Line, Tone};
use super::position::{Position, Stander, Standing, Waiting};
use super::words;
use crate::analysis::Lane;
use crate::model::Mode;
use crate::report::{Style, clean, cut, fit, legend, list, ring_where, scale, strips, width};
use crate::scenario::{LockKind, Process, Scenario};
use crate::trace::WitnessLine;

/// The lanes begin with room for so many moves.
const LEAST_MOVES: u64 = 10;

/// More columns than this are not for a name.
const LONGEST_NAME: usize = 12;

/// All that a screen or a page shows of a game at one moment.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// What is played.
    pub scenario: &'a Scenario,
    /// Where everybody stands.
    pub position: Position<'a>,
    /// Who has asked for its lock already, and waits for the answer: real processes only.
    pub asking: Vec<bool>,
    /// The lanes so far.
    pub lanes: Vec<Lane>,
    /// The moment up to which they go, in microseconds.
    pub now_us: u64,
}

impl<'a> Scene<'a> {
    /// A game of the model, as it stands.
    pub fn of(game: &Game<'a>) -> Self {
        let (lanes, now_us) = game.lanes();
        let asking = vec![false; game.scenario().processes.len()];
        let scene = Self { scenario: game.scenario(), position: game.position(), asking, lanes, now_us };
        scene.until(now_us)
    }

    /// The same with lanes that go on until this moment; the picture is never shorter than some moves.
    pub(super) fn until(self, now_us: u64) -> Self {
        Self { now_us: now_us.max(LEAST_MOVES * super::game::MOVE_US), ..self }
    }

    fn names(&self) -> Vec<String> {
        (0..self.position.processes.len()).map(|who| words::name(self.scenario, who)).collect()
    }

    /// One line for each process: its number, its name, what it can do, and its program with the step where it stands.
    pub fn processes(&self, columns: usize, chosen: Option<usize>) -> Vec<Line> {
        let names = self.names();
        let name_columns = names.iter().map(|name| width(name)).max().unwrap_or(0).min(LONGEST_NAME);
        let standings: Vec<String> = (0..names.len()).map(|who| self.standing(who)).collect();
        let most = columns * 2 / 5;
        let standing_columns = standings.iter().map(|text| width(text)).max().unwrap_or(0).min(most);
        let number_columns = names.len().to_string().len();
        let line = |(who, stander): (usize, &Stander)| {
            let process = &self.scenario.processes[who];
            let tone = self.tone(who);
            let mark = if chosen == Some(who) { "▶" } else { " " };
            let line = Line::of(Tone::Heading, format!("{mark}{:>number_columns$} ", who + 1))
                .with(Tone::Name, fit(&names[who], name_columns) + "  ")
                .with(tone, fit(&standings[who], standing_columns) + "  ");
            let room = columns.saturating_sub(line.width());
            let mut line = line;
            line.parts.extend(program(process, stander, tone, room));
            line.cut(columns)
        };
        self.position.processes.iter().enumerate().map(line).collect()
    }

    fn standing(&self, who: usize) -> String {
        let text = words::standing(self.scenario, &self.position, who);
        if self.asking[who] { text.replacen("blocked by", "waits for", 1) } else { text }
    }

    pub(super) fn tone(&self, who: usize) -> Tone {
        match self.position.processes[who].standing {
            Standing::Free => Tone::Good,
            Standing::Crashed | Standing::Victim => Tone::Bad,
            Standing::Ended => Tone::Faint,
            _ => Tone::Warn,
        }
    }

    /// One line for each lock, or more if it takes them: who holds it and who is kept waiting; how many of its units
    /// are free.
    pub fn locks(&self, columns: usize) -> Vec<Line> {
        self.each_lock(columns).into_iter().flatten().collect()
    }

    /// The last of the lines that tell of this lock.
    pub fn line_of_lock(&self, columns: usize, lock: &str) -> Option<usize> {
        let at = self.scenario.lock_names().iter().position(|name| *name == lock)?;
        let lines: usize = self.each_lock(columns)[..=at].iter().map(Vec::len).sum();
        lines.checked_sub(1)
    }

    fn each_lock(&self, columns: usize) -> Vec<Vec<Line>> {
        let locks = self.scenario.lock_names();
        let name_columns = locks.iter().map(|name| width(name)).max().unwrap_or(0).min(LONGEST_NAME);
        let line = |lock: &str| {
            let tone = if self.holders(lock).is_empty() { Tone::Good } else { Tone::Plain };
            let line = Line::of(Tone::Name, fit(lock, name_columns) + "  ").with(tone, self.held(lock));
            line.with(Tone::Warn, self.waiters(lock)).wrapped(columns, name_columns + 2)
        };
        locks.into_iter().map(line).collect()
    }

    /// Whether a lock is held, and by whom; how many of its units are free.
    pub(super) fn held(&self, lock: &str) -> String {
        let holders = self.holders(lock);
        let state = match self.scenario.units.get(lock) {
            Some(&there) => {
                let taken: u32 = self.position.holders(lock).iter().filter_map(|(_, held)| held.units).sum();
                format!("{} of {there} free", there.saturating_sub(taken))
            }
            None => if holders.is_empty() { "free" } else { "held" }.to_owned(),
        };
        let by = match (holders.is_empty(), self.scenario.units.contains_key(lock)) {
            (true, _) => String::new(),
            (false, true) => format!(": {}", list(&holders)),
            (false, false) => format!(" by {}", list(&holders)),
        };
        state + &by
    }

    /// Who waits for a lock, and who would.
    pub(super) fn waiters(&self, lock: &str) -> String {
        let part = |(waiting, one, many): (Waiting, &str, &str)| {
            let waiters = self.position.waiters(lock, waiting);
            let names: Vec<String> = waiters.iter().map(|&who| words::name(self.scenario, who)).collect();
            match names.as_slice() {
                [] => String::new(),
                [name] => format!("; {name} {one}"),
                names => format!("; {} {many}", list(names)),
            }
        };
        let all = [
            (Waiting::Asked, "waits", "wait"),
            (Waiting::NotAsked, "would wait", "would wait"),
            (Waiting::Never, "would be refused", "would be refused"),
        ];
        all.into_iter().map(part).collect()
    }

    /// Who holds a lock, each with how much or how.
    fn holders(&self, lock: &str) -> Vec<String> {
        let of = |(who, held): (usize, crate::model::Holding)| {
            let name = words::name(self.scenario, who);
            match (held.units, held.mode) {
                (Some(units), _) => format!("{name} {units}"),
                (None, Mode::Exclusive) if !self.scenario.kind_of(lock).is_sqlite() => name,
                (None, mode) => format!("{name} ({mode})"),
            }
        };
        self.position.holders(lock).into_iter().map(of).collect()
    }

    /// The wait-for graph: a cycle as a ring, and one arrow for everybody else who waits.
    pub fn graph(&self, columns: usize) -> Vec<Line> {
        let cycle = self.position.cycle();
        let does = |who: usize| words::does(self.scenario, &self.position, who);
        let drawn = ring_where(self.scenario, &cycle, does, Style::PLAIN);
        let mut lines: Vec<Line> =
            drawn.lines().map(|line| Line::of(Tone::Bad, line.trim_start()).cut(columns)).collect();
        for (who, process) in self.position.processes.iter().enumerate() {
            let Some(lock) = process.waits_for.filter(|_| !cycle.iter().any(|edge| edge.waiter == who)) else {
                continue;
            };
            let names: Vec<String> =
                process.blocked_by.iter().map(|&other| words::name(self.scenario, other)).collect();
            let others = if names.is_empty() { "a newer snapshot".into() } else { list(&names) };
            let name = words::name(self.scenario, who);
            lines.push(Line::of(Tone::Warn, format!("{name} ──{} {lock}──▶ {others}", does(who))).cut(columns));
        }
        if lines.is_empty() {
            lines.push(Line::of(Tone::Faint, "nobody waits"));
        }
        lines
    }

    /// What the kernel lists of the locks of real processes, each line with what it means.
    pub fn kernel(&self, lines: &[WitnessLine], columns: usize) -> Vec<Line> {
        let both = |line: &WitnessLine| {
            let means = format!("  {}", clean(&line.means));
            [Line::of(Tone::Faint, clean(line.raw.trim_end())), Line::of(Tone::Plain, means)]
        };
        let nothing = match self.scenario.on {
            LockKind::Mutex => "nothing: a mutex lives in the memory of one process, and the kernel lists none",
            _ => "nothing",
        };
        match lines.is_empty() {
            true => vec![Line::of(Tone::Faint, nothing).cut(columns)],
            false => lines.iter().flat_map(both).map(|line| line.cut(columns)).collect(),
        }
    }

    /// The lanes with their scale and the legend.
    pub fn lanes(&self, columns: usize) -> Vec<Line> {
        self.lanes_in(usize::MAX, columns, 0)
    }

    /// The same in so many lines: without the legend, then without the scale, then without some of the lanes, but with
    /// that of the process `keep`.
    pub fn lanes_in(&self, room: usize, columns: usize, keep: usize) -> Vec<Line> {
        let style = Style { color: false, width: columns };
        let names = self.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let strips = strips(&self.lanes, &names, self.now_us, style);
        let faint = |text: &str| Line::of(Tone::Faint, cut(text, columns));
        let mut lines: Vec<Line> = strips.iter().map(|strip| lane(strip).cut(columns)).collect();
        let all = lines.len();
        if all > room {
            let shown = room.saturating_sub(1);
            let first = (keep + 1).saturating_sub(shown).min(all - shown);
            lines = lines.drain(first..first + shown).collect();
            lines.push(faint(&format!("… {shown} of {all} shown")));
            return lines;
        }
        let legend = legend(&strips);
        let words = Line::of(Tone::Faint, legend.as_str()).wrapped(columns, 0);
        match () {
            () if legend.is_empty() || all + 2 > room => {}
            () if all + 1 + words.len() <= room => lines.extend(words),
            () => lines.push(faint(&legend)),
        }
        if all < room {
            lines.insert(0, faint(&scale(&names, self.now_us, style)));
        }
        lines
    }
}

/// Colours a lane by its signs.
fn lane(strip: &str) -> Line {
    let tone = |sign: char| match sign {
        '█' => Tone::Good,
        '▒' => Tone::Name,
        '·' | '~' => Tone::Warn,
        '▄' | '✗' | '†' | '■' => Tone::Bad,
        _ => Tone::Plain,
    };
    let signs: Vec<char> = strip.chars().collect();
    let runs = signs.chunk_by(|a, b| tone(*a) == tone(*b));
    Line { parts: runs.map(|run| (tone(run[0]), run.iter().collect())).collect() }
}

/// The steps of a program with the one where it stands in brackets; only those around it if there is no room for all.
fn program(process: &Process, stander: &Stander, tone: Tone, room: usize) -> Vec<(Tone, String)> {
    let current = if stander.place.is_gone() { process.steps.len() } else { stander.place.step };
    let progress = words::progress(process, stander);
    let before = if progress.is_empty() { String::new() } else { format!("({progress}) ") };
    let room = room.saturating_sub(width(&before));
    // A long program is read near its current step only.
    const AROUND: usize = 40;
    let from = current.saturating_sub(AROUND);
    let all: Vec<(Tone, String)> = (from..process.steps.len().min(current + AROUND))
        .map(|at| match at {
            _ if at == current => (tone, format!("[{}]", process.steps[at])),
            _ if at < current => (Tone::Faint, process.steps[at].to_string()),
            _ => (Tone::Plain, process.steps[at].to_string()),
        })
        .collect();
    let needed: usize = all.iter().map(|(_, text)| width(text) + 1).sum();
    let near = (current - from).saturating_sub(1).min(all.len().saturating_sub(1));
    let start = if needed <= room + 1 && from == 0 { 0 } else { near };
    let mut parts = vec![(Tone::Faint, before)];
    if start + from > 0 {
        parts.push((Tone::Faint, "… ".into()));
    }
    for (index, (tone, text)) in all[start..].iter().enumerate() {
        parts.push((Tone::Plain, if index == 0 { "" } else { " " }.into()));
        parts.push((*tone, text.clone()));
    }
    parts
}
