//! What both languages begin with: the names of places and processes, and of the conditions that block a step.

use std::fmt::Write as _;

use super::language::Language;
use super::plan::Plan;
use super::words::comment;
use crate::model::Phase;

/// The places that are not before a step.
pub(super) fn places(text: &mut String, plan: &Plan, language: Language) {
    line!(text, "{}", language.defined("ENDED", 0));
    if plan.crashes {
        line!(text, "{}", language.defined("CRASHED", plan.crashed));
    }
    for spot in plan.actors.iter().flat_map(|actor| &actor.spots) {
        let Some(label) = &spot.label else { continue };
        let what = if spot.phase == Phase::AtMeeting { "waits at the meeting of" } else { "is PENDING in" };
        let remark = language.remark(&format!("{what} step {}", spot.step + 1));
        line!(text, "{} {remark}", language.defined(label, spot.number));
    }
}

/// The numbers of the processes, which are indices of the language's arrays.
pub(super) fn processes(text: &mut String, plan: &Plan, language: Language) {
    for (number, actor) in (language.first_index()..).zip(&plan.actors) {
        line!(text, "{} {}", language.defined(&actor.id, number), language.remark(&comment(&actor.name)));
    }
}

/// What blocks whom, and that nobody is left.
pub(super) fn conditions(text: &mut String, plan: &Plan, language: Language) {
    for (bit, request) in plan.requests.iter().enumerate() {
        let holders = plan.actors.iter().filter_map(|actor| {
            let numbers = actor.blocks(1 << bit);
            (!numbers.is_empty()).then(|| language.stands(actor, &numbers))
        });
        let holders: Vec<String> = holders.collect();
        line!(text, "{}", language.remark(&request.meaning));
        line!(text, "{}", language.condition(&request.name, &language.any(&holders)));
    }
    for (index, pool) in plan.pools.iter().enumerate() {
        let meaning = format!("Units of {} that are lent; there are {}.", pool.resource, pool.capacity);
        line!(text, "{}", language.remark(&meaning));
        line!(text, "{}", language.defined(&pool.lent, language.lent(plan, index)));
    }
    let gone: Vec<String> = plan.actors.iter().map(|actor| language.is_gone(plan, actor, true)).collect();
    line!(text, "{}", language.remark("Nobody is left."));
    line!(text, "{}", language.condition(language.nobody_left(), &language.all(&gone)));
}
