//! The guardian: a process of our own that gives the terminal back when somebody kills us (`kill -9`) and we can't.
//!
//! It holds the terminal, remembers how it was, and reads from a pipe whose other end only we have. If the pipe ends
//! with our word, all is well. If it ends without, we are gone: then the guardian leaves the alternate screen, shows
//! the cursor and puts the mode back. It ends with the pipe, so it never stays behind.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::bail;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use ratatui::crossterm::{cursor, execute, style, terminal};

/// What the guardian says when it has seen the terminal's mode, and what we say when we have put it back.
const WELL: u8 = b'.';

static GUARDIAN: Mutex<Option<Guardian>> = Mutex::new(None);

struct Guardian {
    pipe: ChildStdin,
    /// Waits for its end, so that it never is a zombie.
    reaper: JoinHandle<()>,
}

/// Starts the guardian. To be called before the terminal is in another mode. Where no process can be started, there is
/// none: a game needs no guardian to be played.
pub(super) fn start() {
    let guardian = try_start().ok();
    *GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner) = guardian;
}

fn try_start() -> io::Result<Guardian> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("guardian")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(io::stdout().as_fd().try_clone_to_owned()?)
        // A shell's `kill -9 %1` goes to our whole group.
        .process_group(0)
        .spawn()?;
    let (pipe, told) = (child.stdin.take(), child.stdout.take());
    let reaper = thread::spawn(move || {
        let _ = child.wait(); // fails only for what is no child
    });
    let (Some(pipe), Some(mut told)) = (pipe, told) else { return Err(io::ErrorKind::BrokenPipe.into()) };
    told.read_exact(&mut [0])?;
    Ok(Guardian { pipe, reaper })
}

/// Tells the guardian that the terminal is as it was, and waits until it is gone.
pub(super) fn dismiss() {
    let guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Guardian { mut pipe, reaper }) = guardian {
        let _ = pipe.write_all(&[WELL]); // one that was ended by somebody hears nothing
        drop(pipe);
        let _ = reaper.join();
    }
}

/// The life of the guardian. Standard input is the pipe, standard error the terminal.
pub(super) fn main() -> anyhow::Result<()> {
    // What ends us, or the whole session, must not end it before it has done its work. And it is in the background,
    // where SIGTTOU keeps others from changing the terminal's mode. Only this thread is there to be hit.
    let deaf: SigSet =
        [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGTSTP, Signal::SIGTTOU]
            .into_iter()
            .collect();
    deaf.thread_block()?;
    if io::stdout().is_terminal() {
        bail!("the guardian is started by lesson itself, not by hand");
    }
    let before = tcgetattr(io::stderr())?;
    io::stdout().write_all(&[WELL])?;
    io::stdout().flush()?;
    let mut words = Vec::new();
    let _ = io::stdin().read_to_end(&mut words); // a pipe that can't be read has ended
    if words.is_empty() {
        // There is nobody left to tell that it did not work.
        let _ = restore(&before);
    }
    Ok(())
}

fn restore(before: &Termios) -> anyhow::Result<()> {
    let reset = style::SetAttribute(style::Attribute::Reset);
    execute!(io::stderr(), reset, terminal::LeaveAlternateScreen, cursor::Show)?;
    // A shell may have been quicker, and has its own mode already, in which Ctrl-C is a signal. In ours it is a key.
    if !tcgetattr(io::stderr())?.local_flags.contains(LocalFlags::ISIG) {
        tcsetattr(io::stderr(), SetArg::TCSANOW, before)?;
    }
    Ok(())
}
