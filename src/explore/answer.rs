//! Everything that there is to say about a scenario: two searches at most, put together.

use super::{Doing, Explored, Loops, Progress, Task, explore};
use crate::model::{Attempts, MOST_COUNTED_ATTEMPTS, Program, TooLarge};
use crate::scenario::Scenario;

/// What is known of all interleavings of a scenario.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The scenario as the rules take it, each attempt counted.
    pub program: Program,
    /// What the search over it has found.
    pub explored: Explored,
    /// What can go on without end if nobody ever gives up, and the program in which it does; `None` if not known.
    pub endless: Option<(Program, Loops)>,
    /// Processes with so many attempts that they are taken to go on without end.
    pub tireless: Vec<usize>,
    /// Only the nearest deadlock was asked for ([`Task::first`]).
    pub first: bool,
    /// The one who watched stopped it: what is not known here could have been.
    pub interrupted: bool,
}

/// Explores a scenario. With [`Task::first`] it asks for that state only.
///
/// `progress` hears now and then how far it has come. Once it has answered `false`, nothing more is begun.
///
/// # Errors
/// The scenario passes a limit of the model.
pub fn answer(
    scenario: &Scenario,
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Answer, TooLarge> {
    let mut interrupted = false;
    let mut hear = |progressed: Progress| {
        interrupted = interrupted || !progress(progressed);
        !interrupted
    };
    let program = Program::compile(scenario, Attempts::Counted)?;
    let explored = explore(&program, &program.start(), task, &mut hear)?;
    let attempts = |who: &usize| scenario.processes[*who].retry.as_ref().map_or(1, |retry| retry.attempts);
    let all = 0..scenario.processes.len();
    let tireless = all.clone().filter(|who| attempts(who) > MOST_COUNTED_ATTEMPTS).collect();
    let is_cut_short = all.into_iter().any(|who| (2..=MOST_COUNTED_ATTEMPTS).contains(&attempts(&who)));
    let endless = match is_cut_short && task.first.is_none() {
        false => explored.loops.clone().map(|loops| (program.clone(), loops)),
        true => endless(scenario, task, explored.states, &mut hear)?,
    };
    Ok(Answer { program, explored, endless, tireless, first: task.first.is_some(), interrupted })
}

/// Attempts that are counted end every cycle; whether there is one shows when nobody gives up. `states` were visited
/// before.
fn endless(
    scenario: &Scenario,
    task: &Task,
    states: u64,
    hear: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<(Program, Loops)>, TooLarge> {
    // An interrupt may have come behind the last state of the first search.
    if !hear(Progress { states, rank: 0, last_rank: 0, doing: Doing::Concluding }) {
        return Ok(None);
    }
    let program = Program::compile(scenario, Attempts::Unlimited)?;
    let task = Task { count: false, keep: true, ..task.clone() };
    let explored = explore(&program, &program.start(), &task, hear)?;
    Ok(explored.loops.map(|loops| (program, loops)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Stopped;
    use crate::scenario::{Backoff, Jitter, Retry, builtin};

    const TASK: Task = Task { count: true, keep: true, first: None, max_states: 10_000_000, max_bytes: 1 << 30 };

    /// Stops at the look at the progress with this number, counted from 0; tells how many there were.
    fn check(scenario: &Scenario, stop_at: usize) -> (Answer, usize) {
        let mut looks = 0;
        let answer = answer(scenario, &TASK, &mut |_| {
            looks += 1;
            looks <= stop_at
        });
        (answer.expect("it fits"), looks)
    }

    #[test]
    fn nothing_is_begun_behind_an_interrupt() {
        let mut scenario = builtin::philosophers(3);
        let (whole, looks) = check(&scenario, 0);
        assert_eq!((whole.interrupted, whole.endless.is_some(), looks), (false, true, 0));
        let pause = std::time::Duration::ZERO;
        let (backoff, jitter) = (Backoff::Constant, Jitter::None);
        scenario.processes[0].retry = Some(Retry { backoff, base: pause, cap: pause, jitter, attempts: 2 });
        let (whole, looks) = check(&scenario, 1);
        assert_eq!((whole.interrupted, whole.endless.is_some(), looks), (false, true, 1));
        // Before the second search: what the first one has found stays.
        let (first, looks) = check(&scenario, 0);
        assert_eq!((first.interrupted, first.endless.is_some(), looks), (true, false, 1));
        assert_eq!(first.explored.stopped, None);
        assert_eq!(first.explored.schedules, whole.explored.schedules);

        // In the first one: no more is asked.
        let (first, looks) = check(&builtin::philosophers(8), 0);
        assert_eq!((first.interrupted, first.endless.is_some(), looks), (true, false, 1));
        assert_eq!(first.explored.stopped, Some(Stopped::Interrupted));
        assert_eq!((first.explored.schedules, first.explored.safety), (None, None));
    }
}
