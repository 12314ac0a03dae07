//! What was seen, as lines of the kernel's list and a few processes; what is made of it.

use super::header::{Header, Journal};
use super::sight::{Doing, FileId, FileKind, Lock, Opener, Part, Process, Sight, Target};
use super::unseen::Unseen;
use super::{Answer, judge, words};
use crate::machine::FileSystem;

mod behind;
mod polling;
mod said;
mod unowned;

/// The lines of a list, in short: `OWNERS: LINE`; inode 1 is the file, 2 its `-shm`, others are elsewhere.
fn locks(lines: &[&str]) -> Vec<Lock> {
    let lock = |(number, text): (usize, &&str)| {
        let (owners, rest) = text.split_once(": ").expect("OWNERS: LINE");
        let (id, rest) = rest.split_once('#').map_or((number.to_string(), rest), |(id, rest)| (id.to_owned(), rest));
        let line = format!("{id}: {rest}").parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        Lock { line, owners: owners.split(',').filter_map(|pid| pid.parse().ok()).collect() }
    };
    lines.iter().enumerate().map(lock).collect()
}

fn process(pid: u32, name: &str, doing: Doing, threads: u32) -> (u32, Process) {
    let process = Process { pid, name: name.into(), user: "ada".into(), doing, threads, ..Process::default() };
    (pid, process)
}

fn file(inode: u64) -> FileId {
    FileId { device: "fe:00".into(), inode }
}

fn target(header: Header) -> Target {
    Target {
        path: "app.db".into(),
        kind: FileKind::File,
        files: vec![(Part::Main, file(1)), (Part::Shm, file(2))],
        file_system: FileSystem { name: "ext4".into(), is_network: false },
        header,
        cut: None,
        journal: Journal::None,
        wal_bytes: None,
        index: None,
    }
}

const ROLLBACK: Header = Header::Sqlite { page_size: 4096, wal: false };
const WAL: Header = Header::Sqlite { page_size: 4096, wal: true };

/// Processes 1 to 9: 5 naps, 6 is a shell, 7 is stopped, 8 has threads, the others sleep.
fn answer(header: Header, lines: &[&str], openers: &[u32], change: impl Fn(&mut Sight)) -> Answer {
    let mut sight = Sight {
        target: Some(target(header)),
        locks: locks(lines),
        openers: openers.iter().map(|pid| Opener { pid: *pid, part: Part::Main, fd: 3 }).collect(),
        processes: (2..=9)
            .map(|pid| match pid {
                5 => process(pid, "naps", Doing::Naps, 1),
                6 => process(pid, "sqlite3", Doing::AwaitsInput, 1),
                7 => process(pid, "stopped", Doing::Stopped, 1),
                8 => process(pid, "threads", Doing::Sleeps, 8),
                9 => process(pid, "runs", Doing::Runs, 1),
                _ => process(pid, "prog", Doing::Sleeps, 1),
            })
            .collect(),
        ..Sight::default()
    };
    change(&mut sight);
    judge(sight, "ada")
}

const SHARED: &str = "POSIX  ADVISORY  READ PID fe:00:1 1073741826 1073742335";
const RESERVED: &str = "POSIX  ADVISORY  WRITE PID fe:00:1 1073741825 1073741825";
const PENDING: &str = "POSIX  ADVISORY  WRITE PID fe:00:1 1073741824 1073741825";
const EXCLUSIVE: &str = "POSIX  ADVISORY  WRITE PID fe:00:1 1073741824 1073742335";
const OPEN: &str = "POSIX  ADVISORY  READ PID fe:00:2 128 128";
const MARK: &str = "POSIX  ADVISORY  READ PID fe:00:2 124 124";
const READS_DATABASE: &str = "POSIX  ADVISORY  READ PID fe:00:2 123 123";
const WRITES: &str = "POSIX  ADVISORY  WRITE PID fe:00:2 120 120";
const AT_CHECKPOINT: &str = "POSIX  ADVISORY  WRITE PID fe:00:2 121 121";
const CHECKPOINTS: &str = "POSIX  ADVISORY  WRITE PID fe:00:2 120 121";
const RECOVERS: &str = "POSIX  ADVISORY  WRITE PID fe:00:2 120 127";

const HIGH: &str = "POSIX  ADVISORY  WRITE PID fe:00:1 20 EOF";
const LOW: &str = "POSIX  ADVISORY  READ PID fe:00:1 0 9";
/// The row of both, whatever their order in the list.
const LOW_AND_HIGH: &str = "3 holds shared POSIX lock on bytes 0 to 9, exclusive POSIX lock from byte 20 on";

fn line(pid: u32, template: &str) -> String {
    let owner = if pid == 0 { "?".to_owned() } else { pid.to_string() };
    format!("{owner}: {}", template.replace("PID", &pid.to_string()))
}

type Held<'a> = &'a [(u32, &'a str)];

/// Who holds what, who has it open; the rows, the cause, the command.
type Row<'a> = (Header, Held<'a>, &'a [u32], &'a str, &'a str, &'a str);

fn check(row: Row<'_>) {
    let (header, held, openers, rows, cause, command) = row;
    let lines: Vec<String> = held.iter().map(|(pid, template)| line(*pid, template)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let answer = answer(header, &lines, openers, |_| {});
    let file = answer.file.as_ref().expect("there is a target");
    let shown = |party: &super::Party| {
        let pids: Vec<String> = party.pids.iter().map(u32::to_string).collect();
        format!("{} {}", pids.join("+"), words::stand(&answer.sight, party))
    };
    assert_eq!(file.parties.iter().map(shown).collect::<Vec<_>>().join("; "), rows, "{held:?}");
    assert_eq!(file.reading.cause.name(), cause, "{held:?}: {}", file.reading.text);
    let ending = file.ending.as_ref().map_or("", |ending| ending.command.as_str());
    assert_eq!(ending, command, "{held:?}");
    let all = format!("{file:?}");
    assert!(!all.contains("rm ") && !all.contains("delete the"), "{all}");
}

#[test]
fn states_and_causes() {
    let table: [Row<'_>; 26] = [
        (ROLLBACK, &[], &[], "", "nobody", ""),
        (ROLLBACK, &[], &[3], "3 open", "nobody", ""),
        (ROLLBACK, &[(3, SHARED)], &[3], "3 SHARED", "reader", "kill 3"),
        (Header::Other, &[(3, HIGH), (3, LOW)], &[], LOW_AND_HIGH, "held", "kill 3"),
        (ROLLBACK, &[(3, SHARED), (3, RESERVED)], &[3], "3 RESERVED", "asleep_in_transaction", "kill 3"),
        (
            ROLLBACK,
            &[(3, RESERVED)],
            &[3, 5],
            "3 RESERVED; 5 probably polling (inferred)",
            "asleep_in_transaction",
            "kill 3",
        ),
        (ROLLBACK, &[(3, RESERVED)], &[3, 6], "3 RESERVED; 6 open", "asleep_in_transaction", "kill 3"),
        (
            ROLLBACK,
            &[(3, SHARED), (3, PENDING), (4, SHARED)],
            &[3, 4],
            "3 PENDING; 4 SHARED",
            "pending_behind_reader",
            "kill 4",
        ),
        (ROLLBACK, &[(3, PENDING), (6, SHARED)], &[], "3 PENDING; 6 SHARED", "shell_left_open", "kill 6"),
        (ROLLBACK, &[(3, EXCLUSIVE)], &[3], "3 EXCLUSIVE", "asleep_in_transaction", "kill 3"),
        (ROLLBACK, &[(6, RESERVED)], &[6], "6 RESERVED", "shell_left_open", "kill 6"),
        (ROLLBACK, &[(7, RESERVED)], &[7], "7 RESERVED", "stopped", "kill 7; kill -CONT 7"),
        (ROLLBACK, &[(1, RESERVED)], &[], "1 RESERVED", "writer", ""),
        (WAL, &[(3, SHARED), (3, OPEN)], &[3], "3 open", "nobody", ""),
        (WAL, &[(3, SHARED), (3, OPEN), (3, MARK)], &[3], "3 reading (mark 1)", "reader", "kill 3"),
        (
            WAL,
            &[(3, OPEN), (3, MARK), (3, WRITES)],
            &[3],
            "3 writing, reading (mark 1)",
            "asleep_in_transaction",
            "kill 3",
        ),
        (WAL, &[(3, WRITES), (4, MARK)], &[], "3 writing; 4 reading (mark 1)", "asleep_in_transaction", "kill 3"),
        (
            WAL,
            &[(3, CHECKPOINTS), (4, MARK)],
            &[],
            "3 checkpointing, keeps writers out; 4 reading (mark 1)",
            "reader_blocks_checkpoint",
            "kill 4",
        ),
        (
            WAL,
            &[(3, AT_CHECKPOINT), (4, WRITES), (8, MARK)],
            &[],
            "4 writing; 3 checkpointing; 8 reading (mark 1)",
            "asleep_in_transaction",
            "kill 4",
        ),
        (WAL, &[(3, CHECKPOINTS)], &[], "3 checkpointing, keeps writers out", "asleep_in_transaction", "kill 3"),
        (WAL, &[(3, RECOVERS)], &[], "3 recovering", "recovery", "kill 3"),
        (WAL, &[(3, EXCLUSIVE)], &[], "3 EXCLUSIVE", "held", "kill 3"),
        // Everybody who has the log open says so: only the one that naps is taken for one that asks again.
        (
            WAL,
            &[(3, OPEN), (3, MARK), (3, WRITES), (4, OPEN), (5, OPEN), (6, OPEN)],
            &[],
            "3 writing, reading (mark 1); 5 probably polling (inferred); 4 open; 6 open",
            "asleep_in_transaction",
            "kill 3",
        ),
        (WAL, &[(3, MARK), (5, OPEN)], &[], "3 reading (mark 1); 5 open", "reader", "kill 3"),
        (Header::Other, &[(3, RESERVED)], &[], "3 RESERVED", "asleep_in_transaction", "kill 3"),
        (Header::Empty, &[(3, WRITES)], &[], "3 writing", "asleep_in_transaction", "kill 3"),
    ];
    table.into_iter().for_each(check);
}

/// The rings, by their waiters, whether they are certain, and who is blocked behind.
fn check_rings(lines: &[&str], rings: &[(&[u32], bool)], behind: &[u32]) {
    let answer = answer(Header::Other, lines, &[], |sight| sight.target = None);
    let found: Vec<(Vec<u32>, bool)> = answer
        .graph
        .rings
        .iter()
        .map(|ring| (ring.arrows.iter().map(|arrow| arrow.waiter).collect(), ring.for_good))
        .collect();
    let expected: Vec<(Vec<u32>, bool)> = rings.iter().map(|(ring, sure)| (ring.to_vec(), *sure)).collect();
    assert_eq!((found, answer.graph.blocked_behind.as_slice()), (expected, behind), "{lines:?}");
    assert_eq!(answer.rings.len(), rings.len());
}

#[test]
fn rings_across_files_and_kinds() {
    let a = "2: 1#FLOCK  ADVISORY  WRITE 2 fe:00:10 0 EOF";
    let b = "3: 2#FLOCK  ADVISORY  WRITE 3 fe:00:11 0 EOF";
    let two_wants_b = "2: 2#-> FLOCK  ADVISORY  WRITE 2 fe:00:11 0 EOF";
    let three_wants_a = "3: 1#-> FLOCK  ADVISORY  WRITE 3 fe:00:10 0 EOF";
    let four_wants_a = "4: 1# -> FLOCK  ADVISORY  READ 4 fe:00:10 0 EOF";
    check_rings(&[a, b], &[], &[]);
    check_rings(&[a, b, two_wants_b], &[], &[]);
    check_rings(&[a, b, two_wants_b, three_wants_a], &[(&[2, 3], true)], &[]);
    check_rings(&[a, b, two_wants_b, three_wants_a, four_wants_a], &[(&[2, 3], true)], &[4]);
    // A child that shares the open file, and does not wait, may still unlock it: possible, and not certain.
    let shared = "2,5: 1#FLOCK  ADVISORY  WRITE 2 fe:00:10 0 EOF";
    check_rings(&[shared, b, two_wants_b, three_wants_a], &[(&[2, 3], false)], &[]);
    // The parent waits for its child, in no list; the child waits in the ring.
    let five_wants_b = "5: 2#-> FLOCK  ADVISORY  WRITE 5 fe:00:11 0 EOF";
    check_rings(&[shared, b, five_wants_b, three_wants_a], &[(&[3, 5], false)], &[]);
    // Both wait: nobody is left who could unlock it.
    check_rings(&[shared, b, two_wants_b, five_wants_b, three_wants_a], &[(&[2, 3], true), (&[3, 5], true)], &[]);
    // It shares the lock for which it asks through another open file.
    let five_wants_a = "5: 1#-> FLOCK  ADVISORY  WRITE 5 fe:00:10 0 EOF";
    check_rings(&[shared, five_wants_a], &[(&[5], false)], &[]);
    // One flock, one OFD lock: the list names nobody for the second, the open files do.
    let ofd = "3: 2#OFDLCK ADVISORY  WRITE -1 fe:00:11 0 9";
    let two_wants_ofd = "2: 2#-> POSIX  ADVISORY  WRITE 2 fe:00:11 5 EOF";
    check_rings(&[a, ofd, two_wants_ofd, three_wants_a], &[(&[2, 3], true)], &[]);
    let nobody = "?: 2#OFDLCK ADVISORY  WRITE -1 fe:00:11 0 9";
    check_rings(&[a, nobody, two_wants_ofd, three_wants_a], &[], &[]);
    // Eight threads, of which one waits: another one may still let go.
    let many = "8: 2#FLOCK  ADVISORY  WRITE 8 fe:00:11 0 EOF";
    let many_wants_a = "8: 1#-> FLOCK  ADVISORY  WRITE 8 fe:00:10 0 EOF";
    check_rings(&[a, many, two_wants_b, many_wants_a], &[(&[2, 8], false)], &[]);
    // The kernel puts a request under one holder; it waits for every other reader, too.
    let read_two = "2: 1#FLOCK  ADVISORY  READ 2 fe:00:10 0 EOF";
    let read_four = "4: 3#FLOCK  ADVISORY  READ 4 fe:00:10 0 EOF";
    let three_wants_all = "3: 3#-> FLOCK  ADVISORY  WRITE 3 fe:00:10 0 EOF";
    check_rings(&[read_two, read_four, b, two_wants_b, three_wants_all], &[(&[2, 3], true)], &[]);
    // Another file, another range, both reading: not in the way.
    let elsewhere = "3: 9#-> FLOCK  ADVISORY  WRITE 3 fe:01:10 0 EOF";
    check_rings(&[a, b, two_wants_b, elsewhere], &[], &[]);
    // It waits for itself, through another open file.
    check_rings(&[a, "2: 1#-> FLOCK  ADVISORY  WRITE 2 fe:00:10 0 EOF"], &[(&[2], true)], &[]);
}

/// A ring with a lock that is shared: what is said, and whose end would end it.
#[test]
fn a_ring_through_a_shared_lock_is_told_as_possible() {
    let lines = [
        "2,5: 1#FLOCK  ADVISORY  WRITE 2 fe:00:10 0 EOF",
        "3: 1#-> FLOCK  ADVISORY  WRITE 3 fe:00:10 0 EOF",
        "3: 2#FLOCK  ADVISORY  WRITE 3 fe:00:11 0 EOF",
        "2: 2#-> FLOCK  ADVISORY  WRITE 2 fe:00:11 0 EOF",
    ];
    let shared_by_both = ["2,5: 3#FLOCK  ADVISORY  WRITE 2 fe:00:12 0 EOF", &lines[0].replace("2,5", "2")];
    for (lines, says, command) in [
        // The one whose lock nobody shares.
        (lines.to_vec(), "5 (naps) shares the open file of a lock in it, by inheritance, and does not wait", "kill 3"),
        ([&shared_by_both[1..], &lines[1..]].concat(), "None of them can go on", "kill 2"),
    ] {
        let answer = answer(Header::Other, &lines, &[], |sight| sight.target = None);
        let [(words, Some(ending))] = answer.rings.as_slice() else { panic!("{:?}", answer.rings) };
        assert!(words.contains(says), "{words}");
        assert_eq!(ending.command, command, "{words}");
    }
}

#[test]
fn of_equal_locks_it_is_said_whose_they_may_be() {
    use super::owners::{OpenFile, with_owners};
    let ofd = |id: u64| format!("{id}: OFDLCK ADVISORY  READ -1 fe:00:1 0 9");
    // How many equal locks the list has, which processes show one on each of their descriptors; the owners of each.
    type Case<'a> = (u64, &'a [u32], &'a [&'a [u32]], bool);
    let table: [Case<'_>; 5] = [
        (1, &[3, 4], &[&[3, 4]], false),
        (2, &[3, 4], &[&[3], &[4]], false),
        (2, &[3, 3], &[&[3], &[3]], false),
        (2, &[2, 3, 4], &[&[2, 3, 4], &[2, 3, 4]], true),
        (2, &[3], &[&[3], &[3]], false),
    ];
    for (count, descriptors, expected, unsure) in table {
        let open = |(fd, pid): (u32, &u32)| OpenFile {
            pid: *pid,
            fd,
            locks: vec![ofd(1).parse().expect("a line")],
            ..OpenFile::default()
        };
        let open: Vec<OpenFile> = (3..).zip(descriptors).map(open).collect();
        let lines = (1..=count).map(|id| ofd(id).parse().expect("a line")).collect();
        let locks = with_owners(lines, &open, |_| true);
        let owners: Vec<&[u32]> = locks.iter().map(|lock| lock.owners.as_slice()).collect();
        assert_eq!(owners, expected, "{count} {descriptors:?}");
        let answer = answer(Header::Other, &[], &[], |sight| sight.locks.clone_from(&locks));
        let text = &answer.file.as_ref().expect("there is a target").reading.text;
        assert_eq!(text.contains("either each of"), unsure, "{text}");
    }
}

/// Without a path: the databases that somebody has locked, by their names; a merely open one is none of these.
#[test]
fn databases_of_the_machine_are_listed() {
    type Case<'a> = (Held<'a>, &'a [(u64, &'a str)], &'a str);
    let table: [Case<'_>; 5] = [
        (&[(3, RESERVED), (4, SHARED)], &[(1, "/a.db")], "/a.db: 3 RESERVED, 4 SHARED"),
        (&[(3, PENDING)], &[], "inode 1 of device fe:00: 3 PENDING"),
        (&[(3, SHARED), (3, OPEN), (3, WRITES)], &[(1, "/a.db"), (2, "/a.db-shm")], "/a.db: 3 writing"),
        (&[(3, SHARED), (3, OPEN)], &[(1, "/a.db"), (2, "/a.db-shm")], ""),
        (&[(3, OPEN)], &[(2, "/other")], ""),
    ];
    for (held, names, expected) in table {
        let lines: Vec<String> = held.iter().map(|(pid, template)| line(*pid, template)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = answer(ROLLBACK, &lines, &[], |sight| {
            sight.target = None;
            sight.names = names.iter().map(|(inode, name)| (file(*inode), (*name).to_owned())).collect();
        });
        let row = |party: &super::Party| format!("{} {}", party.pids[0], words::stand(&answer.sight, party));
        let shown = |file: &super::OnFile| {
            format!("{}: {}", file.name, file.parties.iter().map(row).collect::<Vec<_>>().join(", "))
        };
        assert_eq!(answer.databases.iter().map(shown).collect::<String>(), expected, "{held:?}");
        assert_eq!((answer.waited.len(), answer.is_held()), (0, false));
    }
}

#[test]
fn another_users_process_needs_root() {
    let answer = judge(answer(ROLLBACK, &[&line(3, RESERVED)], &[], |_| {}).sight, "bob");
    let ending = answer.file.and_then(|file| file.ending).expect("it can be ended");
    assert_eq!(ending.command, "sudo kill 3");
    assert!(ending.loses.contains("everything since BEGIN") && ending.loses.contains("leave it alone"));
}

/// What is said beside the command: locks of an open file may have been inherited, which only root can see.
#[test]
fn a_lock_of_another_user_may_have_an_heir() {
    let flock = "4: 1#FLOCK  ADVISORY  WRITE 4 fe:00:1 0 EOF";
    let stopped = "7: 1#OFDLCK ADVISORY  WRITE -1 fe:00:1 0 9";
    let posix = "4: 1#POSIX  ADVISORY  WRITE 4 fe:00:1 0 9";
    for (line, user, command, has_note) in [
        (flock, "bob", "sudo kill 4", true),
        (stopped, "bob", "sudo kill 7; sudo kill -CONT 7", true),
        (posix, "bob", "sudo kill 4", false),
        (flock, "ada", "kill 4", false),
        (flock, "root", "kill 4", false),
    ] {
        let answer = judge(answer(Header::Other, &[line], &[], |_| {}).sight, user);
        let ending = answer.file.and_then(|file| file.ending).expect("it can be ended");
        assert_eq!((ending.command.as_str(), ending.note.contains("a child")), (command, has_note), "{line} {user}");
    }
}

/// The command that would end it.
fn check_ending(lines: &[&str], command: Option<&str>) {
    let answer = answer(Header::Other, lines, &[], |_| {});
    let file = answer.file.as_ref().expect("there is a target");
    assert_eq!(file.ending.as_ref().map(|ending| ending.command.as_str()), command, "{lines:?}");
}

#[test]
fn who_waits_is_not_to_blame() {
    let three = "3: 1#POSIX  ADVISORY  WRITE 3 fe:00:1 100 EOF";
    let four = "4: 2#POSIX  ADVISORY  WRITE 4 fe:00:1 0 49";
    let four_waits = "4: 1#-> POSIX  ADVISORY  WRITE 4 fe:00:1 150 150";
    check_ending(&[three, four], Some("kill 3 4"));
    check_ending(&[three, four, four_waits], Some("kill 3"));
    check_ending(&[], None);
}

#[test]
fn nobody_is_not_said_of_those_who_can_t_be_seen() {
    for (header, unseen, says) in [
        (Header::Other, None, "Nobody holds"),
        (Header::Other, Some(Unseen::OwnNamespace), "Nobody that can be seen from here holds"),
        (ROLLBACK, Some(Unseen::OwnNamespace), "Nobody that can be seen from here holds"),
        (WAL, Some(Unseen::OtherUsers(3)), "Nobody holds"),
    ] {
        let answer = answer(header, &[], &[], |sight| sight.unseen.extend(unseen.clone()));
        let text = &answer.file.as_ref().expect("there is a target").reading.text;
        assert!(text.starts_with(says), "{text}");
        assert_eq!(text.contains("is free"), matches!(header, Header::Other) && says == "Nobody holds", "{text}");
    }
}
