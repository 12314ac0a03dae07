//! `lesson run --simulate`: virtual time tells what real time would.

mod common;

use common::{Place, finish, number, run, run_scenario, runs, scenario};
use lesson::analysis::{Figures, Outcome};
use lesson::scenario::builtin::{Ring, Trouble, fix, samples};
use lesson::scenario::{LockKind, OnDeadlock, Scenario, parse};
use lesson::simulate::{self, Options};
use lesson::trace::{Event, KilledFor, Trace, What};
use std::time::Duration;

fn options(seed: u64) -> Options {
    Options { label: "run".into(), seed, patience: Duration::from_secs(1), schedule: None, deadline: None }
}

fn simulated(scenario: &Scenario, seed: u64) -> (Trace, Figures) {
    let trace = simulate::run(scenario, &options(seed)).expect("it fits");
    let figures = Figures::of(&trace);
    (trace, figures)
}

/// What each seed from 1 to 20 stores of the exercise's six rows.
fn check_exercise(sample: &str, words: &str, stored: u64) {
    let document = run(&format!("run {sample} --simulate --repeat 20 --json {words}")).json();
    let runs = runs(&document);
    let found: Vec<(u64, u64)> = runs.iter().map(|run| (number(run, "seed"), number(run, "stored"))).collect();
    assert_eq!(found, (1..=20).map(|seed| (seed, stored)).collect::<Vec<_>>(), "{sample} {words}");
    for run in runs {
        assert_eq!((number(run, "acknowledged"), number(run, "refused")), (stored, 6 - stored), "{run:#}");
    }
}

#[test]
fn the_exercise_stores_what_it_stores_on_a_real_database() {
    check_exercise("locked-quick", "", 6);
    check_exercise("locked", "--busy-timeout 0s", 2);
    check_exercise("locked", "--busy-timeout 5s", 4);
    check_exercise("locked", "--busy-timeout 8s", 5);
    check_exercise("locked", "--busy-timeout 20s", 6);
}

/// How a sample ends under every seed; of the rows, fewest and most.
fn expected(name: &str) -> (Outcome, Option<(u64, u64)>) {
    match name {
        "locked-quick" => (Outcome::Finished, Some((6, 6))),
        "locked" => (Outcome::Refused, Some((4, 4))),
        "deadlock" | "bystander" | "crossed" => (Outcome::Deadlocked, None),
        "philosophers" | "banker-safe" => (Outcome::Finished, None),
        "none" | "read-first" => (Outcome::Refused, Some((2, 2))),
        "long-reader" => (Outcome::Refused, Some((1, 2))),
        "detect" => (Outcome::Crashed, None),
        "load-none" => (Outcome::Refused, Some((200, 400))),
        _ => match fix(name).expect("a fix").trouble {
            Trouble::Ring => (Outcome::Finished, None),
            Trouble::Load => (Outcome::Finished, Some((200, 400))),
            _ => (Outcome::Finished, Some((6, 6))),
        },
    }
}

#[test]
fn every_sample_ends_as_its_real_run_does() {
    // The banker's customers are told of below: luck decides.
    for sample in samples().into_iter().filter(|sample| sample.name != "banker") {
        let (outcome, rows) = expected(sample.name);
        let seeds = if sample.name.starts_with("load") { 1..=2 } else { 1..=20 };
        for seed in seeds {
            let (trace, figures) = simulated(&sample.scenario, seed);
            let shown = format!("{} with seed {seed}: {figures:#?}", sample.name);
            assert_eq!(figures.outcome, outcome, "{shown}");
            assert_eq!(figures.stored.is_some(), rows.is_some(), "{shown}");
            let (least, most) = rows.unwrap_or_default();
            assert!((least..=most).contains(&figures.stored.unwrap_or_default()), "{shown}");
            assert_eq!(figures.stored.unwrap_or_default(), figures.acknowledged, "{shown}");
            let victims = u64::from(sample.scenario.on_deadlock == OnDeadlock::Victim);
            if matches!(outcome, Outcome::Finished | Outcome::Crashed) {
                let all = sample.scenario.processes.len() as u64;
                assert_eq!((figures.finished + victims, figures.retries), (all, figures.refused), "{shown}");
            }
            assert!(trace.events.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us), "{shown}");
        }
    }
}

#[test]
fn who_has_just_written_asks_again_first_and_others_starve() {
    let fairness = |name: &str| {
        let sample = samples().into_iter().find(|sample| sample.name == name).expect("a sample");
        simulated(&sample.scenario, 1).1.fairness.expect("rounds were finished")
    };
    assert!(fairness("load-timeout") < 0.1);
    assert!(fairness("load-queue") > 0.5);
}

#[test]
fn what_can_not_be_carried_out_is_all_that_is_said() {
    for options in ["", " --quiet", " --json", " --repeat 2"] {
        let done = common::run(&format!("run deadlock --simulate --schedule P1,P1,P1{options}"));
        done.expect_error(&["move 3 of the schedule can't be made", "it waits at the meeting for P2"]);
        assert_eq!(done.text(), "", "{options}");
    }
}

#[test]
fn units_are_lent_as_long_as_there_are_enough() {
    let bank = samples().into_iter().find(|sample| sample.name == "banker").expect("a sample").scenario;
    let outcomes: Vec<Outcome> = (1..=100).map(|seed| simulated(&bank, seed).1.outcome).collect();
    let deadlocked = outcomes.iter().filter(|outcome| **outcome == Outcome::Deadlocked).count();
    assert!((1..=20).contains(&deadlocked), "luck decides, and mostly well: {deadlocked}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Finished | Outcome::Deadlocked)), "{outcomes:?}");
    for (schedule, outcome) in [("P1 P3 P2 P1 P3", "deadlocked"), ("P1 P2 P2", "finished")] {
        let document = finish(common::lesson(["run", "banker", "--simulate", "--json", "--schedule", schedule])).json();
        assert_eq!(document["outcome"], outcome, "{schedule}");
    }
    let gets = |what: &What| matches!(what, What::Gets { .. });
    let releases = |what: &What| matches!(what, What::Releases { .. });
    let story = common::run("run banker --simulate --schedule P1,P2,P2,P3,P1,P3").expect(1).text().to_owned();
    for line in [
        "P1 gets 4 of money\n",
        "P2 lets 4 of money go\n",
        "P1 waits without a time-out for 5 of money, held by P2 and P3\n",
        "P3 waits without a time-out for 5 of money, held by P1 and P2\n",
    ] {
        assert!(story.contains(line), "{line} in {story}");
    }
    // One of the two units is enough for the other one; the hold ends with the last unit.
    let tapes =
        [("P1", "lock tape 2, unlock tape 1, work 9ms, unlock tape"), ("P2", "work 1ms, lock tape, unlock tape")];
    let trace = check("on = \"sqlite\"\nunits = { tape = 2 }", &tapes, Outcome::Finished, gets, 2);
    let told: Vec<&What> = trace.events.iter().map(|event| &event.what).filter(|what| releases(what)).collect();
    let release = |units, keeps| What::Releases { lock: "tape".into(), units: Some(units), keeps };
    assert_eq!(told, [&release(1, 1), &release(1, 0), &release(1, 0)]);
    let waits = |event: &Event| matches!(event.what, What::Waits { .. });
    assert!(!trace.events.iter().any(waits), "{trace:#?}");
    // Who holds one unit of three holds a third: three at once are physically possible.
    let one = "lock tape, work 1s, unlock tape";
    let trace = check(
        "units = { tape = 3 }\non = \"flock\"",
        &[("a", one), ("b", one), ("c", one)],
        Outcome::Finished,
        gets,
        3,
    );
    let figures = Figures::of(&trace);
    assert!((1_000_000..=figures.took_us).contains(&figures.limit_us), "{figures:?}");
}

#[test]
fn a_cycle_of_waits_for_units_may_be_opened_from_outside() {
    let closes = |what: &What| matches!(what, What::ClosesCycle { timed: false, .. });
    let check = |second: &str, on_deadlock: &str, outcome, cycles| {
        let lent = [
            ("P1", "lock money 3, work 5ms, lock money 4, unlock money"),
            ("P2", second),
            ("P3", "lock money 2, work 5ms, lock money 4, unlock money"),
        ];
        let head = format!("on = \"flock\"\nunits = {{ money = 10 }}\non_deadlock = \"{on_deadlock}\"");
        let trace = check(&head, &lent, outcome, closes, cycles);
        let killed = |event: &&Event| matches!(event.what, What::Killed { why: KilledFor::Victim });
        trace.events.iter().filter(killed).count()
    };
    for on_deadlock in ["watch", "victim"] {
        let (works, tries) = ("lock money 5, work 1s, unlock money", "lock money 5, work 9ms, lock money 1 or fail");
        assert_eq!(check(works, on_deadlock, Outcome::Finished, 0), 0);
        assert_eq!(check(&format!("{tries}, unlock money"), on_deadlock, Outcome::Refused, 0), 0);
    }
    let waits = "lock money 5, work 9ms, lock money 1, unlock money";
    assert_eq!(check(waits, "watch", Outcome::Deadlocked, 1), 0);
    assert_eq!(check(waits, "victim", Outcome::Crashed, 1), 1);
}

#[test]
fn the_kernel_sees_a_ring_of_twelve_and_no_longer_one() {
    for (processes, outcome) in [(2, Outcome::Refused), (12, Outcome::Refused), (13, Outcome::Deadlocked)] {
        let ring = Ring { on: LockKind::Fcntl, processes, ..Ring::crossed() }.scenario();
        let (trace, figures) = simulated(&ring, 1);
        let refused: Vec<&str> = figures.refusals.iter().map(|kind| kind.why.name.as_str()).collect();
        let seen = outcome == Outcome::Refused;
        assert_eq!((figures.outcome, figures.cycles), (outcome, 1), "{processes}");
        assert_eq!(refused, if seen { vec!["EDEADLK"] } else { vec![] }, "{processes}");
        assert_eq!(trace.outcome.deadlock.is_none(), seen, "{processes}");
    }
}

#[test]
fn the_same_seed_is_the_same_run_byte_for_byte() {
    let place = Place::new();
    let mut traces = Vec::new();
    for (file, seed) in [("a", 7), ("b", 7), ("c", 8)] {
        let words = format!("run retry --simulate --seed {seed} --trace {file}");
        let page = place.run(&words).expect(0).text().to_owned();
        assert_eq!(place.run(&format!("show {file}")).expect(0).text(), page, "{words}");
        traces.push((page, std::fs::read_to_string(place.join(file)).expect("it was written")));
    }
    assert!(traces[0] == traces[1], "two runs of one seed differ");
    assert!(traces[0].1 != traces[2].1, "two seeds tell the same");
}

#[test]
fn what_was_simulated_says_so_and_claims_nothing_that_was_not_seen() {
    let place = Place::new();
    let done = place.run("run bystander --simulate --record record --trace trace").expect(1);
    let page = done.text();
    assert!(page.starts_with("Simulated: no process ran"), "{page}");
    assert!(page.contains("closes a cycle: P1 -> P2 -> P1") && page.contains("P3 ──waits for A──▶ P1"), "{page}");
    let record = std::fs::read_to_string(place.join("record")).expect("it was written");
    assert!(record.contains("Simulated: no process ran"), "{record}");
    for seen in ["Watched for", "witness:", "processor time", "/proc/locks", "files in"] {
        assert!(!record.contains(seen), "`{seen}` in {record}");
    }
    let document = place.run("show trace --json").expect(0).json();
    let ring = &runs(&document)[0];
    assert_eq!((&document["simulated"], &ring["verdict_after_ms"]), (&true.into(), &().into()), "{document:#}");
    assert_eq!((&ring["cycle"][1], &ring["blocked_behind"][0]), (&"P2".into(), &"P3".into()), "{document:#}");

    let document = run("run wal --simulate --json").expect(0).json();
    let rows = &runs(&document)[0];
    assert_eq!((number(rows, "stored"), &rows["integrity"]), (6, &().into()), "{document:#}");
    let page = run("run wal --simulate").expect(0).text().to_owned();
    assert!(page.contains("No database was there to be examined; journal mode wal."), "{page}");
    assert!(!page.contains("integrity_check") && !page.contains("every acknowledged row"), "{page}");
}

#[test]
fn repeats_take_the_next_seeds() {
    let page = run("run locked --simulate --seed 5 --repeat 20").expect(1).text().to_owned();
    assert!(page.contains("BEGIN DEFERRED, seeds 5 to 24\n"), "{page}");
    assert!(page.contains("Rows were lost in 20 of 20 runs. Stored by a run: 4 rows (20 runs)."), "{page}");
    assert_eq!(page.lines().filter(|line| line.contains("refused, 4 of 6 rows, 2 refused")).count(), 20, "{page}");
}

const READ_THEN_WRITE: [(&str, &str); 2] =
    [("P1", "begin, select, insert, commit"), ("P2", "begin, select, insert, commit")];

/// A schedule of [`READ_THEN_WRITE`] and the one refusal, as `tests/locked.rs` has it of real databases.
fn check_upgrade(on: &str, schedule: &str, name: &str, code: u64) {
    let toml = scenario(&format!("on = \"{on}\"\nbusy_timeout = \"60s\""), &READ_THEN_WRITE);
    let done = run_scenario(&toml, &["--simulate", "--schedule", schedule, "--json"]).expect(1);
    let run = runs(&done.json())[0].clone();
    assert_eq!(run["rounds"], serde_json::json!([1, 0]), "{run:#}");
    let why = &run["refusals"][0];
    assert_eq!((number(&run, "refused"), &why["name"], &why["code"]), (1, &name.into(), &code.into()), "{run:#}");
    assert!(why["most_wait_ms"].as_f64() < Some(1.0), "60 s of patience, and none was used: {run:#}");
}

#[test]
fn a_schedule_is_carried_out_first() {
    check_upgrade("sqlite", "P1 P1 P2 P2 P1 P2", "SQLITE_BUSY", 5);
    check_upgrade("sqlite-wal", "P1 P1 P2 P2 P1 P2", "SQLITE_BUSY", 5);
    check_upgrade("sqlite-wal", "P1 P1 P2 P2 P1 P1 P2", "SQLITE_BUSY_SNAPSHOT", 517);
    let cases =
        [("P1 P2 P1 P2", "deadlocked", "[0,0]"), ("P2 P2 P2 P2 P1", "finished", "[1,1]"), ("P1", "finished", "[1,1]")];
    let crossed = [("P1", "lock A, lock B, unlock B, unlock A"), ("P2", "lock B, lock A, unlock A, unlock B")];
    let toml = scenario("on = \"flock\"", &crossed);
    for (schedule, outcome, rounds) in cases {
        for seed in ["1", "2", "3"] {
            let done = run_scenario(&toml, &["--simulate", "--schedule", schedule, "--seed", seed, "--json"]);
            let run = runs(&done.json())[0].clone();
            assert_eq!((&run["outcome"], run["rounds"].to_string().as_str()), (&outcome.into(), rounds), "{run:#}");
        }
    }
    let errors = [
        ("P1 P2 P1 P1", "move 4 of the schedule can't be made: P1 can't move, it waits for B, which P2 holds"),
        ("P1 P1 P1 P1 P1", "move 5 of the schedule can't be made: P1 can't move, it has already ended"),
    ];
    for (schedule, words) in errors {
        run_scenario(&toml, &["--simulate", "--schedule", schedule]).expect_error(&[words]);
        run_scenario(&toml, &["--schedule", schedule]).expect_error(&[words]);
    }
}

/// What is told of a scenario: how it ends, and how many events of one kind there are.
fn check(head: &str, processes: &[(&str, &str)], outcome: Outcome, what: fn(&What) -> bool, count: usize) -> Trace {
    let scenario = parse(&scenario(head, processes), "test").expect("a scenario");
    let (trace, figures) = simulated(&scenario, 1);
    let found = trace.events.iter().filter(|event| what(&event.what)).count();
    assert_eq!((figures.outcome, found), (outcome, count), "{head} {processes:?}: {trace:#?}");
    trace
}

#[test]
fn crashes_meetings_time_outs_and_readers() {
    let crash = [("P1", "lock A, work 5ms, crash"), ("P2", "work 1ms, lock A, unlock A")];
    let gets = |what: &What| matches!(what, What::Gets { .. });
    check("on = \"flock\"", &crash, Outcome::Crashed, gets, 2);
    let meet = [("P1", "work 10ms, meet, meet"), ("P2", "meet, work 5ms, meet"), ("P3", "work 1ms")];
    let trace = check("on = \"flock\"", &meet, Outcome::Finished, |what| *what == What::Met, 4);
    assert!((15_000..16_000).contains(&trace.outcome.took_us), "{trace:#?}");

    let limited = [("P1", "lock A, work 50ms, unlock A"), ("P2", "work 1ms, lock A within 10ms, unlock A")];
    for on in ["flock", "mutex"] {
        let refused = |what: &What| match what {
            What::Refused { why, waited_us, .. } => why.name == "timeout" && (10_000..12_000).contains(waited_us),
            _ => false,
        };
        check(&format!("on = \"{on}\""), &limited, Outcome::Refused, refused, 1);
    }
    let tried = [("P1", "lock A, work 50ms, unlock A"), ("P2", "work 1ms, lock A or fail, unlock A")];
    let refused = |what: &What| matches!(what, What::Refused { why, .. } if why.name == "EWOULDBLOCK");
    check("on = \"flock\"", &tried, Outcome::Refused, refused, 1);

    // The writer's COMMIT waits at PENDING; the late reader is kept out, and SQLite refuses both after their patience.
    let readers = [
        ("reader", "begin, select, work 2s, commit"),
        ("writer", "work 10ms, begin immediate, insert, commit"),
        ("late", "work 50ms, begin, select, commit"),
    ];
    let waits = |what: &What| matches!(what, What::Waits { .. });
    let trace = check("on = \"sqlite\"\nbusy_timeout = \"200ms\"", &readers, Outcome::Refused, waits, 2);
    assert_eq!(trace.outcome.database.map(|database| database.rows), Some(0));
}

#[test]
fn time_and_attempts_end_what_they_end() {
    let rounds = |what: &What| matches!(what, What::Finished { .. });
    let lasting =
        "title = \"t\"\non = \"flock\"\n[[process]]\nname = \"P1\"\nfor = \"100ms\"\nsteps = [\"work 9ms\"]\n";
    let (trace, _) = simulated(&parse(lasting, "test").expect("a scenario"), 1);
    assert_eq!(trace.events.iter().filter(|event| rounds(&event.what)).count(), 11, "no round is begun after 100 ms");

    // More attempts than the model counts; then the round is given up, and the next one begins.
    let retry = "title = \"t\"\non = \"flock\"\n\
                 [[process]]\nname = \"P1\"\nsteps = [\"lock A\", \"work 1s\", \"unlock A\"]\n\
                 [[process]]\nname = \"P2\"\nrounds = 2\nsteps = [\"work 1ms\", \"lock A or fail\", \"unlock A\"]\n\
                 retry = { backoff = \"constant\", base = \"1ms\", cap = \"1ms\", jitter = \"none\", attempts = 30 }\n";
    let (trace, figures) = simulated(&parse(retry, "test").expect("a scenario"), 1);
    assert_eq!((figures.refused, figures.retries, figures.abandoned), (60, 58, 2), "{trace:#?}");
    assert_eq!(figures.outcome, Outcome::Refused);

    let done = run("run locked --simulate --deadline 4s --json").expect(1);
    let act = runs(&done.json())[0].clone();
    let took = act["took_ms"].as_f64();
    assert_eq!((&act["outcome"], number(&act, "stored"), took), (&"timed_out".into(), 1, Some(4_000.0)), "{act:#}");
}

#[test]
fn what_can_t_be_simulated_is_one_clear_error() {
    let done = run("run deadlock --simulate --dir there");
    assert!(done.status == Some(2) && done.err.contains("'--dir <DIR>'"), "{done:?}");
    let many: Vec<(String, &str)> = (1..=65).map(|n| (format!("P{n}"), "work 1ms")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, steps)| (name.as_str(), *steps)).collect();
    let words = ["there are 65 processes", "use fewer"];
    run_scenario(&scenario("on = \"flock\"", &many), &["--simulate"]).expect_error(&words);
    let endless = "title = \"t\"\non = \"flock\"\n[[process]]\nname = \"P1\"\nfor = \"24h\"\nsteps = [\"work 1ms\"]\n";
    run_scenario(endless, &["--simulate"]).expect_error(&["more than 1000000 events", "--deadline"]);
}
