//! When is it a deadlock? The one rule, for the states of the model and for traces.
//!
//! Where locks are whole, a cycle in the wait-for graph is enough. Where they have units it is not: any holder that
//! lets go may serve who waits, also one outside the cycle (E. G. Coffman, M. J. Elphick and A. Shoshani, *System
//! Deadlocks*, 1971: with several units a cycle is necessary and not sufficient). So the graph is reduced: whoever can
//! still go on is taken to let go of everything, again and again; who is left can never go on.

use std::collections::{BTreeMap, BTreeSet};

/// Why a process can't go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Those in its way, and what each of them frees by letting go: units, or 1 of a whole lock or a meeting.
    pub in_the_way: Vec<(usize, u32)>,
    /// How much of that has to be freed before it goes on.
    pub needs: u32,
}

impl Obstacle {
    /// A whole lock, or a meeting: everybody has to go out of the way.
    pub fn whole(others: impl Iterator<Item = usize>) -> Self {
        let in_the_way: Vec<(usize, u32)> = others.map(|other| (other, 1)).collect();
        Self { needs: in_the_way.len() as u32, in_the_way }
    }

    /// Whether it is still there when all but `those` have let go.
    fn outlasts_all_but(&self, those: &BTreeSet<usize>) -> bool {
        let others = self.in_the_way.iter().filter(|(other, _)| !those.contains(other));
        others.map(|&(_, frees)| u64::from(frees)).sum::<u64>() < u64::from(self.needs)
    }
}

/// The deadlock that `who` is part of: the most processes that all wait for each other, directly or through others of
/// them, and that can never go on even if everybody else lets go of everything. Empty if there are none with `who`
/// among them. `waits` has all who wait, and why.
///
/// Who can never go on because of a deadlock elsewhere is in none itself: when that one is broken, it goes on.
pub fn deadlock_of(who: usize, waits: &BTreeMap<usize, Obstacle>) -> BTreeSet<usize> {
    let waits_for = |one: usize, other: usize| waits[&one].in_the_way.iter().any(|(holder, _)| *holder == other);
    let mut members: BTreeSet<usize> = waits.keys().copied().collect();
    loop {
        let mut stuck = members.clone();
        reduce(&mut stuck, waits);
        let before = reached(who, &stuck, waits_for);
        let behind = reached(who, &stuck, |from, to| waits_for(to, from));
        let mutual: BTreeSet<usize> = before.intersection(&behind).copied().collect();
        if mutual == members {
            return members;
        }
        members = mutual;
    }
}

/// Takes out who goes on when everybody who is not in the set has let go, until nobody does.
fn reduce(stuck: &mut BTreeSet<usize>, waits: &BTreeMap<usize, Obstacle>) {
    loop {
        let left: BTreeSet<usize> = stuck.iter().copied().filter(|who| waits[who].outlasts_all_but(stuck)).collect();
        if left.len() == stuck.len() {
            return;
        }
        *stuck = left;
    }
}

/// Those of the stuck to whom arrows lead from `who`; itself too, if they lead back. Nobody if it is not one of them.
fn reached(who: usize, stuck: &BTreeSet<usize>, arrow: impl Fn(usize, usize) -> bool) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open: Vec<usize> = stuck.get(&who).into_iter().copied().collect();
    while let Some(from) = open.pop() {
        open.extend(stuck.iter().filter(|&&to| arrow(from, to) && found.insert(to)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"0 needs 2 of 1:1 2:3"`: process 0 goes on when processes 1 and 2, who hold 1 and 3, have freed 2.
    fn check(waits: &[&str], deadlocks: &[&[usize]]) {
        let wait = |line: &&str| {
            let (who, line) = line.split_once(" needs ").unwrap();
            let (needs, holders) = line.split_once(" of ").unwrap();
            let holder = |word: &str| {
                let (who, units) = word.split_once(':').unwrap();
                (who.parse().unwrap(), units.parse().unwrap())
            };
            let in_the_way = holders.split(' ').map(holder).collect();
            (who.parse().unwrap(), Obstacle { in_the_way, needs: needs.parse().unwrap() })
        };
        let graph: BTreeMap<usize, Obstacle> = waits.iter().map(wait).collect();
        let found: Vec<Vec<usize>> =
            (0..deadlocks.len()).map(|who| deadlock_of(who, &graph).into_iter().collect()).collect();
        assert_eq!(found, deadlocks, "{waits:?}");
    }

    #[test]
    fn a_cycle_is_a_deadlock_where_nobody_else_can_serve() {
        check(&["0 needs 1 of 1:1", "1 needs 1 of 0:1"], &[&[0, 1], &[0, 1]]);
        check(&["0 needs 1 of 1:1", "1 needs 1 of 2:1"], &[&[], &[], &[]]);
        // Of ten units 1 holds five and does not wait: it can serve both of the cycle, one of them, nobody.
        check(&["0 needs 4 of 1:5 2:2", "2 needs 4 of 0:3 1:5"], &[&[], &[], &[]]);
        check(&["0 needs 6 of 1:5 2:2", "2 needs 4 of 0:3 1:5"], &[&[], &[], &[]]);
        check(&["0 needs 6 of 1:5 2:2", "2 needs 6 of 0:3 1:5"], &[&[0, 2], &[], &[0, 2]]);
        // All three wait for each other.
        let each = ["0 needs 4 of 1:5 2:2", "1 needs 1 of 0:3 2:2", "2 needs 4 of 0:3 1:5"];
        check(&each, &[&[0, 1, 2], &[0, 1, 2], &[0, 1, 2]]);
    }

    #[test]
    fn who_waits_behind_a_deadlock_is_in_none() {
        let crossed = ["0 needs 1 of 1:1", "1 needs 1 of 0:1"];
        let members: [&[usize]; 2] = [&[0, 1], &[0, 1]];
        // 2 waits for units of 0 and 3, and 3 for 2: a cycle that opens as soon as 0 lets go.
        let behind = ["2 needs 4 of 0:9 3:1", "3 needs 1 of 2:1"];
        check(&[crossed, behind].concat(), &[members[0], members[1], &[], &[]]);
        // It does not open, because 0 has too few units.
        let beside = ["2 needs 4 of 0:3 3:1", "3 needs 1 of 2:1"];
        check(&[crossed, beside].concat(), &[members[0], members[1], &[2, 3], &[2, 3]]);
        // 0 holds enough, and waits for 3, too: all of them wait for each other.
        let through = ["0 needs 2 of 1:1 3:1", "1 needs 1 of 0:1", "2 needs 4 of 0:9 3:1", "3 needs 1 of 2:1"];
        check(&through, &[&[0, 1, 2, 3], &[0, 1, 2, 3], &[0, 1, 2, 3], &[0, 1, 2, 3]]);
    }
}
