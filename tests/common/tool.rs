//! Tests that need another program: where it is missing they are named, and counted as ignored, not as passed.

use std::process::Command;

use libtest_mimic::Trial;

/// A program that a test needs.
pub struct Tool {
    /// For the report.
    pub name: &'static str,
    /// Whether it is there and does what is asked of it.
    pub is_there: bool,
}

impl Tool {
    /// Tries it with these arguments.
    pub fn new(name: &'static str, probe: &[&str]) -> Self {
        let output = Command::new(name).args(probe).output();
        Self { name, is_there: output.is_ok_and(|output| output.status.success()) }
    }
}

/// One test that needs one program.
pub fn trial(name: &str, needs: &Tool, test: fn()) -> Trial {
    let trial = Trial::test(name.replace(' ', ""), move || {
        test();
        Ok(())
    });
    match needs.is_there {
        true => trial,
        false => trial.with_kind(format!("{} is missing, or may not", needs.name)).with_ignored_flag(true),
    }
}
