//! A lock line in plain words. Pure.

use super::proc_locks::{LockKind, LockLine};
use super::sqlite_bytes::{self, PENDING_BYTE, SHARED_LAST, SHM_FIRST, SHM_LAST, SqliteFile, State};

/// Says what `line` means: `P1 (pid 4711) waits for the exclusive flock on A.lock`.
///
/// `file` is the name to show for the line's inode, and `who` that of its process; an empty `who` leaves the
/// bare pid. Both are shown as they are: whoever prints untrusted names escapes them.
///
/// SQLite's bytes get SQLite's words. They are known by where they are: nothing else is likely to lock
/// bytes within these few hundred at 1 GiB, and those of a `-shm` file lie in a file of that name.
pub fn describe(line: &LockLine, file: &str, who: &str) -> String {
    let subject = subject(line, who);
    let verb = if line.waiting { "waits for" } else { "holds" };
    match sqlite_states(line, file) {
        Some(states) => {
            let names = list(&states.iter().map(State::to_string).collect::<Vec<_>>());
            format!("{subject} {verb} {names} on {file}: {}", sqlite_bytes::in_words(&states))
        }
        None => format!("{subject} {verb} the {} on {}", lock(line), place(line, file)),
    }
}

/// The process and its number, or why there is none.
fn subject(line: &LockLine, who: &str) -> String {
    let origin = match line.pid {
        -1 if line.kind == LockKind::Ofd => "OFD locks name no process".to_owned(),
        0 => "outside this PID namespace".to_owned(),
        // The lock manager of a network file system keeps its remote owners as negative numbers (fs/locks.c).
        ..0 => "on another machine".to_owned(),
        pid => format!("pid {pid}"),
    };
    match (line.pid, who) {
        (1.., "") => origin,
        (_, "") => format!("a process ({origin})"),
        // The name was found in spite of the missing number: nothing is left to explain.
        (-1, who) if line.kind == LockKind::Ofd => who.to_owned(),
        (_, who) => format!("{who} ({origin})"),
    }
}

fn lock(line: &LockLine) -> String {
    let mode = match (&line.kind, line.write) {
        (LockKind::Lease, true) => "write",
        (LockKind::Lease, false) => "read",
        (_, true) => "exclusive",
        (_, false) => "shared",
    };
    format!("{mode} {}", line.kind)
}

/// The file, with the bytes where the kind of lock has any.
fn place(line: &LockLine, file: &str) -> String {
    if matches!(line.kind, LockKind::Flock | LockKind::Lease) {
        return file.to_owned();
    }
    match (line.first, line.last) {
        (0, None) => format!("all of {file}"),
        (first, None) => format!("{file} from byte {first} on"),
        (first, Some(last)) if first == last => format!("byte {first} of {file}"),
        (first, Some(last)) => format!("bytes {first} to {last} of {file}"),
    }
}

/// The SQLite states of a line that lies wholly within SQLite's bytes.
fn sqlite_states(line: &LockLine, file: &str) -> Option<Vec<State>> {
    let last = line.last.filter(|_| line.kind == LockKind::Posix)?;
    let within = |low, high| low <= line.first && last <= high;
    let file = if within(PENDING_BYTE, SHARED_LAST) {
        SqliteFile::Database
    } else if within(SHM_FIRST, SHM_LAST) && file.ends_with("-shm") {
        SqliteFile::SharedMemory
    } else {
        return None;
    };
    Some(sqlite_bytes::states(line.first, line.last, line.write, file)).filter(|states| !states.is_empty())
}

/// `A`, `A and B`, `A, B and C`; of a long list the first and a number.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [first @ .., last] if (1..8).contains(&first.len()) => format!("{} and {last}", first.join(", ")),
        [first @ .., _] if first.len() >= 8 => format!("{} and {} more", names[..6].join(", "), names.len() - 6),
        names => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_it_in_plain_words() {
        let table = [
            ("1: FLOCK  ADVISORY  WRITE 4711 fe:00:7 0 EOF", "P1 (pid 4711) holds the exclusive flock on A.lock"),
            (
                "1: -> FLOCK  ADVISORY  WRITE 4711 fe:00:7 0 EOF",
                "P1 (pid 4711) waits for the exclusive flock on A.lock",
            ),
            ("1: -> FLOCK  ADVISORY  READ 4711 fe:00:7 0 EOF", "P1 (pid 4711) waits for the shared flock on A.lock"),
            (
                "2: POSIX  ADVISORY  WRITE 4712 fe:00:7 0 EOF",
                "P1 (pid 4712) holds the exclusive POSIX lock on all of A.lock",
            ),
            (
                "2: POSIX  ADVISORY  READ 4712 fe:00:7 0 9",
                "P1 (pid 4712) holds the shared POSIX lock on bytes 0 to 9 of A.lock",
            ),
            (
                "2: POSIX  ADVISORY  READ 4712 fe:00:7 5 5",
                "P1 (pid 4712) holds the shared POSIX lock on byte 5 of A.lock",
            ),
            (
                "2: POSIX  ADVISORY  READ 4712 fe:00:7 5 EOF",
                "P1 (pid 4712) holds the shared POSIX lock on A.lock from byte 5 on",
            ),
            (
                "2: POSIX  ADVISORY  READ 4712 fe:00:7 120 120",
                "P1 (pid 4712) holds the shared POSIX lock on byte 120 of A.lock",
            ),
            ("3: OFDLCK ADVISORY  WRITE -1 fe:00:7 0 EOF", "P1 holds the exclusive OFD lock on all of A.lock"),
            (
                "3: POSIX  ADVISORY  WRITE 0 fe:00:7 0 EOF",
                "P1 (outside this PID namespace) holds the exclusive POSIX lock on all of A.lock",
            ),
            (
                "3: POSIX  ADVISORY  WRITE -9 fe:00:7 0 EOF",
                "P1 (on another machine) holds the exclusive POSIX lock on all of A.lock",
            ),
            ("4: LEASE  ACTIVE    READ 5 fe:00:7 0 EOF", "P1 (pid 5) holds the read lease on A.lock"),
        ];
        for (raw, words) in table {
            assert_eq!(describe(&raw.parse().expect(raw), "A.lock", "P1"), words);
        }
    }

    #[test]
    fn says_it_without_a_name() {
        let table = [
            ("1: FLOCK  ADVISORY  WRITE 4711 fe:00:7 0 EOF", "pid 4711 holds"),
            ("3: OFDLCK ADVISORY  WRITE -1 fe:00:7 0 EOF", "a process (OFD locks name no process) holds"),
            ("1: FLOCK  ADVISORY  WRITE 0 fe:00:7 0 EOF", "a process (outside this PID namespace) holds"),
        ];
        for (raw, words) in table {
            let said = describe(&raw.parse().expect(raw), "A.lock", "");
            assert!(said.starts_with(words), "{said}");
        }
    }

    #[test]
    fn says_sqlite_states_in_sqlite_words() {
        let table = [
            ("READ 4711 fe:00:7 1073741826 1073742335", "bank.db", "holds SHARED on bank.db: reads"),
            ("WRITE 4711 fe:00:7 1073741825 1073741825", "bank.db", "holds RESERVED on bank.db: will write"),
            (
                "WRITE 4711 fe:00:7 1073741824 1073741825",
                "bank.db",
                "holds PENDING and RESERVED on bank.db: wants to write now",
            ),
            (
                "WRITE 4711 fe:00:7 1073741824 1073742335",
                "bank.db",
                "holds PENDING, RESERVED and EXCLUSIVE on bank.db: writes to the file",
            ),
            (
                "WRITE 4711 fe:00:7 120 121",
                "bank.db-shm",
                "holds WAL write and WAL checkpoint on bank.db-shm: is the one",
            ),
            ("READ 4711 fe:00:7 124 124", "bank.db-shm", "holds WAL read 1 on bank.db-shm: reads a snapshot"),
        ];
        for (rest, file, words) in table {
            let line = format!("1: POSIX  ADVISORY  {rest}").parse().expect(rest);
            let said = describe(&line, file, "P1");
            assert!(said.starts_with(&format!("P1 (pid 4711) {words}")), "{said}");
        }
    }
}
