//! The rules of locks that have several units.

use snapbox::{IntoData, str};

use super::{check, check_head};
use crate::scenario::{Step, builtin, parse, to_toml};

/// One process with these steps, and `tape` with 3 units.
#[track_caller]
fn check_tape(steps: &str, expected: snapbox::data::Inline) {
    let head = "title = \"t\"\non = \"flock\"\nunits = { tape = 3 }\n";
    check(&format!("{head}[[process]]\nname = \"P1\"\nsteps = [{steps}]\n"), expected);
}

#[test]
fn a_right_one_is_read() {
    check_tape(r#""lock tape", "unlock tape""#, str!["fine"]);
    check_tape(r#""lock tape 3", "unlock tape 3", "lock tape 3", "unlock tape""#, str!["fine"]);
    check_tape(r#""lock tape 1", "lock tape 2", "unlock tape 1", "lock tape", "unlock tape""#, str!["fine"]);
    check_tape(r#""lock tape 2 within 1s", "lock tape or fail", "unlock tape""#, str!["fine"]);
    check_tape(r#""lock tape 2", "lock A shared", "crash""#, str!["fine"]);
    check(
        r#"title = "t"
on = "sqlite-wal"
[locks]
A = "fcntl"
[units]
tape = 1000
[[process]]
name = "P1"
steps = ["lock tape 1000", "lock A", "begin", "commit", "unlock A", "unlock tape"]
"#,
        str!["fine"],
    );
}

#[test]
fn a_number_is_written_behind_the_name_and_stays() {
    let same =
        ["lock tape", "lock tape 2", "lock 2 3 within 1s", "lock tape 0 or fail", "unlock tape", "unlock tape 1"];
    for text in same {
        assert_eq!(text.parse::<Step>().map(|step| step.to_string()).as_deref(), Ok(text));
    }
    let wrong = |text: &str, expected: &str| {
        let why = text.parse::<Step>().unwrap_err().to_string();
        assert!(why.starts_with(expected), "{why}");
    };
    for text in ["lock tape 2 2", "lock tape x", "unlock tape x"] {
        wrong(text, &format!("`{text}` is not complete or says too much; write: "));
    }
    for number in ["+2", "-2", ".5", "4294967296", "2.0"] {
        let expected = format!("`{number}` is no number of units; write a whole number from 1 to 1000");
        wrong(&format!("lock tape {number}"), &expected);
        wrong(&format!("unlock tape {number}"), &expected);
    }
}

#[test]
fn there_are_as_many_as_are_taken() {
    check_tape(
        r#""lock tape 4", "unlock tape""#,
        str![[r#"
two.toml:6:10: P1 would hold 4 units of tape here, and there are 3
  |
6 | steps = ["lock tape 4", "unlock tape"]
  |          ^^^^^^^^^^^^^
  = help: take fewer, or raise `units`
"#]],
    );
    check_tape(
        r#""lock tape 2", "lock tape", "lock tape or fail", "unlock tape""#,
        str![[r#"
two.toml:6:38: P1 would hold 4 units of tape here, and there are 3
  |
6 | steps = ["lock tape 2", "lock tape", "lock tape or fail", "unlock tape"]
  |                                      ^^^^^^^^^^^^^^^^^^^
  = help: take fewer, or put `unlock tape` before it, or raise `units`
"#]],
    );
    check_tape(
        r#""lock tape 4294967295", "unlock tape""#,
        str![[r#"
two.toml:6:10: P1 would hold 4294967295 units of tape here, and there are 3
  |
6 | steps = ["lock tape 4294967295", "unlock tape"]
  |          ^^^^^^^^^^^^^^^^^^^^^^
  = help: take fewer, or raise `units`
"#]],
    );
    check_tape(
        r#""lock tape 0", "unlock tape""#,
        str![[r#"
two.toml:6:10: it takes no unit
  |
6 | steps = ["lock tape 0", "unlock tape"]
  |          ^^^^^^^^^^^^^
  = help: take 1 or more, or take this step out
"#]],
    );
}

#[test]
fn what_is_taken_is_given_back() {
    check_tape(
        r#""unlock tape 1""#,
        str![[r#"
two.toml:6:10: P1 does not hold tape here
  |
6 | steps = ["unlock tape 1"]
  |          ^^^^^^^^^^^^^^^
  = help: put `lock tape` before it, or take this step out
"#]],
    );
    check_tape(
        r#""lock tape 2", "unlock tape 3""#,
        str![[r#"
two.toml:6:25: P1 holds 2 units of tape here and can't give back 3
  |
6 | steps = ["lock tape 2", "unlock tape 3"]
  |                         ^^^^^^^^^^^^^^^
  = help: write `unlock tape`, which gives all back
"#]],
    );
    check_tape(
        r#""lock tape", "unlock tape 0", "unlock tape""#,
        str![[r#"
two.toml:6:23: it gives no unit back
  |
6 | steps = ["lock tape", "unlock tape 0", "unlock tape"]
  |                       ^^^^^^^^^^^^^^^
  = help: give back 1 or more, or take this step out
"#]],
    );
    check_tape(
        r#""lock tape 2", "unlock tape 2", "unlock tape""#,
        str![[r#"
two.toml:6:42: P1 does not hold tape here
  |
6 | steps = ["lock tape 2", "unlock tape 2", "unlock tape"]
  |                                          ^^^^^^^^^^^^^
  = help: put `lock tape` before it, or take this step out
"#]],
    );
    check_tape(
        r#""lock tape 2", "lock tape", "unlock tape 1""#,
        str![[r#"
two.toml:6:10: P1 never releases 2 units of tape
  |
6 | steps = ["lock tape 2", "lock tape", "unlock tape 1"]
  |          ^^^^^^^^^^^^^
  = help: add `unlock tape`
"#]],
    );
    check_tape(
        r#""lock A", "lock tape", "unlock A""#,
        str![[r#"
two.toml:6:20: P1 never releases 1 unit of tape
  |
6 | steps = ["lock A", "lock tape", "unlock A"]
  |                    ^^^^^^^^^^^
  = help: add `unlock tape`
"#]],
    );
}

#[test]
fn units_are_not_shared() {
    check_tape(
        r#""lock tape shared", "unlock tape""#,
        str![[r#"
two.toml:6:10: a lock with units has no shared mode
  |
6 | steps = ["lock tape shared", "unlock tape"]
  |          ^^^^^^^^^^^^^^^^^^
  = help: say how many it takes, such as `lock tape 1`, or take tape out of `units`
"#]],
    );
    check_tape(
        r#""lock tape 2 shared", "unlock tape""#,
        str![[r#"
two.toml:6:10: `lock tape 2 shared` is not complete or says too much
  |
6 | steps = ["lock tape 2 shared", "unlock tape"]
  |          ^^^^^^^^^^^^^^^^^^^^
  = help: write: lock NAME [UNITS|shared] [within DURATION] [or fail]
"#]],
    );
}

#[test]
fn other_locks_have_none() {
    check_tape(
        r#""lock tape", "lock A 2", "unlock A", "unlock tape""#,
        str![[r#"
two.toml:6:23: A has no units: it is one whole lock
  |
6 | steps = ["lock tape", "lock A 2", "unlock A", "unlock tape"]
  |                       ^^^^^^^^^^
  = help: write `lock A`, or say how many units there are: units = { A = 3 }
"#]],
    );
    check_tape(
        r#""lock tape", "lock A", "unlock A 1", "unlock tape""#,
        str![[r#"
two.toml:6:33: A has no units: it is one whole lock
  |
6 | steps = ["lock tape", "lock A", "unlock A 1", "unlock tape"]
  |                                 ^^^^^^^^^^^^
  = help: write `unlock A`, or say how many units there are: units = { A = 3 }
"#]],
    );
}

#[test]
fn the_table_names_what_is_there() {
    check_head("units = { A = 1000 }", str!["fine"]);
    check_head(
        "units = { A = 0 }",
        str![[r#"
two.toml:3:11: A has 0 units
  |
3 | units = { A = 0 }
  |           ^
  = help: write a whole number from 1 to 1000
"#]],
    );
    check_head(
        "units = { A = 1001 }",
        str![[r#"
two.toml:3:11: A has 1001 units
  |
3 | units = { A = 1001 }
  |           ^
  = help: write a whole number from 1 to 1000
"#]],
    );
    check_head(
        "units.A = -1",
        str![[r#"
two.toml:3:11: invalid value: integer `-1`
  |
3 | units.A = -1
  |           ^^
  = help: write a whole number from 1 to 1000
"#]],
    );
    check_head(
        "units = 3",
        str![[r#"
two.toml:3:9: invalid type: integer `3`
  |
3 | units = 3
  |         ^
  = help: write a table
"#]],
    );
    check_head(
        "units = { A = 2, tape = 3 }",
        str![[r#"
two.toml:3:18: no step uses the lock `tape`
  |
3 | units = { A = 2, tape = 3 }
  |                  ^^^^
  = help: take it out, or use the lock in a step
"#]],
    );
    check_head(
        "units = { database = 2 }",
        str![[r#"
two.toml:3:11: `database` is the database of `begin`, `insert` and `commit`, not a lock
  |
3 | units = { database = 2 }
  |           ^^^^^^^^
  = help: take it out of `units`, or give the lock another name
"#]],
    );
    check_head(
        "units = { A = 2 }\nlocks = { A = \"ofd\" }",
        str![[r#"
two.toml:3:11: A stands in `units` and in `[locks]`: a lock with units is of no kind
  |
3 | units = { A = 2 }
  |           ^
  = help: take it out of one of the two
"#]],
    );
    check_head(
        "units = { \"\\u001b\" = 0 }",
        str![[r#"
two.toml:3:11: \u{1b} has 0 units
  |
3 | units = { "\u001b" = 0 }
  |           ^^^^^^^^
  = help: write a whole number from 1 to 1000
"#]],
    );
}

#[test]
fn the_banker_is_short_enough_to_copy() {
    let banker = to_toml(&builtin::banker(false));
    snapbox::assert_data_eq!(
        banker.as_str().raw(),
        str![[r#"
title = "3 customers borrow in two portions; the bank has 10 units"
on    = "flock"
units = { money = 10 }

[[process]]
name  = "P1"
steps = ["lock money 4", "lock money 5", "unlock money"]

[[process]]
name  = "P2"
steps = ["lock money 2", "lock money 2", "unlock money"]

[[process]]
name  = "P3"
steps = ["lock money 2", "lock money 5", "unlock money"]

"#]]
        .raw()
    );
    for all_at_once in [false, true] {
        let scenario = builtin::banker(all_at_once);
        assert_eq!(parse(&to_toml(&scenario), "x"), Ok(scenario));
    }
}
