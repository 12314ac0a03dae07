//! An flock that outlives who took it: the parent takes it, hands its open file to a child, and ends.
//!
//! No scenario can tell of that, for in a scenario a lock belongs to a process. The child has the file as its standard
//! output and says nothing on it. Its leash is its standard input: at end of file it goes, as every worker does.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, Command, Stdio};

use anyhow::{Context, bail};

use super::arena;
use super::backend::open_lock_file;

/// The child, as long as this value is there.
#[derive(Debug)]
pub struct Heir {
    leash: Option<ChildStdin>,
    /// Ends with the child, who has the other end.
    alive: ChildStderr,
}

impl Heir {
    /// Takes this lock in this room. When it is back, the parent is dead and the child has the lock. `temporary`: the
    /// arena is ours alone, and goes with the child if we are gone.
    pub fn start(room: &Path, lock: &str, temporary: bool) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        // Ctrl-C is for us, not for it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut parent = command
            .args(ARGUMENTS)
            .env(ROLE, lock)
            .envs(temporary.then_some((TEMPORARY, "1")))
            .current_dir(room)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("can't start a process")?;
        let leash = parent.stdin.take();
        let mut alive = parent.stderr.take().context("a piped standard error is there")?;
        if !parent.wait()?.success() {
            drop(leash);
            let mut why = String::new();
            alive.read_to_string(&mut why)?;
            bail!("the parent failed: {}", why.trim());
        }
        Ok(Self { leash, alive })
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        self.leash = None;
        let _ = self.alive.read_to_end(&mut Vec::new()); // a pipe that can't be read has ended
    }
}

/// Tells a worker that it is one of the two, and which one: the name of the lock, or nothing for the child. It is no
/// argument: these are for everybody to see in `ps`, and whoever hunts a culprit would only have to read them.
const ROLE: &str = "LESSON_HEIR";

/// Says that the arena goes with the child.
const TEMPORARY: &str = "LESSON_HEIR_TEMPORARY";

/// Both are called as any worker with one process is.
const ARGUMENTS: [&str; 3] = ["worker", "--", "archive"];

/// Which of the two a process is.
#[derive(Debug)]
pub struct Role {
    /// The parent takes this lock; the child has none to take.
    lock: Option<String>,
    temporary: bool,
}

impl Role {
    /// The role of this process; `None` if it is an ordinary worker.
    pub fn assigned() -> Option<Self> {
        let lock = std::env::var(ROLE).ok()?;
        Some(Self {
            lock: Some(lock).filter(|lock| !lock.is_empty()),
            temporary: std::env::var_os(TEMPORARY).is_some(),
        })
    }

    /// The life of the parent, which takes the lock, or that of the child.
    ///
    /// # Errors
    /// The lock can't be taken, or no process can be started.
    pub fn live(self) -> anyhow::Result<()> {
        if let Some(lock) = &self.lock {
            let file = open_lock_file(lock)?;
            file.try_lock().with_context(|| format!("can't lock {lock}"))?;
            // The lock is not let go: this process only loses its descriptor. And it does not wait for its child.
            Command::new(std::env::current_exe()?).args(ARGUMENTS).env(ROLE, "").stdout(file).spawn()?;
            return Ok(());
        }
        io::stdin().read_to_end(&mut Vec::new())?;
        if self.temporary
            && let Ok(room) = std::env::current_dir()
        {
            arena::remove_orphaned(room.parent().unwrap_or(Path::new("")));
        }
        Ok(())
    }
}
