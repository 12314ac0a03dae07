//! `lesson verify`: is the repaired exercise solved? Every interleaving is looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};

use super::courses::{Opened, Which, now, number};
use super::explore::Bar;
use super::output::print;
use super::progress::next;
use super::start::file_in;
use super::{Verdict, style};
use crate::course::{self, Exercise, Lesson, TASK};
use crate::machine::Terminal;
use crate::report::exercise::{Checked, verdict, verdict_document};
use crate::report::{height, plural};
use crate::run::{Care, is_interrupted};
use crate::scenario::{self, LARGEST_FILE, Scenario};

/// How often a watched file is looked at.
const MOMENT: Duration = Duration::from_millis(200);

/// Looks at every interleaving of a repaired exercise: solved, with the proof, or where it goes wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson verify 2              the file 02.toml here
  lesson verify                every exercise that is here
  lesson verify 2 --watch      again whenever the file is saved
  lesson verify 2 --json

Exit status: 0 = solved, 1 = not yet, 2 = bad usage or input, 3 = not known: it
has too many states, 130 = interrupted.")]
pub(super) struct Args {
    /// The number of the lesson; without it, every exercise that is here
    #[arg(value_name = "N", value_parser = number())]
    lesson: Option<usize>,
    /// Where the exercises are
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Check it again whenever it is saved, until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Print one JSON document instead of the page
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

impl Args {
    pub(super) fn run(self, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let opened = self.which.open()?;
        let numbers: Vec<usize> = match self.lesson {
            Some(number) => vec![number],
            None => {
                let exercises =
                    opened.course.lessons.iter().filter_map(|lesson| Some((lesson, lesson.exercise.as_ref()?)));
                let here = exercises.filter(|(_, exercise)| self.dir.join(&exercise.file).is_file());
                here.map(|(lesson, _)| lesson.number).collect()
            }
        };
        if numbers.is_empty() {
            bail!("there is no exercise in {}; `lesson start N` puts one there", self.dir.display());
        }
        if self.watch {
            let [number] = numbers.as_slice() else {
                bail!("--watch follows one exercise; name it: lesson verify {} --watch", numbers[0]);
            };
            return self.watch(&opened, *number, terminal);
        }
        let mut checks = Vec::new();
        for (at, &number) in numbers.iter().enumerate() {
            let check = Check::new(&opened, number, &self.dir)?;
            if !self.json {
                print(&format!("{}{}", if at > 0 { "\n" } else { "" }, check.page(terminal)))?;
            }
            checks.push((check.document(), check.outcome()));
        }
        if self.json {
            print(&format!(
                "{:#}\n",
                serde_json::json!(checks.iter().map(|(document, _)| document).collect::<Vec<_>>())
            ))?;
        }
        let is = |wanted: Verdict| checks.iter().any(|(_, outcome)| *outcome == wanted);
        let worst =
            [Verdict::Interrupted, Verdict::NotShown, Verdict::Unknown].into_iter().find(|verdict| is(*verdict));
        Ok(worst.unwrap_or(Verdict::Shown))
    }

    /// Until Ctrl-C. A mistake in the file is what the learner is about to mend.
    fn watch(&self, opened: &Opened, number: usize, terminal: &Terminal) -> anyhow::Result<Verdict> {
        let (_, exercise) = opened.exercise(number)?;
        let file = file_in(&self.dir, &exercise.file);
        let _care = Care::new();
        let mut seen = None;
        let (mut outcome, mut looks) = (Verdict::NotShown, 0_u64);
        while !is_interrupted() {
            let saved = saved(&file);
            if seen.replace(saved) == Some(saved) {
                thread::sleep(MOMENT);
                continue;
            }
            let clear = if terminal.is_terminal { "\u{1b}[2J\u{1b}[H" } else { "" };
            print(clear)?;
            match Check::new(opened, number, &self.dir) {
                Ok(check) => {
                    outcome = check.outcome();
                    print(&check.page(&terminal.again()))?;
                }
                Err(error) => print(&format!("{error:#}\n"))?,
            }
            looks += 1;
            let times = plural(looks, "time");
            print(&style(terminal).faint(&format!("\nLooked {times}; again when the file is saved. Ctrl-C ends.\n")))?;
        }
        if terminal.is_terminal {
            print("\n")?; // the terminal has written ^C, and the shell's prompt comes next
        }
        Ok(if outcome == Verdict::Shown { outcome } else { Verdict::Interrupted })
    }
}

/// When a file was written the last time, and how long it is.
fn saved(file: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// An exercise that was checked, and kept in the progress.
struct Check<'a> {
    opened: &'a Opened,
    lesson: &'a Lesson,
    scenario: Scenario,
    file: PathBuf,
    verdict: course::Verdict,
}

impl<'a> Check<'a> {
    fn new(opened: &'a Opened, number: usize, dir: &Path) -> anyhow::Result<Self> {
        let (lesson, exercise) = opened.exercise(number)?;
        let file = file_in(dir, &exercise.file);
        let text = read(&file, number)?;
        let scenario = scenario::parse(&text, &file.display().to_string())?;
        let verdict = check(&scenario, exercise)?;
        let (is_solved, at) = (verdict.is_solved(), now());
        if !verdict.answer.interrupted {
            opened.keep(number, |done| {
                let worked = done.exercise();
                worked.checks = worked.checks.saturating_add(1);
                if is_solved {
                    worked.solved.get_or_insert(at);
                    worked.text = Some(text);
                }
            });
        }
        Ok(Self { opened, lesson, scenario, file, verdict })
    }

    fn checked(&self) -> Checked<'_> {
        let file = shell_words::quote(&self.file.to_string_lossy()).into_owned();
        Checked { lesson: self.lesson, scenario: &self.scenario, file, verdict: &self.verdict }
    }

    fn page(&self, terminal: &Terminal) -> String {
        let mut page = verdict(&self.checked(), style(terminal));
        if terminal.height.is_some_and(|most| terminal.is_terminal && height(&page, terminal.width) + 3 > most) {
            page += "\nThat was higher than this window: scroll up for what is solved.\n";
        }
        match self.outcome() {
            Verdict::Shown => format!("{page}\n{}\n", style(terminal).heading(&next(self.opened, self.lesson.number))),
            Verdict::NotShown => {
                format!("{page}\nStuck? lesson hint {}{}\n", self.lesson.number, self.opened.option)
            }
            _ => page,
        }
    }

    fn document(&self) -> serde_json::Value {
        verdict_document(&self.checked())
    }

    fn outcome(&self) -> Verdict {
        match (self.verdict.answer.interrupted, self.verdict.is_solved(), self.verdict.is_unknown()) {
            (true, ..) => Verdict::Interrupted,
            (_, true, _) => Verdict::Shown,
            (_, _, true) => Verdict::Unknown,
            _ => Verdict::NotShown,
        }
    }
}

/// Checks it; Ctrl-C ends it soon.
fn check(scenario: &Scenario, exercise: &Exercise) -> anyhow::Result<course::Verdict> {
    let care = Care::new();
    let mut bar = Bar::new();
    let verdict = course::verify(&exercise.shipped, scenario, &exercise.goals, &TASK, &mut |progress| {
        bar.show(progress);
        !is_interrupted()
    });
    drop((bar, care));
    Ok(verdict?)
}

/// Reads the file that the learner has edited.
fn read(file: &Path, number: usize) -> anyhow::Result<String> {
    let found = fs::metadata(file).with_context(|| {
        format!("can't read {}; `lesson start {number}` puts it there, --dir names another folder", file.display())
    })?;
    if !found.is_file() || found.len() > LARGEST_FILE as u64 {
        bail!("{} is no scenario: it is a directory, a device or larger than 16 MiB", file.display());
    }
    fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))
}
