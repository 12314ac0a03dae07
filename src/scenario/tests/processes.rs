//! The rules of everything in a process but its steps.

use snapbox::str;

use super::{check, check_head, check_process};

#[test]
fn there_are_processes() {
    check(
        r#"title = "t"
on = "flock"
"#,
        str![[r#"
two.toml:1:1: there is no process
  |
1 | title = "t"
  | ^
  = help: add a [[process]] with a name and steps
"#]],
    );
    check_head(
        r#"[process]
name = "P0"
steps = []"#,
        str![[r#"
two.toml:6:3: each process begins with a line [[process]]
  |
6 | [[process]]
  |   ^^^^^^^
  = help: write it so, in double brackets
"#]],
    );
    check(
        r#"title = "t"
on = "flock"
[process]
name = "P1"
steps = ["meet"]
"#,
        str![[r#"
two.toml:3:1: each process begins with a line [[process]]
  |
3 | [process]
  | ^^^^^^^^^
  = help: write it so, in double brackets
"#]],
    );
}

#[test]
fn a_process_has_a_name_of_its_own() {
    check_process(
        r#"[[process]]
name = "P1"
steps = ["meet"]"#,
        str![[r#"
two.toml:7:8: two processes are called `P1`
  |
7 | name = "P1"
  |        ^^^^
  = help: give each a name of its own
"#]],
    );
    check_process(
        r#"[[process]]
name = ""
steps = ["meet"]"#,
        str![[r#"
two.toml:7:8: `` can't name a process
  |
7 | name = ""
  |        ^^
  = help: use 1 to 64 characters without white space
"#]],
    );
    check_process(
        r#"[[process]]
name = "P 2"
steps = ["meet"]"#,
        str![[r#"
two.toml:7:8: `P 2` can't name a process
  |
7 | name = "P 2"
  |        ^^^^^
  = help: use 1 to 64 characters without white space
"#]],
    );
    check_process(
        r#"[[process]]
name = "P\u0007"
steps = ["meet"]"#,
        str![[r#"
two.toml:7:8: `P\u{7}` can't name a process
  |
7 | name = "P\u0007"
  |        ^^^^^^^^^
  = help: use 1 to 64 characters without white space
"#]],
    );
    check_process(
        r#"[[process]]
steps = ["meet"]"#,
        str![[r#"
two.toml:6:1: `name` is missing
  |
6 | [[process]]
  | ^^^^^^^^^^^
  = help: add name = "P1"
"#]],
    );
}

#[test]
fn a_process_has_steps() {
    check_process(
        r#"[[process]]
name = "P2"
steps = []"#,
        str![[r#"
two.toml:8:9: P2 has no steps
  |
8 | steps = []
  |         ^^
  = help: add some, such as "lock A", "work 1s", "unlock A"
"#]],
    );
    check_process(
        r#"[[process]]
name = "P2""#,
        str![[r#"
two.toml:6:1: `steps` is missing
  |
6 | [[process]]
  | ^^^^^^^^^^^
  = help: add steps = ["lock A", "work 1s", "unlock A"]
"#]],
    );
    check_process(
        r#"[[process]]
name = "P2"
steps = "meet""#,
        str![[r#"
two.toml:8:9: invalid type: string "meet"
  |
8 | steps = "meet"
  |         ^^^^^^
  = help: write an array: [ ... ]
"#]],
    );
}

#[test]
fn a_process_makes_rounds() {
    check_process(
        "rounds = 0",
        str![[r#"
two.toml:6:10: P1 makes 0 rounds
  |
6 | rounds = 0
  |          ^
  = help: use 1 or more, or leave `rounds` out to make one
"#]],
    );
    check_process(
        "rounds = -1",
        str![[r#"
two.toml:6:10: invalid value: integer `-1`
  |
6 | rounds = -1
  |          ^^
  = help: write a whole number from 1 to 4294967295
"#]],
    );
    check_process(
        r#"rounds = "two""#,
        str![[r#"
two.toml:6:10: invalid type: string "two"
  |
6 | rounds = "two"
  |          ^^^^^
  = help: write a whole number from 1 to 4294967295
"#]],
    );
    check_process(
        r#"for = "0s""#,
        str![[r#"
two.toml:6:7: P1 begins no round within 0s
  |
6 | for = "0s"
  |       ^^^^
  = help: use a longer time, or `rounds` to count
"#]],
    );
    check_process(
        r#"for = "3 parsecs""#,
        str![[r#"
two.toml:6:7: `3 parsecs` is not a duration
  |
6 | for = "3 parsecs"
  |       ^^^^^^^^^^^
  = help: write a number and a unit: 200ms, 3s, 1m30s
"#]],
    );
}

#[test]
fn a_process_tries_again() {
    check_process(
        r#"retry = { backoff = "constant", base = "2s", cap = "1s", jitter = "none", attempts = 3 }"#,
        str![[r#"
two.toml:6:9: the first pause of P1, 2s, is longer than its longest, 1s
  |
6 | retry = { backoff = "constant", base = "2s", cap = "1s", jitter = "none", attempts = 3 }
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: make `base` at most `cap`
"#]],
    );
    check_process(
        r#"[process.retry]
backoff = "constant"
base = "1s"
cap = "1s"
jitter = "none"
attempts = 0"#,
        str![[r#"
two.toml:6:1: P1 has 0 attempts
  |
6 | [process.retry]
  | ^^^^^^^^^^^^^^^
  = help: use 1 or more; the first one counts
"#]],
    );
    check_process(
        r#"retry = { backoff = "constant" }"#,
        str![[r#"
two.toml:6:9: `base` is missing
  |
6 | retry = { backoff = "constant" }
  |         ^^^^^^^^^^^^^^^^^^^^^^^^
  = help: add base = "10ms"
"#]],
    );
    check_process(
        r#"retry = { backoff = "linear" }"#,
        str![[r#"
two.toml:6:21: unknown word `linear`
  |
6 | retry = { backoff = "linear" }
  |                     ^^^^^^^^
  = help: write `constant` or `exponential`
"#]],
    );
    check_process(
        "retry = 3",
        str![[r#"
two.toml:6:9: invalid type: integer `3`
  |
6 | retry = 3
  |         ^
  = help: write a table: { backoff = "exponential", ... }
"#]],
    );
}
