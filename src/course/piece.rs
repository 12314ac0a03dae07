//! The pieces of a Markdown page: orders in comments, fenced blocks, what is folded away, and lines.

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// `<!-- word: value -->`: what the program has to know of the block below, and the reader need not.
    Order {
        /// What it is about.
        word: &'a str,
        /// What it says.
        value: &'a str,
    },
    /// Lines between two fences.
    Fence {
        /// What stands behind the first fence.
        language: &'a str,
        /// The lines between them.
        body: Vec<&'a str>,
    },
    /// `<details>`: folded away until the reader wants it.
    Fold {
        /// What can be seen of it.
        summary: &'a str,
        /// What is folded away, each line with its number.
        body: Vec<(usize, &'a str)>,
    },
    /// Something that is never closed: `` ``` `` or `<details>`.
    Open(&'a str),
    /// Any other line.
    Line(&'a str),
}

/// Takes a page apart; each piece with the number of its first line, from 1. What is never closed goes to the end.
pub fn pieces(text: &str) -> Vec<(usize, Piece<'_>)> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_end()));
    let mut pieces = Vec::new();
    while let Some((number, line)) = lines.next() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let piece = if let Some(order) = comment {
            let (word, value) = order.split_once(": ").unwrap_or((order, ""));
            Piece::Order { word, value: value.trim() }
        } else if let Some(language) = line.strip_prefix("```") {
            match until(&mut lines, "```") {
                Some(body) => Piece::Fence { language, body: body.into_iter().map(|(_, line)| line).collect() },
                None => Piece::Open("```"),
            }
        } else if line == "<details>" {
            let Some(mut body) = until(&mut lines, "</details>") else {
                pieces.push((number, Piece::Open(line)));
                continue;
            };
            let summary = |line: &'_ str| line.starts_with("<summary>");
            let at = body.iter().position(|(_, line)| summary(line));
            let line = at.map_or("", |at| body.remove(at).1);
            Piece::Fold { summary: line.trim_start_matches("<summary>").trim_end_matches("</summary>"), body }
        } else {
            Piece::Line(line)
        };
        pieces.push((number, piece));
    }
    pieces
}

/// The lines up to this one, which is taken, too; `None` if it never comes.
fn until<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>, end: &str) -> Option<Vec<(usize, &'a str)>> {
    let mut body = Vec::new();
    for (number, line) in lines {
        if line == end {
            return Some(body);
        }
        if end == "```" && line.starts_with(end) {
            return None; // the next one begins: this one was forgotten
        }
        body.push((number, line));
    }
    None
}
