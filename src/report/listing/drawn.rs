//! What is drawn, or stands in columns, and is wider than its window.
//!
//! Lanes are drawn anew in the columns that there are, and a table is laid out anew. Anything else is cut.

use super::super::lanes::{is_mark, is_sign};
use super::super::paint::Style;
use super::super::table::{Cells, table};
use super::super::words::{cut, width};
use super::{depth, is_command};

/// A drawing that fits.
#[derive(Debug)]
pub(super) struct Narrowed {
    pub(super) lines: Vec<String>,
    /// So many lines it took before.
    pub(super) taken: usize,
    /// Whether it shows less than before.
    pub(super) is_less: bool,
}

/// Lanes, arrows and the lines of a table: box drawings, blocks and shapes (Unicode 17, 2500 to 25FF). A legend is made
/// of words.
pub(super) fn is_drawn(line: &str) -> bool {
    line.chars().any(|letter| ('\u{2500}'..='\u{25ff}').contains(&letter)) && !is_legend(line)
}

/// `█ holds, · waits`.
pub(super) fn is_legend(line: &str) -> bool {
    let mut letters = line.trim_start().chars();
    let (sign, blank, word) = (letters.next(), letters.next(), letters.next());
    sign.is_some_and(is_sign) && blank == Some(' ') && word.is_some_and(char::is_alphabetic)
}

/// The drawing with which the lines begin, as wide as the page; `None` if there is none, or it fits as it is.
pub(super) fn narrowed(lines: &[&str], style: Style) -> Option<Narrowed> {
    let drawing = lanes(lines, style.width).or_else(|| rows(lines, style));
    let line = lines.first().filter(|line| is_drawn(line) && width(line) > style.width);
    drawing.or_else(|| Some(Narrowed { lines: vec![cut(line?, style.width)], taken: 1, is_less: true }))
}

/// Lanes below their scale, which begins where they do.
fn lanes(lines: &[&str], columns: usize) -> Option<Narrowed> {
    let (scale, below) = lines.split_first()?;
    let start = depth(scale);
    let (from, to) = scale[start..].split_once("   ")?;
    let to = to.trim_start();
    let is_moment = |text: &str| text.starts_with(|letter: char| letter.is_ascii_digit()) && !text.contains("  ");
    let is_lane = |line: &&&str| {
        let name: String = line.chars().take(start).collect();
        let mut signs = line.chars().skip(start).filter(|sign| *sign != ' ').peekable();
        name.ends_with(' ') && !name.starts_with(' ') && signs.peek().is_some() && signs.all(is_sign)
    };
    let count = below.iter().take_while(is_lane).count();
    let (old, new) = (width(scale).saturating_sub(start), columns.saturating_sub(start));
    let is_scale = is_moment(from) && is_moment(to) && count > 0;
    if !is_scale || width(scale) <= columns || new < width(from) + 3 + width(to) {
        return None;
    }
    let blank = new - width(from) - width(to);
    let mut drawn = vec![format!("{}{from}{:blank$}{to}", &scale[..start], "")];
    drawn.extend(below[..count].iter().map(|line| lane(line, start, old, new)));
    Some(Narrowed { lines: drawn, taken: 1 + count, is_less: true })
}

/// Each of the new columns is one of the old ones, the same in every lane: what was never at the same time is not drawn
/// so. A mark takes no time: it stays.
fn lane(line: &str, start: usize, old: usize, new: usize) -> String {
    let letters: Vec<char> = line.chars().collect();
    let (name, signs) = letters.split_at(start.min(letters.len()));
    let sign = |at: usize| {
        let (from, to) = (at * old / new, ((at + 1) * old / new).min(signs.len()));
        let mark = signs.get(from..to).and_then(|signs| signs.iter().find(|sign| is_mark(**sign)));
        mark.or_else(|| signs.get((2 * at + 1) * old / (2 * new))).copied().unwrap_or(' ')
    };
    let text: String = name.iter().copied().chain((0..new).map(sign)).collect();
    text.trim_end().to_owned()
}

/// A table with the line below its head, which tells where the columns are.
fn rows(lines: &[&str], style: Style) -> Option<Narrowed> {
    let (head, ruler) = (lines.first()?, lines.get(1)?);
    let starts = columns(ruler)?;
    let is_row = |line: &&&str| !line.is_empty() && **line != "..." && !is_command(line);
    let count = lines[2..].iter().take_while(is_row).count();
    let taken = 2 + count;
    if lines[..taken].iter().all(|line| width(line) <= style.width) {
        return None;
    }
    let heads = cells(head, &starts);
    let heads: Vec<&str> = heads.iter().map(|head| head.trim()).collect();
    let rows: Vec<Vec<String>> = lines[2..taken].iter().map(|line| cells(line, &starts)).collect();
    // Numbers stand to the right.
    let is_right = rows.iter().flat_map(|row| &row[1..]).any(|cell| cell.starts_with(' ') && !cell.trim().is_empty());
    let kind = if is_right { Cells::Numbers } else { Cells::Words };
    let trimmed = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(|cell| cell.trim().to_owned()).collect();
        if cells[1..].iter().all(String::is_empty) { cells[..1].to_vec() } else { cells }
    };
    let rows: Vec<Vec<String>> = rows.iter().map(trimmed).collect();
    let lines = table(&heads, &rows, kind, style).lines().map(str::to_owned).collect();
    Some(Narrowed { lines, taken, is_less: false })
}

/// Where the columns of a table begin; `None` if that is not the line below its head.
fn columns(ruler: &str) -> Option<Vec<usize>> {
    let letters: Vec<char> = ruler.chars().collect();
    let begins = |at: usize| letters[at] == '─' && (at == 0 || letters[at - 1] == ' ');
    let starts: Vec<usize> = (0..letters.len()).filter(|&at| begins(at)).collect();
    (starts.len() > 1 && letters.iter().all(|letter| ['─', ' '].contains(letter))).then_some(starts)
}

/// The letters of a line from each column to the next.
fn cells(line: &str, starts: &[usize]) -> Vec<String> {
    let ends = starts[1..].iter().copied().chain([usize::MAX]);
    starts.iter().zip(ends).map(|(&from, to)| line.chars().skip(from).take(to - from).collect()).collect()
}
