//! Everything that there is to say about a scenario: two searches at most, put together.

use super::{Explored, Loops, Progress, Task, explore};
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
}

/// Explores a scenario. With [`Task::first`] it asks for that state only.
///
/// # Errors
/// The scenario passes a limit of the model.
pub fn answer(
    scenario: &Scenario,
    task: &Task,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Answer, TooLarge> {
    let program = Program::compile(scenario, Attempts::Counted)?;
    let explored = explore(&program, &program.start(), task, progress)?;
    let attempts = |who: &usize| scenario.processes[*who].retry.as_ref().map_or(1, |retry| retry.attempts);
    let all = 0..scenario.processes.len();
    let tireless = all.clone().filter(|who| attempts(who) > MOST_COUNTED_ATTEMPTS).collect();
    let is_cut_short = all.into_iter().any(|who| (2..=MOST_COUNTED_ATTEMPTS).contains(&attempts(&who)));
    let loops = match is_cut_short && task.first.is_none() {
        false => explored.loops.clone().map(|loops| (program.clone(), loops)),
        // Attempts that are counted end every cycle; whether there is one shows when nobody gives up.
        true => {
            let endless = Program::compile(scenario, Attempts::Unlimited)?;
            let task = Task { count: false, keep: true, ..task.clone() };
            let explored = explore(&endless, &endless.start(), &task, progress)?;
            explored.loops.map(|loops| (endless, loops))
        }
    };
    Ok(Answer { program, explored, endless: loops, tireless })
}
