//! `lesson play`: with `--moves`, with real processes, and on a terminal.

mod common;

use common::{Place, args, finish, json, lesson, number, run, scenario};
use serde_json::json;

/// The exit status, and what these names have in the document.
fn check(words: &str, status: i32, expected: &[(&str, serde_json::Value)]) {
    let (found, document) = json(words);
    assert_eq!(found, status, "{words}: {document:#}");
    for (name, value) in expected {
        assert_eq!(document[name], *value, "{words}: {name} in {document:#}");
    }
}

#[test]
fn moves_are_made_and_judged() {
    let deadlock = json!("deadlock");
    check(
        "play philosophers --processes 3 --moves P1,P2,P3",
        0,
        &[
            ("goal", deadlock.clone()),
            ("outcome", json!("deadlocked")),
            ("shortest", json!(3)),
            ("cycle", json!(["P1", "P2", "P3"])),
            ("real", json!(false)),
            ("kernel", json!(null)),
        ],
    );
    check(
        "play philosophers --processes 2 --moves 1,1,1,1,2,2,2,2",
        1,
        &[("goal", deadlock.clone()), ("outcome", json!("finished")), ("shortest", json!(2)), ("cycle", json!([]))],
    );
    check(
        "play ordering --processes 2 --moves 1,1,1,1,1,2,2,2,2,2",
        0,
        &[("goal", json!("finish_without_loss")), ("outcome", json!("finished")), ("shortest", json!(10))],
    );
    check(
        "play locked-quick --processes 2 --moves 1,1,2,2",
        1,
        &[
            ("goal", json!("finish_without_loss")),
            ("outcome", json!("open")),
            ("lost", json!(1)),
            ("refused", json!(1)),
        ],
    );
    let (_, document) = json("play banker --moves 1,2,3");
    assert_eq!(
        document["locks"],
        json!([{
            "name": "money", "units": 10, "free": 2, "holders": ["P1", "P2", "P3"], "waiters": ["P1", "P3"],
            "held": [{ "who": "P1", "units": 4 }, { "who": "P2", "units": 2 }, { "who": "P3", "units": 2 }],
        }])
    );
    assert_eq!(document["processes"][0]["waits_for_units"], 5);
    assert_eq!(document["processes"][1]["waits_for_units"], json!(null));
    assert_eq!(document["hint"], json!({ "deadlock_in": 2, "goal_in": 2, "next": "P2" }));
    assert_eq!(document["processes"][1]["can_move"], true);
    assert_eq!(number(&document["processes"][0], "round"), 1);
}

#[test]
fn the_page_tells_the_moves_and_the_position() {
    let done = run("play philosophers --processes 2 --moves 1,2").expect(0);
    let page = "\
2 philosophers take the left fork, then the right
  The goal: make it deadlock in as few moves as you can.

move  who  step    what came of it
────  ───  ──────  ───────────────
1     P1   lock A  gets A
2     P2   lock B  gets B

The processes
 1 P1  blocked by P2  lock A [lock B] unlock B unlock A
 2 P2  blocked by P1  lock B [lock A] unlock A unlock B

The locks
  A  held by P1; P2 waits
  B  held by P2; P1 waits

Who waits for whom
  ┌▶ P1 ──waits for B──▶ P2
  └─ P2 ──waits for A──▶ P1

The lanes, one second a move
   0 s                                                                 10.00 s
P1         ███████▄▄▄▄▄▄▄▄
P2                ▄▄▄▄▄▄▄▄
█ holds, ▄ holds and waits

Deadlock in 2 moves, and no way is shorter: P1 waits for B, which P2 holds; P2
waits for A, which P1 holds.
";
    assert_eq!(done.text(), page);
}

#[test]
fn bad_moves_are_refused() {
    let table: [(&str, &[&str]); 11] = [
        ("play philosophers --processes 2 --moves 1,2,1", &["move 3 can't be made: P1 waits for B, which P2 holds"]),
        ("play philosophers --processes 2 --moves 1,1,1,1,1", &["move 5 can't be made: P1 has ended"]),
        ("play deadlock --moves 1,1,1", &["move 3 can't be made: P1 waits at the meeting for P2"]),
        ("play deadlock --moves 1,P9", &["`P9`, is no process"]),
        ("play deadlock", &["no terminal", "--moves"]),
        ("play nosuch", &["can't read nosuch", "lesson scenarios"]),
        ("play philosofers --moves 1", &["can't read philosofers", "did you mean philosophers"]),
        ("play deadlock --real", &["no terminal", "--moves"]),
        ("play missing --moves 1", &["can't read missing", "lesson scenarios"]),
        ("play banker --real --moves 1", &["money has units, and no real lock has any"]),
        ("play deadlock --real --moves 1,1,1", &["move 3 can't be made: P1 waits at the meeting for P2"]),
    ];
    for (words, error) in table {
        run(words).expect_error(error);
    }
    let done = run("play deadlock --json");
    assert_eq!(done.status, Some(2), "{done:?}");
    assert!(done.err.contains("--moves"), "{done:?}");
}

#[test]
fn a_scenario_comes_from_standard_input_too() {
    let place = Place::new();
    let toml = scenario("on = \"flock\"", &[("a", "lock A, lock B, unlock B, unlock A"), ("b", "lock A, unlock A")]);
    let file = place.write("it.toml", toml);
    let mut command = lesson(args("play - --moves a,b"));
    command.stdin(std::fs::File::open(file).expect("just written"));
    finish(command).expect_error(&["move 2 can't be made: b waits for A, which a holds"]);
}

#[test]
#[cfg(unix)]
fn real_processes_make_the_same_moves() {
    let kinds: &[&str] = if cfg!(target_os = "linux") { &["flock", "ofd", "mutex"] } else { &["flock", "mutex"] };
    for on in kinds {
        // With real processes whoever is blocked may ask, and has to: then the deadlock is there for all to see.
        check(
            &format!("play philosophers --processes 2 --on {on} --real --moves 1,2,1,2"),
            0,
            &[("outcome", json!("deadlocked")), ("cycle", json!(["P1", "P2"])), ("real", json!(true))],
        );
        check(
            &format!("play philosophers --processes 2 --on {on} --real --moves 1,1,2,1,1,2,2,2"),
            1,
            &[("outcome", json!("finished")), ("kernel", json!([]))],
        );
    }
    check(
        "play deadlock --on fcntl --real --moves 1,2,1,2,1,2,1,1",
        0,
        &[("outcome", json!("finished")), ("refused", json!(1)), ("cycle", json!([]))],
    );
    check(
        "play read-first --processes 2 --real --moves 1,2,1,2,1,2",
        1,
        &[("outcome", json!("open")), ("refused", json!(1)), ("lost", json!(1))],
    );
    check(
        "play detect --processes 2 --real --moves 1,2,1,2,1,2",
        1,
        &[("outcome", json!("open")), ("cycle", json!([]))],
    );
}

/// Whoever is blocked waits as soon as it is told to ask, and not before: the words say which.
#[test]
#[cfg(unix)]
fn who_has_not_asked_is_not_said_to_wait() {
    let table = [
        (
            "1,2",
            [false, false],
            "The deadlock is certain in 2 moves, and no way is shorter: P1 would wait for B, which P2 holds; P2 would \
             wait for A, which P1 holds.",
        ),
        (
            "1,2,1",
            [true, false],
            "The deadlock is certain in 2 moves, and no way is shorter: P1 waits for B, which P2 holds; P2 would wait \
             for A, which P1 holds.",
        ),
        (
            "1,2,1,2",
            [true, true],
            "Deadlock in 2 moves, and no way is shorter: P1 waits for B, which P2 holds; P2 waits for A, which P1 \
             holds.",
        ),
    ];
    for (moves, asked, verdict) in table {
        let words = format!("play philosophers --processes 2 --real --moves {moves}");
        check(&words, 0, &[("outcome", json!("deadlocked")), ("verdict", json!(verdict))]);
        let (_, document) = json(&words);
        let found: Vec<_> = document["processes"].as_array().expect("a list").iter().map(|p| &p["asked"]).collect();
        assert_eq!(found, asked, "{moves}");
    }
    let page = run("play philosophers --processes 2 --real --moves 1,2,1").expect(0).text().to_owned();
    for line in ["  A  held by P1; P2 would wait", "  B  held by P2; P1 waits", "──would wait for A──▶ P1"] {
        assert!(page.contains(line), "{line} in {page}");
    }
    // A try never waits.
    let page = run("play try-lock --processes 2 --moves 1,2,1,2").expect(1).text().to_owned();
    for line in ["; P1 would be refused", "P1 ──would be refused B──▶ P2"] {
        assert!(page.contains(line), "{line} in {page}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_kernel_lists_what_real_processes_hold() {
    let (status, document) = json("play philosophers --processes 2 --real --moves 1,2,1");
    assert_eq!((status, &document["outcome"]), (0, &json!("deadlocked")), "{document:#}");
    let lines = document["kernel"].as_array().expect("a list");
    let means: Vec<&str> = lines.iter().filter_map(|line| line["means"].as_str()).collect();
    assert_eq!(means.len(), 3, "{means:?}");
    for words in [["P1", "holds", "A.lock"], ["P2", "holds", "B.lock"], ["P1", "waits", "B.lock"]] {
        assert!(means.iter().any(|line| words.iter().all(|word| line.contains(word))), "{words:?} in {means:?}");
    }
}

/// A terminal that is none: what a program draws on it, and keys for it.
#[cfg(target_os = "linux")]
mod terminal {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::OwnedFd;
    use std::process::{Child, Stdio};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    use nix::pty::{Winsize, openpty};
    use nix::sys::signal::Signal;
    use nix::sys::termios::{Termios, tcgetattr};

    use super::common::{LIMIT, args, children, lesson, lives, signal, until};

    struct Played {
        child: Child,
        keys: File,
        ours: OwnedFd,
        before: Termios,
        drawn: Receiver<Vec<u8>>,
        seen: String,
    }

    impl Played {
        fn start(words: &str) -> Self {
            let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
            let pty = openpty(Some(&size), None).expect("a pseudo-terminal");
            // Who has the other end of its own terminal never sees it go.
            for end in [&pty.master, &pty.slave] {
                fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a flag can be set");
            }
            let before = tcgetattr(&pty.slave).expect("it has a mode");
            let end = || Stdio::from(pty.slave.try_clone().expect("it can be cloned"));
            let mut command = lesson(args(words));
            let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("it starts");
            let mut screen = File::from(pty.master.try_clone().expect("it can be cloned"));
            let (sender, drawn) = channel();
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = screen.read(&mut bytes) {
                    if sender.send(bytes[..count].to_vec()).is_err() {
                        return;
                    }
                }
            });
            Self { child, keys: File::from(pty.master), ours: pty.slave, before, drawn, seen: String::new() }
        }

        /// Reads what is drawn until it has these words in it.
        fn wait_for(&mut self, words: &str) {
            while !self.seen.contains(words) {
                let bytes = self.drawn.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("{words:?} in {}", self.seen));
                self.seen += &String::from_utf8_lossy(&bytes);
            }
        }

        fn press(&mut self, keys: &str) {
            self.keys.write_all(keys.as_bytes()).expect("it takes keys");
        }

        /// Waits until it can be played, with so many workers and its guardian.
        fn is_ready(&mut self, workers: usize) -> Vec<(u32, String)> {
            self.wait_for("Who waits for whom");
            let pid = self.child.id();
            until("all processes are there", || children(pid).len() == workers + 1);
            children(pid)
        }

        /// It ends with this status, gives the terminal back, and leaves none of these behind.
        fn ends(mut self, status: i32, workers: &[(u32, String)]) {
            let found = self.child.wait().expect("it can be waited for");
            assert_eq!(found.code(), Some(status), "{}", self.seen);
            assert!(workers.iter().all(|(pid, line)| !line.ends_with("guardian") || !lives(*pid)));
            self.is_given_back(workers);
        }

        /// The terminal is as it was, and none of these is left behind.
        fn is_given_back(&mut self, workers: &[(u32, String)]) {
            until("the processes are gone", || workers.iter().all(|(pid, _)| !lives(*pid)));
            self.wait_for("\u{1b}[?1049l\u{1b}[?25h"); // the main screen, and the cursor
            let after = tcgetattr(&self.ours).expect("it has a mode");
            assert_eq!(after.local_flags, self.before.local_flags);
            assert_eq!(after.input_flags, self.before.input_flags);
        }
    }

    impl Drop for Played {
        fn drop(&mut self) {
            // Behind a test that failed it may still be there.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[test]
    fn it_is_given_back_in_every_way_out() {
        for (words, processes) in [("play deadlock", 0), ("play deadlock --real", 2)] {
            for (key, status) in [("q", 1), ("\u{1b}", 1), ("\u{3}", 130)] {
                let mut played = Played::start(words);
                let workers = played.is_ready(processes);
                played.press(key);
                played.ends(status, &workers);
            }
            for by in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
                let mut played = Played::start(words);
                let workers = played.is_ready(processes);
                signal(played.child.id(), by);
                played.ends(130, &workers);
            }
        }
    }

    #[test]
    fn a_game_is_played() {
        let mut played = Played::start("play philosophers --processes 2 --color never");
        played.wait_for("1-2 move");
        played.press("1");
        played.wait_for("P1:"); // only what has changed is drawn, word by word
        played.press("2");
        played.wait_for("reached.");
        played.press("q");
        played.wait_for("The moves: P1 P2");
        played.ends(0, &[]);
    }

    #[test]
    fn a_game_is_played_with_real_processes() {
        let mut played = Played::start("play philosophers --processes 2 --real");
        let workers = played.is_ready(2);
        for (key, answer) in [("1", "holds the exclusive flock on A.lock"), ("2", "on B.lock"), ("1", "waits for")] {
            played.press(key);
            played.wait_for(answer);
        }
        played.press("2");
        played.wait_for("reached.");
        // What the screen shows is there: nobody is ended before the learner leaves.
        assert!(workers.iter().all(|(pid, _)| lives(*pid)));
        played.press("q");
        played.ends(0, &workers);
    }

    #[test]
    fn it_is_given_back_when_it_is_killed() {
        for (words, workers) in [("play deadlock", 0), ("play deadlock --real", 2)] {
            let mut played = Played::start(words);
            let processes = played.is_ready(workers);
            let guardians = processes.iter().filter(|(_, line)| line.ends_with("guardian"));
            let [(guardian, _)] = guardians.collect::<Vec<_>>()[..] else { panic!("one guardian in {processes:?}") };
            // What is meant for everybody in the session does not hit it.
            for by in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
                signal(*guardian, by);
            }
            signal(played.child.id(), Signal::SIGKILL);
            played.child.wait().expect("it can be waited for");
            played.is_given_back(&processes);
        }
    }

    #[test]
    fn a_game_goes_on_without_its_guardian() {
        let mut played = Played::start("play deadlock");
        let processes = played.is_ready(0);
        signal(processes[0].0, Signal::SIGKILL);
        let pid = played.child.id();
        until("it is no zombie either", || children(pid).is_empty());
        played.press("q");
        played.ends(1, &processes);
    }
}
