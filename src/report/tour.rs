//! What the guided tour says between the pieces of a lesson: prediction beside observation, and what comes next.

use super::lesson::{Leaf, joined};
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
    /// No command was run that could show it.
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
            Observed::NotRun => self.hung("Seen:     ", &format!("nothing was run here; the page shows `{words}`")),
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

    /// The end of the tour: the exercise, and the next lesson.
    pub fn ending(&self, next: Option<&Lesson>) -> String {
        let number = self.lesson.number;
        let exercise = self.lesson.exercise.as_ref().map(|_| {
            self.say(&format!(
                "Its exercise is yours: `{}` puts the file into your folder, `{}` checks what you made of it.",
                self.command("start"),
                self.command("verify")
            ))
        });
        let next = match next {
            Some(next) => format!("`lesson learn {}{}` goes on.", next.number, self.option),
            None => "That was the last lesson.".into(),
        };
        joined([
            self.say(&format!("That is the end of lesson {number}.")),
            exercise.unwrap_or_default(),
            self.say(&next),
        ])
    }

    /// For somebody who leaves before the end.
    pub fn leaving(&self) -> String {
        self.say(&format!("What you answered is kept. `{}` begins this lesson again.", self.command("learn")))
    }
}
