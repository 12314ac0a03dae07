//! Who holds which lock on this machine, as it is now.
//!
//! ```text
//! /proc/locks  --read-->  LockLine
//! ```
//!
//! [`proc_locks`] is pure; [`read()`] asks the system.
//! The evidence is Linux's: other systems keep no list of locks that a program may read, and say so.

pub mod proc_locks;
mod read;

pub use proc_locks::{LockKind, LockLine, Malformed};
pub use read::read;
