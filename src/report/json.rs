//! `--json`: one document, with names that scripts may rely on.
//!
//! ```text
//! { "lesson": "0.1.0",            version that wrote it
//!   "command": "locked",          locked | deadlock | fixed | run
//!   "environment": { ... },       the machine, as `lesson check --json` has it
//!   "ok": true,                   the demonstration showed what it promises: exit status 0
//!   "outcome": "refused",         of the whole: the worst of all runs
//!   "cycle": ["P1", "P2"],        of the first run that deadlocked, else of the first that closed one; else []
//!   "blocked_behind": ["P3"],     of that run; else []
//!   "simulated": true,            only where no process ran: every time is that of a virtual clock
//!   "acts": [ RUN, ... ] }        locked: `acts`; fixed: `rows`; deadlock and run: `runs`
//! ```
//!
//! and each RUN
//!
//! ```text
//! { "name": "busy-timeout",       the act, the fix, or the number of the run
//!   "title": "...",
//!   "on": "sqlite",
//!   "outcome": "finished",        finished | refused | deadlocked | crashed | timed_out
//!   "task_duration_ms": 3000,     the longest `work` step
//!   "busy_timeout_ms": 5000,      null unless the locks are SQLite's
//!   "processes": 3,
//!   "finished": 1,                processes that carried out every round
//!   "expected": 6,                rows; null without a database, or where time, not a count, ends the rounds
//!   "acknowledged": 4,            rows whose COMMIT was acknowledged; null without a database
//!   "stored": 4,                  rows found afterwards (simulated: acknowledged); null without a database
//!   "integrity": "ok",            PRAGMA integrity_check; null without a database, and simulated
//!   "refused": 2,                 refusals, those that a retry healed included
//!   "retries": 0,
//!   "took_ms": 12310.4,
//!   "limit_ms": 12021.8,          what was held and worked, which no order can beat
//!   "share_of_limit": 0.98,
//!   "worst_wait_ms": 5021.3,
//!   "fairness": 0.5,              fewest rounds of a process / most; null if nobody finished one
//!   "rounds": [2, 1, 1],          that each process carried out
//!   "refusals": [ { "name": "SQLITE_BUSY", "code": 5, "text": "database is locked",
//!                   "count": 2, "least_wait_ms": 5010.0, "most_wait_ms": 5021.3 } ],
//!   "cycle": [],                  the deadlock, or the first cycle that closed and did not last
//!   "blocked_behind": [],
//!   "verdict_after_ms": 0.9,      from the event that closed the cycle to the verdict; null without one, or simulated
//!   "seed": 1 }
//! ```
//!
//! New names may be added; these stay.

use serde_json::{Value, json};

use super::words::name;
use crate::analysis::{Figures, Outcome};
use crate::scenario::Step;
use crate::trace::{Command, Edge, Recording, Trace, What};

/// The document of a recording.
pub fn document(recording: &Recording) -> Value {
    let simulated = recording.header.command.is_simulated();
    let runs: Vec<Value> = recording.runs.iter().map(|trace| run(trace, simulated)).collect();
    let deadlocked = recording.runs.iter().find(|run| run.outcome.deadlock.is_some());
    let ringed = deadlocked.or_else(|| recording.runs.iter().find(|run| !cycle(run).is_empty()));
    let plural = match recording.header.command {
        Command::Locked { .. } => "acts",
        Command::Fixed { .. } => "rows",
        Command::Deadlock { .. } | Command::Run { .. } => "runs",
    };
    let mut document = json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": recording.header.command.name(),
        "environment": recording.header.environment,
        "ok": recording.shown,
        "outcome": worst(recording),
        "cycle": ringed.map(cycle).unwrap_or_default(),
        "blocked_behind": ringed.map(blocked_behind).unwrap_or_default(),
    });
    document[plural] = Value::Array(runs);
    if simulated {
        document["simulated"] = true.into();
    }
    document
}

/// The outcome of the whole: a deadlock outweighs a refusal, a refusal a crash.
fn worst(recording: &Recording) -> Outcome {
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Finished => 0,
        Outcome::Crashed => 1,
        Outcome::TimedOut => 2,
        Outcome::Refused => 3,
        Outcome::Deadlocked => 4,
    };
    recording.runs.iter().map(|run| Figures::of(run).outcome).max_by_key(rank).unwrap_or(Outcome::Finished)
}

fn run(trace: &Trace, simulated: bool) -> Value {
    let figures = Figures::of(trace);
    let scenario = &trace.scenario;
    let task = scenario.processes.iter().flat_map(|process| &process.steps).filter_map(|step| match step {
        Step::Work(time) => Some(*time),
        _ => None,
    });
    let refusals: Vec<Value> = figures
        .refusals
        .iter()
        .map(|kind| {
            json!({ "name": kind.why.name, "code": kind.why.code, "text": kind.why.text, "count": kind.count,
                    "least_wait_ms": ms(kind.least_us), "most_wait_ms": ms(kind.most_us) })
        })
        .collect();
    json!({
        "name": trace.label,
        "title": scenario.title,
        "on": scenario.on.name(),
        "outcome": figures.outcome,
        "task_duration_ms": task.max().unwrap_or_default().as_millis() as u64,
        "busy_timeout_ms": scenario.uses_sqlite().then(|| scenario.busy_timeout().as_millis() as u64),
        "processes": scenario.processes.len(),
        "finished": figures.finished,
        "expected": figures.expected.filter(|_| scenario.uses_database()),
        "acknowledged": scenario.uses_database().then_some(figures.acknowledged),
        "stored": figures.stored,
        "integrity": trace.outcome.database.as_ref().map(|database| &database.integrity),
        "refused": figures.refused,
        "retries": figures.retries,
        "took_ms": ms(figures.took_us),
        "limit_ms": ms(figures.limit_us),
        "share_of_limit": figures.share_of_limit(),
        "worst_wait_ms": ms(figures.worst_wait_us),
        "fairness": figures.fairness,
        "rounds": figures.rounds,
        "refusals": refusals,
        "cycle": cycle(trace),
        "blocked_behind": blocked_behind(trace),
        "verdict_after_ms": closing(trace).filter(|_| !simulated).map(|(_, after_us)| ms(after_us)),
        "seed": trace.seed,
    })
}

/// The cycle of the deadlock, or the first one that closed and did not last.
fn cycle(trace: &Trace) -> Vec<&str> {
    let final_one = trace.outcome.deadlock.as_ref().and_then(|deadlock| deadlock.cycles.first());
    let edges = final_one.or_else(|| closing(trace).map(|(cycle, _)| cycle));
    edges.into_iter().flatten().map(|edge| name(&trace.scenario, edge.waiter)).collect()
}

/// The first cycle that was closed, and how long after the closing event the conductor knew.
fn closing(trace: &Trace) -> Option<(&Vec<Edge>, u64)> {
    trace.events.iter().find_map(|event| match &event.what {
        What::ClosesCycle { cycle, after_us, .. } => Some((cycle, *after_us)),
        _ => None,
    })
}

fn blocked_behind(trace: &Trace) -> Vec<&str> {
    let edges = trace.outcome.deadlock.iter().flat_map(|deadlock| &deadlock.blocked_behind);
    edges.map(|edge| name(&trace.scenario, edge.waiter)).collect()
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}
