//! Lanes as SVG, to scale: one strip a process, all on one axis of time. Pattern and height say what colour says.

use maud::{Markup, PreEscaped, html};

use super::frame;
use super::reel::{self, Reel, Told};
use crate::analysis::{Mark, Notch, Piece, Ring, State};
use crate::report::{clean, cut, legend_of_state, plural, span, word_of_mark};
use crate::trace::Recording;

/// Colours of a picture that stands alone. Viewers of SVG know no variables.
const STYLE: &str = include_str!("lanes.css");

/// More runs than this are not drawn in one picture.
pub(super) const MOST_RUNS: usize = 24;

/// Width of the picture and of its margins, in its own units.
pub(super) const WIDTH: u32 = NAMES + reel::MOST_COLUMNS + MARGIN;
const MARGIN: u32 = 20;

/// Room for the names, left of the lanes, and the columns of a name that it takes.
const NAMES: u32 = 104;
const LONGEST_NAME: usize = 14;

const TITLE: u32 = 22;
const BAND: u32 = 14;
const LANE: u32 = 24;
const AXIS: u32 = 26;

/// The class of a state, which its colour and its pattern are called by.
const STATES: [(State, &str); 6] = [
    (State::Working, "work"),
    (State::Sharing, "share"),
    (State::Holding, "hold"),
    (State::Waiting, "wait"),
    (State::HoldingAndWaiting, "both"),
    (State::BackingOff, "pause"),
];

/// The class of a mark and its shape around 0, 0.
const MARKS: [(Mark, &str, &str); 3] = [
    (Mark::Refused, "refused", "M-5-5L5 5M5-5L-5 5"),
    (Mark::Crashed, "crashed", "M0-7V7M-4-3H4"),
    (Mark::Killed, "killed", "M-5-5H5V5H-5Z"),
];

/// What is drawn: a moment's place from left to right.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// The end of the time that is drawn, in microseconds; at least 1.
    pub(super) end_us: u64,
}

impl Axis {
    /// The one axis of all runs.
    pub(super) fn of(recording: &Recording) -> Self {
        let end_us = recording.runs.iter().map(|run| run.outcome.took_us).max().unwrap_or(0).max(1);
        Self { end_us }
    }

    /// Where a moment is, in the picture's units, to a hundredth.
    pub(super) fn x(self, at_us: u64) -> String {
        let share = at_us.min(self.end_us) as f64 / self.end_us as f64;
        short(f64::from(NAMES) + share * f64::from(reel::MOST_COLUMNS))
    }

    fn width(self, from_us: u64, to_us: u64) -> String {
        let share = to_us.min(self.end_us).saturating_sub(from_us) as f64 / self.end_us as f64;
        short((share * f64::from(reel::MOST_COLUMNS)).max(0.3))
    }

    /// Moments with a number: at most seven, at 1, 2 or 5 times a power of ten; all in one unit.
    fn ticks(self) -> Vec<(u64, String)> {
        let powers = (0..19).map(|power| 10_u64.pow(power));
        let steps = powers.flat_map(|power| [1, 2, 5].map(|digit| power * digit));
        let step = steps.into_iter().find(|step| self.end_us / step <= 6).unwrap_or(self.end_us);
        let (unit, name) = match self.end_us {
            0..1_000 => (1, "µs"),
            1_000..1_000_000 => (1_000, "ms"),
            _ => (1_000_000, "s"),
        };
        let words = |us: u64| format!("{} {name}", short_to(us as f64 / f64::from(unit), 3));
        (0..=self.end_us / step).map(|tick| (tick * step, words(tick * step))).collect()
    }
}

fn short(number: f64) -> String {
    short_to(number, 2)
}

/// With so many decimals at the most.
fn short_to(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The lanes of a recording as a picture of its own: every run on the same axis.
pub fn svg(recording: &Recording) -> String {
    let axis = Axis::of(recording);
    let runs = &recording.runs[..recording.runs.len().min(MOST_RUNS)];
    let columns = reel::columns(runs);
    let reels: Vec<Reel> = runs.iter().map(|run| Reel::of(run, axis.end_us, columns)).collect();
    let mut body = Vec::new();
    let mut y = 4;
    for reel in &reels {
        let title = if reels.len() == 1 { &reel.trace.scenario.title } else { &reel.trace.label };
        body.push(html! { text class="title" x="2" y=(y + 14) { (cut(&clean(title), 90)) } });
        y += TITLE;
        body.push(html! { g transform=(format!("translate(0 {y})")) { (strips(reel, axis)) } });
        y += height(reel);
    }
    body.push(html! { g transform=(format!("translate(0 {y})")) { (legend(reels.iter())) } });
    y += legend_height(reels.iter());
    for note in notes(recording, reels.iter()) {
        y += 16;
        body.push(html! { text class="note" x="2" y=(y - 4) { (note) } });
    }
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {}", y + 8)) width=(WIDTH) height=(y + 8)
            role="img" aria-labelledby="t d" {
            title id="t" { "lesson " (recording.header.command.name()) ": lanes" }
            desc id="d" { (description(recording, &reels)) }
            style { (PreEscaped(STYLE)) }
            (patterns())
            rect class="paper" width="100%" height="100%" {}
            @for part in &body { (part) }
        }
    };
    format!("{}\n{}\n", frame::mark(), drawn.into_string())
}

fn description(recording: &Recording, reels: &[Reel]) -> String {
    let simulated = if recording.header.command.is_simulated() { " Simulated: the times are virtual." } else { "" };
    let lanes = reels.iter().map(|reel| reel.lanes.len()).sum::<usize>() as u64;
    format!("{}, {} to scale.{simulated}", plural(reels.len() as u64, "run"), plural(lanes, "lane"))
}

/// What the picture does not show, in words.
pub(super) fn notes<'a>(recording: &Recording, reels: impl Iterator<Item = &'a Reel<'a>> + Clone) -> Vec<String> {
    let drawn = reels.clone().count();
    let several = drawn > 1;
    let of = |reel: &Reel| if several { format!("{}: ", cut(&clean(&reel.trace.label), 40)) } else { String::new() };
    let each = reels.flat_map(|reel| reel.left_out().into_iter().map(move |note| (reel, note)));
    let mut notes: Vec<String> = each.map(|(reel, note)| of(reel) + &note).collect();
    let more = recording.runs.len() - drawn;
    if more > 0 {
        notes.push(format!("{} are not drawn.", plural(more as u64, "more run")));
    }
    notes
}

/// How high the strips of a run are, their axis included.
pub(super) fn height(reel: &Reel) -> u32 {
    band_height(reel) + reel.lanes.len() as u32 * LANE + AXIS
}

fn band_height(reel: &Reel) -> u32 {
    if reel.film.cycles.is_empty() { 0 } else { BAND }
}

/// The strips of a run below each other, and its axis.
pub(super) fn strips(reel: &Reel, axis: Axis) -> Markup {
    let top = band_height(reel);
    let bottom = top + reel.lanes.len() as u32 * LANE;
    html! {
        @for (tick, words) in axis.ticks() {
            line class="tick" x1=(axis.x(tick)) x2=(axis.x(tick)) y1="0" y2=(bottom + 4) {}
            text class="number" x=(axis.x(tick)) y=(bottom + 16) { (words) }
        }
        @for ring in rings(&reel.film.cycles, axis) { (band(reel, &ring, axis)) }
        @for (index, lane) in reel.lanes.iter().enumerate() {
            (strip(lane, reel.cast[index], top + index as u32 * LANE, axis))
        }
    }
}

fn strip(lane: &Told, who: usize, y: u32, axis: Axis) -> Markup {
    let middle = y + 12;
    html! {
        g class="lane" data-lane=(who) role="group" aria-label=(format!("{}: {}", lane.name, lane.summary)) {
            title { (lane.name) }
            desc { (lane.summary) }
            text class="name" x=(NAMES - 10) y=(middle + 4) { (cut(&lane.name, LONGEST_NAME)) }
            line class="base" x1=(NAMES) x2=(axis.x(axis.end_us)) y1=(middle) y2=(middle) {}
            @for (piece, words) in lane.strip.pieces.iter().zip(&lane.pieces) { (stretch(piece, words, middle, axis)) }
            @for (notch, words) in lane.strip.marks.iter().zip(&lane.marks) { (mark(notch, words, middle, axis)) }
        }
    }
}

fn stretch(piece: &Piece, words: &str, middle: u32, axis: Axis) -> Markup {
    let Piece { segment, count } = piece;
    let Some((_, class)) = STATES.iter().find(|known| known.0 == segment.state) else { return html! {} };
    let half = if segment.state == State::Working { 2 } else { 7 };
    let class = if *count > 1 { format!("{class} many") } else { (*class).to_owned() };
    html! {
        rect class=(class) data-from=(segment.from_us) data-to=(segment.to_us) x=(axis.x(segment.from_us))
            y=(middle - half) width=(axis.width(segment.from_us, segment.to_us)) height=(2 * half) {
            title { (words) }
        }
    }
}

fn mark(notch: &Notch, words: &str, middle: u32, axis: Axis) -> Markup {
    let (_, class, shape) = MARKS.iter().find(|known| known.0 == notch.mark).unwrap_or(&MARKS[0]);
    html! {
        g class=(format!("mark {class}")) data-from=(notch.at_us) data-to=(notch.at_us)
            transform=(format!("translate({} {middle})", axis.x(notch.at_us))) {
            title { (words) }
            path class="halo" d=(shape) {}
            path d=(shape) {}
        }
    }
}

/// Cycles for the band above the lanes: from, to, and how many it stands for. Those that overlap or can't be told from
/// each other are one.
fn rings(cycles: &[Ring], axis: Axis) -> Vec<(u64, u64, u64)> {
    let column = axis.end_us / u64::from(reel::MOST_COLUMNS);
    let mut bands: Vec<(u64, u64, u64)> = Vec::new();
    for ring in cycles {
        match bands.last_mut() {
            Some((_, to_us, count)) if ring.from_us <= to_us.saturating_add(column) => {
                *to_us = ring.to_us.max(*to_us);
                *count += 1;
            }
            _ => bands.push((ring.from_us, ring.to_us, 1)),
        }
    }
    bands
}

fn band(reel: &Reel, (from_us, to_us, count): &(u64, u64, u64), axis: Axis) -> Markup {
    let (from, time) = (reel.moment(*from_us), span(to_us - from_us));
    let words = match count {
        1 => format!("From {from} a cycle stands for {time}."),
        count => format!("From {from}, for {time}: {count} cycles."),
    };
    html! {
        rect class="ring" data-from=(from_us) data-to=(to_us) x=(axis.x(*from_us)) y="2"
            width=(axis.width(*from_us, *to_us)) height="8" {
            title { (words) }
        }
    }
}

/// The patterns that the classes of the style refer to; once a file.
pub(super) fn patterns() -> Markup {
    let of = |class: &str, lines: &str| {
        html! {
            pattern id=(format!("p-{class}")) width="8" height="8" patternUnits="userSpaceOnUse" {
                rect class=(format!("fill-{class}")) width="8" height="8" {}
                path class="hatch" d=(lines) {}
            }
        }
    };
    html! {
        defs {
            (of("share", "M-2 2L2-2M0 8L8 0M6 10L10 6"))
            (of("wait", "M1 2H3M5 6H7"))
            (of("both", "M-2 2L2-2M0 8L8 0M6 10L10 6M-2 6L2 10M0 0L8 8M6-2L10 2"))
            (of("pause", "M2 0V8M6 0V8"))
            (of("ring", "M-2 6L2 10M0 0L8 8M6-2L10 2"))
        }
    }
}

/// One sign of the legend: its class or shape, and its words.
enum Sign {
    State(&'static str, u32, &'static str),
    Mark(&'static str, &'static str, &'static str),
}

/// What occurs in these runs.
fn signs<'a>(reels: impl Iterator<Item = &'a Reel<'a>> + Clone) -> Vec<(Sign, usize)> {
    let strips = || reels.clone().flat_map(|reel| &reel.lanes).map(|lane| &lane.strip);
    let mut signs = Vec::new();
    for (state, class) in STATES {
        if strips().flat_map(|strip| &strip.pieces).any(|piece| piece.segment.state == state) {
            let half = if state == State::Working { 2 } else { 6 };
            signs.push(Sign::State(class, half, legend_of_state(state)));
        }
    }
    for (mark, class, shape) in MARKS {
        if strips().flat_map(|strip| &strip.marks).any(|notch| notch.mark == mark) {
            signs.push(Sign::Mark(class, shape, word_of_mark(mark)));
        }
    }
    if strips().any(|strip| strip.merged() > 0) {
        signs.push(Sign::State("many none", 6, "several too short to see: the most telling of them, not how long"));
    }
    if reels.clone().any(|reel| !reel.film.cycles.is_empty()) {
        let ends = reels.clone().flat_map(|reel| &reel.film.cycles).all(|ring| ring.timed);
        signs.push(Sign::State("ring", 4, if ends { "a cycle, with a time-out in it" } else { "deadlock (a cycle)" }));
    }
    let words = |sign: &Sign| match sign {
        Sign::State(.., words) | Sign::Mark(.., words) => words.len(),
    };
    signs.into_iter().map(|sign| (words(&sign) * 7 + 44, sign)).map(|(room, sign)| (sign, room)).collect()
}

/// Where each sign of the legend stands: from line to line.
fn places(signs: &[(Sign, usize)]) -> Vec<(u32, u32)> {
    let (mut x, mut y) = (MARGIN, 0);
    let mut places = Vec::new();
    for (_, room) in signs {
        let room = *room as u32;
        if x + room > WIDTH && x > MARGIN {
            (x, y) = (MARGIN, y + 18);
        }
        places.push((x, y));
        x += room;
    }
    places
}

/// How high the legend is.
fn legend_height<'a>(reels: impl Iterator<Item = &'a Reel<'a>> + Clone) -> u32 {
    places(&signs(reels)).last().map_or(0, |(_, y)| y + 26)
}

/// The same for a page, which breaks the lines itself.
pub(super) fn key<'a>(reels: impl Iterator<Item = &'a Reel<'a>> + Clone) -> Markup {
    html! {
        p class="legend" {
            @for (sign, _) in signs(reels) {
                @let words = match sign { Sign::State(.., words) | Sign::Mark(.., words) => words };
                span class="key" {
                    svg class="sign" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" {
                        @match sign {
                            Sign::State(class, half, _) => {
                                rect class=(class) x="0" y=(12 - half) width="24" height=(2 * half) {}
                            }
                            Sign::Mark(class, shape, _) => {
                                path class=(format!("mark {class}")) d=(shape) transform="translate(12 12)" {}
                            }
                        }
                    }
                    " " (words)
                }
                " "
            }
        }
    }
}

/// The legend of what occurs.
fn legend<'a>(reels: impl Iterator<Item = &'a Reel<'a>> + Clone) -> Markup {
    let signs = signs(reels);
    let places = places(&signs);
    html! {
        @for ((sign, _), (x, y)) in signs.iter().zip(&places) {
            g transform=(format!("translate({x} {y})")) {
                @match sign {
                    Sign::State(class, half, words) => {
                        rect class=(class) x="0" y=(12 - half) width="24" height=(2 * half) {}
                        text class="word" x="30" y="16" { (words) }
                    }
                    Sign::Mark(class, shape, words) => {
                        path class=(format!("mark {class}")) d=(shape) transform="translate(12 12)" {}
                        text class="word" x="30" y="16" { (words) }
                    }
                }
            }
        }
    }
}
