//! `lesson explore --export`: the scenario for another checker.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::output::{check_free, print, write_file};
use crate::export;
use crate::model::{Attempts, Program};
use crate::scenario::Scenario;

/// Writes the scenario into a file, or with `-` to standard output, in a checker's language; `words` are the language
/// and the file.
pub(super) fn write(scenario: &Scenario, words: &[PathBuf], force: bool) -> anyhow::Result<()> {
    let [language, file] = words else { bail!("--export takes two words: promela or tla, and a file") };
    let program = Program::compile(scenario, Attempts::Counted)?;
    let text = match language.to_str() {
        Some("promela") => export::promela(scenario, &program),
        Some("tla") => export::tla(scenario, &program, module(file)?),
        _ => bail!("--export knows promela (for SPIN) and tla (for TLC), not {}", language.display()),
    };
    if file.as_os_str() == "-" {
        return print(&text);
    }
    check_free(file, force, export::is_first_line)?;
    write_file(file, |out| out.write_all(text.as_bytes()))?;
    print(&format!("{} is written; its first lines say how it is run.\n", file.display()))
}

/// The name of the module in a file for TLC: it has to be the file's.
fn module(file: &Path) -> anyhow::Result<&str> {
    if file.as_os_str() == "-" {
        bail!("TLC reads a module from a file of its name only; name one, such as Table.tla");
    }
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if file.extension().is_none_or(|extension| extension != "tla") || !export::is_module_name(stem) {
        bail!(
            "{} can't hold a module of TLA+; name it after one: letters, digits and _, such as Table.tla",
            file.display()
        );
    }
    Ok(stem)
}
