//! Numbers and names as words.

use unicode_width::UnicodeWidthStr;

use crate::scenario::Scenario;

/// A blank at which no line is broken, as in `5 s`: a page shows a plain one.
pub const GLUE: char = '\u{a0}';

/// A name from outside, made safe, that is not broken at its blanks.
pub fn unbroken(name: &str) -> String {
    clean(name).replace(' ', &GLUE.to_string())
}

/// A text from outside, made safe for a terminal.
pub use crate::scenario::visible as clean;

/// `0.000 s` to `12.345 s`: a moment of a run.
pub fn moment(us: u64) -> String {
    format!("{}.{:03} s", us / 1_000_000, us % 1_000_000 / 1_000)
}

/// The same of a run that took so long: `1.204 ms` where the whole of it is shorter than 10 ms.
pub fn moment_of(us: u64, took_us: u64) -> String {
    if took_us >= 10_000 {
        return moment(us);
    }
    format!("{}.{:03} ms", us / 1_000, us % 1_000)
}

/// A span of time in the unit that fits: `85 µs`, `4.2 ms`, `312 ms`, `5.00 s`, `2 min 5 s`.
pub fn span(us: u64) -> String {
    let ms = us as f64 / 1e3;
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{ms:.1} ms"),
        10_000..1_000_000 => format!("{ms:.0} ms"),
        1_000_000..120_000_000 => format!("{:.2} s", ms / 1e3),
        _ => format!("{} min {} s", us / 60_000_000, us % 60_000_000 / 1_000_000),
    }
}

/// A span that somebody asked for, as short as it can be said: `3 s`, `300 ms`, `0 s`.
pub fn setting(us: u64) -> String {
    match us {
        0 => "0 s".into(),
        _ if us.is_multiple_of(1_000_000) => format!("{} s", us / 1_000_000),
        _ if us.is_multiple_of(1_000) && us < 1_000_000 => format!("{} ms", us / 1_000),
        _ if us < 1_000 => format!("{us} µs"),
        _ => {
            let seconds = format!("{:.6}", us as f64 / 1e6);
            format!("{} s", seconds.trim_end_matches('0'))
        }
    }
}

/// `1 row`, `6 rows`.
pub fn plural(count: u64, word: &str) -> String {
    match (count, word.strip_suffix('s')) {
        (1, _) => format!("1 {word}"),
        (_, Some(_)) => format!("{count} {word}es"),
        _ => format!("{count} {word}s"),
    }
}

/// `1,424`: a number with its digits in groups of three.
pub fn grouped(number: &impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `98%`.
pub fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// `P1`, `P1 and P2`, `P1, P2 and P3`; a long list is cut in the middle.
pub fn list(names: &[String]) -> String {
    match names {
        [] => "nobody".into(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= 8 => format!("{} and {last}", first.join(", ")),
        [first @ .., last] => format!("{}, ... ({} more) and {last}", first[..5].join(", "), first.len() - 5),
    }
}

/// The name of a process; a trace that names one that is not there gets `?`.
pub fn name(scenario: &Scenario, who: usize) -> &str {
    scenario.processes.get(who).map_or("?", |process| process.name.as_str())
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Breaks a text at its blanks into lines of so many columns; one that does not break holds ([`GLUE`]), and is plain
/// afterwards. A word that is longer has a line of its own.
pub fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = usize::MAX;
    let parts = |c: char| c.is_whitespace() && c != GLUE;
    for word in text.split(parts).filter(|word| !word.is_empty()).map(|word| word.replace(GLUE, " ")) {
        let width = width(&word);
        match lines.last_mut() {
            Some(line) if used + 1 + width <= columns => {
                line.push(' ');
                line.push_str(&word);
                used += 1 + width;
            }
            _ => {
                lines.push(word);
                used = width;
            }
        }
    }
    lines
}

/// Cuts a text to so many columns, with `…` where something is missing, and fills it up with blanks.
pub fn fit(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    let missing = columns.saturating_sub(width(&cut));
    cut + &" ".repeat(missing)
}

/// Cuts a text to so many columns, with `…` where something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width(&kept) + width(c.encode_utf8(&mut [0; 4])) + 1 > columns {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}
