//! A question: what it asks, the options, which is right, and what is wrong with each of the others.
//!
//! ```text
//! - a) All six rows are stored.
//! - b) Some rows are missing.
//!
//! <details>
//! <summary>Answer</summary>
//!
//! **b.** Why it is right.
//!
//! - a, *a slow task is only slow*: why that is wrong.
//!
//! Seen: `4 of 6 rows stored`
//!
//! </details>
//! ```

use super::Fault;

/// A question with one right answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The line of its first option.
    pub line: usize,
    /// What it asks: the paragraph above the options.
    pub text: String,
    /// What there is to choose from: `a`, `b`, ...
    pub options: Vec<Choice>,
    /// The letter of the right one.
    pub right: char,
    /// Why it is right.
    pub because: String,
    /// The others.
    pub wrong: Vec<Misconception>,
    /// Words of an output of the page that show it.
    pub seen: Option<String>,
}

/// One of the options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// `a`, `b`, ...
    pub letter: char,
    /// What it claims.
    pub text: String,
}

/// A wrong answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misconception {
    /// The option.
    pub letter: char,
    /// What it is called, over all lessons.
    pub name: String,
    /// What is wrong with it.
    pub text: String,
}

impl Question {
    /// The misconception behind an answer; `None` if it is right.
    pub fn misconception(&self, letter: char) -> Option<&Misconception> {
        self.wrong.iter().find(|wrong| wrong.letter == letter)
    }

    /// Whether there is such an option.
    pub fn has(&self, letter: char) -> bool {
        self.options.iter().any(|choice| choice.letter == letter)
    }

    /// Puts a question together.
    pub(super) fn new(
        file: &str,
        line: usize,
        text: String,
        options: Vec<Choice>,
        answer: &[(usize, &str)],
    ) -> Result<Self, Fault> {
        let fault = |message: String, remedy: &str| Fault::new(file, line, message, remedy);
        let in_order = options.iter().zip('a'..).all(|(choice, letter)| choice.letter == letter);
        if options.len() < 2 || !in_order {
            return Err(fault("a question needs options a), b), ... in order".into(), "write each as: - a) It is so."));
        }
        let Answer { right, because, wrong, seen } = Answer::read(file, answer)?;
        for choice in &options {
            let is_named = wrong.iter().any(|wrong| wrong.letter == choice.letter);
            if is_named == (choice.letter == right) {
                let letter = choice.letter;
                return Err(match is_named {
                    true => fault(format!("{letter} is right and wrong at once"), "one answer is right"),
                    false => fault(format!("nothing is said of {letter}"), "add to the answer: - a, *name*: why not"),
                });
            }
        }
        let known = |letter| options.iter().any(|choice| choice.letter == letter);
        if !known(right) || !wrong.iter().all(|wrong| known(wrong.letter)) {
            return Err(fault(
                "the answer speaks of an option that is not there".into(),
                "add it, or correct the letter",
            ));
        }
        Ok(Self { line, text, options, right, because, wrong, seen })
    }
}

/// What is folded away below the options.
struct Answer {
    right: char,
    because: String,
    wrong: Vec<Misconception>,
    seen: Option<String>,
}

impl Answer {
    fn read(file: &str, lines: &[(usize, &str)]) -> Result<Self, Fault> {
        let (mut right, mut wrong, mut seen) = (None, Vec::<Misconception>::new(), None);
        for (line, text) in paragraphs(lines) {
            let unread = |message: &str, remedy: &str| Fault::new(file, line, message, remedy);
            if let Some(words) = text.strip_prefix("Seen: `") {
                let words = words.strip_suffix('`').filter(|words| !words.trim().is_empty());
                seen =
                    Some(words.ok_or_else(|| unread("these words are not closed", "write Seen: `words`"))?.to_owned());
            } else if let Some(item) = text.strip_prefix("- ") {
                let read = misconception(item);
                wrong.push(read.ok_or_else(|| unread("this wrong answer has no name", "write - a, *name*: why not"))?);
            } else if let (Some((letter, because)), None) = (right_answer(&text), &right) {
                right = Some((letter, because.to_owned()));
            } else if let Some((_, because)) = &mut right {
                *because += &format!("\n\n{text}"); // a second paragraph
            } else {
                return Err(unread("the answer does not begin with its letter", "write **b.** and why"));
            }
        }
        let line = lines.first().map_or(0, |(line, _)| *line);
        let missing = || Fault::new(file, line, "the answer is empty", "write **b.** and why");
        let (right, because) = right.ok_or_else(missing)?;
        Ok(Self { right, because, wrong, seen })
    }
}

/// `**b.** Because.`
fn right_answer(text: &str) -> Option<(char, &str)> {
    let (letter, because) = text.strip_prefix("**")?.split_once(".**")?;
    Some((one_letter(letter)?, because.trim_start()))
}

/// `a, *name*: Why not.`
fn misconception(item: &str) -> Option<Misconception> {
    let (letter, rest) = item.split_once(", *")?;
    let (name, text) = rest.split_once("*:")?;
    let name = name.trim();
    (!name.is_empty()).then_some(())?;
    Some(Misconception { letter: one_letter(letter)?, name: name.to_owned(), text: text.trim_start().to_owned() })
}

/// `- a) It is so.`
pub(super) fn choice(line: &str) -> Option<Choice> {
    let (letter, text) = line.strip_prefix("- ")?.split_once(") ")?;
    Some(Choice { letter: one_letter(letter)?, text: text.trim_start().to_owned() })
}

fn one_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| letter.is_ascii_lowercase() && letters.next().is_none())
}

/// Paragraphs and items of a list, each in one line, with the number of its first.
fn paragraphs(lines: &[(usize, &str)]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in lines {
        let line = line.trim();
        match found.last_mut() {
            _ if line.is_empty() => is_open = false,
            Some((_, text)) if is_open && !line.starts_with("- ") => *text += &format!(" {line}"),
            _ => {
                found.push((*number, line.to_owned()));
                is_open = true;
            }
        }
    }
    found
}
