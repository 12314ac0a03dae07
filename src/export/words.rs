//! The scenario's words as names and comments of other languages. They are untrusted text.

use std::collections::BTreeSet;

use crate::scenario::visible;

/// Names that have been given. No two things get the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A free name, `wanted` if it can be.
    pub(super) fn give(&mut self, wanted: String) -> String {
        let numbered = (2_u32..).map(|number| format!("{wanted}_{number}"));
        let free = [wanted.clone()].into_iter().chain(numbered).find(|name| !self.0.contains(name)).unwrap_or(wanted);
        self.0.insert(free.clone());
        free
    }
}

/// The name of a process. `P1` stays `P1`. Of others the letters and digits stay, with `P_` in front: so none is a word
/// of the language, and none looks like a name that is made of another process's (`P_x_meets_2`).
pub(super) fn process_name(name: &str) -> String {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_plain = letters.starts_with(|c: char| c.is_ascii_uppercase())
        && letters.chars().all(|c| c.is_ascii_alphabetic())
        && letters.len() < name.len();
    if is_plain {
        return name.to_owned();
    }
    let known: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("P_{}", if known.is_empty() { "unnamed" } else { &known })
}

/// Text as a part of a name: letters, digits and single underscores.
pub(super) fn part_of_name(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// Text for a comment: nothing in it begins or ends one, in C or in TLA+.
pub(super) fn comment(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    for c in visible(text).chars() {
        if (before == '*' && matches!(c, '/' | ')')) || (matches!(before, '/' | '(' | '\\') && c == '*') {
            safe.push(' ');
        }
        safe.push(c);
        before = c;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{Names, comment, process_name};

    #[test]
    fn names() {
        let table = [
            ("P1", "P1"),
            ("Writer12", "Writer12"),
            ("do", "P_do"),
            ("IF", "P_IF"),
            ("linux", "P_linux"),
            ("WF_1", "P_WF1"),
            ("a-b__c", "P_abc"),
            ("\"é\\", "P_unnamed"),
        ];
        for (name, expected) in table {
            assert_eq!(process_name(name), expected);
        }
        let mut names = Names::default();
        let given = ["a", "b", "a", "a", "a_2"].map(|wanted| names.give(wanted.into()));
        assert_eq!(given, ["a", "b", "a_2", "a_3", "a_2_2"]);
    }

    #[test]
    fn comments() {
        let table = [
            ("plain, 日本", "plain, 日本"),
            ("/*/", "/ * /"),
            ("(*)", "( * )"),
            ("\\*", "\\ *"),
            ("a\nb\u{202e}", "a\\u{a}b\\u{202e}"),
        ];
        for (text, expected) in table {
            assert_eq!(comment(text), expected);
        }
    }
}
