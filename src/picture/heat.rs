//! The page of a sweep: the heat map as a table of numbers, and what real runs said.

use maud::{Markup, html};

use super::frame::{Page, json};
use crate::report::sweep::{CHECK_HEADS, SIGNS, Swept, UNKNOWN, check_row, check_summary, number, shown, sign};
use crate::sweep::{Cell, Check};

/// The shade of a cell that can't be simulated.
const NO_SHADE: &str = "none";

/// A sweep as a page that opens from disk. Elements for scripts and tests: `#heat` is the grid, each of its cells has
/// `data-row`, `data-column`, `data-shade` (0 to 4, or `none`), `data-words` and, if it was run for real, `data-check`
/// (`agrees` or `deviates`); `#told` says the cell in words that has the focus or is pointed at; `#checks` is the table
/// of real runs.
pub fn heat(swept: &Swept) -> String {
    let title = swept.title();
    let body = html! {
        p { (swept.method()) }
        (grid(swept))
        output #told aria-live="polite" { (swept.summary()) }
        p.faint.controls {
            "Point at a cell, or go there with " kbd { "Tab" } " and the arrow keys: it is told in words above."
        }
        (checks(swept))
    };
    let (style, script) = (include_str!("heat.css"), include_str!("heat.js"));
    Page { title: &title, style, body, data: json(&()), script }.file()
}

fn grid(swept: &Swept) -> Markup {
    let (rows, columns) = (swept.sweep.rows(), swept.sweep.columns());
    let (_, count) = swept.sweep.size();
    html! {
        figure {
            div.scroll {
                table #heat role="grid" aria-label=(format!("{}, by {}", swept.title(), by(swept))) {
                    thead {
                        @if let Some(columns) = columns {
                            tr { td {} th.across scope="colgroup" colspan=(count) { (columns.setting) } }
                        }
                        tr {
                            th.corner scope="col" { (rows.setting) }
                            @match columns {
                                Some(columns) => @for &value in &columns.values { th scope="col" { (shown(value)) } }
                                None => th scope="col" { "lost" }
                            }
                        }
                    }
                    tbody {
                        @for (&value, cells) in rows.values.iter().zip(swept.cells.chunks(count)) {
                            tr { th scope="row" { (shown(value)) } @for cell in cells { (square(swept, cell)) } }
                        }
                    }
                }
            }
            figcaption { (legend(swept)) }
        }
    }
}

fn by(swept: &Swept) -> String {
    let columns = swept.sweep.columns().map_or_else(String::new, |columns| format!(" and {}", columns.setting));
    format!("{}{columns}", swept.sweep.rows().setting)
}

fn square(swept: &Swept, cell: &Cell) -> Markup {
    let words = swept.words(cell);
    let shade = cell.found.as_ref().map_or_else(|_| NO_SHADE.to_owned(), |found| found.shade().to_string());
    let check = swept.checks.iter().find(|check| (check.row, check.column) == (cell.row, cell.column));
    let check = check.map(|check| if check.agrees() { "agrees" } else { "deviates" });
    // Without the script every cell can be reached by the Tab key, and still has its words as a title.
    html! {
        td tabindex="0" title=(words) aria-label=(words) data-words=(words) data-row=(cell.row)
            data-column=(cell.column) data-shade=(shade) data-check=[check] {
            span.number { (number(cell)) }
            @if let Ok(found) = &cell.found { span.all { " of " (found.expected) } }
            " "
            span.sign aria-hidden="true" { (sign(cell)) }
            @if !swept.checks.is_empty() {
                // The same room in every cell: the numbers stand below each other.
                span.check aria-hidden="true" {
                    @match check { Some("agrees") => "✓", Some(_) => "✗", None => "" }
                }
            }
        }
    }
}

/// What the shades mean; only those that occur.
fn legend(swept: &Swept) -> Markup {
    let all = SIGNS.into_iter().zip(["0", "1", "2", "3", "4"]);
    let all = all.chain([((UNKNOWN, "can't be simulated"), NO_SHADE)]);
    let drawn = all.filter(|((known, _), _)| swept.cells.iter().any(|cell| sign(cell) == *known));
    let real = |agrees: bool| swept.checks.iter().any(|check| check.agrees() == agrees);
    html! {
        "Records lost in each cell: "
        @for ((sign, words), shade) in drawn {
            span.key { span.swatch data-shade=(shade) aria-hidden="true" { (sign) } " " (words) } " "
        }
        @if real(true) { span.key { "✓ a real run agrees" } " " }
        @if real(false) { span.key { "✗ a real run deviates" } }
    }
}

fn checks(swept: &Swept) -> Markup {
    let axes = [Some(swept.sweep.rows()), swept.sweep.columns()];
    let row = |check: &Check| {
        html! { tr { @for cell in check_row(swept.sweep, check) { td { (cell) } } } }
    };
    html! {
        @if !swept.checks.is_empty() {
            h2 { "Beside it: the same with real processes" }
            div.scroll role="region" tabindex="0" aria-label="Real runs" {
                table #checks {
                    thead {
                        tr {
                            @for axis in axes.into_iter().flatten() { th scope="col" { (axis.setting) } }
                            @for head in CHECK_HEADS { th scope="col" { (head) } }
                        }
                    }
                    tbody { @for check in swept.checks { (row(check)) } }
                }
            }
            p #verdict class=(if swept.agrees() { "good" } else { "bad" }) { (check_summary(swept)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::is_first_line;
    use crate::scenario::builtin::named;
    use crate::sweep::{Axis, Setting, Subject, Sweep, Value};

    /// The page of a sweep of the exercise with this title, and how often each text stands in it.
    fn check(title: &str, processes: &[u32], lost: Option<u64>, counts: &[(&str, usize)]) {
        let mut scenario = named("locked", None).expect("built in");
        scenario.title = title.into();
        let built_in = (title == "built in").then(|| String::from("locked"));
        let times = [0, 5, 20].map(|s| Value::Time(std::time::Duration::from_secs(s)));
        let mut axes = vec![Axis { setting: Setting::BusyTimeout, values: times.into() }];
        let values: Vec<Value> = processes.iter().copied().map(Value::Count).collect();
        axes.extend(Some(Axis { setting: Setting::Processes, values }).filter(|axis| !axis.values.is_empty()));
        let sweep = Sweep::new(Subject { built_in, scenario }, axes, 1, 2).expect("it fits");
        let cells: Vec<Cell> = sweep.places().map(|(row, column)| sweep.cell(row, column)).collect();
        let real = |lost| {
            let simulated = *cells[1].found.as_ref().expect("it was simulated");
            Check { row: cells[1].row, column: cells[1].column, simulated, lost, took_us: 1_234_567 }
        };
        let checks: Vec<Check> = lost.map(real).into_iter().collect();
        let page = heat(&Swept { sweep: &sweep, cells: &cells, checks: &checks });
        assert!(page.lines().next().is_some_and(is_first_line));
        for (text, count) in counts {
            assert_eq!(page.matches(text).count(), *count, "{text} in {page}");
        }
    }

    #[test]
    fn every_cell_has_a_number_a_sign_and_words() {
        let cells = [
            ("<td tabindex=\"0\"", 3),
            ("<span class=\"number\">4</span><span class=\"all\"> of 6</span> <span class=\"sign\"", 1),
            ("title=\"busy-timeout 5 s: 2 of 6 records lost\"", 1),
            ("data-shade=\"0\"", 3), // and in the legend, and in the style
            ("id=\"checks\"", 0),
        ];
        check("a title", &[], None, &cells);
        check("a title", &[], Some(2), &[("data-check=\"agrees\"", 1), ("1.23 s", 1), ("class=\"good\"", 1)]);
        let deviates = [("data-check=\"deviates\"", 1), ("really run: 3 lost, deviates", 3), ("class=\"bad\"", 1)];
        check("a title", &[], Some(3), &deviates);
        let unknown =
            [("<td tabindex=\"0\"", 6), ("data-shade=\"none\"", 5), (">?</span>", 4), ("3 cells can&#39;t", 0)];
        check("built in", &[3, 10_000], None, &unknown);
    }

    #[test]
    fn a_hostile_title_stays_text() {
        for title in ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\u{202e}\"'&"] {
            check(title, &[], None, &[(title, 0), ("<script", 2), ("<img", 0), ("\u{202e}", 0)]);
        }
        check(&"x".repeat(10_000), &[], None, &[(&"x".repeat(300), 0)]);
    }
}
