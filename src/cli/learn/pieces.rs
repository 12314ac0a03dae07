//! Where the tour may stop: between two pieces, never within one.

/// Takes a text apart. If it is one piece, its heading comes with it as long as both fit the window; else each
/// paragraph is one, and the heading goes with the first.
pub(super) fn pieces(heading: &str, text: &str, is_one: bool, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let text = text.trim_end_matches('\n');
    let heading = heading.trim_end_matches('\n');
    let all = if heading.is_empty() { text.to_owned() } else { format!("{heading}\n\n{text}") };
    if is_one {
        return if heading.is_empty() || fits(&all) { vec![all] } else { vec![heading.to_owned(), text.to_owned()] };
    }
    let mut rest = all.split("\n\n").map(str::to_owned);
    let first = rest.by_ref().take(if heading.is_empty() { 1 } else { 2 }).collect::<Vec<_>>().join("\n\n");
    std::iter::once(first).chain(rest).collect()
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
            ("H\n─\n", "one\n\ntwo\n", true, 6, vec!["H\n─\n\none\n\ntwo"]),
            ("H\n─\n", "one\n\ntwo\n", true, 5, vec!["H\n─", "one\n\ntwo"]),
        ] {
            let shown = pieces(heading, text, is_one, |piece| piece.lines().count() <= most);
            assert_eq!(shown, expected, "{heading:?} {text:?} {is_one} {most}");
        }
    }
}
