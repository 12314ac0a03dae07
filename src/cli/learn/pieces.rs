//! Where the tour may stop: between two pieces, never within one.

use crate::report::plain;

/// Takes a text apart. If it is one piece, its heading comes with it as long as both fit the window; else each
/// paragraph is one, and the heading goes with the first. What leads to the next paragraph (`The file x:`) goes with
/// that, and a paragraph that is higher than the window is parted.
pub(super) fn pieces(heading: &str, text: &str, is_one: bool, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let text = text.trim_end_matches('\n');
    let heading = heading.trim_end_matches('\n');
    let all = if heading.is_empty() { text.to_owned() } else { format!("{heading}\n\n{text}") };
    if is_one {
        return if heading.is_empty() || fits(&all) { vec![all] } else { vec![heading.to_owned(), text.to_owned()] };
    }
    let leads = |piece: &str| piece == heading || plain(piece).ends_with(':');
    let mut pieces: Vec<String> = Vec::new();
    for paragraph in all.split("\n\n") {
        let joined = pieces.last().filter(|last| leads(last)).map(|last| format!("{last}\n\n{paragraph}"));
        // A heading stands above something, and be it the first lines of it.
        let joined = joined.filter(|joined| fits(joined) || pieces.last().is_some_and(|last| last == heading));
        if joined.is_some() {
            pieces.pop();
        }
        pieces.extend(parted(&joined.unwrap_or_else(|| paragraph.to_owned()), &fits));
    }
    pieces
}

/// Parts a text that is higher than the window: between lines that stand where its first one does, such as the items of
/// a list.
fn parted(text: &str, fits: &impl Fn(&str) -> bool) -> Vec<String> {
    let depth = |line: &str| plain(line).chars().take_while(|letter| *letter == ' ').count();
    if fits(text) {
        return vec![text.to_owned()];
    }
    let first = depth(text);
    let groups = text.lines().fold(Vec::new(), |mut groups: Vec<String>, line| {
        match groups.last_mut().filter(|_| line.is_empty() || depth(line) > first) {
            Some(group) => *group += &format!("\n{line}"),
            None => groups.push(line.to_owned()),
        }
        groups
    });
    let parts = groups.into_iter().fold(Vec::new(), |mut parts: Vec<String>, group| {
        match parts.last_mut().filter(|part| fits(&format!("{part}\n{group}"))) {
            Some(part) => *part += &format!("\n{group}"),
            None => parts.push(group),
        }
        parts
    });
    parts.iter().map(|part| part.trim_end_matches('\n').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_not_parted() {
        for (heading, text, is_one, most, expected) in [
            ("", "one\n", false, 9, vec!["one"]),
            ("", "one\n\ntwo\n\n", false, 9, vec!["one", "two"]),
            ("", "one\n\ntwo\n", true, 9, vec!["one\n\ntwo"]),
            ("", "one\n\ntwo\n", true, 1, vec!["one\n\ntwo"]),
            ("H\n─\n", "one\n\ntwo\n\n3", false, 9, vec!["H\n─\n\none", "two", "3"]),
            ("H\n─\n", "one\n\ntwo", false, 2, vec!["H\n─", "one", "two"]),
            ("", "one:\n\ntwo\n\n3", false, 3, vec!["one:\n\ntwo", "3"]),
            ("", "one:\n\ntwo\n2\n\n3", false, 3, vec!["one:", "two\n2", "3"]),
            ("H\n─\n", "one:\n\ntwo\n", false, 6, vec!["H\n─\n\none:\n\ntwo"]),
            ("", "• 1\n  a\n• 2\n• 3\n  b", false, 3, vec!["• 1\n  a\n• 2", "• 3\n  b"]),
            ("", "1\n2\n3\n4\n5", false, 2, vec!["1\n2", "3\n4", "5"]),
            ("H\n─\n", "one:\n1\n\ntwo\n", false, 4, vec!["H\n─\n\none:", "1", "two"]),
            ("H\n─\n", "one\n\ntwo\n", true, 6, vec!["H\n─\n\none\n\ntwo"]),
            ("H\n─\n", "one\n\ntwo\n", true, 5, vec!["H\n─", "one\n\ntwo"]),
        ] {
            let shown = pieces(heading, text, is_one, |piece| piece.lines().count() <= most);
            assert_eq!(shown, expected, "{heading:?} {text:?} {is_one} {most}");
        }
    }
}
