//! On a terminal the lanes move while a run goes on.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::analysis::Artist;
use crate::report::{Style, scale, strips};
use crate::scenario::Scenario;
use crate::trace::Event;

/// More lanes than this would push the story off the screen.
const MOST: usize = 12;

/// A bar that is nothing but its message.
pub(super) fn words_only() -> ProgressStyle {
    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// The moving lanes below the story.
pub(super) struct Live {
    bar: ProgressBar,
    artist: Artist,
    names: Vec<String>,
    style: Style,
}

impl Live {
    /// Empty lanes at the bottom of the terminal.
    pub(super) fn new(scenario: &Scenario, style: Style) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout_with_hz(10));
        bar.set_style(words_only());
        let names = scenario.processes.iter().map(|process| process.name.clone()).collect();
        Self { bar, artist: Artist::new(scenario.processes.len()), names, style }
    }

    /// Takes the next event in.
    pub(super) fn event(&mut self, event: &Event) {
        self.artist.apply(event);
    }

    /// Draws the lanes up to now.
    pub(super) fn tick(&mut self, now_us: u64) {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        // The `^C` that a terminal echoes moves the cursor down a line, and then the first one is not cleared: an empty
        // one does no harm.
        let mut lines = vec![String::new(), scale(&names, now_us, self.style)];
        lines.extend(strips(&self.artist.lanes(now_us), &names, now_us, self.style));
        if lines.len() > MOST {
            lines.truncate(MOST - 1);
            lines.push(format!("... {} more", names.len() + 3 - MOST));
        }
        self.bar.set_message(lines.join("\n"));
        self.bar.tick();
    }

    /// Takes the lanes away while something is printed.
    pub(super) fn aside(&self, print: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.bar.suspend(print)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
