//! Who is behind whom, across files; holders that end while somebody looks, and holders that a plain `kill` leaves alone.

use std::process::Command;

use serde_json::Value;

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
        let pid = document["file"]["culprits"][0].as_u64().expect("a pid");
        let command = if deaf { format!("kill -9 {pid}") } else { format!("kill {pid}") };
        assert_eq!(ending["command"], command, "{document:#}");
        let loses = ending["loses"].as_str().unwrap_or_default();
        assert_eq!(loses.contains("A plain `kill`"), deaf, "{loses}");
        // What is printed is true: it ends the holder.
        assert!(Command::new("sh").args(["-c", &command]).status().expect("a shell").success());
        see(place.path(), "a.lock", "it ended", |document| row(document, pid).0.is_empty());
    }
}

const FLOCK: &str = "f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)";
