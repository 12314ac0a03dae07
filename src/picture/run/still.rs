//! What was so at one instant, in words and arrows: who holds what, who waits for whom, which cycle stands.

use std::collections::{BTreeMap, BTreeSet};

use super::super::reel::{LONGEST_SENTENCE, Reel, name_of};
use super::ladder::Ladder;
use crate::analysis::{Camera, Hold, Holders, MEETING, moments};
use crate::model::Mode;
use crate::report::{Story, Style, clean, cut, list, plural};
use crate::scenario::{LockKind, Scenario};
use crate::trace::{Edge, What};

/// More lines than this are not read at one glance.
const MOST_LINES: usize = 12;

/// Arrows that are looked at for one waiter.
const MOST_ARROWS: usize = 400;

/// Lines of the list of events.
const MOST_EVENTS: usize = 300;

/// One instant, after an event.
pub(super) struct Still {
    /// In microseconds of the run.
    pub(super) at_us: u64,
    /// The event.
    pub(super) says: String,
    /// Who holds what, who waits for it, which cycles stand.
    pub(super) lines: Vec<String>,
    /// Arrows between those who are drawn.
    pub(super) arrows: Vec<Arrow>,
    /// The names on each rung of each ladder.
    pub(super) rungs: Vec<Vec<String>>,
}

/// One arrow of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrow {
    pub(super) waiter: usize,
    pub(super) holder: usize,
    pub(super) lock: String,
    /// Whether it is part of a cycle.
    pub(super) in_cycle: bool,
}

/// The stills of a run, and its events as a list.
pub(super) struct Stills {
    pub(super) stills: Vec<Still>,
    /// How many moments there were to choose from.
    pub(super) moments: usize,
    /// Moment and sentence of the first events of the story.
    pub(super) events: Vec<(u64, String)>,
    /// How many more the story has.
    pub(super) more_events: u64,
    /// The still to begin with: where the first deadlock is complete, with all who wait behind it; else where a cycle
    /// closed, the first refusal or crash, the first wait, the beginning.
    pub(super) first: usize,
}

impl Stills {
    /// At most `most` of them, and one before anything happened.
    pub(super) fn of(reel: &Reel, ladders: &[Ladder], most: usize) -> Self {
        let trace = reel.trace;
        let (chosen, moments) = moments(&trace.events, most);
        let mut camera = Camera::new(&trace.scenario);
        let mut story = Story::new(&trace.scenario, Style::PLAIN);
        let mut chosen = chosen.into_iter().peekable();
        let before = still(0, "Nothing has happened yet".into(), &camera, reel, ladders);
        let mut found = Self { stills: vec![before], moments, events: Vec::new(), more_events: 0, first: 0 };
        let (mut best, mut lasting) = (0, 0);
        let mut now_us = 0;
        for (at, event) in trace.events.iter().enumerate() {
            now_us = event.at_us.max(now_us);
            match story.told(event) {
                Some(text) if found.events.len() < MOST_EVENTS => {
                    found.events.push((now_us, cut(&text, LONGEST_SENTENCE)));
                }
                Some(_) => found.more_events += 1,
                None => {}
            }
            let stop = chosen.next_if(|index| *index == at).map(|_| cut(&story.sentence(event), LONGEST_SENTENCE));
            story.hear(event);
            camera.apply(event);
            let Some(says) = stop else { continue };
            found.stills.push(still(now_us, says, &camera, reel, ladders));
            let tells = match event.what {
                What::ClosesCycle { timed: false, .. } => 4,
                What::ClosesCycle { .. } => 3,
                What::Refused { .. } | What::Crashed { .. } => 2,
                What::Waits { .. } => 1,
                _ => 0,
            };
            let last = found.stills.len() - 1;
            let shown = &found.stills[found.first];
            // Where a deadlock lasts, others may come to wait behind it: all of it is to be seen.
            let grows = best == 4 && lasting > 0 && found.stills[last].arrows.len() > shown.arrows.len();
            if tells > best || grows {
                (best, found.first) = (tells.max(best), last);
            }
            lasting = if tells == 4 && found.first == last { 1 } else { lasting.min(camera.rings().count()) };
        }
        found
    }
}

fn still(at_us: u64, says: String, camera: &Camera, reel: &Reel, ladders: &[Ladder]) -> Still {
    let arrows = arrows(camera, &reel.cast);
    Still {
        at_us,
        says,
        lines: lines(camera, &reel.trace.scenario),
        rungs: ladders.iter().map(|ladder| ladder.names(camera.graph(), reel)).collect(),
        arrows,
    }
}

fn arrows(camera: &Camera, cast: &[usize]) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    let in_cycles: BTreeSet<&Edge> = camera.rings().flat_map(|ring| &ring.edges).collect();
    for &waiter in cast {
        let edges = camera.graph().edges_of(waiter).take(MOST_ARROWS);
        for edge in edges.filter(|edge| cast.binary_search(&edge.holder).is_ok()) {
            let in_cycle = in_cycles.contains(&edge);
            let lock = cut(&clean(&edge.lock), 16);
            arrows.push(Arrow { waiter, holder: edge.holder, lock, in_cycle });
        }
    }
    arrows
}

/// The cycles that stand, then a line for each lock that somebody holds or waits for.
fn lines(camera: &Camera, scenario: &Scenario) -> Vec<String> {
    let names = |all: &[usize]| listed(all, |&who| name_of(scenario, who));
    let graph = camera.graph();
    let mut lines = Vec::new();
    for ring in camera.rings().take(MOST_LINES / 2) {
        let members: Vec<usize> = ring.edges.iter().map(|edge| edge.waiter).collect();
        // The kernel looks for cycles of fcntl locks, and of no others (fcntl(2), EDEADLK).
        let is_seen = ring.edges.iter().all(|edge| scenario.kind_of(&edge.lock) == LockKind::Fcntl);
        let end = match (ring.timed, is_seen) {
            (true, _) => "a time-out in it will end it",
            (false, true) => "the kernel refuses one of them (EDEADLK)",
            (false, false) => "none of them will end it",
        };
        let each = if members.len() == 2 { "wait for each other" } else { "wait in a ring" };
        lines.push(format!("A cycle: {} {each}; {end}.", names(&members)));
    }
    let mut waiters: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    // At a meeting to which all have come nobody waits any more, though it has not been told yet that they go on.
    let at_meeting = |who: usize| graph.wait_of(who).is_none();
    let waits = |who: &usize| !at_meeting(*who) || graph.meetings().waits_for_somebody(*who);
    for who in graph.waiters().into_iter().filter(waits) {
        let lock = graph.wait_of(who).map_or(MEETING, |wait| wait.lock.as_str());
        waiters.entry(lock).or_default().push(who);
    }
    let mut more = 0;
    let mut locks: Vec<&str> = camera.locks().iter().map(String::as_str).collect();
    locks.sort_unstable();
    for lock in locks.into_iter().chain([MEETING]) {
        let (holders, waiters) = (graph.holders(lock), waiters.get(lock));
        if holders.is_empty() && waiters.is_none() {
            continue;
        }
        if lines.len() >= MOST_LINES {
            more += 1;
            continue;
        }
        let held = if lock == MEETING { String::new() } else { held(holders, scenario, lock) };
        let waits = waiters.map_or_else(String::new, |all| {
            let verb = match (all.len(), lock != MEETING && holders.is_empty() && holders.were_any()) {
                (1, true) => "does not have it yet",
                (_, true) => "do not have it yet",
                (1, false) => "waits",
                (_, false) => "wait",
            };
            format!("{}{} {verb}", if held.is_empty() { "" } else { "; " }, names(all))
        });
        lines.push(format!("{}: {held}{waits}.", cut(&clean(lock), 40)));
    }
    if more > 0 {
        lines.push(format!(
            "{} held or waited for, too.",
            match more {
                1 => "1 more lock is".to_owned(),
                _ => format!("{} are", plural(more, "more lock")),
            }
        ));
    }
    if lines.is_empty() {
        lines.push("Nobody holds a lock, nobody waits.".into());
    }
    lines
}

/// `held by P1`, `shared by P1 and P2`, `P1 SHARED, P2 RESERVED (COMMIT under way)`, `2 of 3 held: P1 1, P2 1`.
/// Nobody is told to hold a lock for that somebody waits: between a release and the next grant, or before the first.
fn held(holders: &Holders, scenario: &Scenario, lock: &str) -> String {
    match (holders.is_empty(), holders.were_any()) {
        (true, true) => return "just let go".into(),
        (true, false) => return "just taken, by one who has not said so yet".into(),
        (false, _) => {}
    }
    let holders: Vec<&Hold> = holders.iter().collect();
    let names = |of: &dyn Fn(&Hold) -> String| listed(&holders, |hold| of(hold));
    let who = |hold: &Hold| name_of(scenario, hold.who);
    if let Some(units) = scenario.units.get(lock) {
        let used: u64 = holders.iter().map(|hold| u64::from(hold.units)).sum();
        return format!("{used} of {units} held: {}", names(&|hold| format!("{} {}", who(hold), hold.units)));
    }
    if Ladder::is_of(scenario, lock) {
        return names(&|hold| {
            let commits = if hold.committing { " (COMMIT under way)" } else { "" };
            format!("{} {}{commits}", who(hold), hold.mode)
        });
    }
    let shared = holders.iter().all(|hold| hold.mode == Mode::Shared);
    format!("{} by {}", if shared { "shared" } else { "held" }, names(&who))
}

/// A list in words. Of a long one only the first and the last are ever said: the others need no words.
fn listed<T>(all: &[T], word: impl Fn(&T) -> String) -> String {
    let last = all.len().saturating_sub(1);
    let said = |at: usize| at < 8 || at == last;
    let words = all.iter().enumerate().map(|(at, one)| if said(at) { word(one) } else { String::new() });
    list(&words.collect::<Vec<_>>())
}
