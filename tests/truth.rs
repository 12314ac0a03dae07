//! What a trace must never show: two processes with modes that exclude each other, a cycle that was not there, an
//! acknowledged row that is gone. Checked on fresh traces of real runs under load.

use std::io::BufReader;
use std::process::{Command, Stdio};

use lesson::analysis::{Figures, WaitForGraph};
use lesson::trace::{Recording, Trace, What};

fn check(arguments: &str) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("trace.jsonl");
    let status = Command::new(env!("CARGO_BIN_EXE_lesson"))
        .args(arguments.split(' '))
        .args(["--quiet", "--trace"])
        .arg(&file)
        .stdin(Stdio::null())
        .status()
        .expect("lesson runs");
    assert!(status.success(), "lesson {arguments}: {status}");
    let trace = std::fs::File::open(&file).expect("the trace was written");
    let recording = Recording::read(BufReader::new(trace)).expect("the trace is whole");
    assert!(!recording.runs.is_empty());
    for run in &recording.runs {
        let label = format!("lesson {arguments}, {}", run.label);
        check_holds(&label, run);
        let figures = Figures::of(run);
        if let Some(database) = &run.outcome.database {
            assert_eq!(database.integrity.as_deref(), Some("ok"), "{label}");
            assert_eq!(database.rows, figures.acknowledged, "{label}");
        }
    }
}

/// Replays the events: nobody gets a lock while another holds it in a mode that excludes this, and every cycle that was
/// seen is made of waits and holds that were there.
fn check_holds(label: &str, run: &Trace) {
    let mut graph = WaitForGraph::new(&run.scenario);
    let mut ended = vec![false; run.scenario.processes.len()];
    let mut last_us = vec![0; ended.len()];
    for (number, event) in run.events.iter().enumerate() {
        assert!(!ended[event.who], "{label}, event {number}: {event:?} behind its end");
        assert!(last_us[event.who] <= event.at_us, "{label}, event {number}: {event:?} goes back in time");
        last_us[event.who] = event.at_us;
        match &event.what {
            What::Ends | What::Crashed { .. } | What::Killed { .. } => ended[event.who] = true,
            What::Gets { lock, mode, .. } => {
                let in_the_way = graph
                    .holders(lock)
                    .iter()
                    .find(|hold| hold.who != event.who && !hold.committing && mode.conflicts_with(hold.mode));
                assert_eq!(in_the_way, None, "{label}, event {number}: {event:?}");
            }
            What::ClosesCycle { cycle, .. } => {
                for edge in cycle {
                    assert!(graph.edges_of(edge.waiter).any(|seen| seen == *edge), "{label}, event {number}: {edge:?}");
                }
                let next = cycle.iter().skip(1).chain(cycle.first());
                assert!(cycle.iter().zip(next).all(|(edge, next)| edge.holder == next.waiter), "{label}: a ring");
            }
            _ => {}
        }
        graph.apply(event);
    }
}

#[test]
fn writers_under_load() {
    check("fixed locked --load --for 300ms --processes 6");
}

#[test]
fn readers_and_writers() {
    check("locked --task-duration 0s,5ms --processes 6 --records 10 --busy-timeout 50ms");
    check("locked --task-duration 5ms --processes 4 --records 5 --busy-timeout 20ms --read-first");
    check("locked --task-duration 2ms --processes 4 --records 5 --journal wal --read-first");
    check("locked --task-duration 2ms --processes 4 --records 5 --begin exclusive --busy-timeout 10ms");
}

#[test]
fn fixes_side_by_side() {
    check("fixed --task-duration 40ms");
}

#[test]
fn rings() {
    check("deadlock --processes 8 --bystander --patience 50ms");
    check("deadlock --on mutex --processes 8 --patience 50ms");
    #[cfg(unix)]
    check("deadlock --on fcntl --processes 8 --patience 50ms");
    check("deadlock --on sqlite --processes 4 --busy-timeout 200ms");
}
