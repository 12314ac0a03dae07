//! Processes that hold locks, made by other programs: each says `ready`, and ends when its standard input does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::common::{LIMIT, finish, lesson};

/// What every Python holder begins with. A word and its line feed are one write: with PYTHONUNBUFFERED `print` makes
/// two of them, and the lines of a parent and its child may get mixed.
const PRELUDE: &str = "\
import sqlite3, sys, os, fcntl, struct, time
def db(timeout=0): return sqlite3.connect('app.db', isolation_level=None, timeout=timeout)
def say(word): os.write(1, (word + '\\n').encode())
def ready(): say('ready'); sys.stdin.readline()
def span(kind, start, length): return struct.pack('hhqqi4x', kind, 0, start, length, 0)
def ofd(file, command, kind, start, length): fcntl.fcntl(file, command, span(kind, start, length))
";

/// A process that somebody else wrote. It ends at the latest with this value.
pub struct Holder {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Holder {
    /// Starts a command in a folder.
    pub fn start(mut command: Command, folder: &Path) -> Self {
        command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Self { input: child.stdin.take(), child, output }
    }

    /// Python, after the prelude; it is not waited for.
    pub fn python(folder: &Path, script: &str) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", &format!("{PRELUDE}{script}")]);
        Self::start(command, folder)
    }

    /// Python as the first process of a PID namespace of its own; it is not waited for.
    pub fn in_a_namespace(folder: &Path, script: &str) -> Self {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "python3", "-c", &format!("{PRELUDE}{script}")]);
        command.stderr(Stdio::null()); // some kernels let it complain of a signal mask
        Self::start(command, folder)
    }

    /// Python, which has said `ready`.
    pub fn ready(folder: &Path, script: &str) -> Self {
        let mut holder = Self::python(folder, &format!("{script}\nready()"));
        holder.wait_for("ready");
        holder
    }

    /// The `sqlite3` shell with the database open, which has carried out these statements.
    pub fn shell(folder: &Path, sql: &str) -> Self {
        let mut command = Command::new("sqlite3");
        command.arg("app.db");
        let mut shell = Self::start(command, folder);
        shell.type_in(&format!("{sql}\nselect 'ready';\n"));
        shell.wait_for("ready");
        shell
    }

    /// `flock(1)`, whose child waits for the end of its input.
    pub fn flock(folder: &Path, words: &[&str]) -> Self {
        let mut command = Command::new("flock");
        command.args(words).args(["sh", "-c", "echo ready; read line"]);
        Self::start(command, folder)
    }

    /// Types into its standard input.
    pub fn type_in(&mut self, text: &str) {
        let input = self.input.as_mut().expect("not closed yet");
        input.write_all(text.as_bytes()).and_then(|()| input.flush()).expect("it reads");
    }

    /// Reads lines until one has this word in it, and gives that line.
    pub fn wait_for(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).expect("it prints text");
            assert!(read > 0, "no line with {word}");
            if line.contains(word) {
                return line;
            }
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u64 {
        self.child.id().into()
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        self.child.wait().expect("a child can be waited for");
    }

    /// Lets it end by itself.
    pub fn finish(mut self) {
        drop(self.input.take());
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A database with one row, made by Python in this journal mode.
pub fn database(folder: &Path, journal: &str) {
    let script = format!(
        "c = db(); c.execute('pragma journal_mode={journal}'); c.execute('create table t(a)'); \
         c.execute('insert into t values(1)'); c.close()"
    );
    Holder::ready(folder, &script).finish();
}

/// `lesson who --json` in a folder: exit status and document.
pub fn who(folder: &Path, path: &str) -> (i32, Value) {
    let mut command = lesson(["who", "--json"]);
    command.current_dir(folder).args(Some(path).filter(|path| !path.is_empty()));
    let done = finish(command);
    assert_eq!(done.err, "", "{path}");
    let document = done.json();
    assert_eq!(document["ok"], done.status == Some(0), "{document:#}");
    (done.status.expect("no signal ended it"), document)
}

/// The page of `lesson who`.
pub fn page(folder: &Path, path: &str) -> String {
    let mut command = lesson(["who", path]);
    command.current_dir(folder);
    let done = finish(command);
    assert_eq!(done.err, "", "{path}");
    assert!(!done.out.contains(&0x1b), "{path}");
    done.text().to_owned()
}

/// What is said of a process: `stand` and `words` of its row; nothing if it has none.
pub fn row(document: &Value, pid: u64) -> (String, String) {
    let parties = document["file"]["parties"].as_array().expect("a list");
    let has = |party: &&Value| party["pids"].as_array().is_some_and(|pids| pids.contains(&pid.into()));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    parties.iter().find(has).map_or_else(Default::default, |party| (text(&party["stand"]), text(&party["words"])))
}

/// Looks until it is so, and gives that document: who waits or polls can't say so itself.
pub fn see(folder: &Path, path: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let last = who(folder, path).1;
        if is_so(&last) {
            return last;
        }
        assert!(start.elapsed() < LIMIT, "after {LIMIT:?} still not: {what}: {last:#}");
    }
}
