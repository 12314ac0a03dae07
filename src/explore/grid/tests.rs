//! The grid against the search by rank: every number, way and part is the same.

use super::*;
use crate::explore::packed::Layout;
use crate::model::{Attempts, Program};
use crate::scenario::{Scenario, builtin, parse};

const TASK: Task = Task { count: true, keep: true, first: None, max_states: 1_000_000, max_bytes: 1 << 28 };

/// Processes with these steps.
fn scenario(steps: &[&str]) -> Scenario {
    let process = |(number, steps): (usize, &&str)| {
        format!("[[process]]\nname = \"P{number}\"\nsteps = [\"{}\"]\n", steps.replace(", ", "\", \""))
    };
    let processes: String = steps.iter().enumerate().map(process).collect();
    parse(&format!("title = \"a test\"\non = \"flock\"\n{processes}"), "test").unwrap()
}

/// Explores from the start, and from each state on the way to a deadlock, if there is one. Gives the bits of the count.
fn check(scenario: &Scenario, states: u64) -> u64 {
    let program = Program::compile(scenario, Attempts::Counted).unwrap();
    let layout = Layout::new(&program);
    let packing = Packing::<2>::new(&program, layout);
    let all = check_from(&packing, &program.start());
    assert_eq!(all.states, states, "{}", scenario.title);
    let way = all.shortest.map_or(Vec::new(), |path| path.states);
    way.iter().for_each(|at| _ = check_from(&packing, at));
    let Some(crate::explore::Schedules::Counted { all, .. }) = all.schedules else { panic!("it is counted") };
    all.bits()
}

fn check_from(packing: &Packing<2>, start: &[u32]) -> crate::explore::Explored {
    let grid = packing.by_grid(start, &TASK, &mut |_| true).expect("it is plain and small");
    let ranks = packing.by_rank(&packing.layout.pack(start), &TASK, &mut |_| true);
    assert_eq!(format!("{grid:?}"), format!("{ranks:?}"));
    grid
}

#[test]
fn it_finds_what_the_search_by_rank_finds() {
    check(&builtin::philosophers(2), 19);
    check(&builtin::philosophers(5), 1_743);
    check(&builtin::philosophers(7), 34_527);
    check(&scenario(&["lock A, lock B, unlock A, unlock B"; 3]), 56);
    check(&scenario(&["lock A shared, lock B, unlock A, unlock B", "lock B, lock A, unlock B, unlock A"]), 17);
    let shared = ["lock A shared, lock B shared, unlock A, unlock B", "lock B shared, lock A, unlock B, unlock A"];
    check(&scenario(&[&shared[..], &["lock A, unlock A", "lock B shared, unlock B"]].concat()), 153);
    check(&scenario(&["lock A shared, work 1ms, unlock A"; 4]), 256);
    check(&scenario(&["work 1ms"]), 2);
    let works = |count: usize| vec!["work 1ms"; count].join(", ");
    // The bits of a word are all used, one too few, not at all; and counts outgrow them.
    for (places, bits) in [(127, 248), (128, 250), (150, 294)] {
        let works = [works(places - 1), works(places - 1)];
        assert_eq!(check(&scenario(&[&works[0], &works[1]]), (places * places) as u64), bits);
    }
}

#[test]
fn it_leaves_to_others_what_it_can_not_do() {
    let finds = |scenario: &Scenario, task: &Task| {
        let program = Program::compile(scenario, Attempts::Counted).unwrap();
        let packing = Packing::<2>::new(&program, Layout::new(&program));
        packing.by_grid(&program.start(), task, &mut |_| true).is_some()
    };
    let plain = builtin::philosophers(5);
    assert!(finds(&plain, &TASK));
    assert!(finds(&plain, &Task { max_states: 1_743, ..TASK }));
    assert!(!finds(&plain, &Task { max_states: 1_742, ..TASK }));
    assert!(!finds(&plain, &Task { max_bytes: 2_000, ..TASK }));
    assert!(!finds(&plain, &Task { first: Some(crate::explore::Wanted::Deadlock), ..TASK }));
    assert!(!finds(&builtin::named("locked-quick", None).unwrap(), &TASK));
    assert!(!finds(&builtin::philosophers(20), &TASK));
}
