//! How a mistake in a file is shown: where, the line, a caret, the remedy.
//!
//! ```text
//! two.toml:5:20: P1 does not hold B here
//!   |
//! 5 | steps = ["lock A", "unlock B", "unlock A"]
//!   |                    ^^^^^^^^^^
//!   = help: put `lock B` before it, or take this step out
//! ```

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::text::{columns, excerpt, visible_char};

/// The columns of a line that are shown.
const WIDTH: usize = 100;

/// The columns of them that may stand before the caret.
const BEFORE: usize = 50;

/// The longest message, in characters; what the file says may be part of it.
const LONGEST_MESSAGE: usize = 300;

/// The mistake in a scenario's file, ready to be shown: nothing in it can act on a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file, or whatever else the text came from.
    pub origin: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// Boxed, for an error travels inside every result.
    marked: Box<Marked>,
}

/// A line, cut around the part that is marked in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Marked {
    line: String,
    indent: usize,
    carets: usize,
}

impl std::error::Error for Mistake {}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, line, column, message, remedy, marked } = self;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{origin}:{line}:{column}: {message}")?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{}", format!("{number} | {}", marked.line).trim_end())?;
        writeln!(f, "{margin} | {}{}", " ".repeat(marked.indent), "^".repeat(marked.carets))?;
        write!(f, "{margin} = help: {remedy}")
    }
}

impl Mistake {
    /// The mistake at `span`, which is in bytes of `text`.
    pub(super) fn new(text: &str, origin: &str, span: Range<usize>, message: &str, remedy: &str) -> Self {
        let span = inside(text, span);
        let before = &text[..span.start];
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[begin..].lines().next().unwrap_or_default();
        let mark = (span.start - begin).min(line.len())..(span.end - begin).min(line.len());
        Self {
            origin: excerpt(origin, LONGEST_MESSAGE),
            line: before.matches('\n').count() + 1,
            column: line[..mark.start].chars().count() + 1,
            message: excerpt(message, LONGEST_MESSAGE),
            remedy: excerpt(remedy, LONGEST_MESSAGE),
            marked: Box::new(mark_up(line, mark)),
        }
    }
}

/// `span`, moved into `text` and onto whole characters.
fn inside(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    start..text.ceil_char_boundary(span.end).max(start)
}

/// Shows `line` around `mark`, a range of its bytes, and finds the columns where the carets go.
fn mark_up(line: &str, mark: Range<usize>) -> Marked {
    let (mut before, cut_before) = take(line[..mark.start].chars().rev(), BEFORE);
    if cut_before {
        before.push("…".to_owned());
    }
    before.reverse();
    let before = before.concat();
    let room = WIDTH - before.width().min(BEFORE);
    let (marked, cut_mark) = take(line[mark.clone()].chars(), room);
    let marked = marked.concat();
    let room = if cut_mark { 0 } else { room.saturating_sub(marked.width()) };
    let (after, cut_after) = take(line[mark.end..].chars(), room);
    let tail = if cut_mark || cut_after { "…" } else { "" };
    Marked {
        indent: before.width(),
        carets: marked.width().max(1),
        line: format!("{before}{marked}{}{tail}", after.concat()),
    }
}

/// The first of `chars`, as they are shown, while there is room; and whether there were more.
fn take(mut chars: impl Iterator<Item = char>, room: usize) -> (Vec<String>, bool) {
    let mut pieces = Vec::new();
    let mut used = 0;
    for c in chars.by_ref() {
        let piece = if c == '\t' { " ".repeat(4) } else { visible_char(c) };
        used += piece.chars().map(columns).sum::<usize>();
        if used > room {
            return (pieces, true);
        }
        pieces.push(piece);
    }
    (pieces, false)
}

#[cfg(test)]
mod tests {
    use super::Mistake;

    /// Marks the part of `text` between two `|`, which are not part of it.
    fn check(text: &str, expected: &str) {
        let parts: Vec<&str> = text.split('|').collect();
        let start = parts[0].len();
        let mistake = Mistake::new(&parts.concat(), "x", start..start + parts[1].len(), "wrong", "right");
        assert_eq!(mistake.to_string(), format!("{expected}\n  = help: right").trim_start(), "{text:?}");
    }

    #[test]
    fn the_caret_stands_under_what_is_wrong() {
        check("a = |b| c\n", "x:1:5: wrong\n  |\n1 | a = b c\n  |     ^");
        check("\na\r\nb |cd|\r\n", "x:3:3: wrong\n  |\n3 | b cd\n  |   ^^");
        check("a = |[\n1]|", "x:1:5: wrong\n  |\n1 | a = [\n  |     ^");
        check("a =||\nb", "x:1:4: wrong\n  |\n1 | a =\n  |    ^");
        check("a\n||", "x:2:1: wrong\n  |\n2 |\n  | ^");
        check("||", "x:1:1: wrong\n  |\n1 |\n  | ^");
    }

    #[test]
    fn tabs_and_wide_characters_keep_it_there() {
        check("\t|b|", "x:1:2: wrong\n  |\n1 |     b\n  |     ^");
        check("日本|本| c", "x:1:3: wrong\n  |\n1 | 日本本 c\n  |     ^^");
        check("e\u{301}|b|", "x:1:3: wrong\n  |\n1 | e\u{301}b\n  |  ^");
        check("\u{1b}[2J|\u{7}|", "x:1:5: wrong\n  |\n1 | \\u{1b}[2J\\u{7}\n  |          ^^^^^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let long = "a".repeat(10_000);
        let (fifty, shown) = ("a".repeat(50), format!("…{}", "a".repeat(50)));
        let pad = " ".repeat(51);
        check(&format!("{long}|b|{long}"), &format!("x:1:10001: wrong\n  |\n1 | {shown}b{}…\n  | {pad}^", &fifty[1..]));
        check(&format!("|{long}|"), &format!("x:1:1: wrong\n  |\n1 | {fifty}{fifty}…\n  | {}", "^".repeat(100)));
        check(&format!("{long}||"), &format!("x:1:10001: wrong\n  |\n1 | {shown}\n  | {pad}^"));
    }

    #[test]
    fn a_span_that_is_none_does_no_harm() {
        for span in [0..99, 99..200, 1..2, 4..5] {
            assert!(Mistake::new("日本", "x", span, "wrong", "right").to_string().contains('^'));
        }
    }

    #[test]
    fn origin_and_message_are_untrusted() {
        let mistake = Mistake::new("", "\u{1b}[31m", 0..0, &"\u{7}".repeat(1000), "\n");
        assert!(!mistake.to_string().chars().any(|c| c.is_control() && c != '\n'));
        assert_eq!(mistake.to_string().lines().count(), 5);
    }
}
