//! Schedules as text: `P1 P2 P2 P1` says who makes the next step.

use std::collections::BTreeMap;

use super::Scenario;
use super::check::LONGEST_NAME;
use super::text::excerpt;

/// The most names that an error lists.
const MOST_NAMES: usize = 8;

/// Reads the names of processes, separated by white space or commas; a number from 1 on also names a process, unless
/// one is called so. Each becomes the process's index.
///
/// # Errors
///
/// Which entry names no process, and the names that there are.
pub fn parse_schedule(text: &str, scenario: &Scenario) -> Result<Vec<usize>, String> {
    let known: BTreeMap<&str, usize> =
        scenario.processes.iter().enumerate().map(|(who, process)| (process.name.as_str(), who)).collect();
    // A name may contain a comma: a word that is a name is one, before commas part it.
    let words = text.split_whitespace().flat_map(|word| match known.contains_key(word) {
        true => vec![word],
        false => word.split(',').filter(|part| !part.is_empty()).collect(),
    });
    words
        .enumerate()
        .map(|(at, word)| known.get(word).copied().or_else(|| numbered(word, scenario)).ok_or((at, word)))
        .collect::<Result<_, _>>()
        .map_err(|(at, word)| unknown(at, word, scenario))
}

/// Writes a schedule so that [`parse_schedule`] reads it back. An index without a process is written as its number.
pub fn format_schedule(schedule: &[usize], scenario: &Scenario) -> String {
    let name = |who: &usize| match scenario.processes.get(*who) {
        Some(process) => process.name.clone(),
        None => (who + 1).to_string(),
    };
    schedule.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn numbered(word: &str, scenario: &Scenario) -> Option<usize> {
    let number: usize = word.parse().ok()?;
    (1..=scenario.processes.len()).contains(&number).then(|| number - 1)
}

fn unknown(at: usize, word: &str, scenario: &Scenario) -> String {
    let count = scenario.processes.len();
    let mut names: Vec<&str> =
        scenario.processes.iter().take(MOST_NAMES).map(|process| process.name.as_str()).collect();
    if count > MOST_NAMES {
        names.push("…");
    }
    format!(
        "entry {} of the schedule, `{}`, is no process; use {}, or a number from 1 to {count}",
        at + 1,
        excerpt(word, LONGEST_NAME),
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::{format_schedule, parse_schedule};
    use crate::scenario::{LockKind, Process, Scenario, Step};

    fn scenario(names: &[&str]) -> Scenario {
        let process = |name: &&str| Process::new(*name, vec![Step::Meet]);
        Scenario::new("test", LockKind::Flock, names.iter().map(process).collect())
    }

    fn check(names: &[&str], text: &str, expected: Result<&[usize], &str>) {
        let read = parse_schedule(text, &scenario(names));
        assert_eq!(read, expected.map(<[usize]>::to_vec).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn names_and_numbers_are_read() {
        let two = ["P1", "P2"];
        check(&two, "P1 P2 P2 P1", Ok(&[0, 1, 1, 0]));
        check(&two, "P1,P2,\n\tP2 , P1", Ok(&[0, 1, 1, 0]));
        check(&two, "1 2 P2", Ok(&[0, 1, 1]));
        check(&two, "", Ok(&[]));
        check(&["2", "1"], "1 2", Ok(&[1, 0]));
        check(&["a,b", "b"], "a,b b,2", Ok(&[0, 1, 1]));
    }

    #[test]
    fn an_unknown_name_is_told_with_its_position_and_the_known_ones() {
        let two = ["P1", "P2"];
        check(&two, "P1 P9", Err("entry 2 of the schedule, `P9`, is no process; use P1, P2, or a number from 1 to 2"));
        check(&two, "0", Err("entry 1 of the schedule, `0`, is no process; use P1, P2, or a number from 1 to 2"));
        check(&two, "1,,3", Err("entry 2 of the schedule, `3`, is no process; use P1, P2, or a number from 1 to 2"));
        check(
            &two,
            "\u{1b}[2J",
            Err("entry 1 of the schedule, `\\u{1b}[2J`, is no process; use P1, P2, or a number from 1 to 2"),
        );
        check(
            &["a", "b", "c", "d", "e", "f", "g", "h", "i"],
            "z",
            Err("entry 1 of the schedule, `z`, is no process; use a, b, c, d, e, f, g, h, …, or a number from 1 to 9"),
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let scenario = scenario(&["2", "a,b", "<img>"]);
        let schedule = [0, 2, 1, 1, 0];
        let text = format_schedule(&schedule, &scenario);
        assert_eq!(text, "2 <img> a,b a,b 2");
        assert_eq!(parse_schedule(&text, &scenario), Ok(schedule.to_vec()));
        assert_eq!(format_schedule(&[7], &scenario), "8");
    }
}
