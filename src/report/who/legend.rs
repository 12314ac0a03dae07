//! What the words of a table mean that nobody could guess, once under it.

use super::Style;
use crate::who::judge::{Answer, Party, words};

/// The line for each word that is explained, in front of it how it is found.
const KEY: [(&str, &str); 2] = [
    ("(mark ", "mark: up to where in the log it reads; at mark 0 it reads the database alone."),
    ("open", "open: it has the file open, and holds nothing that is in anybody's way."),
];

/// The lines for the words that occur; nothing if none does.
pub(super) fn of<'a>(answer: &Answer, parties: impl Iterator<Item = &'a Party>, style: Style) -> String {
    let states: Vec<String> = parties.map(|party| words::stand(&answer.sight, party)).collect();
    let occurs = |word: &str| states.iter().any(|state| state == word || (word.contains('(') && state.contains(word)));
    let lines = KEY.iter().filter(|(word, _)| occurs(word));
    lines.flat_map(|(_, line)| style.wrap(line, "").lines().map(|line| style.faint(line) + "\n").collect::<Vec<_>>()).collect()
}
