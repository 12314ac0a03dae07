//! What was seen at one moment: the facts from which everything else follows.

use std::collections::BTreeMap;

use super::super::{LockKind, LockLine};
use super::header::{CutShort, Header, Journal, WalIndex};
use super::unseen::Unseen;
use crate::machine::FileSystem;

/// A file, as `/proc/locks` names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId {
    /// Major and minor number of the device, in hexadecimal: `fe:00`.
    pub device: String,
    /// The inode number on it.
    pub inode: u64,
}

impl FileId {
    /// The file of a line.
    pub fn of(line: &LockLine) -> Self {
        Self { device: line.device.clone(), inode: line.inode }
    }
}

/// Everything that was seen at one moment.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// The file that was asked about; `None` for the whole machine.
    pub target: Option<Target>,
    /// All locks and requests of the machine, with their owners.
    pub locks: Vec<Lock>,
    /// The processes that matter: owners, waiters and openers. Who is not in it has ended.
    pub processes: BTreeMap<u32, Process>,
    /// Who has a file of the target open.
    pub openers: Vec<Opener>,
    /// The names of files, as far as somebody who has them open told them.
    pub names: BTreeMap<FileId, String>,
    /// Who has a database locked, and another one open, which somebody else has locked.
    pub crossings: Vec<Crossing>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// The file that was asked about.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name, as it is shown; for a database the database's, even if its `-wal` was given.
    pub path: String,
    /// What kind of file it is.
    pub kind: FileKind,
    /// Its parts, as the kernel names them; a plain file has one.
    pub files: Vec<(Part, FileId)>,
    /// Where it lies.
    pub file_system: FileSystem,
    /// What its first bytes say.
    pub header: Header,
    /// Whether it is shorter than its header says.
    pub cut: Option<CutShort>,
    /// Its rollback journal, `-journal`.
    pub journal: Journal,
    /// The size of its log, `-wal`, in bytes; `None` if there is none.
    pub wal_bytes: Option<u64>,
    /// The index of its log, `-shm`.
    pub index: Option<WalIndex>,
}

impl Target {
    /// Which part of the target a file is.
    pub fn part_of(&self, file: &FileId) -> Option<Part> {
        self.files.iter().find(|(_, id)| id == file).map(|(part, _)| *part)
    }

    /// Whether a line of the kernel's list is about one of its parts. It is asked of each of thousands.
    pub fn is_locked_by(&self, line: &LockLine) -> bool {
        self.files.iter().any(|(_, id)| id.inode == line.inode && id.device == line.device)
    }
}

/// A kind of file; only a regular one is opened for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory: `flock` can hold it.
    Directory,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

impl FileKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        }
    }
}

/// The files of one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The file itself.
    Main,
    /// `-shm`: the index of the log, on which WAL's locks are.
    Shm,
    /// `-wal`: the log.
    Wal,
    /// `-journal`: the rollback journal.
    Journal,
}

impl Part {
    /// What its name has behind that of the database.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Shm => "-shm",
            Self::Wal => "-wal",
            Self::Journal => "-journal",
        }
    }
}

/// A lock, or a request for one, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The line of the kernel's list, or what `F_GETLK` told, in the same form.
    pub line: LockLine,
    /// Its processes: several, if they share the open file. None if nobody who may be looked at has it.
    pub owners: Vec<u32>,
}

impl Lock {
    /// The pid in the line, if that process took the lock and no longer has it: it was inherited.
    pub fn taken_by_another(&self) -> Option<u32> {
        let taker = u32::try_from(self.line.pid).ok().filter(|pid| *pid > 0)?;
        (self.line.kind == LockKind::Flock && !self.line.waiting && !self.owners.contains(&taker)).then_some(taker)
    }
}

/// Somebody who has a database locked for writing, and another one open, which somebody else has locked so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// The process.
    pub pid: u32,
    /// The name of the other database.
    pub database: String,
    /// The file with the lock: the database, or its `-shm`.
    pub file: FileId,
    /// Who has it locked.
    pub holder: u32,
}

/// Somebody who has a file of the target open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opener {
    /// The process.
    pub pid: u32,
    /// Which file.
    pub part: Part,
    /// The descriptor.
    pub fd: u32,
}

/// A process, as the system tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// The program's short name (`comm`): untrusted text.
    pub name: String,
    /// Its command line, cut: untrusted text. Empty for a kernel thread.
    pub command: String,
    /// Whose it is: a name, or the number if there is no name for it.
    pub user: String,
    /// For how long it has been running, in seconds.
    pub age_s: Option<u64>,
    /// When it was started, in UTC: `2026-01-31T12:00:00Z`.
    pub since: Option<String>,
    /// How many threads it has; 1 if that is not known.
    pub threads: u32,
    /// What it was doing.
    pub doing: Doing,
    /// Why a plain `kill` (SIGTERM) does not end it; `None` if it does, or if that is not known.
    pub deaf: Option<Deaf>,
}

/// Why SIGTERM does not end a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deaf {
    /// It is the first process of a PID namespace, and has no handler for it (pid_namespaces(7)). With it ends all that
    /// runs in there.
    First,
    /// It ignores it (signal(7), SIG_IGN).
    Ignores,
}

/// What a process was doing when it was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Doing {
    /// The system does not tell.
    #[default]
    Unknown,
    /// It was on a processor, or about to be.
    Runs,
    /// A thread of it sleeps for a set time (`nanosleep`), as SQLite's busy handler does.
    Naps,
    /// It waits for input: from a terminal, a pipe, a network.
    AwaitsInput,
    /// It waits for a file lock, in the kernel.
    AwaitsLock,
    /// It sleeps, in another way.
    Sleeps,
    /// It waits for a disk, and can't be interrupted.
    AwaitsDisk,
    /// It was stopped, by Ctrl-Z, SIGSTOP or a debugger.
    Stopped,
    /// It is dead, and its parent has not noticed.
    Dead,
}

impl Doing {
    /// The rest of a sentence that begins with the process; empty if it is not known.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Runs => "runs",
            Self::Naps => "sleeps for a set time",
            Self::AwaitsInput => "waits for input",
            Self::AwaitsLock => "waits for a file lock",
            Self::Sleeps => "sleeps",
            Self::AwaitsDisk => "waits for a disk",
            Self::Stopped => "is stopped",
            Self::Dead => "is dead, and not reaped",
        }
    }

    /// Whether it certainly does no work at all at the moment.
    pub fn is_asleep(self) -> bool {
        matches!(self, Self::Naps | Self::AwaitsInput | Self::AwaitsLock | Self::Sleeps)
    }
}
