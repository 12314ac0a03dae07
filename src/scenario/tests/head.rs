//! The rules of everything but the processes.

use snapbox::str;

use super::{check, check_head, check_process};

#[test]
fn a_right_one_is_read() {
    check_head(
        r#"busy_timeout = "5s"
locks.A = "sqlite""#,
        str!["fine"],
    );
    check_process(
        r#"rounds = 2
for = "3s"
retry = { backoff = "constant", base = "1s", cap = "1s", jitter = "none", attempts = 1 }"#,
        str!["fine"],
    );
    let windows =
        "\u{feff}title = \"日本 <img>\"\r\non = \"ofd\"\r\n[[process]]\r\nname = \"<img>\"\r\nsteps = [\"meet\"]\r\n";
    check(windows, str!["fine"]);
}

#[test]
fn the_title_is_one_line() {
    check(
        r#"on = "flock"
[[process]]
name = "P1"
steps = ["meet"]
"#,
        str![[r#"
two.toml:1:1: `title` is missing
  |
1 | on = "flock"
  | ^
  = help: add title = "Two clerks, two ledgers"
"#]],
    );
    check(
        r#"title = " "
on = "flock"
[[process]]
name = "P1"
steps = ["meet"]
"#,
        str![[r#"
two.toml:1:9: the title is empty
  |
1 | title = " "
  |         ^^^
  = help: say in one line what is going to happen
"#]],
    );
    check(
        r#"title = "red: \u001b[31m"
on = "flock"
[[process]]
name = "P1"
steps = ["meet"]
"#,
        str![[r#"
two.toml:1:9: the title contains the control character \u{1b}
  |
1 | title = "red: \u001b[31m"
  |         ^^^^^^^^^^^^^^^^^
  = help: take it out; a title is one line of text
"#]],
    );
}

#[test]
fn the_lock_kind_is_known() {
    check(
        r#"title = "t"
[[process]]
name = "P1"
steps = ["meet"]
"#,
        str![[r#"
two.toml:1:1: `on` is missing
  |
1 | title = "t"
  | ^
  = help: add on = "flock" (or fcntl, ofd, mutex, sqlite, sqlite-wal)
"#]],
    );
    check(
        r#"title = "t"
on = "flok"
[[process]]
name = "P1"
steps = ["meet"]
"#,
        str![[r#"
two.toml:2:6: unknown word `flok`
  |
2 | on = "flok"
  |      ^^^^^^
  = help: write one of `flock`, `fcntl`, `ofd`, `mutex`, `sqlite`, `sqlite-wal`
"#]],
    );
}

#[test]
fn a_patience_is_for_sqlite() {
    check_head(
        r#"busy_timeout = "5s""#,
        str![[r#"
two.toml:3:16: `busy_timeout` is for SQLite, which this scenario does not use
  |
3 | busy_timeout = "5s"
  |                ^^^^
  = help: take it out, or set on = "sqlite"
"#]],
    );
}

#[test]
fn locks_are_named_where_they_are_used() {
    check_head(
        r#"locks.B = "ofd""#,
        str![[r#"
two.toml:3:7: no step uses the lock `B`
  |
3 | locks.B = "ofd"
  |       ^
  = help: take it out, or use the lock in a step
"#]],
    );
    check_head(
        r#"[locks]
database = "ofd""#,
        str![[r#"
two.toml:4:1: `database` is the database of `begin`, `insert` and `commit`, not a lock
  |
4 | database = "ofd"
  | ^^^^^^^^
  = help: take the line out, and set its kind with `on`
"#]],
    );
    check_head(
        r#"[locks]
A = "mutex""#,
        str![[r#"
two.toml:4:1: mutex and flock don't mix: a mutex works between threads, the others between processes
  |
4 | A = "mutex"
  | ^
  = help: use a mutex for every lock, or for none
"#]],
    );
    check_head(
        r#"[locks]
"\u001b" = "ofd""#,
        str![[r#"
two.toml:4:1: no step uses the lock `\u{1b}`
  |
4 | "\u001b" = "ofd"
  | ^^^^^^^^
  = help: take it out, or use the lock in a step
"#]],
    );
}

#[test]
fn a_key_is_known() {
    check_head(
        r#"busy-timeout = "1s""#,
        str![[r#"
two.toml:3:1: unknown key `busy-timeout`
  |
3 | busy-timeout = "1s"
  | ^^^^^^^^^^^^
  = help: write one of `title`, `on`, `busy_timeout`, `on_deadlock`, `locks`, `units`, `process`
"#]],
    );
    check_process(
        "round = 1",
        str![[r#"
two.toml:6:1: unknown key `round`
  |
6 | round = 1
  | ^^^^^
  = help: write one of `name`, `rounds`, `for`, `retry`, `steps`
"#]],
    );
}
