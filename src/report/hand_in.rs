//! What `lesson hand-in` says of the file that it made.

use super::Style;
use super::words::{clean, cut, fit, list, plural};
use crate::course::{Contents, Course, HandIn};

/// The column of the numbers.
const NAMES: usize = 14;

/// The most names of lessons that are told one by one.
const MOST_LEFT_OUT: usize = 10;

/// What is in it, and what it proves.
pub fn page(made: &HandIn, course: &Course, style: Style) -> String {
    let Contents { lessons, predictions, right, solved, transcripts, traces } = made.contents(course);
    let with_exercise = course.lessons.iter().filter(|lesson| lesson.exercise.is_some()).count();
    let of_machine = match made.machine["ok"].as_bool() {
        Some(true) => "its report, made just now (lesson check: all is well)",
        _ => "its report, made just now (lesson check: not all is well)",
    };
    let rows = [
        ("lessons", format!("{lessons} of {} done, tour and exercise", course.lessons.len())),
        ("predictions", format!("{predictions} made, {right} right (the first question of a lesson)")),
        ("exercises", format!("{solved} of {with_exercise} solved")),
        (
            "evidence",
            format!("what {} printed, {}", plural(transcripts as u64, "command"), plural(traces as u64, "trace")),
        ),
        ("machine", of_machine.to_owned()),
    ];
    let title = format!("{}, {}", cut(&clean(&made.name), 40), cut(&clean(&made.course.title), 40));
    let mut text: String = style.wrap(&title, "").lines().map(|line| style.heading(line) + "\n").collect();
    text += "\n";
    let hang = " ".repeat(2 + NAMES);
    let row = |(name, what): &(&str, String)| {
        let lines = style.wrap(what, &hang);
        format!("  {}{}", fit(name, NAMES), lines.trim_start())
    };
    text.extend(rows.iter().map(row));
    if made.lessons.is_empty() {
        text += "\n";
        text += &style.wrap("Nothing of this course is done yet: the file has the machine's report only.", "");
    }
    if !made.left_out.is_empty() {
        text += &format!("\n{}\n", style.warn("Left out:"));
        text.extend(made.left_out.iter().take(MOST_LEFT_OUT).map(|what| style.wrap(&clean(what), "  ")));
        let more = made.left_out.len().saturating_sub(MOST_LEFT_OUT);
        text += &if more > 0 { format!("  ... and {more} more\n") } else { String::new() };
    }
    let names: Vec<String> =
        ["a checksum of the file", "each trace", "each exercise", "each answer"].map(str::to_owned).to_vec();
    let proof = format!(
        "`lesson review` checks {} again. That shows that the file agrees with itself and with the course. It does not \
         show who made it.",
        list(&names)
    );
    text + "\n" + &style.wrap(&proof, "")
}
