//! A page of the course: what stands in it, in the order in which a learner comes to it.
//!
//! Five parts, under fixed headings: the learner predicts, runs, reads why, repairs, and takes it elsewhere.
//!
//! - A fenced `console` block has commands behind `$ `, each with what it prints. Above it may stand `<!-- exit: 1 -->`
//!   and `<!-- types: b -->`, what the reader types; a block with `<!-- meanwhile: ... -->` needs another terminal.
//! - `<!-- file: my.toml -->` above a fenced block makes it a file that the reader writes.
//! - Options and a folded answer are a question ([`Question`]).
//! - `**Solved when:** no deadlock; nobody starves.` are the goals of the exercise ([`Goal`]); `Hint 1` to `Hint 3` are
//!   folded away below it.

use super::piece::{Piece, pieces};
use super::question::{Question, choice};
use super::{Fault, Goal, seen};

/// The parts of a page, in their order.
pub const HEADINGS: [&str; 5] = ["Predict", "Run", "Explain", "Repair", "Transfer"];

/// What stands before the goals.
const GOALS: &str = "**Solved when:**";

/// A lesson's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Without its number.
    pub title: String,
    /// What stands above the first part.
    pub opening: Vec<Block>,
    /// Its parts, as in [`HEADINGS`].
    pub sections: Vec<Section>,
}

/// One part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Which.
    pub heading: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// Something that stands on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Markdown: paragraphs, lists, tables.
    Prose(String),
    /// What the reader types, and what it prints.
    Commands(Commands),
    /// A file that the reader writes.
    File {
        /// Its name.
        name: String,
        /// What is in it.
        text: String,
    },
    /// Lines to be shown as they are.
    Lines(String),
    /// To be answered.
    Question(Question),
    /// Folded away: one of the hints.
    Hint(String),
    /// When the exercise is solved, and the line that says it.
    Goals(usize, Vec<Goal>),
}

/// A block of commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commands {
    /// Its line.
    pub line: usize,
    /// What the reader types into them.
    pub types: Option<String>,
    /// A command that goes on in another terminal meanwhile.
    pub meanwhile: Option<String>,
    /// One after the other.
    pub typed: Vec<Typed>,
}

/// A command and what it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The command.
    pub command: String,
    /// What the page shows of its output; `...` stands for lines left out.
    pub shown: String,
}

impl Page {
    /// Reads a page.
    pub(super) fn parse(file: &str, number: usize, text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { file, ..Reader::default() };
        for (line, piece) in pieces(text) {
            reader.take(line, piece);
        }
        reader.end();
        reader.page(number)
    }

    /// The blocks of all parts.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.opening.iter().chain(self.sections.iter().flat_map(|section| &section.blocks))
    }

    /// Its questions, the prediction first.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.blocks().filter_map(|block| match block {
            Block::Question(question) => Some(question),
            _ => None,
        })
    }

    /// Its commands.
    pub fn commands(&self) -> impl Iterator<Item = &Commands> {
        self.blocks().filter_map(|block| match block {
            Block::Commands(commands) => Some(commands),
            _ => None,
        })
    }

    /// The commands that show these words on the page; if none shows them to the letter, those with other numbers.
    pub fn showing(&self, words: &str) -> Vec<&Typed> {
        let typed = || self.commands().flat_map(|commands| &commands.typed);
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let exact: Vec<&Typed> = typed().filter(|typed| plain(&typed.shown).contains(&plain(words))).collect();
        match exact.is_empty() {
            true => typed().filter(|typed| seen(words, &typed.shown).is_some()).collect(),
            false => exact,
        }
    }

    pub(super) fn goals(&self) -> Option<(&usize, &Vec<Goal>)> {
        self.blocks().find_map(|block| match block {
            Block::Goals(line, goals) => Some((line, goals)),
            _ => None,
        })
    }

    pub(super) fn hints(&self) -> Vec<String> {
        let hint = |block: &Block| match block {
            Block::Hint(text) => Some(text.clone()),
            _ => None,
        };
        self.blocks().filter_map(hint).collect()
    }
}

/// Reads a page piece by piece.
#[derive(Default)]
struct Reader<'a> {
    file: &'a str,
    faults: Vec<Fault>,
    title: Option<String>,
    opening: Vec<Block>,
    sections: Vec<Section>,
    /// What the comments above the next block say.
    orders: Vec<(&'a str, &'a str)>,
    /// Lines of Markdown that are not yet a block, and where they begin.
    prose: Vec<&'a str>,
    /// The line of the first option, the options so far.
    options: Option<(usize, Vec<super::Choice>)>,
    /// The line of the goals, and their words so far.
    goals: Option<(usize, String)>,
    /// Hints so far.
    hints: usize,
    /// The line of the first heading.
    headed: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, line: usize, piece: Piece<'a>) {
        match piece {
            Piece::Order { word, value } => self.orders.push((word, value)),
            Piece::Fence { language, body } => self.fence(line, language, &body),
            Piece::Fold { summary, body } => self.fold(line, summary, &body),
            Piece::Open(mark) => self.fault(line, format!("{mark} is never closed"), "close it"),
            Piece::Line(text) => self.line(line, text),
        }
    }

    fn fault(&mut self, line: usize, message: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault::new(self.file, line, message, remedy));
    }

    fn push(&mut self, block: Block) {
        match self.sections.last_mut() {
            Some(section) => section.blocks.push(block),
            None => self.opening.push(block),
        }
    }

    fn line(&mut self, number: usize, text: &'a str) {
        if !text.is_empty() {
            self.orders.clear(); // they were for no block
        }
        if let Some((_, words)) = &mut self.goals {
            match text.is_empty() {
                true => self.end_goals(),
                false => *words += &format!(" {text}"),
            }
        } else if let Some((_, options)) = self.options.as_mut().filter(|_| !text.is_empty()) {
            match (choice(text), options.last_mut()) {
                (Some(next), _) => options.push(next),
                (None, Some(last)) if text.starts_with("  ") => last.text += &format!(" {}", text.trim()),
                _ => {
                    self.fault(number, "the answer is missing", "fold it away below the options: <details>");
                    self.options = None;
                }
            }
        } else if self.options.is_some() {
            // a gap before the answer
        } else if let Some(title) = text.strip_prefix("# ") {
            self.title = Some(title.trim().to_owned());
        } else if let Some(heading) = text.strip_prefix("## ") {
            self.end_prose();
            self.headed = if self.headed == 0 { number } else { self.headed };
            self.sections.push(Section { heading: heading.trim().to_owned(), blocks: Vec::new() });
        } else if let Some(first) = choice(text) {
            self.options = Some((number, vec![first]));
        } else if let Some(words) = text.strip_prefix(GOALS) {
            self.end_prose();
            self.goals = Some((number, words.to_owned()));
        } else {
            self.prose.push(text);
        }
    }

    fn fence(&mut self, line: usize, language: &'a str, body: &[&'a str]) {
        self.end_prose();
        let orders = std::mem::take(&mut self.orders);
        let order =
            |wanted: &str| orders.iter().find(|(word, _)| *word == wanted).map(|(_, value)| (*value).to_owned());
        let text = body.iter().map(|line| format!("{line}\n")).collect();
        let block = match (language, order("file")) {
            (_, Some(name)) => Block::File { name, text },
            ("console", None) => {
                let typed = typed(body);
                if typed.is_empty() {
                    self.fault(line, "there is no command in this block", "begin it with `$ lesson ...`");
                }
                if let Some((command, why)) =
                    typed.iter().find_map(|typed| Some((&typed.command, harm(&typed.command)?)))
                {
                    self.fault(line, format!("`{command}` {why}"), "a page is run by whoever trusts it: change it");
                }
                Block::Commands(Commands { line, types: order("types"), meanwhile: order("meanwhile"), typed })
            }
            (_, None) => Block::Lines(text),
        };
        self.push(block);
    }

    fn fold(&mut self, line: usize, summary: &str, body: &[(usize, &'a str)]) {
        if summary == "Answer" {
            let Some((line, options)) = self.options.take() else {
                return self.fault(line, "this answer has no question", "put options a), b), ... above it");
            };
            let text = self.last_paragraph();
            self.end_prose();
            match Question::new(self.file, line, text, options, body) {
                Ok(question) => self.push(Block::Question(question)),
                Err(fault) => self.faults.push(fault),
            }
        } else if summary.starts_with("Hint ") {
            self.end_prose();
            self.hints += 1;
            if summary != format!("Hint {}", self.hints) {
                self.fault(line, format!("`{summary}` is the hint number {}", self.hints), "number them from 1 on");
            }
            let text: String = body.iter().map(|(_, line)| format!("{line}\n")).collect();
            self.push(Block::Hint(text.trim().to_owned()));
        } else {
            let remedy = "fold away answers and hints: <summary>Answer</summary>, <summary>Hint 1</summary>";
            self.fault(line, format!("`{summary}` is neither"), remedy);
        }
    }

    /// Takes the last paragraph out of what was read: a question asks it again.
    fn last_paragraph(&mut self) -> String {
        let trimmed = self.prose.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        self.prose.truncate(trimmed);
        let from = self.prose.iter().rposition(|line| line.is_empty()).map_or(0, |gap| gap + 1);
        self.prose.split_off(from).join(" ")
    }

    fn end_prose(&mut self) {
        let text = std::mem::take(&mut self.prose).join("\n").trim_matches('\n').to_owned();
        if !text.is_empty() {
            self.push(Block::Prose(text));
        }
    }

    fn end_goals(&mut self) {
        let Some((line, words)) = self.goals.take() else { return };
        match Goal::parse_all(&words) {
            Ok(goals) => self.push(Block::Goals(line, goals)),
            Err(words) => {
                let names: Vec<&str> = Goal::ALL.iter().map(|goal| goal.name()).collect();
                self.fault(line, format!("`{words}` is no goal"), format!("the goals are: {}", names.join("; ")));
            }
        }
    }

    fn end(&mut self) {
        if let Some((line, _)) = self.options.take() {
            self.fault(line, "the answer is missing", "fold it away below the options: <details>");
        }
        self.end_goals();
        self.end_prose();
    }

    fn page(mut self, number: usize) -> Result<Page, Vec<Fault>> {
        let wanted = format!("{number}. ");
        let title = self.title.take().unwrap_or_default();
        if !title.starts_with(&wanted) {
            self.fault(1, "the title has not the number of the lesson", format!("begin with # {wanted}Title"));
        }
        let found: Vec<&str> = self.sections.iter().map(|section| section.heading.as_str()).collect();
        if found != HEADINGS {
            let message = match found.as_slice() {
                [] => "the page has no parts".to_owned(),
                found => format!("the parts of the page are: {}", found.join(", ")),
            };
            self.fault(self.headed, message, format!("make them ## {}", HEADINGS.join(", ## ")));
        }
        let title = title.trim_start_matches(&wanted).to_owned();
        let page = Page { title, opening: self.opening, sections: self.sections };
        let mut faults = self.faults;
        faults.extend(unseen(self.file, &page));
        let is_question = |block: &Block| matches!(block, Block::Question(_));
        for (at, heading) in [(0, "Predict"), (4, "Transfer")] {
            let has = page.sections.get(at).is_none_or(|section| section.blocks.iter().any(is_question));
            if !has && faults.is_empty() {
                faults.push(Fault::new(self.file, 0, format!("## {heading} asks nothing"), "add a question"));
            }
        }
        if faults.is_empty() { Ok(page) } else { Err(faults) }
    }
}

/// Options after which comes a file to write.
const WRITES: [&str; 9] =
    ["--html", "--svg", "--dot", "--perfetto", "--trace", "--record", "--dir", "--also-into", ">"];

/// What a command of a page may not do: the tour runs it in a folder of its own, which it is not to leave.
fn harm(command: &str) -> Option<&'static str> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let is_outside = |file: &str| file.contains(['/', '\\']);
    let writes = |pair: &[&str]| WRITES.contains(&pair[0]) && is_outside(pair[1]);
    let joined =
        |word: &&str| word.split_once('=').is_some_and(|(option, file)| WRITES.contains(&option) && is_outside(file));
    let exports = words.iter().position(|word| *word == "--export").and_then(|at| words.get(at + 2));
    if words.iter().any(|word| word.starts_with("--force")) {
        return Some("may write over a file");
    }
    let leaves =
        words.windows(2).any(writes) || words.iter().any(joined) || exports.is_some_and(|file| is_outside(file));
    leaves.then_some("writes outside of the reader's folder")
}

/// Answers whose words no output of the page has.
fn unseen(file: &str, page: &Page) -> Vec<Fault> {
    let questions = page.questions().filter_map(|question| Some((question.line, question.seen.as_deref()?)));
    let unseen = questions.filter(|(_, words)| page.showing(words).is_empty());
    unseen
        .map(|(line, words)| {
            let remedy = "quote a line that a command of this page prints, or leave `Seen:` out";
            Fault::new(file, line, format!("no output on the page has `{words}`"), remedy)
        })
        .collect()
}

/// The commands of a `console` block, each with the lines below it; what stands above the first is left out.
pub fn typed(body: &[&str]) -> Vec<Typed> {
    let mut commands: Vec<Typed> = Vec::new();
    for line in body {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push(Typed { command: command.to_owned(), shown: String::new() }),
            (None, Some(last)) => last.shown += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    commands
}
