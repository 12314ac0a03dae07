//! Looks again if a holder went while we looked: the list is read first and the processes after it, and in between a
//! lock may be released. What is left is a lock without a holder, which would be told as one who is out of sight.

use std::path::Path;

use super::super::judge::sight::{Lock, Sight};
use super::super::judge::unseen::Unseen;
use super::super::{LockKind, LockLine};
use super::{CannotLook, is_nameless, once};

/// So many looks in all. Each costs a few milliseconds; a lock that is passed on faster than that is told as such.
const MOST: usize = 6;

/// Looks at one file, or, without one, at everybody who waits on this machine.
///
/// # Errors
/// There is no such file, or this system tells nothing.
pub fn look(path: Option<&Path>) -> Result<Sight, CannotLook> {
    for _ in 1..MOST {
        let sight = once(path)?;
        if went(&sight, super::super::read).is_empty() {
            return Ok(sight);
        }
    }
    let mut sight = once(path)?;
    let went = went(&sight, super::super::read);
    if !went.is_empty() {
        let mut place = 0..;
        sight.locks.retain(|_| place.next().is_none_or(|place| !went.contains(&place)));
        let nameless = sight.locks.iter().filter(|lock| is_nameless(lock)).count() as u64;
        sight.unseen.retain(|unseen| !matches!(unseen, Unseen::NoOwner(_)));
        sight.unseen.extend((nameless > 0).then_some(Unseen::NoOwner(nameless)));
        sight.unseen.push(Unseen::Went(went.len()));
    }
    Ok(sight)
}

/// The places of the locks that have nobody any more, neither among the processes nor, by now, in the list. `list`
/// reads that again, and is asked only if somebody is missing.
fn went(sight: &Sight, list: impl Fn() -> std::io::Result<Vec<LockLine>>) -> Vec<usize> {
    let is_there = |pid: &u32| sight.processes.contains_key(pid);
    let is_missing = |lock: &Lock| lock.line.pid != 0 && !lock.owners.iter().any(is_there);
    let missing: Vec<usize> = (0..sight.locks.len()).filter(|&place| is_missing(&sight.locks[place])).collect();
    if missing.is_empty() {
        return missing;
    }
    // Without a list nobody can tell.
    let Ok(lines) = list() else { return Vec::new() };
    let is_remote = sight.target.as_ref().is_some_and(|target| target.file_system.is_network);
    let is_gone = |place: &usize| {
        let line = &sight.locks[*place].line;
        // What only F_GETLK told need not be in the list: its holder may be on another machine.
        let was_asked = line.raw.starts_with("F_GETLK");
        let is_local = !was_asked || (line.pid > 0 && !is_remote);
        is_local && !lines.iter().any(|other| is_same(line, other))
    };
    missing.into_iter().filter(is_gone).collect()
}

/// Whether two lines tell of one lock. The list may write the device in its own way, and counts its lines anew; whose
/// it is tells nothing of an OFD lock.
fn is_same(line: &LockLine, other: &LockLine) -> bool {
    let key = |line: &LockLine| (line.inode, line.waiting, line.write, line.pid, line.first, line.last);
    let is_flock = |line: &LockLine| line.kind == LockKind::Flock;
    key(line) == key(other) && is_flock(line) == is_flock(other)
}

#[cfg(test)]
mod tests {
    use super::super::super::judge::sight::Process;
    use super::*;

    const HELD: &str = "1: FLOCK  ADVISORY  WRITE 7 fe:00:1 0 EOF";

    /// The line that was seen, its owners, who is there, what the list has now; whether the holder went.
    type Case<'a> = (&'a str, &'a [u32], &'a [u32], &'a [&'a str], bool);

    fn check((seen, owners, there, now, gone): &Case<'_>) {
        let line = |text: &&str| text.parse::<LockLine>().expect(text);
        let mut sight = Sight::default();
        sight.locks.push(Lock { line: line(seen), owners: owners.to_vec() });
        sight.processes.extend(there.iter().map(|pid| (*pid, Process::default())));
        let found = went(&sight, || Ok(now.iter().map(line).collect()));
        assert_eq!(!found.is_empty(), *gone, "{seen} {owners:?} {there:?} {now:?}");
        let unreadable = went(&sight, || Err(std::io::Error::other("no list")));
        assert!(unreadable.is_empty(), "{seen}");
    }

    #[test]
    fn a_holder_that_went_is_known_from_one_that_is_hidden() {
        let table: [Case<'_>; 9] = [
            (HELD, &[7], &[7], &[], false),
            (HELD, &[], &[], &[HELD], false),
            (HELD, &[], &[], &[], true),
            // Somebody else has it by now.
            (HELD, &[], &[], &["1: FLOCK  ADVISORY  WRITE 8 fe:00:1 0 EOF"], true),
            // Another line of the list has become this one.
            (HELD, &[], &[], &["9: FLOCK  ADVISORY  WRITE 7 00:2b:1 0 EOF"], false),
            (HELD, &[], &[], &["1: POSIX  ADVISORY  WRITE 7 fe:00:1 0 EOF"], true),
            // The list names it, and it has ended since.
            ("1: POSIX  ADVISORY  WRITE 7 fe:00:1 0 EOF", &[7], &[], &[], true),
            ("1: -> FLOCK  ADVISORY  WRITE 7 fe:00:1 0 EOF", &[7], &[], &[HELD], true),
            // From outside this PID namespace.
            ("1: POSIX  ADVISORY  WRITE 0 fe:00:1 0 EOF", &[], &[], &[], false),
        ];
        table.iter().for_each(check);
    }
}
