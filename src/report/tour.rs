//! What the guided tour says between the pieces of a lesson: prediction beside observation, and what comes next.

use super::lesson::{Leaf, joined};
use super::words::{clean, list};
use crate::course::{Lesson, Question};

/// What was seen of the words that show an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// The question names no words.
    Nothing,
    /// These words, in an output of this machine.
    Here(String),
    /// The commands were run, and the words did not come.
    NotThisTime,
    /// No command that shows it was run.
    NotRun,
}

impl Leaf<'_> {
    /// An answer beside what was observed, and why the right one is right.
    pub fn verdict(&self, question: &Question, letter: Option<char>, observed: &Observed) -> String {
        let said = question.options.iter().find(|choice| Some(choice.letter) == letter);
        let said = said.map(|choice| self.hung("You said: ", &format!("{}) {}", choice.letter, choice.text)));
        let beside = said.unwrap_or_default() + &self.observed(question, observed);
        let right = question.options.iter().find(|choice| choice.letter == question.right);
        let right = right.map(|choice| format!("{}) {}", choice.letter, choice.text)).unwrap_or_default();
        let (good, bad) = (self.style.good("That is right."), self.style.bad("That is not right."));
        let judged = match letter.map(|letter| question.misconception(letter)) {
            None => self.say(&format!("The answer is {right}\n\n{}", question.because)),
            Some(None) => format!("{good}\n\n{}", self.say(&question.because)),
            Some(Some(wrong)) => {
                let behind = self.say(&format!("The thought behind it is \"*{}*\". {}", wrong.name, wrong.text));
                let because = self.say(&format!("Right is {right}\n\n{}", question.because));
                format!("{bad}\n\n{behind}\n{because}")
            }
        };
        joined([beside, judged])
    }

    fn observed(&self, question: &Question, observed: &Observed) -> String {
        let words = question.seen.as_deref().unwrap_or_default();
        match observed {
            Observed::Nothing => String::new(),
            Observed::Here(seen) => self.hung("Seen:     ", &format!("`{seen}`")),
            Observed::NotRun => self.hung("", &format!("The command was not run. On the page stands: `{words}`")),
            Observed::NotThisTime => self.hung(
                "Seen:     ",
                &format!(
                    "not this time. The page shows `{words}`, and this machine did not: luck decides, too. \
                     `{}` runs it again.",
                    self.command("learn")
                ),
            ),
        }
    }

    /// What was answered before, when a question is asked again.
    pub fn said_before(&self, letter: char) -> String {
        self.say(&format!("You said {letter} before; the first answer counts."))
    }

    /// Behind a file of the page: nobody has to save it now.
    pub fn written(&self, name: &str) -> String {
        self.say(&format!("The file `{}` is written for this tour.", clean(name)))
    }

    /// The end of the tour, and one next step: the exercise if it is still to be solved, else the next lesson.
    pub fn ending(&self, is_solved: bool, next: Option<&Lesson>) -> String {
        let step = match (&self.lesson.exercise, next) {
            (Some(_), next) if !is_solved => format!(
                "Its exercise is yours now: `{}` puts the file into your folder, `{}` checks what you made of it.{}",
                self.command("start"),
                self.command("verify"),
                next.map_or_else(String::new, |next| format!(
                    " After that: `lesson learn {}{}`.",
                    next.number, self.option
                ))
            ),
            (_, Some(next)) => format!("`lesson learn {}{}` goes on.", next.number, self.option),
            (_, None) => "That was the last lesson.".into(),
        };
        // Such files are to be looked at, and nothing is to be solved.
        let files = (self.lesson.exercise.is_none() && !self.lesson.files.is_empty())
            .then(|| self.say(&format!("`{}` puts its files into your folder.", self.command("start"))));
        let end = self.say(&format!("That is the end of lesson {}.", self.lesson.number));
        joined([end, files.unwrap_or_default(), self.say(&step)])
    }

    /// Where the files of the tour are now; empty if there were none.
    pub fn gone(&self, files: &[String]) -> String {
        let names: Vec<String> = files.iter().map(|name| format!("`{}`", clean(name))).collect();
        let (files, stand) = match names.as_slice() {
            [] => return String::new(),
            [_] => ("The file", "is gone with this tour; it stands"),
            _ => ("The files", "are gone with this tour; they stand"),
        };
        self.say(&format!("{files} {} {stand} in `{}`.", list(&names), self.command("read")))
    }

    /// For somebody who leaves before the end.
    pub fn leaving(&self, has_answered: bool) -> String {
        let kept = if has_answered { "What you answered is kept. " } else { "" };
        self.say(&format!("{kept}`{}` shows this lesson from its beginning.", self.command("learn")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Course;
    use crate::report::Style;

    /// Lesson 3 has an exercise, lesson 20 has files to look at, and lesson 24 is the last one.
    #[test]
    fn the_end_names_the_next_step_and_says_where_files_are() {
        let course = Course::built_in().expect("a course");
        let end = |number: usize| format!("That is the end of lesson {number}.\n\n");
        let own = "Its exercise is yours now: `lesson start 3` puts the file into your folder,\n\
                   `lesson verify 3` checks what you made of it. After that: `lesson learn 4`.\n";
        let files = "`lesson start 20` puts its files into your folder.\n\n";
        for (number, is_solved, expected) in [
            (3, false, own.to_owned()),
            (3, true, "`lesson learn 4` goes on.\n".into()),
            (20, false, format!("{files}`lesson learn 21` goes on.\n")),
            (24, true, "That was the last lesson.\n".into()),
        ] {
            let leaf = leaf(&course, number);
            assert_eq!(leaf.ending(is_solved, course.lesson(number + 1)), end(number) + &expected);
        }
        for (files, expected) in [
            (&[][..], ""),
            (&["a"], "The file `a` is gone with this tour; it stands in `lesson read 3`.\n"),
            (&["a", "b"], "The files `a` and `b` are gone with this tour; they stand in `lesson read 3`.\n"),
        ] {
            let files: Vec<String> = files.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(leaf(&course, 3).gone(&files), expected);
        }
    }

    fn leaf(course: &Course, number: usize) -> Leaf<'_> {
        let lesson = course.lesson(number).expect("a lesson");
        Leaf { lesson, option: "", style: Style { color: false, width: 80 } }
    }
}
