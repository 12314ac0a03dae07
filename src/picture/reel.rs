//! One run made ready for pictures: who is drawn, what each lane shows in so many columns, and every piece and mark of
//! it in words. The words are the story's.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Film, Lane, Mark, Notch, Piece, Strip, lanes};
use crate::report::{
    Story, Style, TELLING, clean, cut, moment_of, name, plural, span, too_short, word_of_mark, word_of_state,
};
use crate::scenario::Scenario;
use crate::trace::{Event, Trace, What};

/// More processes than this are no picture.
pub(super) const MOST_LANES: usize = 24;

/// Columns that a lane has at the most: the units of its width.
pub(super) const MOST_COLUMNS: u32 = 720;

/// Columns of all lanes of one file together.
const ALL_COLUMNS: usize = 12_000;

/// A sentence is cut here: a recording may bring any text as a refusal's words.
pub(super) const LONGEST_SENTENCE: usize = 400;

/// A run as its pictures need it.
pub(super) struct Reel<'a> {
    pub(super) trace: &'a Trace,
    pub(super) film: Film,
    /// Who is drawn, in the order of the scenario.
    pub(super) cast: Vec<usize>,
    /// For each of the cast its lane, and what it says.
    pub(super) lanes: Vec<Told>,
}

/// One lane with its words.
pub(super) struct Told {
    /// The process's name, as it may be shown.
    pub(super) name: String,
    /// What is drawn.
    pub(super) strip: Strip,
    /// One sentence for each piece.
    pub(super) pieces: Vec<String>,
    /// One sentence for each mark.
    pub(super) marks: Vec<String>,
    /// The whole lane in words.
    pub(super) summary: String,
}

/// The name of a process, as it may be shown in a sentence.
pub(super) fn name_of(scenario: &Scenario, who: usize) -> String {
    cut(&clean(name(scenario, who)), 64)
}

/// How many columns each lane of these runs may have.
pub(super) fn columns(traces: &[Trace]) -> u32 {
    let lanes: usize = traces.iter().map(|trace| trace.scenario.processes.len().min(MOST_LANES)).sum();
    (ALL_COLUMNS / lanes.max(1)).clamp(60, MOST_COLUMNS as usize) as u32
}

impl<'a> Reel<'a> {
    /// Makes a run ready for a picture from 0 to `end_us`.
    pub(super) fn of(trace: &'a Trace, end_us: u64, columns: u32) -> Self {
        let film = Film::of(trace);
        let cast = cast(trace, &film);
        let all = lanes(trace);
        let strips: Vec<Strip> = cast.iter().map(|&who| Strip::of(&all[who], end_us, columns)).collect();
        let summaries: Vec<String> = cast.iter().map(|&who| summary(&film, who, &all[who])).collect();
        drop(all);
        let sentences = Sentences::of(trace, &cast, &strips);
        let tell = |((&who, strip), summary): ((&usize, Strip), String)| {
            let name = cut(&clean(name(&trace.scenario, who)), 40);
            let pieces = strip.pieces.iter().map(|piece| sentences.piece(who, piece, &name)).collect();
            let marks = strip.marks.iter().map(|notch| sentences.mark(who, notch, &name)).collect();
            Told { name, strip, pieces, marks, summary }
        };
        let lanes = cast.iter().zip(strips).zip(summaries).map(tell).collect();
        Self { trace, film, cast, lanes }
    }

    /// A moment of this run, in words.
    pub(super) fn moment(&self, us: u64) -> String {
        moment_of(us, self.trace.outcome.took_us)
    }

    /// How many stretches are merged, and into how many pieces.
    pub(super) fn merged(&self) -> (u64, u64) {
        let pieces = self.lanes.iter().flat_map(|lane| &lane.strip.pieces).filter(|piece| piece.count > 1);
        pieces.fold((0, 0), |(merged, into), piece| (merged + piece.count, into + 1))
    }

    /// What the picture leaves out or merges, in words; empty if nothing.
    pub(super) fn left_out(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let all = self.trace.scenario.processes.len();
        if all > self.cast.len() {
            let first = if self.film.cycles.is_empty() { "the first" } else { "those of a cycle first" };
            notes.push(format!("{} of {all} processes are drawn: {first}.", self.cast.len()));
        }
        let (merged, into) = self.merged();
        notes.extend(words_of_merged(merged, into));
        let marks = self.lanes.iter().flat_map(|lane| &lane.strip.marks);
        let hidden: u64 = marks.map(|notch| notch.count - 1).sum();
        if hidden > 0 {
            notes.push(format!("{} stand behind others of their kind.", plural(hidden, "mark")));
        }
        notes
    }
}

/// `1,234 stretches too short to see are merged into 12 pieces: ...`, and what such a piece shows.
pub(super) fn words_of_merged(merged: u64, into: u64) -> Option<String> {
    (merged > 0).then(|| format!("{} into {}: {TELLING}.", too_short(merged), plural(into, "piece")))
}

/// Who is drawn: all, or those who were part of a cycle and the first of the others.
fn cast(trace: &Trace, film: &Film) -> Vec<usize> {
    let all = trace.scenario.processes.len();
    if all <= MOST_LANES {
        return (0..all).collect();
    }
    let in_cycles = film.cycles.iter().flat_map(|ring| &ring.edges).map(|edge| edge.waiter).filter(|&who| who < all);
    let mut cast = BTreeSet::new();
    for who in in_cycles.chain(0..all) {
        if cast.len() == MOST_LANES {
            break;
        }
        cast.insert(who);
    }
    cast.into_iter().collect()
}

/// `holds 1.20 s, waits 312 ms; 2 refused; the longest wait: 300 ms for B`. It is told of the whole lane: in its
/// picture short stretches have been merged into others.
fn summary(film: &Film, who: usize, lane: &Lane) -> String {
    let mut sums: BTreeMap<_, u64> = BTreeMap::new();
    for segment in &lane.segments {
        *sums.entry(segment.state).or_default() += segment.to_us.saturating_sub(segment.from_us);
    }
    let states: Vec<String> =
        sums.iter().map(|(state, us)| format!("{} {}", word_of_state(*state), span(*us))).collect();
    let mut text = if states.is_empty() { "does nothing".to_owned() } else { states.join(", ") };
    for mark in [Mark::Refused, Mark::Crashed, Mark::Killed] {
        let count = lane.marks.iter().filter(|(_, known)| *known == mark).count();
        if count > 0 {
            text += &format!("; {count} x {}", word_of_mark(mark));
        }
    }
    let waits = film.waits.iter().filter(|wait| wait.who == who);
    if let Some(wait) = waits.max_by_key(|wait| wait.to_us - wait.from_us) {
        let lock = cut(&clean(&film.locks[wait.lock]), 40);
        text += &format!("; the longest wait: {} for {lock}", span(wait.to_us - wait.from_us));
    }
    text + "."
}

/// Sentences of the events that begin a piece or are a mark.
struct Sentences {
    /// By process and moment of the piece or the mark.
    pieces: BTreeMap<(usize, u64), String>,
    marks: BTreeMap<(usize, u64, Mark), String>,
    /// How long the run took.
    took_us: u64,
}

impl Sentences {
    fn of(trace: &Trace, cast: &[usize], strips: &[Strip]) -> Self {
        let begun = begun_by(&trace.events, cast, strips);
        let mut wanted_marks: BTreeSet<(usize, u64, Mark)> = BTreeSet::new();
        for (&who, strip) in cast.iter().zip(strips) {
            wanted_marks.extend(strip.marks.iter().filter(|notch| notch.count == 1).map(|n| (who, n.at_us, n.mark)));
        }
        let mut story = Story::new(&trace.scenario, Style::PLAIN);
        let took_us = trace.outcome.took_us;
        let mut sentences = Self { pieces: BTreeMap::new(), marks: BTreeMap::new(), took_us };
        let mut begun = begun.into_iter().peekable();
        for (at, event) in trace.events.iter().enumerate() {
            let say = || cut(&story.sentence(event), LONGEST_SENTENCE);
            while let Some((_, from_us)) = begun.next_if(|(index, _)| *index == at) {
                sentences.pieces.insert((event.who, from_us), say());
            }
            if let Some(mark) = mark_of(&event.what)
                && wanted_marks.remove(&(event.who, event.at_us, mark))
            {
                sentences.marks.insert((event.who, event.at_us, mark), say());
            }
            story.hear(event);
        }
        sentences
    }

    fn piece(&self, who: usize, piece: &Piece, name: &str) -> String {
        let Piece { segment, count } = piece;
        let does = word_of_state(segment.state);
        let (from, time) =
            (moment_of(segment.from_us, self.took_us), span(segment.to_us.saturating_sub(segment.from_us)));
        if *count > 1 {
            return format!(
                "{name} from {from}, for {time}: {count} stretches too short to see; of them this tells most: {does}."
            );
        }
        match self.pieces.get(&(who, segment.from_us)) {
            Some(sentence) => format!("At {from}: {sentence}. For {time} it {does}."),
            None => format!("{name} from {from}, for {time}: {does}."),
        }
    }

    fn mark(&self, who: usize, notch: &Notch, name: &str) -> String {
        let at = moment_of(notch.at_us, self.took_us);
        match self.marks.get(&(who, notch.at_us, notch.mark)) {
            Some(sentence) => format!("At {at}: {sentence}."),
            None => format!("{name} from {at}: {} x {}.", notch.count, word_of_mark(notch.mark)),
        }
    }
}

fn mark_of(what: &What) -> Option<Mark> {
    match what {
        What::Refused { .. } => Some(Mark::Refused),
        What::Crashed { .. } => Some(Mark::Crashed),
        What::Killed { .. } => Some(Mark::Killed),
        _ => None,
    }
}

/// For each piece that is one stretch the event with which it began: the last one of its process that was not later.
/// Event and begin, in the order of the events.
fn begun_by(events: &[Event], cast: &[usize], strips: &[Strip]) -> Vec<(usize, u64)> {
    let mut open: BTreeMap<usize, _> = BTreeMap::new();
    for (&who, strip) in cast.iter().zip(strips) {
        let begins = strip.pieces.iter().filter(|piece| piece.count == 1).map(|piece| piece.segment.from_us);
        open.insert(who, (begins.peekable(), None));
    }
    let mut found = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let Some((begins, last)) = open.get_mut(&event.who) else { continue };
        if matches!(event.what, What::ClosesCycle { .. }) {
            continue; // the conductor's remark
        }
        while let Some(begin) = begins.next_if(|begin| *begin < event.at_us) {
            found.extend(last.map(|last| (last, begin)));
        }
        *last = Some(at);
    }
    for (_, (begins, last)) in open {
        found.extend(begins.filter_map(|begin| Some((last?, begin))));
    }
    found.sort_unstable();
    found
}
