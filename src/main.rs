//! `lesson`: parse, dispatch, exit status; nothing else.

use std::process::ExitCode;

use clap::Parser;
use lesson::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
