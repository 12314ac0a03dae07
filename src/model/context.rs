//! What a process holds before each of its steps. Programs are straight-line code: that is known without running them.

use super::Mode;
use super::next::Outcome;
use super::requests::Bits;
use super::stand::{Place, Requests};
use super::wanted::wanted;
use crate::scenario::{DATABASE, Process, Scenario, Step};

/// What a process holds, and what it has done in this round, before one of its steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// Requests of others that it blocks.
    pub(super) blocks: Requests,
    /// The same, but for what it holds of the one database.
    pub(super) blocks_without_database: Requests,
    /// The same, for each of these locks by itself: the oldest first.
    pub(super) blocks_of_locks: Vec<Requests>,
    /// How it holds the one database.
    pub(super) database: Option<Mode>,
    /// Whether its transaction has inserted.
    pub(super) wrote: bool,
    /// Meetings before this step.
    pub(super) meetings: u32,
    /// Rows that this step and those after it would commit.
    pub(super) rows_to_come: u64,
    /// Units held of each resource.
    pub(super) units: Vec<u16>,
}

/// The context of each step, and one more for the end of the round.
pub(super) fn contexts(scenario: &Scenario, process: &Process, bits: &Bits) -> Vec<Context> {
    let mut held: Vec<(&str, Mode)> = Vec::new();
    let mut context = Context { units: vec![0; bits.resources.len()], ..Context::default() };
    let mut contexts = Vec::with_capacity(process.steps.len() + 1);
    for step in &process.steps {
        contexts.push(finished(&context, &held, bits));
        match step.lock_name().and_then(|lock| bits.resource(lock)) {
            Some(resource) => count_units(&mut context.units[resource], step),
            None => advance(&mut context, &mut held, step, scenario),
        }
    }
    contexts.push(finished(&context, &held, bits));
    contexts.iter_mut().zip(rows_to_come(&process.steps)).for_each(|(context, rows)| context.rows_to_come = rows);
    contexts
}

fn finished(context: &Context, held: &[(&str, Mode)], bits: &Bits) -> Context {
    let blocks_of_locks: Vec<Requests> = held.iter().map(|(lock, mode)| bits.blocked_by(lock, *mode)).collect();
    let without = blocks_of_locks.iter().fold(0, |all, blocks| all | blocks);
    let database = context.database.map_or(0, |mode| bits.blocked_by(DATABASE, mode));
    Context { blocks: without | database, blocks_without_database: without, blocks_of_locks, ..context.clone() }
}

/// Takes or gives back units of one resource.
pub(super) fn count_units(held: &mut u16, step: &Step) {
    match step {
        Step::Lock { units, .. } => *held += units.unwrap_or(1) as u16,
        Step::Unlock { units, .. } => *held -= units.map_or(*held, |units| units as u16),
        _ => {}
    }
}

/// What a step changes, if it is granted.
pub(super) fn advance<'a>(context: &mut Context, held: &mut Vec<(&'a str, Mode)>, step: &'a Step, scenario: &Scenario) {
    match wanted(scenario, step, context.database) {
        Some(want) if step.is_transaction() => context.database = Some(want.mode),
        Some(want) => held.push((want.lock, want.mode)),
        None => {}
    }
    match step {
        Step::Unlock { name, .. } => held.retain(|(lock, _)| lock != name),
        Step::Meet => context.meetings += 1,
        Step::Insert => context.wrote = true,
        Step::Commit | Step::Rollback => (context.database, context.wrote) = (None, false),
        Step::Lock { .. } | Step::Begin(_) | Step::Select | Step::Work(_) | Step::Crash => {}
    }
}

/// Rows that each step and those behind it would commit.
fn rows_to_come(steps: &[Step]) -> Vec<u64> {
    // Rows that the transaction around a step has inserted before it.
    let open = steps.iter().scan(0, |open, step| {
        let before = *open;
        match step {
            Step::Insert => *open += 1,
            Step::Commit | Step::Rollback => *open = 0,
            _ => {}
        }
        Some(before)
    });
    let committed = open.zip(steps).map(|(open, step)| if *step == Step::Commit { open } else { 0 });
    let mut rows: Vec<u64> = committed.collect();
    for at in (1..rows.len()).rev() {
        rows[at - 1] += rows[at];
    }
    rows
}

/// How many rows a move loses that is made from this place and loses any ([`super::Move::loses`]): those of the rest of
/// the round that is given up, and, where the process is killed, those of all rounds to come.
pub fn rows_lost(process: &Process, place: &Place, outcome: Outcome) -> u64 {
    let rest = rows_to_come(&process.steps).get(place.step).copied().unwrap_or(0);
    let rounds = match (process.round_count(), outcome) {
        // Where time ends the rounds, no number of them was promised.
        (Some(rounds), Outcome::Crashes | Outcome::Victim) if process.lasting.is_none() => {
            u64::from(rounds.saturating_sub(place.round))
        }
        _ => 0,
    };
    rest + rounds * process.rows_per_round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_is_lost() {
        let text = "begin, insert, insert, commit, begin, insert, commit, begin, insert, rollback";
        let steps = text.split(", ").map(|step| step.parse().unwrap()).collect();
        let process = Process { rounds: Some(3), ..Process::new("P1", steps) };
        let table = [(1, 0, 3, 9), (1, 3, 3, 9), (1, 4, 1, 7), (2, 6, 1, 4), (2, 7, 0, 3), (3, 7, 0, 0)];
        for (round, step, refused, killed) in table {
            let place = Place { round, step, ..Place::START };
            assert_eq!(rows_lost(&process, &place, Outcome::Refused), refused, "round {round}, step {step}");
            assert_eq!(rows_lost(&process, &place, Outcome::Victim), killed, "round {round}, step {step}");
        }
    }
}
