//! A scenario as a TOML file that a student can read and change.

use std::fmt::Write;

use super::{Backoff, Jitter, OnDeadlock, Process, Retry, Scenario, duration};

/// The columns that a line of steps may take.
const WIDTH: usize = 100;

/// Writes `scenario` so that [`parse`](super::parse) reads it back.
pub fn to_toml(scenario: &Scenario) -> String {
    let mut head = vec![("title", quoted(&scenario.title)), ("on", quoted(scenario.on.name()))];
    if let Some(patience) = scenario.busy_timeout {
        head.push(("busy_timeout", quoted(&duration::format(patience))));
    }
    if scenario.on_deadlock == OnDeadlock::Victim {
        head.push(("on_deadlock", quoted("victim")));
    }
    if !scenario.units.is_empty() {
        let units: Vec<String> =
            scenario.units.iter().map(|(name, count)| format!("{} = {count}", key(name))).collect();
        head.push(("units", format!("{{ {} }}", units.join(", "))));
    }
    let mut sections = vec![section(&head)];
    if !scenario.locks.is_empty() {
        let keys: Vec<(String, String)> =
            scenario.locks.iter().map(|(name, kind)| (key(name), quoted(kind.name()))).collect();
        let lines: Vec<(&str, String)> = keys.iter().map(|(name, kind)| (name.as_str(), kind.clone())).collect();
        sections.push(format!("[locks]\n{}", section(&lines)));
    }
    sections.extend(scenario.processes.iter().map(|one| format!("[[process]]\n{}", section(&process(one)))));
    sections.join("\n")
}

fn process(process: &Process) -> Vec<(&'static str, String)> {
    let mut lines = vec![("name", quoted(&process.name))];
    if let Some(rounds) = process.rounds {
        lines.push(("rounds", rounds.to_string()));
    }
    if let Some(lasting) = process.lasting {
        lines.push(("for", quoted(&duration::format(lasting))));
    }
    if let Some(retry) = &process.retry {
        lines.push(("retry", inline(retry)));
    }
    lines.push(("steps", steps(process)));
    lines
}

fn inline(retry: &Retry) -> String {
    let backoff = match retry.backoff {
        Backoff::Constant => "constant",
        Backoff::Exponential => "exponential",
    };
    let jitter = match retry.jitter {
        Jitter::None => "none",
        Jitter::Full => "full",
    };
    format!(
        r#"{{ backoff = "{backoff}", base = "{}", cap = "{}", jitter = "{jitter}", attempts = {} }}"#,
        duration::format(retry.base),
        duration::format(retry.cap),
        retry.attempts
    )
}

/// All steps in one line if they fit; otherwise as many in each line as fit.
fn steps(process: &Process) -> String {
    let steps: Vec<String> = process.steps.iter().map(|step| quoted(&step.to_string())).collect();
    let one_line = format!("[{}]", steps.join(", "));
    // The longest key of a process makes the widest indent.
    if "rounds = ".len() + one_line.len() <= WIDTH {
        return one_line;
    }
    let mut lines = vec![String::new()];
    for step in steps {
        let full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + step.len() + 6 > WIDTH);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if line.is_empty() { "    " } else { " " });
            line.push_str(&step);
            line.push(',');
        }
    }
    format!("[\n{}\n]", lines.join("\n"))
}

/// One `key = value` a line, the values below each other.
fn section(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
    lines.iter().fold(String::new(), |mut text, (key, value)| {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{key:width$} = {value}");
        text
    })
}

/// A key as it is, or in quotes where TOML asks for them.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A basic string of TOML. (The `toml` crate would choose among four kinds of quotes.)
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
