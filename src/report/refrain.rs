//! A story that says the same again and again says it once, and how often.

use regex_lite::Regex;

use super::paint::Style;

/// The longest run of lines that is looked for again behind itself.
const LONGEST: usize = 8;

/// So often something has to come in a row to be folded.
const FEWEST: usize = 4;

/// The lines of a story, with what comes often in a row told once. Numbers may differ: each attempt has its own.
pub(super) fn folded(lines: &[String], style: Style) -> String {
    // A pause of 9 ms and one of 1.2 s say the same.
    let number = Regex::new(r"[0-9][0-9.,]*( (µs|ms|s|min|h)\b)?").expect("it is sound");
    let same: Vec<String> = lines
        .iter()
        .map(|line| number.replace_all(&line.split_whitespace().collect::<Vec<_>>().join(" "), "#").into_owned())
        .collect();
    let (mut text, mut at) = (String::new(), 0);
    while at < lines.len() {
        let times = |length: usize| {
            let first = same.get(at..at + length);
            let next = |time: &usize| same.get(at + time * length..at + (time + 1) * length) == first;
            first.map_or(0, |_| (1..).take_while(next).count() + 1)
        };
        let (length, times) =
            (1..=LONGEST).map(|length| (length, times(length))).find(|(_, times)| *times >= FEWEST).unwrap_or((1, 1));
        text.extend(lines[at..at + length].iter().map(String::as_str));
        if times > 1 {
            text += &style.faint(&format!("{:13}... {} times more, in the same words\n", "", times - 1));
        }
        at += length * times;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &str, folded_to: &str) {
        let lines: Vec<String> = lines.split(' ').map(|line| format!("{line}\n")).collect();
        let style = Style { color: false, width: 80 };
        let text =
            folded(&lines, style).replace("             ... ", "+").replace(" times more, in the same words", "");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), folded_to);
    }

    #[test]
    fn what_comes_often_is_told_once() {
        let table = [
            ("a b c", "a b c"),
            ("a a a", "a a a"),
            ("a a a a b", "a +3 b"),
            ("x a1 b2 a3 b4 a5 b6 a7 b8 a9 c", "x a1 b2 +3 a9 c"),
            ("a b a b a b c", "a b a b a b c"),
        ];
        for (lines, folded_to) in table {
            check(lines, folded_to);
        }
    }
}
