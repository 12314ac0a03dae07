//! The course in words: the map, and what was done.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::paint::{Style, height, plain};
use super::table::{Cells, table};
use super::words::{clean, fit, width};
use crate::course::{Course, Done, Lesson};

/// The map of the course: what is done, and the next thing to do. Where `lines` are not enough for it, and there is
/// room beside it, it has two lessons in a line.
pub fn map(course: &Course, done: &BTreeMap<usize, Done>, next: &str, lines: Option<usize>, style: Style) -> String {
    let finished = course.lessons.iter().filter(|lesson| is_done(lesson, done)).count();
    let ending = format!("\n{finished} of {} complete. {}\n", course.lessons.len(), style.heading(next));
    let framed = |body: String| format!("{}\n\n{body}{ending}", style.heading(&clean(&course.title)));
    let row = |lesson: &Lesson| {
        let Steps { learned, exercise } = Steps::of(lesson, done.get(&lesson.number));
        vec![lesson.number.to_string(), learned.into(), exercise.into(), clean(&lesson.page.title)]
    };
    let rows: Vec<Vec<String>> = course.lessons.iter().map(row).collect();
    let legend = style.wrap("A `-` is to do; `none`: the lesson has no exercise.", "");
    let long = framed(table(&["", "tour", "exercise", "about"], &rows, Cells::Words, style) + "\n" + &legend);
    if lines.is_none_or(|lines| height(&long, style.width) < lines) {
        return long;
    }
    let short = framed(in_pairs(course, done, style));
    let fits = short.lines().all(|line| width(&plain(line)) <= style.width);
    if fits { short } else { long }
}

/// The lessons, two in a line, with a mark for the tour and one for the exercise.
fn in_pairs(course: &Course, done: &BTreeMap<usize, Done>, style: Style) -> String {
    let cells: Vec<String> = course
        .lessons
        .iter()
        .map(|lesson| {
            let Steps { learned, exercise } = Steps::of(lesson, done.get(&lesson.number));
            let (learned, exercise) = (mark(learned), mark(exercise));
            format!("{:>2}  {learned} {exercise}  {}", lesson.number, clean(&lesson.page.title))
        })
        .collect();
    let (left, right) = cells.split_at(cells.len().div_ceil(2));
    let columns = left.iter().map(|cell| width(cell)).max().unwrap_or(0);
    let line = |(at, cell): (usize, &String)| {
        let beside = right.get(at).map_or("", String::as_str);
        format!("{}\n", format!("{}   {beside}", fit(cell, columns)).trim_end())
    };
    let lines: String = left.iter().enumerate().map(line).collect();
    lines + "\n" + &style.wrap("First the tour, then the exercise: ✓ done, ~ begun, - to do, blank: there is none.", "")
}

/// The sign of a word of [`Steps`].
fn mark(step: &str) -> char {
    match step {
        "done" | "solved" => '✓',
        "begun" | "given up" => '~',
        "none" => ' ',
        _ => '-',
    }
}

/// What there is to do in a lesson, and what is done.
struct Steps {
    learned: &'static str,
    exercise: &'static str,
}

impl Steps {
    fn of(lesson: &Lesson, done: Option<&Done>) -> Self {
        let learned = match done {
            Some(done) if done.finished.is_some() => "done",
            Some(done) if !done.answers.is_empty() || !done.runs.is_empty() => "begun",
            _ => "-",
        };
        let exercise = match (&lesson.exercise, done.and_then(|done| done.exercise.as_ref())) {
            (None, _) => "none",
            (Some(_), Some(worked)) if worked.solved.is_some() => "solved",
            (Some(_), Some(worked)) if worked.gave_up.is_some() => "given up",
            (Some(_), Some(worked)) if worked.started.is_some() || worked.checks > 0 => "begun",
            (Some(_), _) => "-",
        };
        Self { learned, exercise }
    }
}

fn is_done(lesson: &Lesson, done: &BTreeMap<usize, Done>) -> bool {
    done.get(&lesson.number).is_some_and(|done| done.is_done(lesson.exercise.is_some()))
}

/// What was done, as a document: `course`, `lessons` (`number title finished predicted right exercise checks hints`),
/// `done`, `of`.
pub fn document(course: &Course, done: &BTreeMap<usize, Done>) -> Value {
    let lesson = |lesson: &Lesson| {
        let found = done.get(&lesson.number);
        let prediction = found.and_then(|done| done.first_answer(0));
        let worked = found.and_then(|done| done.exercise.as_ref());
        json!({
            "number": lesson.number,
            "title": lesson.page.title,
            "finished": found.and_then(|done| done.finished.as_ref()),
            "predicted": prediction.and_then(|answer| answer.letter),
            "right": prediction.map(|answer| answer.right),
            "misconception": prediction.and_then(|answer| answer.misconception.as_ref()),
            "exercise": lesson.exercise.as_ref().map(|_| Steps::of(lesson, found).exercise),
            "solved": worked.and_then(|worked| worked.solved.as_ref()),
            "checks": worked.map_or(0, |worked| worked.checks),
            "hints": worked.map_or(0, |worked| worked.hints),
        })
    };
    json!({
        "course": course.title,
        "lessons": course.lessons.iter().map(lesson).collect::<Vec<_>>(),
        "done": course.lessons.iter().filter(|lesson| is_done(lesson, done)).count(),
        "of": course.lessons.len(),
    })
}
