//! Definitions and conditions, in either language.

use std::fmt;

use super::moves::When;
use super::plan::{Actor, ENDED, Plan};
use crate::model::Requests;

/// How a language writes conditions. In TLA+ a meeting is told of a state that is still to be: then every variable
/// stands behind `state`.
#[derive(Clone, Copy)]
pub(super) struct Language {
    and: &'static str,
    or: &'static str,
    not: &'static str,
    is: &'static str,
    is_not: &'static str,
    at_most: &'static str,
    state: &'static str,
}

pub(super) const PROMELA: Language =
    Language { and: " && ", or: " || ", not: "!", is: "==", is_not: "!=", at_most: "<=", state: "" };

pub(super) const TLA: Language =
    Language { and: r" /\ ", or: r" \/ ", not: "~", is: "=", is_not: "#", at_most: r"\leq", state: "" };

/// TLA+, about the state `s`.
pub(super) const TLA_OF_S: Language = Language { state: "s.", ..TLA };

impl Language {
    fn is_tla(self) -> bool {
        self.is == "="
    }

    /// A name for a value.
    pub(super) fn defined(self, name: &str, value: impl fmt::Display) -> String {
        if self.is_tla() { format!("{name} == {value}") } else { format!("#define {name} {value}") }
    }

    /// A name for a condition. A macro's text would come apart without parentheses.
    pub(super) fn condition(self, name: &str, condition: &str) -> String {
        if self.is_tla() { self.defined(name, condition) } else { self.defined(name, format!("({condition})")) }
    }

    /// A comment up to the end of its line; the text is to be safe already ([`comment`](super::words::comment)).
    pub(super) fn remark(self, text: &str) -> String {
        if self.is_tla() { format!("\\* {text}") } else { format!("/* {text} */") }
    }

    /// Where arrays begin.
    pub(super) fn first_index(self) -> usize {
        usize::from(self.is_tla())
    }

    /// The name for: everybody has ended or crashed.
    pub(super) fn nobody_left(self) -> &'static str {
        if self.is_tla() { "AllOver" } else { "all_over" }
    }

    pub(super) fn all(self, parts: &[String]) -> String {
        parts.join(self.and)
    }

    /// One of these; false if there is none. In parentheses if there are several.
    pub(super) fn any(self, parts: &[String]) -> String {
        match parts {
            [] => if self.is_tla() { "FALSE" } else { "false" }.to_owned(),
            [one] => one.clone(),
            several => format!("({})", several.join(self.or)),
        }
    }

    /// A variable, of all processes.
    pub(super) fn whole(self, variable: &str) -> String {
        format!("{}{variable}", self.state)
    }

    /// A variable of one process.
    pub(super) fn of(self, variable: &str, actor: &Actor) -> String {
        format!("{}{variable}[{}]", self.state, actor.id)
    }

    /// That a process stands at one of these spots, which are in order.
    pub(super) fn stands(self, actor: &Actor, numbers: &[u32]) -> String {
        let at = self.of("at", actor);
        let mut parts = Vec::new();
        let mut rest = numbers;
        while let Some(&first) = rest.first() {
            let is_step = |number: u32| number as usize <= actor.steps.len();
            let run = (first..).zip(rest).take_while(|(wanted, has)| wanted == *has && is_step(**has)).count().max(1);
            let last = rest[run - 1];
            parts.push(match run {
                1 => format!("{at} {} {}", self.is, spot_name(actor, first)),
                _ => format!("({at} >= {first}{}{at} {} {last})", self.and, self.at_most),
            });
            rest = &rest[run..];
        }
        self.any(&parts)
    }

    /// That a process has neither ended nor crashed, or that it has.
    pub(super) fn is_gone(self, plan: &Plan, actor: &Actor, gone: bool) -> String {
        let at = self.of("at", actor);
        let (is, join) = if gone { (self.is, self.or) } else { (self.is_not, self.and) };
        match plan.crashes {
            true => format!("({at} {is} ENDED{join}{at} {is} CRASHED)"),
            false => format!("{at} {is} ENDED"),
        }
    }

    /// One of the conditions of a move.
    pub(super) fn when(self, plan: &Plan, actor: &Actor, when: When) -> String {
        let of = |variable: &str| self.of(variable, actor);
        let name = |request: Requests| &plan.requests[request.trailing_zeros() as usize].name;
        // TLC would take each part of an `or` for a move of its own, had it no value to compare.
        let value = |what: String| if self.is_tla() { format!("{what} = TRUE") } else { what };
        let said = |is_so: bool, what: String| if is_so { what } else { format!("{}{what}", self.not) };
        match when {
            When::Blocked(request) => value(name(request).clone()),
            When::Free(request) => format!("{}{}", self.not, name(request)),
            When::Lacks(pool, units) => {
                let pool = &plan.pools[pool];
                format!("{} + {units} > {}", pool.lent, pool.capacity)
            }
            When::Enough(pool, units) => {
                let pool = &plan.pools[pool];
                format!("{} + {units} {} {}", pool.lent, self.at_most, pool.capacity)
            }
            When::Stale(is_so) => said(is_so, of("stale")),
            When::RoundBelow(count) => format!("{} < {count}", of("round")),
            When::Round(count) => format!("{} {} {count}", of("round"), self.is),
            When::AttemptBelow(count) => format!("{} < {count}", of("attempt")),
            When::Attempt(count) => format!("{} {} {count}", of("attempt"), self.is),
            When::MetAtMost(count) => format!("{} {} {count}", of("met"), self.at_most),
            When::MetMore(count) => format!("{} > {count}", of("met")),
            When::Detected(true) => value(of("edeadlk")),
            When::Detected(false) => format!("{}{}", self.not, of("edeadlk")),
            When::Deadlocked => value(of("deadlocked")),
        }
    }

    /// Meetings that are behind a process.
    pub(super) fn been(self, actor: &Actor) -> String {
        let met = self.of("met", actor);
        match actor.counts_rounds {
            true => format!("({} * ({} - 1) + {met})", actor.meetings, self.of("round", actor)),
            false => met,
        }
    }

    /// That a process will come to the meeting number `meeting`, and has not come yet.
    pub(super) fn is_to_come(self, plan: &Plan, actor: &Actor, meeting: &str) -> String {
        let been = self.been(actor);
        let waits = self.stands(actor, &at_meetings(actor));
        self.all(&[
            self.is_gone(plan, actor, false),
            format!("{been} {} {meeting}", self.at_most),
            format!("{}({waits}{}{been} {} {meeting})", self.not, self.and, self.is),
        ])
    }

    /// That `actor` waits without a limit for `other`. Where `kernel`, only as far as the kernel looks.
    pub(super) fn waits_for(self, plan: &Plan, actor: &Actor, other: &Actor, kernel: bool) -> Option<String> {
        self.waits_at(plan, actor, other, |spot| spot.waits(kernel))
    }

    /// That `actor` waits at one of `these` spots for `other`; nothing if it never does.
    fn waits_at(
        self,
        plan: &Plan,
        actor: &Actor,
        other: &Actor,
        these: impl Fn(&super::plan::Spot) -> bool,
    ) -> Option<String> {
        let mut reasons: Vec<(String, Vec<u32>)> = Vec::new();
        for spot in actor.spots.iter().filter(|spot| these(spot)) {
            let Some(reason) = self.reason(plan, actor, other, spot) else { continue };
            match reasons.iter_mut().find(|known| known.0 == reason) {
                Some(known) => known.1.push(spot.number),
                None => reasons.push((reason, vec![spot.number])),
            }
        }
        let parts = reasons.into_iter().map(|(reason, mut numbers)| {
            numbers.sort_unstable();
            format!("({}{}{reason})", self.stands(actor, &numbers), self.and)
        });
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| self.any(&parts))
    }

    /// Why who waits at a spot waits for `other`; nothing if it never does.
    fn reason(self, plan: &Plan, actor: &Actor, other: &Actor, spot: &super::plan::Spot) -> Option<String> {
        if spot.label.is_some() {
            return (other.meetings > 0).then(|| {
                let now = if self.is_tla() { "Now, " } else { "" };
                format!("{}_to_come({now}{})", other.id, self.been(actor))
            });
        }
        let pool = usize::from(spot.stand.resource);
        if pool < plan.pools.len() && spot.stand.needs == 0 {
            let holds = other.numbers(|spot| spot.units[pool] > 0);
            let lacks = self.when(plan, actor, When::Lacks(pool, u32::from(spot.stand.units)));
            return (!holds.is_empty()).then(|| self.all(&[lacks, self.stands(other, &holds)]));
        }
        let blocks = other.blocks(spot.stand.needs);
        (!blocks.is_empty()).then(|| self.stands(other, &blocks))
    }

    /// The units of a resource that are lent: a sum.
    pub(super) fn lent(self, plan: &Plan, pool: usize) -> String {
        sum(plan.actors.iter().flat_map(|actor| self.lent_to(actor, pool)).collect())
    }

    /// The units of a resource that a process holds: the terms of a sum.
    fn lent_to(self, actor: &Actor, pool: usize) -> Vec<String> {
        let mut sizes: Vec<u16> = actor.spots.iter().map(|spot| spot.units[pool]).filter(|&size| size > 0).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let term = |size: u16| {
            let holds = self.stands(actor, &actor.numbers(|spot| spot.units[pool] == size));
            self.if_so(&holds, &size.to_string())
        };
        sizes.into_iter().map(term).collect()
    }

    /// What `actor` would have of it if `other` let go of everything: the units for which it waits, or 1 of a whole
    /// lock or a meeting.
    pub(super) fn frees(self, plan: &Plan, actor: &Actor, other: &Actor) -> String {
        let whole = self.waits_at(plan, actor, other, |spot| spot.waits(false) && spot.takes().is_none());
        let mut terms: Vec<String> = whole.into_iter().map(|waits| self.if_so(&waits, "1")).collect();
        for pool in 0..plan.pools.len() {
            let takes = |spot: &super::plan::Spot| spot.takes().is_some_and(|(takes, _)| takes == pool);
            let (waits, lent) = (actor.numbers(|spot| spot.waits(false) && takes(spot)), self.lent_to(other, pool));
            if !waits.is_empty() && !lent.is_empty() {
                terms.push(self.if_so(&self.stands(actor, &waits), &sum(lent)));
            }
        }
        sum(terms)
    }

    /// How much of that has to be freed before `actor` goes on; 0 if it does not wait.
    pub(super) fn needs(self, plan: &Plan, actor: &Actor) -> String {
        let mut terms = Vec::new();
        for other in plan.actors.iter().filter(|other| other.id != actor.id) {
            let whole = self.waits_at(plan, actor, other, |spot| spot.waits(false) && spot.takes().is_none());
            terms.extend(whole.map(|waits| self.if_so(&waits, "1")));
        }
        let mut takes: Vec<(usize, u32)> =
            actor.spots.iter().filter(|spot| spot.waits(false)).filter_map(super::plan::Spot::takes).collect();
        takes.sort_unstable();
        takes.dedup();
        for (pool, units) in takes {
            let stands =
                self.stands(actor, &actor.numbers(|spot| spot.waits(false) && spot.takes() == Some((pool, units))));
            let lacks = self.all(&[stands, self.when(plan, actor, When::Lacks(pool, units))]);
            let pool = &plan.pools[pool];
            terms.push(self.if_so(&lacks, &format!("({} + {units}) - {}", pool.lent, pool.capacity)));
        }
        sum(terms)
    }

    /// A number where the condition is true, and 0 elsewhere.
    fn if_so(self, condition: &str, number: &str) -> String {
        if self.is_tla() {
            format!("(IF {condition} THEN {number} ELSE 0)")
        } else {
            format!("({condition} -> {number} : 0)")
        }
    }
}

/// A sum of these.
fn sum(terms: Vec<String>) -> String {
    if terms.is_empty() { "0".to_owned() } else { format!("({})", terms.join(" + ")) }
}

/// The spots where a process waits at a meeting.
pub(super) fn at_meetings(actor: &Actor) -> Vec<u32> {
    actor.numbers(|spot| spot.phase == crate::model::Phase::AtMeeting)
}

/// The number of a spot, or its name.
pub(super) fn spot_name(actor: &Actor, number: u32) -> String {
    match actor.at(number) {
        _ if number == ENDED => "ENDED".to_owned(),
        Some(spot) => spot.label.clone().unwrap_or_else(|| number.to_string()),
        None => "CRASHED".to_owned(),
    }
}
