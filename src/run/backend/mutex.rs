//! `parking_lot` mutexes between the threads of one process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{ArcMutexGuard, Mutex, RawMutex};

use super::{Answer, Locks, timed_out, would_block};
use crate::model::Mode;

/// The mutexes that all threads share.
pub type Table = Arc<BTreeMap<String, Arc<Mutex<()>>>>;

/// One thread's view of them, with the guards of those it holds.
pub struct Mutexes {
    table: Table,
    guards: BTreeMap<String, ArcMutexGuard<RawMutex, ()>>,
}

impl Mutexes {
    /// One mutex for each name.
    pub fn table<'a>(names: impl Iterator<Item = &'a str>) -> Table {
        Arc::new(names.map(|name| (name.to_owned(), Arc::default())).collect())
    }

    /// A thread's view.
    pub fn new(table: Table) -> Self {
        Self { table, guards: BTreeMap::new() }
    }

    fn keep(&mut self, name: &str, guard: Option<ArcMutexGuard<RawMutex, ()>>) -> bool {
        guard.map(|guard| self.guards.insert(name.to_owned(), guard)).is_some()
    }
}

impl Locks for Mutexes {
    fn try_lock(&mut self, name: &str, _: Mode) -> anyhow::Result<Answer> {
        let guard = self.table[name].try_lock_arc();
        Ok(if self.keep(name, guard) { Answer::Granted } else { Answer::Taken(would_block()) })
    }

    fn wait(&mut self, name: &str, _: Mode, within: Option<Duration>) -> anyhow::Result<Answer> {
        let mutex = &self.table[name];
        let guard = match within {
            // The detector sees this wait ...
            None => Some(mutex.lock_arc()),
            // ... but not this one: it ends by itself.
            Some(limit) => mutex.try_lock_arc_for(limit),
        };
        Ok(if self.keep(name, guard) { Answer::Granted } else { Answer::Refused(timed_out()) })
    }

    fn unlock(&mut self, name: &str) -> anyhow::Result<()> {
        self.guards.remove(name);
        Ok(())
    }
}
