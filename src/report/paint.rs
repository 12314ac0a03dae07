//! Colour, which never carries meaning alone, and the width of the page.

use colored::{Color, Colorize};

use super::words::broken;

/// How a page is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour. Without it there are no escape codes at all.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

impl Style {
    /// As in a file: no colour, 80 columns.
    pub const PLAIN: Self = Self { color: false, width: 80 };

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.paint(text, Color::Green)
    }

    /// What went wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint(text, Color::Red)
    }

    /// What waits.
    pub fn warn(self, text: &str) -> String {
        self.paint(text, Color::Yellow)
    }

    /// A name.
    pub fn name(self, text: &str) -> String {
        self.paint(text, Color::Cyan)
    }

    /// A heading.
    pub fn heading(self, text: &str) -> String {
        if self.color { text.bold().to_string() } else { text.to_owned() }
    }

    /// What may be overlooked.
    pub fn faint(self, text: &str) -> String {
        if self.color { text.dimmed().to_string() } else { text.to_owned() }
    }

    fn paint(self, text: &str, color: Color) -> String {
        if self.color { text.color(color).to_string() } else { text.to_owned() }
    }

    /// Breaks a paragraph into lines of this width, each behind `indent`, at its blanks; one that does not break holds
    /// (U+00A0).
    pub fn wrap(self, text: &str, indent: &str) -> String {
        let room = self.width.saturating_sub(indent.len()).max(20);
        broken(text, room).into_iter().map(|line| format!("{indent}{line}\n")).collect()
    }
}

/// A text without the escape codes that colour it.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, code)) = rest.split_once("\u{1b}[") {
        shown += before;
        // Numbers, and a letter at the end (ECMA-48).
        rest = code.split_once(|letter: char| letter.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
    }
    shown + rest
}

/// The lines that a text takes in a terminal of so many columns, which breaks those that are longer.
pub fn height(text: &str, columns: usize) -> usize {
    plain(text).lines().map(|line| super::words::width(line).div_ceil(columns.max(1)).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_glued_is_not_broken() {
        let style = Style { width: 20, ..Style::PLAIN };
        for (text, expected) in [
            ("so long a text, 5 s", "so long a text, 5 s\n"),
            ("such a long text, 5 s", "such a long text, 5\ns\n"),
            ("such a long text, 5\u{a0}s", "such a long text,\n5 s\n"),
        ] {
            assert_eq!(style.wrap(text, ""), expected);
        }
    }

    #[test]
    fn escape_codes_take_no_room() {
        let table = [
            ("", "", 0),
            ("\n", "\n", 1),
            ("one\ntwo\n", "one\ntwo\n", 2),
            ("ten columns", "ten columns", 2),
            ("\u{1b}[1;38;5;6mone\u{1b}[0m two", "one two", 1),
            ("end \u{1b}[", "end ", 1),
        ];
        for (text, without, lines) in table {
            assert_eq!((plain(text).as_str(), height(text, 10)), (without, lines), "{text:?}");
        }
    }
}
