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

/// So many attempts, with the shortest pauses.
fn retrying(attempts: u32) -> String {
    format!("{{ backoff = \"constant\", base = \"1ms\", cap = \"1ms\", jitter = \"none\", attempts = {attempts} }}")
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
    // Not all states were visited: that is not said, then.
    for (words, said) in [
        ("ordering --first", "were enough to prove it"),
        ("ordering", "states were visited, and from each"),
        ("locked-quick --first", "states were visited."),
    ] {
        let page = run(&format!("explore {words}")).expect(0);
        let text = page.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{words}: {text}");
        assert_eq!(text.contains("all were visited"), !said.contains("enough"), "{words}: {text}");
    }
}

#[test]
fn livelock_and_starvation() {
    let retry = |attempts: u32| {
        let retry = retrying(attempts);
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
    let (greedy, late) = (value!({ "into": "", "around": "P2 P2" }), value!({ "into": "", "around": "P1 P1" }));
    assert_eq!(found["starving_schedules"], value!([greedy, late]));
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

/// The crowd, never waiting for longer than a moment, with so many attempts each.
fn impatient(processes: usize, steps: usize, attempts: u32) -> String {
    let retry = retrying(attempts);
    let crowd = crowd(processes, 3, steps).replace("lock L0\"", "lock L0 or fail\"");
    let crowd = crowd.replace("unlock L0 or fail", "unlock L0");
    crowd.replace("steps =", &format!("retry = {retry}\nsteps ="))
}

/// The bound is kept: under a limit of the system that leaves little above it, the search ends by itself.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_below_its_bound() {
    let place = Place::new();
    // By rank, one rank after the other; by rank, several above; all in one.
    for (toml, least) in [(crowd(8, 3, 60), 10_000), (impatient(8, 60, 3), 4_000), (impatient(8, 60, 21), 10_000)] {
        place.write("scenario.toml", &toml);
        for mib in [8, 32] {
            // The data of the program itself and the stacks of its threads take a few MiB: 16 are plenty.
            let kib = (mib + 16) * 1024;
            let mut shell = std::process::Command::new("sh");
            let lesson = env!("CARGO_BIN_EXE_lesson");
            let explore = format!("exec {lesson} explore scenario.toml --max-memory {mib} --json");
            shell.args(["-c", &format!("ulimit -d {kib}; {explore}")]);
            shell.current_dir(place.path());
            let found = common::finish(shell).expect(3).json();
            assert_eq!((&found["stopped"], &found["livelock"]), (&value!("memory"), &Value::Null));
            assert!(found["states"].as_u64() > Some(mib * least), "{found:#}");
        }
    }
}

/// Where all states fit, but not what comes behind the search, that part is unknown, and the rest is proved.
#[test]
fn what_does_not_fit_is_told() {
    let words = |attempts, words: &str, status| {
        let page = explored(&impatient(3, 24, attempts), words).expect(status);
        page.text().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let page = words(21, "--max-memory 1", 0);
    for said in [
        "No deadlock is possible: all",
        "Not known, because that takes more than --max-memory or --max-states allows: how many schedules there are; \
         how likely a deadlock is; from which states everybody can still end; whether somebody can go on without end, \
         or starve.",
    ] {
        assert!(page.contains(said), "`{said}` in {page}");
    }
    assert!(!words(21, "", 0).contains("Not known"));
    let page = words(3, "--max-memory 1", 3);
    for said in ["up to --max-memory", "Not known, because --max-memory was reached: how many schedules there are;"] {
        assert!(page.contains(said), "`{said}` in {page}");
    }
}

/// What a page says of killed processes, of meetings, and of rounds without an end.
#[test]
fn the_page_says_what_is_so() {
    let says = |toml: &str, status: i32, said: &[&str]| {
        let page = explored(toml, "").expect(status);
        let text = page.text().split_whitespace().collect::<Vec<_>>().join(" ");
        said.iter().for_each(|words| assert!(text.contains(words), "`{words}` in {text}"));
    };
    let crossed = |first: &str| {
        let head = "on = \"sqlite\"\non_deadlock = \"victim\"\nlocks = { A = \"flock\", B = \"flock\" }";
        let other = "lock B, lock A, unlock A, unlock B";
        scenario(head, &[("P1", &format!("lock A, lock B, {first}unlock B, unlock A")), ("P2", other)])
    };
    let killed = "safe states 27 all can still end, or be killed";
    says(&crossed(""), 0, &[killed, "- that lose a record 0", "still end, or be killed. No livelock"]);
    let inserts = "begin immediate, insert, commit, ";
    says(&crossed(inserts), 0, &["A record is lost in 2 of 8 schedules: its process is killed before it commits."]);
    let crash = scenario("on = \"flock\"", &[("P1", "lock A, crash"), ("P2", "lock A, unlock A")]);
    says(&crash, 0, &["complete schedules 2", "- that deadlock 0", "- with a refusal 0", "still end, or be killed."]);
    let meeting = scenario("on = \"flock\"", &[("P1", "lock A, meet, unlock A"), ("P2", "lock A, meet, unlock A")]);
    says(&meeting, 1, &["- that deadlock 2", "A deadlock is certain: every schedule ends in one."]);
    let lasting = scenario("on = \"flock\"", &[("P1", "lock A, unlock A"), ("P2", "lock A, unlock A")]);
    let lasting = lasting.replace("steps", "for = \"1s\"\nsteps");
    says(&lasting, 0, &["complete schedules no end", "Starvation is possible: P1 and P2"]);
}

/// A long exploration on a terminal that shows how far it has come, and is told to end.
#[cfg(target_os = "linux")]
mod interrupted {
    use std::fs::File;
    use std::io::Read;
    use std::process::{Child, Stdio};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    use nix::pty::{Winsize, openpty};
    use nix::sys::signal::Signal;

    use super::common::{LIMIT, Place, signal};
    use super::{crowd, impatient};

    /// What it printed, and what it drew on the terminal meanwhile.
    struct Ended {
        status: Option<i32>,
        printed: String,
        drawn: String,
    }

    /// It does not outlive a test that failed.
    struct Started(Child);

    impl Drop for Started {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Starts it, waits until it has drawn all of these, and tells it to end.
    fn end(words: &str, shows: &[&str], by: Signal) -> Ended {
        end_of(&crowd(16, 8, 100), words, shows, by)
    }

    fn end_of(toml: &str, words: &str, shows: &[&str], by: Signal) -> Ended {
        let place = Place::new();
        place.write("scenario.toml", toml);
        let size = Winsize { ws_row: 20, ws_col: 50, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a pseudo-terminal");
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a flag can be set");
        let mut command = place.lesson(&format!("explore scenario.toml {words}"));
        command.env("TERM", "xterm").stdout(Stdio::piped()).stderr(pty.slave);
        let mut child = Started(command.spawn().expect("it starts"));
        drop(command); // it has our copy of the terminal's other end
        let drawings = read(File::from(pty.master));
        let mut drawn = String::new();
        while !shows.iter().all(|word| drawn.contains(word)) {
            assert!(drawn.len() < 100_000, "{shows:?} in {drawn}");
            drawn += &next(&drawings, &mut child).unwrap_or_else(|| panic!("{shows:?} in {drawn}"));
        }
        signal(child.0.id(), by);
        let printed = read(File::from(std::os::fd::OwnedFd::from(child.0.stdout.take().expect("piped"))));
        let printed: String = std::iter::from_fn(|| next(&printed, &mut child)).collect();
        drawn.extend(std::iter::from_fn(|| next(&drawings, &mut child)));
        let status = child.0.wait().expect("it can be waited for").code();
        Ended { status, printed, drawn }
    }

    fn read(mut from: File) -> Receiver<String> {
        let (sender, read) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                if sender.send(String::from_utf8_lossy(&bytes[..count]).into_owned()).is_err() {
                    return;
                }
            }
        });
        read
    }

    /// What comes next; `None` at its end, or if it takes too long.
    fn next(from: &Receiver<String>, child: &mut Started) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError::Timeout;
        let next = from.recv_timeout(LIMIT);
        if next == Err(Timeout) {
            child.0.kill().expect("it can be ended");
        }
        next.ok()
    }

    #[test]
    fn what_is_known_is_shown() {
        for by in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let ended = end("--json", &["[>", "] ", " states ..."], by);
            assert_eq!(ended.status, Some(130), "{by}: {}", ended.drawn);
            let found: serde_json::Value = serde_json::from_str(&ended.printed).expect("one document");
            assert_eq!((&found["complete"], &found["stopped"]), (&false.into(), &"interrupted".into()), "{found:#}");
            assert!(found["states"].as_u64() > Some(1_000), "{found:#}");
            for name in ["schedules", "p_deadlock", "shortest", "safe_states", "livelock", "starvation"] {
                assert_eq!(found[name], serde_json::Value::Null, "{name} in {found:#}");
            }
            assert_eq!(found["ok"], false);
        }
        let ended = end("", &[" states ..."], Signal::SIGINT);
        assert_eq!(ended.status, Some(130), "{}", ended.drawn);
        let page = ended.printed.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in
            ["up to the interrupt", "is not known.", "Not known, because it was interrupted: how many schedules"]
        {
            assert!(page.contains(words), "`{words}` in {}", ended.printed);
        }
    }

    #[test]
    fn what_follows_is_interrupted_too() {
        // Visited soon; then what follows takes as long again.
        let ended = end_of(&impatient(4, 24, 21), "--json", &["what follows"], Signal::SIGINT);
        assert_eq!(ended.status, Some(130), "{}", ended.drawn);
        let found: serde_json::Value = serde_json::from_str(&ended.printed).expect("one document");
        assert_eq!((&found["complete"], &found["stopped"]), (&false.into(), &"interrupted".into()), "{found:#}");
        assert_eq!((&found["livelock"], &found["starvation"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    }

    #[test]
    fn the_bar_fits_and_is_taken_away() {
        let ended = end("", &["[>", " states ..."], Signal::SIGINT);
        // What a terminal does not print: a bracket, numbers, a letter.
        let codes = regex_lite::Regex::new("\u{1b}\\[[0-9;?]*[A-Za-z]").expect("it is right");
        let (last, _) = ended.drawn.rsplit_once("\u{1b}[2K").expect("it is cleared");
        let lines = last.split(['\r', '\n']).map(|line| codes.replace_all(line, ""));
        let longest = lines.map(|line| line.chars().count()).max();
        assert!(longest <= Some(50), "{longest:?}: {:?}", ended.drawn);
        assert_eq!(
            ended.drawn.rsplit_once("states ...").map(|(_, end)| codes.replace_all(end, "").trim().len()),
            Some(0)
        );
    }
}
