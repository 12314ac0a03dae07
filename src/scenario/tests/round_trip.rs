//! Whatever is valid can be written down and read back.

use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use snapbox::{IntoData, str};

use crate::scenario::*;

#[test]
fn a_file_is_pretty() {
    let toml = r#"
title = "Two \"clerks\""
on = "sqlite"
busy_timeout = "90s"
units.tape = 3
locks = { Queue = "flock", Q2 = "ofd" }
[[process]]
name = "P1"
steps = ["lock Queue", "lock Q2 shared", "begin deferred", "select", "insert", "commit", "unlock Q2", "unlock Queue",
         "lock tape 2 within 1s", "lock tape", "unlock tape 1", "unlock tape"]
[[process]]
name = "P2"
rounds = 3
for = "1500ms"
retry = { backoff = "exponential", base = "10ms", cap = "1s", jitter = "full", attempts = 20 }
steps = ["lock A within 0s", "unlock A"]
"#;
    snapbox::assert_data_eq!(
        to_toml(&parse(toml, "x").unwrap()).raw(),
        str![[r#"
title        = "Two \"clerks\""
on           = "sqlite"
busy_timeout = "1m30s"
units        = { tape = 3 }

[locks]
Q2    = "ofd"
Queue = "flock"

[[process]]
name  = "P1"
steps = [
    "lock Queue", "lock Q2 shared", "begin", "select", "insert", "commit", "unlock Q2",
    "unlock Queue", "lock tape 2 within 1s", "lock tape", "unlock tape 1", "unlock tape",
]

[[process]]
name   = "P2"
rounds = 3
for    = "1s500ms"
retry  = { backoff = "exponential", base = "10ms", cap = "1s", jitter = "full", attempts = 20 }
steps  = ["lock A or fail", "unlock A"]

"#]]
        .raw()
    );
}

#[test]
fn the_design_s_example_stays_as_it_is() {
    let toml = r#"title = "Two clerks, two ledgers"
on    = "flock"

[[process]]
name  = "P1"
steps = ["lock A", "work 200ms", "lock B", "unlock B", "unlock A"]

[[process]]
name  = "P2"
steps = ["lock B", "work 200ms", "lock A", "unlock A", "unlock B"]
"#;
    assert_eq!(to_toml(&parse(toml, "x").unwrap()), toml);
}

proptest! {
    // A failure is printed whole; a file of seeds beside it would be one more thing to keep.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(scenario in scenarios()) {
        prop_assert_eq!(check(&scenario), Ok(()));
        let text = to_toml(&scenario);
        let lines_fit = text.lines().all(|line| !line.starts_with([' ', 's']) || line.chars().count() <= 100);
        prop_assert!(lines_fit, "{}", text);
        prop_assert_eq!(parse(&text, "written").map_err(|mistake| mistake.to_string()), Ok(scenario));
    }

    #[test]
    fn whatever_is_read_the_error_is_five_lines_of_plain_text(text in hostile_texts()) {
        if let Err(mistake) = parse(&text, &text) {
            let shown = mistake.to_string();
            prop_assert_eq!(shown.lines().count(), 5);
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{}", shown);
            prop_assert!(shown.lines().skip(1).take(3).all(|line| line.chars().count() < 120), "{}", shown);
        }
    }
}

/// Anything at all, and right files with anything at all in one place.
fn hostile_texts() -> impl Strategy<Value = String> {
    let file = |(scenario, text, at): (Scenario, String, prop::sample::Index)| {
        let mut file = to_toml(&scenario);
        let at = file.floor_char_boundary(at.index(file.len()));
        file.insert_str(at, &text);
        file
    };
    prop_oneof![any::<String>(), (scenarios(), any::<String>(), any::<prop::sample::Index>()).prop_map(file)]
}

fn scenarios() -> impl Strategy<Value = Scenario> {
    let head = (titles(), prop::sample::select(LockKind::ALL.to_vec()), option::of(durations()), 0_usize..3);
    let processes = btree_map(names(), (rounds(), option::of(retries()), vec(any::<(u8, u8)>(), 0..40)), 1..5);
    (head, processes).prop_map(|((title, on, busy_timeout, meets), drafts)| {
        let processes = drafts.into_iter().map(|(name, ((rounds, lasting), retry, draft))| Process {
            name,
            rounds,
            lasting,
            retry,
            steps: program(on, meets, &draft),
        });
        let whole_ms = |patience: Duration| Duration::from_millis(patience.as_millis() as u64);
        let patience = busy_timeout.filter(|_| on.is_sqlite()).map(whole_ms);
        let processes: Vec<Process> = processes.collect();
        let on_deadlock = if processes.len().is_multiple_of(2) && on != LockKind::Mutex {
            OnDeadlock::Victim
        } else {
            OnDeadlock::Watch
        };
        let mut scenario = Scenario { busy_timeout: patience, on_deadlock, ..Scenario::new(title, on, processes) };
        if scenario.lock_names().contains(COUNTED) {
            scenario.units.insert(COUNTED.to_owned(), UNITS);
        }
        if on != LockKind::Mutex {
            let kinds = |name: &&str| *name != DATABASE && *name != COUNTED;
            let others = scenario.lock_names().into_iter().filter(kinds).skip(1);
            scenario.locks = others.map(|name| (name.to_owned(), LockKind::Fcntl)).collect();
        }
        scenario
    })
}

/// The lock with units of the programs, and how many it has.
const COUNTED: &str = "L-3_";
const UNITS: u32 = 5;

/// A right program from any bytes: what can't be done at a point is left out.
fn program(on: LockKind, meets: usize, draft: &[(u8, u8)]) -> Vec<Step> {
    let mut steps = vec![Step::Meet; meets];
    let mut held = std::collections::BTreeSet::new();
    let mut taken = 0;
    let mut begun = false;
    for (what, detail) in draft {
        let name = format!("L-{}_", detail % 4);
        steps.push(match what % 8 {
            0..=2 if name == COUNTED => counted(*detail, &mut taken),
            0..=2 if held.insert(name.clone()) => Step::Lock {
                name,
                shared: detail & 4 != 0 && on != LockKind::Mutex,
                units: None,
                within: limit(*detail),
            },
            0..=2 if held.remove(&name) => Step::Unlock { name, units: None },
            3 => Step::Work(Duration::from_micros(u64::from(*detail) * 997)),
            4..=6 if on.is_sqlite() && begun => {
                begun = detail & 1 == 0;
                if begun { Step::Insert } else { Step::Commit }
            }
            4..=6 if on.is_sqlite() => {
                begun = true;
                Step::Begin([Begin::Deferred, Begin::Immediate, Begin::Exclusive][usize::from(detail % 3)])
            }
            7 if on != LockKind::Mutex && *detail < 16 => {
                steps.push(Step::Crash);
                return steps;
            }
            _ => Step::Work(Duration::ZERO),
        });
    }
    held.extend((taken > 0).then(|| COUNTED.to_owned()));
    steps.extend(held.into_iter().map(|name| Step::Unlock { name, units: None }));
    steps.push(if begun { Step::Rollback } else { Step::Work(Duration::from_secs(1)) });
    steps
}

/// A step of the lock with units, of which the process has taken some.
fn counted(detail: u8, taken: &mut u32) -> Step {
    let (name, number) = (COUNTED.to_owned(), u32::from(detail >> 2) % UNITS + 1);
    if *taken + number <= UNITS {
        *taken += number;
        return Step::Lock { name, shared: false, units: Some(number), within: limit(detail) };
    }
    match (*taken, detail & 128) {
        (UNITS, _) | (_, 0) => {
            let back = number.min(*taken);
            *taken -= back;
            Step::Unlock { name, units: Some(back) }
        }
        _ => {
            *taken += 1;
            Step::Lock { name, shared: false, units: None, within: limit(detail) }
        }
    }
}

fn limit(detail: u8) -> Option<Duration> {
    (detail & 8 != 0).then(|| Duration::from_millis(u64::from(detail >> 4)))
}

fn titles() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{1,40}", r#"[\\"'#=\[\]<>&\u{202e} a-z]{1,40}"#]
        .prop_filter("not empty, no controls", |title| !title.trim().is_empty() && !title.chars().any(char::is_control))
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["P[1-9]", "[^\\s\\pC]{1,64}"]
        .prop_filter("visible", |name| !name.chars().any(|c| c.is_whitespace() || c.is_control()))
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..=86_400_u64).prop_map(Duration::from_secs),
        (0..86_400_000_000_000_u64).prop_map(Duration::from_nanos)
    ]
}

fn rounds() -> impl Strategy<Value = (Option<u32>, Option<Duration>)> {
    (option::of(1..=u32::MAX), option::of(durations()))
}

fn retries() -> impl Strategy<Value = Retry> {
    let backoffs = prop_oneof![Just(Backoff::Constant), Just(Backoff::Exponential)];
    let jitters = prop_oneof![Just(Jitter::None), Just(Jitter::Full)];
    (backoffs, jitters, durations(), durations(), 1..=u32::MAX).prop_map(|(backoff, jitter, one, other, attempts)| {
        Retry { backoff, base: one.min(other), cap: one.max(other), jitter, attempts }
    })
}
