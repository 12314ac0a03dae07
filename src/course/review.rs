//! A hand-in checked again: does everything in it agree with everything else, with the course, and with the rules?
//!
//! This shows that a file is consistent. Who made it, and whether alone, nothing in a file can show.

mod answers;
mod evidence;

use std::collections::{BTreeMap, BTreeSet};

use super::handin::{HandIn, Handed, LONGEST_LEARNER, MOST_RUNS, NoHandIn};
use super::{Course, Exercise, Judged, Lesson, Worked, verify};
use crate::explore::Task;
use crate::scenario::{self, excerpt, visible};
use crate::trace::Recording;

/// The longest words of a hand-in about what is not in it that are repeated, in characters.
const LONGEST_LEFT_OUT: usize = 120;

/// What is needed to check hand-ins.
pub struct Reviewer<'a> {
    /// The course that they are of.
    pub course: &'a Course,
    /// The time (UTC, RFC 3339).
    pub now: &'a str,
    /// How far an exercise is explored.
    pub task: Task,
    /// What a recording prints on so many columns, without colour.
    pub tell: &'a dyn Fn(&Recording, usize) -> String,
    /// Whether to go on with an exploration.
    pub goes_on: &'a dyn Fn() -> bool,
}

/// What came of checking one. Every text in it is fit to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// Who says to have made it.
    pub name: String,
    /// When (UTC, RFC 3339), as it says.
    pub at: String,
    /// The version of the program that made it, as it says.
    pub lesson: String,
    /// Lessons whose end was reached, and whose exercise is solved.
    pub lessons: usize,
    /// Predictions that are right, of those that were made; the first answer counts.
    pub predictions: Share,
    /// The same of all questions.
    pub answers: Share,
    /// Exercises that are solved, of those that are said to be.
    pub exercises: Share,
    /// Traces that are possible, of those that are there.
    pub traces: Share,
    /// Transcripts that are what their trace tells, of those that could be compared.
    pub transcripts: Share,
    /// What tells the recording of a real run from any other, for each: no two runs are the same to the microsecond.
    pub recordings: BTreeSet<String>,
    /// The misconceptions behind first answers.
    pub misconceptions: BTreeSet<String>,
    /// What is wrong with it, in sentences.
    pub faults: Vec<String>,
    /// What an instructor may want to know, in sentences.
    pub notes: Vec<String>,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub good: usize,
    /// Of so many.
    pub of: usize,
}

impl Share {
    fn count(&mut self, is_good: bool) {
        self.of += 1;
        self.good += usize::from(is_good);
    }
}

impl Review {
    /// Whether nothing is wrong with it.
    pub fn is_consistent(&self) -> bool {
        self.faults.is_empty()
    }
}

/// How common each misconception is: its name, and how many learners have it; the most common first. Only consistent
/// files count, and two files of one name as one learner.
pub fn common<'a>(reviews: impl IntoIterator<Item = &'a Review>) -> Vec<(String, usize)> {
    let mut learners: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for review in reviews.into_iter().filter(|review| review.is_consistent()) {
        for name in &review.misconceptions {
            learners.entry(name).or_default().insert(&review.name);
        }
    }
    let mut common: Vec<(String, usize)> =
        learners.into_iter().map(|(name, learners)| (name.to_owned(), learners.len())).collect();
    common.sort_by_key(|(_, learners)| std::cmp::Reverse(*learners)); // stable: then by name
    common
}

impl Reviewer<'_> {
    /// Checks a hand-in.
    ///
    /// # Errors
    /// It can't be read as one.
    pub fn review(&self, text: &str) -> Result<Review, NoHandIn> {
        let (made, is_whole) = HandIn::parse(text)?;
        let mut review = Review {
            name: excerpt(made.name.trim(), LONGEST_LEARNER),
            at: excerpt(&made.at, 40),
            lesson: excerpt(&made.lesson, 40),
            ..Review::default()
        };
        if !is_whole {
            review.faults.push("its seal does not fit: it was changed after it was made".into());
        }
        self.origin(&made, &mut review);
        for (number, handed) in &made.lessons {
            let Some(lesson) = self.course.lesson(*number) else { continue };
            let (mut faults, mut notes) = (Vec::new(), Vec::new());
            self.lesson(
                lesson,
                handed,
                &made.at,
                &mut Findings { review: &mut review, faults: &mut faults, notes: &mut notes },
            );
            let placed = |what: String| format!("lesson {number}: {what}");
            review.faults.extend(faults.into_iter().map(placed));
            review.notes.extend(notes.into_iter().map(placed));
        }
        Ok(review)
    }

    /// When, with what and in which course it was made.
    fn origin(&self, made: &HandIn, review: &mut Review) {
        let Course { title, lessons } = self.course;
        if made.course.title != *title {
            let theirs = excerpt(&made.course.title, 60);
            review.faults.push(format!("it is of another course, `{theirs}`; name that one with --course"));
        } else if made.course.lessons != lessons.len() {
            let (theirs, ours) = (made.course.lessons, lessons.len());
            review.notes.push(format!("its course has {theirs} lessons, and this one {ours}"));
        }
        let strange: Vec<&usize> =
            made.lessons.keys().filter(|number| self.course.lesson(**number).is_none()).collect();
        if let Some(first) = strange.first() {
            let more = strange.len();
            review.faults.push(format!("it has {more} that this course has not; the first is lesson {first}"));
        }
        if review.name.is_empty() {
            review.faults.push("it has no name".into());
        }
        if made.lesson != env!("CARGO_PKG_VERSION") {
            let theirs = &review.lesson;
            review.notes.push(format!("lesson {theirs} made it, and this is {}", env!("CARGO_PKG_VERSION")));
        }
        if !answers::is_time(&made.at) {
            review.notes.push(format!("`{}`, when it was made, is no time", review.at));
        } else if made.at.as_str() > self.now {
            review.notes.push(format!("it was made in the future ({}): is a clock wrong?", review.at));
        }
        if !made.left_out.is_empty() {
            review.notes.push(left_out(&made.left_out));
        }
    }

    fn lesson(&self, lesson: &Lesson, handed: &Handed, made: &str, findings: &mut Findings) {
        let Handed { done, evidence } = handed;
        answers::check(lesson, done, findings);
        findings.notes.extend(answers::odd_time(done, made));
        if evidence.len() > MOST_RUNS {
            findings.faults.push(format!("it has the evidence of {} runs, and {MOST_RUNS} fit", evidence.len()));
        }
        for shown in evidence.iter().take(MOST_RUNS) {
            self.evidence(done, shown, findings);
        }
        let is_solved = match (&lesson.exercise, done.exercise.as_ref().filter(|worked| worked.solved.is_some())) {
            (Some(exercise), Some(worked)) => self.exercise(exercise, worked, findings),
            (None, Some(_)) => {
                findings.faults.push("its exercise is solved, it says, and the lesson has none".into());
                false
            }
            (exercise, None) => exercise.is_none(),
        };
        findings.review.lessons += usize::from(done.finished.is_some() && is_solved);
    }

    /// Solves the exercise again; whether it is solved.
    fn exercise(&self, exercise: &Exercise, worked: &Worked, findings: &mut Findings) -> bool {
        let judged = match &worked.text {
            None => Err("its exercise is solved, it says, and the file is missing".into()),
            Some(text) => self.solve(exercise, text),
        };
        let is_solved = matches!(judged, Ok(None));
        findings.review.exercises.count(is_solved);
        match judged {
            Err(fault) => findings.faults.push(fault),
            Ok(note) => findings.notes.extend(note),
        }
        is_solved
    }

    /// `Ok(None)` if the text solves it, `Ok(note)` if that could not be found out.
    fn solve(&self, exercise: &Exercise, text: &str) -> Result<Option<String>, String> {
        let file = &exercise.file;
        let repaired = scenario::parse(text, file).map_err(|mistake| {
            let first = mistake.to_string().lines().next().map(visible).unwrap_or_default();
            format!("its exercise can't be read: {first}")
        })?;
        let hear = &mut |_| (self.goes_on)();
        let verdict = match verify(&exercise.shipped, &repaired, &exercise.goals, &self.task, hear) {
            Ok(verdict) => verdict,
            Err(too_large) => return Ok(Some(format!("its exercise is not checked: {too_large}"))),
        };
        if verdict.is_solved() {
            return Ok(None);
        }
        if verdict.is_unknown() {
            return Ok(Some("its exercise is not checked: it has more states than are looked at here".into()));
        }
        let goals = verdict.goals.iter().filter(|(_, judged)| !matches!(judged, Judged::Reached | Judged::Unknown(_)));
        let missed = goals.map(|(goal, _)| format!("`{goal}` is not reached"));
        let mut why: Vec<String> = verdict.missing.iter().map(|what| visible(what)).chain(missed).collect();
        why.truncate(3);
        Err(format!("its exercise is marked solved, and is not: {}", why.join("; ")))
    }
}

/// Where what is found goes.
struct Findings<'a> {
    review: &'a mut Review,
    faults: &'a mut Vec<String>,
    notes: &'a mut Vec<String>,
}

/// What its maker says was left out: the first of it, and how much more.
fn left_out(what: &[String]) -> String {
    let more = what.len().saturating_sub(1);
    let first = what.first().map_or_else(String::new, |first| excerpt(first, LONGEST_LEFT_OUT));
    let more = if more > 0 { format!("; and {more} more, see `left_out` in it") } else { String::new() };
    format!("left out when it was made: {first}{more}")
}
