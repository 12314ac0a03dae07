//! A second witness of a deadlock: the kernel's list of locks, or parking_lot's detector.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirEntry;
use std::path::Path;

use super::crew::Crew;
use crate::analysis::WaitForGraph;
use crate::scenario::Scenario;
use crate::trace::{Witness, WitnessLine};
use crate::who::{self, LockLine};

/// What the kernel says of the locks of these processes: the lines of `/proc/locks`, decoded. `None` where there is no
/// such list, or nothing in it (a container may hide it).
pub(super) fn kernel(scenario: &Scenario, room: &Path, crew: &Crew, stuck: &[usize]) -> Option<Witness> {
    let files = files_by_inode(room);
    let names: BTreeMap<u32, &str> =
        stuck.iter().map(|&who| (crew.pid_of(who), scenario.processes[who].name.as_str())).collect();
    let name_of = |pid: u32| names.get(&pid).map(|name| (*name).to_owned());
    let pids: BTreeSet<u32> = stuck.iter().map(|&who| crew.pid_of(who)).collect();
    let mut lines: Vec<(&String, LockLine)> =
        who::read().ok()?.into_iter().filter_map(|line| Some((files.get(&line.inode)?, line))).collect();
    // Another file system may have the same inode number: what strangers hold is none of ours.
    lines.retain(|(_, line)| u32::try_from(line.pid).map_or(true, |pid| pid == 0 || pids.contains(&pid)));
    // The kernel lists the locks of each processor in turn; by name they are easier to read. The sort is stable: the
    // waiters stay behind their holder.
    lines.sort_by_key(|(file, _)| *file);
    let (files, lines): (Vec<&String>, Vec<LockLine>) = lines.into_iter().unzip();
    let pids: Vec<u32> = pids.into_iter().collect();
    let locks = who::owners_among(lines, &pids);
    let lines: Vec<WitnessLine> = files
        .into_iter()
        .zip(locks)
        .map(|(file, lock)| {
            // Of several who ask for one OFD lock nobody knows which request is whose.
            let is_sure = !lock.line.waiting || lock.owners.len() == 1;
            let owner = lock.owners.into_iter().filter(|_| is_sure).find_map(name_of);
            let means = who::describe(&lock.line, file, &owner.unwrap_or_default());
            WitnessLine { raw: lock.line.raw, means }
        })
        .collect();
    (!lines.is_empty()).then(|| Witness { source: "/proc/locks".into(), lines })
}

/// How many locks the kernel lists for a process; `None` where there is no such list. OFD locks name no process.
pub(super) fn locks_of(pid: u32) -> Option<u64> {
    let lines = who::read().ok()?;
    Some(lines.iter().filter(|line| u32::try_from(line.pid) == Ok(pid)).count() as u64)
}

/// The files of the room by their inode number, which is how the kernel's list names them: those of the locks, and
/// those that SQLite makes beside its database (in WAL mode it locks bytes of its `-shm` file).
fn files_by_inode(room: &Path) -> BTreeMap<u64, String> {
    let file = |entry: DirEntry| {
        let inode = who::inode(&entry.metadata().ok()?)?;
        Some((inode, entry.file_name().into_string().ok()?))
    };
    std::fs::read_dir(room).into_iter().flatten().flatten().filter_map(file).collect()
}

/// parking_lot's report, each line with the names of this scenario.
pub(super) fn detector(scenario: &Scenario, graph: &WaitForGraph, lines: &[(usize, String)]) -> Witness {
    let line = |(who, raw): &(usize, String)| {
        let name = |who: usize| scenario.processes[who].name.as_str();
        let waits = graph.edges_of(*who).next().map_or_else(String::new, |edge| {
            format!(", and waits for {}, which {} holds", edge.lock, name(edge.holder))
        });
        WitnessLine { raw: raw.clone(), means: format!("this thread is {}{waits}", name(*who)) }
    };
    Witness { source: "parking_lot's deadlock_detection".into(), lines: lines.iter().map(line).collect() }
}
