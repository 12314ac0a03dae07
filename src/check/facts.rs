//! What the machine says of itself, and whether that is enough. A function of the facts.

use crate::machine::Terminal;
use crate::trace::{Check, Environment};

/// What is enough for the largest crowd of the lessons, 32 processes: a pipe to each, three threads in each.
const ENOUGH: u64 = 128;

/// The narrowest window in which the lanes of a run can be read.
const NARROW: usize = 50;

/// What was asked of the machine.
pub(super) struct Facts<'a> {
    pub(super) environment: &'a Environment,
    pub(super) terminal: &'a Terminal,
    /// Why no directory could be made for the runs.
    pub(super) no_arena: Option<String>,
    /// How many files a process may have open: now, and at most.
    pub(super) open_files: Option<(u64, u64)>,
    /// How many processes and threads there may be.
    pub(super) processes: Option<u64>,
}

/// One line for each fact.
pub(super) fn judge(facts: &Facts) -> Vec<Check> {
    let here = facts.environment;
    vec![
        operating_system(here),
        cores(here.cores),
        Check::ok("versions", format!("lesson {}, SQLite {}", here.lesson, here.sqlite)),
        terminal(facts.terminal),
        temporary_directory(&here.temp_dir, facts.no_arena.as_deref()),
        file_system(here),
        open_files(facts.open_files),
        processes(facts.processes),
    ]
}

fn operating_system(here: &Environment) -> Check {
    let container = if here.own_pid_namespace { "; a container" } else { "" };
    let found = format!("{}, {}{container}", here.os_release, here.arch);
    match here.os.as_str() {
        "linux" => Check::ok("operating system", found),
        "macos" => Check::warning(
            "operating system",
            found,
            "all locks but OFD ones are there; on Linux the kernel's own list of locks comes as a second witness",
        ),
        _ => Check::warning(
            "operating system",
            found,
            "the lessons were tried on Linux; take a virtual machine or WSL for what is missing below",
        ),
    }
}

fn cores(cores: usize) -> Check {
    match cores {
        0 | 1 => Check::warning(
            "processor cores",
            "1: processes run in turns, so runs that leave it to luck (--free) collide less often",
            "give the virtual machine or container a second core; runs without --free need none",
        ),
        _ => Check::ok("processor cores", cores.to_string()),
    }
}

fn terminal(terminal: &Terminal) -> Check {
    let color = if terminal.color { "colour" } else { "no colour" };
    let found = format!("{} columns, {color}: {}", terminal.width, terminal.why);
    match terminal.width < NARROW {
        true => Check::warning("terminal", found, format!("make the window at least {NARROW} columns wide")),
        false => Check::ok("terminal", found),
    }
}

fn temporary_directory(path: &str, problem: Option<&str>) -> Check {
    match problem {
        None => Check::ok("temporary directory", format!("{path}, writable")),
        Some(problem) => Check::failed(
            "temporary directory",
            format!("can't make a directory in {path}: {problem}"),
            "set TMPDIR (on Windows: TMP) to a directory where you may write",
        ),
    }
}

/// Neither `flock` nor SQLite can be relied on where another machine keeps the files.
fn file_system(here: &Environment) -> Check {
    const LOCAL: &str = "set TMPDIR to a directory on a local disk, or give one to each command with --dir";
    let name = &here.file_system;
    // A bare `fuse` may be anything that a program serves.
    if here.file_system_is_network {
        let found = format!("{name}, kept by another machine: flock and SQLite are not safe there");
        Check::warning("file system", found, LOCAL)
    } else if name.starts_with("unknown") || name == "fuse" {
        let found = format!("{name}: another machine may keep it");
        Check::warning("file system", found, format!("if it is NFS, SMB or another network file system, {LOCAL}"))
    } else {
        Check::ok("file system", format!("{name}, local"))
    }
}

fn open_files(limits: Option<(u64, u64)>) -> Check {
    let Some((now, most)) = limits else { return Check::ok("open files", "no limit that can be read") };
    let found = match (now, most) {
        (u64::MAX, _) => "no limit".to_owned(),
        (now, u64::MAX) => format!("{now}, raised without end when needed"),
        (now, most) if now < most => format!("{now}, raised up to {most} when needed"),
        (now, _) => format!("at most {now}"),
    };
    match now.max(most) < ENOUGH {
        true => Check::warning("open files", found, format!("`ulimit -n {ENOUGH}` as root, for runs of 32 processes")),
        false => Check::ok("open files", found),
    }
}

fn processes(limit: Option<u64>) -> Check {
    match limit {
        None => Check::ok("processes", "no limit that can be read"),
        Some(limit) if limit < ENOUGH => Check::warning(
            "processes",
            format!("at most {limit}, with threads"),
            "for runs of 32 processes raise `ulimit -u`, or `pids.max` of the cgroup (for a container: `--pids-limit`)",
        ),
        Some(limit) => Check::ok("processes", format!("at most {limit}, with threads")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Status::{self, Failed, Ok, Warning};

    /// A machine on which all is well.
    fn machine() -> Environment {
        Environment {
            os: "linux".into(),
            os_release: "Linux 6.18.1".into(),
            arch: "x86_64".into(),
            cores: 4,
            lesson: "0.1.0".into(),
            sqlite: "3.50.0".into(),
            temp_dir: "/tmp".into(),
            file_system: "ext4".into(),
            file_system_is_network: false,
            own_pid_namespace: false,
        }
    }

    #[test]
    fn says_what_is_not_as_it_should_be() {
        let on = |os: &str| Environment { os: os.into(), ..machine() };
        let files = |name: &str, is_network| Environment {
            file_system: name.into(),
            file_system_is_network: is_network,
            ..machine()
        };
        let window =
            |width| Terminal { is_terminal: true, width, height: None, color: true, why: "of the window".into() };
        let table: [(Check, Status, &str); 22] = [
            (operating_system(&machine()), Ok, "Linux 6.18.1, x86_64"),
            (operating_system(&Environment { own_pid_namespace: true, ..machine() }), Ok, "container"),
            (operating_system(&on("macos")), Warning, "x86_64"),
            (operating_system(&on("windows")), Warning, "x86_64"),
            (cores(2), Ok, "2"),
            (cores(1), Warning, "in turns"),
            (terminal(&window(80)), Ok, "80 columns, colour: of the window"),
            (terminal(&window(49)), Warning, "49 columns"),
            (temporary_directory("/tmp", None), Ok, "/tmp, writable"),
            (temporary_directory("/tmp", Some("no space")), Failed, "/tmp: no space"),
            (file_system(&machine()), Ok, "ext4, local"),
            (file_system(&files("nfs4", true)), Warning, "nfs4, kept by another machine"),
            (file_system(&files("unknown (number 0x1)", false)), Warning, "may keep it"),
            (file_system(&files("fuse", false)), Warning, "may keep it"),
            (open_files(None), Ok, "no limit"),
            (open_files(Some((u64::MAX, u64::MAX))), Ok, "no limit"),
            (open_files(Some((64, u64::MAX))), Ok, "64, raised without end"),
            (open_files(Some((64, 4096))), Ok, "64, raised up to 4096"),
            (open_files(Some((64, 64))), Warning, "at most 64"),
            (processes(None), Ok, "no limit"),
            (processes(Some(128)), Ok, "at most 128"),
            (processes(Some(127)), Warning, "at most 127"),
        ];
        for (check, status, found) in table {
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.found.contains(found), "{found}: {check:?}");
            assert_eq!(check.remedy.is_some(), status != Ok, "{check:?}");
        }
    }
}
