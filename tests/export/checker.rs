//! SPIN, and the plainest search to compare it with.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use lesson::export::promela;
use lesson::model::Program;
use lesson::scenario::{Scenario, to_toml};

/// What there is to find in a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub states: usize,
    /// Those in which nobody can move, and somebody has neither ended nor crashed.
    pub deadlocked: usize,
    /// Ways from a state to a state.
    pub moves: usize,
}

/// Searches with the model's next-state function; nothing if there are more than `most` states.
pub fn search(program: &Program, most: usize) -> Option<Found> {
    let mut known = BTreeSet::from([program.start()]);
    let mut open = vec![program.start()];
    let (mut deadlocked, mut moves) = (0, 0);
    while let Some(at) = open.pop() {
        let before = moves;
        program.for_each_move(&at, |made| {
            moves += 1;
            let mut then = at.clone();
            made.make(&mut then);
            if known.insert(then.clone()) {
                open.push(then);
            }
        });
        match (moves > before, program.is_over(&at)) {
            // Where everybody is gone the exports have a move from the state to itself.
            (_, true) => moves += 1,
            (can_move, false) => deadlocked += usize::from(!can_move),
        }
        if known.len() > most {
            return None;
        }
    }
    Some(Found { states: known.len(), deadlocked, moves })
}

/// Whether SPIN and a C compiler are here. If not, says so once, where nobody can overlook it.
pub fn is_here() -> bool {
    static IS_HERE: OnceLock<bool> = OnceLock::new();
    *IS_HERE.get_or_init(|| {
        let missing: Vec<&str> = ["spin", "cc"].into_iter().filter(|tool| !runs(tool)).collect();
        if !missing.is_empty() {
            // Not `eprintln`: what that says is not shown of tests that pass.
            let text = format!("SKIPPED: {} is not here, so SPIN was not asked about any export\n", missing.join(", "));
            std::io::stderr().write_all(text.as_bytes()).expect("somebody listens");
        }
        missing.is_empty()
    })
}

fn runs(tool: &str) -> bool {
    let flag = if tool == "spin" { "-V" } else { "--version" };
    Command::new(tool).arg(flag).output().is_ok()
}

/// Has SPIN search the exported scenario.
pub fn spin(scenario: &Scenario, program: &Program) -> Found {
    let folder = tempfile::tempdir().expect("a folder for SPIN");
    let text = promela(scenario, program);
    let fails = |what: &str, output: &Output| -> String {
        let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat();
        panic!("{what}: {said}\n{}\n{text}", to_toml(scenario))
    };
    fs::write(folder.path().join("x.pml"), &text).expect("the model is written");
    let run = |command: &[&str]| -> String {
        let program = if command[0] == "./pan" { folder.path().join("pan") } else { command[0].into() };
        let output = in_folder(folder.path(), &program, &command[1..]);
        let is_fine = output.status.success() && !output.stdout.starts_with(b"spin:");
        if is_fine { String::from_utf8_lossy(&output.stdout).into_owned() } else { fails(command[0], &output) }
    };
    run(&["spin", "-a", "x.pml"]);
    run(&["cc", "-w", "-O0", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"]);
    let said = run(&["./pan", "-m200000", "-w20", "-c0"]);
    assert!(!said.contains("search depth too small"), "{said}");
    let transitions = number(&said, " transitions (= stored+matched)");
    Found {
        states: number(&said, " states, stored"),
        deadlocked: said.split("errors: ").nth(1).map_or("", first_word).parse().expect("how many errors"),
        // SPIN counts a way to the first state.
        moves: transitions - 1,
    }
}

fn in_folder(folder: &Path, program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().expect("it runs")
}

/// The number in front of `what`.
fn number(said: &str, what: &str) -> usize {
    let before = said.split(what).next().filter(|before| before.len() < said.len());
    let word = before.and_then(|before| before.split_whitespace().next_back());
    word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("`{what}` is missing: {said}"))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}
