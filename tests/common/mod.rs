//! The binary from outside: started, watched, fed and ended, always with a limit.
#![allow(dead_code)] // each test file is a crate of its own and uses a part of this

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// So long is waited for what has to happen. Only a failure ever takes it all.
pub const LIMIT: Duration = Duration::from_secs(100);

/// What a command left behind.
#[derive(Debug)]
pub struct Done {
    /// The exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
}

impl Done {
    /// Standard output as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("lesson prints UTF-8")
    }

    /// Standard output as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("one document: {error}\n{self:?}"))
    }

    /// Fails unless it ended with this exit status and said nothing on standard error.
    pub fn expect(self, status: i32) -> Self {
        assert_eq!((self.status, self.err.as_str()), (Some(status), ""), "{}", String::from_utf8_lossy(&self.out));
        self
    }

    /// Fails unless it was refused: exit status 2 and one line of an error.
    pub fn expect_error(&self, words: &[&str]) {
        assert_eq!(self.status, Some(2), "{self:?}");
        assert!(self.err.starts_with("error: ") && self.err.ends_with('\n'), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "one line: {self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is missing in {}", self.err);
        }
    }
}

/// The program with these arguments, in surroundings that don't depend on whoever runs the tests.
pub fn lesson<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lesson"));
    command.args(args).stdin(Stdio::null());
    // Nobody's progress is touched; a test that keeps some has a home of its own.
    command.env("LESSON_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("nobody"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// `words` parted at blanks, as a shell would.
pub fn args(words: &str) -> Vec<&str> {
    words.split_whitespace().collect()
}

/// Runs the program to its end.
pub fn run(words: &str) -> Done {
    finish(lesson(args(words)))
}

/// Runs a command to its end.
pub fn finish(command: Command) -> Done {
    Running::start(command).finish()
}

/// Runs the program with `--json`; its exit status and its document.
pub fn json(words: &str) -> (i32, Value) {
    let done = run(&format!("{words} --json"));
    assert_eq!(done.err, "", "{words}");
    let document = done.json();
    assert_eq!(document["ok"], done.status == Some(0), "{words}: {document:#}");
    (done.status.expect("no signal ended it"), document)
}

/// The runs of a document, whatever they are called in it.
pub fn runs(document: &Value) -> &Vec<Value> {
    let runs = ["acts", "rows", "runs"].into_iter().find_map(|name| document[name].as_array());
    runs.unwrap_or_else(|| panic!("no runs in {document:#}"))
}

/// A number of a run.
pub fn number(run: &Value, name: &str) -> u64 {
    run[name].as_u64().unwrap_or_else(|| panic!("{name} in {run:#}"))
}

/// The names `P1` to `PN`.
pub fn names(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("P{number}")).collect()
}

/// A command that runs: its lines are read as they come.
pub struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    seen: Vec<u8>,
    errors: JoinHandle<String>,
    guard: JoinHandle<()>,
    over: std::sync::mpsc::Sender<()>,
}

impl Running {
    /// Starts it; after [`LIMIT`] it is ended, so that no test hangs.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut stderr = child.stderr.take().expect("piped");
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).expect("standard error can be read");
            String::from_utf8_lossy(&text).into_owned()
        });
        let (over, watched) = std::sync::mpsc::channel();
        let pid = child.id();
        let guard = thread::spawn(move || {
            if watched.recv_timeout(LIMIT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                end(pid);
            }
        });
        Self { child, lines, seen: Vec::new(), errors, guard, over }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads on until a line has all of these words in it, and gives that line.
    pub fn wait_for(&mut self, words: &[&str]) -> String {
        loop {
            let mut line = Vec::new();
            let read = self.lines.read_until(b'\n', &mut line).expect("standard output can be read");
            self.seen.extend_from_slice(&line);
            let line = String::from_utf8_lossy(&line).into_owned();
            assert!(read > 0, "no line with {words:?} in:\n{}", String::from_utf8_lossy(&self.seen));
            if words.iter().all(|word| line.contains(word)) {
                return line;
            }
        }
    }

    /// Closes our end of its standard output without waiting for more, then waits for its end.
    pub fn close_and_finish(self) -> Done {
        let Self { child, lines, seen, errors, guard, over } = self;
        drop(lines);
        Self::end(child, seen, errors, guard, &over)
    }

    /// Reads the rest and waits for its end.
    pub fn finish(self) -> Done {
        let Self { child, mut lines, mut seen, errors, guard, over } = self;
        lines.read_to_end(&mut seen).expect("standard output can be read");
        Self::end(child, seen, errors, guard, &over)
    }

    fn end(
        mut child: Child,
        out: Vec<u8>,
        errors: JoinHandle<String>,
        guard: JoinHandle<()>,
        over: &std::sync::mpsc::Sender<()>,
    ) -> Done {
        let status: ExitStatus = child.wait().expect("a child can be waited for");
        let _ = over.send(()); // the guard may have given up already
        guard.join().expect("the guard does not panic");
        let err = errors.join().expect("the reader does not panic");
        Done { status: status.code(), out, err }
    }
}

#[cfg(unix)]
fn end(pid: u32) {
    signal(pid, nix::sys::signal::Signal::SIGKILL);
}

#[cfg(not(unix))]
fn end(_: u32) {}

/// Sends a signal to a process that we started.
#[cfg(unix)]
pub fn signal(pid: u32, signal: nix::sys::signal::Signal) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a pid"));
    let _ = nix::sys::signal::kill(pid, signal); // it may be gone already
}

/// Looks again and again until it is so; a generous limit, for a machine may be busy.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "after {LIMIT:?} still not: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A fresh directory, gone at the end of the test.
pub struct Place(TempDir);

impl Place {
    /// Makes it.
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("lesson-test-").tempdir().expect("a temporary directory"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path in it.
    pub fn join(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path().join(name.as_ref())
    }

    /// Writes a file in it, and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    /// The names of what is in it, sorted.
    pub fn entries(&self) -> Vec<OsString> {
        entries(self.path())
    }

    /// Runs the program in it, to its end.
    pub fn run(&self, words: &str) -> Done {
        finish(self.lesson(words))
    }

    /// The program with these arguments, in this directory.
    pub fn lesson(&self, words: &str) -> Command {
        let mut command = lesson(args(words));
        command.current_dir(self.path()).env("LESSON_HOME", self.home());
        command
    }

    /// Where the learner in this directory keeps the progress.
    pub fn home(&self) -> PathBuf {
        self.join(".home")
    }
}

/// The names of what is in a directory, sorted.
pub fn entries(path: &Path) -> Vec<OsString> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names: Vec<OsString> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    names
}

/// Runs a scenario that is given as text, with more arguments.
pub fn run_scenario(toml: &str, words: &[&str]) -> Done {
    let mut command = lesson(["run", "-"].iter().chain(words));
    let place = Place::new();
    let file = place.write("scenario.toml", toml);
    command.stdin(std::fs::File::open(file).expect("just written"));
    finish(command)
}

/// [`run_scenario`] with `--json`: the exit status and the only run.
pub fn scenario_json(toml: &str, words: &[&str]) -> (i32, Value) {
    let done = run_scenario(toml, &[words, &["--json"]].concat());
    assert_eq!(done.err, "", "{toml}");
    let run = runs(&done.json())[0].clone();
    (done.status.expect("no signal ended it"), run)
}

/// A scenario file: the head's lines, and each process with its steps.
pub fn scenario(head: &str, processes: &[(&str, &str)]) -> String {
    let mut text = format!("title = \"a test\"\n{head}\n");
    for (name, steps) in processes {
        // A text in JSON is one in TOML.
        let steps: Vec<Value> = steps.split(", ").map(Value::from).collect();
        text += &format!("[[process]]\nname = {}\nsteps = {}\n", Value::from(*name), Value::from(steps));
    }
    text
}

/// Linux: the children of a process that are still alive, with their command lines.
#[cfg(target_os = "linux")]
pub fn children(parent: u32) -> Vec<(u32, String)> {
    let processes = std::fs::read_dir("/proc").expect("Linux has /proc").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|&pid| parent_of(pid) == Some(parent)).map(|pid| (pid, command_line(pid))).collect()
}

/// Linux: whether it lives, and is not merely a zombie.
#[cfg(target_os = "linux")]
pub fn lives(pid: u32) -> bool {
    !command_line(pid).is_empty()
}

#[cfg(target_os = "linux")]
fn command_line(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ").trim_end().to_owned()
}

#[cfg(target_os = "linux")]
fn parent_of(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}
