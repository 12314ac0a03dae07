//! The evidence of a hand-in: is a trace possible, and does its transcript tell the same?

use super::{Findings, Reviewer};
use crate::analysis::{Conformity, Figures, conforms};
use crate::course::handin::{LARGEST_TEXT, Shown, digest};
use crate::course::{Done, Evidence};
use crate::scenario::{self, excerpt};
use crate::trace::{Recording, Trace, What};

/// The columns of what goes to a file.
const USUAL: usize = 80;

/// Terminals have so many columns, from and to. On a wider one only lines that are longer than this would differ.
const WIDTHS: std::ops::RangeInclusive<usize> = 20..=300;

/// What is longer, in bytes, is compared at the usual width only.
const MOST_COMPARED: usize = 128 * 1024;

/// The longest words of another part of the program that are repeated, in characters.
const LONGEST_WHY: usize = 240;

impl Reviewer<'_> {
    /// Checks what one run left behind.
    pub(super) fn evidence(&self, done: &Done, shown: &Shown, findings: &mut Findings) {
        let Some(run) = done.runs.get(shown.run) else {
            return findings.faults.push(format!("it has evidence of a run {}, which was not made", shown.run + 1));
        };
        let command = excerpt(&run.command, 60);
        let Some(text) = &shown.trace else {
            if run.trace.is_some() {
                findings.notes.push(format!("`{command}` is without its trace"));
            }
            return;
        };
        let checked = read(text).and_then(|recording| {
            origin(&recording, run)?;
            Ok((traces(&recording)?, recording))
        });
        findings.review.traces.count(matches!(checked, Ok((None, _))));
        if matches!(&checked, Ok((_, recording)) if !recording.header.command.is_simulated()) {
            let events = text.split_once('\n').map_or("", |(_, events)| events);
            findings.review.recordings.insert(digest(events));
        }
        match checked {
            Err(fault) => findings.faults.push(format!("the trace of `{command}`: {}", excerpt(&fault, LONGEST_WHY))),
            Ok((note, recording)) => {
                let note = note.map(|note| format!("the trace of `{command}`: {}", excerpt(&note, LONGEST_WHY)));
                findings.notes.extend(note);
                self.transcript(&command, &recording, shown, findings);
            }
        }
    }

    fn transcript(&self, command: &str, recording: &Recording, shown: &Shown, findings: &mut Findings) {
        let Some(transcript) = &shown.transcript else {
            return findings.notes.push(format!("`{command}` is without its transcript"));
        };
        match self.tells(recording, &plain(transcript)) {
            None => {}
            Some(is_told) => {
                findings.review.transcripts.count(is_told);
                let fault = || format!("the transcript of `{command}` is not what its trace tells");
                findings.faults.extend((!is_told).then(fault));
            }
        }
    }

    /// Whether the transcript has what the recording prints, on a terminal of some width; `None` if that can't be said:
    /// nothing or a document was printed, another version printed it, or it is too long to try every width.
    fn tells(&self, recording: &Recording, transcript: &str) -> Option<bool> {
        let is_ours = recording.header.environment.lesson == env!("CARGO_PKG_VERSION");
        let is_wider = transcript.lines().any(|line| line.chars().count() > *WIDTHS.end());
        if !is_ours || is_wider || transcript.trim().is_empty() || transcript.starts_with('{') {
            return None;
        }
        let is_told = |width: usize| transcript.contains(&(self.tell)(recording, width));
        match transcript.len() <= MOST_COMPARED {
            true => Some(is_told(USUAL) || WIDTHS.into_iter().any(is_told)),
            false => is_told(USUAL).then_some(true),
        }
    }
}

fn read(text: &str) -> Result<Recording, String> {
    if text.len() > LARGEST_TEXT {
        return Err(format!("it is longer than {} MiB", LARGEST_TEXT >> 20));
    }
    let recording = Recording::read(text.as_bytes()).map_err(|error| error.to_string())?;
    match recording.runs.is_empty() {
        true => Err("there is no run in it".into()),
        false => Ok(recording),
    }
}

/// Whether it is of the command that was run.
fn origin(recording: &Recording, run: &Evidence) -> Result<(), String> {
    let command = &recording.header.command;
    let has = |wanted: &str| run.command.split_whitespace().any(|word| word == wanted);
    if !has(command.name()) {
        return Err(format!("it is of `lesson {}`", command.name()));
    }
    if command.is_simulated() && !has("--simulate") {
        return Err("it is simulated, and the command runs for real".into());
    }
    if recording.shown != (run.status == Some(0)) {
        let status = run.status.map_or("by a signal".to_owned(), |status| format!("with exit status {status}"));
        return Err(format!("it does not end as the command did, {status}"));
    }
    Ok(())
}

/// Whether its runs are possible; a note where that is not known.
fn traces(recording: &Recording) -> Result<Option<String>, String> {
    let several = recording.runs.len() > 1;
    let mut note = None;
    for (at, trace) in recording.runs.iter().enumerate() {
        let place = if several { format!("run {}: ", at + 1) } else { String::new() };
        let unknown = possible(trace).map_err(|fault| format!("{place}{fault}"))?;
        note = note.or(unknown.map(|why| format!("{place}not checked against the rules: {why}")));
    }
    Ok(note)
}

/// `Ok(why)` where the rules could not be asked.
fn possible(trace: &Trace) -> Result<Option<String>, String> {
    scenario::check(&trace.scenario).map_err(|fault| format!("its scenario is not sound: {}", fault.message))?;
    let Figures { acknowledged, stored, .. } = Figures::of(trace);
    let commits = |event: &&crate::trace::Event| matches!(event.what, What::Commits { .. });
    let committed = |event: &&crate::trace::Event| matches!(event.what, What::Committed { .. });
    // A process that was killed within its COMMIT may have stored what nobody acknowledged; the rules know how much.
    let is_open = trace.events.iter().filter(commits).count() > trace.events.iter().filter(committed).count();
    match stored {
        Some(stored) if stored < acknowledged || (stored > acknowledged && !is_open) => {
            return Err(format!("{acknowledged} rows were acknowledged, and {stored} were found"));
        }
        _ => {}
    }
    match conforms(trace) {
        Ok(Conformity::Conforms) => Ok(None),
        Ok(Conformity::NotChecked(why)) => Ok(Some(why)),
        Err(mismatch) => Err(format!("the rules do not allow it: {mismatch}")),
    }
}

/// A text without the escape codes of colours: ESC `[`, parameters, a letter.
fn plain(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| {
        let end = piece.find(|c: char| !c.is_ascii_digit() && c != ';').map_or(piece.len(), |end| end + 1);
        plain + piece.get(end..).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn colours_are_taken_out() {
        let table = [
            ("no colour", "no colour"),
            ("\u{1b}[1mbold\u{1b}[0m, \u{1b}[38;5;2mgreen\u{1b}[0m", "bold, green"),
            ("cut \u{1b}[3", "cut "),
            ("\u{1b}[é", ""),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text), expected);
        }
    }
}
