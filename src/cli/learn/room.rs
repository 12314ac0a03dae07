//! Where the commands of a lesson are run: a temporary directory with the lesson's files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::super::aside::note;
use crate::course::Lesson;
use crate::run::Arena;

/// The room, as long as this value is there; if we are killed, the next `lesson` that needs an arena removes it.
pub(super) struct Room {
    arena: Arena,
    path: PathBuf,
    /// The commands that ran, and what each printed.
    pub(super) heard: Vec<(String, String)>,
}

impl Room {
    /// A room with the files of the lesson's exercise in it.
    pub(super) fn new(lesson: &Lesson) -> anyhow::Result<Self> {
        let arena = Arena::new(None)?;
        let path = arena.room("lesson")?;
        let room = Self { arena, path, heard: Vec::new() };
        lesson.files.iter().for_each(|(name, bytes)| room.write(name, bytes));
        Ok(room)
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file beside it, which the commands do not see.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.arena.path().join(name)
    }

    /// Writes a file, as the reader of the page does. That it can't be written is said, and is no wall.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        let written =
            self.file(name).context("that is not the name of a file").and_then(|path| Ok(fs::write(path, bytes)?));
        if let Err(error) = written {
            note(&format!("can't write {name}: {error:#}; going on without"));
        }
    }

    /// The path of a file in it; `None` for what is not the name of one.
    pub(super) fn file(&self, name: &str) -> Option<PathBuf> {
        is_plain(name).then(|| self.path.join(name))
    }
}

/// Whether it is the name of a file, and no way out of the room.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['.', '-']) && !name.contains(['/', '\\', ':'])
}
