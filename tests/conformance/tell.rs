//! Every way to tell the processes of a scenario to make their steps, and what the model says will come of it.

use lesson::model::{Attempts, Mode, Outcome, Phase, Program};
use lesson::scenario::{Begin, DATABASE, LockKind, OnDeadlock, Scenario, Step};

/// One schedule, complete as far as it can be foretold, and what will come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who is told to make the next step.
    pub schedule: Vec<usize>,
    /// What the model foretells; `None` where luck or a time-out decides at the end of the schedule.
    pub foretold: Option<Foretold>,
    /// Somebody was told to make a step that it could not make at once.
    pub waits: bool,
}

/// What comes of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foretold {
    /// For each process what came of each request: `g` granted, `r` refused; `x` it crashed or was ended.
    pub answers: Vec<String>,
    /// Rows in the database; 0 without one.
    pub rows: u64,
    /// Whether it ends in a deadlock.
    pub deadlock: bool,
}

/// Every way to tell; where `waiting` is not wanted, only those in which nobody has to wait.
pub fn every_way(scenario: &Scenario, waiting: bool) -> Vec<Told> {
    let program = Program::compile(scenario, Attempts::Counted).expect("a small scenario");
    let count = scenario.processes.len();
    let teller = Teller { scenario, program: &program, waiting };
    let start = Game {
        at: program.start(),
        waits: vec![false; count],
        waited: false,
        schedule: Vec::new(),
        answers: vec![String::new(); count],
        modes: vec![None; count],
        inserted: vec![0; count],
        rows: 0,
    };
    let mut ways = Vec::new();
    teller.go_on(start, &mut ways);
    ways
}

struct Teller<'a> {
    scenario: &'a Scenario,
    program: &'a Program,
    waiting: bool,
}

#[derive(Clone)]
struct Game {
    at: Vec<u32>,
    /// It was told, and has to wait for a lock.
    waits: Vec<bool>,
    waited: bool,
    schedule: Vec<usize>,
    answers: Vec<String>,
    /// How each holds the one database.
    modes: Vec<Option<Mode>>,
    inserted: Vec<u64>,
    rows: u64,
}

/// Luck or time decides from here on.
struct Open;

impl Teller<'_> {
    fn go_on(&self, game: Game, ways: &mut Vec<Told>) {
        let mut is_end = true;
        for who in 0..game.at.len() {
            let phase = self.program.place(who, game.at[who]).phase;
            if game.waits[who] || phase != Phase::Step {
                continue;
            }
            let mut next = game.clone();
            next.schedule.push(who);
            match self.tell(&mut next, who).and_then(|()| self.settle(&mut next)) {
                Ok(()) if next.waited && !self.waiting => continue,
                Ok(()) => self.go_on(next, ways),
                Err(Open) if !self.waiting => continue,
                Err(Open) => ways.push(Told { schedule: next.schedule, foretold: None, waits: true }),
            }
            is_end = false;
        }
        if is_end {
            // Those who are not told to wait do so when all are let go: what comes of it is foretold if nobody moves.
            let mut moves = 0;
            self.program.for_each_move(&game.at, |_| moves += 1);
            let deadlock = !self.program.is_over(&game.at);
            let foretold = (moves == 0).then_some(Foretold { answers: game.answers, rows: game.rows, deadlock });
            ways.push(Told { schedule: game.schedule, foretold, waits: game.waited });
        }
    }

    /// One process is told to make its step.
    fn tell(&self, game: &mut Game, who: usize) -> Result<(), Open> {
        if self.program.waits_of(&game.at, who).is_none() {
            return self.make(game, who);
        }
        let Some(patience) = self.patience(game, who) else {
            game.waits[who] = true;
            game.waited = true;
            return self.look_for_cycle(game, who);
        };
        if patience { Err(Open) } else { self.make(game, who) }
    }

    /// Whether a blocked step waits for a while; `None` if for ever.
    fn patience(&self, game: &Game, who: usize) -> Option<bool> {
        let step = self.step(game, who);
        match step {
            Step::Lock { within: Some(limit), .. } => Some(!limit.is_zero()),
            step if !self.kind(step).is_sqlite() => None,
            // Whoever holds the database is refused at once.
            Step::Insert if game.modes[who].is_some() => Some(false),
            _ => Some(!self.scenario.busy_timeout().is_zero()),
        }
    }

    /// An untimed wait has begun: fcntl's kernel, or the conductor, may end it.
    fn look_for_cycle(&self, game: &mut Game, who: usize) -> Result<(), Open> {
        if !self.closes_cycle(game, who) {
            return Ok(());
        }
        if self.kind(self.step(game, who)) == LockKind::Fcntl {
            // Somebody is refused; who, is luck: another one may have said that it waits and not be in the kernel yet.
            return Err(Open);
        }
        if self.scenario.on_deadlock == OnDeadlock::Victim {
            game.waits[who] = false;
            return self.make(game, who);
        }
        Ok(())
    }

    /// Whether those who really wait close a ring with `who`.
    fn closes_cycle(&self, game: &Game, who: usize) -> bool {
        let count = game.at.len();
        let is_waiting =
            |who: usize| game.waits[who] || self.program.place(who, game.at[who]).phase == Phase::AtMeeting;
        let (mut seen, mut open) = (vec![false; count], vec![who]);
        while let Some(waiter) = open.pop() {
            let Some((_, holders)) = self.program.waits_of(&game.at, waiter) else { continue };
            for holder in holders.into_iter().filter(|&holder| is_waiting(holder)) {
                if holder == who {
                    return true;
                }
                if !std::mem::replace(&mut seen[holder], true) {
                    open.push(holder);
                }
            }
        }
        false
    }

    /// Those who wait go on when they can.
    fn settle(&self, game: &mut Game) -> Result<(), Open> {
        loop {
            let can = |game: &Game| -> Vec<usize> {
                let free = |&who: &usize| game.waits[who] && self.program.waits_of(&game.at, who).is_none();
                (0..game.at.len()).filter(free).collect()
            };
            let free = can(game);
            let Some(&first) = free.first() else { return Ok(()) };
            game.waits[first] = false;
            self.make(game, first)?;
            if can(game).len() + 1 != free.len() {
                return Err(Open); // which of them gets it is luck
            }
        }
    }

    /// The only move that a process has now.
    fn make(&self, game: &mut Game, who: usize) -> Result<(), Open> {
        let mut moves = Vec::new();
        self.program.for_each_move_of(&game.at, who, |made| {
            let mut then = game.at.clone();
            made.make(&mut then);
            moves.push((made.outcome, then));
        });
        let [(outcome, then)] = &moves[..] else { return Err(Open) };
        self.answer(game, who, *outcome);
        game.at.clone_from(then);
        // Whom the end of somebody at a meeting, or a death, lets go on was not told again: its step goes on.
        Ok(())
    }

    /// What the process will tell of this move.
    fn answer(&self, game: &mut Game, who: usize, outcome: Outcome) {
        let step = self.step(game, who).clone();
        if matches!(outcome, Outcome::Refused | Outcome::Crashes | Outcome::Victim) {
            game.answers[who].push(if outcome == Outcome::Refused { 'r' } else { 'x' });
            (game.modes[who], game.inserted[who]) = (None, 0);
            return;
        }
        let kind = self.scenario.kind_of(DATABASE);
        let mode = match &step {
            Step::Lock { .. } => {
                game.answers[who].push('g');
                return;
            }
            Step::Commit => {
                game.answers[who].push('g');
                game.rows += game.inserted[who];
                (game.modes[who], game.inserted[who]) = (None, 0);
                return;
            }
            Step::Rollback => {
                (game.modes[who], game.inserted[who]) = (None, 0);
                return;
            }
            Step::Insert => Mode::to_write(kind),
            Step::Select => Mode::to_read(kind),
            Step::Begin(Begin::Immediate) => Mode::to_write(kind),
            Step::Begin(Begin::Exclusive) if kind == LockKind::Sqlite => Mode::Exclusive,
            Step::Begin(Begin::Exclusive) => Mode::to_write(kind),
            _ => return,
        };
        game.inserted[who] += u64::from(step == Step::Insert);
        if game.modes[who].is_none_or(|held| held < mode) {
            game.modes[who] = Some(mode);
            game.answers[who].push('g');
        }
    }

    fn step(&self, game: &Game, who: usize) -> &Step {
        &self.scenario.processes[who].steps[self.program.place(who, game.at[who]).step]
    }

    fn kind(&self, step: &Step) -> LockKind {
        step.lock_name().map_or(LockKind::Flock, |lock| self.scenario.kind_of(lock))
    }
}
