//! The words for who waits for whom, where it is no ring.

use std::collections::BTreeSet;

use super::super::chain;
use super::super::graph::{Arrow, Ring, Wait};
use super::super::parties::Party;
use super::super::sight::Doing;
use super::{Reading, Scene, count, file_name, list, name, verb};

/// More waits than this are counted, not told.
const MOST: usize = 4;

impl Scene<'_> {
    /// The holders in somebody's way; all of them, if nobody waits in the kernel.
    pub(super) fn in_the_way<'p>(&self, holders: &[&'p Party]) -> Vec<&'p Party> {
        let behind: BTreeSet<usize> = chain::waits_for(self.sight, self.target, self.graph)
            .flat_map(|wait| wait.behind.iter().copied())
            .collect();
        let blocks = |party: &&&Party| party.locks.iter().any(|index| behind.contains(index));
        let found: Vec<&Party> = holders.iter().filter(blocks).copied().collect();
        if found.is_empty() { holders.to_vec() } else { found }
    }

    /// Who waits, and for whom if there are several holders.
    pub(super) fn waits_in_words(&self, holders: &[&Party], waiters: &[&Party]) -> String {
        if holders.len() < 2 {
            return format!("{} {} for it.", self.names(waiters), verb(count(waiters), "wait"));
        }
        let waits: Vec<_> = chain::waits_for(self.sight, self.target, self.graph).collect();
        let one = |wait: &&Wait| {
            let blockers: Vec<&Party> = holders
                .iter()
                .copied()
                .filter(|party| party.locks.iter().any(|index| wait.behind.contains(index)))
                .collect();
            let waiter = waiters.iter().find(|party| party.locks.contains(&wait.request));
            let waiter = waiter.map_or_else(|| "somebody out of sight".into(), |party| self.name(party));
            let number =
                waiters.iter().find(|party| party.locks.contains(&wait.request)).map_or(1, |party| count(&[party]));
            format!("{waiter} {} for {}", verb(number, "wait"), self.names(&blockers))
        };
        let told: Vec<String> = waits.iter().take(MOST).map(one).collect();
        // A clause may have a list of its own.
        let has_lists = told.len() > 1 && told.iter().any(|clause| clause.contains(" and "));
        let mut text = if has_lists { told.join("; ") } else { list(&told) };
        if waits.len() > MOST {
            text += &format!("; {} more requests wait", waits.len() - MOST);
        }
        let blocking = self.in_the_way(holders);
        let free: Vec<&Party> =
            holders.iter().copied().filter(|party| !blocking.iter().any(|other| other.pids == party.pids)).collect();
        match free.as_slice() {
            [] => format!("{text}."),
            free => {
                format!("{text}. {} {} in nobody's way.", self.names(free), if count(free) == 1 { "is" } else { "are" })
            }
        }
    }

    /// Who is blocked behind a ring without being part of it; to end one of these would help nobody.
    pub(super) fn behind_in_words(&self, ring: &Ring) -> String {
        let behind = chain::behind(self.sight, self.graph, ring);
        match behind.len() {
            0 => String::new(),
            number => format!(
                " {} {} blocked behind it, without being part of it.",
                list(&behind.iter().map(|arrow| name(self.sight, arrow.waiter)).collect::<Vec<_>>()),
                if number == 1 { "is" } else { "are" },
            ),
        }
    }

    /// Goes on to those for whom the culprits wait: to end these instead helps all who are behind.
    pub(super) fn go_to_the_root(&self, reading: Reading, culprits: &[&Party]) -> Reading {
        self.follow(reading, culprits.iter().map(|party| party.pids.clone()).collect())
    }

    /// The same for what holds a database.
    pub(super) fn to_the_root_of(&self, reading: Reading) -> Reading {
        let culprits = reading.culprits.iter().map(|pid| vec![*pid]).collect();
        self.follow(reading, culprits)
    }

    fn follow(&self, mut reading: Reading, culprits: Vec<Vec<u32>>) -> Reading {
        let found = chain::follow(self.sight, self.graph, culprits);
        reading.culprits = found.roots;
        if found.arrows.is_empty() {
            return reading;
        }
        let arrow = |arrow: &Arrow| {
            let file = file_name(self.sight, &arrow.file);
            format!("{} waits for {} on {file}", name(self.sight, arrow.waiter), name(self.sight, arrow.holder))
        };
        reading.text += &format!(" In turn {}.", list(&found.arrows.iter().map(arrow).collect::<Vec<_>>()));
        let root = reading.culprits.iter().map(|pid| name(self.sight, *pid)).collect::<Vec<_>>();
        let is_ring = reading.culprits.iter().any(|pid| chain::is_stuck(self.sight, self.graph, *pid));
        match (root.as_slice(), is_ring) {
            ([], _) => {}
            (_, true) => reading.text += " That ends in a deadlock, which is told below.",
            (root, false) => {
                let doing =
                    reading.culprits.first().and_then(|pid| self.sight.processes.get(pid)).map(|first| first.doing);
                if doing == Some(Doing::Stopped) {
                    reading.text += &format!(" {} is stopped, and lets go of nothing.", root[0]);
                }
                reading.fix = format!("What holds all of them up is {}: see to that one first.", list(root));
            }
        }
        reading
    }
}
