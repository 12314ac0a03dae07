//! What is said on standard error: the one error that ends a command, and notes that end nothing.

use std::io::{self, Write as _};

use crate::machine;
use crate::report::{Style, clean, width};

/// Words of a mistake in a file that stand before its remedy.
const REMEDY: &str = "= help: ";

/// The error. It has several lines if it shows where in a file it is; these are clean.
pub(super) fn error(text: &str) {
    say(&format!("error: {text}"));
}

/// One line that is no error.
pub(super) fn note(text: &str) {
    say(&format!("note: {}", clean(text)));
}

/// Says lines that some line is too wide for; whether it had to.
pub(super) fn say_broken(text: &str) -> bool {
    let is_wide = machine::width_of_stderr().is_some_and(|columns| text.lines().any(|line| width(line) > columns));
    if is_wide {
        say(text);
    }
    is_wide
}

fn say(text: &str) {
    let text = match machine::width_of_stderr() {
        Some(columns) => broken(text, columns),
        None => format!("{text}\n"),
    };
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The lines broken at their blanks, but for a line of a file with its mark below.
fn broken(text: &str, columns: usize) -> String {
    let line = |line: &str| {
        let is_quoted = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|');
        if is_quoted || width(line) <= columns {
            return format!("{line}\n");
        }
        let words = line.trim_start();
        let begins = line.len() - words.len();
        let indent = " ".repeat(begins + if words.starts_with(REMEDY) { REMEDY.len() } else { 0 });
        let wrapped = Style { color: false, width: columns }.wrap(words.trim_start_matches(REMEDY), &indent);
        format!("{}{}", &line[..indent.len()], &wrapped[indent.len()..])
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_broken() {
        let table = [
            ("error: one line", "error: one line\n"),
            (
                "error: there is no exercise 12; these have one: 1, 2",
                "error: there is no exercise 12;\nthese have one: 1, 2\n",
            ),
            (
                "error: a.toml:8:11: no\n  |\n8 | steps = [\"unlok B\", \"a long line of a file\"]\n  |    ^\n  \
                 = help: a step is one of: lock, unlock, work",
                "error: a.toml:8:11: no\n  |\n8 | steps = [\"unlok B\", \"a long line of a file\"]\n  |    ^\n  \
                 = help: a step is one of: lock,\n          unlock, work\n",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(broken(text, 35), expected);
        }
    }
}
