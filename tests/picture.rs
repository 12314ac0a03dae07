//! Pages and pictures of runs: what is in them, that names stay text, that they stay small; and `--html` and `--svg`
//! from outside.
//!
//! `SNAPSHOTS=overwrite cargo test --test picture` writes the pictures anew; look at the difference before you keep it.

mod common;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Done, Place};
use lesson::model::Mode;
use lesson::scenario::builtin::{Sizes, fix};
use lesson::scenario::{LockKind, Process, Scenario};
use lesson::trace::{Aftermath, Command, Event, Recording, What};
use lesson::{picture, simulate};
use regex_lite::Regex;
use serde_json::Value;
use snapbox::Data;

fn traces() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces")
}

fn recording(name: &str) -> Recording {
    let file = File::open(traces().join(format!("{name}.jsonl"))).expect("the trace is part of the project");
    Recording::read(BufReader::new(file)).expect("the trace is whole")
}

/// One run of a scenario in virtual time.
fn simulated(scenario: &Scenario, seed: u64) -> Recording {
    let options = simulate::Options {
        label: "run".into(),
        seed,
        patience: Duration::from_secs(1),
        schedule: None,
        deadline: None,
    };
    let mut recording = recording("deadlock");
    recording.header.command = Command::Run { repeat: 1, simulated: true };
    recording.runs = vec![simulate::run(scenario, &options).expect("it can be simulated")];
    recording
}

/// How often `pattern` is found.
fn count(text: &str, pattern: &str) -> usize {
    Regex::new(pattern).expect("a pattern").find_iter(text).count()
}

/// What the page's script reads.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once(r#"<script type="application/json" id="data">"#).expect("the data");
    let (data, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(data).expect("JSON")
}

/// The tags of a file; whatever a name brings along would be one of them.
const TAGS: &str = "^(html|head|meta|title|style|body|main|h1|h2|h3|p|pre|script|div|section|button|input|output|span\
                    |svg|defs|pattern|rect|path|line|text|g|desc|figure|figcaption|bdi|ul|ol|li|table|caption|thead\
                    |tbody|tr|th|td|details|summary|kbd)$";

/// A file of ours: known by its first line, made of our tags only, without an address or a mark that steers the text.
fn check_file(text: &str, what: &str) {
    assert!(text.lines().next().is_some_and(picture::is_first_line), "{what}");
    let known = Regex::new(TAGS).expect("a pattern");
    let without_script = Regex::new("(?s)<script>.*?</script>").expect("a pattern").replace_all(text, "");
    for tag in Regex::new("</?([A-Za-z0-9]+)").expect("a pattern").captures_iter(&without_script) {
        assert!(known.is_match(&tag[1]), "{what}: <{}>", &tag[1]);
    }
    let values = Regex::new("=\"[^\"]*\"").expect("a pattern");
    for tag in Regex::new("<[A-Za-z][^>]*>").expect("a pattern").find_iter(&without_script) {
        let names = values.replace_all(tag.as_str(), " ").into_owned();
        assert!(![" src", " href", " on"].iter().any(|name| names.contains(name)), "{what}: {}", tag.as_str());
        assert!(!names.contains('"') && !names.contains('='), "{what}: {}", tag.as_str());
    }
    let hidden = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200f}';
    assert_eq!(text.chars().find(|&c| hidden(c)), None, "{what}");
    assert_eq!(count(&without_script, "url\\([^#]|@import"), 0, "{what}");
}

/// Lanes, stills for each run, the run that is shown first and its first still, and arrows of a recorded trace.
fn check(name: &str, lanes: usize, stills: &[usize], first: [u64; 2], arrows: usize) {
    let recording = recording(name);
    let page = picture::page(&recording);
    check_file(&page, name);
    let data = data(&page);
    let runs = data["runs"].as_array().expect("runs");
    assert_eq!(count(&page, "data-lane="), lanes, "{name}");
    assert_eq!(
        runs.iter().map(|run| run["stills"].as_array().expect("a list").len()).collect::<Vec<_>>(),
        stills,
        "{name}"
    );
    let shown = data["first"].as_u64().expect("a number");
    assert_eq!([shown, runs[shown as usize]["first"].as_u64().expect("a number")], first, "{name}");
    assert_eq!(count(&page, "data-arrow="), arrows, "{name}");
    for id in ["scrubber", "play", "now", "event", "graph", "holds", "ladder", "data"] {
        assert_eq!(count(&page, &format!(r#"id="{id}""#)), 1, "{name}: {id}");
    }
    let svg = picture::svg_of_lanes(&recording);
    check_file(&svg, name);
    assert_eq!(count(&svg, "data-lane="), lanes, "{name}");
    let kept = traces().join(format!("{name}.svg"));
    if kept.exists() {
        snapbox::assert_data_eq!(svg, Data::read_from(&kept, None).raw());
    }
}

#[test]
fn a_page_has_every_lane_and_every_moment() {
    check("deadlock", 3, &[16], [0, 12], 6);
    check("crash", 3, &[24], [0, 9], 3);
    check("reader", 3, &[21], [0, 9], 2);
    check("locked", 6, &[24, 30], [1, 9], 6);
    // At the meeting 19 + 18 + ... + 1 arrows, then the ring's 20.
    check("ring", 20, &[102], [0, 81], 210);
    let stills = [24, 30, 67, 30, 44, 34, 30, 42, 35, 17, 22, 47, 40, 15, 25];
    check("fixed", 47, &stills, [9, 13], 53);
}

/// At which moments of a run a line or a sentence stands.
fn told(page: &str, run: usize, text: &str) -> Vec<String> {
    let data = data(page);
    let at = data["texts"].as_array().expect("a list").iter().position(|known| known == text);
    let at = at.unwrap_or_else(|| panic!("`{text}` is missing")) as u64;
    let has = |still: &&Value| {
        still["say"] == at || still["lines"].as_array().expect("a list").iter().any(|line| *line == at)
    };
    let stills = data["runs"][run]["stills"].as_array().expect("a list");
    stills.iter().filter(has).map(|still| still["when"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn an_instant_is_told_in_words() {
    let page = picture::page(&recording("deadlock"));
    assert_eq!(told(&page, 0, "A cycle: P1 and P2 wait for each other; none of them will end it.").len(), 1);
    assert_eq!(told(&page, 0, "P2 closes a cycle: P1 -> P2 -> P1").len(), 1);
    let page = picture::page(&recording("reader"));
    assert_eq!(told(&page, 0, "database: reader SHARED and writer PENDING; late waits."), ["0.232 s"]);
    let pending = "database: reader SHARED and writer PENDING (COMMIT under way); writer and late wait.";
    assert_eq!(told(&page, 0, pending), ["0.101 s"]);
    assert_eq!(told(&page, 0, "Nobody holds a lock, nobody waits.").len(), 5);
    assert_eq!(count(&page, r#"<th scope="row" title="[^"]*">(EXCLUSIVE|PENDING|RESERVED|SHARED|UNLOCKED)<"#), 5);
    let fixed = recording("fixed");
    let wal = fixed.runs.iter().position(|run| run.label == "wal").expect("a fix");
    assert_eq!(count(&picture::page(&fixed), "WRITING"), 1, "run {wal} is the only one in WAL mode");
}

/// Of runs that differ no one's title is the page's; the fixes stand in their groups.
#[test]
fn a_page_of_several_acts_has_a_title_of_its_own() {
    let heading = |recording: &Recording| {
        let page = picture::page(recording);
        let (_, rest) = page.split_once("<h1>").expect("a heading");
        rest.split_once("</h1>").expect("its end").0.to_owned()
    };
    let mut locked = recording("locked");
    assert_eq!(heading(&locked), "Who gets the database? 2 runs with different tasks");
    locked.runs[1].scenario.title = locked.runs[0].scenario.title.clone();
    assert_eq!(heading(&locked), locked.runs[0].scenario.title, "the same act twice");
    let groups = picture::page(&recording("fixed"));
    assert_eq!(count(&groups, r#"<h2 class="group">"#), 4);
}

/// Who waits behind a deadlock is to be seen at once; and nobody waits at a meeting to which all have come.
#[test]
fn a_page_opens_where_the_deadlock_is_complete() {
    let scenario = lesson::scenario::builtin::named("bystander", None).expect("built in");
    for seed in 1..=20 {
        let recording = simulated(&scenario, seed);
        let data = data(&picture::page(&recording));
        let first = data["runs"][0]["first"].as_u64().expect("a number") as usize;
        let still = &data["runs"][0]["stills"][first];
        let arrows = ["waits", "ring"].map(|list| still[list].as_array().expect("a list").len());
        assert_eq!(arrows, [1, 2], "seed {seed}: {still:#}");
        let lines = still["lines"].as_array().expect("a list");
        let text = |index: &Value| data["texts"][index.as_u64().expect("a number") as usize].to_string();
        assert!(lines.iter().all(|line| !text(line).contains("meeting")), "seed {seed}");
    }
}

#[test]
fn names_stay_text() {
    let hostile = [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"' onload=alert(1) x=\"",
        "]]><!-- --> &lt;b&gt;",
        "\u{202e}right\u{200f}\u{2028}\u{0}\u{1b}[31m",
    ];
    let long = "x<".repeat(5_000);
    for name in hostile.into_iter().chain([long.as_str()]) {
        for trace in ["deadlock", "reader", "crash"] {
            let mut recording = recording(trace);
            recording.header.environment.os_release = name.into();
            let run = &mut recording.runs[0];
            (run.label, run.scenario.title) = (name.into(), name.into());
            run.scenario.processes.iter_mut().for_each(|process| process.name = name.into());
            for event in &mut run.events {
                match &mut event.what {
                    What::Wants { lock, .. }
                    | What::Waits { lock, .. }
                    | What::Gets { lock, .. }
                    | What::Releases { lock, .. } => *lock = name.into(),
                    What::Refused { lock, why, .. } => {
                        *lock = name.into();
                        (why.name, why.text) = (name.into(), name.into());
                    }
                    What::Crashed { how, .. } => *how = name.into(),
                    _ => {}
                }
            }
            for witness in run.outcome.deadlock.iter_mut().filter_map(|found| found.witness.as_mut()) {
                witness.source = name.into();
                witness.lines.iter_mut().for_each(|line| (line.raw, line.means) = (name.into(), name.into()));
            }
            let shown = name.get(..40).unwrap_or(name);
            let (page, svg) = (picture::page(&recording), picture::svg_of_lanes(&recording));
            check_file(&page, shown);
            check_file(&svg, shown);
            assert_eq!(count(&page, "<script"), 2, "{trace}: {shown}");
            assert!(page.len() + svg.len() < 600_000, "{trace}: {shown}: {} + {}", page.len(), svg.len());
        }
    }
}

#[test]
fn a_long_run_has_a_bounded_picture_that_says_so() {
    let load = fix("load-timeout").expect("a fix");
    let mut sizes = [0; 2];
    for (seconds, size) in [5, 50].into_iter().zip(&mut sizes) {
        let scenario =
            (load.scenario)(&Sizes { load_for: Duration::from_secs(seconds), processes: 8, ..Sizes::default() });
        let recording = simulated(&scenario, 1);
        let page = picture::page(&recording);
        assert_eq!(data(&page)["runs"][0]["stills"].as_array().expect("a list").len(), 1201);
        let merged = "[0-9,]+ stretches too short to see are merged into [0-9]+ pieces: what is merged shows the \
                      most telling of what is in it, not how long";
        assert_eq!(count(&page, merged), 1);
        assert_eq!(count(&page, "The slider stops at 1,200 of [0-9,]+ moments"), 1);
        let (before, _) = page.split_once("<p id=\"left-out\"").expect("it is said");
        assert_eq!(count(before, "<details"), count(before, "</details"), "below the lanes, not behind a click");
        assert_eq!(count(&page, "more events; a file of --trace keeps them all"), 1);
        let svg = picture::svg_of_lanes(&recording);
        assert_eq!(count(&svg, merged), 1);
        assert_eq!(count(&svg, "several too short to see: the most telling of them, not how long"), 1);
        *size = page.len() + svg.len();
        assert!(*size < 8_000_000, "{seconds} s: {size}");
    }
    assert!(sizes[1] < 2 * sizes[0], "ten times the events, hardly more to see: {sizes:?}");
}

/// 200 rounds, most of them work without a lock: that it holds is seen in every picture, and that this is not how long.
#[test]
fn what_fills_little_is_seen_where_it_is_merged() {
    let place = Place::new();
    let steps = "steps = [\"work 10ms\", \"lock A\", \"work 4ms\", \"unlock A\"]";
    place.write(
        "it.toml",
        format!("title = \"t\"\non = \"flock\"\n[[process]]\nname = \"P1\"\nrounds = 200\n{steps}\n"),
    );
    let done = place.run("run it.toml --simulate --svg lanes.svg --html page.html").expect(0);
    let lane = done.text().lines().find(|line| line.starts_with("P1 ") && line.contains("██")).expect("a lane");
    assert!(lane.matches('█').count() > 60 && !lane.contains('─'), "{lane}");
    let words = done.text().split_whitespace().collect::<Vec<_>>().join(" ");
    let said = " stretches too short to see are merged: what is merged shows the most telling of what is in it, not \
                how long.";
    assert!(words.contains(said), "{}", done.text());
    for file in ["lanes.svg", "page.html"] {
        let text = read(&place, file);
        assert_eq!(count(&text, r#"rect class="hold" data-from"#), 200, "{file}: at this width each fills its column");
        assert_eq!(count(&text, r"holds \(and may work meanwhile\)"), 1, "{file}");
    }
}

/// Of several runs the page says which one the cursor is in.
#[test]
fn a_page_of_several_runs_names_the_one_that_is_shown() {
    let named = |name: &str| count(&picture::page(&recording(name)), " data-name>[^<]+</bdi>");
    assert_eq!(["fixed", "locked", "deadlock"].map(named), [2, 2, 0]);
}

/// Thousands share one lock: each that comes or goes is looked at alone, so that their page is there soon, and true.
#[test]
fn thousands_who_share_one_lock_have_a_page() {
    const MANY: usize = 3_000;
    let process = |who: usize| Process::new(format!("P{}", who + 1), Vec::new());
    let mut recording = recording("deadlock");
    let run = &mut recording.runs[0];
    run.scenario = Scenario::new("many readers", LockKind::Flock, (0..MANY).map(process).collect());
    run.outcome = Aftermath { took_us: 4 * MANY as u64, ..Aftermath::default() };
    let acts: [fn() -> What; 4] =
        [|| What::gets("A", Mode::Shared), || What::releases("A"), || What::gets("A", Mode::Shared), || What::Ends];
    let events = acts.iter().flat_map(|what| (0..MANY).map(move |who| (who, what())));
    run.events = events.zip(0..).map(|((who, what), at_us)| Event { at_us, who, what }).collect();
    let page = picture::page(&recording);
    assert_eq!(data(&page)["runs"][0]["stills"].as_array().expect("a list").len(), 1_201);
    assert_eq!(told(&page, 0, "Nobody holds a lock, nobody waits.").first().map(String::as_str), Some("0.000 s"));
    // Every tenth event is a still: at each of them ten more have come, behind all the others, and they come twice.
    assert_eq!(told(&page, 0, "A: shared by P1, P2, P3, P4, P5, ... (5 more) and P11.").len(), 2);
    assert_eq!(count(&page, r"A: shared by P1, P2, P3, P4, P5, \.\.\. \(29[0-9][0-9] more\) and P[0-9]+\."), 9);
}

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Bad usage: exit status 2, nothing printed, and one error with these words.
fn check_refused(done: &Done, words: &[&str]) {
    done.expect_error(words);
    assert_eq!(done.text(), "");
}

#[test]
fn every_command_that_has_a_recording_draws_it() {
    let place = Place::new();
    for words in [
        "locked --task-duration 0s",
        "deadlock --patience 10ms",
        "fixed --with ordering,crossed",
        "run deadlock --simulate",
    ] {
        let done =
            place.run(&format!("{words} --quiet --html page.html --svg lanes.svg --perfetto p.json --trace trace"));
        assert_eq!((done.text(), done.err.as_str()), ("", ""), "{words}");
        let (page, svg) = (read(&place, "page.html"), read(&place, "lanes.svg"));
        check_file(&page, words);
        check_file(&svg, words);
        assert_eq!(place.entries(), ["lanes.svg", "p.json", "page.html", "trace"], "{words}");
        place.run("show trace --html again.html --svg again.svg --perfetto again.json").expect(0);
        assert!(read(&place, "again.html") == page && read(&place, "again.svg") == svg, "{words}: the same bytes");
        let slices = read(&place, "p.json");
        assert!(read(&place, "again.json") == slices, "{words}: the same bytes");
        assert!(serde_json::from_str::<serde_json::Value>(&slices).is_ok_and(|json| json["traceEvents"].is_array()));
        for again in ["again.html", "again.svg", "again.json"] {
            std::fs::remove_file(place.join(again)).expect("it is there");
        }
    }
}

#[test]
fn files_of_others_are_not_touched() {
    let place = Place::new();
    place.write("mine", "<!DOCTYPE html>\n<title>mine</title>\n");
    std::fs::copy(traces().join("deadlock.jsonl"), place.join("trace")).expect("a copy");
    for command in ["run deadlock --simulate", "show trace"] {
        for option in ["--html", "--svg", "--perfetto"] {
            check_refused(&place.run(&format!("{command} {option} mine")), &["mine exists", "--force"]);
            check_refused(&place.run(&format!("{command} {option} missing/x")), &["there is no directory missing"]);
            check_refused(&place.run(&format!("{command} {option} -")), &[option, "not standard output", "./-"]);
        }
        check_refused(&place.run(&format!("{command} --html x --svg ./x")), &["--html and --svg name the same file"]);
    }
    check_refused(&place.run("run deadlock --simulate --html x --trace x"), &["--trace and --html name the same file"]);
    check_refused(&place.run("run deadlock --simulate --svg x --record x"), &["--record and --svg name the same file"]);
    check_refused(&place.run("show trace --html trace --force"), &["the file to show"]);
    assert_eq!(place.entries(), ["mine", "trace"]);
    let told = place.run("show trace").expect(0).text().to_owned();
    let done = place.run("show trace --html mine --force").expect(0);
    assert_eq!(done.text(), told.clone() + "\nmine is written.\n", "it says so below the story");
    let document = place.run("show trace --html mine --json").expect(0);
    assert!(!document.text().contains("is written"), "a document stays one");
    check_file(&read(&place, "mine"), "forced");
    place.run("show trace --html mine").expect(0);
}
