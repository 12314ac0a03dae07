//! Which cells are run for real, and whether they do what was simulated.

use std::time::Duration;

use super::{Cell, Found, Sweep};
use crate::model::Random;

/// What takes longer than this is not run for real.
pub const LONGEST_CHECK: Duration = Duration::from_secs(120);

/// What is over so soon, in microseconds, the machine's scheduler decides: there a real run may come out otherwise.
const TOO_QUICK_US: u64 = 50_000;

/// A cell that was run with real processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its row, from 0.
    pub row: usize,
    /// Its column, from 0.
    pub column: usize,
    /// What was simulated.
    pub simulated: Found,
    /// Records that were really lost.
    pub lost: u64,
    /// How long it really took, in microseconds.
    pub took_us: u64,
}

impl Check {
    /// Whether reality lost as many as some simulation did.
    pub fn agrees(&self) -> bool {
        (self.simulated.least..=self.simulated.most).contains(&self.lost)
    }
}

/// The indices of so many cells, in their order; fewer, where there are not as many that take at most
/// [`LONGEST_CHECK`]. First come those in which luck does not decide, neither a seed's nor the machine's, for there a
/// real run can prove the simulator wrong; among them those beside which a record more is lost, or none any more; then
/// those that take the least time. The seed picks among a few more than are asked for.
pub fn choose(sweep: &Sweep, cells: &[Cell], count: usize) -> Vec<usize> {
    let rank = |index: usize| {
        let found = cells.get(index)?.found.as_ref().ok()?;
        if u128::from(found.took_us) > LONGEST_CHECK.as_micros() {
            return None;
        }
        let luck = !found.is_certain() || found.took_us < TOO_QUICK_US;
        Some((luck, !is_border(sweep, cells, index), found.took_us, index))
    };
    let mut ranked: Vec<_> = (0..cells.len()).filter_map(rank).collect();
    ranked.sort_unstable();
    let mut pool: Vec<usize> = ranked.into_iter().map(|(.., index)| index).take(count.saturating_add(2)).collect();
    let mut random = Random::new(sweep.seed(), 0);
    while pool.len() > count {
        pool.remove(random.below(pool.len() as u64) as usize);
    }
    pool.sort_unstable();
    pool
}

/// Whether it loses records and a neighbour does not, or the other way round.
fn is_border(sweep: &Sweep, cells: &[Cell], index: usize) -> bool {
    let (rows, columns) = sweep.size();
    let (row, column) = (index / columns, index % columns);
    let loses = |row: usize, column: usize| {
        let found = cells.get(row * columns + column).and_then(|cell| cell.found.as_ref().ok());
        found.map(|found| found.sum > 0)
    };
    let beside = [
        (row > 0).then(|| loses(row.wrapping_sub(1), column)),
        (row + 1 < rows).then(|| loses(row + 1, column)),
        (column > 0).then(|| loses(row, column.wrapping_sub(1))),
        (column + 1 < columns).then(|| loses(row, column + 1)),
    ];
    let here = loses(row, column);
    beside.into_iter().flatten().any(|there| there.is_some() && there != here)
}
