//! Answers and times of a hand-in.

use super::Findings;
use crate::course::{Answered, Done, Lesson};
use crate::scenario::visible;

/// Counts first answers, and says where what a file says of an answer is not what the page says. One fault is enough:
/// the number of answers has no limit.
pub(super) fn check(lesson: &Lesson, done: &Done, findings: &mut Findings) {
    findings.faults.extend(done.answers.iter().find_map(|answer| fault(lesson, answer)));
    for (at, question) in lesson.page.questions().enumerate() {
        let Some(letter) = done.first_answer(at).and_then(|answer| answer.letter) else { continue };
        let is_right = letter == question.right;
        findings.review.answers.count(is_right);
        if at == 0 {
            findings.review.predictions.count(is_right);
        }
        let misconception = question.misconception(letter).map(|wrong| visible(&wrong.name));
        findings.review.misconceptions.extend(misconception);
    }
}

fn fault(lesson: &Lesson, answer: &Answered) -> Option<String> {
    let name = |at: usize| if at == 0 { "the prediction".to_owned() } else { format!("question {at}") };
    let Some(question) = lesson.page.questions().nth(answer.question) else {
        return Some(format!("it answers {}, which is not on the page", name(answer.question)));
    };
    let name = name(answer.question);
    match answer.letter {
        Some(letter) if !question.has(letter) => {
            Some(format!("{name} is answered with {}, which is no option", visible(&letter.to_string())))
        }
        letter if answer.right != (letter == Some(question.right)) => {
            let mark = if answer.right { "right" } else { "wrong" };
            let letter = letter.map_or("a skipped answer".to_owned(), |letter| letter.to_string());
            Some(format!("{name}: {letter} is marked {mark}, and the page says {}", question.right))
        }
        _ => None,
    }
}

/// The first time that is odd; a clock may be wrong, so it is no fault. `made` is when the file was.
pub(super) fn odd_time(done: &Done, made: &str) -> Option<String> {
    let answers = done.answers.iter().map(|answer| answer.at.as_str());
    let runs = done.runs.iter().map(|run| run.at.as_str());
    let exercise = done.exercise.iter().flat_map(|worked| [worked.started.as_deref(), worked.solved.as_deref()]);
    let rows: [(&str, Vec<&str>); 4] = [
        ("answers", answers.collect()),
        ("runs", runs.collect()),
        ("exercise", exercise.flatten().collect()),
        ("end", done.finished.as_deref().into_iter().collect()),
    ];
    for (name, times) in &rows {
        if times.iter().any(|time| !is_time(time)) {
            return Some(format!("a time of its {name} is none"));
        }
        if times.iter().any(|time| *time > made) {
            return Some(format!("a time of its {name} is later than the hand-in"));
        }
        if !times.is_sorted() {
            return Some(format!("the times of its {name} run backwards"));
        }
    }
    let (predicted, ran) = (done.first_answer(0)?.at.as_str(), done.runs.first()?.at.as_str());
    (predicted > ran).then(|| "its prediction was made after its first run".to_owned())
}

/// Whether it has the form of a time to the second, in UTC. Such times have the order of their texts.
pub(super) fn is_time(text: &str) -> bool {
    let form = "0000-00-00T00:00:00Z";
    let fits = |(have, want): (u8, u8)| if want == b'0' { have.is_ascii_digit() } else { have == want };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Evidence;

    const TIMES: [&str; 3] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-02T00:00:00Z"];

    fn answered(at: &str) -> Answered {
        Answered { at: at.into(), question: 0, letter: Some('a'), right: true, misconception: None }
    }

    fn ran(at: &str) -> Evidence {
        let (command, transcript) = ("lesson locked".into(), "x".into());
        Evidence { at: at.into(), command, status: Some(0), transcript, trace: None }
    }

    #[test]
    fn odd_times_are_noted() {
        let [first, second, third] = TIMES;
        let table: [(&[&str], &[&str], Option<&str>); 7] = [
            (&[], &[], None),
            (&[first, second], &[second], None),
            (&[first], &[first, third], None),
            (&[second, first], &[], Some("the times of its answers run backwards")),
            (&[second], &[first], Some("its prediction was made after its first run")),
            (&[first], &["2027-01-01T00:00:00Z"], Some("a time of its runs is later than the hand-in")),
            (&["yesterday"], &[], Some("a time of its answers is none")),
        ];
        for (answers, runs, odd) in table {
            let answers = answers.iter().map(|at| answered(at)).collect();
            let runs = runs.iter().map(|at| ran(at)).collect();
            let done = Done { answers, runs, ..Done::default() };
            assert_eq!(odd_time(&done, third).as_deref(), odd);
        }
    }

    #[test]
    fn a_time_has_one_form() {
        let table = [
            (TIMES[0], true),
            ("", false),
            ("2026-01-01", false),
            ("2026-01-01T00:00:00+", false),
            ("2026-01-01T00:00:0aZ", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_time(text), expected, "{text}");
        }
    }
}
