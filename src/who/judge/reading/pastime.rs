//! The words for what holders do meanwhile.

use super::super::chain;
use super::super::parties::Party;
use super::super::sight::Doing;
use super::{Scene, list, name};

impl Scene<'_> {
    /// What these do meanwhile, so far as it is known and worth a sentence: of all who do the same it is said once.
    pub(super) fn pastimes(&self, parties: &[&Party]) -> String {
        let doing = |pid: u32| self.sight.processes.get(&pid).map_or(Doing::Unknown, |process| process.doing);
        let mut all: Vec<u32> = parties.iter().flat_map(|party| &party.pids).copied().collect();
        all.sort_unstable();
        all.dedup();
        // For what these wait the paragraph says.
        let is_told = |pid: &u32| doing(*pid) == Doing::AwaitsLock && chain::is_stuck(self.sight, self.graph, *pid);
        let (told, left): (Vec<u32>, Vec<u32>) = all.into_iter().partition(is_told);
        let mut groups: Vec<(Doing, Vec<u32>)> = Vec::new();
        for pid in left {
            match groups.iter_mut().find(|group| group.0 == doing(pid)) {
                Some(group) => group.1.push(pid),
                None => groups.push((doing(pid), vec![pid])),
            }
        }
        let is_alone = groups.len() == 1 && told.is_empty();
        groups.retain(|(doing, _)| !matches!(doing, Doing::Unknown | Doing::Runs));
        let one = |(doing, pids): &(Doing, Vec<u32>)| match pids.as_slice() {
            [pid] => format!(" {} {} meanwhile.", name(self.sight, *pid), doing.words()),
            _ if is_alone => format!(" Each of them {} meanwhile.", doing.words()),
            pids => {
                let names: Vec<String> = pids.iter().map(|pid| name(self.sight, *pid)).collect();
                format!(" Each of {} {} meanwhile.", list(&names), doing.words())
            }
        };
        groups.iter().map(one).collect()
    }
}
