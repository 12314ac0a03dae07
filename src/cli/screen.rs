//! The terminal as a screen: taken, drawn on, and given back in every way out.

use std::io::{Stdout, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::{cursor, execute, terminal};
use ratatui::{Frame, Terminal};

use crate::play::Key;
use crate::run::{Care, Interrupted, is_interrupted};

/// Whether the terminal is in our mode: then it has to be given back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The whole terminal, for as long as it is there.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    _care: Care,
}

impl Screen {
    /// Takes the terminal. It is given back when this is dropped, and also by a panic.
    pub(super) fn take() -> anyhow::Result<Self> {
        let care = Care::new();
        terminal::enable_raw_mode().context("this terminal can't be played on; make the moves with --moves")?;
        TAKEN.store(true, Ordering::SeqCst);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore(); // the story of a panic is for the screen below
            before(panic);
        }));
        let taken = execute!(stdout(), terminal::EnterAlternateScreen, cursor::Hide);
        let terminal = taken.and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match terminal {
            Ok(terminal) => Ok(Self { terminal, _care: care }),
            Err(error) => {
                restore();
                Err(error).context("can't draw on this terminal; make the moves with --moves")
            }
        }
    }

    /// Draws anew, in the size that the terminal has now.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> anyhow::Result<()> {
        if TAKEN.load(Ordering::SeqCst) {
            self.terminal.draw(draw).context("can't draw on the terminal")?;
        }
        Ok(())
    }

    /// The next key, if one comes within a moment; `None` also when only the size has changed.
    pub(super) fn key(&self) -> anyhow::Result<Option<Key>> {
        const MOMENT: Duration = Duration::from_millis(50);
        if is_interrupted() {
            return Err(Interrupted.into());
        }
        let unreadable = "can't read from the terminal";
        if !event::poll(MOMENT).context(unreadable)? {
            return Ok(None);
        }
        Ok(match event::read().context(unreadable)? {
            Event::Key(key) if key.kind != KeyEventKind::Release => known(key),
            _ => None,
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, if it was taken. May be called from anywhere, as often as one likes.
pub(super) fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // There is nobody left to tell that it did not work.
        let _ = execute!(stdout(), terminal::LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
}

fn known(key: KeyEvent) -> Option<Key> {
    Some(match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Interrupt,
        KeyCode::Char(_) if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        _ => return None,
    })
}
