//! Who is behind whom where it is no ring, and whose end would help.

use super::super::header::Header;
use super::super::sight::{Doing, Sight};
use super::{RESERVED, ROLLBACK, answer, line};

/// The lines; the arrows; the command; words that are there, words that are not.
type Case<'a> = (Header, &'a [&'a str], &'a str, &'a str, &'a [&'a str], &'a [&'a str]);

fn check((header, lines, arrows, command, words, wrong): &Case<'_>) {
    let waits = |sight: &mut Sight| {
        for lock in sight.locks.iter().filter(|lock| lock.line.waiting) {
            for pid in &lock.owners {
                sight.processes.entry(*pid).and_modify(|process| process.doing = Doing::AwaitsLock);
            }
        }
    };
    let answer = answer(*header, lines, &[], waits);
    let file = answer.file.as_ref().expect("there is a target");
    let shown = file.behind.iter().map(|arrow| format!("{}>{}", arrow.waiter, arrow.holder));
    assert_eq!(shown.collect::<Vec<_>>().join(" "), *arrows, "{lines:?}");
    assert_eq!(file.ending.as_ref().map_or("", |ending| &ending.command), *command, "{lines:?}");
    let all = format!("{} {} {:?}", file.reading.text, file.reading.fix, file.ending);
    for word in *words {
        assert!(all.contains(word), "`{word}` is missing in: {all}");
    }
    for word in *wrong {
        assert!(!all.contains(word), "`{word}` is in: {all}");
    }
}

#[test]
fn the_end_of_a_chain_is_found() {
    let a = "2: 1#FLOCK  ADVISORY  WRITE 2 fe:00:10 0 EOF";
    let b = "3: 2#FLOCK  ADVISORY  WRITE 3 fe:00:1 0 EOF";
    let three_wants_a = "3: 1#-> FLOCK  ADVISORY  WRITE 3 fe:00:10 0 EOF";
    let four_wants_b = "4: 2#-> FLOCK  ADVISORY  WRITE 4 fe:00:1 0 EOF";
    let words =
        &["3 (prog) waits for 2 (prog) on inode 10", "4 (prog) waits for it", "holds all of them up is 2 (prog)"];
    let wrong = &["for a file lock meanwhile"];
    // A ring elsewhere, of which the holder is a part, and which is ended there.
    let two_wants_c = "2: 5#-> FLOCK  ADVISORY  WRITE 2 fe:00:12 0 EOF";
    let c = "3: 5#FLOCK  ADVISORY  WRITE 3 fe:00:12 0 EOF";
    // The child waits, its parent waits for the child: the lock that they share stays until then.
    let shared = "3,5: 2#FLOCK  ADVISORY  WRITE 3 fe:00:1 0 EOF";
    // Another of its eight threads may let go.
    let threads = "8: 2#FLOCK  ADVISORY  WRITE 8 fe:00:1 0 EOF";
    let eight_wants_a = "8: 1#-> FLOCK  ADVISORY  WRITE 8 fe:00:10 0 EOF";
    let reserved = line(3, RESERVED);
    let table: [Case<'_>; 8] = [
        (Header::Other, &[b, four_wants_b], "", "kill 3", &["4 (prog) waits for it"], &["holds all of them up"]),
        (Header::Other, &[a, b, three_wants_a, four_wants_b], "4>3 3>2", "kill 2", words, wrong),
        (Header::Other, &[a, b, three_wants_a], "3>2", "kill 2", &["Nobody waits in the kernel", words[0]], wrong),
        (Header::Other, &[a, shared, three_wants_a, four_wants_b], "4>3 3>2", "kill 2", &[words[0]], wrong),
        (Header::Other, &[a, threads, eight_wants_a], "", "kill 8", &["a file lock meanwhile"], &["in turn"]),
        (
            Header::Other,
            &[a, b, c, three_wants_a, two_wants_c, four_wants_b],
            "4>3 3>2 2>3",
            "kill 2",
            &["That ends in a deadlock"],
            wrong,
        ),
        (ROLLBACK, &[&reserved, a, three_wants_a], "3>2", "kill 2", &[words[0], "whatever it has not stored"], wrong),
        (Header::Other, &["?: 1#FLOCK  ADVISORY  WRITE 9 fe:00:10 0 EOF", b, three_wants_a], "", "", &[], &[]),
    ];
    table.iter().for_each(check);
}

/// Several holders of parts of one file: only those in somebody's way are to be ended.
#[test]
fn who_is_in_nobodys_way_is_left_alone() {
    let low = "2: 1#POSIX  ADVISORY  WRITE 2 fe:00:1 0 9";
    let middle = "3: 2#POSIX  ADVISORY  WRITE 3 fe:00:1 10 19";
    let high = "4: 3#POSIX  ADVISORY  WRITE 4 fe:00:1 20 29";
    let wants_middle = "5: 2#-> POSIX  ADVISORY  WRITE 5 fe:00:1 15 15";
    let wants_low = "6: 1#-> POSIX  ADVISORY  WRITE 6 fe:00:1 5 5";
    let wants_two = "8: 1#-> POSIX  ADVISORY  WRITE 8 fe:00:1 5 12";
    let (flocks, others) =
        ("2,3: 1#FLOCK  ADVISORY  READ 2 fe:00:1 0 EOF", "4,5: 2#FLOCK  ADVISORY  READ 4 fe:00:1 0 EOF");
    let table: [Case<'_>; 6] = [
        (Header::Other, &[low, middle, high], "", "kill 2 3 4", &["Nobody waits"], &["in nobody's way"]),
        (
            Header::Other,
            &[flocks, others],
            "",
            "kill 2 3 4 5",
            &["2 (prog), 3 (prog), 4 (prog) and 5 (naps) hold app.db"],
            &[],
        ),
        (
            Header::Other,
            &[low, middle, high, wants_two, wants_middle],
            "8>2 8>3 5>3",
            "kill 2 3",
            &["8 (threads) waits for 2 (prog) and 3 (prog); 5 (naps) waits for 3 (prog). 4 (prog) is in"],
            &[],
        ),
        (
            Header::Other,
            &[low, middle, high, wants_middle],
            "",
            "kill 3",
            &["5 (naps) waits for 3 (prog)", "2 (prog) and 4 (prog) are in nobody's way"],
            &[],
        ),
        (
            Header::Other,
            &[low, middle, high, wants_middle, wants_low],
            "5>3 6>2",
            "kill 2 3",
            &["5 (naps) waits for 3 (prog) and 6 (sqlite3) waits for 2 (prog)", "4 (prog) is in nobody's way"],
            &[],
        ),
        (
            Header::Other,
            &[low, middle, wants_two],
            "8>2 8>3",
            "kill 2 3",
            &["8 (threads) waits for 2 (prog) and 3"],
            &[],
        ),
    ];
    table.iter().for_each(check);
}

/// Whoever waits for one in a ring, or for one behind it, is told apart: to end that one would help nobody.
#[test]
fn who_is_behind_a_ring_is_told_apart() {
    let a = "2: 1#FLOCK  ADVISORY  WRITE 2 fe:00:1 0 EOF";
    let b = "3: 2#FLOCK  ADVISORY  WRITE 3 fe:00:10 0 EOF";
    let (two_wants_b, three_wants_a) =
        ("2: 2#-> FLOCK  ADVISORY  WRITE 2 fe:00:10 0 EOF", "3: 1#-> FLOCK  ADVISORY  WRITE 3 fe:00:1 0 EOF");
    let four_wants_a = "4: 1#-> FLOCK  ADVISORY  WRITE 4 fe:00:1 0 EOF";
    let (c, five_wants_c) =
        ("4: 3#FLOCK  ADVISORY  WRITE 4 fe:00:11 0 EOF", "5: 3#-> FLOCK  ADVISORY  WRITE 5 fe:00:11 0 EOF");
    let ring = [a, b, two_wants_b, three_wants_a];
    let with = |more: &[&'static str]| [&ring, more].concat();
    let (one, two) = (with(&[four_wants_a]), with(&[four_wants_a, c, five_wants_c]));
    let table: [Case<'_>; 3] = [
        (Header::Other, &ring, "3>2 2>3", "kill 2", &["None of them can go on"], &["blocked behind"]),
        (
            Header::Other,
            &one,
            "3>2 4>2 2>3",
            "kill 2",
            &["for ever. 4 (prog) is blocked behind it, without being part of it."],
            &[],
        ),
        (Header::Other, &two, "3>2 4>2 2>3", "kill 2", &["4 (prog) and 5 (naps) are blocked behind it"], &[]),
    ];
    table.iter().for_each(check);
}
