//! Keeps what a command printed, and its trace, in the learner's folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context;

use super::super::courses::{now, trouble};
use super::carry::Ran;
use crate::course::Evidence;
use crate::home::Home;

/// So many runs of a lesson may have begun in one second.
const MOST: usize = 10_000;

/// Keeps it under names that nothing has; `None` if it can't be kept, which is said.
pub(super) fn keep(number: usize, command: &str, ran: &Ran) -> Option<Evidence> {
    match try_keep(number, command, ran) {
        Ok(evidence) => Some(evidence),
        Err(error) => {
            trouble(&error);
            None
        }
    }
}

fn try_keep(number: usize, command: &str, ran: &Ran) -> anyhow::Result<Evidence> {
    let at = now();
    let dir = Home::find()?.evidence();
    let can_not = || format!("can't keep what was run in {}", dir.display());
    fs::create_dir_all(&dir).with_context(can_not)?;
    let trace = ran.trace.as_ref().map(fs::read).transpose().with_context(can_not)?;
    let stamp: String = at.chars().filter(|letter| letter.is_ascii_digit() || *letter == 'T').collect();
    for count in 1..=MOST {
        let stem = format!("{number:02}-{stamp}-{count}");
        let names = (format!("{stem}.txt"), format!("{stem}.jsonl"));
        match write_new(&dir.join(&names.0), ran.transcript.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            written => written.with_context(can_not)?,
        }
        let kept = trace.as_ref().map(|trace| write_new(&dir.join(&names.1), trace)).transpose();
        if kept.is_err() {
            let _ = fs::remove_file(dir.join(&names.0)); // half of it would be no evidence
        }
        let trace = kept.with_context(can_not)?.map(|()| names.1);
        let status = ran.status.code();
        return Ok(Evidence { at, command: command.to_owned(), status, transcript: names.0, trace });
    }
    Err(anyhow::anyhow!("there are too many files")).with_context(can_not)
}

/// Writes a file that was not there before, whole or not at all.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes).inspect_err(|_| {
        let _ = fs::remove_file(path); // a full disk has room for that
    })
}
