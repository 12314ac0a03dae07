//! Who holds which lock on this machine, as it is now.
//!
//! ```text
//! /proc/locks, /proc/PID/fdinfo  --read-->  LockLine  --describe-->  plain words
//! ```
//!
//! [`proc_locks`], [`sqlite_bytes`] and [`describe()`] are pure; [`read()`] and [`processes`] ask the system.
//! The evidence is Linux's: other systems keep no list of locks that a program may read, and say so.

mod describe;
pub mod proc_locks;
pub mod processes;
mod read;
pub mod sqlite_bytes;

pub use describe::describe;
pub use proc_locks::{LockKind, LockLine, Malformed};
pub use read::read;
