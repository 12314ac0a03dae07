//! A page: its blocks, and whether they tell the truth.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lesson::course::{Piece, Typed, pieces, typed};
use snapbox::report::Palette;
use snapbox::{Assert, IntoData};
use tempfile::TempDir;

use crate::luck::Luck;
use crate::meanwhile::Meanwhile;
use crate::plain::plain;

/// Above what the second witness says.
pub const WITNESS: &str = "Second witness";

/// A Markdown file.
pub struct Page {
    name: String,
    /// What the reader has beside it: the files of the lesson's exercise.
    files: Vec<PathBuf>,
    blocks: Vec<Block>,
}

/// What a reader does: one fenced block.
struct Block {
    line: usize,
    kind: Kind,
}

enum Kind {
    /// Writes a file.
    File { name: String, text: String },
    /// Types commands.
    Commands { commands: Vec<Typed>, orders: Orders },
}

/// What the comments above a block say.
#[derive(Clone)]
struct Orders {
    exit: Vec<i32>,
    luck: Luck,
    tries: u32,
    file: Option<String>,
    types: Option<String>,
    meanwhile: Option<String>,
}

impl Default for Orders {
    fn default() -> Self {
        Self { exit: vec![0], luck: Luck::default(), tries: 1, file: None, types: None, meanwhile: None }
    }
}

impl Page {
    /// Reads a page.
    pub fn read(path: &Path) -> Self {
        let name = path.strip_prefix(crate::root()).unwrap_or(path).display().to_string();
        Self { files: crate::exercise_files(path), ..Self::parse(&name, &crate::read(path)) }
    }

    /// Finds the blocks of a page. One that can't be understood is a panic: the page has to be put right.
    pub fn parse(name: &str, text: &str) -> Self {
        let (mut blocks, mut orders) = (Vec::new(), Orders::default());
        for (line, piece) in pieces(text) {
            let place = || format!("{name}:{line}");
            match piece {
                Piece::Order { word, value } => {
                    orders.take(word, value).unwrap_or_else(|wrong| panic!("{}: {wrong}", place()));
                }
                Piece::Fence { language, body } => {
                    let orders = std::mem::take(&mut orders);
                    let kind = match (language, orders.file.clone()) {
                        ("console", None) => Kind::Commands { commands: commands(&body, &place()), orders },
                        (_, Some(name)) => Kind::File { name, text: body.join("\n") + "\n" },
                        _ => continue,
                    };
                    blocks.push(Block { line, kind });
                }
                Piece::Open(mark) => panic!("{}: {mark} is never closed", place()),
                Piece::Line("") => {}
                Piece::Line(_) => orders = Orders::default(),
                Piece::Fold { body, .. } => {
                    let hidden = body.iter().find(|(_, line)| line.starts_with("```console"));
                    assert!(hidden.is_none(), "{}: commands that are folded away are not tested", place());
                }
            }
        }
        Self { name: name.to_owned(), files: Vec::new(), blocks }
    }

    /// How many commands the page has.
    pub fn commands(&self) -> usize {
        let count = |block: &Block| match &block.kind {
            Kind::Commands { commands, .. } => commands.len(),
            Kind::File { .. } => 0,
        };
        self.blocks.iter().map(count).sum()
    }

    /// Does what the reader does, in a directory of its own, and compares.
    pub fn check(&self) -> Result<(), String> {
        let dir = TempDir::new().expect("a directory for the reader");
        for file in &self.files {
            let name = file.file_name().expect("it has a name");
            fs::copy(file, dir.path().join(name)).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        let mut wrong = Vec::new();
        for block in &self.blocks {
            let found = match &block.kind {
                Kind::File { name, text } => fs::write(dir.path().join(name), text).map_err(|error| error.to_string()),
                Kind::Commands { commands, orders } => {
                    let attempt = || check_block(commands, orders, dir.path());
                    (1..orders.tries).fold(attempt(), |found, _| found.or_else(|_| attempt()))
                }
            };
            wrong.extend(found.err().map(|error| format!("{}:{}: {error}", self.name, block.line)));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

impl Orders {
    fn take(&mut self, word: &str, value: &str) -> Result<(), String> {
        let number = |text: &str| text.trim().parse().map_err(|_| format!("`{text}` is no number"));
        match word {
            "exit" => self.exit = value.split(',').map(number).collect::<Result<_, _>>()?,
            "luck" => self.luck = Luck::parse(value)?,
            "tries" => self.tries = number(value)?.unsigned_abs(),
            "file" => self.file = Some(file(value)?),
            "types" => self.types = Some(format!("{value}\n")),
            "meanwhile" => self.meanwhile = Some(value.to_owned()),
            _ => return Err(format!("`{word}` is none of exit, luck, tries, file, types and meanwhile")),
        }
        Ok(())
    }
}

/// The commands of a block, each with the lines below it.
fn commands(body: &[&str], place: &str) -> Vec<Typed> {
    let is_first = body.first().is_some_and(|line| line.starts_with("$ "));
    assert!(is_first, "{place}: a console block begins with `$ ` and a command");
    typed(body)
}

/// Runs the commands one after the other, and compares what each prints with what the page shows.
fn check_block(commands: &[Typed], orders: &Orders, dir: &Path) -> Result<(), String> {
    let mut status = 0;
    let meanwhile = orders.meanwhile.as_deref().map(|command| Meanwhile::start(command, dir)).transpose()?;
    for Typed { command, shown } in commands {
        if status != 0 {
            return Err(format!("the command before `{command}` ended with the exit status {status}"));
        }
        let here = meanwhile.as_ref().map_or_else(|| Ok(command.clone()), |other| other.here(command))?;
        let typed = orders.types.as_deref().unwrap_or_default();
        let ran = run(&here, typed, dir).map_err(|error| format!("`{command}`: {error}"))?;
        status = ran.status;
        if shown.is_empty() {
            continue;
        }
        let is_silent = orders.luck.witness && !ran.printed.contains(WITNESS);
        let shown = if is_silent { without_witness(shown) } else { shown.clone() };
        let (printed, shown) = (plain(&ran.printed, orders.luck), plain(&shown, orders.luck));
        let name = format!("`{command}` on this machine, made plain");
        let compared =
            Assert::new().palette(Palette::plain()).try_eq(Some(&name), printed.into_data(), shown.into_data());
        compared.map_err(|error| error.to_string())?;
    }
    if orders.exit.contains(&status) {
        return Ok(());
    }
    Err(format!("the exit status is {status}; the page says {:?}", orders.exit))
}

/// The page as it would be if the second witness had said nothing.
fn without_witness(shown: &str) -> String {
    let mut in_witness = false;
    let is_kept = |line: &&str| {
        let was_in = in_witness;
        in_witness = line.starts_with(WITNESS) || (was_in && !line.is_empty());
        !in_witness && !was_in
    };
    shown.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
}

/// What a command did.
struct Ran {
    printed: String,
    status: i32,
}

/// Runs a command as a shell would, as far as the pages need it.
fn run(command: &str, typed: &str, dir: &Path) -> Result<Ran, String> {
    let mut words = words(command)?;
    let target = match words.iter().position(|word| word == ">") {
        Some(at) if at + 2 == words.len() => Some(dir.join(file(&words[at + 1])?)),
        Some(_) => return Err("`>` is followed by one file name, at the end".into()),
        None => None,
    };
    words.truncate(words.iter().position(|word| word == ">").unwrap_or(words.len()));
    let done = |printed: String| Ran { printed, status: 0 };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = match words.as_slice() {
        ["lesson", rest @ ..] | ["cargo", "run", "--", rest @ ..] | ["cargo", "run", "--release", "--", rest @ ..] => {
            lesson(rest, typed, dir)?
        }
        ["cat", name] => done(fs::read_to_string(dir.join(file(name)?)).map_err(|error| error.to_string())?),
        // Known, and not for a test to run.
        ["cargo", "test"] | ["cargo", "install", "--path", "."] => done(String::new()),
        ["git", "clone", url] if url.starts_with("https://") => done(String::new()),
        ["cd", name] if !name.contains("..") => done(String::new()),
        _ => {
            return Err(
                "the pages may use lesson, cargo run --, cargo test, cargo install --path ., cat, git clone, cd".into(),
            );
        }
    };
    let Some(target) = target else { return Ok(ran) };
    fs::write(target, &ran.printed).map_err(|error| error.to_string())?;
    Ok(Ran { printed: String::new(), ..ran })
}

fn lesson(arguments: &[&str], typed: &str, dir: &Path) -> Result<Ran, String> {
    let (input, mut writer) = std::io::pipe().map_err(|error| error.to_string())?;
    // It fits into the pipe, so nobody has to read it for us to go on.
    writer.write_all(typed.as_bytes()).map_err(|error| error.to_string())?;
    drop(writer);
    let output = Command::new(env!("CARGO_BIN_EXE_lesson"))
        .args(["--color", "never"])
        .args(arguments)
        .current_dir(dir)
        .stdin(input)
        .output()
        .map_err(|error| error.to_string())?;
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok(Ran { printed, status: output.status.code().ok_or("killed by a signal")? })
}

/// Splits at blanks; what stands in double quotes is one word.
fn words(command: &str) -> Result<Vec<String>, String> {
    if command.contains(['|', '&', ';', '\\', '\'', '`', '*', '<']) || command.contains("$") {
        return Err("this needs a shell, and the tests have none".into());
    }
    let mut words = Vec::new();
    for (at, part) in command.split('"').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    Ok(words)
}

/// A file in the reader's directory.
fn file(name: &str) -> Result<String, String> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    if plain { Ok(name.to_owned()) } else { Err(format!("`{name}` is not the name of a file")) }
}

pub fn a_silent_witness_leaves_no_gap() {
    let shown = format!("Nothing moves\n...\n\n{WITNESS}: a\n...\n  b\n...\n\nThe four\n");
    assert_eq!(without_witness(&shown), "Nothing moves\n...\n\nThe four\n");
}
