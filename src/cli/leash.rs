//! The leash of a command that another `lesson` has started (`lesson learn`): it does not outlive it for long.
//!
//! A worker's leash is its standard input. A command's standard input is the learner's; so it looks who its parent is.
//! The system gives an orphan another one.

use std::io;
use std::thread;
use std::time::Duration;

use super::screen;
use crate::run;

/// How often it looks.
const MOMENT: Duration = Duration::from_millis(100);

/// So long it may tidy up; then it ends at once, and its workers tidy up.
const GRACE: Duration = Duration::from_secs(1);

/// Ends this process when `parent` is gone, as Ctrl-C would.
pub(super) fn hold(parent: u32) -> io::Result<()> {
    let watch = move || {
        while parent_of_this() == Some(parent) {
            thread::sleep(MOMENT);
        }
        run::interrupt(screen::restore);
        thread::sleep(GRACE);
        run::interrupt(screen::restore);
    };
    match parent_of_this() {
        Some(_) => thread::Builder::new().name("leash".into()).spawn(watch).map(drop),
        None => Ok(()),
    }
}

/// `None` where the system keeps no such number up to date.
#[cfg(unix)]
fn parent_of_this() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

#[cfg(not(unix))]
fn parent_of_this() -> Option<u32> {
    None
}
