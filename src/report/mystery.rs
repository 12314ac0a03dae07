//! The pages of `lesson mystery`: what is locked, who it may be, and whether the answer is right and why.

use serde_json::{Value, json};

use super::Style;
use super::words::{clean, unbroken};
use crate::mystery::{Attempt, Case, Culprit, Tried};

/// What is locked, what a program meets there, and how to find out.
///
/// `is_whole`: no terminal breaks lines, and the command stays on one.
pub fn opening(path: &str, attempt: Attempt, tried: &[Tried], style: Style, is_whole: bool) -> String {
    let why = if attempt == Attempt::Log { "its log can't be emptied" } else { "it is locked" };
    let mut text = style.wrap(&format!("A program says that it can't go on with {}: {why}.", unbroken(path)), "");
    text += &format!("\n{}\n", style.heading("What is met there, really tried"));
    for tried in tried {
        text += &style.wrap(&format!("A program that {}: {}.", tried.what, outcome(tried)), "  ");
    }
    text += &format!("\n{}\n", style.heading("Hunt in another terminal"));
    text + &command(&clean(&shell_words::quote(path)), if is_whole { usize::MAX } else { style.width })
}

/// What is to be copied: a shell puts together what is broken behind a backslash, and nothing else.
fn command(path: &str, width: usize) -> String {
    let line = format!("  lesson who {path}");
    if super::width(&line) <= width { line + "\n" } else { format!("  lesson who \\\n{path}\n") }
}

/// The possible answers, and how to give one.
pub fn menu(style: Style) -> String {
    let mut text = format!("\n{}\n", style.heading("Who is it?"));
    let longest = Culprit::ALL.map(|culprit| culprit.name().len()).into_iter().max().unwrap_or_default();
    let mut of_database = false;
    for (culprit, number) in Culprit::ALL.into_iter().zip(1..) {
        if culprit.is_of_database() != of_database || number == 1 {
            of_database = culprit.is_of_database();
            text += if of_database { "On a database:\n" } else { "On a lock file:\n" };
        }
        let name = format!("{:longest$}", culprit.name());
        // Painted after it was wrapped: codes take no room.
        let words = style.wrap(culprit.words(), &" ".repeat(longest + 6));
        text += &format!("  {number} {}  {}", style.name(&name), words.trim_start());
    }
    text + "\n" + &style.wrap("Type a number or a name. Ctrl-C gives up.", "")
}

/// Whether it is right, and why.
pub fn closing(case: &Case, style: Style) -> String {
    let told = |culprit: Culprit| format!("{} ({})", culprit.name(), culprit.words());
    let verdict = match case.is_right() {
        true => format!("Right: {}.", told(case.culprit)),
        false => format!("No: not {}, but {}.", told(case.answer), told(case.culprit)),
    };
    let paint = if case.is_right() { Style::good } else { Style::bad };
    let first = verdict.split(':').next().unwrap_or_default().to_owned();
    let mut text = format!("\n{}", style.wrap(&verdict, "").replacen(&first, &paint(style, &first), 1));
    text += &section("The evidence, as lesson who reads it", &case.reading.text, style);
    if let Some(since) = &case.since {
        let note = format!("When you answered, that was over already, and it read: {}", since.text);
        text += &style.wrap(&clean(&note), "  ");
    }
    let mut signs = format!("{}: {}.", case.culprit.name(), case.culprit.sign());
    if !case.is_right() {
        signs += &format!(" {} would be: {}.", case.answer.name(), case.answer.sign());
    }
    text += &section("By what to know it", &signs, style);
    text += &section("What helps", case.culprit.remedy().unwrap_or(&case.reading.fix), style);
    text + &format!("\nAll of it is ended. The same again: lesson mystery --seed {}\n", case.seed)
}

/// One document, with names that scripts may rely on.
pub fn document(case: &Case) -> Value {
    let tried = |tried: &Tried| {
        let refusal = tried.refusal.as_ref();
        let refusal = refusal.map(|why| json!({ "name": why.name, "code": why.code, "text": why.text }));
        json!({ "what": tried.what, "refusal": refusal })
    };
    json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": "mystery",
        "ok": case.is_right(),
        "seed": case.seed,
        "path": case.path,
        "tried": case.tried.iter().map(tried).collect::<Vec<_>>(),
        "answer": case.answer.name(),
        "culprit": case.culprit.name(),
        "cause": case.reading.cause.name(),
        "reading": case.reading.text,
        "fix": case.culprit.remedy().unwrap_or(&case.reading.fix),
        "culprits": case.reading.culprits,
    })
}

fn outcome(tried: &Tried) -> String {
    let Some(why) = &tried.refusal else { return "it can".into() };
    let code = why.code.map_or_else(String::new, |code| format!(", code {code}"));
    clean(&format!("{} ({}{code})", why.text, why.name))
}

fn section(heading: &str, text: &str, style: Style) -> String {
    format!("\n{}\n{}", style.heading(heading), style.wrap(&clean(text), "  "))
}

#[cfg(test)]
mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::trace::Refusal;
    use crate::who::judge::{Cause, Reading};

    fn case(answer: Culprit) -> Case {
        let refusal = Refusal { name: "SQLITE_BUSY".into(), code: Some(5), text: "database is locked".into() };
        let reading = |cause, text: &str| Reading { cause, text: text.into(), fix: "Commit.".into(), culprits: vec![] };
        Case {
            seed: 7,
            culprit: Culprit::Writer,
            path: "/tmp/a b.db".into(),
            tried: vec![
                Tried { what: "reads (SELECT)", refusal: None },
                Tried { what: "begins to write (BEGIN IMMEDIATE)", refusal: Some(refusal) },
            ],
            answer,
            reading: reading(Cause::AsleepInTransaction, "4711 (lesson) has begun to write (RESERVED)."),
            since: (answer == Culprit::Writer).then(|| reading(Cause::Nobody, "Nobody holds it at the moment.")),
        }
    }

    #[test]
    fn the_page_says_what_is_met_and_who_it_may_be() {
        let case = case(Culprit::Writer);
        let page = opening(&case.path, Attempt::Database, &case.tried, Style::PLAIN, false) + &menu(Style::PLAIN);
        assert_data_eq!(
            page,
            str![[r#"
A program says that it can't go on with /tmp/a b.db: it is locked.

What is met there, really tried
  A program that reads (SELECT): it can.
  A program that begins to write (BEGIN IMMEDIATE): database is locked
  (SQLITE_BUSY, code 5).

Hunt in another terminal
  lesson who '/tmp/a b.db'

Who is it?
On a database:
  1 writer     a writer that is asleep between BEGIN and COMMIT
  2 reader     a reader that keeps a COMMIT waiting, which keeps everybody out
  3 snapshot   a reader of an old snapshot: the log can't be emptied, and grows
On a lock file:
  4 deadlock   two processes that wait for each other
  5 inherited  a child that keeps the lock of a parent which is gone
  6 holder     a process that took it itself, and waits for nobody
  7 nobody     no process: the file was left behind, and a file is no lock

Type a number or a name. Ctrl-C gives up.

"#]]
        );
    }

    #[test]
    fn a_command_is_broken_where_a_shell_puts_it_together() {
        let path = "/tmp/lesson-arena-Gq2x0B/mystery/app.lock";
        for (width, expected) in [
            (80, format!("  lesson who {path}\n")),
            (54, format!("  lesson who {path}\n")),
            (53, format!("  lesson who \\\n{path}\n")),
        ] {
            assert_eq!(command(path, width), expected, "{width}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [80, 60, 40] {
            let style = Style { width, ..Style::PLAIN };
            let wrong = Culprit::parse("nonsense").expect_err("no culprit");
            let page = menu(style) + &style.wrap(&wrong, "");
            assert!(page.lines().all(|line| line.chars().count() <= width), "{width}: {page}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&menu(style)), words(&menu(Style::PLAIN)), "{width}: no word is broken");
        }
    }

    #[test]
    fn a_right_answer_gets_the_evidence() {
        assert_data_eq!(
            closing(&case(Culprit::Writer), Style::PLAIN),
            str![[r#"

Right: writer (a writer that is asleep between BEGIN and COMMIT).

The evidence, as lesson who reads it
  4711 (lesson) has begun to write (RESERVED).
  When you answered, that was over already, and it read: Nobody holds it at the
  moment.

By what to know it
  writer: one process has RESERVED or more, nobody else reads, and it is asleep.

What helps
  Commit.

All of it is ended. The same again: lesson mystery --seed 7

"#]]
        );
    }

    #[test]
    fn a_wrong_answer_gets_the_signs_of_both() {
        assert_data_eq!(
            closing(&case(Culprit::Reader), Style::PLAIN),
            str![[r#"

No: not reader (a reader that keeps a COMMIT waiting, which keeps everybody
out), but writer (a writer that is asleep between BEGIN and COMMIT).

The evidence, as lesson who reads it
  4711 (lesson) has begun to write (RESERVED).

By what to know it
  writer: one process has RESERVED or more, nobody else reads, and it is asleep.
  reader would be: one process is at PENDING, and another one has SHARED: that
  one is the reason.

What helps
  Commit.

All of it is ended. The same again: lesson mystery --seed 7

"#]]
        );
    }
}
