//! `lesson course check`: is a course fit to be taught with?

use std::path::PathBuf;

use anyhow::bail;
use clap::CommandFactory as _;

use super::courses::files;
use super::output::print;
use super::{Cli, Verdict};
use crate::course::{self, Course, Fault, Lesson, TASK};
use crate::machine::Terminal;
use crate::report::clean;
use crate::run::is_interrupted;
use crate::scenario;

/// Courses of your own: a folder like lessons/, with SUMMARY.md, NN-name.md, exercises/ and solutions/.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lesson course check mine          says all that is wrong in it, with its line
  lesson progress --course mine     then everything else works with it
  lesson learn 1 --course mine

Exit status: 0 = it is fit, 1 = something is wrong, 2 = bad usage.")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Check every page, and that each exercise is unsolved as shipped and solved by its solution
    Check {
        /// The folder
        dir: PathBuf,
    },
}

impl Args {
    pub(super) fn run(self, _: &Terminal) -> anyhow::Result<Verdict> {
        let Action::Check { dir } = self.action;
        let (course, mut faults) = match Course::new(&files(&dir)?) {
            Ok(course) => (Some(course), Vec::new()),
            Err(faults) => (None, faults),
        };
        if let Some(course) = &course {
            faults = course.lessons.iter().flat_map(unknown_commands).collect();
            faults.extend(untrue_exercises(course)?);
        }
        let mut text: String = faults.iter().map(|fault| clean(&fault.to_string()) + "\n").collect();
        text += &match (&course, faults.len()) {
            (Some(course), 0) => {
                let exercises = course.lessons.iter().filter(|lesson| lesson.exercise.is_some()).count();
                let (title, lessons) = (clean(&course.title), course.lessons.len());
                format!("{title}: {lessons} lessons, {exercises} exercises; nothing is wrong.\n")
            }
            (_, count) => format!("{count} to mend.\n"),
        };
        print(&text)?;
        Ok(faults.is_empty().into())
    }
}

/// Commands of a page that nobody can run: the tour knows `lesson`, and `cat` of a file.
fn unknown_commands(lesson: &Lesson) -> Vec<Fault> {
    const OTHERS: [&str; 4] = ["cat", "cargo", "git", "cd"];
    let fault = |line, message: String| {
        let remedy = "write a command of lesson as `lesson help` knows it, or cat FILE".to_owned();
        Fault { file: lesson.file.clone(), line, message, remedy }
    };
    let wrong = |command: &str| -> Option<String> {
        let words = shell_words::split(command).ok()?;
        let words: Vec<&String> = words.iter().take_while(|word| *word != ">").collect();
        match words.first().map(|word| word.as_str()) {
            Some("lesson") => {
                let error = Cli::command().try_get_matches_from(&words).err().filter(clap::Error::use_stderr)?;
                let said = error.to_string();
                Some(said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned())
            }
            Some(word) if OTHERS.contains(&word) => None,
            _ => Some("is no command of lesson".into()),
        }
    };
    let typed = lesson.page.commands().flat_map(|block| block.typed.iter().map(|typed| (block.line, &typed.command)));
    typed.filter_map(|(line, command)| Some(fault(line, format!("`{command}`: {}", wrong(command)?)))).collect()
}

/// Exercises that are solved as they are shipped, or are not by their solution.
fn untrue_exercises(course: &Course) -> anyhow::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let exercises = course.lessons.iter().filter_map(|lesson| lesson.exercise.as_ref());
    for exercise in exercises {
        let solution = scenario::parse(&exercise.solution, &exercise.file)?;
        for (folder, scenario, wanted) in [("exercises", &exercise.shipped, false), ("solutions", &solution, true)] {
            let verdict =
                course::verify(&exercise.shipped, scenario, &exercise.goals, &TASK, &mut |_| !is_interrupted())?;
            if verdict.answer.interrupted {
                bail!("interrupted");
            }
            if verdict.is_solved() != wanted {
                let message = if wanted { "it does not solve the exercise" } else { "it is solved as it is" };
                let file = format!("{folder}/{}", exercise.file);
                let remedy = "`lesson verify` says why, in a folder with this file".to_owned();
                faults.push(Fault { file, line: 0, message: message.into(), remedy });
            }
        }
    }
    Ok(faults)
}
