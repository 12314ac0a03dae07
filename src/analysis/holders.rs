//! Who holds one lock. Thousands may share it: whoever comes or goes must not have to look at all the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Mode;

/// One process holds one lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The process.
    pub who: usize,
    /// How it holds it.
    pub mode: Mode,
    /// How many units of it; 1 of a lock that has none, or where an older recording does not say.
    pub units: u32,
    /// Since when, in microseconds of the run.
    pub since_us: u64,
    /// Its COMMIT is under way: the hold may end at any moment, before the process can say so.
    pub committing: bool,
}

/// The holders of one lock.
#[derive(Debug, Clone, Default)]
pub struct Holders {
    /// By the numbers of their grants.
    holds: BTreeMap<u64, Hold>,
    /// The number of the grant of each process.
    grants: BTreeMap<usize, u64>,
    /// Whose COMMIT is under way.
    committing: BTreeSet<usize>,
    /// How many grants there were.
    granted: u64,
}

/// Of a lock that nobody ever held.
pub(super) static NOBODY: Holders =
    Holders { holds: BTreeMap::new(), grants: BTreeMap::new(), committing: BTreeSet::new(), granted: 0 };

impl Holders {
    /// All of them, in the order in which they got it.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Hold> + Clone {
        self.holds.values()
    }

    /// How this process holds it, if it does.
    pub fn get(&self, who: usize) -> Option<&Hold> {
        self.holds.get(self.grants.get(&who)?)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.holds.len()
    }

    /// Whether nobody holds it.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty()
    }

    /// Whether anybody ever held it.
    pub fn were_any(&self) -> bool {
        self.granted > 0
    }

    /// The hold of this process, to be changed; not whether it commits.
    pub(super) fn get_mut(&mut self, who: usize) -> Option<&mut Hold> {
        self.holds.get_mut(self.grants.get(&who)?)
    }

    /// A process that did not hold it comes behind all the others.
    pub(super) fn push(&mut self, hold: Hold) {
        self.grants.insert(hold.who, self.granted);
        self.holds.insert(self.granted, hold);
        self.granted += 1;
    }

    pub(super) fn remove(&mut self, who: usize) {
        self.committing.remove(&who);
        self.grants.remove(&who).and_then(|grant| self.holds.remove(&grant));
    }

    pub(super) fn set_committing(&mut self, who: usize, committing: bool) {
        let Some(hold) = self.get_mut(who) else { return };
        hold.committing = committing;
        if committing {
            self.committing.insert(who)
        } else {
            self.committing.remove(&who)
        };
    }

    /// Those whose COMMIT is under way, and whom a grant in this mode excludes.
    pub(super) fn committing_against(&self, mode: Mode) -> Vec<usize> {
        let excluded = |who: &usize| self.get(*who).is_some_and(|hold| mode.conflicts_with(hold.mode));
        self.committing.iter().copied().filter(excluded).collect()
    }
}
