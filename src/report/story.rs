//! The story line by line, in plain words, as it happens.

use std::collections::BTreeMap;

use super::paint::Style;
use super::words::{clean, cut, fit, list, moment, name, plural, setting, span, width};
use crate::analysis::{Hold, WaitForGraph};
use crate::model::Mode;
use crate::scenario::{DATABASE, LockKind, Process, Scenario, Step};
use crate::trace::{Edge, Event, KilledFor, What};

/// More lines than this are not a story. The trace has them all.
const LONGEST: usize = 300;

/// Tells one run.
pub struct Story {
    scenario: Scenario,
    style: Style,
    graph: WaitForGraph,
    /// The latest moment so far: two processes may be heard in another order than they spoke, by microseconds.
    now_us: u64,
    /// Rows that each process has stored in its present round.
    stored: BTreeMap<usize, u64>,
    lines: usize,
    untold: u64,
    clock: Clock,
}

/// What the time of an event counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// Microseconds of a run.
    Time,
    /// Moves of a schedule of so many: then how long something took is no question.
    Moves(u64),
}

impl Story {
    /// Begins to tell.
    pub fn new(scenario: &Scenario, style: Style) -> Self {
        let (scenario, graph) = (scenario.clone(), WaitForGraph::new(scenario));
        let clock = Clock::Time;
        Self { scenario, style, graph, now_us: 0, stored: BTreeMap::new(), lines: 0, untold: 0, clock }
    }

    /// Begins to tell a schedule, where the time of an event is the number of its move; what comes after the last
    /// move has a higher one.
    pub fn of_moves(scenario: &Scenario, moves: u64, style: Style) -> Self {
        Self { clock: Clock::Moves(moves), ..Self::new(scenario, style) }
    }

    /// The line for an event, if it is worth one.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        let text = self.tell(event);
        self.hear(event);
        let (mark, text) = text?;
        self.counted(event.who, mark, &text)
    }

    /// The line for a move by a step of which nothing is told.
    pub(super) fn silent(&mut self, who: usize, step: &Step, number: u64) -> Option<String> {
        self.now_us = self.now_us.max(number);
        self.counted(who, Kind::Plain, &format!("makes its step `{step}`"))
    }

    /// So many lines it would have if nothing were left out.
    pub(super) fn count(&self) -> u64 {
        self.lines as u64 + self.untold
    }

    /// A line, as long as the story is not too long.
    fn counted(&mut self, who: usize, mark: Kind, text: &str) -> Option<String> {
        if self.lines >= LONGEST {
            self.untold += 1;
            return None;
        }
        self.lines += 1;
        Some(self.row(who, mark, text))
    }

    fn row(&self, who: usize, mark: Kind, text: &str) -> String {
        let who = clean(name(&self.scenario, who));
        let columns = self.name_columns();
        let room = self.style.width.saturating_sub(13 + columns).max(20);
        let text = Style { color: false, width: room }.wrap(text, "");
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let rest: String = lines
            .map(|line| format!("{:indent$}{}\n", "", mark.paint(self.style, line), indent = 13 + columns))
            .collect();
        format!(
            "{} {} {}\n{rest}",
            self.style.faint(&format!("{:>11}", self.now())),
            self.style.name(&fit(&who, columns)),
            mark.paint(self.style, first),
        )
    }

    /// Takes an event in and says nothing.
    pub fn hear(&mut self, event: &Event) {
        self.graph.apply(event);
        match event.what {
            What::Round { .. } => drop(self.stored.remove(&event.who)),
            What::Committed { rows } => {
                let stored = self.stored.entry(event.who).or_default();
                *stored = stored.saturating_add(rows);
            }
            _ => {}
        }
        self.now_us = self.now_us.max(event.at_us);
    }

    /// An event that has not been taken in yet, as a sentence with the name of its process; `None` if it is not worth
    /// a line.
    pub fn told(&self, event: &Event) -> Option<String> {
        let (_, text) = self.tell(event)?;
        Some(format!("{} {text}", clean(name(&self.scenario, event.who))))
    }

    /// The same of any event.
    pub fn sentence(&self, event: &Event) -> String {
        let name = clean(name(&self.scenario, event.who));
        self.told(event).unwrap_or_else(|| format!("{name} {}", self.aside(&event.what)))
    }

    /// What the story leaves out.
    fn aside(&self, what: &What) -> String {
        match what {
            What::Starts { .. } => "starts".into(),
            What::Round { round } => format!("begins round {round}"),
            What::Worked => "has done its work".into(),
            What::Met => "goes on: everybody has come to the meeting".into(),
            What::Wants { lock, mode, units } => format!("asks for {}", self.object(lock, *mode, *units)),
            What::Releases { lock, .. } => format!("lets {} go", cut(&clean(lock), 64)),
            What::Inserted => "writes a row, which is not stored yet".into(),
            What::Commits { .. } => "begins to commit".into(),
            What::RolledBack { .. } => "undoes its transaction".into(),
            What::Finished { round } => format!("has carried out round {round}"),
            What::Crashes => "is about to be killed by its own step".into(),
            // All others are told.
            _ => "goes on".into(),
        }
    }

    /// What stands under the story when it was too long.
    pub fn ending(&self) -> Option<String> {
        let more = plural(self.untold, "event");
        let kept = if self.clock == Clock::Time { "; --trace FILE keeps them all" } else { "" };
        (self.untold > 0).then(|| format!("{:13}... and {more} more{kept}\n", ""))
    }

    fn now(&self) -> String {
        match self.clock {
            Clock::Time => moment(self.now_us),
            Clock::Moves(moves) if self.now_us > moves => "then".into(),
            Clock::Moves(_) => format!("move {}", self.now_us),
        }
    }

    /// ` after 312 ms`, where there is a clock.
    fn after(&self, us: u64) -> String {
        if self.clock == Clock::Time { format!(" after {}", span(us)) } else { String::new() }
    }

    fn name_columns(&self) -> usize {
        self.scenario.processes.iter().map(|process| width(&process.name)).max().unwrap_or(0).clamp(2, 12)
    }

    fn tell(&self, event: &Event) -> Option<(Kind, String)> {
        let who = event.who;
        Some(match &event.what {
            What::Works { for_us } => (Kind::Plain, format!("works for {}", setting(*for_us))),
            What::Meets => (Kind::Plain, "comes to the meeting".into()),
            What::Waits { lock, mode, units, limit_us } => {
                (Kind::Waits, self.waits(who, lock, *mode, *units, *limit_us))
            }
            What::Gets { lock, mode, units } => (Kind::Good, self.gets(event, lock, *mode, *units)),
            What::Releases { lock, units, .. } if lock != DATABASE => {
                (Kind::Plain, format!("lets {} go", counted(*units, clean(lock))))
            }
            What::Refused { lock, mode, units, why, waited_us } => {
                let code = why.code.map_or_else(String::new, |code| format!(" {code}"));
                let what = self.object(lock, *mode, *units);
                let text = format!(
                    "is refused {what}{}: {} ({}{code})",
                    self.after(*waited_us),
                    clean(&why.text),
                    clean(&why.name)
                );
                (Kind::Bad, text)
            }
            What::Committed { rows: 0 } => (Kind::Plain, "ends its transaction".into()),
            What::Committed { rows } => (Kind::Good, format!("commits: {} stored", plural(*rows, "row"))),
            What::RolledBack { rows } if *rows > 0 => (Kind::Plain, format!("rolls {} back", plural(*rows, "row"))),
            What::BacksOff { attempt, for_us } => {
                (Kind::Waits, format!("attempt {attempt} failed: pauses {}, then starts again", span(*for_us)))
            }
            What::Abandons { round } => (Kind::Bad, self.abandons(who, *round)),
            What::Crashed { how, locks_left } => (Kind::Bad, self.crashed(who, how, *locks_left)),
            What::ClosesCycle { cycle, timed, .. } => (Kind::Bad, self.closes(cycle, *timed)),
            What::Killed { why } => (Kind::Bad, self.killed(who, *why)),
            What::Ends => (Kind::Plain, "is done".into()),
            _ => return None,
        })
    }

    fn waits(&self, who: usize, lock: &str, mode: Mode, units: Option<u32>, limit_us: Option<u64>) -> String {
        let in_the_way = |hold: &&Hold| hold.who != who && mode.conflicts_with(hold.mode);
        let holders = self.graph.holders(lock).iter().filter(in_the_way);
        let holders: Vec<String> = holders.map(|hold| clean(name(&self.scenario, hold.who))).collect();
        let holders = match holders.as_slice() {
            [] => ", which somebody has just taken".into(), // and has not said so yet
            holders => format!(", held by {}", list(holders)),
        };
        let limit = limit_us.map_or_else(|| "without a time-out".into(), |limit| format!("up to {}", setting(limit)));
        format!("waits {limit} for {}{holders}", self.object(lock, mode, units))
    }

    fn gets(&self, event: &Event, lock: &str, mode: Mode, units: Option<u32>) -> String {
        let waited = self.graph.wait_of(event.who).map(|wait| event.at_us.saturating_sub(wait.since_us));
        let after = waited.map_or_else(String::new, |waited| self.after(waited));
        format!("gets {}{after}", self.object(lock, mode, units))
    }

    fn abandons(&self, who: usize, round: u32) -> String {
        let promised = self.scenario.processes.get(who).map_or(0, Process::rows_per_round);
        let stored = self.stored.get(&who).copied().unwrap_or(0);
        match promised.saturating_sub(stored) {
            0 => format!("gives round {round} up"),
            1 => format!("gives round {round} up: its row is lost"),
            rows => format!("gives round {round} up: its {rows} rows are lost"),
        }
    }

    fn crashed(&self, who: usize, how: &str, locks_left: Option<u64>) -> String {
        let held: Vec<String> = self.graph.held_by(who).map(|(lock, _)| clean(lock)).collect();
        let how = clean(how);
        if held.is_empty() {
            return format!("is gone, {how}; it held nothing");
        }
        let freed = match (self.scenario.on, locks_left) {
            (LockKind::Mutex, _) => ": its mutexes are gone with it",
            (LockKind::Ofd, _) | (_, None) => "",
            (_, Some(0)) => ": the kernel lists no lock of it any more",
            (_, Some(_)) => ": the kernel still lists a lock of it",
        };
        format!("is gone, {how}, while it held {}{freed}", list(&held))
    }

    fn closes(&self, cycle: &[Edge], timed: bool) -> String {
        let mut ring: Vec<String> = cycle.iter().map(|edge| clean(name(&self.scenario, edge.waiter))).collect();
        ring.extend(ring.first().cloned());
        if ring.len() > 10 {
            let more = ring.len() - 8;
            ring.splice(5..5 + more, [format!("... ({more} more)")]);
        }
        let end = if timed { "; a time-out in it will end it" } else { "" };
        format!("closes a cycle: {}{end}", ring.join(" -> "))
    }

    fn killed(&self, who: usize, why: KilledFor) -> String {
        let held: Vec<String> = self.graph.held_by(who).map(|(lock, _)| clean(lock)).collect();
        let held = if held.is_empty() { String::new() } else { format!(", while it held {}", list(&held)) };
        match why {
            KilledFor::Deadlock => "is ended by lesson".into(),
            KilledFor::Victim => format!("is chosen as the victim and ended by lesson{held}"),
            KilledFor::Deadline => "is ended by lesson: the run has reached its deadline".into(),
        }
    }

    /// `A`, `A (shared)`, `2 of money`, `the write lock (RESERVED) of database`.
    fn object(&self, lock: &str, mode: Mode, units: Option<u32>) -> String {
        let kind = if lock == DATABASE { self.scenario.on } else { self.scenario.kind_of(lock) };
        let has_units = self.scenario.units.contains_key(lock);
        let lock = cut(&clean(lock), 64);
        match (kind, mode) {
            _ if has_units => counted(units, lock),
            (LockKind::Sqlite | LockKind::SqliteWal, Mode::Reserved | Mode::Writer) => {
                format!("the write lock ({mode}) of {lock}")
            }
            (LockKind::Sqlite | LockKind::SqliteWal, Mode::Shared) => format!("a read lock ({mode}) of {lock}"),
            (LockKind::Sqlite | LockKind::SqliteWal, Mode::Snapshot) => format!("a {mode} of {lock}"),
            (LockKind::Sqlite | LockKind::SqliteWal, _) => format!("{lock} without readers ({mode})"),
            (_, Mode::Shared) => format!("{lock} (shared)"),
            _ => lock,
        }
    }
}

/// `2 of money`; the lock alone where no number is known.
fn counted(units: Option<u32>, lock: String) -> String {
    units.map_or_else(|| lock.clone(), |units| format!("{units} of {lock}"))
}

/// What a line is about, for its colour.
enum Kind {
    Plain,
    Good,
    Waits,
    Bad,
}

impl Kind {
    fn paint(&self, style: Style, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Good => style.good(text),
            Self::Waits => style.warn(text),
            Self::Bad => style.bad(text),
        }
    }
}
