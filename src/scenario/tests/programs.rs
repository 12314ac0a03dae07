//! The rules of programs: which step may follow which.

use snapbox::str;

use super::{check, check_steps};

#[test]
fn a_right_one_is_read() {
    check_steps("flock", r#""lock A", "unlock A""#, str!["fine"]);
    check_steps("flock", r#""lock A shared within 3s or fail", "work 1ms", "meet", "crash""#, str!["fine"]);
    check_steps("sqlite", r#""begin", "select", "insert", "lock B shared", "commit", "unlock B""#, str!["fine"]);
    check_steps("sqlite-wal", r#""begin exclusive", "crash""#, str!["fine"]);
    check_steps("mutex", r#""lock A within 1s", "lock B or fail", "unlock A", "unlock B""#, str!["fine"]);
}

#[test]
fn a_step_is_one_of_the_language() {
    check_steps(
        "flock",
        r#""lock A", "jump", "unlock A""#,
        str![[r#"
two.toml:5:20: unknown step `jump`
  |
5 | steps = ["lock A", "jump", "unlock A"]
  |                    ^^^^^^
  = help: a step is one of: lock, unlock, work, meet, crash, begin, select, insert, commit, rollback
"#]],
    );
    check_steps(
        "flock",
        r#""lock A", "unlok A""#,
        str![[r#"
two.toml:5:20: unknown step `unlok A`: did you mean `unlock`?
  |
5 | steps = ["lock A", "unlok A"]
  |                    ^^^^^^^^^
  = help: a step is one of: lock, unlock, work, meet, crash, begin, select, insert, commit, rollback
"#]],
    );
    check_steps(
        "flock",
        r#""lock A twice""#,
        str![[r#"
two.toml:5:10: `lock A twice` is not complete or says too much
  |
5 | steps = ["lock A twice"]
  |          ^^^^^^^^^^^^^^
  = help: write: lock NAME [UNITS|shared] [within DURATION] [or fail]
"#]],
    );
    check_steps(
        "flock",
        r#""unlock""#,
        str![[r#"
two.toml:5:10: `unlock` is not complete or says too much
  |
5 | steps = ["unlock"]
  |          ^^^^^^^^
  = help: write: unlock NAME [UNITS]
"#]],
    );
    check_steps(
        "flock",
        r#""lock ../A""#,
        str![[r#"
two.toml:5:10: `../A` can't name a lock
  |
5 | steps = ["lock ../A"]
  |          ^^^^^^^^^^^
  = help: use 1 to 64 letters, digits, `-` or `_`
"#]],
    );
    check_steps(
        "flock",
        r#""work 1 parsec""#,
        str![[r#"
two.toml:5:10: `1 parsec` is not a duration
  |
5 | steps = ["work 1 parsec"]
  |          ^^^^^^^^^^^^^^^
  = help: write a number and a unit: 200ms, 3s, 1m30s
"#]],
    );
    check_steps(
        "flock",
        r#""work 25h""#,
        str![[r#"
two.toml:5:10: `25h` is longer than a day
  |
5 | steps = ["work 25h"]
  |          ^^^^^^^^^^
  = help: use at most 24h
"#]],
    );
    check_steps(
        "flock",
        r#""""#,
        str![[r#"
two.toml:5:10: unknown step ``
  |
5 | steps = [""]
  |          ^^
  = help: a step is one of: lock, unlock, work, meet, crash, begin, select, insert, commit, rollback
"#]],
    );
    check_steps(
        "flock",
        r#""lock \u001b[2J""#,
        str![[r#"
two.toml:5:10: `\u{1b}[2J` can't name a lock
  |
5 | steps = ["lock \u001b[2J"]
  |          ^^^^^^^^^^^^^^^^
  = help: use 1 to 64 letters, digits, `-` or `_`
"#]],
    );
    check_steps(
        "flock",
        r#""say; this, expected that""#,
        str![[r#"
two.toml:5:10: unknown step `say; this, expected that`
  |
5 | steps = ["say; this, expected that"]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: a step is one of: lock, unlock, work, meet, crash, begin, select, insert, commit, rollback
"#]],
    );
    check_steps(
        "flock",
        "1",
        str![[r#"
two.toml:5:10: invalid type: integer `1`
  |
5 | steps = [1]
  |          ^
  = help: write a duration with its unit, in quotes: "5s"
"#]],
    );
}

#[test]
fn a_lock_is_taken_once_and_released() {
    check_steps(
        "flock",
        r#""unlock A""#,
        str![[r#"
two.toml:5:10: P1 does not hold A here
  |
5 | steps = ["unlock A"]
  |          ^^^^^^^^^^
  = help: put `lock A` before it, or take this step out
"#]],
    );
    check_steps(
        "flock",
        r#"
  "lock A",  # both
  "unlock B",
"#,
        str![[r#"
two.toml:7:3: P1 does not hold B here
  |
7 |   "unlock B",
  |   ^^^^^^^^^^
  = help: put `lock B` before it, or take this step out
"#]],
    );
    check_steps(
        "flock",
        r#""lock A", "lock A or fail""#,
        str![[r#"
two.toml:5:20: P1 already holds A here and would wait for itself for ever
  |
5 | steps = ["lock A", "lock A or fail"]
  |                    ^^^^^^^^^^^^^^^^
  = help: put `unlock A` before it, or take this step out
"#]],
    );
    check_steps(
        "flock",
        r#""lock A", "lock B", "unlock A""#,
        str![[r#"
two.toml:5:20: P1 never releases B
  |
5 | steps = ["lock A", "lock B", "unlock A"]
  |                    ^^^^^^^^
  = help: add `unlock B`
"#]],
    );
}

#[test]
fn a_crash_is_the_end() {
    check_steps(
        "flock",
        r#""lock A", "crash", "unlock A""#,
        str![[r#"
two.toml:5:29: `unlock A` comes after `crash` and is never reached
  |
5 | steps = ["lock A", "crash", "unlock A"]
  |                             ^^^^^^^^^^
  = help: take it out, or move `crash` to the end
"#]],
    );
    check_steps(
        "mutex",
        r#""lock A", "crash""#,
        str![[r#"
two.toml:5:20: threads die together, so one of them can't `crash` alone
  |
5 | steps = ["lock A", "crash"]
  |                    ^^^^^^^
  = help: take it out, or use a lock between processes, such as flock
"#]],
    );
}

#[test]
fn a_mutex_is_never_shared() {
    check_steps(
        "mutex",
        r#""lock A shared", "unlock A""#,
        str![[r#"
two.toml:5:10: a mutex has no shared mode
  |
5 | steps = ["lock A shared", "unlock A"]
  |          ^^^^^^^^^^^^^^^
  = help: write `lock A`, or use another kind of lock, such as flock
"#]],
    );
}

#[test]
fn a_lock_is_always_spelled_alike() {
    check_steps(
        "flock",
        r#""lock A", "lock a", "unlock a", "unlock A""#,
        str![[r#"
two.toml:5:20: `a` and `A` differ only in capitals, and some systems take them for one file
  |
5 | steps = ["lock A", "lock a", "unlock a", "unlock A"]
  |                    ^^^^^^^^
  = help: give each lock a name of its own
"#]],
    );
}

#[test]
fn processes_meet_equally_often() {
    check(
        r#"title = "t"
on = "flock"
[[process]]
name = "P1"
steps = ["work 1s"]
[[process]]
name = "P2"
steps = ["meet"]
[[process]]
name = "P3"
steps = ["meet", "meet"]
"#,
        str![[r#"
two.toml:11:18: P3 has 2 of `meet` and P2 has 1: one of them would wait for ever
   |
11 | steps = ["meet", "meet"]
   |                  ^^^^^^
   = help: give every process that meets the same number of `meet` steps
"#]],
    );
    check(
        r#"title = "t"
on = "flock"
[[process]]
name = "P1"
steps = ["work 1s"]
[[process]]
name = "P2"
steps = ["meet"]
[[process]]
name = "P3"
steps = ["meet"]
rounds = 2
for = "1s"
"#,
        str!["fine"],
    );
}
