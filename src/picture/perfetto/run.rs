//! One run as tracks, slices and arrows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::io::Write;

use super::{Line, Sheet, Track, shown};
use crate::model::Mode;
use crate::report::{plural, span};
use crate::scenario::{DATABASE, excerpt};
use crate::trace::{Edge, Event, KilledFor, Trace, What};

/// Draws a run; of several, each is named before its processes.
pub(super) fn draw<W: Write>(trace: &Trace, is_one_of_several: bool, sheet: &mut Sheet<W>) -> io::Result<()> {
    let run = if is_one_of_several { format!("{}: ", excerpt(&trace.label, LONGEST_LABEL)) } else { String::new() };
    let mut drawing = Drawing::begin(trace, &run, sheet)?;
    for event in &trace.events {
        drawing.apply(event)?;
    }
    drawing.now_us = drawing.now_us.max(trace.outcome.took_us);
    (0..drawing.actors.len()).try_for_each(|who| drawing.end(who))
}

/// The longest label of a run before a name, in characters.
const LONGEST_LABEL: usize = 40;

struct Drawing<'a, 's, W: Write> {
    trace: &'a Trace,
    sheet: &'s mut Sheet<W>,
    /// The track of each lock that a process ever holds.
    tracks: BTreeMap<(usize, &'a str), Track>,
    actors: Vec<Actor<'a>>,
    /// Who is about to commit: whoever gets the database then has ended that hold.
    committing: BTreeSet<usize>,
    /// The last release of each lock, by how it was held.
    releases: BTreeMap<&'a str, Vec<(Mode, Release)>>,
    /// The latest moment so far: two processes may be heard in another order than they spoke.
    now_us: u64,
}

/// One process.
#[derive(Default)]
struct Actor<'a> {
    track: Track,
    doing: Option<Doing<'a>>,
    holds: BTreeMap<&'a str, Held>,
}

/// What a process is in the middle of.
struct Doing<'a> {
    since_us: u64,
    name: String,
    words: String,
    waits_for: Option<&'a str>,
}

/// How a lock is held, since it is held so.
#[derive(Clone, Copy)]
struct Held {
    since_us: u64,
    mode: Mode,
    units: Option<u32>,
}

#[derive(Clone, Copy)]
struct Release {
    who: usize,
    since_us: u64,
    at_us: u64,
}

impl<'a, 's, W: Write> Drawing<'a, 's, W> {
    fn begin(trace: &'a Trace, run: &str, sheet: &'s mut Sheet<W>) -> io::Result<Self> {
        let held = trace.events.iter().filter_map(|event| match &event.what {
            What::Gets { lock, .. } => Some((event.who, lock.as_str())),
            _ => None,
        });
        let held: BTreeSet<(usize, &str)> = held.collect();
        let mut tracks = BTreeMap::new();
        let mut actors = Vec::with_capacity(trace.scenario.processes.len());
        for (who, process) in trace.scenario.processes.iter().enumerate() {
            let pid = sheet.process(&format!("{run}{}", process.name))?;
            let track = sheet.track(pid, "what it does")?;
            actors.push(Actor { track, ..Actor::default() });
            for &(_, lock) in held.range((who, "")..(who + 1, "")) {
                tracks.insert((who, lock), sheet.track(pid, &format!("holds {lock}"))?);
            }
        }
        let (committing, releases) = (BTreeSet::new(), BTreeMap::new());
        Ok(Self { trace, sheet, tracks, actors, committing, releases, now_us: 0 })
    }

    fn apply(&mut self, event: &'a Event) -> io::Result<()> {
        let who = event.who;
        self.now_us = self.now_us.max(event.at_us);
        if who >= self.actors.len() {
            return Ok(());
        }
        if let What::ClosesCycle { cycle, timed, .. } = &event.what {
            return self.instant(who, &self.cycle(cycle, *timed)); // the conductor's remark: the process did nothing
        }
        let done = self.stop(who)?;
        match &event.what {
            What::Works { for_us } => self.start(who, "works", format!("for {}", span(*for_us))),
            What::Meets => self.start(who, "waits at the meeting", "for those who have not come".into()),
            What::Waits { lock, mode, units, limit_us } => self.wait(who, lock, *mode, *units, *limit_us)?,
            What::Gets { lock, mode, units } => self.grant(who, lock, *mode, *units, done)?,
            What::Refused { lock, mode, units, why, waited_us } => {
                self.committing.remove(&who);
                let what = object(lock, *mode, *units);
                let (text, name, after) = (&why.text, &why.name, span(*waited_us));
                self.instant(who, &format!("is refused {what} after {after}: {text} ({name})"))?;
            }
            What::Releases { lock, keeps, .. } => {
                let left = self.release(who, lock)?;
                let left = left.filter(|_| *keeps > 0).map(|held| Held { units: Some(*keeps), ..held });
                left.into_iter().for_each(|held| self.hold(who, lock, held));
            }
            What::Commits { rows } => {
                self.committing.insert(who);
                self.start(who, "commits", plural(*rows, "row"));
            }
            What::Committed { .. } | What::RolledBack { .. } => {
                self.committing.remove(&who);
                self.release(who, DATABASE)?;
            }
            What::BacksOff { attempt, for_us } => {
                self.start(who, &format!("pauses after attempt {attempt}"), format!("for {}", span(*for_us)));
            }
            What::Abandons { round } => self.instant(who, &format!("gives round {round} up"))?,
            What::Ends => self.end(who)?,
            What::Crashed { how, .. } => {
                self.instant(who, &format!("is gone: {how}"))?;
                self.end(who)?;
            }
            What::Killed { why } => {
                self.instant(who, killed(*why))?;
                self.end(who)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, who: usize, name: &str, words: String) {
        let doing = Doing { since_us: self.now_us, name: name.to_owned(), words, waits_for: None };
        self.actors[who].doing = Some(doing);
    }

    /// What a process was doing is over.
    fn stop(&mut self, who: usize) -> io::Result<Option<Doing<'a>>> {
        let done = self.actors[who].doing.take();
        if let Some(done) = &done {
            self.slice(self.actors[who].track, done.since_us, &done.name, &done.words)?;
        }
        Ok(done)
    }

    fn wait(
        &mut self,
        who: usize,
        lock: &'a str,
        mode: Mode,
        units: Option<u32>,
        limit_us: Option<u64>,
    ) -> io::Result<()> {
        let patience = limit_us.map_or_else(|| "without a time-out".into(), |limit| format!("up to {}", span(limit)));
        self.start(who, &format!("waits for {}", object(lock, mode, units)), patience);
        self.actors[who].doing.iter_mut().for_each(|doing| doing.waits_for = Some(lock));
        // A COMMIT that has to wait for readers holds PENDING meanwhile.
        if lock == DATABASE && mode == Mode::Exclusive && self.committing.contains(&who) {
            let held = self.cut(who, lock)?;
            held.into_iter().for_each(|held| self.hold(who, lock, Held { mode: Mode::Pending, ..held }));
        }
        Ok(())
    }

    fn grant(
        &mut self,
        who: usize,
        lock: &'a str,
        mode: Mode,
        units: Option<u32>,
        done: Option<Doing>,
    ) -> io::Result<()> {
        if lock == DATABASE {
            // A COMMIT frees the lock before its process can say so.
            let excluded = |other: &usize| {
                let held = self.actors[*other].holds.get(lock);
                *other != who && held.is_some_and(|held| mode.conflicts_with(held.mode))
            };
            let over: Vec<usize> = self.committing.iter().copied().filter(excluded).collect();
            over.into_iter().try_for_each(|other| self.release(other, lock).map(drop))?;
        }
        if let Some(wait) = done.filter(|done| done.waits_for == Some(lock)) {
            self.arrow(who, lock, mode, wait.since_us)?;
        }
        let before = self.cut(who, lock)?;
        let units = units.map(|units| units.saturating_add(before.and_then(|held| held.units).unwrap_or(0)));
        self.hold(who, lock, Held { since_us: self.now_us, mode, units });
        Ok(())
    }

    /// The release that ended this wait, if it was told since it began.
    fn arrow(&mut self, who: usize, lock: &'a str, mode: Mode, since_us: u64) -> io::Result<()> {
        let releases = self.releases.get(lock).into_iter().flatten();
        let in_the_way = releases
            .filter(|(held, release)| mode.conflicts_with(*held) && release.who != who && release.at_us >= since_us);
        let Some(&(_, release)) = in_the_way.max_by_key(|(_, release)| release.at_us) else { return Ok(()) };
        let track = |who| self.tracks.get(&(who, lock)).copied();
        let (Some(from), Some(to)) = (track(release.who), track(who)) else { return Ok(()) };
        // Inside the slice, which its last moment is not any more.
        let leaves_us = release.at_us.saturating_sub(1).max(release.since_us);
        self.sheet.arrow((from, leaves_us), (to, self.now_us))
    }

    fn hold(&mut self, who: usize, lock: &'a str, held: Held) {
        self.actors[who].holds.insert(lock, Held { since_us: self.now_us, ..held });
    }

    /// A hold, or a part of one, is over.
    fn release(&mut self, who: usize, lock: &'a str) -> io::Result<Option<Held>> {
        let held = self.cut(who, lock)?;
        if let Some(Held { since_us, mode, .. }) = held {
            let release = Release { who, since_us, at_us: self.now_us };
            let releases = self.releases.entry(lock).or_default();
            match releases.iter_mut().find(|(held, _)| *held == mode) {
                Some(last) => last.1 = release,
                None => releases.push((mode, release)),
            }
        }
        Ok(held)
    }

    /// The slice of a hold ends here; another one of the same process may follow.
    fn cut(&mut self, who: usize, lock: &'a str) -> io::Result<Option<Held>> {
        let Some(held) = self.actors[who].holds.remove(lock) else { return Ok(None) };
        let Some(&track) = self.tracks.get(&(who, lock)) else { return Ok(None) };
        let words = format!("{} holds it for {}", self.name(who), span(self.now_us.saturating_sub(held.since_us)));
        self.slice(track, held.since_us, &format!("holds {}", object(lock, held.mode, held.units)), &words)?;
        Ok(Some(held))
    }

    /// It is over: nothing is held any more.
    fn end(&mut self, who: usize) -> io::Result<()> {
        self.stop(who)?;
        self.committing.remove(&who);
        let locks: Vec<&str> = self.actors[who].holds.keys().copied().collect();
        locks.into_iter().try_for_each(|lock| self.release(who, lock).map(drop))
    }

    fn slice(&mut self, Track { pid, tid }: Track, since_us: u64, name: &str, words: &str) -> io::Result<()> {
        let (ts, dur) = (Some(since_us), Some(self.now_us.saturating_sub(since_us)));
        let args = Some(("words", shown(words)));
        self.sheet.put(&Line { tid: Some(tid), ts, dur, args, ..Line::new(&shown(name), "X", pid) })
    }

    fn instant(&mut self, who: usize, name: &str) -> io::Result<()> {
        let Track { pid, tid } = self.actors[who].track;
        let (tid, ts) = (Some(tid), Some(self.now_us));
        self.sheet.put(&Line { tid, ts, s: Some("t"), ..Line::new(&shown(name), "i", pid) })
    }

    fn cycle(&self, cycle: &[Edge], timed: bool) -> String {
        let ring: Vec<&str> = cycle.iter().chain(cycle.first()).map(|edge| self.name(edge.waiter)).collect();
        let end = if timed { "; a time-out in it will end it" } else { "" };
        format!("closes a cycle: {}{end}", ring.join(" -> "))
    }

    fn name(&self, who: usize) -> &'a str {
        self.trace.scenario.processes.get(who).map_or("?", |process| process.name.as_str())
    }
}

/// `A, EXCLUSIVE`; `2 of tape`.
fn object(lock: &str, mode: Mode, units: Option<u32>) -> String {
    units.map_or_else(|| format!("{lock}, {mode}"), |units| format!("{units} of {lock}"))
}

fn killed(why: KilledFor) -> &'static str {
    match why {
        KilledFor::Deadlock => "is ended by lesson: deadlock",
        KilledFor::Victim => "is ended by lesson: chosen as the victim",
        KilledFor::Deadline => "is ended by lesson: deadline",
    }
}
