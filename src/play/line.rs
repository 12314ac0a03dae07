//! A line of text in which every part knows what it means; a page and a screen each have their colours for it.

use crate::report::{Style, cut, width};

/// What a part of a line means. Its words say the same: colour never carries a meaning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// What can go on.
    Good,
    /// A deadlock, a refusal, an end from outside.
    Bad,
    /// What waits.
    Warn,
    /// A name.
    Name,
    /// What may be overlooked.
    Faint,
    /// A heading.
    Heading,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Its parts, from left to right.
    pub parts: Vec<(Tone, String)>,
}

impl Line {
    /// A line of one part.
    pub fn of(tone: Tone, text: impl Into<String>) -> Self {
        Self { parts: vec![(tone, text.into())] }
    }

    /// The same line with one more part.
    pub fn with(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.parts.push((tone, text.into()));
        self
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| width(text)).sum()
    }

    /// Cut to so many columns, with `…` where something is missing.
    pub fn cut(self, columns: usize) -> Self {
        let mut room = columns;
        let mut parts = Vec::with_capacity(self.parts.len());
        for (tone, text) in self.parts {
            if room == 0 {
                break;
            }
            let text = cut(&text, room);
            room -= width(&text).min(room);
            let last = text.ends_with('…');
            parts.push((tone, text));
            if last {
                break;
            }
        }
        Self { parts }
    }

    /// Broken into lines of at most so many columns, all but the first one indented.
    pub fn wrapped(self, columns: usize, indent: usize) -> Vec<Self> {
        if self.width() <= columns {
            return vec![self];
        }
        let (mut lines, mut line, mut used) = (Vec::new(), Self::default(), 0);
        for (tone, text) in self.parts {
            for word in text.split_inclusive(' ') {
                if used > indent && used + width(word.trim_end()) > columns {
                    lines.push(line);
                    (line, used) = (Self::of(Tone::Plain, " ".repeat(indent)), indent);
                }
                used += width(word);
                line.parts.push((tone, word.to_owned()));
            }
        }
        lines.push(line);
        lines.into_iter().map(|line| line.cut(columns)).collect()
    }

    /// As text for a page.
    pub fn text(&self, style: Style) -> String {
        let paint = |(tone, text): &(Tone, String)| match tone {
            Tone::Plain => text.clone(),
            Tone::Good => style.good(text),
            Tone::Bad => style.bad(text),
            Tone::Warn => style.warn(text),
            Tone::Name => style.name(text),
            Tone::Faint => style.faint(text),
            Tone::Heading => style.heading(text),
        };
        self.parts.iter().map(paint).collect::<String>().trim_end().to_owned()
    }
}
