//! The page of a run: lanes to scale, a cursor through time, and what was so at that instant.

mod arrows;
mod ladder;
mod still;
mod tables;

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Serialize;

use super::circle;
use super::frame::{self, Page};
use super::lanes::{self, Axis, MOST_RUNS, WIDTH};
use super::reel::{self, Reel};
use crate::analysis::{Figures, Mark};
use crate::report::{Style, Transcript, clean, cut, grouped, heading_of_fix, parts, plural, reason_of, settings};
use crate::trace::{Command, Recording};
use arrows::Arrows;
use ladder::Ladder;
use still::{Still, Stills};

/// Instants of all runs of a page together.
const MOST_STILLS: usize = 1_200;

/// Columns of a line of the evidence.
const LONGEST_LINE: usize = 1_000;

/// The page breaks the lines.
const PLAIN: Style = Style { color: false, width: 10_000 };

/// Style and script of this page.
const STYLE: &str = concat!(include_str!("circle.css"), include_str!("run.css"));
const SCRIPT: &str = include_str!("run.js");

/// What the script reads. Texts are told once: everything else names them by their index.
#[derive(Serialize)]
struct Data {
    /// The run that is shown first.
    first: usize,
    runs: Vec<RunData>,
    texts: Vec<String>,
}

#[derive(Serialize)]
struct RunData {
    /// What it is called beside the time, if there are others.
    name: String,
    /// The instant that is shown first.
    first: usize,
    stills: Vec<StillData>,
}

/// One instant.
#[derive(Serialize)]
struct StillData {
    /// Microseconds of the run, its place on the axis, and its words.
    t: u64,
    x: String,
    when: String,
    /// The event.
    say: usize,
    /// Who holds what.
    lines: Vec<usize>,
    /// Numbers of the arrows that wait, and of those in a cycle.
    waits: Vec<usize>,
    ring: Vec<usize>,
    /// The names on each rung, of one ladder after the other.
    rungs: Vec<usize>,
}

/// A text's index; each text is kept once.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Texts {
    fn index(&mut self, text: &str) -> usize {
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        self.known.insert(text.to_owned(), self.all.len());
        self.all.push(text.to_owned());
        self.all.len() - 1
    }
}

/// One run with all that the page shows of it.
struct Scene<'a> {
    reel: Reel<'a>,
    ladders: Vec<Ladder>,
    stills: Stills,
    arrows: Arrows,
}

impl Scene<'_> {
    fn first(&self) -> &Still {
        &self.stills.stills[self.stills.first]
    }

    /// The run's name, as it may be shown.
    fn name(&self) -> String {
        cut(&clean(&self.reel.trace.label), 60)
    }

    fn data(&self, axis: Axis, texts: &mut Texts) -> RunData {
        let still = |still: &Still| {
            let (waits, ring) = self.arrows.shown(still);
            StillData {
                t: still.at_us,
                x: axis.x(still.at_us),
                when: self.reel.moment(still.at_us),
                say: texts.index(&still.says),
                lines: still.lines.iter().map(|line| texts.index(line)).collect(),
                waits,
                ring,
                rungs: still.rungs.iter().flatten().map(|names| texts.index(names)).collect(),
            }
        };
        let name = self.name();
        RunData { name, first: self.stills.first, stills: self.stills.stills.iter().map(still).collect() }
    }
}

/// The page of a recording: all its runs on one axis, and the one that is chosen in detail.
pub fn page(recording: &Recording) -> String {
    let axis = Axis::of(recording);
    let runs = &recording.runs[..recording.runs.len().min(MOST_RUNS)];
    let columns = reel::columns(runs);
    let most = MOST_STILLS / runs.len().max(1);
    let scene = |trace| {
        let reel = Reel::of(trace, axis.end_us, columns);
        let ladders = Ladder::all(&reel);
        let stills = Stills::of(&reel, &ladders, most);
        let arrows = Arrows::of(&reel, &stills.stills);
        Scene { reel, ladders, stills, arrows }
    };
    let scenes: Vec<Scene> = runs.iter().map(scene).collect();
    let first = first_run(&scenes);
    let mut texts = Texts::default();
    let data = scenes.iter().map(|scene| scene.data(axis, &mut texts)).collect();
    let data = Data { first, runs: data, texts: texts.all };
    let title = title(recording);
    let body = body(recording, &scenes, first, axis);
    Page { title: &title, style: STYLE, body, data: frame::json(&data), script: SCRIPT }.file()
}

/// The first deadlock, else the first cycle, else the first refusal, else the first run.
fn first_run(scenes: &[Scene]) -> usize {
    let first = |is_so: fn(&Reel) -> bool| scenes.iter().position(|scene| is_so(&scene.reel));
    let deadlock = first(|reel| reel.trace.outcome.deadlock.is_some());
    let cycle = || first(|reel| !reel.film.cycles.is_empty());
    let refusal =
        || first(|reel| reel.lanes.iter().flat_map(|lane| &lane.strip.marks).any(|n| n.mark == Mark::Refused));
    deadlock.or_else(cycle).or_else(refusal).unwrap_or(0)
}

fn title(recording: &Recording) -> String {
    match (&recording.header.command, recording.runs.as_slice()) {
        (Command::Fixed { .. }, _) => "The troubles and their fixes, side by side".into(),
        // Acts that differ in their tasks have a title each; the page is of all of them.
        (Command::Locked { .. }, [first, others @ ..])
            if others.iter().any(|run| run.scenario.title != first.scenario.title) =>
        {
            format!("Who gets the database? {} with different tasks", plural(others.len() as u64 + 1, "run"))
        }
        (_, [run, ..]) => cut(&clean(&run.scenario.title), 200),
        (_, []) => "Nothing was run".into(),
    }
}

fn body(recording: &Recording, scenes: &[Scene], first: usize, axis: Axis) -> Markup {
    let Some(shown) = scenes.get(first) else { return html! { p { "There is no run in this recording." } } };
    let opening = Transcript::new(&recording.header, PLAIN).opening();
    html! {
        @if !opening.is_empty() { p { (opening) } }
        (controls(shown, scenes.len() > 1))
        div class="stage" {
            div { (all_lanes(recording, scenes, first, axis)) (left_out(recording, scenes)) }
            div class="instant" role="region" aria-label="At this instant" tabindex="0" {
                h2 { "At this instant" @if scenes.len() > 1 { " of " bdi data-name { (shown.name()) } } }
                (instant(scenes, first))
            }
        }
        (tables::runs(recording))
        @for (index, scene) in scenes.iter().enumerate() { (details(recording, scene, index)) }
        (machine(recording))
    }
}

fn controls(shown: &Scene, several: bool) -> Markup {
    let last = shown.stills.stills.len() - 1;
    html! {
        div class="bar" {
            div class="controls" {
                button id="play" type="button" { "Play" }
                button id="back" type="button" aria-label="One moment back" { "◀" }
                button id="forth" type="button" aria-label="One moment on" { "▶" }
                input id="scrubber" type="range" min="0" max=(last) value=(shown.stills.first) step="1"
                    aria-label="Event of the run";
                span id="count" class="faint" { "event " (shown.stills.first) " of " (last) }
            }
            p class="told" {
                @if several { bdi id="run" data-name { (shown.name()) } " " }
                output id="now" { (shown.reel.moment(shown.first().at_us)) } " "
                span id="event" { (shown.first().says) "." }
            }
        }
        (keys())
    }
}

fn keys() -> Markup {
    html! {
        details class="controls keys-help" {
            summary { "Keys" }
            p {
                kbd { "←" } " and " kbd { "→" } " go from moment to moment, also after a click on a run's name, where "
                kbd { "Space" } " plays and pauses. On the slider " kbd { "Home" } " and " kbd { "End" }
                " go to the ends; it goes from event to event, so that none is missed however close they are. On a "
                "lane the arrows go from piece to piece, and " kbd { "Enter" }
                " takes the cursor there."
            }
        }
    }
}

fn all_lanes(recording: &Recording, scenes: &[Scene], first: usize, axis: Axis) -> Markup {
    html! {
        svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false" { (lanes::patterns()) }
        (lanes::key(scenes.iter().map(|scene| &scene.reel)))
        @for (index, scene) in scenes.iter().enumerate() {
            @let height = lanes::height(&scene.reel) + 2;
            @let group = |index: usize| trouble(recording, &scenes[index].reel.trace.label);
            @if let Some(name) = group(index) && (index == 0 || group(index - 1) != Some(name)) {
                h2 class="group" { (name) }
            }
            figure data-run=(index) class=(if index == first { "run chosen" } else { "run" }) {
                @if scenes.len() > 1 {
                    figcaption {
                        button type="button" data-choose=(index) aria-pressed=(index == first) {
                            bdi { (scene.name()) }
                        }
                    }
                }
                div class="scroll" {
                    svg class="lanes" viewBox=(format!("0 0 {WIDTH} {height}")) role="group"
                        aria-label="Lanes, to scale" {
                        (lanes::strips(&scene.reel, axis))
                        @let x = axis.x(scene.first().at_us);
                        line class="cursor" data-cursor=(index) x1=(x) x2=(x) y1="0" y2=(height) {}
                    }
                }
            }
        }
    }
}

/// What `fixed` tries this run against, as its report says it; other commands have no groups.
fn trouble(recording: &Recording, label: &str) -> Option<&'static str> {
    matches!(recording.header.command, Command::Fixed { .. }).then(|| heading_of_fix(label)).flatten()
}

/// What the lanes merge and where the slider stops, below them: who looks at a picture is to know what it leaves out.
/// Of several runs it tells what all of them merge; what each does is behind a click.
fn left_out(recording: &Recording, scenes: &[Scene]) -> Markup {
    let each = lanes::notes(recording, scenes.iter().map(|scene| &scene.reel));
    let (merged, into) = scenes.iter().fold((0, 0), |(merged, into), scene| {
        let more = scene.reel.merged();
        (merged + more.0, into + more.1)
    });
    let several = scenes.len() > 1;
    let mut notes = if several { reel::words_of_merged(merged, into).into_iter().collect() } else { each.clone() };
    let (shown, all) = scenes
        .iter()
        .fold((0, 0), |(shown, all), scene| (shown + scene.stills.stills.len() - 1, all + scene.stills.moments));
    if shown < all {
        let (shown, all) = (grouped(&shown), grouped(&all));
        notes.push(format!("The slider stops at {shown} of {all} moments, at those that tell most."));
    }
    if scenes.iter().any(|scene| scene.arrows.is_cut) {
        notes.push("The graph has too many different arrows; some are not drawn.".into());
    }
    html! {
        @if !notes.is_empty() { p id="left-out" class="faint" { (notes.join(" ")) } }
        @if several && !each.is_empty() {
            details class="faint" {
                summary { "What each run's drawing merges or leaves out" }
                ul { @for note in &each { li { (note) } } }
            }
        }
    }
}

fn instant(scenes: &[Scene], first: usize) -> Markup {
    let shown = &scenes[first];
    html! {
        div id="graph" {
            @for (index, scene) in scenes.iter().enumerate() {
                div data-of=(index) hidden[index != first] { (scene.arrows.draw(index, scene.first())) }
            }
        }
        (circle::key())
        ul id="holds" aria-live="polite" { @for line in &shown.first().lines { li { (line) } } }
        div id="ladder" {
            @for (index, scene) in scenes.iter().enumerate() {
                div data-of=(index) hidden[index != first] {
                    @for (ladder, names) in scene.ladders.iter().zip(&scene.first().rungs) { (ladder.table(names)) }
                }
            }
        }
    }
}

fn details(recording: &Recording, scene: &Scene, index: usize) -> Markup {
    let trace = scene.reel.trace;
    let header = &recording.header;
    let figures = Figures::of(trace);
    let told = parts(&header.command, trace, &figures, PLAIN);
    html! {
        section data-details=(index) {
            h2 {
                @if recording.runs.len() == 1 { "The run in words" }
                @else { bdi { (cut(&clean(&trace.label), 60)) } ": " bdi { (cut(&clean(&trace.scenario.title), 200)) } }
            }
            p class="faint" { (settings(header, &trace.scenario, trace.seed)) }
            @if let Some(reason) = reason_of(trace, PLAIN) { pre { (dedented(&reason)) } }
            @for part in &told {
                @if !part.heading.is_empty() { h3 { (part.heading) } }
                pre { (dedented(&part.text)) }
            }
            (tables::locks(&scene.reel))
            (tables::waits(&scene.reel))
            h3 { "What happened" }
            ol class="events" {
                @for (at_us, text) in &scene.stills.events {
                    li { span class="number faint" { (scene.reel.moment(*at_us)) } " " span { (text) } }
                }
            }
            @if scene.stills.more_events > 0 {
                p class="faint" {
                    "... and " (plural(scene.stills.more_events, "more event")) "; a file of --trace keeps them all."
                }
            }
        }
    }
}

/// Without the indentation that all lines have; a line that goes on and on is cut.
fn dedented(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = text.lines().filter(|line| !line.is_empty()).map(indent).min().unwrap_or(0);
    text.lines().map(|line| cut(line.get(least..).unwrap_or(""), LONGEST_LINE) + "\n").collect()
}

fn machine(recording: &Recording) -> Markup {
    let machine = &recording.header.environment;
    let cores = plural(machine.cores as u64, "core");
    let text = format!(
        "{}, {}, {cores}; lesson {}, SQLite {}",
        machine.os_release, machine.arch, machine.lesson, machine.sqlite
    );
    html! { p class="faint" { "lesson " (recording.header.command.name()) ": " (cut(&clean(&text), 300)) } }
}
