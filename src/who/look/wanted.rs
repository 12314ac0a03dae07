//! Which open files are looked for, and which of them can be told from their names not to be one of these.
//!
//! The name of an open file is cheap and its number is not (`/proc/PID/fdinfo`): a server with thousands of open files
//! costs most of a look. But names deceive: a file may have several, by hard links and by mounts. So they are believed
//! only where that can be excluded.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use super::super::judge::sight::Target;

/// Up to so many open files of one process are looked at one by one, whatever they are called.
const MANY: usize = 32;

/// The file systems of one machine whose files have the names under which they were opened.
const PLAIN: [&str; 7] = ["ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "f2fs"];

/// What is looked for.
pub(super) struct Wanted<'a> {
    inodes: &'a BTreeSet<u64>,
    names: Option<Names>,
    /// Devices that most processes have open, and nobody locks.
    bottomless: Vec<&'static str>,
}

/// All names of the files that are looked for; there is no other one in this mount namespace.
struct Names {
    last: BTreeSet<OsString>,
    /// What is mounted there may be any file under another name.
    mounts: BTreeSet<OsString>,
    /// The number of this mount namespace.
    namespace: u64,
}

impl<'a> Wanted<'a> {
    /// Files by their inode numbers, and by their names if all of them are parts of the target.
    pub(super) fn new(inodes: &'a BTreeSet<u64>, target: Option<&Target>) -> Self {
        Self { inodes, names: target.and_then(|target| Names::of(target, inodes)), bottomless: bottomless(inodes) }
    }

    /// Files by their inode numbers alone.
    pub(super) fn numbered(inodes: &'a BTreeSet<u64>) -> Self {
        Self::new(inodes, None)
    }

    /// Whether this inode is looked for.
    pub(super) fn has(&self, inode: u64) -> bool {
        self.inodes.contains(&inode)
    }

    /// Whether a name may tell that a file is none of them.
    pub(super) fn goes_by_names(&self) -> bool {
        self.names.is_some()
    }

    /// What is to be asked of each name of a process's `count` open files: by the name it may be one of the files.
    pub(super) fn of(&self, pid: u32, count: usize) -> impl Fn(&OsStr) -> bool + '_ {
        let names =
            self.names.as_ref().filter(|names| count > MANY && namespace(&pid.to_string()) == Some(names.namespace));
        move |link| {
            let is_other = is_no_file(link.as_encoded_bytes()) || self.bottomless.iter().any(|name| link == *name);
            !is_other && names.is_none_or(|names| names.may_be(link))
        }
    }
}

impl Names {
    /// `None` if there may be other names: hard links, an overlay, another machine, a file that is a mount point.
    fn of(target: &Target, inodes: &BTreeSet<u64>) -> Option<Self> {
        if target.file_system.is_network || !PLAIN.contains(&target.file_system.name.as_str()) {
            return None;
        }
        let main = fs::canonicalize(&target.path).ok()?;
        let mounts = mounts()?;
        let (mut last, mut left) = (BTreeSet::new(), inodes.clone());
        for (part, id) in &target.files {
            let mut path = OsString::from(&main);
            path.push(part.ending());
            let metadata = fs::symlink_metadata(&path).ok()?;
            if !is_only_name(&metadata, id.inode) || mounts.contains(&path) {
                return None;
            }
            left.remove(&id.inode);
            last.insert(Path::new(&path).file_name()?.to_owned());
        }
        // Nobody knows what the other ones are called.
        let namespace = namespace("self").filter(|_| left.is_empty())?;
        Some(Self { last, mounts, namespace })
    }

    /// A name that is gone may have been another one of the same file.
    fn may_be(&self, link: &OsStr) -> bool {
        let path = Path::new(link);
        let is_gone = link.as_encoded_bytes().ends_with(b" (deleted)");
        // What was unmounted while it was open has a name of its own, or none.
        is_gone || path.file_name().is_none_or(|name| self.last.contains(name)) || self.mounts.contains(link)
    }
}

#[cfg(unix)]
fn is_only_name(metadata: &fs::Metadata, inode: u64) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.is_file() && metadata.nlink() == 1 && metadata.ino() == inode
}

#[cfg(not(unix))]
fn is_only_name(_: &fs::Metadata, _: u64) -> bool {
    false
}

/// The number of a process's mount namespace; `None` if we may not know.
fn namespace(pid: &str) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/ns/mnt")).ok().as_ref().and_then(super::super::inode)
}

/// All mount points: the fifth word of each line (proc_pid_mountinfo(5)).
fn mounts() -> Option<BTreeSet<OsString>> {
    let text = fs::read("/proc/self/mountinfo").ok()?;
    let points = text.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b' ').nth(4));
    points.map(|point| unescaped(&String::from_utf8_lossy(point)).map(OsString::from)).collect()
}

/// `\040` is a blank, `\011` a tab, `\012` a line feed, `\134` a backslash; `None` if it is anything else.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('\\');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(3)?;
        plain.push(char::from(u8::from_str_radix(code, 8).ok().filter(u8::is_ascii)?));
        plain += rest;
    }
    Some(plain)
}

/// The devices that most processes have open, and nobody locks; without those that somebody asks about all the same.
fn bottomless(inodes: &BTreeSet<u64>) -> Vec<&'static str> {
    let is_asked_for = |name: &&str| {
        let inode = fs::metadata(name).ok().as_ref().and_then(super::super::inode);
        inode.is_none_or(|inode| inodes.contains(&inode))
    };
    ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"].into_iter().filter(|name| !is_asked_for(name)).collect()
}

/// Whether a link of `/proc/PID/fd` leads to something that has no name in any file system: `socket:[7]`, `pipe:[7]`,
/// `anon_inode:[eventfd]`. Most descriptors are of this kind, and nobody locks them.
fn is_no_file(link: &[u8]) -> bool {
    !link.starts_with(b"/")
        && [b"socket:".as_slice(), b"pipe:", b"anon_inode:"].iter().any(|kind| link.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_can_t_be_one_of_them_is_passed_over() {
        let set = |names: &[&str]| names.iter().map(OsString::from).collect();
        let names = Names { last: set(&["app.db", "app.db-wal"]), mounts: set(&["/run/one"]), namespace: 1 };
        let table = [
            ("/var/app.db", true),
            ("/elsewhere/app.db", true),
            ("/var/app.db-wal", true),
            ("/var/other (deleted)", true),
            ("/run/one", true),
            ("/", true),
            ("", true),
            ("/var/other", false),
            ("/run/one/other", false),
        ];
        for (link, may_be) in table {
            assert_eq!(names.may_be(OsStr::new(link)), may_be, "{link}");
        }
    }

    #[test]
    fn reads_the_kernels_escapes() {
        let table = [("/a", Some("/a")), (r"/a\040b\134", Some("/a b\\")), (r"/a\04", None), (r"/a\377", None)];
        for (text, plain) in table {
            assert_eq!(unescaped(text).as_deref(), plain, "{text}");
        }
    }
}
