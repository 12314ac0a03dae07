//! Files that are none, and names that want to act on a terminal: a clear line, no panic, no escape code.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::common::{Place, Running, finish, lesson, signal};
use crate::holders::{Holder, database, page, row, see, who};

/// What stands there, and what is said of it; nobody holds any of them.
pub fn every_kind_of_file_gets_a_clear_line() {
    let place = Place::new();
    place.write("empty", "");
    place.write("text", "hello");
    place.write("cut", b"SQLite format 3\0\x10");
    place.write("encrypted.db", (0..8192_u32).map(|at| (at * 131 % 251) as u8).collect::<Vec<_>>());
    place.write("zeros.db", [0; 4096]);
    place.write("lonely-wal", "no database beside it");
    place.write("new\nline\u{1b}[2J", "");
    std::fs::create_dir(place.join("folder")).expect("made");
    nix::unistd::mkfifo(&place.join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("made");
    let _socket = UnixListener::bind(place.join("socket")).expect("made");
    std::os::unix::fs::symlink("text", place.join("link")).expect("made");
    let table = [
        ("empty", "an empty file"),
        ("text", "a text file"),
        ("cut", "cut off or damaged"),
        ("encrypted.db", "encrypted"),
        ("zeros.db", "no SQLite database"),
        ("lonely-wal", "a text file"),
        ("new\nline\u{1b}[2J", "new\\u{a}line\\u{1b}[2J"),
        ("folder", "a directory"),
        ("fifo", "a named pipe"),
        ("socket", "a socket"),
        ("link", "a text file"),
        ("/dev/null", "a device"),
        ("/proc/self/status", ", on proc"),
    ];
    for (path, words) in table {
        let joined = page(place.path(), path).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(words), "{path}: {joined}");
        let (status, document) = who(place.path(), path);
        assert!(status == 1 || path == "/dev/null", "{path}: {document:#}");
    }
    // No line is broken within a name.
    let name = "the lock of a program whose author likes blanks in the names of files.lock";
    place.write(name, "");
    assert_eq!(page(place.path(), name).matches(name).count(), 2);
}

/// Each of these can't be looked at, and is told so in one line.
pub fn what_can_not_be_looked_at_is_one_clear_error() {
    let place = Place::new();
    std::os::unix::fs::symlink("loop", place.join("loop")).expect("made");
    place.write("plain", "");
    let strange = OsString::from_vec(b"miss\xff\x1b[2J\ning".to_vec());
    let table: [(OsString, &str); 4] = [
        ("missing".into(), "no such file"),
        ("loop".into(), "can't look at loop"),
        ("plain/below".into(), "can't look at plain/below"),
        (strange, "\\u{1b}[2J\\u{a}ing"),
    ];
    for (path, words) in table {
        let mut command = lesson([OsString::from("who"), path.clone()]);
        command.current_dir(place.path());
        let done = finish(command);
        assert!(!done.err.contains('\u{1b}'), "{path:?}");
        done.expect_error(&[words]);
    }
}

/// 100 kB of arguments with escape codes and line feeds, in a process with a strange name.
pub fn a_hostile_command_line_does_no_harm() {
    let place = Place::new();
    let mut command = Command::new("python3");
    let script = "import fcntl, sys
open('/proc/self/comm', 'w').write('\\x1b[31mx\\n)')
f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('ready', flush=True); sys.stdin.readline()";
    command.args(["-c", script, "\u{1b}[2J\u{1b}]0;title\u{7}\n\u{202e}desrever"]).arg("x".repeat(100_000));
    let mut holder = Holder::start(command, place.path());
    holder.wait_for("ready");
    let page = page(place.path(), "a.lock");
    assert!(page.len() < 8_000, "{} bytes", page.len());
    assert!(page.contains(&"x".repeat(1_000)), "no terminal would break the row: {page}");
    assert!(page.contains("\\u{1b}[31mx") && !page.contains('\u{202e}') && !page.contains('\u{7}'), "{page}");
    let (status, document) = who(place.path(), "a.lock");
    assert_eq!((status, row(&document, holder.pid()).0.as_str()), (0, "holds"));
    let command = document["file"]["parties"][0]["process"]["command"].as_str().unwrap_or_default();
    assert!(command.len() < 4_000, "{} bytes", command.len());
}

/// A file that goes while it is watched, and comes back as another one.
pub fn a_file_that_vanishes_is_followed() {
    let place = Place::new();
    place.write("a.lock", "");
    let holder = Holder::ready(place.path(), "f = open('a.lock'); fcntl.flock(f, fcntl.LOCK_EX)");
    let mut watch = Running::start(place.lesson("who a.lock --watch 0.1"));
    watch.wait_for(&["holds exclusive flock"]);
    std::fs::remove_file(place.join("a.lock")).expect("removed");
    watch.wait_for(&["a.lock is not there"]);
    holder.finish();
    place.write("a.lock", "");
    watch.wait_for(&["Nobody holds a.lock"]);
    assert_eq!(watch.close_and_finish().status, Some(0), "nobody reads any more: no error");
}

/// The same holder is seen for longer each time; with `--json` a line for each look.
pub fn watching_tells_for_how_long() {
    let place = Place::new();
    let _holder = Holder::ready(place.path(), "f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)");
    let mut watch = Running::start(place.lesson("who a.lock --json --watch 100ms"));
    watch.wait_for(&["\"seen_s\":0"]);
    watch.wait_for(&["\"seen_s\":1"]);
    watch.close_and_finish();
    // A word that is no number is the path.
    let mut watch = Running::start(place.lesson("who --watch a.lock"));
    watch.wait_for(&["in this state"]);
    watch.close_and_finish();
    // The next option is no word of its own.
    for (words, shown) in [
        ("who a.lock --watch --json", "\"seen_s\":0"),
        ("who --watch --json a.lock", "\"seen_s\":0"),
        ("who a.lock --watch --color never", "in this state"),
    ] {
        let mut watch = Running::start(place.lesson(words));
        watch.wait_for(&[shown]);
        watch.close_and_finish();
    }
    for (words, error) in [
        ("who a.lock --watch -1", "not a duration"),
        ("who a.lock --watch 0", "too often"),
        ("who a.lock --watch 9999", "too seldom"),
        ("who a.lock --watch x", "not a duration"),
    ] {
        place.run(words).expect_error(&[error]);
    }
}

/// Whatever asks it to end: the exit status is that of every command that was interrupted.
pub fn watching_ends_as_everything_does() {
    use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGTERM};
    let place = Place::new();
    place.write("a.lock", "");
    for by in [SIGINT, SIGTERM, SIGHUP] {
        let mut watch = Running::start(place.lesson("who a.lock --watch 0.1"));
        watch.wait_for(&["Nobody holds a.lock"]);
        signal(watch.pid(), by);
        assert_eq!(watch.finish().status, Some(130), "{by}");
    }
}

/// It only looks: not a byte of the database, its index or its log changes, and no lock of anybody goes.
pub fn looking_changes_nothing() {
    for journal in ["delete", "wal"] {
        let place = Place::new();
        database(place.path(), journal);
        let writer =
            Holder::ready(place.path(), "c = db(); c.execute('begin immediate'); c.execute('insert into t values(2)')");
        let state = || -> Vec<(OsString, Vec<u8>, std::time::SystemTime)> {
            let read = |name: OsString| {
                let path = place.join(&name);
                let changed = File::open(&path).and_then(|file| file.metadata()?.modified()).expect("a time");
                (name, std::fs::read(path).expect("its bytes"), changed)
            };
            place.entries().into_iter().map(read).collect()
        };
        let before = state();
        for path in ["app.db", "app.db-wal", "app.db-journal"] {
            who(place.path(), path);
        }
        assert_eq!(state(), before, "{journal}");
        let document = see(place.path(), "app.db", "the writer", |document| !row(document, writer.pid()).0.is_empty());
        assert_eq!(row(&document, writer.pid()).0, "holds");
    }
}
