//! `lesson hand-in`: all that was done, in one file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use anyhow::bail;

use super::courses::{Opened, Which, now};
use super::output::{check_target, print, print_written, write_file};
use super::{Verdict, style};
use crate::check::{self, Findings};
use crate::course::{
    Course, Done, Evidence, HandIn, Handed, LARGEST_HAND_IN, LARGEST_TEXT, LONGEST_LEARNER, MOST_EVIDENCE, MOST_RUNS,
    Shown,
};
use crate::home::Home;
use crate::machine::Terminal;
use crate::report;

/// Makes one file to hand in: answers with their times, transcripts, traces, solved exercises, the machine's report.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson hand-in                        NAME-hand-in.json in this directory
  lesson hand-in --name \"Ada Lovelace\"
  lesson hand-in week-3.json --course ~/my-course

Your instructor checks it with `lesson review`. Of each lesson it has the last
three runs; what is larger than 4 MiB is left out, and said to be.

Exit status: 0 = the file is written, even if nothing is done yet, 2 = bad usage
or input.")]
pub(super) struct Args {
    /// The file to write [default: NAME-hand-in.json]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who hands it in [default: your login name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    which: Which,
    /// Overwrite a file that lesson did not write
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let name = self.name.clone().unwrap_or_else(login_name);
        if name.trim().is_empty() || name.chars().count() > LONGEST_LEARNER {
            bail!("a name has 1 to {LONGEST_LEARNER} characters; give yours with --name");
        }
        let file = self.file.unwrap_or_else(|| format!("{}-hand-in.json", file_name(&name)).into());
        let Opened { key, course, .. } = self.which.open()?;
        let home = Home::find()?;
        let done = home.read()?.course(&key);
        check_target(("hand-in", &file, HandIn::is_first_line), self.force)?;
        let Findings { environment, checks } = check::this_machine(terminal)?;
        let machine = report::check::document(&environment, &checks);
        let mut made = HandIn::new(name.trim(), &now(), &course, machine);
        Collector { evidence: home.evidence(), room: MOST_EVIDENCE, made: &mut made }.collect(&course, done);
        let text = made.to_text();
        if text.len() > LARGEST_HAND_IN {
            let most = LARGEST_HAND_IN >> 20;
            bail!("what was done takes more than {most} MiB; is {} as it should be?", home.progress_file().display());
        }
        write_file(&file, |out| out.write_all(text.as_bytes()))?;
        print(&report::hand_in::page(&made, &course, style(terminal)))?;
        print_written([file.as_path()].into_iter())?;
        Ok(Verdict::Shown)
    }
}

/// Takes what was done, and its evidence as far as it fits.
struct Collector<'a> {
    /// The folder.
    evidence: PathBuf,
    /// So many bytes still fit.
    room: usize,
    made: &'a mut HandIn,
}

impl Collector<'_> {
    fn collect(&mut self, course: &Course, done: BTreeMap<usize, Done>) {
        for (number, done) in done {
            if done == Done::default() {
                continue;
            }
            if course.lesson(number).is_none() {
                self.made.left_out.push(format!("lesson {number}: the course does not have it any more"));
                continue;
            }
            let first = done.runs.len().saturating_sub(MOST_RUNS);
            if first > 0 {
                let earlier = report::plural(first as u64, "earlier run");
                self.made
                    .left_out
                    .push(format!("lesson {number}: the evidence of {earlier}; the latest {MOST_RUNS} are in it"));
            }
            let runs = done.runs.iter().enumerate().skip(first);
            let evidence = runs.map(|(run, evidence)| self.shown(number, run, evidence)).collect();
            self.made.lessons.insert(number, Handed { done, evidence });
        }
    }

    fn shown(&mut self, number: usize, run: usize, evidence: &Evidence) -> Shown {
        let mut take = |what: &str, name: &str| match self.text(name) {
            Ok(text) => Some(text),
            Err(why) => {
                self.made.left_out.push(format!("lesson {number}: the {what} of `{}`: {why}", evidence.command));
                None
            }
        };
        let transcript = take("transcript", &evidence.transcript);
        let trace = evidence.trace.as_deref().and_then(|name| take("trace", name));
        Shown { run, transcript, trace }
    }

    /// The text of a file in the folder of the evidence, if it fits.
    fn text(&mut self, name: &str) -> Result<String, String> {
        let is_inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || !is_inside {
            return Err("it is not in the folder of the evidence".into());
        }
        let file = self.evidence.join(name);
        let kind = fs::metadata(&file).map_err(|error| error.to_string())?;
        if !kind.is_file() {
            return Err("it is no file".into());
        }
        if kind.len() > LARGEST_TEXT as u64 {
            return Err(format!("it is larger than {} MiB", LARGEST_TEXT >> 20));
        }
        let bytes = fs::read(&file).map_err(|error| error.to_string())?;
        let text = String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
        let takes = serde_json::Value::from(text.as_str()).to_string().len(); // as it stands in the file
        self.room = self.room.checked_sub(takes).ok_or("the file is full")?;
        Ok(text)
    }
}

/// The name of a file for anybody's name: letters, digits, `-`, `_` and `.` inside.
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || c == '_' || c == '.' { c } else { '-' };
    let name: String = name.to_lowercase().chars().map(safe).collect();
    let words = name.split('-').map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("-");
    while name.len() > 100 {
        name.pop();
    }
    if name.is_empty() { "learner".into() } else { name }
}

#[cfg(unix)]
fn login_name() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    user.ok().flatten().map_or_else(|| "learner".into(), |user| user.name)
}

#[cfg(not(unix))]
fn login_name() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "learner".into())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn every_name_makes_a_file() {
        let long = "é".repeat(200);
        let table = [
            ("ada", "ada"),
            ("Ada Lovelace", "ada-lovelace"),
            ("../../etc/passwd", "etc-passwd"),
            (".hidden", "hidden"),
            ("a/b\\c:d*e?\"<f>|\u{0}", "a-b-c-d-e-f"),
            ("李雷", "李雷"),
            ("--help", "help"),
            ("\u{202e}gnp", "gnp"),
            ("", "learner"),
            ("...", "learner"),
            (&long, &long[..100]),
        ];
        for (name, expected) in table {
            assert_eq!(file_name(name), expected, "{name:?}");
        }
    }
}
