//! What is said where a reader or an owner is missing from what was seen.

use super::super::header::Header;
use super::{
    EXCLUSIVE, MARK, OPEN, PENDING, RECOVERS, RESERVED, ROLLBACK, SHARED, WAL, WRITES, answer, check as check_rows,
    line,
};

/// The lines, the rows' states, the cause, words that are there, words that are not.
type Case<'a> = (Header, &'a [&'a str], &'a str, &'a [&'a str], &'a [&'a str]);

fn check((header, lines, cause, words, wrong): &Case<'_>) {
    let answer = answer(*header, lines, &[], |_| {});
    let file = answer.file.expect("there is a target");
    let all = format!("{} {} {:?}", file.reading.text, file.reading.fix, file.ending);
    assert_eq!(file.reading.cause.name(), *cause, "{all}");
    for word in *words {
        assert!(all.contains(word), "`{word}` is missing in: {all}");
    }
    for word in *wrong {
        assert!(!all.contains(word), "`{word}` is in: {all}");
    }
}

fn unknown(template: &str) -> String {
    format!("?: {}", template.replace("PID", "0"))
}

/// At PENDING nobody is let in any more, whether or not a reader is seen.
#[test]
fn pending_lets_no_reader_in() {
    let (pending, shell, stopped) = (line(3, PENDING), line(6, PENDING), line(7, PENDING));
    let (own, nobody, shared) = (line(3, SHARED), unknown(PENDING), unknown(SHARED));
    let wrong = &["others can read", "Whoever fails at once"];
    let says = "no new reader is let in";
    let table: [Case<'_>; 6] = [
        (ROLLBACK, &[&own, &pending], "pending", &[says, "No reader is seen", "kill 3", "try it again"], wrong),
        (ROLLBACK, &[&shell], "shell_left_open", &[says, "kill 6"], wrong),
        (ROLLBACK, &[&stopped], "stopped", &[says, "7"], wrong),
        (ROLLBACK, &[&nobody], "out_of_sight", &["Somebody out of sight wants", says], wrong),
        (ROLLBACK, &[&nobody, &shared], "out_of_sight", &["Somebody out of sight wants", says], wrong),
        (ROLLBACK, &[&pending, &shared], "pending_behind_reader", &["somebody out of sight"], wrong),
    ];
    table.iter().for_each(check);
    check(&(ROLLBACK, &[&line(3, RESERVED)], "asleep_in_transaction", &["others can read"], &["PENDING"]));
}

/// Several locks of one connection that can't be seen are one row, and one somebody.
#[test]
fn unknown_owners_are_told_once() {
    let posix = "?: POSIX  ADVISORY  WRITE 0 fe:00:1 0 9";
    let other = "?: POSIX  ADVISORY  WRITE 0 fe:00:1 20 29";
    check(&(
        Header::Other,
        &[posix, other],
        "out_of_sight",
        &["Somebody out of sight holds app.db"],
        &["and somebody"],
    ));
    let nobody = 0; // no process of this number: its locks have no owner
    type Row<'a> = (Header, &'a [(u32, &'a str)], &'a str, &'a str);
    let table: [Row<'_>; 4] = [
        (ROLLBACK, &[(nobody, SHARED), (nobody, RESERVED)], " RESERVED", "out_of_sight"),
        (WAL, &[(nobody, SHARED), (nobody, OPEN)], " open", "nobody"),
        (WAL, &[(nobody, SHARED), (nobody, OPEN), (nobody, MARK)], " reading (mark 1)", "reader"),
        (ROLLBACK, &[(nobody, SHARED), (3, RESERVED)], "3 RESERVED;  SHARED", "asleep_in_transaction"),
    ];
    for (header, held, rows, cause) in table {
        check_rows((
            header,
            held,
            &[],
            rows,
            cause,
            if held.len() == 2 && rows.starts_with('3') { "kill 3" } else { "" },
        ));
    }
    let (shared, writes) = (unknown(MARK), line(3, WRITES));
    let words = &["Somebody out of sight reads: a write"];
    check(&(WAL, &[&shared, &writes], "asleep_in_transaction", words, &[". somebody"]));
}

#[test]
fn what_is_lost_is_no_more_than_there_is() {
    let (recovers, shell, idle) = (line(3, RECOVERS), line(6, EXCLUSIVE), line(6, RESERVED));
    let table: [Case<'_>; 3] = [
        (WAL, &[&recovers], "recovery", &["nothing in the database", "kill 3"], &["transaction"]),
        // Between two transactions `locking_mode` EXCLUSIVE keeps the lock.
        (
            ROLLBACK,
            &[&shell],
            "shell_left_open",
            &["If it is in a transaction, type COMMIT;", "PRAGMA locking_mode=NORMAL", "if it is in one"],
            &["left open in a transaction"],
        ),
        (ROLLBACK, &[&idle], "shell_left_open", &["left open in a transaction"], &["locking_mode"]),
    ];
    table.iter().for_each(check);
}
