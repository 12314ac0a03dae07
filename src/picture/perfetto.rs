//! A recording for other viewers: JSON in the Trace Event Format, which <https://ui.perfetto.dev> and
//! `chrome://tracing` open.
//!
//! The format, as far as it is used here ("Trace Event Format", the Chromium project; and what Perfetto's importer
//! makes of it): an object whose first key is `traceEvents`, for Perfetto reads no further than to a key that it does
//! not know. Times are microseconds. Slices (`X`) of one track must not overlap, but holds of several locks do; so each
//! process has a track for what it is doing, one thing at a time, and one more for each lock that it ever held. An
//! arrow is a flow: its begin (`s`) lies inside the slice of the hold that ended, its end (`f`) is bound to the next
//! slice on the track, that of the hold that could begin. Processes and tracks are numbered together, each number once
//! in a file: the numbers of this machine may come again in the next run, and a track with its process's number would
//! be taken for its main thread. Nothing is merged, as those viewers do that themselves: a million events take about
//! 45 MB.

mod run;
#[cfg(test)]
mod tests;

use std::io;
use std::io::Write;

use serde::ser::{SerializeMap, Serializer};

use crate::scenario::excerpt;
use crate::trace::Recording;

/// What the first line begins with: by this a file of ours is known, and a viewer shows it as a label.
const FIRST: &str = r#"{"traceEvents":[{"name":"process_labels","ph":"M","pid":1,"args":{"lesson":""#;

/// The longest text, in characters. A name in a recording from elsewhere may be of any length.
const LONGEST: usize = 120;

/// Writes a recording for Perfetto, event by event: each process is one there, with a track for what it does and one
/// for each lock that it holds; of several runs each has processes of its own. What is kept in memory meanwhile is what
/// is held, not what has happened.
///
/// # Errors
/// Those of `out`.
pub fn perfetto(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    write!(out, r#"{FIRST}{version}","labels":"lesson {version}"}}}}"#)?;
    let mut sheet = Sheet { out, numbers: 0, flows: 0 };
    for trace in &recording.runs {
        run::draw(trace, recording.runs.len() > 1, &mut sheet)?;
    }
    writeln!(sheet.out, "\n],\"displayTimeUnit\":\"ms\"}}")
}

/// Whether a file of [`perfetto`] begins with this line.
pub fn is_first_line(line: &str) -> bool {
    line.starts_with(FIRST)
}

/// What is written so far.
struct Sheet<W> {
    out: W,
    /// The last number that a process or a track has.
    numbers: u64,
    /// The last number of an arrow.
    flows: u64,
}

impl<W: Write> Sheet<W> {
    fn put(&mut self, line: &Line) -> io::Result<()> {
        self.out.write_all(b",\n")?;
        serde_json::to_writer(&mut self.out, line).map_err(io::Error::from)
    }

    /// A new process.
    fn process(&mut self, name: &str) -> io::Result<u64> {
        self.numbers += 1;
        let args = Some(("name", shown(name)));
        self.put(&Line { args, ..Line::new("process_name", "M", self.numbers) })?;
        Ok(self.numbers)
    }

    /// A new track of a process.
    fn track(&mut self, pid: u64, name: &str) -> io::Result<Track> {
        self.numbers += 1;
        let (tid, args) = (self.numbers, Some(("name", shown(name))));
        self.put(&Line { tid: Some(tid), args, ..Line::new("thread_name", "M", pid) })?;
        Ok(Track { pid, tid })
    }

    /// From a release to the grant that it allowed: both ends at once.
    fn arrow(&mut self, from: (Track, u64), to: (Track, u64)) -> io::Result<()> {
        self.flows += 1;
        for (ph, (Track { pid, tid }, at_us)) in [("s", from), ("f", to)] {
            let (cat, id) = (Some("lock"), Some(self.flows));
            self.put(&Line { cat, id, tid: Some(tid), ts: Some(at_us), ..Line::new("lets it go", ph, pid) })?;
        }
        Ok(())
    }
}

/// A track of a process.
#[derive(Debug, Clone, Copy, Default)]
struct Track {
    pid: u64,
    tid: u64,
}

/// One event of the format; its fields are called as they are there.
#[derive(serde::Serialize)]
struct Line<'a> {
    name: &'a str,
    ph: &'static str,
    pid: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tid: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// How far an instant reaches: `t`, over its track.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "one_entry")]
    args: Option<(&'static str, String)>,
}

impl<'a> Line<'a> {
    fn new(name: &'a str, ph: &'static str, pid: u64) -> Self {
        Self { name, ph, pid, tid: None, ts: None, dur: None, cat: None, id: None, s: None, args: None }
    }
}

fn one_entry<S: Serializer>(entry: &Option<(&'static str, String)>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(usize::from(entry.is_some())))?;
    if let Some((key, value)) = entry {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

/// A name from outside: short, and nothing in it deceives the eye.
fn shown(name: &str) -> String {
    excerpt(name, LONGEST)
}
