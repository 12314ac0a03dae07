//! A lesson's page in a terminal: `lesson read` shows it whole, `lesson learn` piece by piece.

use super::markdown::{clean_lines, markdown, wrapped};
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
            Block::File { name, text } => self.say(&format!("The file `{}`:", clean(name))) + "\n" + &self.lines(text),
            Block::Lines(text) => self.lines(text),
            Block::Question(question) => self.question(question),
            // Three hints are one piece of advice.
            Block::Hint(_) if self.is_first_hint(block) => {
                self.say(&format!("Stuck? `{}` gives a hint; there are more than one.", self.command("hint")))
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

    /// Lines as they are. They are indented if that leaves them whole; commands stand out.
    pub fn lines(&self, text: &str) -> String {
        let text = clean_lines(text);
        let widest = text.lines().map(width).max().unwrap_or(0);
        let indent = if widest + 2 <= self.style.width { "  " } else { "" };
        let line = |line: &str| match line.strip_prefix("$ ") {
            Some(_) => format!("{indent}{}\n", self.style.heading(line)),
            None if line.is_empty() => "\n".into(),
            None => format!("{indent}{line}\n"),
        };
        text.lines().map(line).collect()
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
