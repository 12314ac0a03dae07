//! The narrator beside real runs: led by what each process did in a recorded trace, it has to say the same.

use std::collections::VecDeque;

use super::Narrator;
use crate::model::{Attempts, Move, Outcome, Program};
use crate::trace::{Event, KilledFor, Recording, Trace, What};

/// What was heard of each process in a real run, and what the narrator says of it.
struct Replay<'a> {
    program: &'a Program,
    narrator: Narrator<'a>,
    at: Vec<u32>,
    heard: Vec<VecDeque<What>>,
    said: Vec<VecDeque<What>>,
}

impl Replay<'_> {
    fn take(&mut self, events: Vec<Event>) -> bool {
        let any = !events.is_empty();
        events.into_iter().for_each(|event| self.said[event.who].push_back(bare(event.what)));
        any
    }

    /// Makes the move with this outcome, if it is possible.
    fn make(&mut self, who: usize, outcome: Outcome) -> bool {
        let ends = |what: &What| matches!(what, What::Finished { .. } | What::Abandons { .. });
        let behind = self.heard[who].iter().skip_while(|what| !ends(what)).nth(1);
        let goes_on = behind != Some(&What::Ends);
        let (at, gives_up) = (self.at.clone(), outcome == Outcome::Refused && self.narrator.is_last_attempt(who));
        let (mut made, mut events, mut then) = (false, Vec::new(), at.clone());
        let mut visit = |narrator: &mut Narrator, step: Move| {
            let goes = !self.program.place(who, step.changes[0].1).is_gone();
            if !made && step.outcome == outcome && (step.choices == 1 || goes == goes_on) {
                made = true;
                events = narrator.tell(&at, &step, 0);
                step.make(&mut then);
            }
        };
        if gives_up {
            self.program.for_each_giving_up(&at, who, |step| visit(&mut self.narrator, step));
        }
        self.program.for_each_move_of(&at, who, |step| visit(&mut self.narrator, step));
        self.at = then;
        self.take(events);
        made
    }

    /// Whether what it asks for now is refused at once.
    fn is_refused(&self, who: usize) -> bool {
        matches!(self.heard[who].get(1), Some(What::Refused { .. }))
    }

    /// Lets a process do what its next event tells of, or a step before that of which nothing is told.
    fn advance(&mut self, who: usize) {
        let what = self.heard[who][0].clone();
        let done = match what {
            What::Starts { .. } => {
                let events = self.narrator.start_one(who, 0);
                self.take(events)
            }
            What::Killed { why: KilledFor::Victim } => self.make(who, Outcome::Victim),
            What::Killed { why } => {
                let events = self.narrator.kill(who, why, 0);
                self.take(events)
            }
            // It may have been refused long before it was heard, and what stood in its way may be gone by then.
            What::Wants { .. } | What::Commits { .. } if self.is_refused(who) && self.make(who, Outcome::Refused) => {
                true
            }
            What::Works { .. } | What::Commits { .. } | What::Wants { .. } => {
                let events = self.narrator.begins(&self.at, who, 0);
                self.take(events)
            }
            What::Waits { .. } => {
                let events = self.narrator.waits(&self.at, who, 0);
                self.take(events)
            }
            What::Refused { .. } => self.make(who, Outcome::Refused),
            _ => false,
        };
        let outcomes = [Outcome::Pends, Outcome::Granted, Outcome::Comes, Outcome::Crashes];
        let possible = if matches!(self.heard[who][0], What::Refused { .. }) { 1 } else { outcomes.len() };
        if done || outcomes[..possible].iter().any(|&outcome| self.make(who, outcome)) {
            return;
        }
        // It got what another one had let go, or found taken what another one had got, before that one was heard.
        let tells = |what: Option<&What>| matches!(what, Some(What::Gets { .. } | What::Committed { .. }));
        let late = |other: &usize| self.said[*other].is_empty() && tells(self.heard[*other].front());
        let late: Vec<usize> = (0..self.at.len()).filter(late).collect();
        assert!(late.into_iter().any(|other| self.make(other, Outcome::Granted)), "{who} can't say {what:?}");
    }
}

/// Without what is measured.
fn bare(what: What) -> What {
    match what {
        What::Starts { .. } => What::Starts { pid: 0 },
        What::Refused { lock, mode, units, why, .. } => What::Refused { lock, mode, units, why, waited_us: 0 },
        What::ClosesCycle { cycle, timed, .. } => What::ClosesCycle { cycle, timed, after_us: 0 },
        What::Crashed { how, .. } => What::Crashed { how, locks_left: None },
        what => what,
    }
}

fn check_run(run: &Trace) {
    let program = Program::compile(&run.scenario, Attempts::Counted).unwrap();
    let count = run.scenario.processes.len();
    let mut heard = vec![VecDeque::new(); count];
    run.events.iter().for_each(|event| heard[event.who].push_back(bare(event.what.clone())));
    let mut replay = Replay {
        program: &program,
        narrator: Narrator::new(&run.scenario, &program, run.seed),
        at: program.start(),
        heard,
        said: vec![VecDeque::new(); count],
    };
    for event in &run.events {
        let who = event.who;
        while replay.said[who].is_empty() {
            replay.advance(who);
        }
        assert_eq!(replay.said[who].pop_front(), replay.heard[who].pop_front(), "{} {event:?}", run.label);
    }
    assert!(replay.said.iter().all(VecDeque::is_empty), "{}: more is said than was heard", run.label);
}

/// Checks each run of a recording, and how many events that were.
fn check(file: &[u8], runs: usize, events: usize) {
    let recording = Recording::read(file).unwrap();
    recording.runs.iter().for_each(check_run);
    let all = recording.runs.iter().map(|run| run.events.len()).sum::<usize>();
    assert_eq!((recording.runs.len(), all), (runs, events));
}

#[test]
fn the_narrator_says_what_real_processes_said() {
    check(include_bytes!("../../tests/traces/deadlock.jsonl"), 1, 26);
    check(include_bytes!("../../tests/traces/ring.jsonl"), 1, 181);
    check(include_bytes!("../../tests/traces/crash.jsonl"), 1, 41);
    check(include_bytes!("../../tests/traces/locked.jsonl"), 2, 106);
    check(include_bytes!("../../tests/traces/reader.jsonl"), 1, 35);
    check(include_bytes!("../../tests/traces/refused.jsonl"), 1, 26);
    check(include_bytes!("../../tests/traces/repeated.jsonl"), 3, 120);
    check(include_bytes!("../../tests/traces/fixed.jsonl"), 15, 899);
}
