//! The built-in scenarios with nobody held back: luck decides, and the model must allow whatever comes.

use std::time::Duration;

use lesson::analysis::{Conformity, conforms};
use lesson::scenario::{Scenario, Step, builtin};
use lesson::simulate;

use super::carry::{self, Planned};

/// The same with all times a hundredth.
fn faster(mut scenario: Scenario) -> Scenario {
    let faster = |time: Duration| time / 100;
    let whole = |time: Duration| Duration::from_millis(time.as_millis() as u64 / 100);
    scenario.busy_timeout = scenario.busy_timeout.map(whole);
    for process in &mut scenario.processes {
        process.lasting = process.lasting.map(faster);
        if let Some(retry) = &mut process.retry {
            (retry.base, retry.cap) = (faster(retry.base), faster(retry.cap));
        }
        for step in &mut process.steps {
            match step {
                Step::Work(time) => *time = faster(*time),
                Step::Lock { within: Some(limit), .. } => *limit = faster(*limit),
                _ => {}
            }
        }
    }
    scenario
}

#[test]
fn samples() {
    let samples = builtin::samples().into_iter().filter(|sample| sample.scenario.units.is_empty());
    let scenarios: Vec<Scenario> = samples.map(|sample| faster(sample.scenario)).collect();
    assert_eq!(scenarios.len(), 25);
    let times = if super::is_full() { 40 } else { 2 };
    let plan = |scenario: &Scenario| Planned { scenario: scenario.clone(), told: None };
    let all: Vec<Planned> = (0..times).flat_map(|_| scenarios.iter().map(plan)).collect();
    carry::carry_out(&all);
}

/// What is simulated must be what can be, too.
#[test]
fn simulated() {
    let seeds = if super::is_full() { 100 } else { 3 };
    for sample in builtin::samples().into_iter().filter(|sample| sample.scenario.units.is_empty()) {
        let scenario = faster(sample.scenario);
        for seed in 1..=seeds {
            let (label, patience) = (sample.name.to_owned(), Duration::from_secs(1));
            let options = simulate::Options { label, seed, patience, schedule: None, deadline: None };
            let trace = simulate::run(&scenario, &options).expect("a built-in scenario");
            let found = conforms(&trace).unwrap_or_else(|mismatch| panic!("{} {seed}: {mismatch}", sample.name));
            assert_eq!(found, Conformity::Conforms, "{} {seed}", sample.name);
        }
    }
}
