//! A text that is higher than the terminal goes through the learner's pager.

use std::io::{self, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use super::aside::note;
use super::output::{copy, print};
use crate::machine::Terminal;
use crate::report::height;
use crate::run;

/// Names the pager.
const VARIABLE: &str = "PAGER";

/// Without the variable: colours are shown, a short text is not kept on the screen, a long one stays there afterwards.
const USUAL: [&str; 2] = ["less", "-FRX"];

/// Whether a pager has the terminal.
static PAGES: AtomicBool = AtomicBool::new(false);

/// Prints a text, page by page if somebody looks at it and it is too long. The usual pager says what it is (letters,
/// digits and blanks), and how one goes on and leaves.
pub(super) fn show(text: &str, what: &str, terminal: &Terminal) -> anyhow::Result<()> {
    let is_long = terminal.height.is_some_and(|lines| height(text, terminal.width) >= lines);
    match (is_long && terminal.is_terminal).then(|| start(what)).flatten() {
        Some(pager) => {
            copy(text)?;
            feed(pager, text)
        }
        None => print(text),
    }
}

/// What Ctrl-C does. As long as a pager has the terminal, it is the pager's affair.
pub(super) fn interrupt(last: impl FnOnce()) {
    if !PAGES.load(Ordering::SeqCst) {
        run::interrupt(last);
    }
}

/// The pager; `None` if there is none.
fn start(what: &str) -> Option<Child> {
    let named = std::env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned());
    let words = match &named {
        Some(named) => shell_words::split(named),
        // What stands at the bottom, and another text at the end (less(1), PROMPTS).
        None => {
            let prompt = format!("-Ps {what}   ?eThe end, q leaves:space goes on, b back, q leaves. ");
            Ok(USUAL.map(str::to_owned).into_iter().chain([prompt]).collect())
        }
    };
    let (program, options) = match words.as_deref() {
        Ok([program, options @ ..]) => (program, options),
        Ok([]) => return None, // set to nothing: no pager is wanted
        Err(error) => {
            note(&format!("{VARIABLE} can't be read: {error}"));
            return None;
        }
    };
    PAGES.store(true, Ordering::SeqCst);
    // A page is to be read: a key pressed by mistake is to write no file (less(1), SECURITY).
    match Command::new(program).args(options).env("LESSSECURE", "1").stdin(Stdio::piped()).spawn() {
        Ok(pager) => Some(pager),
        Err(error) => {
            PAGES.store(false, Ordering::SeqCst);
            if named.is_some() {
                note(&format!("can't start {program}, which {VARIABLE} names: {error}"));
            }
            None
        }
    }
}

/// A reader who has seen enough is no error.
fn feed(mut pager: Child, text: &str) -> anyhow::Result<()> {
    let written = pager.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(text.as_bytes()));
    let ended = pager.wait();
    PAGES.store(false, Ordering::SeqCst);
    ended?;
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("can't write to the pager"),
    }
}
