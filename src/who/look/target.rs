//! The file that is asked about: what it is, how the kernel names it, and what its first bytes say.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::super::judge::header::{HEADER_BYTES, Header, Journal, cut_short, header, journal, wal_index};
use super::super::judge::sight::{FileId, FileKind, Part, Target};
use super::super::judge::unseen::Unseen;
use super::super::{LockKind, LockLine};
use super::{CannotLook, asking, meant};
use crate::machine::file_system;

/// The file, opened where that does no harm.
pub(super) struct Found {
    pub(super) target: Target,
    /// What `F_GETLK` tells of its parts.
    pub(super) asked: Vec<LockLine>,
    /// What of it could not be seen.
    pub(super) unseen: Vec<Unseen>,
}

/// Looks at the file. `lines` are the lines of all locks of this machine.
pub(super) fn find(path: &Path, lines: &[LockLine]) -> Result<Found, CannotLook> {
    let main = meant::file(path, lines);
    let shown = main.to_string_lossy().into_owned();
    let metadata = fs::metadata(&main).map_err(|error| CannotLook::at(&shown, &error))?;
    let id = id_of(&main).map_err(|error| CannotLook::at(&shown, &error))?;
    let kind = kind_of(&metadata);
    let system = file_system::of(&main);
    let mut target = Target {
        path: shown,
        kind,
        files: vec![(Part::Main, id)],
        file_system: system.clone(),
        header: Header::Unread,
        cut: None,
        journal: Journal::None,
        wal_bytes: None,
        index: None,
    };
    let mut found = Found { asked: Vec::new(), unseen: Vec::new(), target: target.clone() };
    if system.is_network {
        found.unseen.push(Unseen::Network(system.name));
    }
    if kind == FileKind::File {
        let is_leased = |id: &FileId| lines.iter().any(|line| is_lease_on(line, id));
        match is_leased(&target.files[0].1) {
            true => found.unseen.push(Unseen::Lease),
            false => match open(&main) {
                Ok(file) => {
                    let bytes = first_bytes(&file);
                    target.header = header(&bytes);
                    // Its size after its header: it may grow between the two.
                    target.cut = file.metadata().ok().and_then(|metadata| cut_short(&bytes, metadata.len()));
                    found.asked.extend(asking::conflicts(&file, &target.files[0].1));
                }
                Err(error) => found.unseen.push(Unseen::Content(error.to_string())),
            },
        }
        found.asked.extend(beside(&main, &mut target));
    }
    found.target = target;
    Ok(found)
}

/// The files beside a database: SQLite names them after the real file, not after a symbolic link to it.
fn beside(main: &Path, target: &mut Target) -> Vec<LockLine> {
    let real = fs::canonicalize(main).unwrap_or_else(|_| main.to_owned());
    let mut asked = Vec::new();
    for part in [Part::Shm, Part::Wal, Part::Journal] {
        let path = with_end(&real, part.ending());
        let Some(metadata) = fs::metadata(&path).ok().filter(Metadata::is_file) else { continue };
        let Ok(id) = id_of(&path) else { continue };
        let opened = if part == Part::Wal { None } else { open(&path).ok() };
        match (part, opened) {
            (Part::Wal, _) => target.wal_bytes = Some(metadata.len()),
            (Part::Shm, Some(file)) => {
                target.index = wal_index(&first_bytes(&file));
                asked.extend(asking::conflicts(&file, &id));
            }
            (Part::Journal, Some(file)) => target.journal = journal(&first_bytes(&file)),
            (Part::Journal, None) => target.journal = Journal::Unread,
            _ => {}
        }
        target.files.push((part, id));
    }
    asked
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

pub(super) fn is_lease_on(line: &LockLine, id: &FileId) -> bool {
    line.kind == LockKind::Lease && line.inode == id.inode
}

/// At most [`HEADER_BYTES`]; none if it can't be read.
pub(super) fn first_bytes(file: &File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = file.take(HEADER_BYTES as u64).read_to_end(&mut bytes);
    bytes
}

/// Opens a regular file for reading. It never blocks, whatever has taken the file's place since it was looked at, and
/// it leaves the time of the last access alone where that may be done.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<File> {
    use nix::libc::{O_NOCTTY, O_NONBLOCK};
    use std::os::unix::fs::OpenOptionsExt as _;

    let file = File::options().read(true).custom_flags(O_NONBLOCK | O_NOCTTY).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no longer a regular file")),
    }
}

#[cfg(not(unix))]
pub(super) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn kind_of(metadata: &Metadata) -> FileKind {
    use std::os::unix::fs::FileTypeExt as _;

    let kind = metadata.file_type();
    match () {
        () if kind.is_dir() => FileKind::Directory,
        () if kind.is_fifo() => FileKind::Fifo,
        () if kind.is_socket() => FileKind::Socket,
        () if kind.is_file() => FileKind::File,
        () => FileKind::Device,
    }
}

#[cfg(not(unix))]
fn kind_of(metadata: &Metadata) -> FileKind {
    if metadata.is_dir() { FileKind::Directory } else { FileKind::File }
}

/// How `/proc/locks` names a file: with the device of its superblock and its number there, which on btrfs and overlay
/// are not those of stat(2). A descriptor that is open as a path only (`O_PATH`) tells both: it needs no permission,
/// never blocks, and breaks no lease.
#[cfg(target_os = "linux")]
pub(super) fn id_of(path: &Path) -> io::Result<FileId> {
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let file = File::options().read(true).custom_flags(nix::libc::O_PATH).open(path)?;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).unwrap_or_default();
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name))?.trim().parse::<u64>().ok();
    let by_stat = id_by_stat(&file.metadata()?);
    let device = field("mnt_id:").and_then(device_of_mount);
    Ok(FileId { device: device.unwrap_or(by_stat.device), inode: field("ino:").unwrap_or(by_stat.inode) })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn id_of(path: &Path) -> io::Result<FileId> {
    Ok(id_by_stat(&fs::metadata(path)?))
}

/// The device of a mount, as `/proc/locks` writes it: `ID PARENT MAJOR:MINOR ...` (proc_pid_mountinfo(5)).
#[cfg(target_os = "linux")]
pub(super) fn device_of_mount(mount: u64) -> Option<String> {
    let mounts = fs::read("/proc/self/mountinfo").ok()?;
    let text = String::from_utf8_lossy(&mounts);
    let mut line = text.lines().map(str::split_ascii_whitespace).find_map(|mut words| {
        let number: u64 = words.next()?.parse().ok()?;
        (number == mount).then_some(words)
    })?;
    let (major, minor) = line.nth(1)?.split_once(':')?;
    Some(device(major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(target_os = "linux")]
fn device(major: u64, minor: u64) -> String {
    format!("{major:02x}:{minor:02x}")
}

#[cfg(target_os = "linux")]
fn id_by_stat(metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt as _;

    let number = metadata.dev();
    FileId { device: device(nix::sys::stat::major(number), nix::sys::stat::minor(number)), inode: metadata.ino() }
}

/// Without a list the name only has to be the same each time.
#[cfg(not(target_os = "linux"))]
fn id_by_stat(metadata: &Metadata) -> FileId {
    FileId { device: String::new(), inode: super::super::inode(metadata).unwrap_or(0) }
}
