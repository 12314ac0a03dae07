//! A scenario in Promela, the language of SPIN (<https://spinroot.com/spin/Man/promela.html>).
//!
//! One process of SPIN plays all of ours. Its one place of control is the head of a loop, so the variables alone tell
//! states apart; a move is one `d_step`. An order of its own is not left to SPIN: nothing is reduced, and its number of
//! states is ours.

use std::fmt::Write as _;

use super::heads::promela_head;
use super::language::{PROMELA, at_meetings, spot_name};
use super::moves::{Change, Move};
use super::names::{conditions, places, processes};
use super::plan::{Actor, Plan};

/// Numbers that fit a `byte`, a `short`.
const SIZES: [(u32, &str); 2] = [(u8::MAX as u32, "byte"), (i16::MAX as u32, "short")];

pub(super) fn write(plan: &Plan) -> String {
    let mut text = promela_head(plan);
    places(&mut text, plan, PROMELA);
    line!(text, "\n#define PROCESSES {}", plan.actors.len());
    processes(&mut text, plan, PROMELA);
    variables(&mut text, plan);
    line!(text, "");
    conditions(&mut text, plan, PROMELA);
    // What follows from a move: written down once, and behind all of them. An `inline` would be nicer to read, but
    // SPIN takes no long ones.
    let mut settling = String::new();
    if plan.counts.meetings {
        meetings(&mut text, &mut settling, plan);
    }
    if let Some(longest) = plan.kernel {
        let what = format!("The kernel refuses a wait that closes a cycle of at most {longest} processes.");
        let kind = Cycles { array: "edeadlk", edge: "asks", what: &what, kernel: true, longest };
        cycles(&mut text, &mut settling, plan, &kind);
    }
    if plan.reduces() {
        deadlocks(&mut settling, plan);
    } else if plan.victims {
        let what = "Who is in a cycle of processes that wait without a limit may be killed.";
        let longest = plan.actors.len();
        let kind = Cycles { array: "deadlocked", edge: "waits_for", what, kernel: false, longest };
        cycles(&mut text, &mut settling, plan, &kind);
    }
    program(&mut text, &settling, plan);
    text
}

fn variables(text: &mut String, plan: &Plan) {
    let counts = plan.counts;
    let most = |of: fn(&Actor) -> u32| plan.actors.iter().map(of).max().unwrap_or(0);
    let rounds = most(|actor| actor.most_rounds);
    line!(text, "\n/* Where each process stands: before which of its steps, ... */");
    line!(text, "{} at[PROCESSES] = 1;", size(plan.crashed));
    if counts.rounds {
        line!(text, "{} round[PROCESSES] = 1; /* ... in which round, ... */", size(rounds));
    }
    if counts.attempts {
        line!(text, "byte attempt[PROCESSES] = 1; /* ... at which attempt of this round, ... */");
    }
    if counts.meetings {
        line!(
            text,
            "{} met[PROCESSES]; /* ... behind how many meetings of this round, ... */",
            size(most(|a| a.meetings))
        );
    }
    if counts.ages {
        line!(text, "bool stale[PROCESSES]; /* ... and whether its snapshot is not the latest any more. */");
    }
    let derived = "/* Follows from where all stand: it tells no two states apart. */";
    if plan.kernel.is_some() {
        line!(text, "bool edeadlk[PROCESSES]; {derived}");
    }
    if plan.victims {
        line!(text, "bool deadlocked[PROCESSES]; {derived}");
    }
    if plan.kernel.is_some() || plan.victims {
        line!(text, "\n/* Scratch paper, no part of a state. */");
        line!(text, "hidden byte way[{}];", plan.actors.len() * plan.actors.len());
        line!(text, "hidden byte far[PROCESSES];\nhidden byte from, via, to, length;");
    }
    if plan.reduces() {
        line!(text, "hidden int frees[{}];\nhidden int needs[PROCESSES];", plan.actors.len() * plan.actors.len());
        line!(text, "hidden byte stuck[PROCESSES];\nhidden byte leads[PROCESSES];");
        line!(text, "hidden byte again;\nhidden int freed;");
    }
    if counts.meetings {
        line!(text, "\n/* Scratch paper, no part of a state. */\nhidden int first;");
    }
}

fn size(most: u32) -> &'static str {
    SIZES.into_iter().find(|(limit, _)| most <= *limit).map_or("int", |(_, name)| name)
}

/// All who wait at the first meeting go on, once nobody is still to come to it.
fn meetings(text: &mut String, settling: &mut String, plan: &Plan) {
    line!(text, "\n/* Who meets, will come to meeting number m, and has not come yet. */");
    let who: Vec<&Actor> = plan.actors.iter().filter(|actor| actor.meetings > 0).collect();
    for actor in &who {
        line!(text, "#define {}_to_come(m) ({})", actor.id, PROMELA.is_to_come(plan, actor, "(m)"));
    }
    line!(text, "#define NOBODY 2147483647");
    line!(settling, "    /* All who wait at the first meeting go on, once nobody is still to come to it. */");
    line!(settling, "    do\n    :: true ->\n       first = NOBODY;");
    for actor in &who {
        let waits = PROMELA.stands(actor, &at_meetings(actor));
        let been = PROMELA.been(actor);
        line!(settling, "       if :: {waits} && {been} < first -> first = {been} :: else fi;");
    }
    let to_come: Vec<String> = who.iter().map(|actor| format!("{}_to_come(first)", actor.id)).collect();
    line!(settling, "       if\n       :: first == NOBODY || {} -> break", to_come.join(" || "));
    line!(settling, "       :: else\n       fi;");
    for actor in &who {
        line!(settling, "       if");
        for opening in &actor.openings {
            let mut when = vec![
                format!("{} == {}", PROMELA.of("at", actor), spot_name(actor, opening.from)),
                format!("{} == first", PROMELA.been(actor)),
            ];
            when.extend(opening.when.iter().map(|when| PROMELA.when(plan, actor, *when)));
            line!(settling, "       :: {} -> {}", PROMELA.all(&when), effects(plan, actor, opening));
        }
        line!(settling, "       :: else\n       fi;");
    }
    line!(settling, "    od;\n    first = 0;");
}

/// A search for cycles among those who wait.
struct Cycles<'a> {
    /// The array that tells who is in one.
    array: &'a str,
    /// A word for an edge.
    edge: &'a str,
    what: &'a str,
    kernel: bool,
    /// The longest cycle that counts.
    longest: usize,
}

fn cycles(text: &mut String, settling: &mut String, plan: &Plan, cycles: &Cycles) {
    let Cycles { array, edge, what, kernel, longest } = cycles;
    line!(text, "");
    line!(settling, "    /* {what} */");
    for actor in &plan.actors {
        for other in plan.actors.iter().filter(|other| other.id != actor.id) {
            let (a, b) = (&actor.id, &other.id);
            let condition = PROMELA.waits_for(plan, actor, other, *kernel);
            let is_so = condition.map(|condition| {
                line!(text, "#define {a}_{edge}_{b} {condition}");
                format!("{a}_{edge}_{b}")
            });
            // Of two searches each leaves what it wrote to the other one.
            if is_so.is_some() || (plan.kernel.is_some() && plan.victims) {
                let is_so = is_so.unwrap_or_else(|| "false".to_owned());
                line!(settling, "    way[{a} * PROCESSES + {b}] = {is_so};");
            }
        }
    }
    let search = SEARCH.replace("LONGEST", &longest.to_string()).replace("FOUND", array);
    line!(settling, "    from = 0;\n{search}    from = 0;");
}

/// From each process along the shortest ways.
const SEARCH: &str = "    do
    :: from < PROCESSES ->
       to = 0;
       do
       :: to < PROCESSES -> far[to] = way[from * PROCESSES + to]; to++
       :: else -> break
       od;
       length = 1;
       do
       :: length < LONGEST && !far[from] ->
          via = 0;
          do
          :: via < PROCESSES && far[via] == length ->
             to = 0;
             do
             :: to < PROCESSES && way[via * PROCESSES + to] && !far[to] -> far[to] = length + 1; to++
             :: to < PROCESSES && !(way[via * PROCESSES + to] && !far[to]) -> to++
             :: else -> break
             od;
             via++
          :: via < PROCESSES && far[via] != length -> via++
          :: else -> break
          od;
          length++
       :: else -> break
       od;
       FOUND[from] = (far[from] > 0);
       from++
    :: else -> break
    od;
";

/// Who is part of a deadlock, where some wait for units.
fn deadlocks(settling: &mut String, plan: &Plan) {
    line!(settling, "    /* Who can never go on, even if all let go who do not wait for it, may be killed. */");
    for actor in &plan.actors {
        for other in plan.actors.iter().filter(|other| other.id != actor.id) {
            let frees = PROMELA.frees(plan, actor, other);
            line!(settling, "    frees[{} * PROCESSES + {}] = {frees};", actor.id, other.id);
        }
        line!(settling, "    needs[{}] = {};", actor.id, PROMELA.needs(plan, actor));
    }
    settling.push_str(REDUCTION);
}

/// For each process: all who wait; of these, again and again, only those whom nobody else can serve and who wait for
/// it, if not at once then through others of them.
const REDUCTION: &str = "    from = 0;
    do
    :: from < PROCESSES ->
       via = 0;
       do
       :: via < PROCESSES -> stuck[via] = (needs[via] > 0); via++
       :: else -> break
       od;
       again = 1;
       do
       :: again ->
          again = 0;
          via = 0;
          do
          :: via < PROCESSES ->
             freed = 0; to = 0;
             do
             :: to < PROCESSES && !stuck[to] -> freed = freed + frees[via * PROCESSES + to]; to++
             :: to < PROCESSES && stuck[to] -> to++
             :: else -> break
             od;
             if
             :: stuck[via] && freed >= needs[via] -> stuck[via] = 0; again = 1
             :: else
             fi;
             leads[via] = 0;
             via++
          :: else -> break
          od;
          length = 0;
          do
          :: length < PROCESSES ->
             via = 0;
             do
             :: via < PROCESSES ->
                to = 0;
                do
                :: to < PROCESSES && stuck[via] && frees[via * PROCESSES + to] > 0 && (to == from || leads[to]) ->
                   leads[via] = 1; to++
                :: to < PROCESSES &&
                   !(stuck[via] && frees[via * PROCESSES + to] > 0 && (to == from || leads[to])) -> to++
                :: else -> break
                od;
                via++
             :: else -> break
             od;
             length++
          :: else -> break
          od;
          via = 0;
          do
          :: via < PROCESSES && stuck[via] && !leads[via] -> stuck[via] = 0; again = 1; via++
          :: via < PROCESSES && !(stuck[via] && !leads[via]) -> via++
          :: else -> break
          od
       :: else -> break
       od;
       deadlocked[from] = stuck[from];
       from++
    :: else -> break
    od;
    from = 0;
";

/// The moves.
fn program(text: &mut String, settling: &str, plan: &Plan) {
    line!(text, "\nactive proctype scenario() {{\n  do");
    if !settling.is_empty() {
        line!(text, "  :: atomic {{\n  if");
    }
    for actor in &plan.actors {
        let mut before = None;
        for made in &actor.moves {
            if before.replace(made.from) != Some(made.from) {
                let place = if made.from as usize == made.step + 1 { "step" } else { "inside step" };
                line!(text, "  /* {}, {place} {}: {} */", actor.id, made.step + 1, actor.steps[made.step]);
            }
            line!(text, "  :: d_step {{ {} }}", d_step(plan, actor, made));
        }
    }
    if !settling.is_empty() {
        line!(text, "  fi;\n  d_step {{\n{settling}  }}\n  }}");
    }
    line!(text, "  /* Everybody has ended or crashed: no deadlock. Nothing changes any more. */");
    line!(text, "  :: d_step {{ all_over -> skip }}\n  od\n}}");
}

fn d_step(plan: &Plan, actor: &Actor, made: &Move) -> String {
    let at = format!("{} == {}", PROMELA.of("at", actor), spot_name(actor, made.from));
    let when = made.when.iter().map(|when| PROMELA.when(plan, actor, *when));
    let when: Vec<String> = [at].into_iter().chain(when).collect();
    let said = super::said(actor, made);
    format!("{} -> {}; printf(\"{said}\\n\")", PROMELA.all(&when), effects(plan, actor, made))
}

/// What a move changes.
fn effects(plan: &Plan, actor: &Actor, made: &Move) -> String {
    let then = &made.then;
    let mut changes = vec![format!("{} = {}", PROMELA.of("at", actor), spot_name(actor, then.at))];
    let mut count = |variable: &str, counts: bool, change: Change, start: u32| {
        let variable = PROMELA.of(variable, actor);
        match change {
            _ if !counts => {}
            Change::Stays => {}
            Change::Grows => changes.push(format!("{variable}++")),
            Change::Restarts => changes.push(format!("{variable} = {start}")),
        }
    };
    count("round", actor.counts_rounds, then.round, 1);
    count("attempt", actor.counts_attempts, then.attempt, 1);
    count("met", actor.meetings > 0, then.met, 0);
    if then.renews && actor.at(made.from).is_some_and(|spot| spot.stale.is_some()) {
        changes.push(format!("{} = false", PROMELA.of("stale", actor)));
    }
    if then.publishes {
        for other in plan.actors.iter().filter(|other| other.id != actor.id) {
            let reads = other.reads();
            if !reads.is_empty() {
                let stale = PROMELA.of("stale", other);
                changes.push(format!("{stale} = ({stale} || {})", PROMELA.stands(other, &reads)));
            }
        }
    }
    changes.join("; ")
}
