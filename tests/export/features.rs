//! One scenario for each thing that a scenario can have, the built-in ones, and random ones.

use lesson::model::{Attempts, Program};
use lesson::scenario::{Scenario, builtin, parse};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::checker::{Found, is_here, search, spin};
use super::random::{DATABASES, FCNTL, JOURNAL, LOCKS, UNITS, WAL, scenarios};

/// The most states of a scenario here: SPIN is quick, but its compiler and our plain search are not.
const MOST: usize = 30_000;

/// The model's own search finds this, and SPIN finds it, too.
#[track_caller]
fn check(scenario: &Scenario, name: &str, expected: (usize, usize, usize)) {
    let program = Program::compile(scenario, Attempts::Counted).expect("it is small");
    let (states, deadlocked, moves) = expected;
    let expected = Found { states, deadlocked, moves };
    assert_eq!(search(&program, MOST), Some(expected), "the model, {name}");
    if is_here() {
        assert_eq!(spin(scenario, &program), expected, "SPIN, {name}");
    }
}

/// A scenario in few words: a program is `steps` or `settings | steps`, both with commas between them.
fn scenario(on: &str, head: &str, programs: &[&str]) -> Scenario {
    let pause = r#"backoff = "constant", base = "1ms", cap = "1ms", jitter = "none""#;
    let retry = |attempts| format!("retry = {{ {pause}, attempts = {attempts} }}");
    let mut toml = format!("title = \"t\"\non = \"{on}\"\n{head}\n");
    for (who, program) in programs.iter().enumerate() {
        let (settings, steps) = program.split_once('|').unwrap_or(("", program));
        toml.push_str(&format!("[[process]]\nname = \"P{}\"\n", who + 1));
        for setting in settings.split(',').map(str::trim) {
            let line = setting.strip_prefix("retry ").map_or_else(|| setting.to_owned(), retry);
            toml.push_str(&format!("{line}\n"));
        }
        let steps: Vec<String> = steps.split(',').map(|step| format!("\"{}\"", step.trim())).collect();
        toml.push_str(&format!("steps = [{}]\n", steps.join(", ")));
    }
    parse(&toml, "test").unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

#[track_caller]
fn check_programs(on: &str, head: &str, programs: &[&str], expected: (usize, usize, usize)) {
    check(&scenario(on, head, programs), &format!("{on} {head} {programs:?}"), expected);
}

/// Three in a ring.
const RING: [&str; 3] =
    ["lock A, lock B, unlock B, unlock A", "lock B, lock C, unlock C, unlock B", "lock C, lock A, unlock A, unlock C"];

#[test]
fn philosophers() {
    let expected = [(19, 1, 23), (87, 1, 154), (391, 1, 925), (1_743, 1, 5_156)];
    for (n, expected) in (2..).zip(expected) {
        check(&builtin::philosophers(n), &format!("{n} philosophers"), expected);
    }
}

#[test]
fn built_in() {
    let expected = [
        ("locked-quick", (275, 0, 691)),
        ("locked", (425, 0, 1081)),
        ("deadlock", (9, 1, 12)),
        ("bystander", (18, 1, 33)),
        ("philosophers", (1743, 1, 5156)),
        ("banker", (46, 1, 74)),
        ("banker-safe", (20, 0, 25)),
        ("none", (425, 0, 1081)),
        ("busy-timeout", (425, 0, 1081)),
        ("retry", (425, 0, 1081)),
        ("short", (425, 0, 1081)),
        ("queue", (297, 0, 325)),
        ("read-first", (1201, 0, 3205)),
        ("immediate", (243, 0, 559)),
        ("long-reader", (2575, 0, 8571)),
        ("wal", (2911, 0, 9855)),
        ("crossed", (27, 1, 54)),
        ("ordering", (96, 0, 153)),
        ("try-lock", (209, 0, 457)),
        ("timeout", (209, 0, 457)),
        ("one-lock", (32, 0, 37)),
        ("detect", (54, 0, 84)),
        ("load-none", (44, 0, 133)),
        ("load-timeout", (44, 0, 133)),
        ("load-sleep", (44, 0, 97)),
        ("load-retry", (44, 0, 97)),
        ("load-queue", (68, 0, 85)),
    ];
    for (name, expected) in expected {
        check(&builtin::named(name, None).expect(name), name, expected);
    }
}

#[test]
fn shared() {
    let programs = [
        "lock A shared, lock B, unlock B, unlock A",
        "lock A shared, lock B shared, unlock A, unlock B",
        "lock B, lock A, unlock A, unlock B",
    ];
    check_programs("flock", "", &programs, (71, 3, 112));
}

#[test]
fn refusals() {
    let programs = [
        "retry 2, rounds = 2 | lock A within 1s, lock B within 1s, unlock B, unlock A",
        "rounds = 3 | lock B or fail, lock A within 1s, work 1ms, unlock A, unlock B",
        "lock A, lock B, unlock A, unlock B",
    ];
    check_programs("flock", "", &programs, (424, 0, 870));
    let endless = [
        "retry 50, rounds = 2 | lock A within 1s, lock B within 1s, unlock B, unlock A",
        "retry 4 | lock B or fail, lock A within 1s, work 1ms, unlock A, unlock B",
    ];
    check_programs("ofd", "", &endless, (114, 0, 199));
    let rounds = [
        r#"for = "1s" | lock A, work 1ms, unlock A"#,
        r#"for = "1s", rounds = 3 | lock A or fail, unlock A"#,
        r#"for = "1s", retry 2 | lock A within 1s, unlock A"#,
    ];
    check_programs("flock", "", &rounds, (82, 0, 237));
}

#[test]
fn many_rounds() {
    let program = "rounds = 40, retry 20 | lock A, lock B, unlock B, unlock A";
    check_programs("flock", "", &[program, program], (11521, 0, 13121));
}

#[test]
fn meetings() {
    let twice = ["lock A, meet, lock B, meet, unlock B, unlock A", "meet, lock B, lock A, meet, unlock A, unlock B"];
    check_programs("flock", "", &twice, (9, 2, 10));
    let rounds = [
        "rounds = 3 | lock A, meet, work 1ms, unlock A",
        "rounds = 2 | meet, lock A, unlock A",
        "rounds = 2, retry 2 | lock A or fail, meet, unlock A",
    ];
    check_programs("flock", "", &rounds, (81, 7, 127));
    let again = [
        "retry 3 | meet, lock A within 1s, lock B within 1s, meet, unlock A, unlock B",
        "rounds = 2, retry 2 | meet, lock B within 1s, lock A within 1s, meet, unlock B, unlock A",
        "lock A, meet, unlock A, meet",
    ];
    check_programs("flock", "", &again, (300, 0, 637));
    let victims = [
        "lock A, meet, lock B, unlock B, unlock A",
        "lock B, meet, lock A, unlock A, unlock B",
        "lock A, meet, unlock A",
    ];
    check_programs("flock", r#"on_deadlock = "victim""#, &victims, (45, 0, 73));
}

#[test]
fn crashes() {
    let programs = ["lock A, crash", "lock A, lock B, unlock B, unlock A", "lock B, meet, unlock B", "meet, crash"];
    check_programs("flock", "", &programs, (98, 0, 203));
}

#[test]
fn cycles() {
    check_programs("fcntl", "", &RING, (87, 0, 157));
    check_programs(
        "fcntl",
        "",
        &RING.map(|steps| format!("retry 3 | {steps}")).each_ref().map(|s| s.as_str()),
        (479, 0, 763),
    );
    check_programs("flock", r#"on_deadlock = "victim""#, &RING, (108, 0, 178));
    check_programs("fcntl", "on_deadlock = \"victim\"\nlocks.B = \"flock\"", &RING, (108, 0, 178));
}

#[test]
fn units() {
    let programs = [
        "lock tape 2, lock tape, unlock tape 1, unlock tape",
        "lock tape 1, lock A, lock tape within 1s, unlock A, unlock tape",
        "rounds = 2 | lock A, lock tape or fail, unlock tape, unlock A",
    ];
    check_programs("flock", "units = { tape = 3 }", &programs, (154, 0, 285));
    check_programs("flock", "units = { tape = 3 }\non_deadlock = \"victim\"", &programs, (154, 0, 285));
}

#[test]
fn a_victim_among_units() {
    let check = |programs: [&str; 3], expected| {
        check_programs("flock", "units = { money = 10 }\non_deadlock = \"victim\"", &programs, expected);
    };
    let lent =
        |second| ["lock money 3, lock money 4, unlock money", second, "lock money 2, lock money 4, unlock money"];
    check(lent("lock money 5, work 1s, unlock money"), (48, 0, 80));
    check(lent("lock money 5, lock money 1, unlock money"), (65, 0, 98));
    check(lent("lock money 5, lock A, lock money 1 within 1s, unlock A, unlock money"), (64, 0, 104));
    let mixed = [
        "rounds = 2 | lock A shared, lock money 4, meet, unlock money, unlock A",
        "lock money 6, lock A, unlock A, unlock money",
        "lock A shared, lock money 3, lock money 3, unlock money, meet, unlock A",
    ];
    check(mixed, (201, 0, 337));
}

/// Both kinds of SQLite, without and with patience, by program.
#[track_caller]
fn check_databases(head: &str, programs: &[&str], expected: [(usize, usize, usize); 4]) {
    let kinds = [("sqlite", "0s"), ("sqlite", "5s"), ("sqlite-wal", "0s"), ("sqlite-wal", "5s")];
    for ((on, patience), expected) in kinds.into_iter().zip(expected) {
        check_programs(on, &format!("busy_timeout = \"{patience}\"\n{head}"), programs, expected);
    }
}

#[test]
fn databases() {
    let upgrade = [
        "retry 2 | begin, select, insert, commit",
        "retry 2 | begin, select, insert, work 1ms, commit",
        "rounds = 2 | begin, select, work 1ms, select, rollback",
    ];
    check_databases("", &upgrade, [(957, 0, 2561), (1249, 0, 3365), (688, 0, 1607), (688, 0, 1607)]);
    let exclusive = [
        "begin exclusive, insert, commit",
        "rounds = 2 | begin, select, commit",
        "retry 2 | begin immediate, insert, commit",
    ];
    check_databases("", &exclusive, [(122, 0, 274), (157, 0, 357), (139, 0, 302), (139, 0, 302)]);
    let mixed = [
        "lock A shared, begin, select, lock Q, insert, commit, unlock A, unlock Q",
        "lock A, begin, insert, commit, unlock A",
        "lock Q, begin, select, commit, begin, select, unlock Q, insert, commit",
    ];
    check_databases("locks.Q = \"flock\"", &mixed, [(357, 0, 840), (421, 0, 995), (451, 0, 1041), (451, 0, 1041)]);
    let reader =
        ["begin, select, work 1ms, commit", "begin immediate, insert, commit", "begin, insert, insert, commit"];
    check_databases("", &reader, [(80, 0, 180), (95, 0, 214), (96, 0, 210), (96, 0, 210)]);
}

#[test]
fn a_snapshot_grows_old_at_a_meeting() {
    let programs = [
        "retry 2 | begin, select, meet, insert, commit",
        "rounds = 2 | meet, begin immediate, insert, commit",
        "begin, select, meet, select, commit",
    ];
    check_programs("sqlite-wal", "", &programs, (143, 0, 311));
}

#[test]
fn random_ones() {
    if !is_here() {
        return;
    }
    for (sort, wanted) in [LOCKS, FCNTL, UNITS, JOURNAL, WAL, DATABASES].into_iter().enumerate() {
        let (mut runner, strategy) = (TestRunner::deterministic(), scenarios(wanted));
        let drawn = std::iter::repeat_with(|| strategy.new_tree(&mut runner).expect("one of many").current());
        let fit = drawn.filter_map(|scenario| {
            let program = Program::compile(&scenario, Attempts::Counted).ok()?;
            let found = search(&program, MOST).filter(|found| found.states > 20)?;
            Some((scenario, program, found))
        });
        for (scenario, program, found) in fit.skip(sort).take(4) {
            let said = lesson::scenario::to_toml(&scenario);
            assert_eq!(spin(&scenario, &program), found, "{said}");
        }
    }
}
