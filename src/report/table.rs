//! The one renderer of tables.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::paint::Style;
use super::words::{GLUE, cut, width};

/// Blanks between two columns.
const GAP: usize = 2;

/// A column of words that is cut keeps at least this much.
const LEAST: usize = 24;

/// No line under a head is longer.
const RULER: usize = 80;

/// What stands in the columns behind the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// Words: they stand to the left.
    Words,
    /// Numbers: they stand to the right.
    Numbers,
}

/// A table with a line under its head. Where the page is too narrow for the columns, each
/// row becomes a block of `head: cell` lines.
pub fn table(heads: &[&str], rows: &[Vec<String>], cells: Cells, style: Style) -> String {
    let numbers = cells == Cells::Numbers;
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
        cells.chain([width(heads[column])]).max().unwrap_or(0)
    };
    let needed: usize = (0..heads.len()).map(|column| widest(column) + GAP).sum::<usize>() - GAP;
    let last = heads.len() - 1;
    let room = style.width.saturating_sub(needed - widest(last));
    if needed > style.width && !numbers && room >= LEAST {
        // The last column of words may be cut.
        let cut_last = |row: &Vec<String>| {
            row.iter().enumerate().map(|(i, cell)| if i == last { cut(cell, room) } else { cell.clone() }).collect()
        };
        let rows: Vec<Vec<String>> = rows.iter().map(cut_last).collect();
        return table(heads, &rows, cells, style);
    }
    if needed > style.width {
        return rows.iter().map(|row| block(heads, row, style)).collect();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads.to_vec());
    table.add_row((0..heads.len()).map(|column| "─".repeat(widest(column).min(RULER))).collect::<Vec<_>>());
    let shown = |row: &Vec<String>| row.iter().map(|cell| cell.replace(GLUE, " ")).collect::<Vec<_>>();
    table.add_rows(rows.iter().map(shown));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, GAP as u16));
        column.set_cell_alignment(if numbers && index > 0 { CellAlignment::Right } else { CellAlignment::Left });
    }
    let mut lines = table.lines();
    let head = lines.next().map(|line| style.heading(line.trim_end()) + "\n").unwrap_or_default();
    head + &lines.map(|line| format!("{}\n", line.trim_end())).collect::<String>()
}

fn block(heads: &[&str], row: &[String], style: Style) -> String {
    let mut cells = heads.iter().zip(row);
    let first = cells.next().map_or_else(String::new, |(_, name)| format!("{}\n", style.name(name)));
    // What is short stays on one line.
    let cell = |head: &str, cell: &str| {
        let text = format!("{head}: {cell},");
        if width(&text) <= LEAST { text.replace(' ', &GLUE.to_string()) } else { text }
    };
    let rest: Vec<String> = cells.map(|(head, text)| cell(head, text)).collect();
    first + style.wrap(rest.join(" ").trim_end_matches(','), "  ").as_str()
}
