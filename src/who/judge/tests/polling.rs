//! Deadlocks of SQLite that no list shows.

use super::super::polling::in_words;
use super::super::sight::{Crossing, Doing, Sight};
use super::{RESERVED, ROLLBACK, answer, file, line};

fn crossing(pid: u32, database: &str, holder: u32) -> Crossing {
    Crossing { pid, database: database.into(), file: file(u64::from(holder)), holder }
}

/// Who has whose database open; who naps; words of the reading, and of the whole machine.
type Case<'a> = (&'a [(u32, u32)], &'a [u32], &'a str, &'a str);

fn check((crossings, naps, of_file, of_machine): &Case<'_>) {
    let change = |sight: &mut Sight| {
        sight.crossings =
            crossings.iter().map(|(pid, holder)| crossing(*pid, &format!("{holder}.db"), *holder)).collect();
        for pid in *naps {
            sight.processes.entry(*pid).and_modify(|process| process.doing = Doing::Naps);
        }
    };
    let answer = answer(ROLLBACK, &[&line(3, RESERVED)], &[], change);
    let text = &answer.file.as_ref().expect("there is a target").reading.text;
    let all = in_words(&answer.sight, |_| true);
    for (text, words) in [(text, of_file), (&all, of_machine)] {
        assert!(text.contains(words), "{crossings:?} {naps:?}: `{words}` is missing in: {text}");
        assert_eq!(text.contains("inferred"), !words.is_empty(), "{crossings:?} {naps:?}: {text}");
        assert_eq!(text.contains("deadlock"), words.contains("deadlock"), "{crossings:?} {naps:?}: {text}");
    }
}

#[test]
fn who_naps_and_has_another_ones_database_open_may_be_polling() {
    let poll = "3 (prog) may be polling for 4.db, which 4 (prog) holds";
    let ring = "may be a deadlock that no list shows (inferred: each sleeps for a set time, and has the other database \
                open): 3 (prog) may be polling for 4.db, which 4 (prog) holds and 4 (prog) may be polling for 3.db";
    let table: [Case<'_>; 7] = [
        (&[], &[3], "", ""),
        (&[(3, 4)], &[], "", ""),
        (&[(3, 4)], &[3], poll, poll),
        (&[(3, 4), (4, 3)], &[3], poll, poll),
        (&[(3, 4), (4, 3)], &[3, 4], ring, ring),
        // Another's, which has nothing to do with this file.
        (&[(4, 8)], &[4], "", "4 (prog) may be polling for 8.db, which 8 (threads) holds"),
        (&[(2, 4), (4, 2)], &[2, 4], "", "may be a deadlock"),
    ];
    table.iter().for_each(check);
}
