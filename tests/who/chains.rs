//! Who is behind whom, across files; holders that end while somebody looks, and holders that mind no plain `kill`.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::Place;
use crate::holders::{Holder, page, row, see, who};

/// The list is read first, the processes after it: whoever ends in between was not out of sight.
pub fn a_holder_that_ends_while_we_look_is_not_called_hidden() {
    let place = Place::new();
    place.write("a.lock", "");
    let script = "
say('begins')
while True:
    child = os.fork()
    if child == 0:
        f = open('a.lock', 'r+'); fcntl.flock(f, fcntl.LOCK_EX); time.sleep(0.02); os._exit(0)
    os.waitpid(child, 0)";
    let mut holder = Holder::python(place.path(), script);
    holder.wait_for("begins");
    let mut held = 0;
    for _ in 0..60 {
        let (status, document) = who(place.path(), "a.lock");
        let file = &document["file"];
        assert_ne!(file["cause"], "out_of_sight", "{document:#}");
        let nameless = |unseen: &Value| unseen["name"] == "no_owner";
        assert!(!document["unseen"].as_array().is_some_and(|all| all.iter().any(nameless)), "{document:#}");
        held += i32::from(status == 0);
    }
    // A look that never finds the holder would be right as well, and would tell nothing.
    assert!(held > 0);
}

/// The first process of a PID namespace gets only signals for which it has a handler; others ignore SIGTERM.
pub fn who_ignores_a_plain_kill_gets_another() {
    let table = [
        ("unshare", "", true),
        ("unshare", "import signal; signal.signal(signal.SIGTERM, lambda *_: os._exit(0)); ", false),
        ("python3", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); ", true),
        ("python3", "", false),
    ];
    for (program, before, deaf) in table {
        let place = Place::new();
        let mut holder = match program {
            "unshare" => Holder::in_a_namespace(place.path(), &format!("{before}{FLOCK}\nready()")),
            _ => Holder::python(place.path(), &format!("{before}{FLOCK}\nready()")),
        };
        holder.wait_for("ready");
        let document = who(place.path(), "a.lock").1;
        let ending = &document["file"]["ending"];
        let pid = document["file"]["culprits"][0].as_u64().unwrap_or_else(|| panic!("{document:#}"));
        let command = if deaf { format!("kill -9 {pid}") } else { format!("kill {pid}") };
        assert_eq!(ending["command"], command, "{document:#}");
        let loses = ending["loses"].as_str().unwrap_or_default();
        assert_eq!(loses.contains("A plain `kill`"), deaf, "{loses}");
        // What is printed is true: it ends the holder. It is given again until then: Python's handlers run between two
        // of its steps, and a signal that comes just before it begins to read is not minded until the next one.
        see(place.path(), "a.lock", "it ended", |document| {
            let is_there = !row(document, pid).0.is_empty();
            if is_there {
                Command::new("sh").args(["-c", &command]).stderr(Stdio::null()).status().expect("a shell");
            }
            !is_there
        });
    }
}

const FLOCK: &str = "f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)";

/// One holds a, another holds b and waits for a, a third waits for b: the first is to blame, from either file.
pub fn the_end_of_a_chain_is_found() {
    let flock = |name: &str| format!("{name} = open('{name}.lock', 'w'); fcntl.flock({name}, fcntl.LOCK_EX)");
    let place = Place::new();
    let first = Holder::ready(place.path(), &flock("a"));
    let mut second = Holder::python(place.path(), &format!("{}; say('one'); {}", flock("b"), flock("a")));
    second.wait_for("one");
    let third = Holder::python(place.path(), &flock("b"));
    let (one, two, three) = (first.pid(), second.pid(), third.pid());
    let arrow = |waiter: u64, file: &str, holder: u64| json!({ "waiter": waiter, "file": file, "holder": holder });
    let expected = json!([arrow(three, "b.lock", two), arrow(two, "a.lock", one)]);
    let document = see(place.path(), "b.lock", "a chain", |document| document["file"]["behind"] == expected);
    let file = &document["file"];
    assert_eq!(file["ending"]["command"], format!("kill {one}"), "{document:#}");
    let text = file["reading"].as_str().unwrap_or_default();
    assert!(text.contains(&format!("{two} (python3) waits for {one} (python3) on a.lock")), "{text}");
    let shown = page(place.path(), "b.lock");
    let drawn = format!("{two} (python3) ──waits for a.lock──▶ {one} (python3)");
    assert!(shown.contains("The wait-for graph") && shown.contains(&drawn), "{shown}");
    assert_eq!(who(place.path(), "a.lock").1["file"]["ending"]["command"], format!("kill {one}"));
}

/// Three hold a part each, and one of them is in somebody's way.
pub fn only_who_is_in_the_way_is_to_be_ended() {
    let place = Place::new();
    place.write("a.lock", "");
    let part = |first: u32| format!("f = open('a.lock', 'r+'); fcntl.lockf(f, fcntl.LOCK_EX, 10, {first})");
    let holders = [0, 10, 20].map(|first| Holder::ready(place.path(), &part(first)));
    let waiter = Holder::python(place.path(), &part(15).replace("10,", "2,"));
    let waits = |document: &Value| row(document, waiter.pid()).0 == "waits";
    let document = see(place.path(), "a.lock", "a waiter", waits);
    let file = &document["file"];
    assert_eq!(file["ending"]["command"], format!("kill {}", holders[1].pid()), "{document:#}");
    let text = file["reading"].as_str().unwrap_or_default();
    let says = format!("{} (python3) waits for {} (python3)", waiter.pid(), holders[1].pid());
    assert!(text.contains(&says) && text.contains("are in nobody's way"), "{text}");
}
