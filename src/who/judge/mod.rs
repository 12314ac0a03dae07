//! What was seen, and what it means. Facts in, answer out.
//!
//! Pure: this room touches no clock, process, file system, environment or randomness.

pub mod chain;
mod ending;
pub mod graph;
pub mod header;
pub mod machine;
pub mod owners;
pub mod parties;
pub mod polling;
pub mod reading;
pub mod sight;
#[cfg(test)]
mod tests;
pub mod unseen;
pub mod words;

pub use ending::Ending;
pub use graph::{Graph, Ring};
pub use machine::OnFile;
pub use parties::{Nature, Party, Stand};
pub use reading::{Cause, Reading};
pub use sight::Sight;
pub use unseen::Unseen;

use super::sqlite_bytes::State;

/// The answer to `lesson who`.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it was made of.
    pub sight: Sight,
    /// Who waits for whom, on the whole machine.
    pub graph: Graph,
    /// What is said of each ring of the graph, and what would end it.
    pub rings: Vec<(String, Option<Ending>)>,
    /// What is said of the file that was asked about; `None` for the whole machine.
    pub file: Option<OfFile>,
    /// Without a file: those on which somebody waits.
    pub waited: Vec<OnFile>,
    /// Without a file: the databases that somebody has locked.
    pub databases: Vec<OnFile>,
}

/// What is said of one file.
#[derive(Debug, Clone)]
pub struct OfFile {
    /// What it is.
    pub nature: Nature,
    /// Who has to do with it.
    pub parties: Vec<Party>,
    /// What that means.
    pub reading: Reading,
    /// What would end it.
    pub ending: Option<Ending>,
    /// Who is behind whom, if that is more than one holder and those who wait for it; see [`chain::of_file`].
    pub behind: Vec<graph::Arrow>,
}

/// Judges what was seen. `own_user` is the name of the user who asks.
pub fn judge(mut sight: Sight, own_user: &str) -> Answer {
    forget_stale_index(&mut sight);
    let graph = graph::graph(&sight);
    let file = sight.target.as_ref().map(|target| {
        let nature = parties::nature(&sight, target);
        let parties = parties::parties(&sight, target, nature);
        let reading = reading::read(&sight, target, nature, &parties, &graph);
        let ending = ending::ending(&sight, nature, &parties, &reading, own_user);
        let behind = chain::of_file(&sight, target, &graph);
        OfFile { nature, parties, reading, ending, behind }
    });
    let rings =
        graph.rings.iter().map(|ring| (reading::ring_in_words(&sight, ring), ending::of_ring(&sight, ring, own_user)));
    let rings = rings.collect();
    let (waited, databases) = match file {
        Some(_) => Default::default(),
        None => (machine::waited(&sight, &graph), machine::databases(&sight)),
    };
    Answer { rings, sight, graph, file, waited, databases }
}

/// Who has the whole database to itself in WAL mode keeps the index of the log in its own memory: the one in the `-shm`
/// is an old one then (`locking_mode` EXCLUSIVE; <https://www.sqlite.org/wal.html#noshm>).
fn forget_stale_index(sight: &mut Sight) {
    let Some(target) = &sight.target else { return };
    let parties = parties::parties(sight, target, parties::nature(sight, target));
    let alone = parties.iter().any(|party| party.stand.has(|state| state == State::Exclusive));
    if let Some(target) = sight.target.as_mut().filter(|_| alone) {
        target.index = None;
    }
}

impl Answer {
    /// Whether somebody holds the file; without a file, whether somebody waits for anything.
    pub fn is_held(&self) -> bool {
        match &self.file {
            Some(file) => file.parties.iter().any(|party| party.stand.is_holding()),
            None => !self.graph.waits.is_empty(),
        }
    }
}
