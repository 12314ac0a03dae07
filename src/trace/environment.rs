//! On what machine a run took place.

use serde::{Deserialize, Serialize};

/// What a reader has to know of a machine before comparing its run with one of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The operating system as Rust calls it: `linux`, `macos`, `windows`.
    pub os: String,
    /// Its kernel and its name: `Linux 6.18.1, Debian GNU/Linux 12 (bookworm)`.
    pub os_release: String,
    /// The processor's architecture as Rust calls it: `x86_64`, `aarch64`.
    pub arch: String,
    /// How many threads can run at once, as far as this process is allowed to use the machine.
    pub cores: usize,
    /// The version of this program.
    pub lesson: String,
    /// The version of the SQLite library within it.
    pub sqlite: String,
    /// The directory in which the files of a run are made. What is no Unicode in it is replaced.
    pub temp_dir: String,
    /// The type of that directory's file system: `ext4`, `tmpfs`, `nfs`; `unknown` and why, if it can't be told.
    pub file_system: String,
    /// Whether another machine keeps that file system: locks can't be relied on there.
    pub file_system_is_network: bool,
    /// Linux: whether the process lives in a PID namespace of its own, as in most containers. Locks that are
    /// held outside it have no line in `/proc/locks` (but for OFD locks).
    pub own_pid_namespace: bool,
}
