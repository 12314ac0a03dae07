use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{is_first_line, perfetto};
use crate::model::Mode;
use crate::scenario::builtin::{Ring, named};
use crate::scenario::{LockKind, Process, Scenario};
use crate::simulate;
use crate::trace::{
    Aftermath, Command, Environment, Event, FORMAT, Header, KilledFor, Recording, Refusal, Trace, What,
};

fn recording(runs: Vec<Trace>) -> Recording {
    let word = || String::from("x");
    let environment = Environment {
        os: word(),
        os_release: word(),
        arch: word(),
        cores: 1,
        lesson: word(),
        sqlite: word(),
        temp_dir: word(),
        file_system: word(),
        file_system_is_network: false,
        own_pid_namespace: false,
    };
    let command = Command::Run { repeat: 1, simulated: true };
    Recording { header: Header { format: FORMAT, command, runs: runs.len(), environment }, runs, shown: true }
}

fn simulated(scenario: &Scenario) -> Trace {
    let patience = Duration::from_secs(1);
    let options = simulate::Options { label: "run".into(), seed: 1, patience, schedule: None, deadline: None };
    simulate::run(scenario, &options).expect("it fits")
}

/// The file's events, once what must hold of every file holds.
fn sound(runs: Vec<Trace>) -> Vec<Value> {
    let mut file = Vec::new();
    perfetto(&recording(runs), &mut file).expect("memory takes everything");
    let text = String::from_utf8(file).expect("UTF-8");
    assert!(is_first_line(text.lines().next().unwrap_or_default()), "{text}");
    assert!(text.lines().all(|line| line.chars().count() < 1000), "a name of any length makes no long line");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let events = document["traceEvents"].as_array().expect("a list").clone();
    let mut slices: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    let mut flows: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    let (mut named, mut numbers, mut owners) = (Vec::new(), Vec::new(), BTreeMap::new());
    for event in &events {
        let number = |key: &str| event[key].as_u64();
        if let Some(tid) = number("tid").filter(|tid| owners.contains_key(tid)) {
            assert_eq!(Some(owners[&tid]), number("pid"), "a track has one process: {event}");
        }
        match event["ph"].as_str().expect("a phase") {
            "X" => {
                slices.entry(number("tid").unwrap()).or_default().push((number("ts").unwrap(), number("dur").unwrap()))
            }
            "s" | "f" => flows.entry(number("id").unwrap()).or_default().push(event),
            "M" if event["name"] == "process_labels" => {}
            "M" => {
                numbers.extend(number("tid").or(number("pid")));
                named.extend(number("tid"));
                owners.extend(number("tid").zip(number("pid")));
            }
            "i" => assert!(named.contains(&number("tid").unwrap()), "{event}"),
            other => panic!("{other}"),
        }
    }
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "a number is used once: {numbers:?}");
    assert!(owners.values().all(|pid| numbers.contains(pid) && !named.contains(pid)), "{owners:?}");
    for (tid, slices) in &slices {
        assert!(named.contains(tid), "{tid}");
        let apart = |pair: &[(u64, u64)]| pair[0].0 + pair[0].1 <= pair[1].0;
        assert!(slices.windows(2).all(apart), "slices of one track overlap: {slices:?}");
    }
    for ends in flows.values() {
        let [from, to] = ends.as_slice() else { panic!("one begin, one end: {ends:?}") };
        assert_eq!((&from["ph"], &to["ph"]), (&"s".into(), &"f".into()));
        let at = |end: &Value| (end["tid"].as_u64().unwrap(), end["ts"].as_u64().unwrap());
        let ((left, left_us), (right, right_us)) = (at(from), at(to));
        assert!(left != right && left_us <= right_us, "{ends:?}");
        let inside = |&(ts, dur): &(u64, u64)| (ts..ts + dur.max(1)).contains(&left_us);
        assert!(slices[&left].iter().any(inside), "it leaves from a hold: {ends:?}");
        assert!(slices[&right].iter().any(|(ts, _)| *ts == right_us), "it leads to a hold: {ends:?}");
    }
    events
}

/// How many slices, instants and arrows there are, and their names.
fn check(runs: Vec<Trace>, counts: [usize; 4], names: &[(&str, usize)]) {
    let events = sound(runs);
    let count = |ph: &str| events.iter().filter(|event| event["ph"] == ph).count();
    assert_eq!(["M", "X", "i", "s"].map(count), counts, "{events:#?}");
    for (name, expected) in names {
        let found = events.iter().filter(|event| event["name"] == *name).count();
        assert_eq!(found, *expected, "{name} in {events:#?}");
    }
}

fn event(at_us: u64, who: usize, what: What) -> Event {
    Event { at_us, who, what }
}

fn trace(names: &[&str], events: Vec<Event>) -> Trace {
    let processes = names.iter().map(|name| Process::new(*name, Vec::new())).collect();
    let scenario = Scenario::new("a test", LockKind::Flock, processes);
    let outcome = Aftermath { took_us: 100, ..Aftermath::default() };
    Trace { label: "run".into(), scenario, seed: 1, events, outcome }
}

fn waits(lock: &str, mode: Mode) -> What {
    What::Waits { lock: lock.into(), mode, units: None, limit_us: None }
}

fn refused(lock: &str, text: &str) -> What {
    let why = Refusal { name: "EWOULDBLOCK".into(), code: Some(11), text: text.into() };
    What::Refused { lock: lock.into(), mode: Mode::Exclusive, units: None, why, waited_us: 7 }
}

#[test]
fn holds_that_overlap_have_tracks_of_their_own() {
    let (alone, gone) = (Mode::Exclusive, What::Killed { why: KilledFor::Deadlock });
    let events = vec![
        event(1, 0, What::gets("A", alone)),
        event(2, 0, What::gets("B", alone)),
        event(3, 1, waits("A", alone)),
        event(5, 0, What::releases("A")),
        event(6, 1, What::gets("A", alone)),
        event(7, 0, What::releases("B")),
        event(8, 0, refused("A", "taken")),
        event(9, 1, gone),
    ];
    // The file's label; two processes, each with a track for what it does; three tracks of locks.
    let names = [
        ("holds A, EXCLUSIVE", 2),
        ("holds B, EXCLUSIVE", 1),
        ("waits for A, EXCLUSIVE", 1),
        ("is refused A, EXCLUSIVE after 7 µs: taken (EWOULDBLOCK)", 1),
        ("is ended by lesson: deadlock", 1),
    ];
    check(vec![trace(&["P1", "P2"], events)], [8, 4, 2, 1], &names);
}

#[test]
fn an_arrow_leaves_from_who_was_in_the_way() {
    let (alone, shared) = (Mode::Exclusive, Mode::Shared);
    // Two readers wait for a writer, and one release allows both; a reader's end allows none.
    let events = vec![
        event(1, 0, What::gets("A", alone)),
        event(2, 1, waits("A", shared)),
        event(2, 2, waits("A", shared)),
        event(4, 0, What::releases("A")),
        event(5, 1, What::gets("A", shared)),
        event(6, 1, What::releases("A")),
        event(7, 2, What::gets("A", shared)),
    ];
    let runs = || trace(&["w", "r", "s"], events.clone());
    check(vec![runs()], [10, 5, 0, 2], &[("lets it go", 4)]);
    check(vec![runs(), runs()], [19, 10, 0, 4], &[("lets it go", 8)]);
    check(vec![], [1, 0, 0, 0], &[]);
}

#[test]
fn runs_of_the_simulator_are_sound() {
    let slow = named("locked", None).expect("built in");
    check(vec![simulated(&slow)], [10, 16, 4, 2], &[("works", 4), ("commits", 4)]);
    let ring = Ring::crossed().scenario();
    check(vec![simulated(&ring)], [7, 6, 3, 0], &[("closes a cycle: P1 -> P2 -> P1", 1)]);
    for name in ["retry", "queue", "wal", "long-reader", "banker", "detect", "philosophers"] {
        sound(vec![simulated(&named(name, None).expect("built in"))]);
    }
}

#[test]
fn recorded_runs_of_real_processes_are_sound() {
    let read = |bytes: &[u8]| Recording::read(bytes).expect("the trace is whole").runs;
    let table: [(&[u8], [usize; 4]); 8] = [
        (include_bytes!("../../../tests/traces/crash.jsonl"), [10, 12, 4, 0]),
        (include_bytes!("../../../tests/traces/deadlock.jsonl"), [9, 8, 4, 0]),
        (include_bytes!("../../../tests/traces/fixed.jsonl"), [153, 271, 51, 26]),
        (include_bytes!("../../../tests/traces/locked.jsonl"), [19, 30, 4, 4]),
        (include_bytes!("../../../tests/traces/reader.jsonl"), [10, 12, 2, 1]),
        (include_bytes!("../../../tests/traces/refused.jsonl"), [8, 7, 3, 1]),
        (include_bytes!("../../../tests/traces/repeated.jsonl"), [22, 12, 24, 0]),
        (include_bytes!("../../../tests/traces/ring.jsonl"), [61, 60, 21, 0]),
    ];
    let found = table.map(|(bytes, _)| {
        let events = sound(read(bytes));
        ["M", "X", "i", "s"].map(|ph| events.iter().filter(|event| event["ph"] == ph).count())
    });
    assert_eq!(found, table.map(|(_, counts)| counts));
}

#[test]
fn hostile_names_stay_json_and_short() {
    for name in ["</script>", "\"quoted\\", "<img onerror=x>", "\u{202e}txt", "\u{1b}[2J", &"x".repeat(10_000)] {
        let mode = Mode::Exclusive;
        let events = vec![
            event(9, 0, What::gets(name, mode)),
            event(3, 1, waits(name, mode)),
            event(u64::MAX, 1, refused(name, name)),
            event(2, 7, What::Ends),
        ];
        let mut run = trace(&[name, "P2"], events);
        (run.label, run.scenario.title) = (name.into(), name.into());
        let events = sound(vec![run]);
        let text = serde_json::to_string(&events).unwrap();
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
    }
}

/// How many bytes are written of so many rounds of two processes, five events each.
fn written(rounds: u64) -> usize {
    let mut events = Vec::new();
    for at in 0..rounds {
        let who = usize::from(at % 2 == 1);
        events.push(event(5 * at, who, waits("A", Mode::Exclusive)));
        events.push(event(5 * at + 1, who, What::gets("A", Mode::Exclusive)));
        events.push(event(5 * at + 2, who, What::Works { for_us: 1 }));
        events.push(event(5 * at + 3, who, What::Worked));
        events.push(event(5 * at + 4, who, What::releases("A")));
    }
    let mut counter = Counter(0);
    perfetto(&recording(vec![trace(&["P1", "P2"], events)]), &mut counter).expect("it takes everything");
    counter.0
}

#[test]
fn a_long_run_is_written_line_by_line() {
    let (short, long) = (written(1_000), written(20_000));
    assert!(long < 21 * short, "{long} bytes; {short} for a twentieth");
}

/// Takes everything, and keeps nothing.
struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
