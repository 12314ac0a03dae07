//! Where a run takes place: a fresh directory of our own, and nothing else is ever touched.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tempfile::TempDir;

use super::Care;
use crate::machine::file_system;

/// The prefix of our temporary directories.
const PREFIX: &str = "lesson-arena-";

/// In each temporary arena: a file that its owner keeps locked for as long as it lives. The kernel frees the lock of a
/// dead owner, so it can't go stale as a PID file would.
const OWNER: &str = "owner.lock";

/// A directory with one room for each run. A temporary one is removed when it is dropped.
#[derive(Debug)]
pub struct Arena {
    path: PathBuf,
    temporary: Option<(TempDir, File)>,
    _care: Care,
}

impl Arena {
    /// Makes the arena: in `dir`, which then stays, or in the system's temporary directory.
    pub fn new(dir: Option<&Path>) -> anyhow::Result<Self> {
        match dir {
            Some(dir) => {
                fs::create_dir_all(dir).with_context(|| {
                    format!("can't make the directory {}; choose another one with --dir", dir.display())
                })?;
                let path = fs::canonicalize(dir).with_context(|| format!("can't find {}", dir.display()))?;
                Ok(Self { path, temporary: None, _care: Care::new() })
            }
            None => Self::temporary(),
        }
    }

    fn temporary() -> anyhow::Result<Self> {
        let parent = std::env::temp_dir();
        let remedy = || {
            format!(
                "can't make a directory in {}; set TMPDIR to a directory where you may write, or use --dir",
                parent.display()
            )
        };
        sweep(&parent);
        let care = Care::new();
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir().with_context(remedy)?;
        // Locked before it has the name that the sweep looks for.
        let unnamed = dir.path().join("owner.new");
        let owner = File::create(&unnamed).with_context(remedy)?;
        owner.lock().with_context(remedy)?;
        fs::rename(&unnamed, dir.path().join(OWNER)).with_context(remedy)?;
        let path = fs::canonicalize(dir.path()).with_context(remedy)?;
        Ok(Self { path, temporary: Some((dir, owner)), _care: care })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it goes when we go.
    pub fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Refuses, before anything is run, a directory in which a room of one of these names exists already.
    pub fn check_free<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
        let mut rooms = names.into_iter().map(|name| self.room_path(name));
        rooms.find(|room| room.exists()).map_or(Ok(()), |room| Err(taken(&room)))
    }

    fn room_path(&self, name: &str) -> PathBuf {
        let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        self.path.join(safe)
    }

    /// Makes a room that did not exist before.
    pub fn room(&self, name: &str) -> anyhow::Result<PathBuf> {
        let room = self.room_path(name);
        if let Err(error) = fs::create_dir(&room) {
            match error.kind() {
                std::io::ErrorKind::AlreadyExists => return Err(taken(&room)),
                _ => {
                    return Err(error).with_context(|| format!("can't make the directory {}", room.display()));
                }
            }
        }
        Ok(room)
    }
}

fn taken(room: &Path) -> anyhow::Error {
    anyhow!(
        "{} exists already and lesson does not touch what it did not make; name a new directory with --dir",
        room.display()
    )
}

/// Removes the arena of a conductor that was killed. Called by its workers as they go, so nothing remains.
pub fn remove_orphaned(arena: &Path) {
    let ours = arena.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    if ours && arena.join(OWNER).exists() {
        // Several workers may try at once; whoever comes last removes what is left.
        let _ = remove(arena);
    }
}

/// Removes an arena, its mark last: when somebody still writes into it meanwhile, it can be found again by the mark.
fn remove(arena: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(arena)?.flatten().filter(|entry| entry.file_name() != OWNER) {
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(arena.join(OWNER))?;
    fs::remove_dir(arena)
}

/// Removes what earlier conductors of this user left when they were killed before they had a worker: arenas whose owner
/// is dead. Not on a network file system, where another machine's owner may live and its lock not be seen.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let ours = entries.flatten().map(|entry| entry.path()).filter(|path| is_ours(path));
    let mut ours = ours.peekable();
    if ours.peek().is_none() || file_system::of(parent).is_network {
        return;
    }
    for arena in ours {
        let mark = arena.join(OWNER);
        // A plain file only: to open a FIFO would wait for somebody who writes.
        if !fs::symlink_metadata(&mark).is_ok_and(|mark| mark.is_file()) {
            // Killed between its first two steps: then it is empty but for `owner.new`, and old.
            if !mark.exists() && is_old(&arena) {
                let _ = fs::remove_file(arena.join("owner.new"));
                let _ = fs::remove_dir(&arena);
            }
        } else if let Ok(owner) = File::open(&mark)
            && owner.try_lock().is_ok()
        {
            let _ = remove(&arena);
        }
    }
}

/// A directory, not a link to one, with our prefix, made by this user.
fn is_ours(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    named && fs::symlink_metadata(path).is_ok_and(|kind| kind.is_dir() && is_this_users(&kind))
}

#[cfg(unix)]
fn is_this_users(file: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(file) == nix::unistd::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_this_users(_: &fs::Metadata) -> bool {
    true // the temporary directory is the user's own there
}

fn is_old(path: &Path) -> bool {
    let age = fs::metadata(path).and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age > Duration::from_secs(60))
}
