//! What is said where a reader or an owner is missing from what was seen.

use super::super::header::Header;
use super::{PENDING, RESERVED, ROLLBACK, SHARED, answer, line};

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
