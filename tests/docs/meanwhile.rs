//! The reader's other terminal: a mystery that goes on there while the commands of a block are run.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A mystery that waits for its answer. It ends with this value.
pub struct Meanwhile {
    child: Child,
    /// It waits for as long as somebody may still type.
    input: Option<ChildStdin>,
    /// The file that it speaks of.
    path: String,
}

impl Meanwhile {
    /// Starts it and reads until it asks.
    pub fn start(command: &str, dir: &Path) -> Result<Self, String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let ["lesson", words @ ..] = words.as_slice() else { return Err(format!("`{command}` is none of lesson's")) };
        let mut child = Command::new(env!("CARGO_BIN_EXE_lesson"))
            .args(words)
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("piped"));
        let mut started = Self { child, input, path: String::new() };
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| error.to_string())?;
            if let Some(path) = line.trim_start().strip_prefix("lesson who ") {
                started.path = path.to_owned();
            }
            if line.starts_with("Type ") {
                return Ok(started);
            }
        }
        Err(format!("`{command}` did not ask"))
    }

    /// A command of the page, with the path of this machine instead of the one on the page.
    pub fn here(&self, command: &str) -> Result<String, String> {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        match command.strip_prefix("lesson who ") {
            Some(path) if path.contains("/lesson-arena-") && path.ends_with(name) => {
                Ok(format!("lesson who {}", self.path))
            }
            _ => Err(format!("`{command}` does not look at {name} in the arena")),
        }
    }
}

impl Drop for Meanwhile {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
