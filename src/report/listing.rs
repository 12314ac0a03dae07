//! What stands in a box on a page: commands, what they print, and files. A window may be narrower than the box.
//!
//! A long line goes on below, behind a hanging indent. A drawing or a row of a table would be torn by that: it is left
//! as it is.

use super::markdown::clean_lines;
use super::paint::Style;
use super::words::width;

/// What sets a box off from the text around it.
const INDENT: &str = "  ";

/// A line that goes on below needs so many columns there, or it is left as it is.
const LEAST: usize = 12;

/// The lines of a box. Commands stand out.
pub(super) fn listing(text: &str, style: Style) -> String {
    let text = clean_lines(text);
    let lines: Vec<&str> = text.lines().collect();
    let room = style.width.saturating_sub(INDENT.len()).max(LEAST);
    let is_too_wide = |line: &&&str| width(line) > room && !is_command(line) && head(line, room).is_none();
    // What would be broken with it, and is whole without it, is shown without; the lines around stay in step.
    let (indent, columns) = match lines.iter().any(|line| is_too_wide(&line)) {
        true => ("", room + INDENT.len()),
        false => (INDENT, room),
    };
    let mut shown = String::new();
    let mut rest = lines.as_slice();
    while let Some((line, below)) = rest.split_first() {
        rest = below;
        if is_command(line) {
            let parts = command(line, room);
            shown += &parts.iter().map(|part| format!("{INDENT}{}\n", style.heading(part))).collect::<String>();
        } else if line.is_empty() {
            shown.push('\n');
        } else {
            let (lines, taken) = story(line, below, columns);
            shown += &lines.iter().map(|line| format!("{indent}{line}\n")).collect::<String>();
            rest = &below[taken..];
        }
    }
    shown
}

fn is_command(line: &str) -> bool {
    line.starts_with("$ ")
}

/// A line, and how many of those below belong to it: they were broken where the page was made. All of it is laid out
/// anew if a part is too wide.
fn story(line: &str, below: &[&str], columns: usize) -> (Vec<String>, usize) {
    let Some(Head { first, rest: hang }) = head(line, columns) else { return (vec![line.to_owned()], 0) };
    let goes_on = |next: &&&str| width(&hang) > depth(line) + INDENT.len() && depth(next) == width(&hang);
    let taken = below.iter().take_while(|next| goes_on(next) && !is_drawn(next)).count();
    if std::iter::once(&line).chain(&below[..taken]).all(|line| width(line) <= columns) {
        return (vec![line.to_owned()], 0);
    }
    let fits = |part: &&str| width(&hang) + width(part) <= columns;
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
            Some(last) if width(last) + 1 + width(&word) <= columns => *last += &format!(" {word}"),
            _ => lines.push(format!("{hang}{word}")),
        }
        is_begun = true;
    }
    (lines, taken)
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

/// Words, with a number and its unit as one.
fn unparted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let is_number = |word: &String| word.ends_with(|letter: char| letter.is_ascii_digit());
    words.filter(|word| !word.is_empty()).fold(Vec::new(), |mut words: Vec<String>, word| {
        let is_unit = ["s", "ms", "µs"].contains(&word.trim_end_matches(['.', ',', ':', ';', ')']));
        match words.last_mut().filter(|before| is_unit && is_number(before)) {
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
}

/// `None` if the line is not to be broken. A moment and a name, or the cells of a row, stay before what is told there;
/// a comment stays one.
fn head(line: &str, columns: usize) -> Option<Head<'_>> {
    if is_drawn(line) {
        return None;
    }
    let start = depth(line);
    let words = line[start..].trim_end();
    let cells = words.rfind("  ").map_or(0, |at| at + 2);
    let first = &line[..start + cells.max(moment_and_name(words))];
    let rest = match words.strip_prefix("# ") {
        Some(_) if first.len() == start => format!("{}# ", &line[..start]),
        _ if first.len() == start => format!("{}{INDENT}", &line[..start]),
        _ => " ".repeat(width(first)),
    };
    (width(&rest) + LEAST <= columns).then_some(Head { first, rest })
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

/// Lanes, arrows and the lines of a table: box drawings, blocks and shapes (Unicode 17, 2500 to 25FF).
fn is_drawn(line: &str) -> bool {
    line.chars().any(|letter| ('\u{2500}'..='\u{25ff}').contains(&letter))
}

/// A command, parted as a shell reads it.
fn command(line: &str, columns: usize) -> Vec<String> {
    const DEEPER: &str = "    ";
    const GOES_ON: &str = " \\";
    if width(line) <= columns {
        return vec![line.to_owned()];
    }
    let room = columns.saturating_sub(GOES_ON.len());
    let mut lines: Vec<String> = Vec::new();
    for argument in arguments(line) {
        // Within double quotes a backslash goes on, too (POSIX.1-2024, 2.2.3); within single ones it is a letter.
        let is_parted = DEEPER.len() + width(argument) > room && argument.contains('"') && !argument.contains('\'');
        let words: Vec<&str> = if is_parted { argument.split(' ').collect() } else { vec![argument] };
        for word in words {
            match lines.last_mut() {
                Some(last) if width(last) + 1 + width(word) <= room => *last += &format!(" {word}"),
                Some(_) => lines.push(format!("{DEEPER}{word}")),
                None => lines.push(word.to_owned()),
            }
        }
    }
    let last = lines.len().saturating_sub(1);
    lines.iter_mut().take(last).for_each(|line| *line += GOES_ON);
    lines
}

/// Parts of a command with a blank between two, each with its quotes.
fn arguments(line: &str) -> Vec<&str> {
    let mut quote = None;
    let outside = |letter: char| {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            _ => {}
        }
        letter == ' ' && quote.is_none()
    };
    line.split(outside).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_fits_its_window() {
        let table = [
            ("", ""),
            ("one\n\n  two\n", "  one\n\n    two\n"),
            // A command is one command still.
            ("$ lesson run x.toml --repeat 8", "  $ lesson run x.toml --repeat 8\n"),
            (
                "$ lesson run x.toml --busy-timeout 20s --repeat 8",
                "  $ lesson run x.toml \\\n      --busy-timeout 20s \\\n      --repeat 8\n",
            ),
            (
                "$ lesson play a.toml --moves \"reader writer reader writer\"",
                "  $ lesson play a.toml --moves \\\n      \"reader writer reader \\\n      writer\"\n",
            ),
            (
                "$ say 'words that single quotes keep whole'",
                "  $ say \\\n      'words that single quotes keep whole'\n",
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
            // A file.
            ("# Change this file, and only this", "  # Change this file, and only\n  # this\n"),
            (
                "steps = [\"lock A\", \"lock B\", \"unlock A\"]",
                "  steps = [\"lock A\", \"lock B\",\n    \"unlock A\"]\n",
            ),
            ("steps = [\"lock A\", \"work 500ms\", \"b\"]", "  steps = [\"lock A\",\n    \"work 500ms\", \"b\"]\n"),
            ("a = \"twenty columns and ten more in it\"", "  a = \"twenty columns and ten\n    more in it\"\n"),
            // What is drawn, and its neighbours.
            ("P1 ██████████████████\n  a", "  P1 ██████████████████\n    a\n"),
            ("P1 █████████████████████████████\n  a", "P1 █████████████████████████████\n  a\n"),
            ("$ lesson\nP1 █████████████████████████████", "  $ lesson\nP1 █████████████████████████████\n"),
            ("try-lock   0 s   3 of 3   8   906 ms", "try-lock   0 s   3 of 3   8   906 ms\n"),
            ("5  writer  gets the database, inserts", "  5  writer  gets the database,\n             inserts\n"),
            ("a\u{1b}[2J", "  a\\u{1b}[2J\n"),
        ];
        for (text, expected) in table {
            assert_eq!(listing(text, Style { color: false, width: 32 }), expected, "{text:?}");
        }
    }
}
