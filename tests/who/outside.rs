//! What can't be seen is said: from a PID namespace, as another user.

use std::process::Command;

use crate::common::{Place, finish};
use crate::holders::{Holder, database};

const WRITER: &str = "c = db(); c.execute('begin immediate'); f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)";

/// `lesson who`, started by another program, in a folder.
fn who(place: &Place, starter: &[&str], path: &str) -> (Option<i32>, String) {
    // Another user may read neither the folder of the build nor that of the test.
    let copy = place.join("lesson");
    if !copy.exists() {
        std::fs::copy(env!("CARGO_BIN_EXE_lesson"), &copy).expect("a copy");
        let anybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(place.path(), anybody).expect("ours");
    }
    let mut command = Command::new(starter[0]);
    let path = Some(path).filter(|path| !path.is_empty());
    command.args(&starter[1..]).arg(copy).arg("who").args(path).current_dir(place.path());
    let done = finish(command);
    assert_eq!(done.err, "", "{starter:?}");
    (done.status, done.text().split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What each starter sees of each file: the exit status, and words of the page.
fn check(starter: &[&str], table: &[(&str, i32, &[&str])]) {
    let place = Place::new();
    database(place.path(), "delete");
    let _holder = Holder::ready(place.path(), WRITER);
    for (path, status, words) in table {
        let (found, page) = who(&place, starter, path);
        assert_eq!(found, Some(*status), "{path}: {page}");
        for word in *words {
            assert!(page.contains(word), "{path}: `{word}` is missing in: {page}");
        }
    }
}

/// The kernel's list leaves a holder outside out; `F_GETLK` still tells of SQLite's locks.
pub fn a_holder_outside_the_namespace_is_told_by_asking() {
    let container = ["unshare", "--pid", "--fork", "--mount-proc"];
    check(
        &container,
        &[
            ("app.db", 0, &["? RESERVED", "out of sight", "outside this PID namespace", "F_GETLK"]),
            ("a.lock", 1, &["container", "an flock from outside stays unseen"]),
        ],
    );
}

/// Locks and states are for everybody to see; open files are not.
pub fn another_user_is_told_what_root_would_see() {
    let nobody = ["setpriv", "--reuid", "65534", "--clear-groups"];
    check(
        &nobody,
        &[
            ("app.db", 0, &["RESERVED", "sudo kill", "of other users", "Run it as root"]),
            (
                "a.lock",
                0,
                &["holds exclusive flock", "sudo kill", "of other users", "a child that inherited the open file"],
            ),
        ],
    );
    // A folder that is closed to it.
    let place = Place::new();
    who(&place, &["env"], "lesson");
    std::fs::create_dir(place.join("private")).expect("made");
    std::fs::set_permissions(place.join("private"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("ours");
    let mut command = Command::new(nobody[0]);
    command.args(&nobody[1..]).arg(place.join("lesson")).args(["who", "private/a.lock"]).current_dir(place.path());
    finish(command).expect_error(&["can't look at private/a.lock", "Permission denied", "as root (`sudo lesson who"]);
    // Of the whole machine as well, whether or not somebody happens to wait.
    let (_, page) = who(&Place::new(), &nobody, "");
    assert!(page.contains("Not seen") && page.contains("of other users"), "{page}");
}
