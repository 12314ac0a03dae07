//! What a run showed: the words of an answer, found in an output.

use regex_lite::{Regex, escape};

/// Finds `words` in an output, where a number stands for any number and a blank for any gap, so that neither luck nor
/// the width of a window matters. Answers with what stands there.
pub fn seen(words: &str, output: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut letters = words.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        let mut skip = |is_same: fn(&char) -> bool| while letters.next_if(is_same).is_some() {};
        match letter {
            '0'..='9' => {
                skip(char::is_ascii_digit);
                pattern += "[0-9][0-9,]*";
            }
            _ if letter.is_whitespace() => {
                skip(|letter| letter.is_whitespace());
                pattern += r"\s+";
            }
            _ => pattern += &escape(letter.encode_utf8(&mut [0; 4])),
        }
    }
    if pattern.is_empty() {
        return None;
    }
    let found = Regex::new(&pattern).ok()?.find(output)?;
    Some(found.as_str().split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_gaps_may_differ() {
        let table = [
            ("4 of 6 rows stored", "\n  3 of 6 rows\n  stored\n", Some("3 of 6 rows stored")),
            ("4 of 6 rows stored", "four of six rows stored", None),
            ("all 87 states", "all 1,424 states were", Some("all 1,424 states")),
            ("P1 (waits)", "P2 (waits)", Some("P2 (waits)")),
            ("P1 (waits)", "P2 waits", None),
            ("", "anything", None),
            (" ", "anything", None),
            ("is **not** a\\b", "is **not** a\\b", Some("is **not** a\\b")),
        ];
        for (words, output, found) in table {
            assert_eq!(seen(words, output).as_deref(), found, "{words:?} in {output:?}");
        }
    }
}
