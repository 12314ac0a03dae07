//! An exercise and its verdict: the proof, or where it goes wrong, as a story and as a command.

use serde_json::{Value, json};

use super::explored::{self, Exploration, Walk};
use super::listing::carried_out;
use super::paint::Style;
use super::refrain::folded;
use super::story::Story;
use super::words::{clean, grouped, list, name};
use crate::course::{Goal, Judged, Lesson, Round, SEEDS, Unlucky, Verdict, Way};
use crate::explore::Schedules;
use crate::model::MOST_COUNTED_ATTEMPTS;
use crate::scenario::{Process, Scenario, Step, format_schedule};

/// A checked exercise.
pub struct Checked<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// The repaired scenario.
    pub scenario: &'a Scenario,
    /// Its file, as on a command line.
    pub file: String,
    /// What came of it.
    pub verdict: &'a Verdict,
}

/// Whether an exercise is solved: the proof, or where it goes wrong.
pub fn verdict(checked: &Checked, style: Style) -> String {
    let Checked { lesson, verdict, .. } = checked;
    let title = format!("Exercise {}: {}", lesson.number, clean(&lesson.page.title));
    let mut text = format!("{}\n", style.heading(&title));
    for what in &verdict.missing {
        let what = format!("{}; all the work has to stay in the file", clean(what));
        text += &marked(&style.bad("✗"), &what, style);
    }
    if verdict.missing.is_empty() {
        text += &marked(&style.good("✓"), "all the work is still in the file", style);
    }
    for (goal, judged) in &verdict.goals {
        text += &match judged {
            Judged::Reached => marked(&style.good("✓"), goal.name(), style),
            Judged::Unknown(why) => marked(&style.warn("?"), &format!("{goal}: not known; {why}"), style),
            _ => marked(&style.bad("✗"), goal.name(), style),
        };
    }
    text += "\n";
    text += &match (verdict.is_solved(), verdict.is_unknown()) {
        (true, _) => format!("{}\n{}", style.good("Solved."), proof(verdict, style)),
        (false, true) => style.wrap("Not known: nothing was found to be wrong, but not everything was looked at.", ""),
        (false, false) => format!("{}\n{}", style.bad("Not yet."), trouble(checked, style)),
    };
    text
}

/// A line with a mark before it.
fn marked(mark: &str, text: &str, style: Style) -> String {
    let lines = style.wrap(text, "    ");
    format!("  {mark} {}", lines.trim_start())
}

/// What was looked at, and found: for every interleaving, and where time decides.
fn proof(verdict: &Verdict, style: Style) -> String {
    let explored = &verdict.answer.explored;
    let schedules = match &explored.schedules {
        Some(Schedules::Counted { all, .. }) => format!("{} complete schedules", grouped(all)),
        Some(Schedules::Infinite) => "some go round and round".into(),
        None => "all schedules".into(),
    };
    let goals = || verdict.goals.iter().map(|(goal, _)| *goal);
    let in_time: Vec<Goal> = goals().filter(|goal| goal.is_in_time()).collect();
    let patient: Vec<Goal> = goals().filter(|goal| goal.is_patient()).collect();
    let always: Vec<Goal> = goals().filter(|goal| !goal.is_in_time() && !goal.is_patient()).collect();
    let words = |goal: &Goal| match goal {
        Goal::EverybodyEnds => "from each state everybody can still come to an end",
        goal => goal.name().trim_end_matches(" in virtual time").trim_end_matches(" with endless patience"),
    };
    let names = |goals: &[Goal]| goals.iter().map(words).collect::<Vec<_>>().join("; ");
    let mut text = String::new();
    if !always.is_empty() {
        text += &style.wrap(
            &format!(
                "Proved: all {} states were visited, which is every order in which the steps can come \
                 ({schedules}). In each: {}.",
                grouped(&explored.states),
                names(&always)
            ),
            "",
        );
    }
    if !patient.is_empty() {
        text += &style.wrap(
            &format!(
                "Proved with endless patience, in every order of the steps in which no time-out fires and whoever \
                 tries again never stops: {}.",
                names(&patient)
            ),
            "",
        );
    }
    if !in_time.is_empty() {
        text += &style.wrap(
            &format!(
                "Tried: {SEEDS} runs in virtual time, each with other luck; in each: {}. That is good evidence, and no \
                 proof: where time decides, not every run can be looked at.",
                names(&in_time)
            ),
            "",
        );
    }
    if !in_time.is_empty() && !verdict.later.is_empty() {
        let names: Vec<String> = verdict.later.iter().map(|name| clean(name)).collect();
        let later = format!(
            "But {} works longer than before. If that is to come later, it helps only as long as nobody's times \
             change: nothing keeps them from meeting.",
            list(&names)
        );
        text += &style.wrap(&later, "");
    }
    if !verdict.answer.tireless.is_empty() {
        let tireless = format!(
            "Who tries more than {MOST_COUNTED_ATTEMPTS} times is taken to try for ever: it can always still get its \
             turn; when, nobody promises."
        );
        text += &style.wrap(&tireless, "");
    }
    text
}

/// Where the first goal that is missed goes wrong, as a story, and the commands that show it of the others.
fn trouble(checked: &Checked, style: Style) -> String {
    let is_missed = |judged: &Judged| !matches!(judged, Judged::Reached | Judged::Unknown(_));
    let mut missed = checked.verdict.goals.iter().filter(|(_, judged)| is_missed(judged));
    let Some((first, judged)) = missed.next() else { return String::new() };
    let mut text = match judged {
        Judged::MissedOn(way) => checked.walk(way).told(heading(*first), &remark(checked, *first, way), style),
        Judged::MissedIn(unlucky) => soonest(checked, *first, unlucky, style),
        _ => {
            let answer = &checked.verdict.answer;
            let exploration = Exploration { scenario: checked.scenario, answer, source: None };
            let follows = explored::follows(&exploration, style);
            format!("{follows}\n{}", carried_out(&checked.command(judged), style))
        }
    };
    let shown = checked.command(judged);
    for (goal, judged) in missed {
        let command = checked.command(judged);
        text += &match command == shown {
            true => format!("\n{}", style.wrap(&format!("\"{goal}\" fails there, too."), "")),
            false => {
                format!("\n{}{}", style.wrap(&format!("Where \"{goal}\" fails:"), ""), carried_out(&command, style))
            }
        };
    }
    text
}

impl Checked<'_> {
    fn walk<'a>(&'a self, way: &'a Way) -> Walk<'a> {
        let Way { program, path, is_stuck, .. } = way;
        Walk { scenario: self.scenario, program, path, is_stuck: *is_stuck, source: Some(&self.file) }
    }

    /// The command that shows how a goal is missed.
    fn command(&self, judged: &Judged) -> String {
        let way = if let Judged::MissedOn(way) = judged { self.walk(way).command() } else { None };
        way.unwrap_or_else(|| match judged {
            Judged::MissedIn(Unlucky { seed, .. }) => format!("lesson run {} --simulate --seed {seed}", self.file),
            _ => format!("lesson explore {}", self.file),
        })
    }
}

/// The simulated run that goes wrong soonest, as a story up to there.
fn soonest(checked: &Checked, goal: Goal, unlucky: &Unlucky, style: Style) -> String {
    let Unlucky { seed, runs, tried, events } = unlucky;
    let text = format!(
        "{runs} of {tried} runs in virtual time go wrong. The luck of a run is a number, its seed; the one with seed \
         {seed} goes wrong soonest."
    );
    let mut text = format!("{}\n{}\n", style.wrap(&text, ""), style.heading(heading(goal)));
    let mut story = Story::new(checked.scenario, style);
    let lines: Vec<String> = events.iter().filter_map(|event| story.line(event)).collect();
    text += &folded(&lines, style);
    text += &story.ending().unwrap_or_default();
    let command = carried_out(&format!("lesson run {} --simulate --seed {seed}", checked.file), style);
    text + &format!("\n{}\n{command}", style.heading("Carry it out"))
}

/// What stands above the way on which a goal is missed.
fn heading(goal: Goal) -> &'static str {
    match goal {
        Goal::NoDeadlock => "The shortest way to a deadlock",
        Goal::NothingLost => "The shortest way to a loss",
        Goal::NothingLostInTime => "The way to the loss",
        Goal::NobodyRefused => "The shortest way to a refusal",
        Goal::NobodyRefusedInTime => "The way to the refusal",
        Goal::EverybodyEnds => "The shortest way to trouble",
        Goal::NoLivelock => "The way into a livelock, and once around",
        Goal::NobodyStarves => "A way to starve, once around",
        Goal::NoDeadlockWithPatience => "The shortest way to a cycle that only a time-out ends",
        Goal::NobodyRefusedWithPatience => "The shortest way to a refusal that no patience prevents",
        Goal::NothingLostWithPatience => "The shortest way to a loss that no patience prevents",
    }
}

/// What stands below a way: how it goes round, or why it counts though it would seldom come.
fn remark(checked: &Checked, goal: Goal, way: &Way) -> String {
    let Checked { scenario, verdict, .. } = checked;
    let Some(Round { after, kept }) = way.round else {
        let no_return = match way.is_stuck && !goal.is_patient() {
            true => explored::no_return(scenario, &verdict.answer, &way.path) + " ",
            false => String::new(),
        };
        return no_return + by_order(scenario, goal, way);
    };
    let last = way.path.movers.len();
    let back = if after == 0 { "at the start".into() } else { format!("after move {after}") };
    let kept = match kept {
        None => "nobody has finished a round: unless somebody gives up, it can go round for ever".to_owned(),
        Some(who) => format!("{} has not finished its round: it can go round for ever", clean(name(scenario, who))),
    };
    let lasting = match scenario.processes.iter().any(|process| process.lasting.is_some()) {
        true => " What is to be done for some time (`for`) may be done as often as you like.",
        false => "",
    };
    format!(
        "After move {last} everybody stands as {back}, and {kept}. Only the order of the steps counts here, not how \
         long they take.{lasting}"
    )
}

/// What a learner who thinks of time has to know of a way.
fn by_order(scenario: &Scenario, goal: Goal, way: &Way) -> &'static str {
    let has = |is_meant: fn(&Process) -> bool| way.path.movers.iter().any(|&who| is_meant(&scenario.processes[who]));
    if goal == Goal::NothingLost && has(|process| process.retry.is_some()) {
        return "Only the order of the steps counts here, and no time passes: somebody may make all attempts before \
                another one makes the next step.";
    }
    match has(|process| process.steps.iter().any(|step| matches!(step, Step::Work(_)))) {
        true => {
            "Only the order of the steps counts here, and not how long they take: nothing promises that one process \
                 has done its work when another one begins."
        }
        false => "",
    }
}

/// The verdict as a document: `lesson`, `file`, `solved`, `missing`, `goals`, `states`, `complete`. A goal has its
/// `name`; `reached` (null: not known); where it is missed the `schedule`, with the number of moves after which it
/// `goes_round_after`, or the `seed` of the soonest run, and how many
/// `runs_missed` it of those `runs_tried`.
pub fn verdict_document(checked: &Checked) -> Value {
    let Checked { lesson, file, verdict, .. } = checked;
    let goal = |(goal, judged): &(Goal, Judged)| {
        let reached = match judged {
            Judged::Reached => Some(true),
            Judged::Unknown(_) => None,
            _ => Some(false),
        };
        let unlucky = if let Judged::MissedIn(unlucky) = judged { Some(unlucky) } else { None };
        let way = if let Judged::MissedOn(way) = judged { Some(way) } else { None };
        json!({
            "goal": goal.name(),
            "reached": reached,
            "seed": unlucky.map(|unlucky| unlucky.seed),
            "runs_missed": unlucky.map(|unlucky| unlucky.runs),
            "runs_tried": unlucky.map(|unlucky| unlucky.tried),
            "schedule": way.map(|way| format_schedule(&way.path.movers, checked.scenario)),
            "goes_round_after": way.and_then(|way| way.round).map(|round| round.after),
        })
    };
    json!({
        "lesson": lesson.number,
        "file": file,
        "solved": verdict.is_solved(),
        "missing": verdict.missing,
        "goals": verdict.goals.iter().map(goal).collect::<Vec<_>>(),
        "states": verdict.answer.explored.states,
        "complete": verdict.answer.explored.stopped.is_none(),
    })
}
