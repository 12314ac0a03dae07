//! What stands in a box on a page: commands, what they print, and files. A window may be narrower than the box.
//!
//! A long line goes on below, behind a hanging indent; a paragraph that was broken where the page was made is broken
//! anew. A drawing or a table would be torn by that: see `drawn`.

mod command;
mod drawn;

use super::lanes::is_sign;
use super::markdown::clean_lines;
use super::paint::Style;
use super::words::width;
use drawn::{is_drawn, is_legend, narrowed};

pub use command::carried_out;
use command::command;

/// What sets a box off from the text around it.
const INDENT: &str = "  ";

/// A line that goes on below needs so many columns there, or it begins further to the left.
const LEAST: usize = 12;

/// What stands below a box in which something is missing.
const LESS: &str = "(A wider window shows the whole lines.)";

/// How a box is laid out.
#[derive(Debug, Clone, Copy)]
struct Frame {
    indent: &'static str,
    /// Columns behind the indent.
    columns: usize,
    /// A file has no commands and no paragraphs: its lines are its own.
    is_file: bool,
}

/// The lines of a box. Commands stand out.
pub(super) fn listing(text: &str, style: Style) -> String {
    boxed(text, INDENT, false, style)
}

/// The lines of a file in a box.
pub(super) fn file(text: &str, style: Style) -> String {
    boxed(text, INDENT, true, style)
}

/// A file as `cat` prints it, in a window that may be narrower than its lines.
pub fn cat(text: &str, style: Style) -> String {
    boxed(text, "", true, style)
}

fn boxed(text: &str, indent: &'static str, is_file: bool, style: Style) -> String {
    let text = clean_lines(text);
    let lines: Vec<&str> = text.lines().collect();
    let frame = Frame::of(&lines, indent, is_file, style);
    let mut shown = String::new();
    let mut is_less = false;
    let mut rest = lines.as_slice();
    while let Some((line, below)) = rest.split_first() {
        let (lines, taken) = if !is_file && is_command(line) {
            let parts = command(line, style.width.saturating_sub(INDENT.len()).max(LEAST));
            shown += &parts.iter().map(|part| format!("{INDENT}{}\n", style.heading(part))).collect::<String>();
            (Vec::new(), 1)
        } else if line.is_empty() {
            (vec![String::new()], 1)
        } else if let Some(drawing) = narrowed(rest, Style { width: frame.columns, ..style }) {
            is_less |= drawing.is_less;
            (drawing.lines, drawing.taken)
        } else {
            story(line, below, frame)
        };
        shown.extend(lines.iter().map(|line| format!("{}{line}", frame.indent).trim_end().to_owned() + "\n"));
        rest = &rest[taken..];
    }
    if is_less {
        shown += &format!("\n{}\n", style.faint(LESS));
    }
    shown
}

impl Frame {
    /// What would be torn with an indent, and is whole without it, is shown without; the lines around stay in step.
    fn of(lines: &[&str], indent: &'static str, is_file: bool, style: Style) -> Self {
        let room = style.width.saturating_sub(indent.len()).max(LEAST);
        let is_rigid = |line: &str| is_drawn(line) || is_legend(line) || head(line, room).is_deep;
        let rigid = lines.iter().filter(|line| (is_file || !is_command(line)) && is_rigid(line));
        let widest = rigid.map(|line| width(line)).max().unwrap_or(0);
        match (room + 1..=room + indent.len()).contains(&widest) {
            true => Self { indent: "", columns: room + indent.len(), is_file },
            false => Self { indent, columns: room, is_file },
        }
    }
}

fn is_command(line: &str) -> bool {
    line.starts_with("$ ")
}

/// A line, and how many lines it was with those below that belong to it: they were broken where the page was made. All
/// of it is laid out anew if a part is too wide.
fn story(line: &str, below: &[&str], frame: Frame) -> (Vec<String>, usize) {
    let Head { first, rest: hang, .. } = head(line, frame.columns);
    let hangs = |next: &&&str| width(&hang) > depth(line) + INDENT.len() && depth(next) == width(&hang);
    let mut hang = hang.clone();
    let mut taken = below.iter().take_while(|next| hangs(next) && !is_drawn(next)).count();
    if taken == 0 && !frame.is_file && first.len() == depth(line) {
        let pairs = std::iter::once(&line).chain(below).zip(below);
        taken = pairs.take_while(|(line, next)| is_full(line, next)).count();
        if taken > 0 {
            hang = first.to_owned();
        }
    }
    if std::iter::once(&line).chain(&below[..taken]).all(|line| width(line) <= frame.columns) {
        return (vec![line.to_owned()], 1);
    }
    let fits = |part: &&str| width(&hang) + width(part) <= frame.columns;
    let words = quoted(&line[first.len()..]).into_iter().flat_map(|part| match fits(&part) {
        true => vec![part],
        false => part.split(' ').collect(),
    });
    let words = words.chain(below[..taken].iter().flat_map(|next| next.split_whitespace()));
    let mut lines = vec![first.to_owned()];
    let mut is_begun = false;
    for word in unparted(words) {
        match lines.last_mut() {
            Some(last) if !is_begun => *last += &word,
            Some(last) if width(last) + 1 + width(&word) <= frame.columns => *last += &format!(" {word}"),
            _ => lines.push(format!("{hang}{word}")),
        }
        is_begun = true;
    }
    (lines, 1 + taken)
}

/// Whether a paragraph goes on in the next line: at the width of a file the next word had no room in this one.
fn is_full(line: &str, next: &str) -> bool {
    let is_plain = |line: &str| {
        let words = line.trim();
        !words.is_empty() && words != "..." && !words.contains("  ") && moment_and_name(words) == 0
    };
    let is_prose = |line: &str| is_plain(line) && !is_drawn(line) && !is_command(line);
    let word = next.split_whitespace().next().unwrap_or_default();
    let is_parted = width(line) + 1 + width(word) > Style::PLAIN.width;
    is_parted && depth(line) == depth(next) && is_prose(line) && is_prose(next)
}

/// Words, and whole what stands in double quotes: the values of a file.
fn quoted(text: &str) -> Vec<&str> {
    let mut is_open = false;
    let is_closed = text.matches('"').count().is_multiple_of(2);
    let parts = text.split(|letter: char| {
        is_open ^= is_closed && letter == '"';
        letter == ' ' && !is_open
    });
    parts.collect()
}

/// Words, with a number and its unit as one, and a sign of a legend with its word.
fn unparted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let is_number = |word: &String| word.ends_with(|letter: char| letter.is_ascii_digit());
    words.filter(|word| !word.is_empty()).fold(Vec::new(), |mut words: Vec<String>, word| {
        let is_unit = ["s", "ms", "µs"].contains(&word.trim_end_matches(['.', ',', ':', ';', ')']));
        let is_sign = |before: &String| before.parse().is_ok_and(is_sign);
        match words.last_mut().filter(|before| (is_unit && is_number(before)) || is_sign(before)) {
            Some(number) => *number += &format!(" {word}"),
            None => words.push(word.to_owned()),
        }
        words
    })
}

/// How a line begins, and what its other lines begin with.
struct Head<'a> {
    first: &'a str,
    rest: String,
    /// There is no room for its other lines where they ought to be.
    is_deep: bool,
}

/// A moment and a name, or the cells of a row, stay before what is told there; a comment stays one.
fn head(line: &str, columns: usize) -> Head<'_> {
    let start = depth(line);
    let words = line[start..].trim_end();
    let cells = words.rfind("  ").map_or(0, |at| at + 2);
    let first = &line[..start + cells.max(moment_and_name(words))];
    let rest = match words.strip_prefix("# ") {
        Some(_) if first.len() == start => format!("{}# ", &line[..start]),
        _ if is_legend(line) => line[..start].to_owned(),
        _ if first.len() == start => format!("{}{INDENT}", &line[..start]),
        _ => " ".repeat(width(first)),
    };
    match width(&rest) + LEAST <= columns {
        true => Head { first, rest, is_deep: false },
        false => Head { first: &line[..start], rest: format!("{}{INDENT}", &line[..start]), is_deep: true },
    }
}

/// The length of `0.101 s P1 `.
fn moment_and_name(words: &str) -> usize {
    let mut parts = words.splitn(4, ' ');
    let (Some(number), Some(unit), Some(name), Some(_)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return 0;
    };
    let is_moment = number.starts_with(|letter: char| letter.is_ascii_digit())
        && number.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
        && ["s", "ms"].contains(&unit);
    if is_moment { number.len() + unit.len() + name.len() + 3 } else { 0 }
}

/// Blanks at the beginning.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { color: false, width: 32 };

    #[test]
    fn a_box_fits_its_window() {
        let table = [
            ("", ""),
            ("one\n\n  two\n", "  one\n\n    two\n"),
            // A command is one command still, and stands as all do.
            (
                "$ lesson run x.toml --busy-timeout 20s\n  a",
                "  $ lesson run x.toml \\\n      --busy-timeout 20s\n    a\n",
            ),
            // A story.
            ("    0.002 s P1 waits for the lock", "      0.002 s P1 waits for the\n                 lock\n"),
            (
                "    0.002 s P1   waits up to 5 s for\n                 a lock\n    a",
                "      0.002 s P1   waits up to\n                   5 s for a\n                   lock\n      a\n",
            ),
            (
                "    0.002 s P1   waits\n                 for it",
                "      0.002 s P1   waits\n                   for it\n",
            ),
            ("  Nobody who is left can make a step", "    Nobody who is left can make\n      a step\n"),
            // A paragraph that was broken at 80 columns, and lines that were not.
            (
                "  What the program hides: it catches the error, and goes on. Two rows are lost to\n  refusals.",
                "    What the program hides: it\n    catches the error, and goes\n    on. Two rows are lost to\n    \
                 refusals.\n",
            ),
            (
                "  6 of 6 rows are stored, and\n  6 acknowledged",
                "    6 of 6 rows are stored, and\n    6 acknowledged\n",
            ),
            // What is drawn as wide as the window, and its neighbours.
            ("P1 ██████████████████\n  a", "  P1 ██████████████████\n    a\n"),
            ("P1 █████████████████████████████\n  a", "P1 █████████████████████████████\n  a\n"),
            ("$ lesson\nP1 █████████████████████████████", "  $ lesson\nP1 █████████████████████████████\n"),
            // What is wider: lanes, a legend, a table and arrows.
            (
                "   0 s                                 48 ms\nP1 ████████████████    ███████·····█✗██\n\
                 P2 ················████·······█████\n   █ holds, · waits, ✗ refused\n  a",
                "     0 s                   48 ms\n  P1 ███████████  █████···█✗█\n  P2 ···········██·····███\n     \
                 █ holds, · waits, ✗ refused\n    a\n\n(A wider window shows the whole lines.)\n",
            ),
            ("   ─ works, █ holds, · waits, ✗ refused", "     ─ works, █ holds, · waits,\n     ✗ refused\n"),
            (
                "load        timeout  stored     time\n──────────  ───────  ──────  ───────\nall:\n\
                 load-none      0 s       4   691 ms\n...\n  a",
                "  all:\n  load-none\n    timeout: 0 s, stored: 4,\n    time: 691 ms\n  ...\n    a\n",
            ),
            (
                "writer ──waits for a lock──▶ reader\n  a",
                "  writer ──waits for a lock──▶ …\n    a\n\n(A wider window shows the whole lines.)\n",
            ),
            // A row without its table.
            ("try-lock   0 s   3 of 3   8   906 ms", "  try-lock 0 s 3 of 3 8 906 ms\n"),
            ("5  writer  gets the database, inserts", "  5  writer  gets the database,\n             inserts\n"),
            ("a\u{1b}[2J", "  a\\u{1b}[2J\n"),
        ];
        for (text, expected) in table {
            assert_eq!(listing(text, STYLE), expected, "{text:?}");
        }
    }

    /// What its lines are behind the indent is what `cat` shows.
    #[test]
    fn a_file_fits_its_window() {
        let table = [
            ("# Change this file, and only this", "  # Change this file, and only\n  # this\n"),
            (
                "steps = [\"lock A\", \"lock B\", \"unlock A\"]",
                "  steps = [\"lock A\", \"lock B\",\n    \"unlock A\"]\n",
            ),
            ("steps = [\"lock A\", \"work 500ms\", \"b\"]", "  steps = [\"lock A\",\n    \"work 500ms\", \"b\"]\n"),
            ("a = \"twenty columns and ten more in it\"", "  a = \"twenty columns and ten\n    more in it\"\n"),
            // A comment stays as it is, and nothing in a file is a command.
            (
                "# Each process holds the write lock while it works for three seconds, and the other\n# waits.",
                "  # Each process holds the write\n  # lock while it works for\n  # three seconds, and the other\n  \
                 # waits.\n",
            ),
            ("$ lesson run x --simulate --busy-timeout 3s", "  $ lesson run x --simulate\n    --busy-timeout 3s\n"),
        ];
        for (text, expected) in table {
            assert_eq!(file(text, STYLE), expected, "{text:?}");
            let narrower = Style { width: 30, ..STYLE };
            let indented: String = cat(text, narrower).lines().map(|line| format!("  {line}\n")).collect();
            assert_eq!(indented, expected, "{text:?}");
        }
    }
}
