//! Schedules carried out on real locks, many at once, and each trace compared with the model.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use lesson::analysis::{Conformity, conforms};
use lesson::run::{self, Arena, Options, Schedule, Unwatched};
use lesson::scenario::{Scenario, format_schedule, to_toml};
use lesson::trace::{Trace, What};

use super::tell::{Foretold, Told};

/// As many at once: those who wait leave the processor to others.
const AT_ONCE: usize = 4;

/// One run to carry out.
pub struct Planned {
    pub scenario: Scenario,
    /// `None`: everybody goes freely.
    pub told: Option<Told>,
}

/// Carries everything out. Fails with the first few that the model does not allow, each so that it can be repeated.
pub fn carry_out(all: &[Planned]) {
    let arena = Arena::new(None).expect("a temporary directory");
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(planned) = all.get(number) else { return };
                    if let Err(why) = carry_one_out(planned, &arena, number) {
                        wrong.lock().expect("nobody panics with it").push(planned.with(&why));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("nobody panics with it");
    assert!(wrong.is_empty(), "{} of {} runs\n{}", wrong.len(), all.len(), wrong[..wrong.len().min(5)].join("\n"));
}

fn carry_one_out(planned: &Planned, arena: &Arena, number: usize) -> Result<(), String> {
    let label = format!("run {number}");
    let options = Options {
        arena,
        label: label.clone(),
        seed: 1,
        patience: Duration::from_millis(40),
        schedule: planned.told.as_ref().map_or(Schedule::Luck, |told| Schedule::List(told.schedule.clone())),
        deadline: Some(Duration::from_secs(60)),
        program: Some(Path::new(env!("CARGO_BIN_EXE_lesson"))),
    };
    let ran = run::run(&planned.scenario, &options, &mut Unwatched);
    let room = arena.path().join(label.replace(' ', "-"));
    std::fs::remove_dir_all(&room).map_err(|error| format!("{}: {error}", room.display()))?;
    let trace = ran.map_err(|error| format!("{error:#}"))?;
    compare(planned, &trace).map_err(|why| format!("{why}\n{}", events(&trace)))
}

fn compare(planned: &Planned, trace: &Trace) -> Result<(), String> {
    match conforms(trace) {
        Ok(Conformity::Conforms) => {}
        Ok(Conformity::NotChecked(why)) => return Err(format!("not checked: {why}")),
        Err(mismatch) => return Err(mismatch.to_string()),
    }
    let foretold = planned.told.as_ref().and_then(|told| told.foretold.as_ref());
    let came = came_of(trace);
    match foretold {
        Some(foretold) if *foretold != came => Err(format!("the model foretells {foretold:?}, there came {came:?}")),
        _ => Ok(()),
    }
}

/// What a trace says of all that a schedule foretells.
fn came_of(trace: &Trace) -> Foretold {
    let mut answers = vec![String::new(); trace.scenario.processes.len()];
    for event in &trace.events {
        answers[event.who].push_str(match &event.what {
            What::Gets { .. } | What::Committed { .. } => "g",
            What::Refused { .. } => "r",
            What::Crashed { .. } | What::Killed { why: lesson::trace::KilledFor::Victim } => "x",
            _ => "",
        });
    }
    let rows = trace.outcome.database.as_ref().map_or(0, |database| database.rows);
    Foretold { answers, rows, deadlock: trace.outcome.deadlock.is_some() }
}

fn events(trace: &Trace) -> String {
    let line = |event: &lesson::trace::Event| {
        format!("  {:>9} us {} {:?}", event.at_us, trace.scenario.processes[event.who].name, event.what)
    };
    trace.events.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl Planned {
    /// How to do the same again by hand, and what is wrong.
    fn with(&self, why: &str) -> String {
        let toml = to_toml(&self.scenario);
        let schedule = self.told.as_ref().map(|told| format_schedule(&told.schedule, &self.scenario));
        let schedule = schedule.map_or_else(String::new, |names| format!(" --schedule \"{names}\""));
        format!("---\n{toml}\nlesson run FILE{schedule}\n{why}")
    }
}
