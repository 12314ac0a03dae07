//! The text that users read: recorded traces of real runs, told again at two widths, and as JSON.
//!
//! `SNAPSHOTS=overwrite cargo test --test report` writes the texts anew; read the difference before you keep it.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use lesson::report::{Style, Transcript, json};
use lesson::trace::Recording;
use snapbox::Data;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces")
}

fn recording(name: &str) -> Recording {
    let file = File::open(folder().join(format!("{name}.jsonl"))).expect("the trace is part of the project");
    Recording::read(BufReader::new(file)).expect("the trace is whole")
}

/// Tells the trace at both widths, plain and coloured, and compares with the kept texts.
fn check(name: &str) {
    let recording = recording(name);
    for width in [80, 50] {
        let plain = Transcript::whole(&recording, Style { color: false, width });
        let kept = folder().join(format!("{name}.{width}.txt"));
        snapbox::assert_data_eq!(plain.clone(), Data::read_from(&kept, None).raw());
        let too_wide: Vec<&str> =
            plain.lines().filter(|line| unicode_width::UnicodeWidthStr::width(*line) > width).collect();
        assert_eq!(too_wide, [""; 0], "{name} at {width}");
        let coloured = Transcript::whole(&recording, Style { color: true, width });
        assert_eq!(without_escapes(&coloured), plain, "{name}: colour changes nothing but colour");
    }
    let document = format!("{:#}\n", json::document(&recording));
    snapbox::assert_data_eq!(document, Data::read_from(&folder().join(format!("{name}.json")), None).raw());
}

fn without_escapes(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    first + &parts.map(|part| part.split_once('m').map_or("", |(_, rest)| rest)).collect::<String>()
}

macro_rules! traces {
    ($($name:ident),*) => { $( #[test] fn $name() { check(stringify!($name)); } )* };
}

traces!(locked, repeated, deadlock, refused, ring, fixed, crash, reader);

#[test]
fn a_written_trace_is_read_back_as_it_was() {
    for name in ["locked", "deadlock", "fixed", "crash"] {
        let kept = std::fs::read(folder().join(format!("{name}.jsonl"))).expect("the trace is part of the project");
        let mut written = Vec::new();
        recording(name).write(&mut written).expect("memory does not fail");
        assert!(written == kept, "{name}: the same bytes");
    }
}
