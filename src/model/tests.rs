//! The next-state function against numbers known by hand, through the plainest of searches.

use std::collections::BTreeMap;

use super::{Attempts, Program};
use crate::scenario::{Scenario, builtin, parse};

/// States, transitions, complete schedules, and how many of these deadlock.
fn count(scenario: &Scenario) -> (usize, usize, u128, u128) {
    let program = Program::compile(scenario, Attempts::Counted).unwrap();
    let mut found = BTreeMap::new();
    let mut transitions = 0;
    let (all, deadlocked) = schedules(&program, program.start(), &mut found, &mut transitions);
    (found.len(), transitions, all, deadlocked)
}

type Found = BTreeMap<Vec<u32>, (u128, u128)>;

fn schedules(program: &Program, at: Vec<u32>, found: &mut Found, transitions: &mut usize) -> (u128, u128) {
    if let Some(known) = found.get(&at) {
        return *known;
    }
    let mut successors = Vec::new();
    program.for_each_move(&at, |made| {
        let mut then = at.clone();
        made.make(&mut then);
        successors.push(then);
    });
    *transitions += successors.len();
    let sum = match successors.is_empty() {
        true => (1, u128::from(!program.is_over(&at))),
        false => successors.into_iter().fold((0, 0), |sum, then| {
            let (all, deadlocked) = schedules(program, then, found, transitions);
            (sum.0 + all, sum.1 + deadlocked)
        }),
    };
    found.insert(at, sum);
    sum
}

#[test]
fn philosophers() {
    let expected = [(19, 22, 6, 2), (87, 153, 168, 6), (391, 924, 98_184, 24), (1_743, 5_155, 66_468_720, 120)];
    for (n, expected) in (2..).zip(expected) {
        assert_eq!(count(&builtin::philosophers(n)), expected, "{n}");
    }
}

fn check(on: &str, head: &str, programs: &[&str], expected: (usize, usize, u128, u128)) {
    let mut toml = format!("title = \"t\"\non = \"{on}\"\n{head}\n");
    for (who, program) in programs.iter().enumerate() {
        let quoted = program.split(',').map(|step| format!("\"{}\"", step.trim())).collect::<Vec<_>>().join(", ");
        toml.push_str(&format!("[[process]]\nname = \"P{}\"\nsteps = [{quoted}]\n", who + 1));
    }
    let scenario = parse(&toml, "test").unwrap();
    assert_eq!(count(&scenario), expected, "{on} {programs:?}");
}

#[test]
fn crossed() {
    let crossed = ["lock A, lock B, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"];
    check("flock", "", &crossed, (19, 22, 6, 2));
    check("fcntl", "", &crossed, (19, 24, 8, 0));
}

#[test]
fn a_resource_with_units() {
    let sample = |name: &str| builtin::samples().into_iter().find(|sample| sample.name == name).unwrap().scenario;
    assert_eq!(count(&sample("banker")), (46, 73, 50, 20));
    assert_eq!(count(&sample("banker-safe")), (20, 24, 6, 0));
}
