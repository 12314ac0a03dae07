//! The rules of TOML, and the limits.

use snapbox::str;

use super::{check, check_head, check_process};
use crate::scenario::{LARGEST_FILE, LONGEST_TITLE, MOST_PROCESSES, MOST_STEPS};

#[test]
fn it_is_toml() {
    check(
        "",
        str![[r#"
two.toml:1:1: `title` is missing
  |
1 |
  | ^
  = help: add title = "Two clerks, two ledgers"
"#]],
    );
    check(
        "hello",
        str![[r#"
two.toml:1:6: key with no value
  |
1 | hello
  |      ^
  = help: write `=`
"#]],
    );
    check_head(
        r#"title = "again""#,
        str![[r#"
two.toml:3:1: duplicate key
  |
3 | title = "again"
  | ^^^^^
  = help: take one of the two out
"#]],
    );
    check_head(
        "busy_timeout = 5s",
        str![[r#"
two.toml:3:16: string values must be quoted
  |
3 | busy_timeout = 5s
  |                ^^
  = help: a text stands in straight quotes: "insert", "5s"
"#]],
    );
    check_head(
        r#"x = "\q""#,
        str![[r#"
two.toml:3:7: missing escaped value
  |
3 | x = "\q"
  |       ^
  = help: write `b`, `e`, `f`, `n`, `r`, `\`, `"`, `x`, `u`, `U`
"#]],
    );
    check_process(
        r#"[[process]]
name = "P2"
steps = ["lock A" "unlock A"]"#,
        str![[r#"
two.toml:8:19: missing comma between array elements
  |
8 | steps = ["lock A" "unlock A"]
  |                   ^
  = help: write `,` before it, or the quote that is missing there
"#]],
    );
    check_process(
        r#"[[process]]
name = "P2"
steps = ["meet""#,
        str![[r#"
two.toml:8:16: unclosed array
  |
8 | steps = ["meet"
  |                ^
  = help: write `]`
"#]],
    );
    check(
        &format!("x = {}", "[".repeat(3000)),
        str![[r#"
two.toml:1:85: cannot recurse further
  |
1 | …[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
  |                                                    ^
  = help: nothing in a scenario is nested so deep
"#]],
    );
}

#[test]
fn everything_has_a_limit() {
    let title = "x".repeat(LONGEST_TITLE + 1);
    check(
        &format!("title = \"{title}\"\non = \"flock\"\n[[process]]\nname = \"P1\"\nsteps = [\"meet\"]"),
        str![[r#"
two.toml:1:9: the title is 10001 bytes long
  |
1 | title = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: use at most 10000
"#]],
    );
    check_process(
        &format!("[[process]]\nname = \"{}\"\nsteps = [\"meet\"]", "é".repeat(65)),
        str![[r#"
two.toml:7:8: `ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…` can't name a process
  |
7 | name = "ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: use 1 to 64 characters without white space
"#]],
    );
    check_process(&format!("[[process]]\nname = \"{}\"\nsteps = [\"meet\"]", "é".repeat(64)), str!["fine"]);
    let many: String =
        (0..MOST_PROCESSES).map(|n| format!("[[process]]\nname = \"{n}\"\nsteps = [\"meet\"]\n")).collect();
    check(&format!("title = \"t\"\non = \"flock\"\n{many}"), str!["fine"]);
    check_process(
        &many,
        str![[r#"
two.toml:30004:8: there are 10001 processes
      |
30004 | name = "9999"
      |        ^^^^^^
      = help: use at most 10000
"#]],
    );
    check_process(
        &format!("[[process]]\nname = \"P2\"\nsteps = [{}]", "\"meet\",".repeat(MOST_STEPS + 1)),
        str![[r#"
two.toml:8:70010: P2 has 10001 steps
  |
8 | …,"meet","meet","meet","meet","meet","meet","meet","meet",]
  |                                                    ^^^^^^
  = help: use at most 10000; `rounds` and `for` repeat them
"#]],
    );
    check(
        &"#".repeat(LARGEST_FILE + 1),
        str![[r#"
two.toml:1:1: the scenario is too large
  |
1 | ####################################################################################################…
  | ^
  = help: use at most 16 MiB
"#]],
    );
}
