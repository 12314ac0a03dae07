//! What a process holds before each of its steps. Programs are straight-line code: that is known without running them.

use super::Mode;
use super::requests::Bits;
use super::stand::Requests;
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
    count_rows(&mut contexts, &process.steps);
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

/// Fills in the rows to come, from the last step to the first.
fn count_rows(contexts: &mut [Context], steps: &[Step]) {
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
    let committed: Vec<u64> =
        open.zip(steps).map(|(open, step)| if *step == Step::Commit { open } else { 0 }).collect();
    let mut rows = 0;
    for (at, committed) in committed.into_iter().enumerate().rev() {
        rows += committed;
        contexts[at].rows_to_come = rows;
    }
}
