//! `lesson explore`: every interleaving, from outside.

mod common;

use common::{Done, Place, json, run, scenario};
use num_bigint::BigUint;
use serde_json::{Value, json as value};

/// Explores and compares the exit status and some of the names of the document.
fn check(words: &str, status: i32, expected: &Value) {
    let (exit, document) = json(&format!("explore {words}"));
    assert_eq!(exit, status, "{words}: {document:#}");
    for (name, expected) in expected.as_object().expect("names and values") {
        assert_eq!(&document[name], expected, "{words}: {name} in {document:#}");
    }
}

#[test]
fn the_textbook_s_numbers() {
    let philosophers = |n: usize, states: u64, transitions: u64, schedules: &str, deadlocked: &str, p: &str| {
        let expected = value!({
            "states": states, "transitions": transitions, "schedules": schedules, "deadlocked_schedules": deadlocked,
            "deadlock_states": 1, "shortest": n, "schedule": common::names(n).join(" "), "p_deadlock": p,
            "livelock": false, "starvation": false, "complete": true, "point_of_no_return": n,
            "cycle": common::names(n), "blocked_behind": [], "endless_schedules": false,
        });
        check(&format!("philosophers --processes {n}"), 1, &expected);
    };
    philosophers(2, 19, 22, "6", "2", "1/2");
    philosophers(3, 87, 153, "168", "6", "1/3");
    philosophers(4, 391, 924, "98184", "24", "11/48");
    philosophers(5, 1743, 5155, "66468720", "120", "19/120");
    philosophers(7, 34_527, 143_017, "564757208953560", "5040", "229/3024");
}

#[test]
fn built_in_scenarios() {
    check(
        "deadlock",
        1,
        &value!({ "states": 9, "safe_states": 0, "unsafe_states": 8, "p_deadlock": "1/1", "point_of_no_return": null,
                  "shortest": 4, "schedule": "P1 P1 P2 P2" }),
    );
    check("bystander", 1, &value!({ "cycle": ["P1", "P2"], "blocked_behind": ["P3"] }));
    check("ordering", 0, &value!({ "complete": true, "deadlock_states": 0, "shortest": null, "schedule": null }));
    check(
        "banker",
        1,
        &value!({ "states": 46, "safe_states": 42, "unsafe_states": 3, "deadlock_states": 1, "p_deadlock": "67/108" }),
    );
    check("banker-safe", 0, &value!({ "states": 20, "schedules": "6" }));
    check("deadlock --on fcntl", 0, &value!({ "deadlock_states": 0 }));
    check("deadlock --on sqlite", 0, &value!({ "deadlock_states": 0 }));
}

/// Explores a scenario that is given as text, with more arguments.
fn explored(toml: &str, words: &str) -> Done {
    let place = Place::new();
    place.write("scenario.toml", toml);
    place.run(&format!("explore scenario.toml {words}"))
}

#[test]
fn counts_never_wrap() {
    let works = vec!["work 1ms"; 150].join(", ");
    let done = explored(&scenario("on = \"flock\"", &[("P1", &works), ("P2", &works)]), "--json").expect(0);
    // 300! / (150! 150!)
    let choose = (1..=150_u32).fold(BigUint::from(1_u8), |all, n| all * (150 + n) / n);
    assert_eq!(done.json()["schedules"], choose.to_string());
    assert_eq!(done.json()["states"], 151 * 151);
}

/// `processes` that all take the same locks one after the other, in the same order, and give them back.
fn crowd(processes: usize, locks: usize, steps: usize) -> String {
    let takes = (0..locks).map(|lock| format!("lock L{lock}"));
    let leaves = (0..locks).map(|lock| format!("unlock L{lock}"));
    let works = (2 * locks..steps).map(|_| "work 1ms".to_owned());
    let steps = takes.chain(leaves).chain(works).collect::<Vec<_>>().join(", ");
    let names = common::names(processes);
    scenario("on = \"flock\"", &names.iter().map(|name| (name.as_str(), steps.as_str())).collect::<Vec<_>>())
}

#[test]
fn limits_are_taken_or_told() {
    let unknown = explored(&crowd(64, 64, 1_000), "--max-states 5000 --json").expect(3).json();
    assert_eq!(unknown["stopped"], "states");
    assert_eq!((&unknown["complete"], &unknown["states"]), (&value!(false), &value!(5000)));
    assert_eq!((&unknown["schedules"], &unknown["p_deadlock"]), (&Value::Null, &Value::Null));
    let unknown = explored(&crowd(8, 3, 60), "--max-memory 1 --json").expect(3).json();
    assert_eq!(unknown["stopped"], "memory");
    let steps = explored(&crowd(2, 1, 10_000), "--max-states 1000").expect(3);
    assert!(steps.text().contains("is not known"), "{}", steps.text());
    explored(&crowd(65, 1, 2), "").expect_error(&["65 processes", "64", "use fewer"]);
    explored(&crowd(2, 129, 258), "").expect_error(&["129", "128", "use fewer locks"]);
}

#[test]
fn the_first_deadlock_is_enough() {
    check(
        "philosophers --processes 12 --first",
        1,
        &value!({ "shortest": 12, "schedule": common::names(12).join(" "), "stopped": "first", "complete": false,
                  "schedules": null, "safe_states": null, "livelock": null }),
    );
    check("ordering --first", 0, &value!({ "complete": true, "shortest": null }));
}

#[test]
fn livelock_and_starvation() {
    let retry = |attempts: u32| {
        let retry = format!(
            "{{ backoff = \"constant\", base = \"1ms\", cap = \"1ms\", jitter = \"none\", attempts = {attempts} }}"
        );
        let process =
            |name: &str, steps: &str| format!("[[process]]\nname = \"{name}\"\nretry = {retry}\nsteps = [{steps}]\n");
        format!(
            "title = \"polite\"\non = \"flock\"\n{}{}",
            process("P1", "\"lock A\", \"lock B or fail\", \"unlock B\", \"unlock A\""),
            process("P2", "\"lock B\", \"lock A or fail\", \"unlock A\", \"unlock B\"")
        )
    };
    for (attempts, endless) in [(3, false), (21, true)] {
        let found = explored(&retry(attempts), "--json").expect(0).json();
        assert_eq!(found["livelock"], true, "{found:#}");
        assert_eq!(found["livelock_schedule"], value!({ "into": "P1", "around": "P2 P1 P1 P2" }));
        assert_eq!((&found["starvation"], &found["endless_schedules"]), (&value!(false), &value!(endless)));
    }
    let looping =
        |name: &str| format!("[[process]]\nname = \"{name}\"\nfor = \"1s\"\nsteps = [\"lock A\", \"unlock A\"]\n");
    let toml = format!("title = \"greedy\"\non = \"flock\"\n{}{}", looping("P1"), looping("P2"));
    let found = explored(&toml, "--json").expect(0).json();
    assert_eq!((&found["livelock"], &found["starvation"]), (&value!(false), &value!(true)), "{found:#}");
    assert_eq!(found["starving"], value!(["P1", "P2"]));
}

#[test]
fn what_is_printed_can_be_carried_out() {
    let done = run("explore philosophers --processes 3").expect(1);
    let line = done.text().lines().find(|line| line.contains("lesson run")).expect("the command").trim();
    let words = shell_words::split(line.strip_prefix("lesson ").expect("just found")).expect("a shell's words");
    let carried_out =
        common::finish(common::lesson(words.iter().map(String::as_str).chain(["--json", "--patience", "0s"])));
    let document = carried_out.expect(1).json();
    assert_eq!(document["cycle"], value!(["P1", "P2", "P3"]));
}

/// A move of a process inside a timed wait waits for the time-out, on real locks and in virtual time.
#[test]
fn a_schedule_waits_for_a_time_out() {
    let retry = "retry = { backoff = \"constant\", base = \"1ms\", cap = \"1ms\", jitter = \"none\", attempts = 5 }";
    let toml = format!(
        "title = \"t\"\non = \"flock\"\n[[process]]\nname = \"P1\"\n\
         steps = [\"lock A\", \"work 1ms\", \"unlock A\"]\n\
         [[process]]\nname = \"P2\"\n{retry}\nsteps = [\"lock A within 30ms\", \"unlock A\"]\n"
    );
    for mode in ["", "--simulate"] {
        let mut words = vec!["--schedule", "P1 P2 P2 P1 P1"];
        words.extend(Some(mode).filter(|mode| !mode.is_empty()));
        let (status, run) = common::scenario_json(&toml, &words);
        assert_eq!((status, &run["outcome"], &run["finished"]), (0, &value!("finished"), &value!(2)), "{run:#}");
        assert!(run["retries"].as_u64() >= Some(1), "{run:#}");
    }
}

/// The bound is kept: under a limit of the system that leaves little above it, the search ends by itself.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_below_its_bound() {
    let place = Place::new();
    place.write("scenario.toml", crowd(8, 3, 60));
    for mib in [16, 64] {
        // The program itself, its libraries and its stack: 150 MiB of addresses are plenty.
        let kib = (mib + 150) * 1024;
        let mut shell = std::process::Command::new("sh");
        let lesson = env!("CARGO_BIN_EXE_lesson");
        shell.args(["-c", &format!("ulimit -v {kib}; exec {lesson} explore scenario.toml --max-memory {mib} --json")]);
        // The C library of Linux sets 64 MiB of addresses aside for each thread if they are there: that is no memory.
        shell.current_dir(place.path()).env("MALLOC_ARENA_MAX", "1");
        let found = common::finish(shell).expect(3).json();
        assert_eq!(found["stopped"], "memory");
        assert!(found["states"].as_u64() > Some(mib * 10_000), "{found:#}");
    }
}
