//! The terminal as a screen: taken, drawn on, and given back in every way out.

use std::io::{self, IsTerminal as _, Stdout, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::{cursor, execute, terminal};
use ratatui::{Frame, Terminal};

#[cfg(unix)]
use super::guardian;
use crate::play::Key;
use crate::run::{Care, Interrupted, is_interrupted};

/// Whether the terminal is in our mode: then it has to be given back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The whole terminal, for as long as it is there.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    keys: Receiver<io::Result<Touch>>,
    _care: Care,
}

impl Screen {
    /// Takes the terminal. It is given back when this is dropped, by a panic too; by a guardian when we are killed.
    pub(super) fn take() -> anyhow::Result<Self> {
        let care = Care::new();
        #[cfg(unix)]
        guardian::start();
        if let Err(error) = terminal::enable_raw_mode() {
            #[cfg(unix)]
            guardian::dismiss();
            return Err(error).context("this terminal can't be played on; make the moves with --moves");
        }
        TAKEN.store(true, Ordering::SeqCst);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore(); // the story of a panic is for the screen below
            before(panic);
        }));
        let taken = execute!(stdout(), terminal::EnterAlternateScreen, cursor::Hide);
        let terminal = taken.and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match terminal {
            Ok(terminal) => Ok(Self { terminal, keys: read_keys(), _care: care }),
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

    /// The next key, if one comes within a moment.
    ///
    /// # Errors
    /// [`Interrupted`], also when the terminal has gone away.
    pub(super) fn next(&self) -> anyhow::Result<Touch> {
        const MOMENT: Duration = Duration::from_millis(50);
        let touch = self.keys.recv_timeout(MOMENT);
        if is_interrupted() || !stdout().is_terminal() {
            return Err(Interrupted.into());
        }
        match touch {
            Ok(touch) => touch.context("can't read from the terminal"),
            Err(RecvTimeoutError::Timeout) => Ok(Touch::Nothing),
            Err(RecvTimeoutError::Disconnected) => bail!("can't read from the terminal"),
        }
    }
}

/// What somebody did to the terminal.
pub(super) enum Touch {
    /// A key that the game knows.
    Key(Key),
    /// It was resized, or a key was pressed that means nothing: draw anew.
    Other,
    /// Nobody did anything.
    Nothing,
}

/// Reads the keyboard in a thread of its own: a terminal that has gone away would keep its reader busy for ever.
fn read_keys() -> Receiver<io::Result<Touch>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        loop {
            let touch = event::read().map(|event| match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => known(key).map_or(Touch::Other, Touch::Key),
                _ => Touch::Other,
            });
            let failed = touch.is_err();
            if sender.send(touch).is_err() || failed {
                return;
            }
        }
    });
    receiver
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
        #[cfg(unix)]
        guardian::dismiss();
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
