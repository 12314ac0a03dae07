//! What is said of a run below its story, part by part.

use super::paint::Style;
use super::{deadlock, figures, moral};
use crate::analysis::Figures;
use crate::trace::{Command, Trace};

/// A paragraph or a drawing of a run, in the lines of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What stands above it, without colour; empty where the text speaks for itself.
    pub heading: String,
    /// Lines, the last one's end included.
    pub text: String,
}

impl Part {
    pub(super) fn new(heading: impl Into<String>, text: String) -> Self {
        Self { heading: heading.into(), text }
    }

    /// As it stands on a page, below what was there before.
    pub(super) fn lines(&self, style: Style) -> String {
        let Self { heading, text } = self;
        let heading = if heading.is_empty() { String::new() } else { style.heading(heading) + "\n" };
        format!("\n{heading}{text}")
    }
}

/// What was counted, the evidence of a deadlock, and what to learn from it.
pub fn parts(command: &Command, trace: &Trace, figures: &Figures, style: Style) -> Vec<Part> {
    let mut parts = vec![Part::new("", figures::paragraph(trace, figures, style))];
    match &trace.outcome.deadlock {
        Some(found) => parts.extend(deadlock::evidence(trace, found, style)),
        None if matches!(command, Command::Deadlock { .. }) => parts.extend(deadlock::passing(trace, style)),
        None => {}
    }
    parts.push(Part::new("", style.wrap(&moral::of(command, trace, figures), "")));
    parts.retain(|part| !part.text.is_empty());
    parts
}
