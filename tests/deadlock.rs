//! `lesson deadlock`, and deadlocks, crashes and schedules through `lesson run`, on every kind of lock.

mod common;

use common::{Place, json, lesson, names, number, run, run_scenario, runs, scenario, scenario_json};
use serde_json::{Value, json};

/// Runs `deadlock` once and checks how it ended: the members of the cycle, and who is blocked behind it.
fn check(words: &str, cycle: &[String], behind: &[String]) -> Value {
    let (status, document) = json(&format!("deadlock --patience 60ms {words}"));
    assert_eq!(status, 0, "{words}: {document:#}");
    assert_eq!(document["cycle"], json!(cycle), "{words}");
    assert_eq!(document["blocked_behind"], json!(behind), "{words}");
    let run = runs(&document)[0].clone();
    assert_eq!((&run["cycle"], &run["blocked_behind"]), (&json!(cycle), &json!(behind)), "{words}");
    let short_ring = words.contains("--on fcntl") && cycle.len() <= 12;
    let outcome = if short_ring || words.contains("--on sqlite") { "refused" } else { "deadlocked" };
    assert_eq!((&run["outcome"], &document["outcome"]), (&outcome.into(), &outcome.into()), "{words}");
    if outcome == "deadlocked" {
        assert_eq!((number(&run, "finished"), number(&run, "refused")), (0, 0), "{words}: {run:#}");
        assert!(run["verdict_after_ms"].as_f64().is_some(), "{words}: {run:#}");
    }
    run
}

/// The kinds of locks on which a ring stays for ever.
fn blocking_kinds() -> Vec<&'static str> {
    let ofd = cfg!(target_os = "linux").then_some("ofd");
    ["flock", "mutex"].into_iter().chain(ofd).collect()
}

#[test]
fn two_processes_deadlock_on_every_blocking_lock() {
    for on in blocking_kinds() {
        check(&format!("--on {on}"), &names(2), &[]);
        check(&format!("--on {on} --bystander"), &names(2), &["P3".into()]);
    }
}

#[test]
fn rings_of_any_size_are_found_whole() {
    for on in blocking_kinds() {
        // parking_lot's detector takes its time: it writes down where each thread stands.
        let sizes: &[usize] = if on == "mutex" { &[3, 30] } else { &[3, 12, 26, 30] };
        for &size in sizes {
            let run = check(&format!("--on {on} --processes {size}"), &names(size), &[]);
            assert_eq!(number(&run, "processes"), size as u64);
        }
    }
}

#[cfg(unix)]
#[test]
fn the_kernel_refuses_short_rings_of_fcntl_locks() {
    for size in 2..=12 {
        let run = check(&format!("--on fcntl --processes {size}"), &names(size as usize), &[]);
        let count = |name| number(&run, name);
        assert_eq!((count("refused"), count("finished")), (1, size - 1), "{run:#}");
        let why = &run["refusals"][0];
        let code = nix::errno::Errno::EDEADLK as i32;
        assert_eq!((&why["name"], &why["code"], &why["count"]), (&"EDEADLK".into(), &code.into(), &1.into()));
        let rounds = run["rounds"].as_array().expect("a list");
        assert_eq!(rounds.iter().filter(|round| **round == 1).count() as u64, size - 1, "{run:#}");
    }
    let run = check("--on fcntl --bystander", &names(2), &[]);
    assert_eq!((number(&run, "refused"), number(&run, "finished")), (1, 2), "{run:#}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_does_not_see_long_rings_of_fcntl_locks() {
    for size in [13, 16] {
        check(&format!("--on fcntl --processes {size}"), &names(size as usize), &[]);
    }
}

#[test]
fn a_timeout_ends_a_ring_of_databases() {
    for on in ["sqlite", "sqlite-wal"] {
        let run = check(&format!("--on {on} --busy-timeout 200ms"), &names(2), &[]);
        let refused = number(&run, "refused");
        assert!((1..=2).contains(&refused), "one gives up, or both: {run:#}");
        assert_eq!(refused + number(&run, "finished"), 2, "{run:#}");
        assert_eq!((&run["refusals"][0]["name"], &run["stored"]), (&"SQLITE_BUSY".into(), &Value::Null), "{run:#}");
        assert!(run["refusals"][0]["least_wait_ms"].as_f64() >= Some(200.0), "{run:#}");
        assert!(run["verdict_after_ms"].as_f64().is_some(), "the cycle was seen: {run:#}");
    }
}

#[test]
fn in_free_runs_luck_decides_and_every_run_is_counted() {
    for (on, times) in [("flock", 8), ("mutex", 2)] {
        let (status, document) = json(&format!("deadlock --on {on} --free --repeat {times} --patience 60ms"));
        let all = runs(&document);
        assert_eq!(all.len(), times);
        let count = |outcome: &str| all.iter().filter(|run| run["outcome"] == outcome).count();
        assert_eq!(count("deadlocked") + count("finished"), times, "{document:#}");
        assert_eq!(status, 0, "to count is all that was promised: {document:#}");
        for run in all {
            let cycle = if run["outcome"] == "deadlocked" { names(2) } else { Vec::new() };
            assert_eq!(run["cycle"], json!(cycle), "{run:#}");
        }
    }
    let page = run("deadlock --repeat 3 --patience 60ms").expect(0);
    assert_eq!(page.text().matches(": deadlocked, 0 refused, ").count(), 3, "{}", page.text());
    assert!(page.text().contains("3 of 3 runs deadlocked."), "{}", page.text());
}

/// The lines of the witness, each with what it means, from the page.
fn testimony(words: &str) -> String {
    let page = run(&format!("deadlock --patience 2s {words}")).expect(0); // by then they wait in the kernel, too
    let text = page.text().to_owned();
    let begin = text.find("Second witness").unwrap_or_else(|| panic!("no witness: {text}"));
    let end = text.find("The four conditions").unwrap_or_else(|| panic!("no conditions: {text}"));
    text[begin..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check_testimony(words: &str, source: &str, lines: &[&str]) {
    let said = testimony(words);
    assert!(said.starts_with(&format!("Second witness: {source}")), "{said}");
    for line in lines {
        assert!(said.contains(line), "`{line}` is missing: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_names_the_ring() {
    let holds = ["holds the exclusive flock on A.lock", "holds the exclusive flock on B.lock"];
    check_testimony("", "/proc/locks", &holds);
    let said = testimony("");
    for (who, verb, lock) in
        [("P1", "holds", "A"), ("P2", "holds", "B"), ("P1", "waits for", "B"), ("P2", "waits for", "A")]
    {
        let tail = format!(") {verb} the exclusive flock on {lock}.lock");
        let found = said.match_indices(&tail).any(|(at, _)| {
            let head = &said[..at];
            head.rfind(&format!("{who} (pid ")).is_some_and(|from| head[from + 8..].chars().all(|c| c.is_ascii_digit()))
        });
        assert!(found, "{who} {verb} {lock}: {said}");
    }
    assert_eq!(said.matches(": -> FLOCK").count(), 2, "two wait: {said}");
    // The list has no owner of such a lock; their lists of open files do.
    let holds =
        ["P1 holds the exclusive OFD lock on all of A.lock", "P2 holds the exclusive OFD lock on all of B.lock"];
    check_testimony("--on ofd", "/proc/locks", &holds);
}

#[test]
fn the_detector_names_the_ring_of_threads() {
    let lines =
        ["this thread is P1, and waits for B, which P2 holds", "this thread is P2, and waits for A, which P1 holds"];
    check_testimony("--on mutex", "parking_lot's deadlock_detection", &lines);
}

/// Two processes that take two locks in opposite order, and don't meet.
fn crossed(on: &str) -> String {
    let processes = [("P1", "lock A, lock B, unlock B, unlock A"), ("P2", "lock B, lock A, unlock A, unlock B")];
    scenario(&format!("on = \"{on}\""), &processes)
}

#[test]
fn a_schedule_leads_into_the_deadlock_or_past_it() {
    for on in blocking_kinds() {
        let schedules = ["P1 P2", "2,1", "P2 P1 P2", "P1 P2 P1 P2"];
        for schedule in &schedules[..if on == "mutex" { 1 } else { 4 }] {
            let (status, run) = scenario_json(&crossed(on), &["--schedule", schedule, "--patience", "60ms"]);
            assert_eq!((status, &run["outcome"]), (1, &"deadlocked".into()), "{on} {schedule}: {run:#}");
            assert_eq!(run["cycle"], json!(["P1", "P2"]), "{on} {schedule}");
        }
        for schedule in ["P1 P1", "P2 P2 P2", "P1 P1 P2 P1 P1", "P2 P2 P2 P2 P1 P1 P1 P1"] {
            let (status, run) = scenario_json(&crossed(on), &["--schedule", schedule]);
            assert_eq!((status, &run["outcome"]), (0, &"finished".into()), "{on} {schedule}: {run:#}");
            assert_eq!((number(&run, "finished"), &run["cycle"]), (2, &json!([])), "{on} {schedule}");
        }
    }
}

#[test]
fn a_schedule_that_does_not_fit_is_refused() {
    let meeting = scenario("on = \"flock\"", &[("P1", "meet, lock A, unlock A"), ("P2", "lock A, meet, unlock A")]);
    let crossed = crossed("flock");
    let table = [
        (
            &crossed,
            "P1 P2 P1 P1",
            "move 4 of the schedule can't be made: P1 can't move, it waits for B, which P2 holds",
        ),
        (
            &crossed,
            "P1 P1 P2 P2",
            "move 4 of the schedule can't be made: P2 can't move, it waits for B, which P1 holds",
        ),
        (&crossed, "P1 P1 P1 P1 P1", "move 5 of the schedule can't be made: P1 can't move, it has already ended"),
        (&crossed, "P1 P9", "entry 2 of the schedule, `P9`, is no process; use P1, P2, or a number from 1 to 2"),
        (&crossed, "0", "entry 1 of the schedule, `0`, is no process"),
        (&meeting, "P1 P1", "move 2 of the schedule can't be made: P1 can't move, it waits at the meeting"),
    ];
    for (toml, schedule, error) in table {
        for words in [&["--schedule", schedule][..], &["--schedule", schedule, "--json"]] {
            run_scenario(toml, words).expect_error(&[error]);
        }
    }
}

#[test]
fn a_crash_frees_the_locks() {
    let toml = scenario("on = \"flock\"", &[("P1", "lock A, crash"), ("P2", "lock A, unlock A"), ("P3", "work 1ms")]);
    let (status, run) = scenario_json(&toml, &["--schedule", "P1 P2"]);
    assert_eq!((status, &run["outcome"]), (1, &"crashed".into()), "{run:#}");
    assert_eq!((number(&run, "finished"), &run["rounds"]), (2, &json!([0, 1, 1])), "{run:#}");

    let toml = scenario(
        "on = \"sqlite\"\nbusy_timeout = \"60s\"",
        &[("P1", "begin, insert, crash"), ("P2", "begin, insert, commit")],
    );
    let (status, run) = scenario_json(&toml, &["--schedule", "P1 P1 P2 P2"]);
    assert_eq!((status, &run["outcome"]), (1, &"crashed".into()), "{run:#}");
    assert_eq!(
        (number(&run, "stored"), number(&run, "acknowledged"), &run["integrity"]),
        (1, 1, &"ok".into()),
        "{run:#}"
    );
}

/// Kills the worker of P1, which holds what P2 waits for, and checks that P2 gets it.
#[cfg(target_os = "linux")]
fn check_killed(toml: &str, schedule: &str, stored: Option<u64>) {
    use common::{Running, children, signal};

    let place = Place::new();
    let file = place.write("it.toml", toml);
    let trace = place.join("trace");
    let mut command = lesson(["run", "--schedule", schedule, "--trace"]);
    command.args([&trace, &file]);
    let mut running = Running::start(command);
    running.wait_for(&["P2 waits"]);
    let workers = children(running.pid());
    let worker = workers.iter().find(|(_, line)| line.ends_with(" P1"));
    let (pid, _) = worker.unwrap_or_else(|| panic!("no worker of P1 in {workers:?}"));
    signal(*pid, nix::sys::signal::Signal::SIGKILL);
    running.wait_for(&["P1 is gone, signal 9 (SIGKILL), while it held"]);
    let done = running.finish().expect(1);
    assert!(done.text().contains("P2 is done"), "{}", done.text());

    let shown = common::finish(lesson(["show".as_ref(), trace.as_os_str(), "--json".as_ref()])).expect(0).json();
    let run = &runs(&shown)[0];
    assert_eq!((&run["outcome"], number(run, "finished")), (&"crashed".into(), 1), "{run:#}");
    assert_eq!((&run["rounds"], &run["stored"]), (&json!([0, 1]), &json!(stored)), "{run:#}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_process_leaves_its_lock_to_the_next() {
    for on in ["flock", "fcntl", "ofd"] {
        let processes = [("P1", "lock A, work 24h, unlock A"), ("P2", "lock A, unlock A")];
        check_killed(&scenario(&format!("on = \"{on}\""), &processes), "P1 P2", None);
    }
    for on in ["sqlite", "sqlite-wal"] {
        let processes = [("P1", "begin, insert, work 24h, commit"), ("P2", "begin, insert, commit")];
        let toml = scenario(&format!("on = \"{on}\"\nbusy_timeout = \"90s\""), &processes);
        check_killed(&toml, "P1 P1 P2 P2", Some(1));
    }
}

/// Runs a scenario that ends in a deadlock, and names who is in the cycle and who is behind it.
fn check_scenario(head: &str, processes: &[(&str, &str)], cycle: &[&str], behind: &[&str]) {
    let (status, run) = scenario_json(&scenario(head, processes), &["--patience", "60ms"]);
    assert_eq!((status, &run["outcome"]), (1, &"deadlocked".into()), "{run:#}");
    assert_eq!((&run["cycle"], &run["blocked_behind"]), (&json!(cycle), &json!(behind)), "{run:#}");
}

#[test]
fn a_meeting_closes_a_ring_too() {
    let both = "lock A, meet, unlock A";
    let head = "on = \"flock\"";
    check_scenario(head, &[("P1", both), ("P2", "work 20ms, lock A, meet, unlock A")], &["P1", "P2"], &[]);
    // P3 can't come to the meeting, for which P1 and P2 wait; P4 waits for what P2 holds.
    let four = [
        ("P1", "lock A, meet, unlock A"),
        ("P2", "lock B, meet, unlock B"),
        ("P3", "work 20ms, lock A, meet, unlock A"),
        ("P4", "work 20ms, lock B, unlock B"),
    ];
    check_scenario(head, &four, &["P1", "P3"], &["P2", "P4"]);
}

#[test]
fn a_time_out_in_one_ring_does_not_hide_another() {
    let processes = [
        ("P1", "lock A shared, meet, meet, lock B, unlock B, unlock A"),
        ("P2", "meet, lock A shared, meet, lock C within 300ms, unlock C, unlock A"),
        ("P3", "lock B, lock C, meet, meet, work 50ms, lock A, unlock A, unlock C, unlock B"),
    ];
    check_scenario("on = \"flock\"", &processes, &["P1", "P3"], &[]);
}

#[test]
fn readers_share_a_database_in_both_journal_modes() {
    let reader = "lock A shared, meet, unlock A";
    for on in ["sqlite", "sqlite-wal"] {
        let toml = scenario(&format!("on = \"{on}\""), &[("P1", reader), ("P2", reader)]);
        let (status, run) = scenario_json(&toml, &[]);
        assert_eq!((status, number(&run, "refused")), (0, 0), "{on}: {run:#}");
    }
}

#[test]
fn a_schedule_goes_on_behind_a_meeting() {
    for _ in 0..5 {
        let (status, document) = json("run deadlock --patience 60ms --schedule P1,P2,P1,P2,P2,P1");
        assert_eq!((status, &document["cycle"]), (1, &json!(names(2))), "{document:#}");
    }
    run("run deadlock --schedule P1,P1,P1").expect_error(&["move 3", "P1 can't move, it waits at the meeting for P2"]);
}

#[test]
fn the_detector_names_the_ring_and_not_those_behind_it() {
    let lines = ["this thread is P1, and waits for B", "this thread is P2, and waits for A"];
    check_testimony("--on mutex --bystander", "parking_lot's deadlock_detection", &lines);
    let said = testimony("--on mutex --bystander");
    assert!(!said.contains("this thread is P3"), "{said}");
}

#[test]
fn a_scenario_may_ask_for_a_victim() {
    let (status, document) = json("run detect");
    let run = &runs(&document)[0];
    assert_eq!((status, &run["outcome"], number(run, "finished")), (1, &"crashed".into(), 2), "{run:#}");
}
