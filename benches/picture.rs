//! How a picture grows with its trace: `cargo bench --bench picture`.
//!
//! Traces of 10,000, 100,000 and 1,000,000 events are told as text, drawn as SVG and made into a page. Each measurement
//! has a process of its own, so that its memory is its own; that of the trace is told apart. A tenfold trace should
//! take at most ten times as long and as much memory, and its picture should be no larger than the limits allow.

#![allow(clippy::print_stdout)] // the figures are its output

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use lesson::model::Mode;
use lesson::picture;
use lesson::report::{Style, Transcript};
use lesson::scenario::{DATABASE, LockKind, Process, Scenario, Step};
use lesson::trace::{Aftermath, Command as Made, Environment, Event, FORMAT, Header, Recording, Refusal, Trace, What};

/// The numbers of events.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// Makes something of a recording; its size in bytes.
type Work = fn(&Recording) -> usize;

/// What is made of a trace.
const WORKS: [(&str, Work); 3] = [
    ("terminal text", |recording| Transcript::whole(recording, Style::PLAIN).len()),
    ("SVG", |recording| picture::svg_of_lanes(recording).len()),
    ("page", |recording| picture::page(recording).len()),
];

/// A few writers, and very many: most of them wait.
const PROCESSES: [usize; 2] = [12, 1_000];

/// What one work took.
#[derive(Clone, Copy)]
struct Cost {
    bytes: usize,
    time: Duration,
    /// MiB at the most, and before the work, when only the trace was there.
    memory: [f64; 2],
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [work, events, processes] = arguments.as_slice() {
        let number = |text: &str| text.parse().expect("a number");
        return measure(number(work), number(events), number(processes));
    }
    for processes in PROCESSES {
        println!("\na load of {processes} writers; each line: time, size, memory beside that of the trace");
        WORKS.iter().enumerate().for_each(|(work, (name, _))| compare(work, name, processes));
    }
    ExitCode::SUCCESS
}

/// One work on traces of all sizes.
fn compare(work: usize, name: &str, processes: usize) {
    let mut before: Option<Cost> = None;
    for events in SIZES {
        let cost = cost(work, events, processes);
        let [all, trace] = cost.memory;
        print!("{name:14} {events:>9} events {:>8.3} s", cost.time.as_secs_f64());
        print!(" {:>9} bytes {:>6.0} MiB (the trace {trace:.0})", cost.bytes, all - trace);
        if let Some(before) = before {
            let size = cost.bytes as f64 / before.bytes.max(1) as f64;
            let time = cost.time.as_secs_f64() / before.time.as_secs_f64();
            print!("; {time:.1} x the time, {size:.1} x the size, {:.1} x the memory", all / before.memory[0]);
        }
        println!();
        before = Some(cost);
    }
}

/// One work in a process of its own.
fn cost(work: usize, events: usize, processes: usize) -> Cost {
    let program = std::env::current_exe().expect("our own path");
    let done = Command::new(program)
        .args([work, events, processes].map(|number| number.to_string()))
        .output()
        .expect("we start again");
    let text = String::from_utf8(done.stdout).expect("numbers");
    let numbers: Vec<u64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [bytes, micros, most, trace] = numbers[..] else { panic!("{text}") };
    let mib = |kib: u64| kib as f64 / 1024.0;
    Cost { bytes: bytes as usize, time: Duration::from_micros(micros), memory: [mib(most), mib(trace)] }
}

fn measure(work: usize, events: usize, processes: usize) -> ExitCode {
    let recording = recording(events, processes);
    let trace = memory_kib();
    let start = Instant::now();
    let bytes = WORKS[work].1(&recording);
    println!("{bytes} {} {} {trace}", start.elapsed().as_micros(), memory_kib());
    ExitCode::SUCCESS
}

/// The most memory that this process has had (`proc_pid_status(5)`); 0 where the system does not tell.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

/// Writers in turn: one holds, the next waits, a third is refused now and then.
fn recording(events: usize, processes: usize) -> Recording {
    let process = |who: usize| Process::new(format!("P{}", who + 1), vec![Step::Work(Duration::from_millis(1))]);
    let scenario = Scenario::new("a load of writers", LockKind::Sqlite, (0..processes).map(process).collect());
    let mut told: Vec<Event> = Vec::with_capacity(events + 16);
    let mut at_us = 0;
    let mut turn = 0_usize;
    while told.len() < events {
        let (who, next) = (turn % processes, (turn + 1) % processes);
        let lock = || DATABASE.to_owned();
        let wants = || What::Wants { lock: lock(), mode: Mode::Reserved, units: None };
        let waits = What::Waits { lock: lock(), mode: Mode::Reserved, units: None, limit_us: Some(5_000_000) };
        let why = Refusal { name: "SQLITE_BUSY".into(), code: Some(5), text: "database is locked".into() };
        let refused = What::Refused { lock: lock(), mode: Mode::Reserved, units: None, why, waited_us: 70 };
        let mut tell = |who, what| {
            at_us += 11 + (turn as u64 * 7919) % 13;
            told.push(Event { at_us, who, what });
        };
        tell(who, What::gets(DATABASE, Mode::Reserved));
        tell(next, wants());
        tell(next, waits);
        tell(who, What::Inserted);
        if turn.is_multiple_of(5) {
            let third = (turn + 2) % processes;
            tell(third, wants());
            tell(third, refused);
            tell(third, What::BacksOff { attempt: 1, for_us: 50 });
        }
        tell(who, What::Commits { rows: 1 });
        tell(who, What::Committed { rows: 1 });
        turn += 1;
    }
    told.truncate(events);
    let outcome = Aftermath { took_us: at_us, ..Aftermath::default() };
    let run = Trace { label: "run".into(), scenario, seed: 1, events: told, outcome };
    let text = || String::from("bench");
    let environment = Environment {
        os: text(),
        os_release: text(),
        arch: text(),
        cores: 1,
        lesson: text(),
        sqlite: text(),
        temp_dir: text(),
        file_system: text(),
        file_system_is_network: false,
        own_pid_namespace: false,
    };
    let command = Made::Run { repeat: 1, simulated: true };
    let header = Header { format: FORMAT, command, runs: 1, environment };
    Recording { header, runs: vec![run], shown: true }
}
