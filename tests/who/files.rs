//! Any lock file: flock(1), and Python's flock, POSIX and OFD locks; waiters, rings, locks that outlive their taker.

use serde_json::Value;

use crate::common::{Place, finish, lesson};
use crate::holders::{Holder, page, row, see, who};

const FLOCK: &str = "f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)";

/// What one holder is seen to hold, and what somebody is seen to wait for who then asks for it: `!` waits.
pub fn every_kind_of_lock_is_recognised() {
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);
    let table: [Case<'_>; 8] = [
        (&[FLOCK], &[("holds", "holds exclusive flock")]),
        (&[FLOCK, &format_wait(FLOCK)], &[("holds", "holds exclusive flock"), ("waits", "waits for exclusive flock")]),
        (
            &[
                "f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_SH)",
                "!f = open('a.lock'); fcntl.flock(f, fcntl.LOCK_EX)",
            ],
            &[("holds", "holds shared flock"), ("waits", "waits for exclusive flock")],
        ),
        (
            &[
                "f = open('a.lock', 'w'); fcntl.lockf(f, fcntl.LOCK_EX, 10, 5)",
                "!f = open('a.lock', 'w'); fcntl.lockf(f, fcntl.LOCK_EX, 1, 9)",
            ],
            &[
                ("holds", "holds exclusive POSIX lock on bytes 5 to 14"),
                ("waits", "waits for exclusive POSIX lock on byte 9"),
            ],
        ),
        (
            &[
                "f = open('a.lock', 'w+'); ofd(f, fcntl.F_OFD_SETLK, fcntl.F_WRLCK, 0, 10)",
                "!f = open('a.lock', 'r+'); ofd(f, fcntl.F_OFD_SETLKW, fcntl.F_RDLCK, 5, 0)",
            ],
            &[
                ("holds", "holds exclusive OFD lock on bytes 0 to 9"),
                ("waits", "waits for shared OFD lock from byte 5 on"),
            ],
        ),
        // POSIX and OFD locks see each other; flock sees neither.
        (
            &[
                "f = open('a.lock', 'w+'); ofd(f, fcntl.F_OFD_SETLK, fcntl.F_WRLCK, 0, 10)",
                "!f = open('a.lock', 'r+'); fcntl.lockf(f, fcntl.LOCK_EX)",
            ],
            &[("holds", "holds exclusive OFD lock on bytes 0 to 9"), ("waits", "waits for exclusive POSIX lock")],
        ),
        (
            &[FLOCK, "f = open('a.lock', 'r+'); fcntl.lockf(f, fcntl.LOCK_EX)"],
            &[("holds", "holds exclusive flock"), ("holds", "holds exclusive POSIX lock")],
        ),
        (&[FLOCK, "f = open('a.lock')"], &[("holds", "holds exclusive flock"), ("open", "open")]),
    ];
    for (scripts, expected) in table {
        let place = Place::new();
        place.write("a.lock", "");
        let start = |script: &&str| match script.strip_prefix('!') {
            Some(script) => Holder::python(place.path(), script),
            None => Holder::ready(place.path(), script),
        };
        let holders: Vec<Holder> = scripts.iter().map(start).collect();
        let rows = |document: &Value| holders.iter().map(|holder| row(document, holder.pid())).collect::<Vec<_>>();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(stand, words)| ((*stand).to_owned(), (*words).to_owned())).collect();
        let document = see(place.path(), "a.lock", &format!("{expected:?}"), |document| rows(document) == expected);
        assert_eq!(document["file"]["parties"].as_array().map(Vec::len), Some(scripts.len()), "{document:#}");
        let waiting = scripts.iter().filter(|script| script.starts_with('!')).count();
        let behind = |wait: &&Value| wait["held_by"][0] == holders[0].pid() && wait["pids"][0] == holders[1].pid();
        let waits = document["waits"].as_array().expect("a list").iter().filter(behind).count();
        assert_eq!(waits, waiting, "{document:#}");
    }
}

/// The same script, but kept waiting.
fn format_wait(script: &str) -> String {
    format!("!{script}")
}

pub fn flock_of_util_linux_and_its_child_are_both_named() {
    let place = Place::new();
    let mut holder = Holder::flock(place.path(), &["a.lock"]);
    holder.wait_for("ready");
    let mut waiter = Holder::flock(place.path(), &["-s", "a.lock"]);
    let waits = |document: &Value| row(document, waiter.pid()).1 == "waits for shared flock";
    let document = see(place.path(), "a.lock", "a waiter", waits);
    assert_eq!(row(&document, holder.pid()).1, "holds exclusive flock", "{document:#}");
    let pids = document["file"]["parties"][0]["pids"].as_array().expect("a list");
    // The child has the open file too: the lock goes with the last of them.
    assert_eq!(pids.len(), 2, "{document:#}");
    let command = document["file"]["ending"]["command"].as_str().unwrap_or_default();
    assert!(pids.iter().all(|pid| command.contains(&pid.to_string())), "{command}");
    holder.type_in("\n");
    waiter.wait_for("ready");
}

/// The list still names the parent; only the open files tell of the child.
pub fn a_child_that_keeps_a_dead_parents_flock_is_found() {
    let place = Place::new();
    let script = format!(
        "{FLOCK}
child = os.fork()
if child == 0:
    say('child %d' % os.getpid()); sys.stdin.readline()
else:
    say('parent %d' % os.getpid()); os._exit(0)"
    );
    let mut parent = Holder::python(place.path(), &script);
    let line = parent.wait_for("child");
    let child: u64 = line.trim().rsplit(' ').next().and_then(|word| word.parse().ok()).expect("its number");
    let gone = |document: &Value| row(document, parent.pid()).0.is_empty() && row(document, child).0 == "holds";
    let document = see(place.path(), "a.lock", "the child alone", gone);
    let file = &document["file"];
    assert_eq!((&file["cause"], &file["parties"][0]["pids"]), (&"inherited".into(), &serde_json::json!([child])));
    assert_eq!(file["ending"]["command"], format!("kill {child}"));
    let text = file["reading"].as_str().unwrap_or_default();
    assert!(text.contains(&format!("taken by {}", parent.pid())), "{text}");
}

/// A process with many open files is told by their names which of these to look at: none of its names hides the file.
pub fn a_lock_is_found_among_many_files() {
    let many = "many = [open('other%d' % n, 'w') for n in range(50)]\n";
    let table = [
        "f = open('a.lock', 'r+')",
        "os.symlink('a.lock', 'link'); f = open('link', 'r+')",
        "os.link('a.lock', 'hard'); f = open('hard', 'r+')",
        "os.link('a.lock', 'hard'); f = open('hard', 'r+'); os.unlink('hard')",
        "f = open('a.lock', 'r+'); os.rename('a.lock', 'b.lock'); os.rename('b.lock', 'a.lock')",
    ];
    for script in table {
        let place = Place::new();
        place.write("a.lock", "");
        let locks = "ofd(f, fcntl.F_OFD_SETLK, fcntl.F_WRLCK, 0, 10); fcntl.flock(f, fcntl.LOCK_EX)";
        let holder = Holder::ready(place.path(), &format!("{many}{script}; {locks}"));
        let (status, document) = who(place.path(), "a.lock");
        let words = "holds exclusive flock, exclusive OFD lock on bytes 0 to 9";
        let found = row(&document, holder.pid()).1.split(", ").collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!((status, found), (0, words.split(", ").count()), "{script}: {document:#}");
        assert_eq!(document["file"]["parties"].as_array().map(Vec::len), Some(1), "{script}: {document:#}");
    }
}

/// Two who hold the same range are two; a child that shares one of these open files makes it uncertain whose is whose.
pub fn equal_locks_of_open_files_are_told_apart_where_they_can_be() {
    let shared = "f = open('a.lock', 'r'); ofd(f, fcntl.F_OFD_SETLK, fcntl.F_RDLCK, 0, 10)";
    let child = "
child = os.fork()
if child == 0: sys.stdin.readline(); os._exit(0)";
    let table: [(&[String], &[usize], bool); 3] = [
        (&[shared.into(), shared.into()], &[1, 1], false),
        (&[format!("{shared}{child}")], &[2], false),
        (&[shared.into(), format!("{shared}{child}")], &[3], true),
    ];
    for (scripts, sizes, unsure) in table {
        let place = Place::new();
        place.write("a.lock", "");
        let _holders: Vec<Holder> = scripts.iter().map(|script| Holder::ready(place.path(), script)).collect();
        let document = who(place.path(), "a.lock").1;
        let parties = document["file"]["parties"].as_array().expect("a list");
        let found: Vec<usize> = parties.iter().filter_map(|party| party["pids"].as_array().map(Vec::len)).collect();
        assert_eq!(found, sizes, "{document:#}");
        let text = document["file"]["reading"].as_str().unwrap_or_default();
        assert_eq!(text.contains("either each of"), unsure, "{text}");
    }
}

/// flock(1) waits for its child in no list, and the child for a lock of somebody who waits for theirs.
pub fn a_ring_through_an_inherited_lock_is_possible() {
    let place = Place::new();
    let script = |first: &str, second: &str, way: &str| {
        format!(
            "a = open('{first}.lock', 'w'); fcntl.flock(a, fcntl.LOCK_EX); say('one'); sys.stdin.readline()
{way}
b = open('{second}.lock', 'w'); fcntl.flock(b, fcntl.LOCK_EX)"
        )
    };
    let fork = "
if os.fork(): os.wait(); os._exit(0)";
    let mut holders = [script("a", "b", fork), script("b", "a", "")].map(|script| {
        let mut holder = Holder::python(place.path(), &script);
        holder.wait_for("one");
        holder
    });
    holders.iter_mut().for_each(|holder| holder.type_in("\n"));
    let other = holders[1].pid();
    let document = see(place.path(), "a.lock", "a ring", |document| ring_of(document, other).is_some());
    let ring = ring_of(&document, other).expect("just seen");
    assert_eq!((&ring["certain"], &document["file"]["cause"]), (&false.into(), &"deadlock".into()), "{document:#}");
    let words = ring["words"].as_str().unwrap_or_default();
    for word in ["may be a deadlock", &holders[0].pid().to_string(), "unlock by hand"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    assert_eq!(ring["ending"]["command"], format!("kill {}", holders[1].pid()), "{words}");
}

/// Two processes, each holding one and wanting the other: seen from either file, and from the whole machine.
pub fn a_ring_is_found_whatever_the_kinds() {
    let flock = |name: &str| format!("{name} = open('{name}.lock', 'w'); fcntl.flock({name}, fcntl.LOCK_EX)");
    let ofd =
        |name: &str| format!("{name} = open('{name}.lock', 'w'); ofd({name}, fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, 0, 0)");
    let posix = |name: &str| format!("{name} = open('{name}.lock', 'w'); fcntl.lockf({name}, fcntl.LOCK_EX)");
    let table = [[flock("a"), flock("b")], [ofd("a"), ofd("b")], [flock("a"), posix("b")]];
    for [a, b] in table {
        let place = Place::new();
        let crossing = |first: &str, second: &str| {
            let mut holder =
                Holder::python(place.path(), &format!("{first}\nsay('one'); sys.stdin.readline()\n{second}"));
            holder.wait_for("one");
            holder
        };
        let mut holders = [crossing(&a, &b), crossing(&b, &a)];
        holders.iter_mut().for_each(|holder| holder.type_in("\n"));
        let behind = Holder::python(place.path(), &a);
        let (one, two) = (holders[0].pid(), holders[1].pid());
        let mine = |ring: &&Value| ring["ring"].as_array().is_some_and(|ring| ring[0]["waiter"] == one.min(two));
        let ring = |document: &Value| document["deadlocks"].as_array()?.iter().find(mine).cloned();
        let blocked = |document: &Value| document["blocked_behind"].as_array().cloned().unwrap_or_default();
        let whole = |document: &Value| ring(document).is_some() && blocked(document).contains(&behind.pid().into());
        for path in ["a.lock", "b.lock", ""] {
            let document = see(place.path(), path, "a deadlock", whole);
            let ring = ring(&document).expect("just seen");
            assert_eq!(ring["certain"], true, "{ring:#}");
            assert_eq!(ring["ring"].as_array().map(Vec::len), Some(2), "{ring:#}");
            let words = ring["words"].as_str().unwrap_or_default();
            for word in ["a.lock", "b.lock", &one.to_string(), &two.to_string(), "would wait for ever"] {
                assert!(words.contains(word), "{word}: {words}");
            }
            assert_eq!(document["file"]["cause"], if path.is_empty() { Value::Null } else { "deadlock".into() });
            // Both files are named in the way of the user; without a name of his, by their full names.
            assert_eq!(words.contains(" on /"), path.is_empty(), "{words}");
        }
        let third = behind.pid();
        let shown = page(place.path(), "a.lock");
        assert!(shown.contains("┌▶") && shown.contains("──waits for b.lock──▶"), "{shown}");
        assert!(shown.contains(&format!("\n  {third} (python3) ──waits for a.lock──▶ ")), "{shown}");
        assert!(flat(&shown).contains(&format!(" {third} (python3) is blocked behind it, without being")), "{shown}");
        // On the page of another file it is one line, and how to end it is told elsewhere.
        place.write("c.lock", "");
        let shown = page(place.path(), "c.lock");
        let line = format!("{} and {} wait for each other, on a.lock and b.lock.", one.min(two), one.max(two));
        assert!(shown.matches("Elsewhere on this machine").count() == 1 && shown.contains(&line), "{shown}");
        assert!(!shown.contains("What would end it") && !shown.contains("──waits for"), "{shown}");
    }
}

/// On one line.
fn flat(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The ring in which this process waits; other tests have theirs at the same time.
fn ring_of(document: &Value, pid: u64) -> Option<&Value> {
    let waits =
        |ring: &&Value| ring["ring"].as_array().is_some_and(|ring| ring.iter().any(|arrow| arrow["waiter"] == pid));
    document["deadlocks"].as_array()?.iter().find(waits)
}

/// One process, two open files of one lock file: it waits for itself.
pub fn a_process_that_waits_for_itself_is_found() {
    let place = Place::new();
    let script = format!("{FLOCK}; say('one'); g = open('a.lock'); fcntl.flock(g, fcntl.LOCK_EX)");
    let mut holder = Holder::python(place.path(), &script);
    holder.wait_for("one");
    let document = see(place.path(), "a.lock", "a deadlock", |document| document["file"]["cause"] == "deadlock");
    let words = document["file"]["reading"].as_str().unwrap_or_default();
    assert!(words.contains("for itself"), "{words}");
}

/// Threads that don't wait might still let go: then it is said that it is not certain.
pub fn a_ring_with_free_threads_is_not_called_certain() {
    let place = Place::new();
    let script = "
import threading
a = open('a.lock', 'w'); fcntl.flock(a, fcntl.LOCK_EX)
def again(): fcntl.flock(open('a.lock'), fcntl.LOCK_EX)
threading.Thread(target=again, daemon=True).start(); ready()";
    let mut holder = Holder::python(place.path(), script);
    holder.wait_for("ready");
    let document = see(place.path(), "a.lock", "a ring", |document| ring_of(document, holder.pid()).is_some());
    let ring = ring_of(&document, holder.pid()).expect("just seen");
    assert_eq!(ring["certain"], false, "{ring:#}");
    assert!(ring["words"].as_str().is_some_and(|words| words.contains("may be a deadlock")), "{ring:#}");
}

/// Holders come and go while it looks: it says what it saw, and never fails.
pub fn holders_that_come_and_go_do_no_harm() {
    let place = Place::new();
    place.write("a.lock", "");
    let script = "
say('begins')
while True:
    child = os.fork()
    if child == 0:
        f = open('a.lock', 'r+'); fcntl.flock(f, fcntl.LOCK_EX); fcntl.lockf(f, fcntl.LOCK_EX, 1)
        g = open('a.lock', 'r+'); ofd(g, fcntl.F_OFD_SETLK, fcntl.F_RDLCK, 50, 1)
        os._exit(0)
    os.waitpid(child, 0)";
    let mut holder = Holder::python(place.path(), script);
    holder.wait_for("begins");
    let mut seen = [0; 2];
    for _ in 0..60 {
        let (status, document) = who(place.path(), "a.lock");
        assert_ne!(document["file"]["cause"], "deadlock", "{document:#}");
        seen[usize::try_from(status).expect("0 or 1")] += 1;
    }
    assert_eq!(seen.iter().sum::<i32>(), 60);
}

/// What is free is said to be free; what can't be looked at is an error.
pub fn the_exit_status_says_what_was_found() {
    let place = Place::new();
    place.write("a.lock", "4711\n");
    assert_eq!(who(place.path(), "a.lock").0, 1);
    let holder = Holder::ready(place.path(), FLOCK);
    assert_eq!(who(place.path(), "a.lock").0, 0);
    holder.finish();
    assert_eq!(who(place.path(), "a.lock").0, 1);
    let mut command = lesson(["who", "b.lock"]);
    command.current_dir(place.path());
    finish(command).expect_error(&["b.lock", "no such file"]);
}
