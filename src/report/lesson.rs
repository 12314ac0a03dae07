//! A lesson's page in a terminal: `lesson read` shows it whole, `lesson learn` piece by piece.

use super::listing::{file, listing};
use super::markdown::{markdown, wrapped};
use super::paint::Style;
use super::words::{clean, width};
use crate::course::{Block, Choice, Commands, Goal, Lesson, Question, Section, Typed};

/// How a lesson is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// What names its course on a command line, with a blank before it; empty for the built-in one.
    pub option: &'a str,
    /// The look.
    pub style: Style,
}

impl Leaf<'_> {
    /// The whole page. The answers are folded away unless they are asked for.
    pub fn page(&self, answers: bool) -> String {
        let mut pieces = vec![self.title()];
        pieces.extend(self.lesson.page.opening.iter().map(|block| self.whole(block, answers)));
        for section in &self.lesson.page.sections {
            pieces.push(self.heading(section));
            pieces.extend(section.blocks.iter().map(|block| self.whole(block, answers)));
        }
        if !answers {
            pieces.push(self.say(&format!("The answers: `{} --answers`", self.command("read"))));
        }
        joined(pieces)
    }

    fn whole(&self, block: &Block, answers: bool) -> String {
        match block {
            Block::Question(question) if answers => {
                format!("{}\n{}", self.question(question), self.answer(question))
            }
            _ => self.block(block),
        }
    }

    /// The number and the title.
    pub fn title(&self) -> String {
        let Lesson { number, page, .. } = self.lesson;
        self.underlined(&format!("{number}. {}", page.title), "═")
    }

    /// The name of a part.
    pub fn heading(&self, section: &Section) -> String {
        self.underlined(&section.heading, "─")
    }

    fn underlined(&self, text: &str, line: &str) -> String {
        let text = clean(text);
        let columns = width(&text).min(self.style.width);
        format!("{}\n{}\n", self.style.heading(&text), self.style.faint(&line.repeat(columns)))
    }

    /// A block; of a question what it asks. Empty where there is nothing to see.
    pub fn block(&self, block: &Block) -> String {
        match block {
            Block::Prose(text) => markdown(text, self.style),
            Block::Commands(commands) => self.commands(commands),
            Block::File { name, text } => {
                self.say(&format!("The file `{}`:", clean(name))) + "\n" + &file(text, self.style)
            }
            Block::Lines(text) => self.lines(text),
            Block::Question(question) => self.question(question),
            // Three hints are one piece of advice.
            Block::Hint(_) if self.is_first_hint(block) => {
                self.say(&format!("Stuck? `{}` gives the first of three hints.", self.command("hint")))
            }
            Block::Hint(_) => String::new(),
            Block::Goals(_, goals) => {
                let names: Vec<&str> = goals.iter().copied().map(Goal::name).collect();
                self.say(&format!("**Solved when:** {}.", names.join("; ")))
            }
        }
    }

    fn is_first_hint(&self, block: &Block) -> bool {
        let first = self.lesson.page.blocks().find(|block| matches!(block, Block::Hint(_)));
        first.is_some_and(|first| std::ptr::eq(first, block))
    }

    /// Commands with what they print on the page.
    pub fn commands(&self, commands: &Commands) -> String {
        let meanwhile = commands.meanwhile.as_ref().map(|command| {
            let text = format!("This needs a second terminal, in which `{}` goes on.", clean(command));
            self.say(&text) + "\n"
        });
        let lines = |typed: &Typed| format!("$ {}\n{}", typed.command, typed.shown);
        let shown = self.lines(&commands.typed.iter().map(lines).collect::<String>());
        meanwhile.unwrap_or_default() + &shown + &self.types(commands)
    }

    /// What the reader types into commands.
    pub fn types(&self, commands: &Commands) -> String {
        let types = commands.types.as_ref().map(|words| self.say(&format!("(Typed into it: `{}`)", clean(words))));
        types.map(|text| format!("\n{text}")).unwrap_or_default()
    }

    /// Lines as they are, indented; one that is too long goes on below. Commands stand out.
    pub fn lines(&self, text: &str) -> String {
        listing(text, self.style)
    }

    /// What a question asks, and its options.
    pub fn question(&self, question: &Question) -> String {
        let options = question.options.iter().map(|choice| self.choice(choice));
        markdown(&question.text, self.style) + "\n" + &options.collect::<String>()
    }

    fn choice(&self, choice: &Choice) -> String {
        self.hung(&format!("{}) ", choice.letter), &choice.text)
    }

    /// The whole answer: the right one, and what is wrong with the others.
    fn answer(&self, question: &Question) -> String {
        let mut text = self.say(&format!("Answer: **{}.** {}", question.right, question.because));
        for wrong in &question.wrong {
            text += &self.hung(&format!("{}, ", wrong.letter), &format!("*{}*: {}", wrong.name, wrong.text));
        }
        text
    }

    /// A paragraph behind a mark, indented.
    pub(super) fn hung(&self, mark: &str, text: &str) -> String {
        let first = format!("  {mark}");
        wrapped(&clean(text), &first, &" ".repeat(width(&first)), self.style)
    }

    /// Paragraphs of our own words.
    pub(super) fn say(&self, text: &str) -> String {
        markdown(text, self.style)
    }

    /// A command about this lesson: `lesson read 2 --course DIR`.
    pub(super) fn command(&self, name: &str) -> String {
        format!("lesson {name} {}{}", self.lesson.number, self.option)
    }
}

/// Pieces with an empty line between two.
pub(super) fn joined(pieces: impl IntoIterator<Item = String>) -> String {
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {

    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::course::Course;

    /// A page of the tests' own course, in a terminal of 50 columns.
    fn page(number: usize, answers: bool) -> String {
        let files = [
            ("01-one.md", include_str!("../../tests/course/01-one.md")),
            ("02-two.md", include_str!("../../tests/course/02-two.md")),
            ("SUMMARY.md", include_str!("../../tests/course/SUMMARY.md")),
            ("exercises/02.toml", include_str!("../../tests/course/exercises/02.toml")),
            ("solutions/02.toml", include_str!("../../tests/course/solutions/02.toml")),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_owned())).into_iter().collect();
        let course = Course::new(&files).expect("a course");
        let lesson = course.lesson(number).expect("a lesson");
        Leaf { lesson, option: "", style: Style { color: false, width: 50 } }.page(answers)
    }

    #[test]
    fn a_page_fits_fifty_columns() {
        assert_data_eq!(
            page(1, false),
            str![[r#"
1. One
══════

Two processes want two locks. This page is for the
tests of `lesson read` and `lesson learn`; what it
teaches, others teach better.

Predict
───────

Each takes one lock, and then wants the other. How
does it end?

  a) Both finish.
  b) Neither finishes, for each waits for the
     other, and a waiting process does not give
     back what it holds.

Run
───

In virtual time, so that it takes none. Look for
`Nothing moves`, and see lesson 2.

  $ lesson run deadlock --simulate
  ...
  Nothing moves
    Nobody who is left can make a step: all wait,
      none of these waits has a
  ...

The same as numbers:

  $ lesson explore deadlock
  ...
  $ lesson explore deadlock --json > numbers.json

Explain
───────

Two orders make a ring, and a ring of waits never
ends by itself, whatever else these processes may
do. A table:

lock  who
────  ──────────
`A`   the first
`B`   the second

1. Take `A`.
2. Take `B`, always behind it.

A file

The file `mine.toml`:

  title = "mine"
  on = "flock"

  [[process]]
  name = "P1"
  steps = ["lock A", "unlock A"]

  $ cat mine.toml
  $ lesson run mine.toml --simulate
  ...
    P1 is done
  ...

This needs a shell, and is yours to type:

  $ lesson scenarios | head -1
  ...

This needs a second terminal, in which
`lesson mystery` goes on.

  $ lesson who app.db
  ...

Repair
──────

Nothing to repair. As a picture:

  P1 -> P2

Transfer
────────

1. Two cars meet on a narrow bridge. What is the
lock?

  a) The half of the bridge that a car stands on.
  b) The driver.

2. Who can end it?

  a) Whoever drives back.
  b) Whoever waits longest.

Next: Two (lesson 2). It has an exercise.

The answers: `lesson read 1 --answers`

"#]]
        );
        assert_data_eq!(
            page(2, true),
            str![[r#"
2. Two
══════

A lesson with an exercise.

Predict
───────

Does it end?

  a) Yes.
  b) No.

Answer: b. Not always.
  a, it worked when I tried: Luck is no proof.

Run
───

  $ lesson explore 02.toml --first
  ...
  a line of luck 23
  ...

Explain
───────

So it is.

Repair
──────

`lesson start 2` gives you the file.

Solved when: no deadlock; everybody comes to an
end.

Stuck? `lesson hint 2` gives the first of three
hints.

Transfer
────────

1. And elsewhere?

  a) The same.
  b) Not so.

Answer: a. The same.
  b, this system is special: It is not.

"#]]
        );
    }
}
