//! The page of `lesson check`: a line for each thing, with the remedy under it where one is needed.

use serde_json::{Value, json};

use super::Style;
use super::transcript::MARK;
use super::words::{clean, fit, plural, width};
use crate::trace::{Check, Environment, Status};

/// The column of the status.
const STATUS: usize = 9;

/// The column of the thing; the longest is `temporary directory`.
const WHAT: usize = 21;

/// From this width on each thing has a column of its own.
const WIDE: usize = 70;

/// The page: 80 columns and one screen if all is well.
pub fn page(checks: &[Check], style: Style) -> String {
    let mut text = format!("{}\n\n", style.heading("Can this machine run the lessons?"));
    text.extend(checks.iter().map(|check| row(check, style)));
    text + "\n" + &style.wrap(&verdict(checks), "")
}

/// The page as a file to hand in.
pub fn file(checks: &[Check]) -> String {
    format!("{MARK} lesson check\n\n{}", page(checks, Style::PLAIN))
}

/// `--json`: the form of [`super::json`], with `checks` instead of runs.
pub fn document(environment: &Environment, checks: &[Check]) -> Value {
    json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": "check",
        "ok": is_ok(checks),
        "environment": environment,
        "checks": checks,
    })
}

/// Whether the lessons can be run: nothing failed.
pub fn is_ok(checks: &[Check]) -> bool {
    count(checks, Status::Failed) == 0
}

/// The status, the thing, and what was found; all lines but the first hang under the last column.
fn row(check: &Check, style: Style) -> String {
    let (what, found, word) = (clean(check.what), clean(&check.found), check.status.word());
    let (head, text) = match style.width >= WIDE {
        true => (fit(&what, WHAT), found),
        false => (String::new(), format!("{what}: {found}")),
    };
    let indent = " ".repeat(STATUS + width(&head));
    let body = style.wrap(&text, &indent);
    let remedy = check.remedy.as_ref().map(|remedy| style.wrap(&format!("Remedy: {}", clean(remedy)), &indent));
    let painted = match check.status {
        Status::Ok => style.good(word),
        Status::Warning => style.warn(word),
        Status::Failed => style.bad(word),
    };
    let gap = " ".repeat(STATUS - width(word));
    let body = body.strip_prefix(&indent).unwrap_or("\n");
    format!("{painted}{gap}{head}{body}{}", remedy.unwrap_or_default())
}

fn verdict(checks: &[Check]) -> String {
    match (count(checks, Status::Failed), count(checks, Status::Warning)) {
        (0, 0) => "All is well. Begin with `lesson learn 1`.".into(),
        (0, warnings) => format!(
            "This machine can run the lessons, with {}: what the remedies say will show or protect more.",
            plural(warnings as u64, "warning")
        ),
        (failed, _) => format!(
            "Not yet: {failed} of {} failed. Follow the remedies, then run `lesson check` again.",
            plural(checks.len() as u64, "check")
        ),
    }
}

fn count(checks: &[Check], status: Status) -> usize {
    checks.iter().filter(|check| check.status == status).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Vec<Check> {
        vec![
            Check::ok("versions", "lesson 0.1.0, SQLite 3.50.0"),
            Check::warning("file system", "nfs: on another machine", "set TMPDIR to a directory on a local disk"),
            Check::failed("flock", "can't lock \u{1b}[2J", "try another directory, because this one does not do"),
        ]
    }

    #[test]
    fn a_wide_page_has_columns() {
        let expected = "\
Can this machine run the lessons?

ok       versions             lesson 0.1.0, SQLite 3.50.0
warning  file system          nfs: on another machine
                              Remedy: set TMPDIR to a directory on a local disk
failed   flock                can't lock \\u{1b}[2J
                              Remedy: try another directory, because this one
                              does not do

Not yet: 1 of 3 checks failed. Follow the remedies, then run `lesson check`
again.
";
        assert_eq!(page(&checks(), Style::PLAIN), expected);
    }

    #[test]
    fn a_narrow_page_names_the_thing_in_front_of_what_was_found() {
        let expected = "\
Can this machine run the lessons?

ok       versions: lesson 0.1.0, SQLite 3.50.0
warning  file system: nfs: on another machine
         Remedy: set TMPDIR to a directory on a
         local disk

This machine can run the lessons, with 1 warning:
what the remedies say will show or protect more.
";
        assert_eq!(page(&checks()[..2], Style { color: false, width: 50 }), expected);
    }

    #[test]
    fn the_word_stands_beside_the_colour() {
        let page = page(&checks(), Style { color: true, width: 80 });
        for word in ["ok", "warning", "failed"] {
            assert!(page.contains(word), "{page}");
        }
    }

    #[test]
    fn a_file_is_known_again() {
        let file = file(&checks());
        assert!(super::super::Transcript::is_first_line(file.lines().next().unwrap_or_default()), "{file}");
        assert!(file.contains(&page(&checks(), Style::PLAIN)));
    }
}
