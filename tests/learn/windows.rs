//! The tour before a window of some size, with a learner who types.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};

use super::*;

/// A learner before a window.
struct Window {
    child: Child,
    master: File,
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Window {
    fn open(mut command: std::process::Command, lines: u16, columns: u16) -> Self {
        let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a pseudo-terminal");
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a flag can be set");
        let end = || pty.slave.try_clone().expect("a copy");
        command.env("TERM", "dumb").stdin(end()).stdout(end()).stderr(end());
        Self { child: command.spawn().expect("it starts"), master: File::from(pty.master) }
    }

    /// What it shows until it asks, or ends.
    fn read(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut piece = [0; 4096];
        while !bytes.ends_with(b"q leaves): ") {
            match self.master.read(&mut piece) {
                Ok(count @ 1..) => bytes.extend(&piece[..count]),
                _ => break, // Linux: EIO, when nobody has the other end
            }
        }
        String::from_utf8_lossy(&bytes).replace('\r', "")
    }

    fn say(&mut self, line: &str) {
        writeln!(self.master, "{line}").expect("it reads");
    }
}

/// All that is shown from one question to the next, with `answer` for each.
fn screens(place: &Place, lines: u16, columns: u16, answer: impl Fn(&str, usize) -> &'static str) -> Vec<String> {
    let mut window = Window::open(command(place, "learn 1"), lines, columns);
    let mut screens = Vec::new();
    loop {
        let screen = window.read();
        if !screen.ends_with("q leaves): ") {
            screens.push(screen);
            return screens;
        }
        let is_question = screen.lines().last().is_some_and(|line| line.starts_with("Your answer"));
        let typed = match answer(&screen, screens.len()) {
            "" if is_question => "s", // Enter alone answers none
            typed => typed,
        };
        window.say(typed);
        screens.push(screen);
    }
}

#[test]
fn no_pause_parts_a_question_or_a_listing() {
    for (lines, columns) in [(24, 80), (20, 50), (17, 50)] {
        let screens = screens(&Place::new(), lines, columns, |_, _| "");
        let together = |words: &[&str]| {
            let is_there = screens.iter().any(|screen| words.iter().all(|word| screen.contains(word)));
            assert!(is_there, "{words:?} at {columns}x{lines}:\n{}", screens.join("\n=====\n"));
        };
        together(&["\nEach takes one lock", "a) Both", "b) Neither", "Your answer"]);
        together(&["The file `mine.toml`:", "title = ", "steps = ", "is written for this tour."]);
        together(&["meet on a narrow bridge.", "a) The half", "b) The driver.", "Your answer"]);
        together(&["Who can end it?", "a) Whoever", "b) Whoever", "Your answer"]);
        assert!(screens.iter().all(|screen| !screen.ends_with("\n─\n\nEnter goes on (q leaves): ")));
    }
}

#[test]
fn the_map_ends_with_what_is_next() {
    for (lines, columns, is_whole) in [(24, 80, true), (40, 80, true), (20, 50, false)] {
        let place = Place::new();
        let mut map = lesson([] as [&str; 0]);
        map.env("LESSON_HOME", place.join("home"));
        let text = Window::open(map, lines, columns).read();
        assert!(text.ends_with("\n\n0 of 24 complete. Next: lesson learn 1\n"), "{text}");
        assert_eq!(text.lines().count() < usize::from(lines), is_whole, "{columns}x{lines}: {text}");
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns.into()), "{columns}x{lines}: {text}");
    }
}

#[test]
fn what_is_typed_at_a_pause_is_not_lost() {
    let pause = "Enter goes on (q leaves): ";
    let place = Place::new();
    let typed =
        |screen: &str, _| if screen.contains("Press Enter alone") || !screen.ends_with(pause) { "" } else { "b" };
    let screens = screens(&place, 20, 50, typed);
    let pauses = screens.iter().filter(|screen| screen.ends_with(pause)).count();
    let said = screens
        .iter()
        .filter(|screen| screen.ends_with("\nPress Enter alone, or type q.\n\nEnter goes on (q leaves): "));
    assert_eq!((pauses / 2, pauses % 2), (said.count(), 0), "{}", screens.join("\n=====\n"));
    assert_eq!(answers(&progress(&place, 1)), "- - -");
}

#[test]
fn what_is_higher_than_the_window_is_not_pushed_away_unread() {
    for (lines, is_higher) in [(60, false), (17, true)] {
        let screens = screens(&Place::new(), lines, 50, |_, _| "");
        let ran = screens.iter().position(|screen| screen.contains("\nNothing moves")).expect("it was run");
        let told = screens[ran].contains("\nThat was higher than this window: scroll up.\n");
        assert_eq!(told, is_higher, "{}", screens[ran]);
        assert_eq!(screens[ran].contains("Seen:"), !is_higher, "{}", screens[ran]);
        assert_eq!(screens[ran + 1].contains("Seen:"), is_higher, "{}", screens[ran + 1]);
    }
}

#[test]
fn the_usual_pager_says_how_to_leave() {
    let place = Place::new();
    let pager = place.write("less", "#!/bin/sh\necho \"$@\"\nexec cat\n");
    fs::set_permissions(&pager, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
    let path = format!("{}:{}", place.path().display(), std::env::var("PATH").expect("a path"));
    let prompt = "-FRX -Ps lesson 1   ?eThe end, q leaves:space goes on, b back, q leaves. \n1. One\n";
    for (own, expected) in [(None, prompt), (Some("less -R"), "-R\n1. One\n"), (Some(""), "1. One\n")] {
        let mut read = command(&place, "read 1");
        read.env("PATH", &path).env_remove("PAGER").env_remove("LESS");
        read.envs(own.map(|own| ("PAGER", own)));
        let text = Window::open(read, 24, 80).read();
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn a_watch_that_is_ended_ends_its_line() {
    let place = Place::new();
    place.write("02.toml", fs::read(Path::new(COURSE).join("exercises/02.toml")).expect("an exercise"));
    let mut verify = command(&place, "verify 2 --watch");
    verify.current_dir(place.path());
    let mut window = Window::open(verify, 24, 80);
    let mut text = String::new();
    while !text.contains("Ctrl-C ends.") {
        let mut bytes = [0; 4096];
        let count = window.master.read(&mut bytes).expect("it is there");
        text += &String::from_utf8_lossy(&bytes[..count]);
    }
    common::signal(window.child.id(), nix::sys::signal::Signal::SIGINT);
    let rest = window.read();
    assert!(rest.ends_with("\n") && rest.trim().is_empty(), "{rest:?}");
}
