//! Which file is meant by a name: `app.db-wal` means the database, if there is one.

use std::path::{Path, PathBuf};

use super::super::judge::header::{Header, header};
use super::super::judge::sight::{FileId, Part};
use super::super::sqlite_bytes::{self, PENDING_BYTE, SHARED_LAST, SqliteFile};
use super::super::{LockKind, LockLine};
use super::target::{first_bytes, id_of, is_lease_on, open};

/// The database, if one of the files beside it was given; else the file itself. `lines` are all locks of this machine.
///
/// Any lock file may have such a name: only beside a database it is a part of one. And who locks a part in a way in
/// which SQLite does not, means that file.
pub(super) fn file(path: &Path, lines: &[LockLine]) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let parts = [Part::Wal, Part::Shm, Part::Journal].into_iter();
    let mut stems = parts.filter_map(|part| Some((part, name.strip_suffix(part.ending())?)));
    let Some((part, stem)) = stems.find(|(_, stem)| !stem.is_empty()) else { return path.to_owned() };
    let main = path.with_file_name(stem);
    if main.is_file() && !is_locked_itself(path, part, lines) && is_database(&main, path, part, lines) {
        main
    } else {
        path.to_owned()
    }
}

/// Whether there are locks on it, and none of them is SQLite's: that locks nothing but bytes of a `-shm`.
fn is_locked_itself(path: &Path, part: Part, lines: &[LockLine]) -> bool {
    let Some(id) = id_of(path).ok() else { return false };
    let mut own = on(&id, lines).filter(|line| line.kind != LockKind::Lease).peekable();
    own.peek().is_some() && !own.any(|line| part == Part::Shm && is_sqlites(line, SqliteFile::SharedMemory))
}

/// Whether it is a database: by its header, or, where that tells nothing, by SQLite's locks on it or on its `-shm`.
fn is_database(main: &Path, path: &Path, part: Part, lines: &[LockLine]) -> bool {
    let Ok(id) = id_of(main) else { return false };
    // To open it would break a lease.
    let may_open = !lines.iter().any(|line| is_lease_on(line, &id));
    let bytes = may_open.then(|| open(main).ok()).flatten().map(|file| first_bytes(&file)).unwrap_or_default();
    let shm = (part == Part::Shm).then(|| id_of(path).ok()).flatten();
    matches!(header(&bytes), Header::Sqlite { .. } | Header::Damaged)
        || on(&id, lines).any(|line| is_sqlites(line, SqliteFile::Database))
        || shm.is_some_and(|id| on(&id, lines).any(|line| is_sqlites(line, SqliteFile::SharedMemory)))
}

fn on<'a>(id: &'a FileId, lines: &'a [LockLine]) -> impl Iterator<Item = &'a LockLine> {
    lines.iter().filter(move |line| line.inode == id.inode && line.device == id.device)
}

/// Whether it lies wholly within the bytes that SQLite locks.
fn is_sqlites(line: &LockLine, file: SqliteFile) -> bool {
    let (first, last) = match file {
        SqliteFile::Database => (PENDING_BYTE, SHARED_LAST),
        SqliteFile::SharedMemory => (sqlite_bytes::SHM_FIRST, sqlite_bytes::SHM_LAST),
    };
    line.kind == LockKind::Posix && first <= line.first && line.last.is_some_and(|end| end <= last)
}
