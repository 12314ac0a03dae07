//! Traces made up by hand: those that can be, and those that can't.

use super::{Conformity, conforms};
use crate::model::Mode;
use crate::scenario::{DATABASE, LockKind, Scenario, parse};
use crate::trace::{Aftermath, Deadlock, Edge, Event, KilledFor, Refusal, Stored, Trace, What};

/// `"A gets"` of process 1 is `1 gets A`; locks are held exclusively, on a database as the word says:
/// `1 gets database shared`. Everybody starts, and begins round 1, before all that.
fn event(line: &str, scenario: &Scenario) -> Event {
    let words: Vec<&str> = line.split(' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let number = |at: usize| word(at).parse().unwrap_or_default();
    let who = words[0].parse::<usize>().unwrap() - 1;
    let (lock, kind) = (word(2).to_owned(), scenario.kind_of(word(2)));
    let mode = match word(3) {
        "shared" => Mode::Shared,
        "snapshot" => Mode::Snapshot,
        "writer" => Mode::Writer,
        "reserved" => Mode::Reserved,
        _ => Mode::Exclusive,
    };
    let patience = kind.is_sqlite().then(|| scenario.busy_timeout().as_micros() as u64);
    let limit_us = if word(4) == "for" { Some(word(5).parse().unwrap()) } else { patience };
    let what = match word(1) {
        "wants" => What::Wants { lock, mode, units: None },
        "waits" => What::Waits { lock, mode, units: None, limit_us },
        "gets" => What::gets(lock, mode),
        "releases" => What::releases(lock),
        "refused" => {
            let why = Refusal { name: words[words.len() - 1].into(), code: None, text: String::new() };
            What::Refused { lock, mode, units: None, why, waited_us: 1 }
        }
        "inserted" => What::Inserted,
        "commits" => What::Commits { rows: number(2) },
        "committed" => What::Committed { rows: number(2) },
        "rolled" => What::RolledBack { rows: number(2) },
        "meets" => What::Meets,
        "met" => What::Met,
        "pauses" => What::BacksOff { attempt: number(2) as u32, for_us: 0 },
        "abandons" => What::Abandons { round: number(2) as u32 },
        "finished" => What::Finished { round: number(2) as u32 },
        "round" => What::Round { round: number(2) as u32 },
        "ends" => What::Ends,
        "crashes" => What::Crashes,
        "crashed" => What::Crashed { how: "signal 9".into(), locks_left: None },
        "deadlocked" => What::Killed { why: KilledFor::Deadlock },
        "victim" => What::Killed { why: KilledFor::Victim },
        "deadline" => What::Killed { why: KilledFor::Deadline },
        "closes" => {
            let other = 1 - who;
            let edge = |waiter: usize, lock: &str| Edge { waiter, lock: lock.into(), holder: 1 - waiter };
            let mut cycle = vec![edge(who, word(2)), edge(other, word(3))];
            cycle.sort();
            What::ClosesCycle { cycle, timed: false, after_us: 0 }
        }
        other => panic!("{other}?"),
    };
    Event { at_us: 0, who, what }
}

/// A trace of a story; `rows` are in the database at the end.
fn trace(on: &str, programs: &[&str], story: &[&str], rows: u64) -> Trace {
    let (on, head) = on.split_once(", ").unwrap_or((on, ""));
    let mut toml = format!("title = \"t\"\non = \"{on}\"\n{head}\n");
    for (who, program) in programs.iter().enumerate() {
        let (steps, more) = program.split_once("; ").unwrap_or((program, ""));
        let steps = steps.split(", ").map(|step| format!("\"{step}\"")).collect::<Vec<_>>().join(", ");
        toml.push_str(&format!("[[process]]\nname = \"P{}\"\nsteps = [{steps}]\n{more}\n", who + 1));
    }
    let scenario = parse(&toml, "test").unwrap();
    let begins = |who: usize| [What::Starts { pid: 1 }, What::Round { round: 1 }].map(|what| (who, what));
    let begins = (0..programs.len()).flat_map(begins).map(|(who, what)| Event { at_us: 0, who, what });
    let events: Vec<Event> = begins.chain(story.iter().map(|line| event(line, &scenario))).collect();
    let deadlocked = story.iter().any(|line| line.ends_with("deadlocked"));
    let stored = Stored { rows, integrity: Some("ok".into()), journal: "delete".into() };
    let outcome = Aftermath {
        deadlock: deadlocked.then(Deadlock::default),
        database: scenario.uses_database().then_some(stored),
        ..Aftermath::default()
    };
    Trace { label: "t".into(), scenario, seed: 1, events, outcome }
}

/// Expects that the trace can be, or (`wrong`) that it can't: the line of the story at which, and words of why.
fn check(on: &str, programs: &[&str], story: &[&str], rows: u64, wrong: Option<(usize, &str)>) {
    let trace = trace(on, programs, story, rows);
    let found = conforms(&trace);
    let begun = 2 * programs.len();
    match (&found, wrong) {
        (Ok(Conformity::Conforms), None) => {}
        (Err(mismatch), Some((line, words))) => {
            assert_eq!(mismatch.event, begun + line, "{mismatch}\n{story:#?}");
            assert!(mismatch.to_string().contains(words), "{mismatch}\n{story:#?}");
        }
        _ => panic!("{found:?}, {wrong:?}\n{story:#?}"),
    }
}

const ONE: &str = "lock A, unlock A";
const TRY: &str = "lock A or fail, unlock A";
const TIMED: &str = "lock A within 1us, unlock A";
const END_1: [&str; 3] = ["1 releases A", "1 finished 1", "1 ends"];
const END_2: [&str; 3] = ["2 releases A", "2 finished 1", "2 ends"];

fn joined<'a>(parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.concat()
}

#[test]
fn one_lock() {
    let gets = ["1 wants A", "1 gets A"];
    let then = ["2 wants A", "2 waits A", "2 gets A"];
    let behind = joined(&[&gets, &["2 wants A", "2 waits A", "1 releases A", "2 gets A"], &END_2, &END_1[1..]]);
    check("flock", &[ONE, ONE], &behind, 0, None);
    // Two exclusive holders.
    check("flock", &[ONE, ONE], &joined(&[&gets, &then]), 0, Some((4, "it waits for A, in its way process 1")));
    // The release takes effect before it is told, as far as anybody knows; but not before it is begun.
    let late = joined(&[&gets, &["1 releases A", "2 wants A", "2 waits A", "2 gets A"], &END_2, &END_1[1..]]);
    check("flock", &[ONE, ONE], &late, 0, None);
    let free = joined(&[&gets, &END_1, &["2 wants A", "2 waits A"]]);
    check("flock", &[ONE, ONE], &free, 0, Some((6, "nothing was in its way")));
    // A refusal although the lock was free all the time, by a try and by a time-out.
    let refused = ["2 refused A exclusive EWOULDBLOCK", "2 abandons 1", "2 ends"];
    let while_held = joined(&[&gets, &["2 wants A"], &END_1, &refused]);
    check("flock", &[ONE, TRY], &while_held, 0, None);
    let while_free = joined(&[&gets, &END_1, &["2 wants A"], &refused]);
    check("flock", &[ONE, TRY], &while_free, 0, Some((6, "nothing allowed a refusal")));
    check("flock", &[ONE, TIMED], &while_free, 0, Some((6, "nothing allowed a refusal")));
    // A refusal of a wait without a limit, and a wait that is not the step's.
    check("flock", &[ONE, ONE], &while_held, 0, Some((6, "nothing allowed a refusal")));
    check("fcntl", &[ONE, ONE], &while_held, 0, Some((6, "EDEADLK is for fcntl locks")));
    let waits = joined(&[&gets, &["2 wants A", "2 waits A exclusive for 5"]]);
    check("flock", &[ONE, ONE], &waits, 0, Some((3, "does not wait so long")));
    check(
        "flock",
        &[ONE, TIMED],
        &joined(&[&gets, &["2 wants A", "2 waits A exclusive for 1"]]),
        0,
        Some((4, "its end")),
    );
    // Sharers share.
    let shared = ["1 wants A shared", "2 wants A shared", "2 gets A shared", "1 gets A shared"];
    let sharers = ["lock A shared, unlock A", "lock A shared, unlock A"];
    check("flock", &sharers, &joined(&[&shared, &END_1, &END_2]), 0, None);
    check("flock", &sharers, &joined(&[&shared[..3], &["1 waits A shared"]]), 0, Some((3, "nothing was in its way")));
}

#[test]
fn the_program_is_kept_to() {
    let gets = ["1 wants A", "1 gets A"];
    check("flock", &[ONE], &["1 wants B"], 0, Some((0, "its next step is 1, `lock A`")));
    check("flock", &[ONE], &joined(&[&gets, &["1 finished 1"]]), 0, Some((2, "its next step is 2, `unlock A`")));
    check("flock", &[ONE], &joined(&[&gets, &END_1[..2]]), 0, Some((4, "P1 has not come to its end")));
    check("flock", &[ONE], &joined(&[&gets, &END_1, &["1 ends"]]), 0, Some((5, "nothing more to tell")));
    check("flock", &[ONE], &joined(&[&gets, &END_1[..2], &["1 round 2"]]), 0, Some((4, "1 rounds of it are over")));
    check("flock", &[ONE], &["3 ends"], 0, Some((0, "there are only 1 processes")));
    // Attempts are counted, more than the model counts, too.
    let often = "retry = { attempts = 30, backoff = \"constant\", base = \"0s\", cap = \"0s\", jitter = \"none\" }";
    let program = format!("{TRY}; {often}");
    let pauses: Vec<String> = (1..30).map(|attempt| format!("2 pauses {attempt}")).collect();
    let refused = ["2 wants A", "2 refused A exclusive EWOULDBLOCK"];
    let mut story: Vec<&str> = gets.to_vec();
    for pause in &pauses {
        story.extend(refused);
        story.push(pause);
    }
    check("flock", &[ONE, &program], &joined(&[&story, &["2 abandons 1"]]), 0, Some((89, "its next step is 1")));
    story.extend(refused);
    check("flock", &[ONE, &program], &joined(&[&story, &["2 pauses 30"]]), 0, Some((91, "refused in attempt 30")));
    check("flock", &[ONE, &program], &joined(&[&story, &["2 abandons 1", "2 ends"], &END_1]), 0, None);
}

const CROSSED: [&str; 2] = ["lock A, lock B, unlock B, unlock A", "lock B, lock A, unlock A, unlock B"];
const RING: [&str; 8] =
    ["1 wants A", "1 gets A", "2 wants B", "2 gets B", "1 wants B", "1 waits B", "2 wants A", "2 waits A"];

#[test]
fn cycles() {
    let dead = ["2 closes A B", "1 deadlocked", "2 deadlocked"];
    check("flock", &CROSSED, &joined(&[&RING, &dead]), 0, None);
    check("flock", &CROSSED, &joined(&[&RING[..6], &dead]), 0, Some((6, "not all of them wait so")));
    check("flock", &CROSSED, &joined(&[&RING[..6], &dead[1..]]), 0, Some((6, "not everybody waits")));
    let one = ["1 wants A", "1 gets A", "1 wants B", "2 wants B", "1 deadlocked", "2 deadlocked"];
    check("flock", &CROSSED, &one, 0, Some((4, "somebody could go on")));
    // EDEADLK with a cycle, without one, and from a kind that does not look.
    let refused = ["2 refused A exclusive EDEADLK", "2 releases B", "2 abandons 1", "2 ends"];
    let end = ["1 gets B", "1 releases B", "1 releases A", "1 finished 1", "1 ends"];
    check("fcntl", &CROSSED, &joined(&[&RING, &["2 closes A B"], &refused, &end]), 0, None);
    let without = ["1 wants A", "1 gets A", "2 wants B", "2 gets B", "2 wants A", "2 waits A", refused[0]];
    check("fcntl", &CROSSED, &without, 0, Some((6, "nothing allowed a refusal")));
    check("flock", &CROSSED, &joined(&[&RING, &refused]), 0, Some((8, "EDEADLK is for fcntl locks")));
    check("fcntl", &CROSSED, &joined(&[&RING, &dead]), 0, Some((9, "somebody could go on")));
    // What a refused process held is held until it is let go.
    let early = joined(&[&RING, &refused[..1], &["1 gets B"]]);
    check("fcntl", &CROSSED, &early, 0, Some((9, "in its way process 2")));
    // A victim closes the cycle, and its locks go with it.
    let on = "flock, on_deadlock = \"victim\"";
    check(on, &CROSSED, &joined(&[&RING, &["2 closes A B", "2 victim"], &end]), 0, None);
    check(on, &CROSSED, &joined(&[&RING, &["2 victim"]]), 0, Some((8, "nothing had ended it")));
}

#[test]
fn meetings_and_deaths() {
    let meeting = ["meet, lock A, unlock A", "lock A, unlock A, meet"];
    let second = ["2 wants A", "2 gets A", "2 releases A", "2 meets"];
    let first = ["1 met", "1 wants A", "1 gets A"];
    let end = ["2 met", "2 finished 1", "2 ends"];
    check("flock", &meeting, &joined(&[&["1 meets"], &second, &first, &END_1, &end]), 0, None);
    check("flock", &meeting, &joined(&[&["1 meets"], &second[..3], &first]), 0, Some((4, "waits for the meeting")));
    let crash = [ONE, "lock A, crash"];
    let held = ["2 wants A", "2 gets A", "1 wants A", "1 waits A"];
    let gone = ["2 crashes", "2 crashed"];
    check("flock", &crash, &joined(&[&held, &gone, &["1 gets A"], &END_1]), 0, None);
    // Nobody knows when the crash takes place; but it does not before the crash is told.
    check("flock", &crash, &joined(&[&held, &gone[..1], &["1 gets A"], &gone[1..], &END_1]), 0, None);
    check("flock", &crash, &joined(&[&held, &["1 gets A"], &gone]), 0, Some((4, "in its way process 2")));
    check("flock", &crash, &joined(&[&held, &["1 deadline", "2 deadline"]]), 0, None);
}

#[test]
fn transactions() {
    const READS: &str = "begin, select, commit";
    const WRITES: &str = "begin, insert, commit";
    let at_once = "sqlite, busy_timeout = \"0s\"";
    let insert = ["2 wants database reserved", "2 gets database reserved", "2 inserted", "2 commits 1"];
    let stored = ["2 committed 1", "2 finished 1", "2 ends"];
    let refused =
        ["2 refused database exclusive SQLITE_BUSY", "2 releases database", "2 rolled 1", "2 abandons 1", "2 ends"];
    let reads = ["1 wants database shared", "1 gets database shared"];
    let done = ["1 commits 0", "1 committed 0", "1 finished 1", "1 ends"];
    check(at_once, &[READS, WRITES], &joined(&[&insert, &stored, &reads, &done]), 1, None);
    check(
        at_once,
        &[READS, WRITES],
        &joined(&[&insert, &stored, &reads, &done]),
        0,
        Some((13, "1 rows were acknowledged")),
    );
    check(at_once, &[READS, WRITES], &joined(&[&reads, &insert, &refused, &done]), 0, None);
    check(at_once, &[READS, WRITES], &joined(&[&insert, &refused]), 0, Some((4, "nothing allowed a refusal")));
    check(at_once, &[READS, WRITES], &joined(&[&reads, &insert, &stored]), 1, Some((6, "it could not")));
    // A row acknowledged by a transaction that was refused.
    let both = joined(&[&reads, &insert, &refused[..1], &stored]);
    check(at_once, &[READS, WRITES], &both, 1, Some((7, "has yet to release database")));
    check(at_once, &[READS, WRITES], &joined(&[&insert[..3], &["2 commits 2"]]), 1, Some((3, "its next step is 3")));
    // A COMMIT under way keeps readers out; a transaction that only means to write does not.
    let kept_out = ["1 wants database shared", "1 refused database shared SQLITE_BUSY"];
    let gives_up = ["1 rolled 0", "1 abandons 1", "1 ends"];
    check(at_once, &[READS, WRITES], &joined(&[&insert, &kept_out, &gives_up, &stored]), 1, None);
    check(at_once, &[READS, WRITES], &joined(&[&insert[..3], &kept_out]), 0, Some((4, "nothing allowed a refusal")));
    // A first SELECT reads the schema in passing: a COMMIT may see it, and then keep it out.
    let patient = "sqlite, busy_timeout = \"1s\"";
    let passing = ["1 wants database shared", "2 waits database exclusive", "1 waits database shared"];
    let after = joined(&[&stored, &["1 gets database shared"], &done]);
    check(patient, &[READS, WRITES], &joined(&[&insert, &passing, &after]), 1, None);
    let alone = joined(&[&insert, &passing[1..2]]);
    check(patient, &[READS, WRITES], &alone, 1, Some((4, "nothing was in its way")));
    // A COMMIT that has taken place may still read in passing, and keep another one from its own.
    let mine = ["1 wants database reserved", "1 gets database reserved", "1 inserted", "1 commits 1"];
    let slow =
        ["1 refused database exclusive SQLITE_BUSY", "1 releases database", "1 rolled 1", "1 abandons 1", "1 ends"];
    check(at_once, &[WRITES, WRITES], &joined(&[&insert, &mine, &slow, &stored]), 1, None);
    let acknowledged = joined(&[&insert, &stored, &mine, &slow]);
    check(at_once, &[WRITES, WRITES], &acknowledged, 1, Some((11, "nothing allowed a refusal")));
    // Killed inside its COMMIT, the row may be there or not.
    for (rows, wrong) in [(0, None), (1, None), (2, Some((5, "the database holds 2")))] {
        check(
            at_once,
            &[WRITES, WRITES],
            &joined(&[&["1 deadline"], &insert, &["2 deadline"]])[..],
            rows,
            wrong.map(|(line, words)| (line + 1, words)),
        );
    }
}

#[test]
fn snapshots() {
    let programs = ["begin, select, insert, commit", "begin, insert, commit"];
    let on = "sqlite-wal, busy_timeout = \"0s\"";
    let reads = ["1 wants database snapshot", "1 gets database snapshot"];
    let writes = ["2 wants database writer", "2 gets database writer", "2 inserted", "2 commits 1", "2 committed 1"];
    let end = ["2 finished 1", "2 ends"];
    let wants = ["1 wants database writer"];
    let stale = [
        "1 refused database writer SQLITE_BUSY_SNAPSHOT",
        "1 releases database",
        "1 rolled 0",
        "1 abandons 1",
        "1 ends",
    ];
    let inserts = ["1 gets database writer", "1 inserted", "1 commits 1", "1 committed 1", "1 finished 1", "1 ends"];
    check(on, &programs, &joined(&[&reads, &writes, &end, &wants, &stale]), 1, None);
    check(on, &programs, &joined(&[&writes, &end, &reads, &wants, &inserts]), 2, None);
    // A stale snapshot never writes, a fresh one is not refused as stale, and reading never blocks.
    check(on, &programs, &joined(&[&reads, &writes, &end, &wants, &inserts]), 2, Some((10, "it could not")));
    check(on, &programs, &joined(&[&writes, &end, &reads, &wants, &stale]), 1, Some((10, "nobody had written")));
    let blocked = ["1 wants database snapshot", "1 refused database snapshot SQLITE_BUSY"];
    check(on, &programs, &joined(&[&writes[..3], &blocked]), 0, Some((4, "nothing allowed a refusal")));
    let patient = "sqlite-wal, busy_timeout = \"1s\"";
    let waits = ["1 wants database snapshot", "1 waits database snapshot"];
    check(patient, &programs, &joined(&[&writes[..3], &waits]), 0, Some((4, "nothing was in its way")));
}

#[test]
fn what_the_model_does_not_take_is_not_checked() {
    let not_checked = |trace: &Trace| match conforms(trace) {
        Ok(Conformity::NotChecked(why)) => why,
        other => panic!("{other:?}"),
    };
    let many: Vec<&str> = vec![ONE; 65];
    assert!(not_checked(&trace("flock", &many, &[], 0)).contains("65 processes"));
    let units = trace("flock, units = { A = 2 }", &[ONE], &[], 0);
    assert!(not_checked(&units).contains("units"));
    assert_eq!(units.scenario.kind_of(DATABASE), LockKind::Flock);
}
