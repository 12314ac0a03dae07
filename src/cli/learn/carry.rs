//! Carries out what stands behind `$ ` on a page, as far as that is ours: `lesson ...` and `cat FILE`.
//!
//! A command is a process of its own, with the terminal that we have. It is on a leash (`cli/leash.rs`), and leaves a
//! transcript behind; one that runs something, a trace.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::super::output::{copy, print};
use super::super::style;
use super::room::{Room, is_plain};
use crate::machine::Terminal;
use crate::report::{self, clean, plain};
use crate::run::is_interrupted;

/// How often it is looked whether a command has ended.
const MOMENT: Duration = Duration::from_millis(20);

/// After Ctrl-C a command, which has heard it too, may take so long; then it is told again.
const GRACE: Duration = Duration::from_secs(2);

/// These have a trace.
const TRACED: [&str; 4] = ["locked", "deadlock", "fixed", "run"];

/// These are the learner's own to type: they act on what is kept of the learner, or never end by themselves.
const OWN: [&str; 6] = ["learn", "start", "verify", "hint", "hand-in", "reset"];

/// A command that can be carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Ourselves with these arguments; the output may go to a file.
    Lesson(Vec<String>, Option<String>),
    /// Print a file.
    Cat(String),
}

/// What a command left behind.
#[derive(Debug)]
pub(super) struct Ran {
    /// How it ended.
    pub(super) status: ExitStatus,
    /// What it printed, without colours.
    pub(super) transcript: String,
    /// Where its trace is.
    pub(super) trace: Option<PathBuf>,
}

/// What a command means; `None` if the reader has to type it.
pub(super) fn deed(command: &str) -> Option<Deed> {
    if command.contains(['|', '&', ';', '\\', '`', '*', '<', '$', '\n']) {
        return None; // it needs a shell
    }
    let mut words = shell_words::split(command).ok()?;
    let target = match words.iter().position(|word| word.contains('>')) {
        Some(at) if at > 0 && at + 2 == words.len() && words[at] == ">" && is_plain(&words[at + 1]) => words.pop(),
        Some(_) => return None,
        None => None,
    };
    words.truncate(words.len() - usize::from(target.is_some()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let arguments = match words.as_slice() {
        ["cat", name] if is_plain(name) && target.is_none() => return Some(Deed::Cat((*name).to_owned())),
        ["lesson", rest @ ..] | ["cargo", "run", "--", rest @ ..] | ["cargo", "run", "--release", "--", rest @ ..] => {
            rest
        }
        _ => return None,
    };
    let is_own = subcommand(arguments).is_some_and(|name| OWN.contains(&name));
    (!is_own).then(|| Deed::Lesson(arguments.iter().map(|&word| word.to_owned()).collect(), target))
}

/// The first word that is no option, and no value of one that may stand before it.
fn subcommand<S: AsRef<str>>(arguments: &[S]) -> Option<&str> {
    let words = || arguments.iter().map(AsRef::as_ref);
    let values = [""].into_iter().chain(words()).map(|before| before == "--color");
    words().zip(values).find(|(word, is_value)| !is_value && !word.starts_with('-')).map(|(word, _)| word)
}

/// Carries it out, live. `None` if that leaves nothing behind.
pub(super) fn carry(deed: &Deed, types: Option<&str>, room: &Room, terminal: &Terminal) -> anyhow::Result<Option<Ran>> {
    match deed {
        Deed::Cat(name) => cat(name, room, terminal).map(|()| None),
        Deed::Lesson(arguments, target) => {
            let mut child = start(arguments, target.as_deref(), types.is_some(), room, terminal)?;
            if let (Some(mut pipe), Some(types)) = (child.stdin.take(), types) {
                let _ = writeln!(pipe, "{types}"); // one that has ended reads no more
            }
            let status = wait(&mut child)?;
            let said = fs::read(room.beside(TRANSCRIPT)).unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            copy(&said)?;
            let transcript = plain(&said);
            let trace = Some(room.beside(TRACE)).filter(|file| file.exists());
            Ok(Some(Ran { status, transcript, trace }))
        }
    }
}

/// Where a command leaves what it printed, and its trace, until they are kept.
const TRANSCRIPT: &str = "transcript.txt";
const TRACE: &str = "trace.jsonl";

fn start(
    arguments: &[String],
    target: Option<&str>,
    types: bool,
    room: &Room,
    terminal: &Terminal,
) -> anyhow::Result<Child> {
    let has = |option: &str| {
        let begins = |word: &String| word == option || word.starts_with(&format!("{option}="));
        arguments.iter().any(begins)
    };
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(format!("--leash={}", std::process::id()));
    command.arg("--also-into").arg(room.beside(TRANSCRIPT));
    if !has("--color") {
        command.args(["--color", if terminal.color && target.is_none() { "always" } else { "never" }]);
    }
    command.args(arguments).current_dir(room.path());
    for file in [TRANSCRIPT, TRACE] {
        let _ = fs::remove_file(room.beside(file)); // the last one's; there may be none
    }
    let is_traced = subcommand(arguments).is_some_and(|name| TRACED.contains(&name));
    if is_traced && !["--trace", "--json", "--help", "-h"].into_iter().any(has) {
        command.arg("--trace").arg(room.beside(TRACE));
    }
    if let Some(path) = target.and_then(|name| room.file(name)) {
        let file = File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
        command.stdout(file);
    }
    command.stdin(if types { Stdio::piped() } else { Stdio::null() });
    command.spawn().context("can't start a process")
}

/// Ctrl-C goes to all in the foreground: the command ends by itself then. If only we were told, it is told too.
fn wait(child: &mut Child) -> anyhow::Result<ExitStatus> {
    let mut interrupted: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if is_interrupted() && interrupted.get_or_insert_with(Instant::now).elapsed() > GRACE {
            tell(child);
            return Ok(child.wait()?);
        }
        thread::sleep(MOMENT);
    }
}

#[cfg(unix)]
fn tell(child: &mut Child) {
    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
    let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM); // it may just have ended
}

#[cfg(not(unix))]
fn tell(child: &mut Child) {
    let _ = child.kill(); // it may just have ended
}

fn cat(name: &str, room: &Room, terminal: &Terminal) -> anyhow::Result<()> {
    let Some(path) = room.file(name) else { bail!("`{name}` is not the name of a file") };
    match fs::read_to_string(&path) {
        Ok(text) => print(&report::cat(&text, style(&terminal.again()))),
        Err(error) => print(&format!("cat: {}: {error}\n", clean(name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_carried_out() {
        let lesson = |words: &str, target: Option<&str>| {
            Some(Deed::Lesson(words.split('+').map(str::to_owned).collect(), target.map(str::to_owned)))
        };
        let table = [
            ("lesson run x.toml --schedule \"P1 P2\"", lesson("run+x.toml+--schedule+P1 P2", None)),
            ("cargo run -- locked", lesson("locked", None)),
            ("cargo run --release -- locked", lesson("locked", None)),
            ("lesson scenarios show deadlock > my.toml", lesson("scenarios+show+deadlock", Some("my.toml"))),
            ("cat my.toml", Some(Deed::Cat("my.toml".into()))),
            ("lesson scenarios show deadlock > ../my.toml", None),
            ("lesson run a > b c", None),
            ("lesson run a >b", None),
            ("> a", None),
            ("cat /etc/passwd", None),
            ("cat a > b", None),
            ("cat a b", None),
            ("lesson run a; rm -r b", None),
            ("lesson run $(a)", None),
            ("lesson run a | less", None),
            ("lesson run \"a", None),
            ("lesson explore learn", lesson("explore+learn", None)),
            ("lesson learn 2", None),
            ("lesson --color never reset", None),
            ("rm -r b", None),
            ("", None),
        ];
        for (command, expected) in table {
            assert_eq!(deed(command), expected, "{command}");
        }
    }
}
