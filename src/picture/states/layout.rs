//! Where each state is drawn: a column for each number of moves from the start, and in it the states in an order in
//! which few arrows cross.

use crate::explore::Map;

/// Pixels from column to column.
pub(super) const COLUMN: f64 = 150.0;

/// Pixels from row to row.
pub(super) const ROW: f64 = 64.0;

/// How often the columns are put in order, from the left and from the right.
const PASSES: usize = 6;

/// Where the states are, as the middle of each in pixels, and how much room they take.
pub(super) struct Layout {
    pub(super) places: Vec<(f64, f64)>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Layout {
    pub(super) fn of(map: &Map) -> Self {
        let depth = |number: usize| map.states[number].depth as usize;
        let mut columns: Vec<Vec<usize>> = Vec::new();
        for number in 0..map.states.len() {
            columns.resize(columns.len().max(depth(number) + 1), Vec::new());
            columns[depth(number)].push(number);
        }
        let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); map.states.len()];
        for (from, node) in map.states.iter().enumerate() {
            for arc in &node.moves {
                neighbours[from].push(arc.to);
                neighbours[arc.to].push(from);
            }
        }
        let mut rows = vec![0.0; map.states.len()];
        set_rows(&columns, &mut rows);
        for pass in 0..PASSES {
            let to_the_right = pass % 2 == 0;
            let order: Vec<usize> = match to_the_right {
                true => (0..columns.len()).collect(),
                false => (0..columns.len()).rev().collect(),
            };
            for at in order {
                let is_beside = |other: usize| if to_the_right { depth(other) < at } else { depth(other) > at };
                let middle = |number: usize| {
                    let beside: Vec<f64> = neighbours[number]
                        .iter()
                        .filter(|other| is_beside(**other))
                        .map(|other| rows[*other])
                        .collect();
                    if beside.is_empty() { rows[number] } else { beside.iter().sum::<f64>() / beside.len() as f64 }
                };
                let mut keyed: Vec<(f64, usize)> = columns[at].iter().map(|&number| (middle(number), number)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                columns[at] = keyed.into_iter().map(|(_, number)| number).collect();
                set_rows(&columns[at..=at], &mut rows);
            }
        }
        let tallest = columns.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let place = |number: usize| ((depth(number) as f64 + 0.5) * COLUMN, rows[number] + tallest * ROW / 2.0);
        Self {
            places: (0..map.states.len()).map(place).collect(),
            width: columns.len() as f64 * COLUMN,
            height: tallest * ROW,
        }
    }
}

/// The states of a column one under the other, with 0 in the middle.
fn set_rows(columns: &[Vec<usize>], rows: &mut [f64]) {
    for column in columns {
        let half = (column.len() as f64 - 1.0) / 2.0;
        column.iter().enumerate().for_each(|(index, &number)| rows[number] = (index as f64 - half) * ROW);
    }
}
