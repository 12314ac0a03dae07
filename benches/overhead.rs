//! What `lesson` costs beside what the lesson itself needs. These machines are noisy, so every figure is a ratio to
//! something measured in the same run:
//!
//! 1. the exercise with tasks of 0 s against starting as many processes that do nothing;
//! 2. the exercise with slow tasks against the time in which somebody held, waited or worked;
//! 3. the verdict on a deadlock against the 10 ms within which it has to fall.
//!
//! `cargo bench --bench overhead`, about 20 s; `cargo bench --bench overhead -- quick`, about 4 s.

#![allow(clippy::print_stdout)] // the figures are its output

use std::io::BufReader;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lesson::analysis::{State, lanes};
use lesson::trace::{Recording, Trace};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson");

fn main() -> anyhow::Result<()> {
    let quick = std::env::args().any(|argument| argument == "quick");
    against_spawning(if quick { 5 } else { 20 })?;
    against_holds(if quick { "300ms" } else { "3s" })?;
    against_the_verdicts_limit(if quick { 3 } else { 10 })
}

/// The 0 s act starts 4 processes (the conductor and 3 workers), makes a database and commits 6 times.
fn against_spawning(times: u32) -> anyhow::Result<()> {
    let spawn = median(times, || lesson(&["--version"]))?;
    let exercise = median(times, || lesson(&["locked", "--task-duration", "0s", "--quiet"]))?;
    let ratio = exercise.as_secs_f64() / (4.0 * spawn.as_secs_f64());
    println!("0 s act: {exercise:.2?}; starting 4 processes: {:.2?}; ratio {ratio:.1} (median of {times})", spawn * 4);
    Ok(())
}

fn against_holds(task: &str) -> anyhow::Result<()> {
    let runs = record(&["locked", "--task-duration", task])?;
    let took = runs[0].outcome.took_us;
    let needed = busy_us(&runs[0]);
    let ratio = took as f64 / needed as f64;
    println!(
        "{task} act: took {took} us; somebody held, waited or worked for {needed} us; ratio {ratio:.4} (at most 1.02)"
    );
    Ok(())
}

/// Time in which at least one process held a lock, waited for one, or worked: the union of the lanes.
fn busy_us(run: &Trace) -> u64 {
    let lanes = lanes(run);
    let mut spans: Vec<(u64, u64)> = lanes
        .iter()
        .flat_map(|lane| &lane.segments)
        .filter(|segment| segment.state != State::Idle)
        .map(|segment| (segment.from_us, segment.to_us))
        .collect();
    spans.sort_unstable();
    let (mut busy, mut until) = (0, 0);
    for (from, to) in spans {
        busy += to.saturating_sub(from.max(until));
        until = until.max(to);
    }
    busy
}

fn against_the_verdicts_limit(times: u32) -> anyhow::Result<()> {
    for on in ["flock", "mutex"] {
        let mut delays = Vec::new();
        for _ in 0..times {
            let arguments = ["deadlock", "--on", on, "--patience", "50ms", "--json"];
            let output = Command::new(LESSON).args(arguments).output()?;
            let document: serde_json::Value = serde_json::from_slice(&output.stdout)?;
            delays.extend(document["runs"][0]["verdict_after_ms"].as_f64());
        }
        delays.sort_by(f64::total_cmp);
        let (median, worst) = (delays[delays.len() / 2], delays[delays.len() - 1]);
        println!(
            "verdict on {on}: median {median:.2} ms, worst {worst:.2} ms of {times}; ratio to 10 ms: {:.2}",
            worst / 10.0
        );
    }
    Ok(())
}

fn record(arguments: &[&str]) -> anyhow::Result<Vec<Trace>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("trace.jsonl");
    Command::new(LESSON).args(arguments).arg("--quiet").arg("--trace").arg(&file).status()?;
    Ok(Recording::read(BufReader::new(std::fs::File::open(file)?))?.runs)
}

fn lesson(arguments: &[&str]) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let status = Command::new(LESSON).args(arguments).stdout(Stdio::null()).status()?;
    anyhow::ensure!(status.success(), "lesson {arguments:?} failed: {status}");
    Ok(start.elapsed())
}

fn median(times: u32, measure: impl Fn() -> anyhow::Result<Duration>) -> anyhow::Result<Duration> {
    let mut all = (0..times).map(|_| measure()).collect::<anyhow::Result<Vec<_>>>()?;
    all.sort_unstable();
    Ok(all[all.len() / 2])
}
