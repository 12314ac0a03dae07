//! The class for a spreadsheet: comma-separated values as RFC 4180 has them.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and may carry it out; what comes
//! from a learner gets an apostrophe in front then (<https://owasp.org/www-community/attacks/CSV_Injection>).

use super::Class;
use crate::course::Review;
use crate::report::clean;

/// The columns. New ones may be added behind the last; these stay.
const HEADS: [&str; 19] = [
    "file",
    "consistent",
    "name",
    "at",
    "lesson",
    "lessons_done",
    "lessons",
    "predictions_right",
    "predictions_made",
    "answers_right",
    "answers_made",
    "exercises_solved",
    "exercises",
    "traces_possible",
    "traces",
    "misconceptions",
    "faults",
    "notes",
    "same_name",
];

impl Class<'_> {
    /// `--csv`: a line of heads, and one for each file.
    pub fn csv(&self) -> String {
        let twins = self.twins();
        let mut text = line(&HEADS.map(str::to_owned));
        for (file, read) in self.files {
            let cells = match read {
                Ok(review) => {
                    let same = twins.iter().find(|(name, _)| *name == review.name).map_or(0, |(_, files)| files.len());
                    self.cells(file, review, same)
                }
                Err(why) => {
                    let mut cells = vec![cell(&clean(file)), "no".to_owned()];
                    cells.resize(HEADS.len(), String::new());
                    cells[16] = cell(&clean(why));
                    cells
                }
            };
            text += &line(&cells);
        }
        text
    }

    fn cells(&self, file: &str, review: &Review, same: usize) -> Vec<String> {
        let misconceptions: Vec<&str> = review.misconceptions.iter().map(String::as_str).collect();
        let numbers = [
            review.lessons,
            self.course.lessons.len(),
            review.predictions.good,
            review.predictions.of,
            review.answers.good,
            review.answers.of,
            review.exercises.good,
            self.exercises(),
            review.traces.good,
            review.traces.of,
        ];
        let consistent = if review.is_consistent() { "yes" } else { "no" };
        let mut cells = vec![cell(&clean(file)), consistent.to_owned()];
        cells.extend([&review.name, &review.at, &review.lesson].map(|text| cell(text)));
        cells.extend(numbers.map(|number| number.to_string()));
        cells.extend(
            [misconceptions.join("; "), review.faults.join("; "), review.notes.join("; ")].map(|text| cell(&text)),
        );
        cells.push(if same > 1 { same.to_string() } else { String::new() });
        cells
    }
}

/// A text that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    match text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// Cells with commas, quotes or line breaks stand in quotes, and quotes in them are doubled.
fn line(cells: &[String]) -> String {
    let quoted = |cell: &String| match cell.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.clone(),
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::{cell, line};

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        let table = [
            ("Ada", "Ada\r\n"),
            ("Lovelace, Ada", "\"Lovelace, Ada\"\r\n"),
            ("the \"Countess\"", "\"the \"\"Countess\"\"\"\r\n"),
            ("two\nlines", "\"two\nlines\"\r\n"),
            ("=1+1", "'=1+1\r\n"),
            (" +1,2", "\"' +1,2\"\r\n"),
            ("-1", "'-1\r\n"),
            ("@SUM(A1)", "'@SUM(A1)\r\n"),
            ("\t=1", "'\t=1\r\n"),
            ("", "\r\n"),
        ];
        for (text, expected) in table {
            assert_eq!(line(&[cell(text)]), expected, "{text:?}");
        }
    }
}
