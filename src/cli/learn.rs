//! `lesson learn`: a lesson with a guide. Predict, run, compare, go on.

mod carry;
mod evidence;
mod room;

use super::courses::{Opened, Which, keep, now, number};
use super::input::Input;
use super::output::print;
use super::{Verdict, style};
use crate::course::{Answered, Block, Commands, Lesson, Question, Section, seen};
use crate::machine::Terminal;
use crate::report::{Leaf, Observed, height};
use crate::run::{Interrupted, is_interrupted};
use room::Room;

/// So often a question is asked again; then it is skipped.
const PATIENCE: usize = 10;

/// Lines that a prompt takes at the bottom of the screen, with the empty one above it.
const PROMPT_LINES: usize = 2;

/// Guides through a lesson: you predict, it runs, and both stand side by side.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson learn                  the next lesson that is not done
  lesson learn 2
  printf 'c\\n' | lesson learn 2     the prediction; what is asked then is skipped

Each question can be skipped with Enter; q leaves. What you answer is kept at
once, and what is run is kept for the hand-in.

Exit status: 0 = it was shown, 2 = there is no such lesson, or bad usage,
130 = interrupted.")]
pub(super) struct Args {
    /// Which lesson [default: the next one that is not done]
    #[arg(value_name = "N", value_parser = number())]
    number: Option<usize>,
    #[command(flatten)]
    which: Which,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let opened = self.which.open()?;
        if self.number.is_none() {
            keep(|_| {}); // a broken progress is put aside before it is read
        }
        let number = self.number.unwrap_or_else(|| opened.next(&opened.done()));
        let lesson = opened.lesson(number)?;
        let room = Room::new(lesson)?;
        let input = Input::new();
        let mut tour = Tour {
            opened: &opened,
            lesson,
            terminal,
            room,
            input,
            filled: 0,
            heading: String::new(),
            asked: 0,
            predicted: None,
        };
        let verdict = match tour.go() {
            Err(error) if error.is::<Left>() => Verdict::Shown,
            Err(error) if error.is::<Interrupted>() => Verdict::Interrupted,
            ended => return ended.map(|()| Verdict::Shown),
        };
        print(&format!("\n{}", tour.leaf().leaving()))?;
        Ok(verdict)
    }
}

/// The learner has had enough for now.
#[derive(Debug, thiserror::Error)]
#[error("left before the end")]
struct Left;

/// A way through a lesson.
struct Tour<'a> {
    opened: &'a Opened,
    lesson: &'a Lesson,
    terminal: &'a Terminal,
    room: Room,
    input: Input,
    /// Lines that were shown since the learner was asked for the last time.
    filled: usize,
    /// A heading that is shown together with what stands below it.
    heading: String,
    /// Questions that were asked.
    asked: usize,
    /// A prediction that waits to be compared.
    predicted: Option<(&'a Question, Option<char>)>,
}

impl<'a> Tour<'a> {
    fn go(&mut self) -> anyhow::Result<()> {
        self.show(&self.leaf().title())?;
        self.blocks(&self.lesson.page.opening, None)?;
        for (at, section) in self.lesson.page.sections.iter().enumerate() {
            // The opening leads to the prediction, and the prediction to the run.
            if at > 1 {
                self.pause()?;
            }
            self.heading = self.leaf().heading(section);
            self.blocks(&section.blocks, self.deciding(section))?;
        }
        self.compare()?;
        let next = self.opened.course.lesson(self.lesson.number + 1);
        self.show(&self.leaf().ending(next))?;
        self.opened.keep(self.lesson.number, |done| done.finished = Some(now()));
        Ok(())
    }

    /// In the present size of the terminal.
    fn leaf(&self) -> Leaf<'a> {
        Leaf { lesson: self.lesson, option: &self.opened.option, style: style(&self.terminal.again()) }
    }

    /// The commands that decide the prediction: the first ones whose output on the page has its words.
    fn deciding(&self, section: &'a Section) -> Option<&'a Commands> {
        let (question, _) = self.predicted?;
        let all =
            || section.blocks.iter().filter_map(|block| if let Block::Commands(it) = block { Some(it) } else { None });
        let shows = |commands: &&Commands| {
            let words = question.seen.as_deref().unwrap_or_default();
            commands.typed.iter().any(|typed| seen(words, &typed.shown).is_some())
        };
        all().find(shows).or_else(|| all().next())
    }

    fn blocks(&mut self, blocks: &'a [Block], deciding: Option<&Commands>) -> anyhow::Result<()> {
        for block in blocks {
            match block {
                Block::Question(question) => self.question(question)?,
                Block::Commands(commands) => {
                    self.offer(commands)?;
                    if deciding.is_some_and(|deciding| std::ptr::eq(deciding, commands)) {
                        self.compare()?;
                    }
                }
                Block::File { name, text } => {
                    self.show(&self.leaf().block(block))?;
                    self.room.write(name, text.as_bytes());
                }
                _ => self.show(&self.leaf().block(block))?,
            }
        }
        Ok(())
    }

    /// The prediction is compared after the run; the answer to any other question follows at once.
    fn question(&mut self, question: &'a Question) -> anyhow::Result<()> {
        self.show(&self.leaf().question(question))?;
        let letter = self.answer(question)?;
        let number = self.asked;
        self.asked += 1;
        let answered = Answered {
            at: now(),
            question: number,
            letter,
            right: letter == Some(question.right),
            misconception: letter.and_then(|letter| Some(question.misconception(letter)?.name.clone())),
        };
        self.opened.keep(self.lesson.number, |done| done.answers.push(answered));
        match number {
            0 => self.predicted = Some((question, letter)),
            _ => {
                // What it takes elsewhere need not have been seen here.
                let observed = Some(self.observed(question)).filter(|seen| matches!(seen, Observed::Here(_)));
                let observed = observed.unwrap_or(Observed::Nothing);
                self.show(&self.leaf().verdict(question, letter, &observed))?;
            }
        }
        Ok(())
    }

    /// A letter; `None` if the question is skipped.
    fn answer(&mut self, question: &Question) -> anyhow::Result<Option<char>> {
        let letters: Vec<String> = question.options.iter().map(|choice| choice.letter.to_string()).collect();
        let letters = letters.join(", ");
        for _ in 0..PATIENCE {
            let line = self.prompt(&format!("Your answer ({letters}; Enter skips, q leaves): "))?;
            let mut typed = line.chars();
            match (typed.next(), typed.next()) {
                (None, _) => return Ok(None),
                (Some(letter), None) if question.has(letter) => return Ok(Some(letter)),
                (Some(letter), Some(')')) if question.has(letter) => return Ok(Some(letter)),
                _ => self.show(&format!("Type one of {letters}, or nothing, or q.\n"))?,
            }
        }
        Ok(None)
    }

    /// Prediction beside observation.
    fn compare(&mut self) -> anyhow::Result<()> {
        let Some((question, letter)) = self.predicted.take() else { return Ok(()) };
        self.show(&self.leaf().verdict(question, letter, &self.observed(question)))
    }

    fn observed(&self, question: &Question) -> Observed {
        let Some(words) = &question.seen else { return Observed::Nothing };
        match seen(words, &self.room.heard) {
            Some(found) => Observed::Here(found),
            None if self.room.heard.is_empty() => Observed::NotRun,
            None => Observed::NotThisTime,
        }
    }

    /// Runs commands if the learner wants; what is not run is shown as the page has it.
    fn offer(&mut self, commands: &Commands) -> anyhow::Result<()> {
        if commands.meanwhile.is_some() {
            return self.show(&self.leaf().commands(commands));
        }
        for typed in &commands.typed {
            let leaf = self.leaf();
            let one = Commands { typed: vec![typed.clone()], ..commands.clone() };
            let Some(deed) = carry::deed(&typed.command) else {
                self.show(&leaf.commands(&one))?;
                continue;
            };
            self.show(&leaf.lines(&format!("$ {}\n", typed.command)))?;
            if self.is_skipped()? {
                if typed.shown.lines().any(|line| line != "...") {
                    let shown =
                        format!("The page has this output:\n\n{}{}", leaf.lines(&typed.shown), leaf.types(&one));
                    self.show(&shown)?;
                }
                continue;
            }
            print("\n")?;
            let types = commands.types.as_deref();
            let ran = carry::carry(&deed, types, &mut self.room, self.terminal)?;
            self.input.forget();
            self.filled = 0;
            if let Some(ran) = ran {
                let evidence = evidence::keep(self.lesson.number, &typed.command, &ran);
                if let Some(evidence) = evidence {
                    self.opened.keep(self.lesson.number, |done| done.runs.push(evidence));
                }
                if is_interrupted() {
                    return Err(Interrupted.into());
                }
            }
        }
        Ok(())
    }

    fn is_skipped(&mut self) -> anyhow::Result<bool> {
        for _ in 0..PATIENCE {
            match self.prompt("Enter runs it (s skips, q leaves): ")?.as_str() {
                "" => return Ok(false),
                "s" => return Ok(true),
                _ => self.show("Type nothing, s or q.\n")?,
            }
        }
        Ok(true)
    }

    /// Goes on when the learner does.
    fn pause(&mut self) -> anyhow::Result<()> {
        self.prompt("Enter goes on (q leaves): ").map(drop)
    }

    /// Asks, and gives what was typed, in small letters; nothing at the end of the input.
    fn prompt(&mut self, text: &str) -> anyhow::Result<String> {
        print(&format!("\n{text}"))?;
        let line = self.input.line()?;
        if !self.input.is_terminal || line.is_none() {
            print("\n")?; // nobody has pressed Enter here
        }
        self.filled = 0;
        let word = line.as_deref().unwrap_or_default().trim().to_lowercase();
        // Ctrl-D, as in a shell. A pipe that ends is nobody who leaves.
        let hung_up = line.is_none() && self.input.is_terminal;
        if hung_up || matches!(word.as_str(), "q" | "quit") { Err(Left.into()) } else { Ok(word) }
    }

    /// Shows a piece, with an empty line above it. Before a paragraph would push out of sight what was not read yet,
    /// the learner is asked.
    fn show(&mut self, text: &str) -> anyhow::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let now = self.terminal.again();
        let heading = std::mem::take(&mut self.heading);
        let text = if heading.is_empty() { text.to_owned() } else { format!("{heading}\n{text}") };
        let mut rest = text.trim_end_matches('\n').split("\n\n");
        let first = (!heading.is_empty()).then(|| rest.by_ref().take(2).collect::<Vec<_>>().join("\n\n"));
        for paragraph in first.into_iter().chain(rest.map(str::to_owned)) {
            let lines = 1 + height(&paragraph, now.width);
            let is_full = now.height.is_some_and(|most| self.filled + lines + PROMPT_LINES > most);
            if is_full && self.filled > 0 && self.input.is_terminal {
                self.pause()?;
            }
            print(&format!("\n{paragraph}\n"))?;
            self.filled += lines;
        }
        Ok(())
    }
}
