//! What goes wrong around a run: the conductor is killed or interrupted, nobody reads, the disk is full, a file is not
//! ours, a trace is cut or hostile. Nothing stays behind, nothing foreign is touched, nothing panics.

mod common;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use common::{Done, Place, Running, args, entries, finish, lesson, scenario};
use serde_json::Value;

/// Ways to be in the middle of something: a command, and how many lines with which words show that it is there.
#[cfg(unix)]
const BUSY: [(&str, usize, &str); 6] = [
    ("deadlock --patience 24h", 2, "waits without a time-out"),
    ("deadlock --patience 24h --on fcntl --processes 13", 13, "waits without a time-out"),
    ("deadlock --patience 24h --on mutex --bystander", 3, "waits without a time-out"),
    ("deadlock --busy-timeout 24h --on sqlite", 2, "waits up to"),
    ("locked --task-duration 24h --busy-timeout 24h --processes 6", 5, "waits up to"),
    ("locked --task-duration 24h --busy-timeout 24h --processes 4 --journal wal", 3, "waits up to"),
];

/// Starts the command with a temporary directory of its own and waits until it is in the middle of it.
#[cfg(unix)]
fn start_busy((words, count, line): (&str, usize, &str), place: &Place, own_group: bool) -> Running {
    let mut command = lesson(args(words));
    command.env("TMPDIR", place.path());
    if own_group {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    let mut running = Running::start(command);
    (0..count).for_each(|_| drop(running.wait_for(&[line])));
    assert_eq!(place.entries().len(), 1, "{words}");
    running
}

/// Kills the conductor with `kill -9` and checks that its workers go, and take its files with them.
#[cfg(target_os = "linux")]
#[test]
fn nothing_outlives_a_killed_conductor() {
    use common::{children, lives, until};
    for busy in BUSY {
        if cfg!(not(target_os = "linux")) && busy.0.contains("--processes 13") {
            continue;
        }
        let place = Place::new();
        let running = start_busy(busy, &place, false);
        let workers = children(running.pid());
        let expected = if busy.0.contains("mutex") { 1..=1 } else { busy.1..=busy.1 + 1 };
        assert!(expected.contains(&workers.len()), "{busy:?}: {workers:?}");
        common::signal(running.pid(), nix::sys::signal::Signal::SIGKILL);
        let done = running.finish();
        assert_eq!((done.status, done.err.as_str()), (None, ""), "{busy:?}");
        until("every worker is gone", || !workers.iter().any(|(pid, _)| lives(*pid)));
        until("the files are gone", || place.entries().is_empty());
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing() {
    use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGTERM};
    use nix::sys::signal::killpg;
    for (index, busy) in BUSY.into_iter().enumerate() {
        if cfg!(not(target_os = "linux")) && busy.0.contains("--processes 13") {
            continue;
        }
        let signal = [SIGINT, SIGTERM, SIGHUP][index % 3];
        for group in [false, true] {
            let place = Place::new();
            let running = start_busy(busy, &place, group);
            #[cfg(target_os = "linux")]
            let workers = common::children(running.pid());
            match group {
                // As a terminal does it: to everybody in the foreground.
                true => {
                    killpg(nix::unistd::Pid::from_raw(running.pid() as i32), signal).expect("it lives");
                }
                false => common::signal(running.pid(), signal),
            }
            let done = running.finish();
            assert_eq!(done.status, Some(130), "{busy:?} {signal}: {done:?}");
            assert_eq!(done.err, "error: interrupted: all processes were ended\n");
            assert!(!done.text().contains("is gone"), "no worker was hit: {}", done.text());
            assert_eq!(place.entries(), [""; 0], "{busy:?} {signal}");
            #[cfg(target_os = "linux")]
            assert!(!workers.iter().any(|(pid, _)| common::lives(*pid)), "{busy:?} {signal}: {workers:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_runs_that_take_place_together() {
    let place = Place::new();
    // It comes while sixty workers are being started.
    let running = start_busy(("fixed --task-duration 24h", 1, "A task takes"), &place, true);
    common::signal(running.pid(), nix::sys::signal::Signal::SIGINT);
    let done = running.finish();
    assert_eq!(done.status, Some(130), "{done:?}");
    assert!(done.err.ends_with("error: interrupted: all processes were ended\n"));
    assert_eq!(place.entries(), [""; 0]);
}

/// Sets back the last change of a directory.
#[cfg(unix)]
fn make_old(path: &Path) {
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    fs::File::open(path).and_then(|dir| dir.set_modified(long_ago)).expect("a directory of ours");
}

#[cfg(unix)]
#[test]
fn the_next_run_sweeps_what_is_stale_and_nothing_else() {
    let place = Place::new();
    let make = |path: &str, content: &str| {
        let path = place.join(path);
        fs::create_dir_all(path.parent().expect("in a directory")).expect("a directory");
        fs::write(&path, content).expect("a file");
        path
    };
    // Its owner is dead: nobody holds the lock.
    make("lesson-arena-stale/owner.lock", "");
    make("lesson-arena-stale/run/database.db", "old");
    // Killed before it had a lock, long ago.
    fs::create_dir(place.join("lesson-arena-empty")).expect("a directory");
    make("lesson-arena-unnamed/owner.new", "");
    ["lesson-arena-empty", "lesson-arena-unnamed"].into_iter().for_each(|dir| make_old(&place.join(dir)));

    // Its owner lives: this test.
    let owner = fs::File::create(make("lesson-arena-owned/owner.lock", "")).expect("just made");
    owner.lock().expect("nobody else wants it");
    make("lesson-arena-owned/run/database.db", "in use");
    // About to begin.
    fs::create_dir(place.join("lesson-arena-young")).expect("a directory");
    // Named so by somebody else, with something in it.
    make("lesson-arena-foreign/notes", "mine");
    make_old(&place.join("lesson-arena-foreign"));
    make("lesson-plans/monday", "mine");
    make("lesson-plans/owner.lock", "mine");
    make("lesson-arena-file", "mine");
    make("elsewhere/owner.lock", "mine");
    std::os::unix::fs::symlink(place.join("elsewhere"), place.join("lesson-arena-link")).expect("a link");

    let mut command = lesson(args("locked --task-duration 0s --json"));
    command.env("TMPDIR", place.path());
    finish(command).expect(0);
    let stays = [
        "elsewhere",
        "lesson-arena-file",
        "lesson-arena-foreign",
        "lesson-arena-link",
        "lesson-arena-owned",
        "lesson-arena-young",
        "lesson-plans",
    ];
    assert_eq!(place.entries(), stays);
    for (file, content) in [
        ("lesson-arena-owned/run/database.db", "in use"),
        ("lesson-arena-foreign/notes", "mine"),
        ("lesson-plans/monday", "mine"),
        ("lesson-plans/owner.lock", "mine"),
        ("elsewhere/owner.lock", "mine"),
        ("lesson-arena-file", "mine"),
    ] {
        assert_eq!(fs::read_to_string(place.join(file)).expect(file), content, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    // Left alone, the first two would take minutes.
    for words in
        ["locked --task-duration 300ms --records 1000", "run locked-quick --repeat 3000", "deadlock --patience 60ms"]
    {
        let place = Place::new();
        let mut command = lesson(args(words));
        command.env("TMPDIR", place.path());
        let mut running = Running::start(command);
        running.wait_for(&[""]);
        let done = running.close_and_finish();
        assert_eq!((done.status, done.err.as_str()), (Some(0), ""), "{words}");
        assert_eq!(place.entries(), [""; 0], "{words}");
    }
    for words in ["scenarios", "deadlock --patience 60ms --json", "scenarios show queue"] {
        let done = Running::start(lesson(args(words))).close_and_finish();
        assert_eq!((done.status, done.err.as_str()), (Some(0), ""), "{words}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let place = Place::new();
    place.run("deadlock --patience 60ms --trace trace").expect(0);
    for words in ["scenarios", "scenarios show queue", "deadlock --patience 60ms", "deadlock --json", "show trace"] {
        let sink = fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        // `Running` reads standard output through a pipe of its own, so this one is run plainly.
        let output = place.lesson(words).stdout(sink).output().expect("it can be started");
        let done = Done {
            status: output.status.code(),
            out: Vec::new(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        done.expect_error(&["can't write to standard output", "No space left"]);
    }
    for option in ["--trace", "--record"] {
        let done = place.run(&format!("deadlock --patience 60ms --json {option} /dev/full"));
        done.expect_error(&["can't write /dev/full", "No space left"]);
    }
}

#[cfg(unix)]
#[test]
fn a_place_where_nothing_can_be_made_is_told() {
    let place = Place::new();
    let file = place.write("file", "mine");
    for parent in [place.join("missing"), file] {
        for words in ["locked", "deadlock --json", "run locked-quick", "fixed deadlock"] {
            let mut command = lesson(args(words));
            let done = finish({
                command.env("TMPDIR", &parent);
                command
            });
            assert_eq!(done.text(), "", "{words}");
            done.expect_error(&["can't make a directory in", "set TMPDIR", "--dir"]);
        }
    }
    assert_eq!(place.entries(), ["file"]);
}

/// Runs a scenario with a short deadline and checks what is said of it.
fn check_deadline(toml: &str, stored: Option<u64>) {
    let (status, run) = common::scenario_json(toml, &["--deadline", "300ms"]);
    assert_eq!((status, &run["outcome"]), (1, &"timed_out".into()), "{run:#}");
    assert_eq!((&run["finished"], &run["stored"]), (&0.into(), &serde_json::json!(stored)), "{run:#}");
    assert_eq!(run["acknowledged"], serde_json::json!(stored), "{run:#}");
}

#[test]
fn a_deadline_ends_every_run() {
    let endless = ("P1", "lock A, work 24h, unlock A");
    check_deadline(&scenario("on = \"flock\"", &[endless, ("P2", "work 24h")]), None);
    check_deadline(&scenario("on = \"mutex\"", &[endless, ("P2", "work 24h")]), None);
    let writer = ("P1", "begin, insert, commit, begin, insert, work 24h, commit");
    let toml =
        scenario("on = \"sqlite\"\nbusy_timeout = \"24h\"", &[writer, ("P2", "work 24h, begin, insert, commit")]);
    check_deadline(&toml, Some(1));
}

#[test]
fn names_are_only_names() {
    let names = ["--help", "-V", "--color=always", "O'Brien", "<b>&\"\\", "\u{202e}abc", "P,1", "名前", "é", "--"];
    for on in ["flock", "mutex", "sqlite"] {
        let steps = if on == "sqlite" { "begin, insert, commit" } else { "lock A, unlock A" };
        let processes: Vec<(&str, &str)> = names.iter().map(|name| (*name, steps)).collect();
        let toml = scenario(&format!("on = \"{on}\""), &processes);
        let (status, run) = common::scenario_json(&toml, &[]);
        assert_eq!((status, &run["finished"]), (0, &names.len().into()), "{run:#}");
        let page = common::run_scenario(&toml, &[]).expect(0);
        assert!(!page.text().contains('\u{202e}'), "it would turn the line around: {}", page.text());
    }
}

/// The names and contents of all files below a directory.
fn snapshot(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for name in entries(path) {
        let path = path.join(name);
        match path.is_dir() {
            true => files.extend(snapshot(&path)),
            false => files.push((path.clone(), fs::read(&path).expect("a file of ours"))),
        }
    }
    files
}

#[test]
fn a_directory_of_the_user_keeps_the_databases_and_is_used_once() {
    let place = Place::new();
    place.run("locked --task-duration 0s --dir deep/kept").expect(0);
    place.run("deadlock --patience 60ms --dir deep/kept").expect(0); // another room: nothing is in the way
    let kept = snapshot(&place.join("deep/kept"));
    let names: Vec<&Path> =
        kept.iter().filter_map(|(path, _)| path.strip_prefix(place.join("deep/kept")).ok()).collect();
    assert_eq!(names, ["deadlock/A.lock", "deadlock/B.lock", "task-0s/database.db"].map(Path::new));
    assert!(kept[2].1.starts_with(b"SQLite format 3\0"));

    for words in ["locked --task-duration 0s", "locked --task-duration 1s,0s --speed 10", "deadlock", "deadlock --json"]
    {
        let done = place.run(&format!("{words} --dir deep/kept"));
        assert_eq!(done.text(), "", "{words}");
        done.expect_error(&["exists already", "name a new directory with --dir"]);
        assert_eq!(snapshot(&place.join("deep/kept")), kept, "{words}");
    }
    place.write("file", "mine");
    place.run("deadlock --dir file").expect_error(&["can't make the directory file"]);
    place.run("deadlock --dir file/below").expect_error(&["can't make the directory file/below"]);
    assert_eq!(fs::read_to_string(place.join("file")).expect("still there"), "mine");
}

/// Runs with these options and checks that a file is refused and stays as it is.
fn check_untouched(place: &Place, file: &str, options: &str) {
    let before = fs::read(place.join(file)).expect("there is one");
    let done = place.run(&format!("locked --task-duration 0s {options}"));
    assert_eq!(done.text(), "", "{options}: refused before anything is run");
    done.expect_error(&[file, "was not written by lesson", "--force"]);
    assert_eq!(fs::read(place.join(file)).expect("still there"), before, "{options}");
}

#[test]
fn only_files_of_our_own_are_overwritten() {
    let place = Place::new();
    let quick = "locked --task-duration 0s --busy-timeout 60s";
    place.run(&format!("{quick} --record own.txt --trace own.jsonl")).expect(0);
    for content in ["my essay", "\n", "{}", "{\"recordings\":1}", "lesson transcripts", "\u{ff}\u{fe}"] {
        place.write("foreign", content);
        check_untouched(&place, "foreign", "--record foreign");
        check_untouched(&place, "foreign", "--trace foreign");
    }
    check_untouched(&place, "own.jsonl", "--record own.jsonl");
    check_untouched(&place, "own.txt", "--trace own.txt");

    place.write("empty", "");
    check_untouched(&place, "empty", "--record empty");
    for (record, trace) in
        [("own.txt", "own.jsonl"), ("new.txt", "new.jsonl"), ("empty", "new.jsonl"), ("foreign", "own.txt")]
    {
        let force = if matches!(record, "foreign" | "empty") { "--force" } else { "" };
        place.run(&format!("{quick} --record {record} --trace {trace} {force}")).expect(0);
        let text = fs::read_to_string(place.join(record)).expect("written");
        assert!(text.starts_with("lesson transcript: lesson locked\n"), "{text}");
        place.run(&format!("show {trace}")).expect(0);
    }
    let left: Vec<OsString> = place.entries();
    assert_eq!(left, ["empty", "foreign", "new.jsonl", "new.txt", "own.jsonl", "own.txt"], "nothing half-written");
}

#[cfg(target_os = "linux")]
#[test]
fn paths_need_not_be_text() {
    use std::os::unix::ffi::OsStringExt as _;
    let place = Place::new();
    let strange = |name: &str| place.join(OsString::from_vec([name.as_bytes(), b"\xff\n"].concat()));
    fs::create_dir(strange("tmp")).expect("a directory");
    let (trace, record, dir) = (strange("trace"), strange("record"), strange("dir"));
    for (words, dir) in [("locked --task-duration 0s", None), ("deadlock --patience 60ms", Some(&dir))] {
        let mut command = lesson(args(words));
        command.env("TMPDIR", strange("tmp")).arg("--trace").arg(&trace).arg("--record").arg(&record);
        command.args(dir.iter().flat_map(|dir| [OsStr::new("--dir"), dir.as_os_str()]));
        let told = finish(command).expect(0);
        let shown = finish(lesson([OsStr::new("show"), trace.as_os_str()])).expect(0);
        assert_eq!(shown.text(), told.text());
        assert!(fs::read_to_string(&record).expect("written").ends_with(told.text()));
    }
    assert_eq!(entries(&strange("tmp")), [""; 0]);
    assert_eq!(entries(&dir), ["deadlock"]);
    // What can't be shown as it is, is escaped in an error.
    finish(lesson([OsStr::new("show"), strange("missing").as_os_str()])).expect_error(&["can't read"]);
}

#[test]
fn a_trace_tells_the_same_story_byte_by_byte() {
    let place = Place::new();
    let steps =
        [("P1", "lock A, crash"), ("P2", "lock A within 10ms, unlock A"), ("P3", "lock B shared, meet, unlock B")];
    place.write("crash.toml", scenario("on = \"flock\"", &steps));
    let table = [
        ("locked --speed 20", 0),
        ("locked --task-duration 0s --busy-timeout 60s --repeat 3", 0),
        ("locked --task-duration 0s,20ms --busy-timeout 0s --processes 30 --records 5 --speed 2", 0),
        ("deadlock --patience 60ms --bystander", 0),
        ("deadlock --patience 60ms --on mutex", 0),
        ("deadlock --patience 60ms --processes 40", 0),
        ("deadlock --patience 60ms --repeat 2", 0),
        ("fixed --with none,retry,crossed,detect,try-lock --task-duration 50ms", 0),
        ("fixed locked --load --for 100ms --with load-none,load-queue", 0),
        ("run deadlock --patience 60ms", 1),
        ("run deadlock --patience 60ms --repeat 2", 1),
        ("run crash.toml --schedule P1", 1),
        ("run deadlock --deadline 0s", 1),
    ];
    for (words, status) in table {
        let told = place.run(&format!("{words} --trace trace --record record")).expect(status);
        let shown = place.run("show trace").expect(0);
        assert_eq!(shown.text(), told.text(), "{words}");
        let record = fs::read_to_string(place.join("record")).expect("written");
        let head = record.strip_suffix(told.text()).unwrap_or_else(|| panic!("{words}: another story:\n{record}"));
        assert_eq!(head.lines().count(), 5, "{head}");
    }
}

/// The lines of a trace of each kind of command.
fn recordings(place: &Place) -> Vec<String> {
    let steps = [("P1", "lock A, crash"), ("P2", "lock A, work 30ms, unlock A"), ("P3", "lock A or fail, unlock A")];
    place.write("crash.toml", scenario("on = \"flock\"", &steps));
    let commands = [
        "locked --task-duration 0s,20ms --busy-timeout 0s",
        "deadlock --patience 60ms --bystander",
        "fixed --with none,retry,crossed,detect --task-duration 20ms",
        "run crash.toml --schedule P1",
    ];
    let record = |words: &str| {
        place.run(&format!("{words} --json --trace trace"));
        fs::read_to_string(place.join("trace")).expect("written")
    };
    commands.into_iter().map(record).collect()
}

/// Shows a trace; whatever it is, that ends well or with one line of an error, and nothing acts on the terminal.
fn show(place: &Place, content: &[u8], shown: &str) -> Done {
    place.write("it", content);
    let done = place.run("show it");
    assert!(matches!(done.status, Some(0 | 2)), "{shown}: {done:?}");
    assert!(!done.text().contains(['\u{1b}', '\u{9b}', '\u{7}']), "{shown}: {}", done.text());
    assert!(!done.err.contains(['\u{1b}', '\u{9b}', '\u{7}']), "{shown}: {}", done.err);
    match done.status {
        Some(0) => assert_eq!(done.err, "", "{shown}"),
        _ => done.expect_error(&["can't show it"]),
    }
    done
}

fn check_refused(place: &Place, content: &[u8], shown: &str, words: &[&str]) {
    let done = show(place, content, shown);
    assert_eq!(done.text(), "", "{shown}");
    done.expect_error(words);
}

#[test]
fn a_damaged_trace_is_refused_with_its_line() {
    let place = Place::new();
    for text in recordings(&place).iter().take(2) {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        assert_eq!(show(&place, text.as_bytes(), "whole").status, Some(0));
        let mut end = 0;
        for (index, line) in lines.iter().enumerate() {
            let number = format!("line {}", index + 1);
            let middle = [end + line.len() / 2, end + line.len() - 2];
            for cut in middle {
                check_refused(
                    &place,
                    &text.as_bytes()[..cut],
                    &format!("cut at {cut}"),
                    &[&number, "was the file cut"],
                );
            }
            if index > 0 {
                let number = format!("line {index}");
                check_refused(&place, &text.as_bytes()[..end], &number, &[&number, "the file was cut"]);
            }
            let mut changed = text.clone().into_bytes();
            changed[end] = b'!';
            check_refused(&place, &changed, &number, &[&number, "was the file cut or changed"]);
            end += line.len();
        }
        for at in (0..text.len()).step_by(97) {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 0x10;
            show(&place, &changed, &format!("changed at {at}"));
        }
        let newer = text.replacen("\"format\":1", "\"format\":2", 1);
        check_refused(&place, newer.as_bytes(), "newer", &["line 1", "a newer lesson wrote this"]);
        check_refused(&place, text.repeat(2).as_bytes(), "twice", &["something stands behind the end"]);
        check_refused(&place, lines[1..].concat().as_bytes(), "no head", &["line 1", "the first line"]);
        let last = lines.len() - 1;
        let less = [&lines[..last], &["{\"complete\":{\"runs\":9,\"shown\":true}}\n"]].concat().concat();
        check_refused(&place, less.as_bytes(), "fewer runs", &["does not belong here"]);
        for name in ["at_us", "took_us"] {
            let (before, rest) = text.split_once(&format!("\"{name}\":")).expect("a moment");
            let digits = rest.find(|c: char| !c.is_ascii_digit()).expect("its end");
            let late = format!("{before}\"{name}\":{}{}", u64::MAX, &rest[digits..]);
            check_refused(&place, late.as_bytes(), "far too late", &["line", "later than 2^53 µs"]);
        }
    }
    let table: [(&[u8], &str); 5] = [
        (b"", "the file is empty"),
        (b"\x7fELF\x02\x01\xff\xfe", "this is not text"),
        (b"my essay\n", "give the file that --trace wrote"),
        (b"\n", "not a trace"),
        (b"[[[[[[[[", "not a trace"),
    ];
    for (content, words) in table {
        check_refused(&place, content, words, &[words]);
    }
    let deep = vec![b'['; 100_000];
    check_refused(&place, &deep, "deep", &["line 1"]);
    place.run("show .").expect_error(&["can't show ."]);
    if cfg!(unix) {
        place.run("show /dev/null").expect_error(&["the file is empty"]);
        place.run("show /dev/zero").expect_error(&["line 1", "too long"]);
    }
}

/// Where something stands in a line: the keys that lead there, `*` for any place in a list.
type Way = Vec<String>;

/// Every way to something that is neither a list nor a table.
fn ways(value: &Value, way: &mut Way, found: &mut std::collections::BTreeSet<Way>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().map(|value| ("*".to_owned(), value)).collect(),
        _ => {
            found.insert(way.clone());
            Vec::new()
        }
    };
    for (key, child) in children {
        way.push(key);
        ways(child, way, found);
        way.pop();
    }
}

/// Puts something else wherever this way leads.
fn replace(value: &mut Value, way: &[String], with: &Value) {
    match (way, &mut *value) {
        ([], _) => *value = with.clone(),
        ([key, rest @ ..], Value::Object(table)) => {
            table.get_mut(key).into_iter().for_each(|child| replace(child, rest, with));
        }
        ([_, rest @ ..], Value::Array(list)) => list.iter_mut().for_each(|child| replace(child, rest, with)),
        _ => {}
    }
}

#[test]
fn a_hostile_trace_neither_panics_nor_acts_on_the_terminal() {
    let place = Place::new();
    let hostile = [
        Value::from("\u{1b}[31m\u{1b}]0;owned\u{7}\u{9b}2J \u{202e}evil \\ \" \n"),
        Value::from(u64::MAX),
        Value::from(999_999),
        Value::from(0),
        Value::from(""),
        Value::Null,
    ];
    let mut shown = 0;
    let mut seen = std::collections::BTreeSet::new();
    for text in recordings(&place) {
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect();
        let mut found = std::collections::BTreeSet::new();
        lines.iter().for_each(|line| ways(line, &mut Vec::new(), &mut found));
        assert!(found.len() > 20, "{found:?}");
        for way in found.difference(&seen) {
            for value in &hostile {
                let mut changed = lines.clone();
                changed.iter_mut().for_each(|line| replace(line, way, value));
                let content: String = changed.iter().map(|line| format!("{line}\n")).collect();
                let done = show(&place, content.as_bytes(), &format!("{way:?} = {value}"));
                if done.status == Some(0) {
                    shown += 1;
                    let document = place.run("show it --json").expect(0);
                    assert!(!document.out.contains(&0x1b), "{way:?} = {value}");
                    document.json();
                }
            }
        }
        seen.extend(found);
    }
    assert!(shown > 100, "only {shown} were shown at all");
}
