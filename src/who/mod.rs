//! Who holds which lock on this machine, as it is now.
//!
//! ```text
//! /proc/locks, /proc/PID/fdinfo  --read-->  LockLine  --describe-->  plain words
//! the same, a file, processes    --look-->  Sight     --judge-->     Answer
//! ```
//!
//! [`proc_locks`], [`sqlite_bytes`], [`describe()`] and [`mod@judge`] are pure; [`read()`], [`look()`] and
//! [`processes`] ask the system: they take no lock, write nothing and signal nobody. The evidence is Linux's: other
//! systems keep no list of locks that a program may read, and say so.

mod describe;
pub mod judge;
mod look;
pub mod proc_locks;
pub mod processes;
mod read;
pub mod sqlite_bytes;

pub use describe::describe;
pub use judge::judge;
pub use look::{CannotLook, look, own_user, owners_among};
pub use proc_locks::{LockKind, LockLine, Malformed};
pub use read::read;

/// The number of a file in its file system, which is how `/proc/locks` names it; `None` where files have none.
#[cfg(unix)]
pub fn inode(file: &std::fs::Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(file))
}

/// The number of a file in its file system; files have none here.
#[cfg(not(unix))]
pub fn inode(_: &std::fs::Metadata) -> Option<u64> {
    None
}
