//! Text that somebody else wrote, made fit to be shown.

use unicode_width::UnicodeWidthChar;

/// The most characters of the user's text that an error repeats.
pub(super) const LONGEST_QUOTE: usize = 64;

/// Shows `text` as it is, except for what could act on a terminal or deceive the eye: control characters and the
/// marks that reverse the direction of writing appear as escapes, `\u{1b}`.
pub fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

/// [`visible`], and cut to at most `columns` characters, the last of them then being `…`.
pub fn excerpt(text: &str, columns: usize) -> String {
    let mut shown: String = visible(text.get(..cut_at(text, columns + 1)).unwrap_or(text));
    if shown.chars().count() > columns {
        shown.truncate(cut_at(&shown, columns.saturating_sub(1)));
        shown.push('…');
    }
    shown
}

/// One character of [`visible`]; itself or its escape.
pub(super) fn visible_char(c: char) -> String {
    if c.is_control() || is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }
}

/// The columns that `c` takes in a line; at least one, so that a limit on columns also limits characters.
pub(super) fn columns(c: char) -> usize {
    c.width().unwrap_or(1).max(1)
}

/// Line separators, byte order marks and the marks that steer the direction of writing: they take no room and change
/// how their neighbours look.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Where character number `count` begins; the end if there are fewer.
fn cut_at(text: &str, count: usize) -> usize {
    text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::{excerpt, visible};

    #[test]
    fn what_could_act_on_a_terminal_is_escaped() {
        let table = [
            ("plain <img> text", "plain <img> text"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("tab\there", "tab\\u{9}here"),
            ("\u{202e}txt", "\\u{202e}txt"),
            ("日本 é \u{1f600}", "日本 é \u{1f600}"),
        ];
        for (text, expected) in table {
            assert_eq!(visible(text), expected);
            assert_eq!(visible(expected), expected, "to show it twice changes nothing");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(excerpt("abcdef", 6), "abcdef");
        assert_eq!(excerpt("abcdefg", 6), "abcde…");
        assert_eq!(excerpt("\u{1b}bcdefg", 6), "\\u{1b…");
        assert_eq!(excerpt(&"é".repeat(10_000), 3), "éé…");
    }
}
