//! The learner's folder of data: what was done, and what was seen.
//!
//! It is `LESSON_HOME` if that is set, else `lesson` in the user's data directory (`XDG_DATA_HOME`, usually
//! `~/.local/share`; `%APPDATA%` on Windows): <https://specifications.freedesktop.org/basedir-spec/latest/>.
//!
//! Two programs may want to write the progress at once. Whoever changes it takes the lock first, reads, changes, writes
//! another file and gives it the name: nobody ever reads half of it, and no change is lost. The kernel frees the lock
//! of a program that dies. What can't be read is never written over.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use etcetera::BaseStrategy as _;

use crate::course::{Progress, Unreadable};

/// Names the folder.
const VARIABLE: &str = "LESSON_HOME";

/// The largest file that is read.
const LARGEST: u64 = 64 * 1024 * 1024;

/// What was done.
const PROGRESS: &str = "progress.json";

/// A folder that may not be there yet.
#[derive(Debug, Clone)]
pub struct Home {
    dir: PathBuf,
}

impl Home {
    /// Finds it; makes nothing.
    ///
    /// # Errors
    /// The user has no home.
    pub fn find() -> anyhow::Result<Self> {
        let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let dir = match named {
            Some(dir) => std::path::absolute(dir)?,
            None => {
                let base = etcetera::choose_base_strategy().map_err(|_| {
                    anyhow::anyhow!("there is no home directory to keep progress in; name one: {VARIABLE}=DIR")
                })?;
                base.data_dir().join("lesson")
            }
        };
        Ok(Self { dir })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file with what was done.
    pub fn progress_file(&self) -> PathBuf {
        self.dir.join(PROGRESS)
    }

    /// The folder with what was printed and traced.
    pub fn evidence(&self) -> PathBuf {
        self.dir.join("evidence")
    }

    /// What was done; nothing if there is no file.
    ///
    /// # Errors
    /// It can't be read; the file is left as it is.
    pub fn read(&self) -> anyhow::Result<Progress> {
        let file = self.progress_file();
        match self.parse() {
            Ok(progress) => Ok(progress),
            Err(Trouble::Unreadable(wrong @ Unreadable::Newer(_))) => {
                bail!(
                    "{} is left as it is: {wrong}; use that lesson, or another folder: {VARIABLE}=DIR",
                    file.display()
                )
            }
            Err(Trouble::Unreadable(wrong)) => {
                bail!("{} can't be read: {wrong}; the next change puts it aside and begins a new one", file.display())
            }
            Err(Trouble::Io(error)) => Err(error).with_context(|| format!("can't read {}", file.display())),
        }
    }

    /// Changes what was done; says where a broken file was put aside to.
    ///
    /// # Errors
    /// It can't be written, or a newer program wrote it: then nothing is changed.
    pub fn change(&self, change: impl FnOnce(&mut Progress)) -> anyhow::Result<Option<PathBuf>> {
        let can_not = || format!("can't keep the progress in {}", self.dir.display());
        fs::create_dir_all(&self.dir).with_context(can_not)?;
        let lock = self.dir.join("progress.lock");
        plain(&lock).with_context(can_not)?;
        let lock = File::create(lock).with_context(can_not)?;
        lock.lock().with_context(can_not)?;
        let (mut progress, aside) = match self.parse() {
            Ok(progress) => (progress, None),
            Err(Trouble::Unreadable(Unreadable::Broken(_))) => {
                (Progress::default(), Some(self.put_aside().with_context(can_not)?))
            }
            Err(_) => return self.read().map(|_| None),
        };
        change(&mut progress);
        self.write(&progress).with_context(can_not)?;
        Ok(aside)
    }

    fn parse(&self) -> Result<Progress, Trouble> {
        plain(&self.progress_file()).map_err(Trouble::Io)?;
        match fs::read(self.progress_file()) {
            Ok(bytes) => {
                let text = String::from_utf8(bytes).map_err(|_| Unreadable::Broken("it is not text".into()));
                text.and_then(|text| Progress::parse(&text)).map_err(Trouble::Unreadable)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Progress::default()),
            Err(error) => Err(Trouble::Io(error)),
        }
    }

    /// Beside it first, then under its name. The lock is held: the name beside it is ours, whoever left a file there.
    fn write(&self, progress: &Progress) -> io::Result<()> {
        // Where it is a link, the file that it leads to is meant.
        let target = fs::canonicalize(self.progress_file()).unwrap_or_else(|_| self.progress_file());
        let beside = target.with_file_name("progress.new");
        plain(&beside)?;
        let mut file = File::create(&beside)?;
        file.write_all(progress.to_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(beside, target)
    }

    /// Gives a broken file another name, which nothing has.
    fn put_aside(&self) -> io::Result<PathBuf> {
        let names = (1..).map(|number| self.dir.join(format!("progress.broken-{number}.json")));
        let Some(free) = names.into_iter().find(|name| !name.exists()) else { return Err(io::ErrorKind::Other.into()) };
        fs::rename(self.progress_file(), &free)?;
        Ok(free)
    }
}

/// Refuses what is there and no plain file of ours: a pipe would be waited for, a device has no end.
fn plain(file: &Path) -> io::Result<()> {
    match fs::metadata(file) {
        Ok(found) if found.is_file() && found.len() <= LARGEST => Ok(()),
        Ok(_) => Err(io::Error::other("it is no plain file of at most 64 MiB")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Why the file does not tell what was done.
enum Trouble {
    Unreadable(Unreadable),
    Io(io::Error),
}

#[cfg(test)]
mod tests;
