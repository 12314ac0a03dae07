//! `lesson`: parse, dispatch, exit status; nothing else.

use std::process::ExitCode;

use lesson::cli::Cli;

fn main() -> ExitCode {
    Cli::read().run()
}
