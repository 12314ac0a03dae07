//! Looks at this machine: the locks, the file that was asked about, the processes. It takes no lock, writes nothing,
//! and signals nobody.

mod again;
mod asking;
mod crossings;
mod files;
mod meant;
mod people;
mod target;
mod threads;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::judge::machine::is_in_a_database;
use super::judge::owners::{OpenFile, with_owners};
use super::judge::sight::{Crossing, FileId, Lock, Opener, Part, Sight, Target};
use super::judge::unseen::Unseen;
use super::sqlite_bytes::{SHM_FIRST, SHM_LAST};
use super::{LockKind, LockLine};
pub use again::look;
use files::OpenFiles;
use people::People;
pub use people::own_user;
use wanted::Wanted;

/// Why nothing could be looked at, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotLook(String);

impl CannotLook {
    fn at(path: &str, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Self(format!("can't look at {path}: there is no such file; name the database or the lock file"))
            }
            std::io::ErrorKind::PermissionDenied if people::is_root() => Self(format!(
                "can't look at {path}: {error}, not even as root; look as whoever owns it, on its machine"
            )),
            std::io::ErrorKind::PermissionDenied => {
                Self(format!("can't look at {path}: {error}; look as its owner or as root (`sudo lesson who ...`)"))
            }
            _ => Self(format!("can't look at {path}: {error}; name the database or the lock file")),
        }
    }
}

/// Looks once at one file, or, without one, at everybody who waits on this machine.
fn once(path: Option<&Path>) -> Result<Sight, CannotLook> {
    if cfg!(windows) {
        return Err(CannotLook(
            "can't look: Windows keeps no list of locks that a program may read; try the Resource Monitor \
             (CPU, Associated Handles), or handle.exe of the Sysinternals"
                .into(),
        ));
    }
    let listed = super::read();
    let mut unseen = Vec::new();
    let lines = match (listed, path) {
        (Ok(lines), _) => lines,
        (Err(error), None) => {
            return Err(CannotLook(format!("can't look: {error}; name a file, which can be asked about")));
        }
        (Err(_), Some(_)) if !cfg!(target_os = "linux") => {
            unseen.push(Unseen::OnlyPosix);
            Vec::new()
        }
        (Err(error), Some(_)) => {
            unseen.push(Unseen::NoList(error.to_string()));
            Vec::new()
        }
    };
    let found = path.map(|path| target::find(path, &lines)).transpose()?;
    if crate::machine::own_pid_namespace() {
        unseen.push(Unseen::OwnNamespace);
    }
    let (target, asked) = match found {
        Some(found) => {
            unseen.extend(found.unseen);
            (Some(found.target), found.asked)
        }
        None => (None, Vec::new()),
    };
    let lines = match &target {
        Some(target) => matched(lines, asked, target, &mut unseen),
        None => lines,
    };
    let crossings = crossings::of(&lines, target.as_ref());
    Ok(with_processes(relevant(lines, target.as_ref()), target, unseen, crossings))
}

/// Finds the lines of the target although the list writes its device differently, and adds what only `F_GETLK` tells.
fn matched(mut lines: Vec<LockLine>, asked: Vec<LockLine>, target: &Target, unseen: &mut Vec<Unseen>) -> Vec<LockLine> {
    let is_here = |line: &LockLine| target.is_locked_by(line);
    if !lines.iter().any(is_here) {
        let id = |inode: u64| target.files.iter().map(|(_, id)| id).find(|id| id.inode == inode);
        let strange = lines.iter().find(|line| id(line.inode).is_some()).map(|line| line.device.clone());
        // Another file system may have the same number: without a word from F_GETLK only these two are believed.
        let confirmed = !asked.is_empty();
        let writes_differently = ["btrfs", "overlay"].contains(&target.file_system.name.as_str());
        if let Some(listed) = strange.filter(|_| confirmed || writes_differently) {
            for line in &mut lines {
                if let Some(id) = id(line.inode).filter(|_| line.device == listed) {
                    line.device.clone_from(&id.device);
                }
            }
            unseen.push(Unseen::OtherDevice { listed, confirmed });
        }
    }
    let has_list = !unseen.iter().any(|unseen| matches!(unseen, Unseen::NoList(_) | Unseen::OnlyPosix));
    let known = |line: &LockLine| {
        let same = |other: &&LockLine| FileId::of(other) == FileId::of(line) && other.kind == line.kind;
        // A holder that came or went between the two looks is in one of them; only a nameless one is news.
        lines.iter().any(|other| same(&other)) && line.pid != 0
    };
    let news: Vec<LockLine> = asked.into_iter().filter(|line| !known(line)).collect();
    if has_list && news.iter().any(|line| line.pid <= 0) {
        unseen.push(Unseen::OnlyByAsking);
    }
    lines.extend(news);
    lines
}

/// The lines that matter: those of the target, those of files on which somebody waits; without a target those of
/// databases, too.
fn relevant(mut lines: Vec<LockLine>, target: Option<&Target>) -> Vec<LockLine> {
    let waited: BTreeSet<FileId> = lines.iter().filter(|line| line.waiting).map(FileId::of).collect();
    // Any file may have a lock on the few bytes of a `-shm`: its name tells later.
    let in_shm = |line: &LockLine| {
        let within = line.first >= SHM_FIRST && line.last.is_some_and(|last| last <= SHM_LAST);
        line.kind == LockKind::Posix && within
    };
    let is_sqlites = |line: &LockLine| target.is_none() && (is_in_a_database(line) || in_shm(line));
    lines.retain(|line| {
        is_sqlites(line)
            || (!waited.is_empty() && waited.contains(&FileId::of(line)))
            || target.is_some_and(|target| target.is_locked_by(line))
    });
    lines
}

/// Whether nobody who may be looked at has it, although the list has a name or an open file for it.
fn is_nameless(lock: &Lock) -> bool {
    lock.owners.is_empty() && lock.line.pid != 0
}

fn with_processes(
    lines: Vec<LockLine>,
    target: Option<Target>,
    mut unseen: Vec<Unseen>,
    crossings: Vec<Crossing>,
) -> Sight {
    let mut inodes: BTreeSet<u64> = lines.iter().map(|line| line.inode).collect();
    inodes.extend(target.iter().flat_map(|target| &target.files).map(|(_, id)| id.inode));
    let wanted = Wanted::new(&inodes, target.as_ref());
    let mut owned = owned(&lines, target.is_some(), &wanted);
    // Whose it is may be known under a name that was given in another mount namespace.
    if wanted.goes_by_names() && owned.locks.iter().any(is_nameless) {
        owned = self::owned(&lines, target.is_some(), &Wanted::numbered(&inodes));
    }
    let Owned { locks, mut files, refused } = owned;
    files.retain(|file| file.inode.is_some_and(|inode| inodes.contains(&inode)));
    if refused > 0 {
        unseen.push(if people::is_root() { Unseen::Shielded(refused) } else { Unseen::OtherUsers(refused) });
    }
    let openers = openers(&files, target.as_ref());
    let nameless = locks.iter().filter(|lock| is_nameless(lock)).count() as u64;
    if nameless > 0 && cfg!(target_os = "linux") {
        unseen.push(Unseen::NoOwner(nameless));
    }
    let pids: BTreeSet<u32> =
        locks.iter().flat_map(|lock| lock.owners.clone()).chain(openers.iter().map(|opener| opener.pid)).collect();
    let crossing = crossings.iter().flat_map(|crossing| [crossing.pid, crossing.holder]);
    let pids: BTreeSet<u32> = pids.into_iter().chain(crossing).collect();
    let takers = locks.iter().filter_map(Lock::taken_by_another);
    let mut people = People::new();
    let processes = pids.into_iter().chain(takers).filter_map(|pid| Some((pid, people.meet(pid)?))).collect();
    let names = names(&locks, &files, target.as_ref());
    Sight { names, target, locks, processes, openers, crossings, unseen }
}

/// The owners of these lines, so far as they are among these processes. Their open files are read only where a line
/// names nobody: else the list is enough for processes that share no open file.
pub fn owners_among(lines: Vec<LockLine>, pids: &[u32]) -> Vec<Lock> {
    let nameless: BTreeSet<u64> =
        lines.iter().filter(|line| line.kind == LockKind::Ofd).map(|line| line.inode).collect();
    let mut files = if nameless.is_empty() { Vec::new() } else { files::of(pids, &Wanted::numbered(&nameless)).files };
    files::mark_those_who_ask(&mut files, &nameless);
    with_owners(lines, &files, |pid| pids.contains(&pid))
}

/// Locks with their owners, and the open files that told.
struct Owned {
    locks: Vec<Lock>,
    files: Vec<OpenFile>,
    /// How many processes may not be looked at.
    refused: usize,
}

fn owned(lines: &[LockLine], has_target: bool, wanted: &Wanted) -> Owned {
    let OpenFiles { mut files, refused } = open_files(lines, has_target, wanted);
    let asking =
        lines.iter().filter(|line| line.waiting && line.kind == LockKind::Ofd).map(|line| line.inode).collect();
    files::mark_those_who_ask(&mut files, &asking);
    let locks = with_owners(lines.to_vec(), &files, |pid| Path::new(&format!("/proc/{pid}")).exists());
    Owned { locks, files, refused }
}

/// Whom to look at: everybody, if somebody may have the file open without a lock, or a lock belongs to an open file;
/// else only those whom the list names.
fn open_files(lines: &[LockLine], has_target: bool, wanted: &Wanted) -> OpenFiles {
    if !cfg!(target_os = "linux") {
        return OpenFiles::default();
    }
    if lines.is_empty() && !has_target {
        // Nothing to look for; but what could not be looked at is said all the same.
        let refused = if people::is_root() { 0 } else { files::refused(&files::all_pids()) };
        return OpenFiles { files: Vec::new(), refused };
    }
    let by_file = lines.iter().any(|line| line.kind != LockKind::Posix);
    let named = lines.iter().filter_map(|line| u32::try_from(line.pid).ok()).collect::<BTreeSet<u32>>();
    let pids = if has_target || by_file { files::all_pids() } else { named.into_iter().collect() };
    files::of(&pids, wanted)
}

fn openers(files: &[OpenFile], target: Option<&Target>) -> Vec<Opener> {
    let Some(target) = target else { return Vec::new() };
    let part = |file: &OpenFile| -> Option<Part> {
        let (part, id) = target.files.iter().find(|(_, id)| Some(id.inode) == file.inode)?;
        // The same number on another device is another file; a mount that this process does not see may be any.
        let device = file.mount.and_then(mount_device);
        device.is_none_or(|device| device == id.device).then_some(*part)
    };
    files.iter().filter_map(|file| Some(Opener { pid: file.pid, part: part(file)?, fd: file.fd })).collect()
}

#[cfg(target_os = "linux")]
fn mount_device(mount: u64) -> Option<String> {
    target::device_of_mount(mount)
}

#[cfg(not(target_os = "linux"))]
fn mount_device(_: u64) -> Option<String> {
    None
}

/// The names of the locked files, told by somebody who has them open, in the way in which the target was named: beside
/// `app.lock` there is `queue.lock`, and not `/home/ada/queue.lock`.
fn names(locks: &[Lock], files: &[OpenFile], target: Option<&Target>) -> BTreeMap<FileId, String> {
    let mut names = BTreeMap::new();
    let given = target.map(|target| Given::of(Path::new(&target.path)));
    for lock in locks {
        let id = FileId::of(&lock.line);
        if names.contains_key(&id) {
            continue;
        }
        let by_lock = files.iter().find(|file| lock.owners.contains(&file.pid) && file.inode == Some(id.inode));
        if let Some(name) = by_lock.and_then(|file| files::name(file.pid, file.fd)) {
            names.insert(id, given.as_ref().map_or_else(|| name.clone(), |given| given.shown(&name)));
        }
    }
    names
}

/// How the user names files.
struct Given {
    /// The folders from which names begin, and how these begin for the user.
    folders: Vec<(PathBuf, PathBuf)>,
}

impl Given {
    fn of(path: &Path) -> Self {
        let parent = path.parent().unwrap_or(Path::new(""));
        let real = if parent == Path::new("") { Path::new(".") } else { parent };
        let beside = std::fs::canonicalize(real).ok().map(|real| (real, parent.to_owned()));
        let below = std::env::current_dir().ok().filter(|_| path.is_relative()).map(|here| (here, PathBuf::new()));
        Self { folders: beside.into_iter().chain(below).collect() }
    }

    fn shown(&self, name: &str) -> String {
        let rest = |(real, given): &(PathBuf, PathBuf)| Some(given.join(Path::new(name).strip_prefix(real).ok()?));
        self.folders.iter().find_map(rest).map_or_else(|| name.to_owned(), |path| path.to_string_lossy().into_owned())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc::{F_WRLCK, SEEK_SET, flock};

    use super::*;

    #[test]
    fn files_are_named_in_the_way_of_the_user() {
        let given = |folders: &[(&str, &str)]| Given {
            folders: folders.iter().map(|(real, given)| (PathBuf::from(real), PathBuf::from(given))).collect(),
        };
        let (relative, absolute) = (given(&[("/home/ada", ""), ("/home/ada", "")]), given(&[("/var/lib/x", "/link")]));
        let above = given(&[("/home/bob", "../bob"), ("/home/ada", "")]);
        let table = [
            (&relative, "/home/ada/queue.lock", "queue.lock"),
            (&relative, "/home/ada/a/queue.lock", "a/queue.lock"),
            (&relative, "/run/queue.lock", "/run/queue.lock"),
            (&absolute, "/var/lib/x/queue.lock", "/link/queue.lock"),
            (&absolute, "/home/ada/queue.lock", "/home/ada/queue.lock"),
            (&above, "/home/bob/queue.lock", "../bob/queue.lock"),
            (&above, "/home/ada/queue.lock", "queue.lock"),
        ];
        for (given, name, shown) in table {
            assert_eq!(given.shown(name), shown);
        }
    }

    #[test]
    fn the_owner_of_an_ofd_lock_is_found_among_these_processes() {
        let file = tempfile::tempfile().expect("a temporary file");
        let range = flock { l_type: F_WRLCK as _, l_whence: SEEK_SET as _, l_start: 3, l_len: 4, l_pid: 0 };
        fcntl(&file, FcntlArg::F_OFD_SETLK(&range)).expect("nobody else knows the file");
        let inode = file.metadata().expect("its metadata").ino();

        let lines = crate::who::read().expect("/proc/locks");
        let line = lines.into_iter().find(|line| line.inode == inode).expect("a line for the lock just taken");
        assert_eq!((line.pid, line.first, line.last), (-1, 3, Some(6)), "{}", line.raw);
        let own = std::process::id();
        let nobody = 1 << 30;
        let elsewhere = LockLine { first: 4, ..line.clone() };
        let waits = LockLine { waiting: true, ..line.clone() };
        let table = [
            (&line, vec![nobody, own], vec![own]),
            (&line, vec![nobody], vec![]),
            (&elsewhere, vec![own], vec![]),
            (&waits, vec![own], vec![]),
        ];
        for (line, among, owners) in table {
            assert_eq!(owners_among(vec![line.clone()], &among)[0].owners, owners, "{} {among:?}", line.raw);
        }
    }
}
