//! The one renderer of tables.
//!
//! Where the page is too narrow for a table, its words go on below in their columns; where that is not enough, each row
//! becomes a block. No word is broken.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::paint::Style;
use super::words::{GLUE, broken, cut, width};

/// Blanks between two columns.
const GAP: usize = 2;

/// A column of words that is cut keeps at least this much. A cell of a block that is no wider shares its line.
const LEAST: usize = 24;

/// A column of words is made no narrower than this, for one word below the other is no text.
const NARROWEST: usize = 12;

/// No line under a head is longer.
const RULER: usize = 80;

/// What stands in the columns behind the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// Words: they stand to the left, and go on below.
    Words,
    /// The same, but each row is one line: the last column is cut where the page is narrow.
    Lines,
    /// Numbers: they stand to the right.
    Numbers,
}

/// A table with a line under its head; where the page is too narrow for that, a block for each row: its first cell, and
/// below it `head: cell` of the others. A row of one cell stands above a group.
pub fn table(heads: &[&str], rows: &[Vec<String>], cells: Cells, style: Style) -> String {
    if let Some(columns) = columns(heads, rows, cells, style.width) {
        return drawn(heads, rows, &columns, cells, style);
    }
    let named = |row: &Vec<String>| -> Vec<String> {
        let cells = heads.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
        cells.map(|(head, cell)| format!("{head}: {cell}")).collect()
    };
    // What is short shares lines; if something is long, each cell of the table has lines of its own.
    let is_short = rows.iter().flat_map(named).all(|cell| width(&cell) <= LEAST);
    let mut text = String::new();
    for row in rows {
        let cells = named(row);
        text += &match row.first() {
            Some(name) if row.len() == 1 && heads.len() > 1 => {
                format!("{}{}\n", if text.is_empty() { "" } else { "\n" }, style.heading(name))
            }
            Some(name) => broken(name, style.width).iter().map(|line| style.name(line) + "\n").collect(),
            None => String::new(),
        };
        text += &match is_short {
            true => {
                let whole: Vec<String> = cells.iter().map(|cell| cell.replace(' ', &GLUE.to_string())).collect();
                style.wrap(&whole.join(", "), "  ")
            }
            false => cells.iter().map(|cell| hung(cell, style)).collect(),
        };
    }
    text
}

/// A cell with lines of its own.
fn hung(cell: &str, style: Style) -> String {
    let lines = broken(cell, style.width.saturating_sub(4)).into_iter().enumerate();
    lines.map(|(at, line)| format!("{}{line}\n", if at == 0 { "  " } else { "    " })).collect()
}

/// How wide each column is to be; `None` if there is no room for that.
fn columns(heads: &[&str], rows: &[Vec<String>], cells: Cells, page: usize) -> Option<Vec<usize>> {
    let most = |column: usize, of: fn(&str) -> usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| of(cell));
        cells.chain([of(heads[column])]).max().unwrap_or(0)
    };
    let last = heads.len().checked_sub(1)?;
    let room = page.saturating_sub(GAP * last);
    let mut columns: Vec<usize> = (0..=last).map(|column| most(column, width)).collect();
    let needed: usize = columns.iter().sum();
    if needed <= room {
        return Some(columns);
    }
    match cells {
        Cells::Numbers => return None,
        Cells::Lines => columns[last] = Some(room.saturating_sub(needed - columns[last])).filter(|&it| it >= LEAST)?,
        Cells::Words => {
            let least: Vec<usize> =
                (0..=last).map(|column| most(column, longest_word).max(columns[column].min(NARROWEST))).collect();
            // The widest one gives way.
            for _ in room..needed {
                let widest = (0..=last).filter(|&at| columns[at] > least[at]).max_by_key(|&at| columns[at])?;
                columns[widest] -= 1;
            }
        }
    }
    Some(columns)
}

fn longest_word(text: &str) -> usize {
    text.split(' ').map(width).max().unwrap_or(0)
}

fn drawn(heads: &[&str], rows: &[Vec<String>], columns: &[usize], cells: Cells, style: Style) -> String {
    let shown = |(cell, &room): (&str, &usize)| match cells {
        Cells::Words => broken(cell, room).join("\n"),
        _ => cut(cell, room).replace(GLUE, " "),
    };
    let heads: Vec<String> = heads.iter().copied().zip(columns).map(shown).collect();
    let high = heads.iter().map(|head| head.lines().count()).max().unwrap_or(0);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads);
    table.add_row(columns.iter().map(|&wide| "─".repeat(wide.min(RULER))).collect::<Vec<_>>());
    let row = |row: &Vec<String>| row.iter().map(String::as_str).zip(columns).map(shown).collect::<Vec<_>>();
    table.add_rows(rows.iter().map(row));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, GAP as u16));
        let is_right = cells == Cells::Numbers && index > 0;
        column.set_cell_alignment(if is_right { CellAlignment::Right } else { CellAlignment::Left });
    }
    let line = |(at, line): (usize, &str)| match line.trim_end() {
        head if at < high => style.heading(head) + "\n",
        line => format!("{line}\n"),
    };
    table.lines().enumerate().map(|(at, text)| line((at, &text))).collect()
}

#[cfg(test)]
mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;

    /// A table of these heads and rows at 50 columns and at 30.
    fn check(heads: &[&str], rows: &[&[&str]], cells: Cells, expected: [snapbox::data::Inline; 2]) {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect();
        for (width, expected) in [50, 30].into_iter().zip(expected) {
            let text = table(heads, &rows, cells, Style { color: false, width });
            assert!(text.lines().all(|line| super::width(line) <= width), "{text}");
            assert_data_eq!(text, expected);
        }
    }

    #[test]
    fn words_go_on_below_in_their_column() {
        let wide = str![[r#"
state      who          what it may do
─────────  ───────────  ──────────────────────────
SHARED     a reader     read, as any number of
                        others do
EXCLUSIVE  one process  write

"#]];
        let narrow = str![[r#"
SHARED
  who: a reader
  what it may do: read, as
    any number of others do
EXCLUSIVE
  who: one process
  what it may do: write

"#]];
        let heads = ["state", "who", "what it may do"];
        let rows: [&[&str]; 2] =
            [&["SHARED", "a reader", "read, as any number of others do"], &["EXCLUSIVE", "one process", "write"]];
        check(&heads, &rows, Cells::Words, [wide, narrow]);
    }

    #[test]
    fn a_row_that_is_to_be_one_line_is_cut() {
        let wide = str![[r#"
pid   state  command
────  ─────  ─────────────────────────────────────
1234  holds  python3 import.py --database shop.db…

"#]];
        let narrow = str![[r#"
1234
  state: holds
  command: python3 import.py
    --database shop.db --quick

"#]];
        let rows: [&[&str]; 1] = [&["1234", "holds", "python3 import.py --database shop.db --quick"]];
        check(&["pid", "state", "command"], &rows, Cells::Lines, [wide, narrow]);
    }

    #[test]
    fn numbers_become_blocks_and_groups_stand_above() {
        let wide = str![[r#"
writers:
none
  timeout: 0 s, stored: 2 of 6, refused: 4,
  needed: 100%

readers:
wal
  timeout: 600 ms, stored: 6 of 6, refused: 0,
  needed: -

"#]];
        let narrow = str![[r#"
writers:
none
  timeout: 0 s,
  stored: 2 of 6, refused: 4,
  needed: 100%

readers:
wal
  timeout: 600 ms,
  stored: 6 of 6, refused: 0,
  needed: -

"#]];
        let heads = ["fix that is tried", "timeout", "stored", "refused", "needed"];
        let rows: [&[&str]; 4] = [
            &["writers:"],
            &["none", "0 s", "2 of 6", "4", "100%"],
            &["readers:"],
            &["wal", "600 ms", "6 of 6", "0", "-"],
        ];
        check(&heads, &rows, Cells::Numbers, [wide, narrow]);
    }
}
