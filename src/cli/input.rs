//! What the learner types, line by line.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::Context;

use crate::run::{Interrupted, is_interrupted};

/// How often it is looked whether somebody pressed Ctrl-C.
const MOMENT: Duration = Duration::from_millis(20);

/// A longer line comes in pieces.
const LONGEST: u64 = 4096;

/// So many lines are read ahead.
const AHEAD: usize = 16;

/// Standard input. There is one, and whoever has this reads all of it.
pub(super) struct Input {
    lines: Receiver<io::Result<String>>,
    /// Whether somebody sits there, and not a file or another program.
    pub(super) is_terminal: bool,
}

impl Input {
    /// Begins to read.
    pub(super) fn new() -> Self {
        let (sender, lines) = mpsc::sync_channel(AHEAD);
        // A read can't be interrupted: it is left behind when we go.
        thread::spawn(move || {
            loop {
                let mut line = Vec::new();
                let read = io::stdin().lock().take(LONGEST).read_until(b'\n', &mut line);
                let line = match read {
                    Ok(0) => return,
                    Ok(_) => Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()),
                    Err(error) => Err(error),
                };
                let is_last = line.is_err();
                if sender.send(line).is_err() || is_last {
                    return;
                }
            }
        });
        Self { lines, is_terminal: io::stdin().is_terminal() }
    }

    /// The next line; `None` at the end of the input.
    ///
    /// # Errors
    /// It can't be read, or somebody pressed Ctrl-C.
    pub(super) fn line(&self) -> anyhow::Result<Option<String>> {
        loop {
            if is_interrupted() {
                return Err(Interrupted.into());
            }
            match self.lines.recv_timeout(MOMENT) {
                Ok(line) => return line.map(Some).context("can't read the answer"),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// What somebody has typed until now answers no question that is still to be asked.
    pub(super) fn forget(&self) {
        if self.is_terminal {
            while self.lines.try_recv().is_ok() {}
        }
    }
}
