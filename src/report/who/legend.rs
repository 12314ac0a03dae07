//! What the words of a table mean that nobody could guess, once under it.

use super::Style;
use crate::who::judge::{Answer, Party, words};

/// The line for each word that is explained.
const KEY: [(&str, &str); 2] = [
    ("(mark", "mark: up to where in the log it reads; at mark 0 it reads the database alone."),
    ("open", "open: it has the file open, and holds nothing that is in anybody's way."),
];

/// The lines for the words that occur; nothing if none does.
pub(super) fn of<'a>(answer: &Answer, parties: impl Iterator<Item = &'a Party>, style: Style) -> String {
    let states: Vec<String> = parties.map(|party| words::stand(&answer.sight, party)).collect();
    let wrapped: String = lines(&states).map(|line| style.wrap(line, "")).collect();
    wrapped.lines().map(|line| style.faint(line) + "\n").collect()
}

fn lines(states: &[String]) -> impl Iterator<Item = &'static str> {
    let has = |key: &str| states.iter().flat_map(|state| state.split_whitespace()).any(|word| word == key);
    KEY.into_iter().filter(move |(key, _)| has(key)).map(|(_, line)| line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_occur_are_explained_once() {
        let table: [(&[&str], &[usize]); 4] = [
            (&["RESERVED", "probably polling (inferred)"], &[]),
            (&["reading (mark 1)", "writing, reading (mark 2)"], &[0]),
            (&["SHARED", "open", "open"], &[1]),
            (&["open", "reading (mark 0)"], &[0, 1]),
        ];
        for (states, expected) in table {
            let states: Vec<String> = states.iter().map(|state| (*state).to_owned()).collect();
            let expected: Vec<&str> = expected.iter().map(|at| KEY[*at].1).collect();
            assert_eq!(lines(&states).collect::<Vec<_>>(), expected, "{states:?}");
        }
    }
}
