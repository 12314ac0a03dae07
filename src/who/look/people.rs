//! Who a process is: `/proc/PID/{status,stat,cmdline}` (proc_pid_status(5), proc_pid_stat(5), proc_pid_cmdline(5)).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::time::{Duration, SystemTime};

use super::super::judge::sight::{Deaf, Process};
use super::threads;

/// So many bytes of a command line are read: some are very long.
const LONGEST_COMMAND: u64 = 2048;

/// Tells processes, and keeps what they have in common.
pub(super) struct People {
    uptime_s: Option<f64>,
    ticks: u64,
    users: BTreeMap<u32, String>,
}

impl People {
    pub(super) fn new() -> Self {
        let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
        Self {
            uptime_s: uptime.split(' ').next().and_then(|seconds| seconds.parse().ok()),
            ticks: ticks_per_second(),
            users: BTreeMap::new(),
        }
    }

    /// What the system tells of a process; `None` if there is none, or it has just ended.
    pub(super) fn meet(&mut self, pid: u32) -> Option<Process> {
        let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).ok();
        let status = String::from_utf8_lossy(&read("status")?).into_owned();
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
        let number = |name: &str| field(name)?.split_ascii_whitespace().next()?.parse::<u32>().ok();
        let age_s = self.uptime_s.zip(started(&String::from_utf8_lossy(&read("stat")?))).map(|(uptime, start)| {
            let age = uptime - start as f64 / self.ticks as f64;
            age.max(0.0) as u64
        });
        Some(Process {
            pid,
            parent: number("PPid").unwrap_or(0),
            name: field("Name").map(unescaped).unwrap_or_default(),
            command: command(pid),
            user: number("Uid").map(|uid| self.user(uid)).unwrap_or_default(),
            age_s,
            since: age_s.and_then(since),
            threads: number("Threads").unwrap_or(1),
            doing: threads::doing(&threads::of(pid)),
            deaf: deaf(field),
        })
    }

    fn user(&mut self, uid: u32) -> String {
        self.users.entry(uid).or_insert_with(|| user_name(uid)).clone()
    }
}

/// Whether SIGTERM does nothing to a process, by the fields of its `status`: its number in each PID namespace, the
/// innermost last, and the signals that it ignores and handles, as bits in hexadecimal.
fn deaf<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Option<Deaf> {
    const SIGTERM: u64 = 1 << 14; // signal 15, counted from 1
    let has = |name: &str| field(name).and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    let is_first = field("NSpid").is_some_and(|all| all.split_ascii_whitespace().next_back() == Some("1"));
    match (has("SigIgn"), has("SigCgt")) {
        (Some(ignored), _) if ignored & SIGTERM != 0 => Some(if is_first { Deaf::First } else { Deaf::Ignores }),
        (_, Some(handled)) if is_first && handled & SIGTERM == 0 => Some(Deaf::First),
        _ => None,
    }
}

/// The name of a user; the number if there is no name for it.
#[cfg(unix)]
pub(super) fn user_name(uid: u32) -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid)).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(not(unix))]
pub(super) fn user_name(uid: u32) -> String {
    uid.to_string()
}

/// Whether whoever asks is root.
pub(super) fn is_root() -> bool {
    #[cfg(unix)]
    return nix::unistd::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// The name of whoever asks.
pub fn own_user() -> String {
    #[cfg(unix)]
    return user_name(nix::unistd::geteuid().as_raw());
    #[cfg(not(unix))]
    String::new()
}

/// `status` writes a line feed or a backslash in a name as `\n` or `\\`.
fn unescaped(name: &str) -> String {
    name.replace("\\n", "\n").replace("\\\\", "\\")
}

/// The arguments with blanks between them; cut, with `…` at the end, if there are too many.
fn command(pid: u32) -> String {
    let mut bytes = Vec::new();
    let file = File::open(format!("/proc/{pid}/cmdline"));
    if file.and_then(|file| file.take(LONGEST_COMMAND + 1).read_to_end(&mut bytes)).is_err() {
        return String::new();
    }
    let is_cut = bytes.len() as u64 > LONGEST_COMMAND;
    bytes.truncate(LONGEST_COMMAND as usize);
    let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
    text.trim_end().to_owned() + if is_cut { "…" } else { "" }
}

/// Field 22 of `stat`: when it was started, in clock ticks since the machine was. The name (field 2) may hold blanks.
fn started(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn since(age_s: u64) -> Option<String> {
    let start = SystemTime::now().checked_sub(Duration::from_secs(age_s))?;
    Some(humantime::format_rfc3339_seconds(start).to_string())
}

#[cfg(unix)]
fn ticks_per_second() -> u64 {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten();
    ticks.and_then(|ticks| u64::try_from(ticks).ok()).filter(|ticks| *ticks > 0).unwrap_or(100)
}

#[cfg(not(unix))]
fn ticks_per_second() -> u64 {
    100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_start_behind_any_name() {
        let fields: String = (3..=52).map(|field| format!(" {field}")).collect();
        let table =
            [(format!("7 (a) S b) {}", &fields[1..]), Some(22)), ("7 (a) S 1 2".into(), None), (String::new(), None)];
        for (stat, expected) in table {
            assert_eq!(started(&stat), expected, "{stat}");
        }
    }

    #[test]
    fn who_is_deaf_to_a_plain_kill_is_known() {
        let (none, term) = ("0000000000000000", "0000000000004000");
        let table = [
            ("4711", none, none, None),
            ("4711", term, none, Some(Deaf::Ignores)),
            ("4711", none, term, None),
            ("4711\t1", none, none, Some(Deaf::First)),
            ("4711\t1", none, term, None),
            ("4711\t1", term, none, Some(Deaf::First)),
            ("4711\t11", none, none, None),
            ("4711\t1", "?", "?", None),
        ];
        for (numbers, ignored, handled, expected) in table {
            let field = |name: &str| match name {
                "NSpid" => Some(numbers),
                "SigIgn" => Some(ignored),
                "SigCgt" => Some(handled),
                _ => None,
            };
            assert_eq!(deaf(field), expected, "{numbers} {ignored} {handled}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn meets_this_process() {
        let own = People::new().meet(std::process::id()).expect("it lives");
        assert_eq!(own.user, own_user());
        assert!(own.command.contains("lesson") && own.age_s.is_some_and(|age| age < 3600), "{own:?}");
        assert_eq!(People::new().meet(1 << 30), None);
    }
}
