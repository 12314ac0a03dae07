//! The reading: one paragraph that says who blocks whom, which of the known causes fits, and what to do about it.

mod behind;
mod database;
mod nobody;
mod pastime;
mod pending;

use super::super::describe::list;
use super::graph::{Arrow, Graph, Ring};
use super::parties::{Nature, Party, Stand};
use super::sight::{Doing, FileId, FileKind, Process, Sight, Target};
use super::unseen::Unseen;
use super::{owners, polling};

/// What was found, in plain words. Names in it are untrusted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The cause that fits best.
    pub cause: Cause,
    /// Who blocks whom, and why.
    pub text: String,
    /// What to do about it; empty if there is nothing to do.
    pub fix: String,
    /// Whose end would end it.
    pub culprits: Vec<u32>,
}

/// Why somebody waits: what people meet, as names for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A ring of processes.
    Deadlock,
    /// A process that was stopped holds it.
    Stopped,
    /// A shell or a browser of databases, left open in a transaction.
    ShellLeftOpen,
    /// A writer does something else between BEGIN and COMMIT.
    AsleepInTransaction,
    /// Somebody writes.
    Writer,
    /// A COMMIT waits for readers, and keeps new ones out.
    PendingBehindReader,
    /// A COMMIT keeps new readers out, and no reader is seen for whom it would wait.
    Pending,
    /// A checkpoint waits for a reader.
    ReaderBlocksCheckpoint,
    /// Somebody reads a snapshot that is older than the log's end: what came behind it can't leave the log.
    OldSnapshot,
    /// Somebody reads.
    Reader,
    /// The index of the log is being rebuilt, or set up.
    Recovery,
    /// Nobody holds it, and a journal is left to be rolled back.
    HotJournal,
    /// Somebody keeps an open file, and the lock with it, that it inherited.
    Inherited,
    /// Somebody holds it.
    Held,
    /// The holder can't be seen from here.
    OutOfSight,
    /// Nobody holds it.
    Nobody,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Deadlock,
        Self::Stopped,
        Self::ShellLeftOpen,
        Self::AsleepInTransaction,
        Self::Writer,
        Self::PendingBehindReader,
        Self::Pending,
        Self::ReaderBlocksCheckpoint,
        Self::OldSnapshot,
        Self::Reader,
        Self::Recovery,
        Self::HotJournal,
        Self::Inherited,
        Self::Held,
        Self::OutOfSight,
        Self::Nobody,
    ];

    /// A name for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::Stopped => "stopped",
            Self::ShellLeftOpen => "shell_left_open",
            Self::AsleepInTransaction => "asleep_in_transaction",
            Self::Writer => "writer",
            Self::PendingBehindReader => "pending_behind_reader",
            Self::Pending => "pending",
            Self::ReaderBlocksCheckpoint => "reader_blocks_checkpoint",
            Self::OldSnapshot => "old_snapshot",
            Self::Reader => "reader",
            Self::Recovery => "recovery",
            Self::HotJournal => "hot_journal",
            Self::Inherited => "inherited",
            Self::Held => "held",
            Self::OutOfSight => "out_of_sight",
            Self::Nobody => "nobody",
        }
    }
}

/// Reads what was seen of one file.
pub fn read(sight: &Sight, target: &Target, nature: Nature, parties: &[Party], graph: &Graph) -> Reading {
    let scene = Scene { sight, target, parties, graph };
    let here = |ring: &&Ring| ring.arrows.iter().any(|arrow| target.part_of(&arrow.file).is_some());
    // A ring that has nothing to do with this file is told of elsewhere on the page.
    let mut reading = match (graph.rings.iter().find(here), nature) {
        (Some(ring), _) => scene.deadlock(ring),
        (None, Nature::Plain) => scene.plain(),
        (None, nature) => scene.to_the_root_of(scene.database(nature == Nature::Wal)),
    };
    if nature != Nature::Plain {
        let polls = polling::in_words(sight, |pid| reading.culprits.contains(&pid));
        reading.text += &if polls.is_empty() { polls } else { format!(" {polls}") };
        reading.text += &scene.flock_on_a_database();
        if let Some(cut) = target.cut.filter(|_| scene.is_at_rest()) {
            reading.text += &format!(
                " And the database is cut short: by its header it has {} pages, that is {} bytes, and there are {}.",
                cut.pages, cut.expected, cut.found
            );
            reading.fix = format!(
                "Restore it from a backup, or save what is left (`.recover` in the sqlite3 shell). {}",
                reading.fix
            );
        }
    }
    reading.text = capital(&reading.text).replace(". somebody out of sight", ". Somebody out of sight");
    if let Some(Unseen::Network(name)) = sight.unseen.iter().find(|unseen| matches!(unseen, Unseen::Network(_))) {
        reading.text += &format!(
            " And the file lies on {name}: locks on a network or shared file system may be missing, forgotten, or seen \
             by one machine only; whoever runs on another machine has no line here."
        );
        reading.fix = format!("Move the file to a local disk first. {}", reading.fix).trim_end().to_owned();
    }
    reading
}

/// What helps where there was nothing to be seen.
pub const FOLLOW: &str = "If it was over before we looked, follow it with --watch while the program runs.";

const LET_IT_GO_ON: &str = "Let it go on: `fg` in its terminal, or `kill -CONT` with its number.";
const LOOK_FROM_OUTSIDE: &str = "Look as root; in a container, also from outside it.";

/// Everything that a reading is made of.
struct Scene<'a> {
    sight: &'a Sight,
    target: &'a Target,
    parties: &'a [Party],
    graph: &'a Graph,
}

impl Scene<'_> {
    fn reading(&self, cause: Cause, text: String, fix: &str, culprits: &[&Party]) -> Reading {
        let mut pids: Vec<u32> = culprits.iter().flat_map(|party| party.pids.clone()).collect();
        pids.sort_unstable();
        pids.dedup();
        Reading { cause, text, fix: fix.to_owned(), culprits: pids }
    }

    fn process(&self, party: &Party) -> Option<&Process> {
        self.sight.processes.get(party.pids.first()?)
    }

    fn doing(&self, party: &Party) -> Doing {
        self.process(party).map_or(Doing::Unknown, |process| process.doing)
    }

    /// `4711 (python3)`; for several `4711 (flock) and 4712 (sleep)`.
    fn name(&self, party: &Party) -> String {
        match party.pids.as_slice() {
            [] => "somebody out of sight".into(),
            pids => list(&pids.iter().map(|pid| name(self.sight, *pid)).collect::<Vec<_>>()),
        }
    }

    /// One list of all their processes: a list of lists could not be read.
    fn names(&self, parties: &[&Party]) -> String {
        // Those who are not known are named once: they may be one and the same.
        let unknown = parties.iter().find(|party| party.pids.is_empty()).map(|party| self.name(party));
        let known = parties.iter().flat_map(|party| &party.pids).map(|pid| name(self.sight, *pid));
        list(&known.chain(unknown).collect::<Vec<_>>())
    }

    fn with(&self, is: impl Fn(&Party) -> bool) -> Vec<&Party> {
        self.parties.iter().filter(|party| is(party)).collect()
    }

    fn deadlock(&self, ring: &Ring) -> Reading {
        Reading {
            cause: Cause::Deadlock,
            text: ring_in_words(self.sight, ring) + &self.behind_in_words(ring),
            fix:
                "End one of them: the others then go on. For good: let all take these locks in one and the same order, \
                  or try, and let go of everything when refused."
                    .into(),
            culprits: ring.ends.clone(),
        }
    }

    fn plain(&self) -> Reading {
        let holders = self.with(|party| party.stand == Stand::Holds);
        let waiters = self.with(|party| party.stand == Stand::Waits);
        let blocking = self.in_the_way(&holders);
        let [first, ..] = blocking.as_slice() else { return self.free() };
        let locks = |party: &Party| party.locks.iter().map(|&index| &self.sight.locks[index]).collect::<Vec<_>>();
        let behind = match waiters.as_slice() {
            [] => "Nobody waits in the kernel; who tries and is refused leaves no trace.".to_owned(),
            waiters => self.waits_in_words(&holders, waiters),
        };
        let stopped: Vec<&Party> =
            blocking.iter().copied().filter(|party| self.doing(party) == Doing::Stopped).collect();
        let hold = format!("{} {} {}.", self.names(&holders), verb(count(&holders), "hold"), self.target.path);
        let inherited = locks(first).into_iter().find_map(super::sight::Lock::taken_by_another);
        let (cause, why, fix) = match (first.pids.as_slice(), inherited) {
            ([], _) => (Cause::OutOfSight, " Whose lock it is can't be seen from here.".to_owned(), LOOK_FROM_OUTSIDE),
            (_, Some(taker)) => (
                Cause::Inherited,
                format!(
                    " The lock was taken by {taker}, {}: an flock belongs to the open file, which a child inherits; it \
                     goes with the last process that has it open.",
                    if self.sight.processes.contains_key(&taker) {
                        "which let go of the file"
                    } else {
                        "which is gone"
                    }
                ),
                "Open lock files so that children don't inherit them (O_CLOEXEC; `flock -o`), or end the child.",
            ),
            _ if !stopped.is_empty() => {
                let (names, number) = (self.names(&stopped), count(&stopped));
                let (is, lets) = if number == 1 { ("is", "lets") } else { ("are", "let") };
                (Cause::Stopped, format!(" {names} {is} stopped, and {lets} go of nothing."), LET_IT_GO_ON)
            }
            _ if blocking.iter().all(|party| self.doing(party) == Doing::Runs) => {
                (Cause::Held, String::new(), "It is busy computing: wait until it is done, or ask whoever runs it.")
            }
            _ => (Cause::Held, self.pastimes(&blocking), "Wait until it is done, or ask whoever runs it."),
        };
        let text = format!("{hold}{why}{} {behind}", self.either_or(&holders));
        self.go_to_the_root(self.reading(cause, text, fix, &[]), &blocking)
    }

    /// Equal locks, fewer than the descriptors that show one: the kernel does not tell which of these are one file.
    fn either_or(&self, holders: &[&Party]) -> String {
        let unsure = |party: &&&Party| {
            let keys: Vec<_> = party.locks.iter().map(|&index| owners::key(&self.sight.locks[index].line)).collect();
            party.pids.len() > 1 && keys.iter().enumerate().any(|(at, key)| keys[..at].contains(key))
        };
        match holders.iter().find(unsure) {
            None => String::new(),
            Some(party) => format!(
                " There are {} equal locks: either each of {} holds one of its own, or some of them share one, which \
                 can't be told from outside.",
                party.locks.len(),
                self.name(party)
            ),
        }
    }

    /// Nobody holds it.
    fn free(&self) -> Reading {
        let path = &self.target.path;
        let openers = self.with(|party| party.stand == Stand::Opens);
        let open = match openers.as_slice() {
            [] => String::new(),
            some => format!(" {} {} it open, without a lock.", self.names(some), verb(count(some), "have")),
        };
        let kind = match self.target.kind {
            FileKind::File => String::new(),
            kind => format!(" It is {}.", kind.words()),
        };
        let moral = match self.target.kind {
            FileKind::File if !self.hides_holders() => {
                " That the file is there means nothing: a file is no lock, and what a dead process held is free."
            }
            _ => "",
        };
        let text = format!("{} {path} at the moment.{kind}{open}{moral}", self.nobody_holds());
        self.reading(Cause::Nobody, text, FOLLOW, &[])
    }

    fn hides_holders(&self) -> bool {
        self.sight.unseen.iter().any(Unseen::hides_holders)
    }

    /// How a sentence begins that says so, and no more than that.
    fn nobody_holds(&self) -> &'static str {
        if self.hides_holders() { "Nobody that can be seen from here holds" } else { "Nobody holds" }
    }
}

/// `4711 waits for 4712 on b.lock, and 4712 for 4711 on a.lock`, and whether it lasts.
pub fn ring_in_words(sight: &Sight, ring: &Ring) -> String {
    let arrow = |arrow: &Arrow| {
        let file = file_name(sight, &arrow.file);
        format!("{} waits for {} on {file}", name(sight, arrow.waiter), name(sight, arrow.holder))
    };
    let arrows = list(&ring.arrows.iter().map(arrow).collect::<Vec<_>>());
    let threads = !ring.with_free_threads.is_empty();
    match (ring.for_good, ring.arrows.len()) {
        (true, 1) => {
            format!("A deadlock: {arrows}, that is for itself, through another open file. It would wait for ever.")
        }
        (true, _) => format!("A deadlock: {arrows}. None of them can go on; they would wait for ever."),
        (false, _) if !ring.sharers.is_empty() => {
            let sharers: Vec<String> = ring.sharers.iter().map(|pid| name(sight, *pid)).collect();
            format!(
                "It may be a deadlock: {arrows}. {} {} the open file of a lock in it, by inheritance, and {} not wait \
                 for one: only an unlock by hand would let the others go on, for the lock stays until all who share \
                 the file have closed it.",
                list(&sharers),
                verb(sharers.len(), "share"),
                if sharers.len() == 1 { "does" } else { "do" },
            )
        }
        (false, 1) if threads => format!(
            "It may be a deadlock: {arrows}, that is one thread for a lock that the process has through another open \
             file. It has threads that don't wait: one of these may let go."
        ),
        (false, _) => {
            let free: Vec<String> = ring.with_free_threads.iter().map(|pid| name(sight, *pid)).collect();
            format!(
                "A ring, and most likely a deadlock: {arrows}. The threads that wait can't go on. What keeps it from \
                 being certain: {} {} other threads, too, and one of these might still unlock the file, which hardly \
                 any program does.",
                if free.is_empty() { "somebody in it".into() } else { list(&free) },
                verb(free.len().max(1), "have")
            )
        }
    }
}

/// `4711 (python3)`.
pub fn name(sight: &Sight, pid: u32) -> String {
    match sight.processes.get(&pid) {
        Some(process) if !process.name.is_empty() => format!("{pid} ({})", process.name),
        _ => pid.to_string(),
    }
}

/// The name of a file that somebody has open; else what the kernel calls it.
pub fn file_name(sight: &Sight, file: &FileId) -> String {
    let part = |target: &Target| Some(format!("{}{}", target.path, target.part_of(file)?.ending()));
    let named = sight.target.as_ref().and_then(part).or_else(|| sight.names.get(file).cloned());
    named.unwrap_or_else(|| format!("inode {} of device {}", file.inode, file.device))
}

/// A sentence begins with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How many processes these are; all whose numbers are not known count as one.
fn count(parties: &[&Party]) -> usize {
    let known: usize = parties.iter().map(|party| party.pids.len()).sum();
    known + usize::from(parties.iter().any(|party| party.pids.is_empty()))
}

/// `hold` for many, `holds` for one.
pub fn verb(count: usize, word: &str) -> String {
    match (count, word) {
        (1, "have") => "has".into(),
        (1, word) => format!("{word}s"),
        (_, word) => word.to_owned(),
    }
}
