//! A command that is wider than its window: several lines, which are the same command for a shell.

use super::super::paint::Style;
use super::super::words::width;

/// What the second line and all below it begin with.
const DEEPER: &str = "    ";

/// To a shell a backslash at the end of a line joins it with the next one (POSIX.1-2024, 2.2.1).
const GOES_ON: &str = " \\";

/// A command in lines of so many columns. It is broken between its arguments only: a break within quotes would be part
/// of what is quoted. One that has no room stands alone, and is the terminal's to break.
pub(super) fn command(line: &str, columns: usize) -> Vec<String> {
    if width(line) <= columns {
        return vec![line.to_owned()];
    }
    let room = columns.saturating_sub(GOES_ON.len());
    let mut lines: Vec<String> = Vec::new();
    for argument in with_values(arguments(line), room.saturating_sub(DEEPER.len())) {
        match lines.last_mut() {
            Some(last) if width(last) + 1 + width(&argument) <= room => *last += &format!(" {argument}"),
            Some(_) => lines.push(format!("{DEEPER}{argument}")),
            None => lines.push(argument),
        }
    }
    let last = lines.len().saturating_sub(1);
    lines.iter_mut().take(last).for_each(|line| *line += GOES_ON);
    lines
}

/// A command below its heading. A page that is as wide as a file keeps it on one line, as programs read it there.
pub fn carried_out(line: &str, style: Style) -> String {
    let lines = match style.width < Style::PLAIN.width {
        true => command(line, style.width.saturating_sub(2)),
        false => vec![line.to_owned()],
    };
    lines.iter().map(|line| format!("  {line}\n")).collect()
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

/// An option and what stands behind it are read together: they share a line if it has room for both. So do a prompt and
/// the program, and `>` and its file.
fn with_values(arguments: Vec<&str>, room: usize) -> Vec<String> {
    let leads = |word: &str| ["$", ">"].contains(&word) || (word.starts_with("--") && !word.contains([' ', '=']));
    arguments.into_iter().fold(Vec::new(), |mut all: Vec<String>, word| {
        let is_value = !word.starts_with('-') && word != ">";
        match all.last_mut() {
            Some(option) if is_value && leads(option) && width(option) + 1 + width(word) <= room => {
                *option += &format!(" {word}");
            }
            _ => all.push(word.to_owned()),
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_same_command() {
        let table = [
            ("$ lesson run x.toml --repeat 8", "$ lesson run x.toml --repeat 8"),
            (
                "$ lesson run x.toml --busy-timeout 20s --repeat 8",
                "$ lesson run x.toml \\\n    --busy-timeout 20s \\\n    --repeat 8",
            ),
            (
                "lesson run 23.toml --simulate --busy-timeout 1m --repeat 10",
                "lesson run 23.toml \\\n    --simulate \\\n    --busy-timeout 1m \\\n    --repeat 10",
            ),
            ("$ lesson run x --seed=12 --simulate --quiet", "$ lesson run x --seed=12 \\\n    --simulate --quiet"),
            (
                "$ lesson play a.toml --moves \"one two\" --real",
                "$ lesson play a.toml \\\n    --moves \"one two\" --real",
            ),
            (
                "$ lesson play a.toml --moves \"reader writer reader writer\" --real",
                "$ lesson play a.toml --moves \\\n    \"reader writer reader writer\" \\\n    --real",
            ),
            ("$ say 'words that single quotes keep whole'", "$ say \\\n    'words that single quotes keep whole'"),
            (
                "$ lesson explore deadlock --json > numbers.json",
                "$ lesson explore deadlock \\\n    --json > numbers.json",
            ),
        ];
        for (line, expected) in table {
            let lines = command(line, 30).join("\n");
            assert_eq!(lines, expected, "{line}");
            // As a shell reads it.
            let read = |text: &str| shell_words::split(&text.replace("\\\n", "")).expect("it is sound");
            assert_eq!(read(&lines), read(line), "{line}");
        }
    }

    #[test]
    fn a_command_is_broken_in_a_narrow_window_only() {
        let line = "lesson run shop.toml --schedule 'orders stock orders stock web web web'";
        let whole = format!("  {line}\n");
        let broken = "  lesson run shop.toml --schedule \\\n      'orders stock orders stock web web web'\n";
        for (width, expected) in [(120, whole.as_str()), (80, whole.as_str()), (50, broken)] {
            assert_eq!(carried_out(line, Style { color: false, width }), expected, "{width}");
        }
    }
}
