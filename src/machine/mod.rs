//! What this machine is: its system, its file system, its limits, its terminal.
//!
//! Everything that a run or a report has to ask of the world around it is asked here, so that the rooms that
//! compute can stay functions.

pub mod file_system;
pub mod limits;
#[cfg(target_os = "linux")]
mod mountinfo;
pub mod terminal;

pub use file_system::FileSystem;
pub use terminal::{ColorChoice, Terminal, width_of_stderr};

use std::path::Path;

use crate::trace::Environment;

/// The link `/proc/self/ns/pid` in the first PID namespace of a machine: a fixed number of the kernel
/// (`PROC_PID_INIT_INO` in its `include/linux/proc_ns.h`).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Describes this machine; `temp_dir` is where the files of a run are made.
///
/// Never fails: what the system does not tell is `unknown`.
pub fn environment(temp_dir: &Path) -> Environment {
    let FileSystem { name, is_network } = file_system::of(temp_dir);
    Environment {
        os: std::env::consts::OS.to_owned(),
        os_release: os_release(),
        arch: std::env::consts::ARCH.to_owned(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        lesson: env!("CARGO_PKG_VERSION").to_owned(),
        sqlite: rusqlite::version().to_owned(),
        temp_dir: temp_dir.to_string_lossy().into_owned(),
        file_system: name,
        file_system_is_network: is_network,
        own_pid_namespace: own_pid_namespace(),
    }
}

/// Kernel and its release (uname(2)), and the distribution's name where there is one (os-release(5)).
#[cfg(unix)]
fn os_release() -> String {
    let kernel = nix::sys::utsname::uname().map_or_else(
        |_| format!("{}, release unknown", std::env::consts::OS),
        |uname| format!("{} {}", uname.sysname().display(), uname.release().display()),
    );
    let distribution = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|file| std::fs::read_to_string(file).ok())
        .and_then(|text| pretty_name(&text));
    match distribution {
        Some(name) => format!("{kernel}, {name}"),
        None => kernel,
    }
}

/// Windows tells its release only through calls that nothing else here needs.
#[cfg(not(unix))]
fn os_release() -> String {
    format!("{}, release not looked up", std::env::consts::OS)
}

/// `PRETTY_NAME` of os-release(5): a shell assignment, so the value may be quoted and escaped.
#[cfg(any(unix, test))]
fn pretty_name(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.trim().strip_prefix("PRETTY_NAME="))?;
    let quoted = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let mut name = String::new();
    let mut letters = quoted('"').or_else(|| quoted('\'')).unwrap_or(value).chars();
    while let Some(letter) = letters.next() {
        name.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    Some(name).filter(|name| !name.is_empty())
}

/// Whether this process lives in a PID namespace of its own, as in a container (pid_namespaces(7)). Elsewhere than on
/// Linux there is no such link, and no such namespace.
pub fn own_pid_namespace() -> bool {
    std::fs::read_link("/proc/self/ns/pid").is_ok_and(|link| link.as_os_str() != FIRST_PID_NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_this_machine() {
        let here = tempfile::tempdir().expect("a temporary directory");
        let environment = environment(here.path());
        assert_eq!(environment.os, std::env::consts::OS);
        assert!(environment.cores >= 1);
        assert!(environment.sqlite.starts_with("3."), "{}", environment.sqlite);
        assert_eq!(Path::new(&environment.temp_dir), here.path());
        assert!(!environment.file_system.is_empty());
        if cfg!(target_os = "linux") {
            assert!(environment.os_release.starts_with("Linux "), "{}", environment.os_release);
        }

        let json = serde_json::to_string(&environment).expect("plain data");
        assert_eq!(serde_json::from_str::<Environment>(&json).expect("as it was written"), environment);
    }

    #[test]
    fn reads_the_distributions_name() {
        let table = [
            (
                "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n",
                Some("Debian GNU/Linux 12 (bookworm)"),
            ),
            ("PRETTY_NAME='Alpine Linux v3.22'", Some("Alpine Linux v3.22")),
            ("PRETTY_NAME=Arch", Some("Arch")),
            (r#"PRETTY_NAME="A \"quoted\" \$name""#, Some("A \"quoted\" $name")),
            ("PRETTY_NAME=\"\"", None),
            ("PRETTY_NAME=\"", Some("\"")),
            ("NAME=x", None),
            ("", None),
        ];
        for (text, name) in table {
            assert_eq!(pretty_name(text).as_deref(), name, "{text}");
        }
    }
}
