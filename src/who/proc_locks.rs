//! Decodes the text of `/proc/locks` (proc_locks(5); printed by `lock_get_status` in the kernel's
//! `fs/locks.c`). Pure: text in, lines out.
//!
//! The crate `procfs` reads this file too, but drops the arrow that tells a waiter from a holder; a
//! wait-for graph is made of exactly those arrows. That is why this is own code.

use std::fmt;
use std::str::FromStr;

/// One line: a lock that is held, or a request that waits for one.
///
/// A waiting line waits for the line with the same `id` that does not wait. Several requests for one lock
/// form a tree, which the kernel shows by indenting the arrow: each waits for that holder all the same,
/// and a deeper one for the request above it as well.
///
/// The numbers are those of one reading: `id` only counts the lines, and names no lock for longer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LockLine {
    /// The line as it was read, without the line's end: evidence to show.
    pub raw: String,
    /// What a holder and its waiters have in common. Counts from 1; in `/proc/PID/fdinfo`, anew in each file.
    pub id: u64,
    /// `->`: it asked, and is blocked.
    pub waiting: bool,
    /// Which system call took it.
    pub kind: LockKind,
    /// Exclusive (`WRITE`, `RW`), otherwise shared (`READ`) or no lock at all (`NONE`, `UNLCK`).
    pub write: bool,
    /// The process that took it: -1 on an OFD lock, which belongs to no process; 0 if it lives outside the
    /// PID namespace of the reader. On a `flock` it may be gone while a child still holds the lock.
    pub pid: i32,
    /// Major and minor number of the file's device in hexadecimal, as written: `fe:00`.
    pub device: String,
    /// The file's inode number on that device.
    pub inode: u64,
    /// The first byte that is locked; 0 where the kind locks whole files.
    pub first: u64,
    /// The last byte that is locked, itself included; `None` (`EOF`) is the end, however far the file grows.
    pub last: Option<u64>,
}

/// Which system call took a lock.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LockKind {
    /// `FLOCK`: flock(2), on the whole file; what `std::fs::File::lock` takes on Linux.
    Flock,
    /// `POSIX`: fcntl(2) `F_SETLK`, on a range of bytes; what SQLite takes.
    Posix,
    /// `OFDLCK`: fcntl(2) `F_OFD_SETLK`, on a range of bytes, owned by the open file description.
    Ofd,
    /// `LEASE` or `DELEG`: fcntl(2) `F_SETLEASE`, a promise to be told before others open the file.
    Lease,
    /// Another word, kept as it is: `ACCESS` of old kernels, or what a future one invents.
    Other(String),
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flock => "flock",
            Self::Posix => "POSIX lock",
            Self::Ofd => "OFD lock",
            Self::Lease => "lease",
            Self::Other(word) => return write!(f, "{word} lock"),
        })
    }
}

/// A line that is not one of `/proc/locks`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("can't read the lock line `{}`: {why}", raw.escape_debug())]
pub struct Malformed {
    /// The line as it was read.
    pub raw: String,
    /// What was expected of it.
    pub why: &'static str,
}

impl From<Malformed> for std::io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, malformed)
    }
}

/// Decodes all lines of `/proc/locks`; empty ones are skipped.
///
/// Whoever can go on with the good lines of a doubtful text calls [`LockLine::from_str`] on each.
///
/// # Errors
///
/// The first line that can't be decoded.
pub fn parse(text: &str) -> Result<Vec<LockLine>, Malformed> {
    text.lines().filter(|line| !line.trim().is_empty()).map(str::parse).collect()
}

impl FromStr for LockLine {
    type Err = Malformed;

    fn from_str(raw: &str) -> Result<Self, Malformed> {
        decode(raw).map_err(|why| Malformed { raw: raw.to_owned(), why })
    }
}

/// `ID: [->] KIND STATE MODE PID MAJOR:MINOR:INODE FIRST LAST`, parted by blanks whose number means nothing:
/// the kernel pads words, and indents the arrow of a request that is queued behind another request.
fn decode(raw: &str) -> Result<LockLine, &'static str> {
    let mut words = raw.split_ascii_whitespace().peekable();
    let id = words.next().and_then(|word| word.strip_suffix(':'));
    let id = number(id).ok_or("it should begin with a number and a colon")?;
    let mut waiting = false;
    while words.next_if_eq(&"->").is_some() {
        waiting = true;
    }
    let rest: Vec<&str> = words.collect();
    // The second word (ADVISORY, MANDATORY, MSNFS, BREAKING, ...) says nothing about who waits for whom.
    let [kind, _state, mode, pid, file, first, last] = rest[..] else {
        return Err("it should say kind, state, mode, process, file, first and last byte");
    };
    let (device, inode) = file.rsplit_once(':').ok_or("the file should be MAJOR:MINOR:INODE")?;
    Ok(LockLine {
        raw: raw.to_owned(),
        id,
        waiting,
        kind: kind_of(kind),
        write: is_write(mode).ok_or("the mode should be READ, WRITE, RW, NONE or UNLCK")?,
        pid: pid.parse().map_err(|_| "the process should be a number")?,
        device: device.to_owned(),
        inode: number(Some(inode)).ok_or("the inode should be a number")?,
        first: number(Some(first)).ok_or("the first byte should be a number")?,
        last: match last {
            "EOF" => None,
            last => Some(number(Some(last)).ok_or("the last byte should be a number or EOF")?),
        },
    })
}

/// Digits only: `str::parse` would also take a `+`, which the kernel never prints.
fn number(word: Option<&str>) -> Option<u64> {
    word.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

fn kind_of(word: &str) -> LockKind {
    match word {
        "FLOCK" => LockKind::Flock,
        "POSIX" => LockKind::Posix,
        "OFDLCK" => LockKind::Ofd,
        "LEASE" | "DELEG" => LockKind::Lease,
        word => LockKind::Other(word.to_owned()),
    }
}

fn is_write(mode: &str) -> Option<bool> {
    match mode {
        "WRITE" | "RW" => Some(true),
        "READ" | "NONE" | "UNLCK" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Read from Linux 6.18, except where a comment names an older kernel.
    const SAMPLES: &str = "\
1: FLOCK  ADVISORY  WRITE 7131 fe:00:10010749 0 EOF
1: -> FLOCK  ADVISORY  READ 7132 fe:00:10010749 0 EOF
1:  -> FLOCK  ADVISORY  WRITE 7133 fe:00:10010749 0 EOF
2: POSIX  ADVISORY  WRITE 7136 fe:00:10010749 20 24
2: -> POSIX  ADVISORY  WRITE 7137 fe:00:10010749 20 EOF

3: OFDLCK ADVISORY  WRITE -1 fe:00:10010749 0 9
3: -> OFDLCK ADVISORY  READ -1 fe:00:10010749 5 14
4: LEASE  ACTIVE    READ 9384 fe:00:10010689 0 EOF
";

    type Fields<'a> = (u64, bool, LockKind, bool, i32, &'a str, u64, u64, Option<u64>);

    fn fields(line: &LockLine) -> Fields<'_> {
        let LockLine { raw: _, id, waiting, kind, write, pid, device, inode, first, last } = line;
        (*id, *waiting, kind.clone(), *write, *pid, device, *inode, *first, *last)
    }

    #[test]
    fn decodes_what_linux_prints() {
        use LockKind::{Flock, Lease, Ofd, Posix};
        let lines = parse(SAMPLES).expect("real lines");
        let expected: [Fields<'_>; 8] = [
            (1, false, Flock, true, 7131, "fe:00", 10010749, 0, None),
            (1, true, Flock, false, 7132, "fe:00", 10010749, 0, None),
            (1, true, Flock, true, 7133, "fe:00", 10010749, 0, None),
            (2, false, Posix, true, 7136, "fe:00", 10010749, 20, Some(24)),
            (2, true, Posix, true, 7137, "fe:00", 10010749, 20, None),
            (3, false, Ofd, true, -1, "fe:00", 10010749, 0, Some(9)),
            (3, true, Ofd, false, -1, "fe:00", 10010749, 5, Some(14)),
            (4, false, Lease, false, 9384, "fe:00", 10010689, 0, None),
        ];
        assert_eq!(lines.iter().map(fields).collect::<Vec<_>>(), expected);
        let raw: Vec<&str> = lines.iter().map(|line| line.raw.as_str()).collect();
        assert_eq!(raw, SAMPLES.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>());
    }

    #[test]
    fn decodes_what_other_kernels_and_states_print() {
        use LockKind::{Flock, Lease, Other, Posix};
        let table: [(&str, Fields<'_>); 9] = [
            ("1: FLOCK  ADVISORY  WRITE 1213 fe:00:1574 0 EOF", (1, false, Flock, true, 1213, "fe:00", 1574, 0, None)),
            ("6: -> FLOCK  ADVISORY  WRITE 0 00:2d:7 0 EOF", (6, true, Flock, true, 0, "00:2d", 7, 0, None)),
            ("6: -> -> POSIX  ADVISORY  READ 5 08:01:7 1 1", (6, true, Posix, false, 5, "08:01", 7, 1, Some(1))),
            // Mandatory locks and share modes (MSNFS) are gone from newer kernels.
            ("2: POSIX  MANDATORY WRITE 5 08:01:7 0 EOF", (2, false, Posix, true, 5, "08:01", 7, 0, None)),
            ("2: FLOCK  MSNFS     RW    5 08:01:7 0 EOF", (2, false, Flock, true, 5, "08:01", 7, 0, None)),
            ("2: FLOCK  MSNFS     NONE  5 08:01:7 0 EOF", (2, false, Flock, false, 5, "08:01", 7, 0, None)),
            ("2: DELEG  BREAKING  UNLCK 5 08:01:7 0 EOF", (2, false, Lease, false, 5, "08:01", 7, 0, None)),
            (
                "2: ACCESS ADVISORY  READ 5 08:01:7 0 EOF",
                (2, false, Other("ACCESS".into()), false, 5, "08:01", 7, 0, None),
            ),
            ("2: POSIX  *NOINODE* READ 5 <none>:0 0 EOF", (2, false, Posix, false, 5, "<none>", 0, 0, None)),
        ];
        for (raw, expected) in table {
            assert_eq!(fields(&raw.parse().expect(raw)), expected, "{raw}");
        }
    }

    #[test]
    fn a_malformed_line_is_shown_with_what_was_expected() {
        let table = [
            ("1 FLOCK ADVISORY WRITE 1 fe:00:1 0 EOF", "begin with a number"),
            ("+1: FLOCK ADVISORY WRITE 1 fe:00:1 0 EOF", "begin with a number"),
            (": FLOCK ADVISORY WRITE 1 fe:00:1 0 EOF", "begin with a number"),
            ("1: FLOCK ADVISORY WRITE 1 fe:00:1 0", "should say kind"),
            ("1: FLOCK ADVISORY WRITE 1 fe:00:1 0 EOF EOF", "should say kind"),
            ("1: FLOCK ADVISORY MAYBE 1 fe:00:1 0 EOF", "mode should be"),
            ("1: FLOCK ADVISORY WRITE me fe:00:1 0 EOF", "process should be"),
            ("1: FLOCK ADVISORY WRITE 1 inode 0 EOF", "MAJOR:MINOR:INODE"),
            ("1: FLOCK ADVISORY WRITE 1 fe:00:x 0 EOF", "inode should be"),
            ("1: FLOCK ADVISORY WRITE 1 fe:00:1 -5 EOF", "first byte"),
            ("1: FLOCK ADVISORY WRITE 1 fe:00:1 0 END", "last byte"),
            ("1: FLOCK ADVISORY WRITE 1 fe:00:18446744073709551616 0 EOF", "inode should be"),
        ];
        for (raw, why) in table {
            let text = format!("{SAMPLES}{raw}\n");
            let error = parse(&text).expect_err(raw);
            assert_eq!(error.raw, raw);
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn never_panics_on_words_of_the_format(
            words in prop::collection::vec(r"(->|[0-9]{1,22}:?|FLOCK|OFDLCK|WRITE|-1|fe:00:1|:|EOF|\n|é)", 0..12),
        ) {
            let _ = parse(&words.join(" "));
        }

        #[test]
        fn reads_back_every_number(id: u64, pid: i32, inode: u64, first: u64, last: Option<u64>, depth in 0..4_usize) {
            let arrow = if depth == 0 { String::new() } else { format!("{}-> ", " ".repeat(depth - 1)) };
            let end = last.map_or_else(|| "EOF".to_owned(), |last| last.to_string());
            let raw = format!("{id}: {arrow}POSIX  ADVISORY  WRITE {pid} fe:00:{inode} {first} {end}");
            let line: LockLine = raw.parse().expect("as the kernel prints it");
            prop_assert_eq!(fields(&line), (id, depth > 0, LockKind::Posix, true, pid, "fe:00", inode, first, last));
        }
    }
}
