//! Where standard output goes: how wide it is, and whether it takes colour.

use std::ffi::OsString;
use std::io::IsTerminal as _;

/// The width of text that goes to a file or another program, and of a terminal that doesn't tell its own.
const DEFAULT_WIDTH: usize = 80;

/// The least width that a report is laid out for; a narrower terminal wraps the lines.
const LEAST_WIDTH: usize = 20;

/// What standard output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    /// Whether somebody looks at it, rather than a file or another program.
    pub is_terminal: bool,
    /// Columns; 80 unless it is a terminal, so that the same trace gives the same bytes.
    pub width: usize,
    /// Lines of a terminal that tells them.
    pub height: Option<usize>,
    /// Whether colours may be used.
    pub color: bool,
    /// What decided about the colours: `NO_COLOR is set`.
    pub why: String,
}

/// The option `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// Colours on a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Colours wherever the output goes
    Always,
    /// No colours
    Never,
}

impl Terminal {
    /// Looks at standard output and the environment.
    pub fn of_stdout(choice: ColorChoice) -> Self {
        let stdout = std::io::stdout();
        let is_terminal = stdout.is_terminal();
        let (color, why) = decide(choice, |name| std::env::var_os(name), is_terminal);
        let size = terminal_size::terminal_size_of(stdout);
        let columns = size.map(|(width, _)| width.0.into());
        let width = width(is_terminal, columns, std::env::var_os("COLUMNS"));
        Self { is_terminal, width, height: size.map(|(_, height)| height.0.into()), color, why }
    }

    /// The same, with the size that the window has now.
    pub fn again(&self) -> Self {
        Self { color: self.color, why: self.why.clone(), ..Self::of_stdout(ColorChoice::Never) }
    }
}

/// The columns of the window in which errors are read; `None` if they go elsewhere.
pub fn width_of_stderr() -> Option<usize> {
    let stderr = std::io::stderr();
    let size = terminal_size::terminal_size_of(&stderr).filter(|_| stderr.is_terminal());
    size.map(|(width, _)| width.0.into()).filter(|columns| *columns > 0)
}

/// Decides about colours, and says what decided. The first of these that applies:
///
/// 1. `--color always` or `--color never`
/// 2. `NO_COLOR`, not empty: none (<https://no-color.org>)
/// 3. `CLICOLOR_FORCE`, not empty and not `0`: colours (<https://bixense.com/clicolors>)
/// 4. `CLICOLOR`, `0`: none
/// 5. `TERM`, `dumb`: none
/// 6. colours on a terminal, none elsewhere
pub fn decide(choice: ColorChoice, env: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> (bool, String) {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let is = |name: &str, value: &str| env(name).is_some_and(|found| found == value);
    let (color, why) = match choice {
        ColorChoice::Always => (true, "--color always"),
        ColorChoice::Never => (false, "--color never"),
        ColorChoice::Auto if set("NO_COLOR").is_some() => (false, "NO_COLOR is set"),
        ColorChoice::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => (true, "CLICOLOR_FORCE is set"),
        ColorChoice::Auto if is("CLICOLOR", "0") => (false, "CLICOLOR is 0"),
        ColorChoice::Auto if is("TERM", "dumb") => (false, "TERM is dumb"),
        ColorChoice::Auto if is_terminal => (true, "standard output is a terminal"),
        ColorChoice::Auto => (false, "standard output is not a terminal"),
    };
    (color, why.to_owned())
}

/// The columns to lay out for. `COLUMNS` is asked only if a terminal does not tell: a shell sets it once, and it
/// is wrong as soon as the window's size changes.
fn width(is_terminal: bool, told: Option<usize>, columns: Option<OsString>) -> usize {
    if !is_terminal {
        return DEFAULT_WIDTH;
    }
    let columns =
        || columns?.to_str()?.trim().parse().ok().filter(|columns| (1..=usize::from(u16::MAX)).contains(columns));
    told.or_else(columns).unwrap_or(DEFAULT_WIDTH).max(LEAST_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColorChoice::{Always, Auto, Never};

    #[test]
    fn colours_follow_the_order_of_precedence() {
        const ALL: &[(&str, &str)] = &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")];
        type Row = (ColorChoice, &'static [(&'static str, &'static str)], bool, bool, &'static str);
        let table: [Row; 20] = [
            (Always, ALL, false, true, "--color always"),
            (Never, &[("CLICOLOR_FORCE", "1")], true, false, "--color never"),
            (Auto, ALL, true, false, "NO_COLOR"),
            (Auto, &[("NO_COLOR", "0")], true, false, "NO_COLOR"),
            (Auto, &[("NO_COLOR", "")], true, true, "is a terminal"),
            (Auto, &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")], false, true, "CLICOLOR_FORCE"),
            (Auto, &[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")], false, true, "CLICOLOR_FORCE"),
            (Auto, &[("CLICOLOR_FORCE", "yes")], false, true, "CLICOLOR_FORCE"),
            (Auto, &[("CLICOLOR_FORCE", "0")], false, false, "not a terminal"),
            (Auto, &[("CLICOLOR_FORCE", "")], false, false, "not a terminal"),
            (Auto, &[("CLICOLOR_FORCE", "0"), ("CLICOLOR", "0")], true, false, "CLICOLOR is 0"),
            (Auto, &[("CLICOLOR", "0"), ("TERM", "dumb")], true, false, "CLICOLOR is 0"),
            (Auto, &[("CLICOLOR", "1")], true, true, "is a terminal"),
            (Auto, &[("CLICOLOR", "1")], false, false, "not a terminal"),
            (Auto, &[("CLICOLOR", "1"), ("TERM", "dumb")], true, false, "TERM is dumb"),
            (Auto, &[("TERM", "dumb")], true, false, "TERM is dumb"),
            (Auto, &[("TERM", "xterm")], true, true, "is a terminal"),
            (Auto, &[("TERM", "xterm")], false, false, "not a terminal"),
            (Auto, &[], true, true, "is a terminal"),
            (Auto, &[], false, false, "not a terminal"),
        ];
        for (choice, env, is_terminal, color, why) in table {
            let lookup = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
            let decided = decide(choice, lookup, is_terminal);
            assert_eq!(decided.0, color, "{choice:?} {env:?} {is_terminal}: {decided:?}");
            assert!(decided.1.contains(why), "{choice:?} {env:?} {is_terminal}: {decided:?}");
        }
    }

    #[test]
    fn the_width_is_the_terminals() {
        let table = [
            (true, Some(132), None, 132),
            (true, Some(132), Some("40"), 132),
            (true, Some(7), None, 20),
            (true, None, Some("40"), 40),
            (true, None, Some("3"), 20),
            (true, None, Some("0"), 80),
            (true, None, Some("wide"), 80),
            (true, None, Some("99999999999"), 80),
            (true, None, None, 80),
            (false, Some(132), Some("40"), 80),
            (false, None, Some("40"), 80),
        ];
        for (is_terminal, told, columns, expected) in table {
            let found = width(is_terminal, told, columns.map(OsString::from));
            assert_eq!(found, expected, "{is_terminal} {told:?} {columns:?}");
        }
    }
}
