//! The tables of a page: the figures of all runs; of one run, its locks and its longest waits.

use maud::{Markup, html};

use super::super::reel::{Reel, name_of};
use crate::analysis::{Figures, Held, Waited};
use crate::report::{KEY, cells, clean, cut, heads, span};
use crate::scenario::Scenario;
use crate::trace::{Recording, Trace};

/// Rows of the table of figures.
const MOST_RUNS: usize = 200;

/// Rows of the others.
const MOST_ROWS: usize = 10;

/// What was counted in each run: the cells of the report.
pub(super) fn runs(recording: &Recording) -> Markup {
    let runs = &recording.runs[..recording.runs.len().min(MOST_RUNS)];
    let row = |run: &Trace| cells(&cut(&run.label, 60), run, &Figures::of(run));
    let rows: Vec<Vec<String>> = runs.iter().map(row).collect();
    let more = recording.runs.len() - runs.len();
    html! {
        h2 { "Figures" }
        (table(&heads("run", "stored or finished"), &rows))
        p class="faint" { (KEY) }
        @if more > 0 { p class="faint" { (more) " more runs are left out; --json has them all." } }
    }
}

/// The locks of a run by how long was waited for them.
pub(super) fn locks(reel: &Reel) -> Markup {
    let scenario = &reel.trace.scenario;
    let mut sums = vec![Sum::default(); reel.film.locks.len()];
    reel.film.holds.iter().for_each(|hold| sums[hold.lock].hold(hold));
    reel.film.waits.iter().for_each(|wait| sums[wait.lock].wait(wait));
    let mut order: Vec<usize> = (0..sums.len()).collect();
    order.sort_by_key(|&lock| std::cmp::Reverse((sums[lock].waited_us, sums[lock].holds)));
    let more = order.len().saturating_sub(MOST_ROWS);
    let row = |&lock: &usize| sums[lock].cells(&reel.film.locks[lock], scenario);
    let rows: Vec<Vec<String>> = order.iter().take(MOST_ROWS).map(row).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "The locks" }
            (table(&["lock", "held", "longest held", "by", "waited for", "waited in all", "longest waited"], &rows))
            @if more > 0 { p class="faint" { (more) " more locks, for which less was waited, are left out." } }
        }
    }
}

/// Holds and waits of one lock.
#[derive(Clone, Default)]
struct Sum {
    holds: u64,
    longest_hold: Option<(u64, usize)>,
    waits: u64,
    waited_us: u64,
    longest_wait_us: u64,
}

impl Sum {
    fn hold(&mut self, hold: &Held) {
        self.holds += 1;
        let us = hold.to_us - hold.from_us;
        if self.longest_hold.is_none_or(|(longest, _)| us > longest) {
            self.longest_hold = Some((us, hold.who));
        }
    }

    fn wait(&mut self, wait: &Waited) {
        let us = wait.to_us - wait.from_us;
        self.waits += 1;
        self.waited_us += us;
        self.longest_wait_us = self.longest_wait_us.max(us);
    }

    fn cells(&self, lock: &str, scenario: &Scenario) -> Vec<String> {
        let (longest, by) = match self.longest_hold {
            Some((us, who)) => (span(us), name_of(scenario, who)),
            None => ("-".into(), "-".into()),
        };
        let times = |count: u64| if count == 0 { "-".to_owned() } else { format!("{count} x") };
        let time = |us: u64| if self.waits == 0 { "-".to_owned() } else { span(us) };
        let (waited, most) = (time(self.waited_us), time(self.longest_wait_us));
        vec![cut(&clean(lock), 40), times(self.holds), longest, by, times(self.waits), waited, most]
    }
}

/// The longest waits of a run.
pub(super) fn waits(reel: &Reel) -> Markup {
    let scenario = &reel.trace.scenario;
    let mut waits: Vec<&Waited> = reel.film.waits.iter().collect();
    waits.sort_by_key(|wait| std::cmp::Reverse(wait.to_us - wait.from_us));
    let row = |wait: &&Waited| {
        let holder = wait.holder.map_or_else(|| "not yet told".into(), |who| name_of(scenario, who));
        let lock = cut(&clean(&reel.film.locks[wait.lock]), 40);
        vec![name_of(scenario, wait.who), lock, holder, reel.moment(wait.from_us), span(wait.to_us - wait.from_us)]
    };
    let rows: Vec<Vec<String>> = waits.iter().take(MOST_ROWS).map(row).collect();
    html! {
        @if !rows.is_empty() {
            h3 { "The longest waits" }
            (table(&["who", "for", "held at first by", "from", "time"], &rows))
            @if waits.len() > rows.len() { p class="faint" { (rows.len()) " of " (waits.len()) " waits." } }
        }
    }
}

fn table(heads: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        div class="scroll" {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { bdi { (cell) } } } @else { td { bdi { (cell) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
