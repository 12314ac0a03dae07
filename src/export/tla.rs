//! A scenario in TLA+, for TLC (<https://lamport.azurewebsites.net/tla/book.html>).
//!
//! One action for each move; TLC names it in the way to a deadlock.

use std::fmt::Write as _;

use super::heads::{MARK, tla_head};
use super::language::{Language, TLA, TLA_OF_S, at_meetings, spot_name};
use super::moves::{Change, Move, Then};
use super::names::{conditions, places, processes};
use super::plan::{Actor, Plan};
use super::words::part_of_name;

/// The words of the language that look like names (*Specifying Systems*, section 15.1).
#[rustfmt::skip]
pub(super) const WORDS: [&str; 57] = [
    "ACTION", "ASSUME", "ASSUMPTION", "AXIOM", "BOOLEAN", "BY", "CASE", "CHOOSE", "CONSTANT", "CONSTANTS",
    "COROLLARY", "DEF", "DEFINE", "DEFS", "DOMAIN", "ELSE", "ENABLED", "EXCEPT", "EXTENDS", "FALSE", "HAVE", "HIDE",
    "IF", "IN", "INSTANCE", "LAMBDA", "LEMMA", "LET", "LOCAL", "MODULE", "NEW", "OBVIOUS", "OMITTED", "ONLY", "OTHER",
    "PICK", "PROOF", "PROPOSITION", "PROVE", "QED", "RECURSIVE", "STATE", "STRING", "SUBSET", "SUFFICES", "TAKE",
    "TEMPORAL", "THEN", "THEOREM", "TRUE", "UNCHANGED", "UNION", "USE", "VARIABLE", "VARIABLES", "WITH", "WITNESS",
];

/// Names that every module of ours may use, and that of the module they stand on.
#[rustfmt::skip]
pub(super) const OUR_WORDS: [&str; 40] = [
    "Naturals", "Nat", "ENDED", "CRASHED", "Processes", "at", "round", "attempt", "met", "stale", "vars", "Init",
    "Next", "Spec", "AllOver", "Over", "Now", "Waiting", "Open", "Become", "Reaches", "Asks", "WaitsFor", "edeadlk",
    "deadlocked", "s", "m", "n", "p", "q", "t", "edges", "reached", "left", "Frees", "Needs", "Freed", "Leading",
    "DeadlockOf", "stuck",
];

/// The ends of names that are made of a process's.
pub(super) const OUR_ENDS: [&str; 3] = ["_moves", "_to_come", "_goes_on"];

pub(super) fn write(plan: &Plan, module: &str) -> String {
    let mut text = format!("---- MODULE {module} ---- \\* {MARK}\n{}", tla_head(plan, module));
    line!(text, "EXTENDS Naturals\n");
    places(&mut text, plan, TLA);
    line!(text, "");
    processes(&mut text, plan, TLA);
    line!(text, "Processes == 1..{}", plan.actors.len());
    variables(&mut text, plan);
    line!(text, "");
    conditions(&mut text, plan, TLA);
    if plan.counts.meetings {
        meetings(&mut text, plan);
    }
    cycles(&mut text, plan);
    program(&mut text, plan);
    line!(text, "====");
    text
}

/// The variables, what each means, and its value at the beginning.
fn known(plan: &Plan) -> Vec<(&'static str, &'static str, &'static str)> {
    let counts = plan.counts;
    let all = [
        (true, ("at", "before which of its steps, ...", "1")),
        (counts.rounds, ("round", "... in which round, ...", "1")),
        (counts.attempts, ("attempt", "... at which attempt of this round, ...", "1")),
        (counts.meetings, ("met", "... behind how many meetings of this round, ...", "0")),
        (counts.ages, ("stale", "... and whether its snapshot is not the latest any more.", "FALSE")),
    ];
    all.into_iter().filter_map(|(is_used, variable)| is_used.then_some(variable)).collect()
}

fn variables(text: &mut String, plan: &Plan) {
    let known = known(plan);
    line!(text, "\n\\* Where each process stands:\nVARIABLES");
    for (index, (variable, meaning, _)) in known.iter().enumerate() {
        let comma = if index + 1 == known.len() { "" } else { "," };
        line!(text, "  {variable}{comma} \\* {meaning}");
    }
    let all: Vec<&str> = known.iter().map(|(variable, ..)| *variable).collect();
    line!(text, "vars == <<{}>>\n\nInit ==", all.join(", "));
    for (variable, _, start) in known {
        line!(text, "  /\\ {variable} = [p \\in Processes |-> {start}]");
    }
}

/// Whoever waits at the first meeting goes on, once nobody is still to come to it.
fn meetings(text: &mut String, plan: &Plan) {
    let who: Vec<&Actor> = plan.actors.iter().filter(|actor| actor.meetings > 0).collect();
    let fields: Vec<String> = known(plan).iter().map(|(variable, ..)| format!("{variable} |-> {variable}")).collect();
    line!(text, "\n\\* A state as one value.\nNow == [{}]", fields.join(", "));
    line!(text, "\\* Who meets, in state s has not come to meeting number m yet, and will.");
    for actor in &who {
        line!(text, "{}_to_come(s, m) == {}", actor.id, TLA_OF_S.is_to_come(plan, actor, "m"));
    }
    line!(text, "\\* The numbers of the meetings at which somebody waits.\nWaiting(s) ==");
    for (index, actor) in who.iter().enumerate() {
        let waits = TLA_OF_S.stands(actor, &at_meetings(actor));
        let cup = if index == 0 { "" } else { "\\cup " };
        line!(text, "  {cup}(IF {waits} THEN {{{}}} ELSE {{}})", TLA_OF_S.been(actor));
    }
    for actor in &who {
        line!(text, "{}_goes_on(s, m) ==", actor.id);
        for opening in &actor.openings {
            let mut when = vec![
                format!("{} = {}", TLA_OF_S.of("at", actor), spot_name(actor, opening.from)),
                format!("{} = m", TLA_OF_S.been(actor)),
            ];
            when.extend(opening.when.iter().map(|when| TLA_OF_S.when(plan, actor, *when)));
            let changes = changes(plan, actor, opening, TLA_OF_S);
            let changes = changes.into_iter().map(|(variable, value)| format!("!.{variable} = {value}"));
            let changed = changes.collect::<Vec<_>>().join(", ");
            line!(text, "  IF {} THEN [s EXCEPT {changed}] ELSE", TLA_OF_S.all(&when));
        }
        line!(text, "  s");
    }
    line!(text, "\\* All who wait at the first meeting go on, once nobody is still to come to it.");
    line!(text, "RECURSIVE Open(_)\nOpen(s) ==\n  IF Waiting(s) = {{}} THEN s ELSE");
    line!(text, "  LET m == CHOOSE m \\in Waiting(s) : \\A n \\in Waiting(s) : m \\leq n");
    let to_come: Vec<String> = who.iter().map(|actor| format!("{}_to_come(s, m)", actor.id)).collect();
    let all = who.iter().fold("s".to_owned(), |inner, actor| format!("{}_goes_on({inner}, m)", actor.id));
    line!(text, "  IN IF {} THEN s ELSE Open({all})", TLA.any(&to_come));
    line!(text, "\\* Everybody stands as in s, behind the meetings that are complete.");
    let next = known(plan).into_iter().map(|(variable, ..)| format!("{variable}' = t.{variable}"));
    line!(text, "Become(s) == LET t == Open(s) IN {}", TLA.all(&next.collect::<Vec<_>>()));
}

fn cycles(text: &mut String, plan: &Plan) {
    if plan.reduces() {
        deadlocks(text, plan);
    }
    if plan.kernel.is_none() && (!plan.victims || plan.reduces()) {
        return;
    }
    line!(text, "\n\\* Whether a way of at most `left` more steps leads from those in `reached` to p.");
    line!(text, "RECURSIVE Reaches(_, _, _, _)\nReaches(edges, reached, p, left) ==");
    line!(text, "  p \\in reached \\/ (left > 0 /\\ reached # {{}} /\\");
    line!(text, "    Reaches(edges, UNION {{edges[q] : q \\in reached}}, p, left - 1))");
    if let Some(longest) = plan.kernel {
        line!(text, "\\* The kernel refuses a wait that closes a cycle of at most {longest} processes.");
        let edges = edges(text, plan, "Asks", true);
        line!(text, "edeadlk == [p \\in Processes |-> Reaches({edges}, {edges}[p], p, {})]", longest - 1);
    }
    if plan.victims && !plan.reduces() {
        line!(text, "\\* Who is in a cycle of processes that wait without a limit may be killed.");
        let edges = edges(text, plan, "WaitsFor", false);
        let longest = plan.actors.len();
        line!(text, "deadlocked == [p \\in Processes |-> Reaches({edges}, {edges}[p], p, {})]", longest - 1);
    }
}

/// Who is part of a deadlock, where some wait for units.
fn deadlocks(text: &mut String, plan: &Plan) {
    let rows = plan.actors.iter().map(|actor| {
        let frees = plan.actors.iter().map(|other| match other.id == actor.id {
            true => "0".to_owned(),
            false => TLA.frees(plan, actor, other),
        });
        format!("<<{}>>", frees.collect::<Vec<_>>().join(",\n    "))
    });
    let needs: Vec<String> = plan.actors.iter().map(|actor| TLA.needs(plan, actor)).collect();
    line!(text, "\n\\* What p would have, of what it waits for, if q let go; and how much of that it needs to go on.");
    line!(text, "Frees == <<\n  {} >>", rows.collect::<Vec<_>>().join(",\n  "));
    line!(text, "Needs == <<\n  {}>>", needs.join(",\n  "));
    text.push_str(REDUCTION);
}

/// All who wait; of these, again and again, only those whom nobody else can serve and who wait for p.
const REDUCTION: &str = r"RECURSIVE Freed(_, _)
Freed(p, reached) ==
  IF reached = {} THEN 0 ELSE LET q == CHOOSE n \in reached : TRUE IN Frees[p][q] + Freed(p, reached \ {q})
\* Those in `stuck` that wait for somebody in `reached`, directly or through others of them.
RECURSIVE Leading(_, _)
Leading(stuck, reached) ==
  LET n == reached \cup {q \in stuck : \E m \in reached : Frees[q][m] > 0}
  IN IF n = reached THEN n ELSE Leading(stuck, n)
\* Of those in `reached` who can never go on, even if all let go who do not wait for p.
RECURSIVE DeadlockOf(_, _)
DeadlockOf(p, reached) ==
  LET stuck == {q \in reached : Freed(q, Processes \ reached) < Needs[q]}
      n == Leading(stuck, {q \in stuck : Frees[q][p] > 0})
  IN IF n = reached THEN n ELSE DeadlockOf(p, n)
\* Who is part of a deadlock may be killed.
deadlocked == [p \in Processes |-> p \in DeadlockOf(p, Processes)]
";

/// For whom each process waits.
fn edges<'a>(text: &mut String, plan: &Plan, name: &'a str, kernel: bool) -> &'a str {
    let mut rows = Vec::new();
    for actor in &plan.actors {
        let others = plan.actors.iter().filter(|other| other.id != actor.id);
        let others = others.filter_map(|other| {
            let waits = TLA.waits_for(plan, actor, other, kernel)?;
            Some(format!("(IF {waits} THEN {{{}}} ELSE {{}})", other.id))
        });
        let others: Vec<String> = others.collect();
        rows.push(if others.is_empty() { "{}".to_owned() } else { others.join(" \\cup\n     ") });
    }
    line!(text, "{name} == <<\n  {}>>", rows.join(",\n  "));
    name
}

/// The moves.
fn program(text: &mut String, plan: &Plan) {
    let mut names = plan.names.clone();
    let mut all = String::new();
    for actor in &plan.actors {
        let mut actions = String::new();
        for made in &actor.moves {
            let words = part_of_name(&format!("{} {}", actor.steps[made.step], made.outcome));
            let name = names.give(format!("{}_{}_{words}", actor.id, made.step + 1));
            line!(text, "\n\\* {}\n{name} ==", super::said(actor, made));
            action(text, plan, actor, made);
            line!(actions, "  \\/ {name}");
        }
        let _ = write!(all, "\n{}_moves ==\n{actions}", actor.id);
    }
    text.push_str(&all);
    line!(text, "\n\\* Everybody has ended or crashed: no deadlock. Nothing changes any more.");
    line!(text, "Over == AllOver /\\ UNCHANGED vars\n\nNext ==");
    for actor in &plan.actors {
        line!(text, "  \\/ {}_moves", actor.id);
    }
    line!(text, "  \\/ Over\n\nSpec == Init /\\ [][Next]_vars");
}

fn action(text: &mut String, plan: &Plan, actor: &Actor, made: &Move) {
    line!(text, "  /\\ {} = {}", TLA.of("at", actor), spot_name(actor, made.from));
    for when in &made.when {
        line!(text, "  /\\ {}", TLA.when(plan, actor, *when));
    }
    let changes = changes(plan, actor, made, TLA);
    if plan.counts.meetings {
        let fields = changes.iter().map(|(variable, value)| format!("!.{variable} = {value}"));
        line!(text, "  /\\ Become([Now EXCEPT {}])", fields.collect::<Vec<_>>().join(", "));
        return;
    }
    for (variable, value) in &changes {
        line!(text, "  /\\ {variable}' = {value}");
    }
    let is_same = |name: &&str| changes.iter().all(|(variable, _)| variable != name);
    let same: Vec<&str> = known(plan).into_iter().map(|(variable, ..)| variable).filter(is_same).collect();
    if !same.is_empty() {
        line!(text, "  /\\ UNCHANGED <<{}>>", same.join(", "));
    }
}

/// The variables that a move changes, and their values then.
fn changes(plan: &Plan, actor: &Actor, made: &Move, language: Language) -> Vec<(&'static str, String)> {
    let Then { at, round, attempt, met, renews, publishes } = made.then;
    let whole = |variable: &str| language.whole(variable);
    let one = |variable: &str, value: &str| format!("[{} EXCEPT ![{}] = {value}]", whole(variable), actor.id);
    let mut changes = vec![("at", one("at", &spot_name(actor, at)))];
    let mut count = |variable: &'static str, counts: bool, change: Change, start: &str| match change {
        _ if !counts => {}
        Change::Stays => {}
        Change::Grows => changes.push((variable, one(variable, "@ + 1"))),
        Change::Restarts => changes.push((variable, one(variable, start))),
    };
    count("round", actor.counts_rounds, round, "1");
    count("attempt", actor.counts_attempts, attempt, "1");
    count("met", actor.meetings > 0, met, "0");
    if publishes {
        let old = plan.actors.iter().map(|other| {
            let (stale, reads) = (language.of("stale", other), other.reads());
            match other.id == actor.id || reads.is_empty() {
                true => "FALSE".to_owned(),
                false => format!("{stale} \\/ {}", language.stands(other, &reads)),
            }
        });
        if plan.counts.ages {
            changes.push(("stale", format!("<<{}>>", old.collect::<Vec<_>>().join(", "))));
        }
    } else if renews && actor.at(made.from).is_some_and(|spot| spot.stale.is_some()) {
        changes.push(("stale", one("stale", "FALSE")));
    }
    changes
}
