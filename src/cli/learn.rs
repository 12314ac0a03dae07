//! `lesson learn`: a lesson with a guide. Predict, run, compare, go on.

mod carry;
mod evidence;
mod pieces;
mod room;

use super::courses::{Opened, Which, keep, now, number};
use super::input::Input;
use super::output::print;
use super::{Verdict, style};
use crate::course::{Answered, Block, Commands, Done, Lesson, Question, Section, seen};
use crate::home::Home;
use crate::machine::Terminal;
use crate::report::{Leaf, Observed, height};
use crate::run::{Interrupted, is_interrupted};
use pieces::pieces;
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
        let number = self.number.unwrap_or_else(|| opened.next(&opened.done(), 1));
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
            files: Vec::new(),
            before: done_before(&opened, number),
            asked: 0,
            has_answered: false,
            predicted: None,
        };
        let verdict = match tour.go() {
            Err(error) if error.is::<Left>() => Verdict::Shown,
            Err(error) if error.is::<Interrupted>() => Verdict::Interrupted,
            ended => return ended.map(|()| Verdict::Shown),
        };
        let leaf = tour.leaf();
        print(&format!("\n{}", leaf.leaving(tour.has_answered)))?;
        if !tour.files.is_empty() {
            print(&format!("\n{}", leaf.gone(&tour.files)))?;
        }
        Ok(verdict)
    }
}

/// What was done in the lesson until now. What can't be read is said where it is kept.
fn done_before(opened: &Opened, number: usize) -> Done {
    let progress = Home::find().and_then(|home| home.read());
    progress.ok().and_then(|progress| progress.course(&opened.key).remove(&number)).unwrap_or_default()
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
    /// Files of the page that were written.
    files: Vec<String>,
    /// What was done in this lesson before.
    before: Done,
    /// Questions that were asked.
    asked: usize,
    /// Whether one of them was answered.
    has_answered: bool,
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
        // It may have been solved in another window meanwhile.
        let mut is_solved = self.before.is_solved();
        self.opened.keep(self.lesson.number, |done| {
            done.finished = Some(now());
            is_solved = done.is_solved();
        });
        self.show(&self.leaf().gone(&self.files))?;
        let next = self.opened.course.lesson(self.lesson.number + 1);
        self.show(&self.leaf().ending(is_solved, next))
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
        let showing = self.lesson.page.showing(question.seen.as_deref().unwrap_or_default());
        let shows = |commands: &&Commands| commands.typed.iter().any(|typed| showing.contains(&typed));
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
                    self.room.write(name, text.as_bytes());
                    let written = self.leaf().written(name);
                    self.show_listing(&format!("{}\n{written}", self.leaf().block(block)))?;
                    if !self.files.contains(name) {
                        self.files.push(name.clone());
                    }
                }
                Block::Lines(_) => self.show_listing(&self.leaf().block(block))?,
                _ => self.show(&self.leaf().block(block))?,
            }
        }
        Ok(())
    }

    /// The prediction is compared after the run; the answer to any other question follows at once.
    fn question(&mut self, question: &'a Question) -> anyhow::Result<()> {
        let number = self.asked;
        self.asked += 1;
        let mut text = self.leaf().question(question);
        if let Some(letter) = self.before.first_answer(number).and_then(|answer| answer.letter) {
            text += &format!("\n{}", self.leaf().said_before(letter));
        }
        self.put(&text, true)?;
        let letter = self.answer(question)?;
        self.has_answered |= letter.is_some();
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
        self.input.forget();
        for _ in 0..PATIENCE {
            let line = self.prompt(&format!("Your answer ({letters}; s skips, q leaves): "))?;
            let mut typed = line.chars();
            match (typed.next(), typed.next()) {
                // Enter goes on everywhere else: nobody is to lose a question by it. A file that ends says no more.
                (None, _) if !self.input.is_terminal => return Ok(None),
                (Some('s'), None) => {
                    self.show("Skipped.\n")?;
                    return Ok(None);
                }
                (Some(letter), None) if question.has(letter) => return Ok(Some(letter)),
                (Some(letter), Some(')')) if question.has(letter) => return Ok(Some(letter)),
                _ => self.show(&format!("Type one of {letters}, s or q, and then Enter.\n"))?,
            }
        }
        self.show("Skipped.\n")?;
        Ok(None)
    }

    /// Prediction beside observation.
    fn compare(&mut self) -> anyhow::Result<()> {
        let Some((question, letter)) = self.predicted.take() else { return Ok(()) };
        self.show(&self.leaf().verdict(question, letter, &self.observed(question)))
    }

    fn observed(&self, question: &Question) -> Observed {
        let Some(words) = &question.seen else { return Observed::Nothing };
        // What another command prints may have the same words and prove the opposite.
        let showing = self.lesson.page.showing(words);
        let is_meant = |command: &str| showing.iter().any(|typed| typed.command == command);
        let mut heard = self.room.heard.iter().filter(|(command, _)| is_meant(command)).peekable();
        match heard.peek() {
            None => Observed::NotRun,
            Some(_) => heard.find_map(|(_, heard)| seen(words, heard)).map_or(Observed::NotThisTime, Observed::Here),
        }
    }

    /// Runs commands if the learner wants; what is not run is shown as the page has it.
    fn offer(&mut self, commands: &Commands) -> anyhow::Result<()> {
        if commands.meanwhile.is_some() {
            return self.show_listing(&self.leaf().commands(commands));
        }
        for (at, typed) in commands.typed.iter().enumerate() {
            let leaf = self.leaf();
            let one = Commands { typed: vec![typed.clone()], ..commands.clone() };
            let Some(deed) = carry::deed(&typed.command) else {
                self.show_listing(&leaf.commands(&one))?;
                continue;
            };
            if at > 0 {
                self.filled = 0; // the learner is asked at once
            }
            self.show(&leaf.lines(&format!("$ {}\n", typed.command)))?;
            if self.is_skipped()? {
                if typed.shown.lines().any(|line| line != "...") {
                    let shown =
                        format!("The page has this output:\n\n{}{}", leaf.lines(&typed.shown), leaf.types(&one));
                    self.show_listing(&shown)?;
                }
                continue;
            }
            print("\n")?;
            let types = commands.types.as_deref();
            let ran = carry::carry(&deed, types, &self.room, self.terminal)?;
            self.input.forget();
            self.filled = 0;
            if let Some(ran) = ran {
                self.room.heard.push((typed.command.clone(), ran.transcript.clone()));
                self.look_back(&deed, &ran.transcript)?;
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

    /// What was printed is not pushed out of sight unread; what was out of sight at once is said.
    fn look_back(&mut self, deed: &carry::Deed, printed: &str) -> anyhow::Result<()> {
        let now = self.terminal.again();
        let Some(most) = now.height.filter(|_| matches!(deed, carry::Deed::Lesson(_, None))) else { return Ok(()) };
        self.filled = height(printed, now.width);
        if self.filled >= most {
            print("\nThat was higher than this window: scroll up.\n")?;
        }
        Ok(())
    }

    fn is_skipped(&mut self) -> anyhow::Result<bool> {
        for _ in 0..PATIENCE {
            match self.prompt("Enter runs it (s skips, q leaves): ")?.as_str() {
                "" => return Ok(false),
                "s" => return Ok(true),
                _ => self.show("Press Enter alone, or type s or q.\n")?,
            }
        }
        Ok(true)
    }

    /// Goes on when the learner does.
    fn pause(&mut self) -> anyhow::Result<()> {
        for _ in 0..PATIENCE {
            if self.prompt("Enter goes on (q leaves): ")?.is_empty() {
                break;
            }
            print("\nPress Enter alone, or type q.\n")?;
        }
        Ok(())
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

    /// Shows a text, with an empty line above it.
    fn show(&mut self, text: &str) -> anyhow::Result<()> {
        self.put(text, false)
    }

    /// Shows lines that belong together. If they are higher than the window, the learner gets them part by part.
    fn show_listing(&mut self, text: &str) -> anyhow::Result<()> {
        let is_one = fits(&self.terminal.again(), text);
        self.put(text, is_one)
    }

    /// Shows a text in one piece, or by paragraphs. Before a piece would push out of sight what was not read yet, the
    /// learner is asked.
    fn put(&mut self, text: &str, is_one: bool) -> anyhow::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let now = self.terminal.again();
        let heading = std::mem::take(&mut self.heading);
        for piece in pieces(&heading, text, is_one, |piece| fits(&now, piece)) {
            let lines = 1 + height(&piece, now.width);
            let is_full = now.height.is_some_and(|most| self.filled + lines + PROMPT_LINES > most);
            if is_full && self.filled > 0 && self.input.is_terminal {
                self.pause()?;
            }
            print(&format!("\n{piece}\n"))?;
            self.filled += lines;
        }
        Ok(())
    }
}

/// Whether a text fits the window, with an empty line above it and a prompt below.
fn fits(now: &Terminal, text: &str) -> bool {
    now.height.is_none_or(|most| 1 + height(text, now.width) + PROMPT_LINES <= most)
}
