//! What is said, and what is not, of the cases that have words of their own.

use super::super::header::{CutShort, Header, Journal, WalIndex};
use super::super::sight::Sight;
use super::super::unseen::Unseen;
use super::{
    AT_CHECKPOINT, EXCLUSIVE, MARK, OPEN, PENDING, READS_DATABASE, RESERVED, ROLLBACK, SHARED, WAL, WRITES, answer,
    line,
};

/// The index of a log with so many frames, of which so many are copied; mark 1 is at frame 3.
fn log(sight: &mut Sight, frames: u32, copied: u32) {
    let target = sight.target.as_mut().expect("there is a target");
    target.index = Some(WalIndex { frames, copied, marks: [0, 3, u32::MAX, u32::MAX, u32::MAX] });
}

#[test]
fn what_is_said_of_special_cases() {
    type Case<'a> = (Header, &'a [&'a str], fn(&mut Sight), &'a str, &'a [&'a str]);
    let held = line(3, RESERVED);
    let flock = "4: FLOCK  ADVISORY  WRITE 4711 fe:00:1 0 EOF";
    let own_flock = "4: FLOCK  ADVISORY  WRITE 4 fe:00:1 0 EOF";
    let elsewhere = "4: POSIX  ADVISORY  WRITE 4 fe:00:1 0 9";
    let (zero, naps) = (line(3, READS_DATABASE), line(5, OPEN));
    let table: [Case<'_>; 31] = [
        (
            ROLLBACK,
            &[&held],
            |sight| sight.unseen.push(Unseen::Network("nfs4".into())),
            "asleep_in_transaction",
            &["nfs4", "local disk"],
        ),
        (
            ROLLBACK,
            &[],
            |sight| sight.target.iter_mut().for_each(|target| target.journal = Journal::Live),
            "hot_journal",
            &["is hot", "Leave the journal where it is"],
        ),
        (Header::Other, &[flock], |_| {}, "inherited", &["taken by 4711", "which is gone"]),
        (
            Header::Other,
            &["?: POSIX  ADVISORY  WRITE 0 fe:00:1 0 EOF"],
            |_| {},
            "out_of_sight",
            &["Somebody out of sight", "as root; in a container, also from outside"],
        ),
        (
            Header::Other,
            &["2: FLOCK  ADVISORY  WRITE 2 fe:00:1 0 EOF", "3: 0#-> FLOCK  ADVISORY  WRITE 3 fe:00:1 0 EOF"],
            |_| {},
            "held",
            &["2 (prog) holds app.db", "3 (prog) waits for it"],
        ),
        (Header::Other, &[], |_| {}, "nobody", &["a file is no lock"]),
        (
            ROLLBACK,
            &[own_flock],
            |_| {},
            "held",
            &["Nobody holds one of SQLite's locks", "keeps no SQLite out", "not the reason for `database is locked`"],
        ),
        (
            ROLLBACK,
            &[own_flock],
            |sight| sight.target.iter_mut().for_each(|target| target.journal = Journal::Live),
            "hot_journal",
            &["is hot", "4 (prog) has an flock on it"],
        ),
        (ROLLBACK, &[elsewhere], |_| {}, "held", &["4 (prog) has a lock on bytes that SQLite does not lock"]),
        (ROLLBACK, &[&line(3, SHARED)], |_| {}, "reader", &["in its own way: two connections of one process"]),
        (ROLLBACK, &[&line(3, PENDING)], |_| {}, "pending", &["(PENDING): no new reader is let in"]),
        (ROLLBACK, &[&line(5, RESERVED)], |_| {}, "asleep_in_transaction", &["(RESERVED):", "it may wait for itself"]),
        (
            WAL,
            &[&line(3, MARK)],
            |sight| log(sight, 7, 7),
            "old_snapshot",
            &[
                "ends at frame 3 of 7",
                "SQLITE_BUSY_SNAPSHOT",
                "whatever the timeout",
                "in its own way: two connections of one process",
            ],
        ),
        (WAL, &[own_flock, &held], |_| {}, "asleep_in_transaction", &["4 (prog) has an flock on it"]),
        (ROLLBACK, &[], |sight| cut(sight, Journal::None), "nobody", &["3 pages, that is 12288 bytes", "a backup"]),
        (
            WAL,
            &[&naps, &line(3, WRITES)],
            |_| {},
            "asleep_in_transaction",
            &["5 (naps) has the", "or merely asleep with it open (inferred"],
        ),
        (WAL, &[&zero], |sight| log(sight, 0, 0), "reader", &["mark 0", "nothing for a checkpoint to copy"]),
        (WAL, &[&zero], |sight| log(sight, 7, 7), "reader", &["mark 0", "nothing for a checkpoint to copy"]),
        (WAL, &[&zero], |sight| log(sight, 7, 3), "old_snapshot", &["ends at frame 0 of 7", "Let the reader finish"]),
        (
            WAL,
            &[&zero, &line(4, AT_CHECKPOINT)],
            |sight| log(sight, 7, 3),
            "reader_blocks_checkpoint",
            &["3 (prog) still reads"],
        ),
        (
            ROLLBACK,
            &[&line(3, EXCLUSIVE)],
            |_| {},
            "asleep_in_transaction",
            &["If it is in no transaction", "PRAGMA locking_mode=NORMAL"],
        ),
        (
            ROLLBACK,
            &[&line(3, SHARED), &line(4, SHARED)],
            |_| {},
            "reader",
            &["them. Each of them sleeps meanwhile. If"],
        ),
        (
            ROLLBACK,
            &[&line(3, RESERVED), &line(4, SHARED)],
            |_| {},
            "asleep_in_transaction",
            &["4 (prog) reads: the COMMIT will have to wait until that is over, and from then on nobody new gets in"],
        ),
        (WAL, &[&line(3, WRITES), &line(4, MARK)], |_| {}, "asleep_in_transaction", &["4 (prog) reads: a write in"]),
        (
            Header::Other,
            &["2: FLOCK  ADVISORY  READ 2 fe:00:1 0 EOF", "3: FLOCK  ADVISORY  READ 3 fe:00:1 0 EOF"],
            |_| {},
            "held",
            &["2 (prog) and 3 (prog) hold app.db. Each of them sleeps meanwhile."],
        ),
        (
            Header::Other,
            &["5: FLOCK  ADVISORY  READ 5 fe:00:1 0 EOF", "2,3: FLOCK  ADVISORY  READ 2 fe:00:1 0 EOF"],
            |_| {},
            "held",
            &["Each of 2 (prog) and 3 (prog) sleeps meanwhile. 5 (naps) sleeps for a set time meanwhile."],
        ),
        (
            Header::Other,
            &["3: FLOCK  ADVISORY  READ 3 fe:00:1 0 EOF", "7: FLOCK  ADVISORY  READ 7 fe:00:1 0 EOF"],
            |_| {},
            "stopped",
            &["3 (prog) and 7 (stopped) hold app.db. 7 (stopped) is stopped, and lets go of nothing."],
        ),
        (WAL, &[&line(3, MARK)], |_| {}, "reader", &["3 (prog) reads a snapshot: the database as it was when the"]),
        (ROLLBACK, &[&line(9, RESERVED)], |_| {}, "writer", &["Wait: it is busy computing."]),
        (
            Header::Other,
            &["9: FLOCK  ADVISORY  WRITE 9 fe:00:1 0 EOF"],
            |_| {},
            "held",
            &["It is busy computing: wait"],
        ),
        (WAL, &[&line(3, EXCLUSIVE)], |sight| log(sight, 0, 0), "held", &["Whether it is in a transaction can't"]),
    ];
    for (header, lines, change, cause, words) in table {
        let answer = answer(header, lines, &[], change);
        let file = answer.file.expect("there is a target");
        assert_eq!(file.reading.cause.name(), cause, "{}", file.reading.text);
        let all = format!("{} {}", file.reading.text, file.reading.fix);
        for word in words {
            assert!(all.contains(word), "`{word}` is missing in: {all}");
        }
    }
}

fn cut(sight: &mut Sight, journal: Journal) {
    let target = sight.target.as_mut().expect("there is a target");
    target.cut = Some(CutShort { pages: 3, expected: 12_288, found: 4_096 });
    target.journal = journal;
}

/// What is not certain is not said: neither of a file that somebody may be about to complete, nor of an old index.
#[test]
fn what_is_not_known_is_not_said() {
    type Case<'a> = (Header, &'a [&'a str], fn(&mut Sight), &'a str);
    let (writes, alone, zero) = (line(3, RESERVED), line(3, EXCLUSIVE), line(3, READS_DATABASE));
    let on_nfs = |sight: &mut Sight| sight.target.iter_mut().for_each(|target| target.file_system.is_network = true);
    let table: [Case<'_>; 9] = [
        (ROLLBACK, &[], |sight| cut(sight, Journal::Live), "cut short"),
        (ROLLBACK, &[&writes], |sight| cut(sight, Journal::None), "cut short"),
        (ROLLBACK, &["4: FLOCK  ADVISORY  WRITE 4 fe:00:1 0 EOF"], on_nfs, "don't see each other"),
        (WAL, &[&alone], |sight| log(sight, 0, 0), "is its transaction:"),
        (WAL, &[&zero], |sight| log(sight, 0, 0), "can't go past"),
        // Neither who is to be waited for, nor who is to be ended: an flock is in no SQLite's way.
        (ROLLBACK, &["4: FLOCK  ADVISORY  WRITE 4 fe:00:1 0 EOF"], |_| {}, "Wait until"),
        (ROLLBACK, &["4: FLOCK  ADVISORY  WRITE 4 fe:00:1 0 EOF"], |_| {}, "kill"),
        (ROLLBACK, &[&writes], |_| {}, "it may wait for itself"),
        (ROLLBACK, &[&writes], |_| {}, "locking_mode"),
    ];
    for (header, lines, change, words) in table {
        let answer = answer(header, lines, &[], change);
        let all = format!("{:?}", answer.file);
        assert!(!all.contains(words), "{all}");
        let index = answer.sight.target.and_then(|target| target.index);
        assert!(index.is_none() || !lines.contains(&alone.as_str()), "{index:?}");
    }
}
