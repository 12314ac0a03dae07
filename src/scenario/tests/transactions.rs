//! The rules of transactions: which step may follow which on a database.

use snapbox::str;

use super::check_steps;

#[test]
fn a_transaction_needs_a_database() {
    check_steps(
        "flock",
        r#""begin immediate""#,
        str![[r#"
two.toml:5:10: `begin immediate` needs a database, and this scenario is on flock
  |
5 | steps = ["begin immediate"]
  |          ^^^^^^^^^^^^^^^^^
  = help: set on = "sqlite" or on = "sqlite-wal"
"#]],
    );
    check_steps(
        "mutex",
        r#""insert""#,
        str![[r#"
two.toml:5:10: `insert` needs a database, and this scenario is on mutex
  |
5 | steps = ["insert"]
  |          ^^^^^^^^
  = help: set on = "sqlite" or on = "sqlite-wal"
"#]],
    );
}

#[test]
fn a_transaction_begins_and_ends() {
    check_steps(
        "sqlite",
        r#""select""#,
        str![[r#"
two.toml:5:10: `select` stands outside a transaction
  |
5 | steps = ["select"]
  |          ^^^^^^^^
  = help: put `begin` before it
"#]],
    );
    check_steps(
        "sqlite",
        r#""insert""#,
        str![[r#"
two.toml:5:10: `insert` stands outside a transaction
  |
5 | steps = ["insert"]
  |          ^^^^^^^^
  = help: put `begin` before it
"#]],
    );
    check_steps(
        "sqlite-wal",
        r#""commit""#,
        str![[r#"
two.toml:5:10: `commit` stands outside a transaction
  |
5 | steps = ["commit"]
  |          ^^^^^^^^
  = help: put `begin` before it
"#]],
    );
    check_steps(
        "sqlite",
        r#""begin", "insert", "commit", "rollback""#,
        str![[r#"
two.toml:5:39: `rollback` stands outside a transaction
  |
5 | steps = ["begin", "insert", "commit", "rollback"]
  |                                       ^^^^^^^^^^
  = help: put `begin` before it
"#]],
    );
    check_steps(
        "sqlite",
        r#""begin", "select", "begin immediate""#,
        str![[r#"
two.toml:5:29: `begin immediate` stands inside the transaction that step 1 began
  |
5 | steps = ["begin", "select", "begin immediate"]
  |                             ^^^^^^^^^^^^^^^^^
  = help: put `commit` or `rollback` before it, or take it out
"#]],
    );
    check_steps(
        "sqlite",
        r#""begin", "lock A""#,
        str![[r#"
two.toml:5:10: P1 never ends this transaction
  |
5 | steps = ["begin", "lock A"]
  |          ^^^^^^^
  = help: add `commit` or `rollback`
"#]],
    );
    check_steps(
        "sqlite",
        r#""lock A", "begin""#,
        str![[r#"
two.toml:5:10: P1 never releases A
  |
5 | steps = ["lock A", "begin"]
  |          ^^^^^^^^
  = help: add `unlock A`
"#]],
    );
}

#[test]
fn the_database_is_no_lock() {
    check_steps(
        "sqlite",
        r#""lock database""#,
        str![[r#"
two.toml:5:10: `database` is the database of `begin`, `insert` and `commit`, not a lock
  |
5 | steps = ["lock database"]
  |          ^^^^^^^^^^^^^^^
  = help: give the lock another name, or write `begin immediate`
"#]],
    );
    check_steps(
        "flock",
        r#""lock database""#,
        str![[r#"
two.toml:5:10: `database` is the database of `begin`, `insert` and `commit`, not a lock
  |
5 | steps = ["lock database"]
  |          ^^^^^^^^^^^^^^^
  = help: give the lock another name, or write `begin immediate`
"#]],
    );
}
