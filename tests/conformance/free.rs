//! The built-in scenarios with nobody held back: luck decides, and the model must allow whatever comes.

use std::time::Duration;

use lesson::scenario::{Scenario, Step, builtin};

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
