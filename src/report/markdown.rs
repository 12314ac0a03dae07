//! Markdown as it looks in a terminal: paragraphs, lists, headings and tables.
//!
//! What a line of Markdown means, and how its parts look, is termimad's affair. Where a line breaks is ours: a full
//! stop stays behind its word, whatever marks stand in between.

use termimad::MadSkin;
use termimad::crossterm::style::{Attribute, Color};
use termimad::minimad::{Composite, Compound};

use super::paint::Style;
use super::table::Cells;
use super::words::{GLUE, clean, width};

/// Code in a cell of a table that is no longer is not broken.
const WHOLE: usize = 24;

/// Lays a text out. Without colour, code keeps its marks, so that one sees where a command ends.
pub fn markdown(text: &str, style: Style) -> String {
    let text = clean_lines(text);
    let mut shown = String::new();
    for part in parts(&text) {
        shown += &match part {
            Part::Gap if shown.is_empty() => String::new(),
            Part::Gap => "\n".into(),
            Part::Heading(text) => {
                style.heading(wrapped(&text, "", "", Style { color: false, ..style }).trim_end()) + "\n"
            }
            Part::Table(lines) => table(&lines, style),
            Part::Words { mark, text } => wrapped(&text, &mark, &" ".repeat(width(&mark)), style),
        };
    }
    shown
}

/// A paragraph, the first line behind `first` and the others behind `rest`.
pub(super) fn wrapped(text: &str, first: &str, rest: &str, style: Style) -> String {
    let room = style.width.saturating_sub(width(first).max(width(rest))).max(20);
    let text = lone_stars(&links(text));
    let spans = Composite::from_inline(&text).compounds;
    let skin = skin(style);
    let mut lines: Vec<Vec<Span>> = Vec::new();
    let mut used = usize::MAX;
    for word in words(&spans, room, style.color) {
        let columns: usize = word.iter().map(|span| width(&span.text)).sum();
        match lines.last_mut() {
            Some(line) if used.saturating_add(1 + columns) <= room => {
                used += 1 + columns;
                append(line, word);
            }
            _ => {
                used = columns;
                lines.push(word);
            }
        }
    }
    let painted = |line: &Vec<Span>| line.iter().map(|span| span.paint(&skin)).collect::<String>();
    let indents = [first].into_iter().chain(std::iter::repeat(rest));
    lines.iter().zip(indents).map(|(line, indent)| format!("{indent}{}\n", painted(line))).collect()
}

/// Each line made safe for a terminal.
pub(super) fn clean_lines(text: &str) -> String {
    text.lines().map(|line| clean(&line.replace('\t', "    ")) + "\n").collect()
}

/// A piece of a text.
enum Part {
    /// An empty line.
    Gap,
    Heading(String),
    Table(Vec<String>),
    /// A paragraph, or an item of a list behind its mark.
    Words {
        mark: String,
        text: String,
    },
}

/// Takes a text apart. Lines that follow each other are one paragraph.
fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in text.lines() {
        let words = line.trim();
        let depth = line.len() - line.trim_start().len();
        if words.is_empty() {
            parts.push(Part::Gap);
        } else if words.starts_with('|') {
            match parts.last_mut() {
                Some(Part::Table(lines)) => lines.push(words.to_owned()),
                _ => parts.push(Part::Table(vec![words.to_owned()])),
            }
        } else if let Some(heading) = heading(line) {
            parts.push(Part::Heading(heading.to_owned()));
        } else if let Some((mark, text)) = item(words) {
            parts.push(Part::Words { mark: format!("{}{mark} ", " ".repeat(depth)), text: text.to_owned() });
        } else if let Some(Part::Words { text, .. }) = parts.last_mut() {
            *text += &format!(" {words}");
        } else {
            parts.push(Part::Words { mark: String::new(), text: words.to_owned() });
        }
    }
    while matches!(parts.last(), Some(Part::Gap)) {
        parts.pop();
    }
    parts
}

/// `### Why`.
fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    (rest.len() < line.len() && rest.starts_with(' ')).then(|| rest.trim())
}

/// `- an item`, `1. an item`, `> a quote`: its mark and its text.
fn item(words: &str) -> Option<(String, &str)> {
    let (mark, text) = words.split_once(' ')?;
    let number = mark.strip_suffix('.').is_some_and(|number| number.len() < 4 && number.parse::<u32>().is_ok());
    match mark {
        "-" | "*" | "+" => Some(("•".into(), text)),
        ">" => Some((">".into(), text)),
        _ if number => Some((mark.to_owned(), text)),
        _ => None,
    }
}

/// `[text](target)` becomes the text, and says which lesson it leads to, or which address.
fn links(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, words, target, after)) = link(rest) {
        shown += before;
        let lesson = target.rsplit('/').next().filter(|file| file.contains(".md")).map(|file| {
            let digits: String = file.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().ok()
        });
        shown += &match lesson {
            Some(Some(number)) if !words.to_lowercase().contains(&format!("lesson {number}")) => {
                format!("{words} (lesson {number})")
            }
            None if target.contains("://") && !target.contains(words) => format!("{words} ({target})"),
            _ => words.to_owned(),
        };
        rest = after;
    }
    shown + rest
}

/// A star between two blanks is no mark (CommonMark 0.31, 6.2), and termimad takes it for one.
fn lone_stars(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { part.replace(" * ", " \\* ") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

/// The first link: what stands before it, its text, its target, and what stands behind it.
fn link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](")?;
    let open = text[..middle].rfind('[')?;
    let close = middle + text[middle..].find(')')?;
    Some((&text[..open], &text[open + 1..middle], &text[middle + 2..close], &text[close + 1..]))
}

/// The lines of a table; the second one, of dashes, says no more than that the first one is its head.
fn table(lines: &[String], style: Style) -> String {
    let is_ruler = |line: &&String| line.chars().all(|letter| matches!(letter, '|' | '-' | ':' | ' '));
    let mut rows = lines.iter().filter(|line| !is_ruler(line)).map(|line| cells(line));
    let heads = rows.next().unwrap_or_default();
    let rows: Vec<Vec<String>> = rows.map(|row| padded(row, heads.len())).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    super::table::table(&heads, &rows, Cells::Words, style)
}

/// The cells of a line, without marks. Code keeps its own, as no colour shows it here; it is not broken if it is short.
fn cells(line: &str) -> Vec<String> {
    // A line that is meant as a letter: `\|`. No text has this one: it was made safe.
    const LINE: char = '\u{1}';
    let line = line.replace("\\|", &LINE.to_string());
    let line = line.strip_prefix('|').unwrap_or(&line);
    let line = line.trim_end().strip_suffix('|').unwrap_or(line);
    let cell = |text: &str| {
        let text = lone_stars(&links(text.trim()));
        let shown = |part: &Compound| match part.code {
            true if width(part.src) <= WHOLE => format!("`{}`", part.src.replace(' ', &GLUE.to_string())),
            true => format!("`{}`", part.src),
            false => part.src.to_owned(),
        };
        Composite::from_inline(&text).compounds.iter().map(shown).collect::<String>().replace(LINE, "|")
    };
    line.split('|').map(cell).collect()
}

/// As many cells as there are heads.
fn padded(mut row: Vec<String>, count: usize) -> Vec<String> {
    row.resize(count, String::new());
    row
}

/// Some letters of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    text: String,
    bold: bool,
    italic: bool,
    code: bool,
}

impl Span {
    fn new(text: &str, like: &Compound) -> Self {
        Self { text: text.to_owned(), bold: like.bold, italic: like.italic, code: like.code }
    }

    fn looks(&self, other: &Self) -> bool {
        (self.bold, self.italic, self.code) == (other.bold, other.italic, other.code)
    }

    fn paint(&self, skin: &MadSkin) -> String {
        let Self { text, bold, italic, code } = self;
        let compound = Compound { src: text, bold: *bold, italic: *italic, code: *code, strikeout: false };
        skin.compound_style(&skin.paragraph, &compound).apply_to(text).to_string()
    }
}

/// What must not be parted, each of spans. Code is parted at its blanks only if it is long.
fn words(compounds: &[Compound], room: usize, color: bool) -> Vec<Vec<Span>> {
    let mut words: Vec<Vec<Span>> = vec![Vec::new()];
    for compound in compounds {
        let text = if compound.code && !color { format!("`{}`", compound.src) } else { compound.src.to_owned() };
        let is_whole = compound.code && width(&text) <= room / 2;
        let pieces: Vec<&str> = if is_whole { vec![&text] } else { text.split(' ').collect() };
        for (at, piece) in pieces.into_iter().enumerate() {
            if at > 0 {
                words.push(Vec::new());
            }
            if let Some(word) = words.last_mut().filter(|_| !piece.is_empty()) {
                word.push(Span::new(piece, compound));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words.into_iter().fold(Vec::new(), |mut words, word| {
        match words.last_mut().filter(|before| belong_together(before, &word)) {
            Some(before) => append(before, word),
            None => words.push(word),
        }
        words
    })
}

/// `lesson 3`, `5 s`.
fn belong_together(before: &[Span], word: &[Span]) -> bool {
    let (Some(before), Some(word)) = (before.last(), word.first()) else { return false };
    let is_number = |text: &str| text.starts_with(|letter: char| letter.is_ascii_digit());
    let is_unit = |text: &str| ["s", "ms", "µs"].contains(&text.trim_end_matches(['.', ',', ':', ';', ')', '?']));
    (before.text.eq_ignore_ascii_case("lesson") && is_number(&word.text))
        || (is_number(&before.text) && is_unit(&word.text))
}

/// A word behind a line, and a blank; two spans of one look become one.
fn append(line: &mut Vec<Span>, word: Vec<Span>) {
    let mut word = word.into_iter();
    let Some(first) = word.next() else { return };
    match line.last_mut() {
        Some(last) if last.looks(&first) => last.text += &format!(" {}", first.text),
        _ => {
            line.push(Span { text: " ".into(), bold: false, italic: false, code: false });
            line.push(first);
        }
    }
    line.extend(word);
}

fn skin(style: Style) -> MadSkin {
    let mut skin = MadSkin::no_style();
    if style.color {
        skin.bold.add_attr(Attribute::Bold);
        skin.italic.add_attr(Attribute::Italic);
        skin.inline_code.set_fg(Color::DarkCyan); // as `Style::name`
    }
    skin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_laid_out() {
        let table = [
            ("one\ntwo", "one two\n"),
            ("one\n\ntwo\n", "one\n\ntwo\n"),
            ("- one\n  two\n- three", "• one two\n• three\n"),
            ("9. one\n10. two", "9. one\n10. two\n"),
            ("> said\nso", "> said so\n"),
            ("### Why\n\nSo.", "Why\n\nSo.\n"),
            ("a **bold** *pen*.", "a bold pen.\n"),
            ("say `lesson w`, now", "say `lesson w`, now\n"),
            ("see [lesson 3](03-x.md).", "see lesson 3.\n"),
            (
                "see [Who](03-x.md#a), [it](https://x.y/), [here](a.txt)",
                "see Who (lesson 3),\nit (https://x.y/),\nhere\n",
            ),
            ("a [bracket] (and one more)", "a [bracket] (and one\nmore)\n"),
            ("`2 * 3`", "`2 * 3`\n"),
            ("this is a page of lesson 3.", "this is a page of\nlesson 3.\n"),
            ("this is what it took: 12 s", "this is what it\ntook: 12 s\n"),
            ("2 * 3\n\u{1b}[2J", "2 * 3 \\u{1b}[2J\n"),
            ("twenty columns here, `a b`.", "twenty columns here,\n`a b`.\n"),
            ("twenty columns heree `a`.", "twenty columns heree\n`a`.\n"),
            ("- twenty columns here and", "• twenty columns here\n  and\n"),
            ("| a | b |\n|---|---|\n| `c` | d |", "a    b\n───  ─\n`c`  d\n"),
            ("| a \\| b | *c* |\n|:---|---:|\n| d |", "a | b  c\n─────  ─\nd\n"),
            // Its words stay whole, as all others do.
            (
                "| **word** | means |\n|---|---|\n| SHARED | many read |",
                "word    means\n──────  ─────────\nSHARED  many read\n",
            ),
            (
                "| word | means |\n|---|---|\n| `A B` | many may read here |",
                "word   means\n─────  ─────────────\n`A B`  many may read\n       here\n",
            ),
            (
                "| word | means |\n|---|---|\n| PENDING | many more may read |",
                "PENDING\n  means: many more\n    may read\n",
            ),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(markdown(text, Style { color: false, width: 20 }), expected, "{text:?}");
        }
    }

    #[test]
    fn colours_are_attributes_of_spans() {
        termimad::crossterm::style::force_color_output(true);
        let style = Style { color: true, width: 20 };
        let table = [
            ("a **bold word**.", "a \u{1b}[1mbold word\u{1b}[0m.\n"),
            ("*pen*", "\u{1b}[3mpen\u{1b}[0m\n"),
            ("`code here`!", "\u{1b}[38;5;6mcode here\u{1b}[39m!\n"),
            ("**over the end of a line**", "\u{1b}[1mover the end of a\u{1b}[0m\n\u{1b}[1mline\u{1b}[0m\n"),
        ];
        for (text, expected) in table {
            assert_eq!(markdown(text, style), expected, "{text:?}");
        }
    }
}
