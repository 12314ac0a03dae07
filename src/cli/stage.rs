//! Runs what a command has planned, shows it while it happens, and keeps the recording.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;

use super::live::{Live, words_only};
use super::output::{Output, print};
use super::{Verdict, show, style};
use crate::machine::{self, Terminal, limits};
use crate::report::Transcript;
use crate::run::{self, Arena, Options, Schedule, Unwatched, Watcher};
use crate::scenario::{self, Scenario};
use crate::simulate;
use crate::trace::{Command, Event, FORMAT, Header, Recording, Trace};

/// What a command is going to run.
pub(super) struct Plan {
    /// The command, as its report knows it.
    pub(super) command: Command,
    /// The runs, in the order of the report.
    pub(super) runs: Vec<Planned>,
    /// How long a deadlock is watched.
    pub(super) patience: Duration,
    /// Whether the runs may take place at the same time.
    pub(super) side_by_side: bool,
    /// Ends each run after this time.
    pub(super) deadline: Option<Duration>,
}

/// One run to come.
pub(super) struct Planned {
    pub(super) label: String,
    pub(super) scenario: Scenario,
    pub(super) schedule: Option<Vec<usize>>,
}

impl Planned {
    /// A run that watches a deadlock if one arises.
    pub(super) fn new(label: impl Into<String>, scenario: Scenario) -> Self {
        Self { label: label.into(), scenario, schedule: None }
    }

    /// The same run, so many times.
    pub(super) fn repeated(self, times: u32) -> Vec<Self> {
        let copy = |n: u32| Self {
            label: if times == 1 { self.label.clone() } else { format!("{} {n}", self.label) },
            scenario: self.scenario.clone(),
            schedule: self.schedule.clone(),
        };
        (1..=times).map(copy).collect()
    }
}

/// Carries the plan out, prints the page or the document, writes the files, and says whether what came of it is what
/// the command promises.
pub(super) fn perform(
    plan: Plan,
    output: &Output,
    terminal: &Terminal,
    promise: impl Fn(&Recording) -> bool,
) -> anyhow::Result<Verdict> {
    for planned in &plan.runs {
        scenario::check(&planned.scenario)?;
    }
    output.check()?;
    // A simulation makes no files.
    let arena = if plan.command.is_simulated() { None } else { Some(Arena::new(output.dir.as_deref())?) };
    arena.iter().try_for_each(|arena| arena.check_free(plan.runs.iter().map(|planned| planned.label.as_str())))?;
    let place = output.dir.clone().unwrap_or_else(std::env::temp_dir);
    let environment = machine::environment(&place);
    let header = Header { format: FORMAT, command: plan.command.clone(), runs: plan.runs.len(), environment };
    let page = (!output.json && !output.quiet).then(|| Transcript::new(&header, style(terminal)));
    let mut stage = Stage { page, terminal, output };
    if arena.is_some() {
        stage.print(|page| page.opening())?;
    }
    let runs = match &arena {
        None => stage.simulate(&plan)?,
        Some(arena) if plan.side_by_side => stage.run_together(&plan, arena)?,
        Some(arena) => stage.run_in_turn(&plan, arena)?,
    };
    let mut recording = Recording { header, runs, shown: false };
    recording.shown = promise(&recording);
    stage.print(|page| page.closing(&recording))?;
    output.write(&recording)?;
    if output.json {
        print(&show::document(&recording))?;
    }
    Ok(recording.shown.into())
}

struct Stage<'a> {
    page: Option<Transcript>,
    terminal: &'a Terminal,
    output: &'a Output,
}

impl Stage<'_> {
    fn print(&mut self, piece: impl FnOnce(&mut Transcript) -> String) -> anyhow::Result<()> {
        match &mut self.page {
            Some(page) => print(&piece(page)),
            None => Ok(()),
        }
    }

    /// In virtual time, each run with the next seed; the story is told as if it had happened just now. Nothing is
    /// printed before the first run is over: one that can't be carried out says so and nothing else.
    fn simulate(&mut self, plan: &Plan) -> anyhow::Result<Vec<Trace>> {
        let mut traces = Vec::with_capacity(plan.runs.len());
        for (index, planned) in plan.runs.iter().enumerate() {
            let options = simulate::Options {
                label: planned.label.clone(),
                seed: self.output.seed.wrapping_add(index as u64),
                patience: plan.patience,
                schedule: planned.schedule.clone(),
                deadline: plan.deadline,
            };
            let trace = simulate::run(&planned.scenario, &options)?;
            if index == 0 {
                self.print(|page| page.opening())?;
            }
            self.print(|page| page.begin_run(&planned.scenario, trace.seed))?;
            self.print(|page| trace.events.iter().filter_map(|event| page.event(event)).collect())?;
            self.print(|page| page.end_run(&trace))?;
            traces.push(trace);
        }
        Ok(traces)
    }

    fn run_in_turn(&mut self, plan: &Plan, arena: &Arena) -> anyhow::Result<Vec<Trace>> {
        let mut traces = Vec::with_capacity(plan.runs.len());
        for planned in &plan.runs {
            let seed = self.output.seed;
            self.print(|page| page.begin_run(&planned.scenario, seed))?;
            let options = options(plan, planned, self.output, arena);
            let moves = self.terminal.is_terminal && self.page.as_ref().is_some_and(Transcript::is_telling);
            let live = moves.then(|| Live::new(&planned.scenario, style(self.terminal)));
            let mut teller = Teller { page: self.page.as_mut(), live };
            let trace = run::run(&planned.scenario, &options, &mut teller);
            drop(teller); // takes the moving lanes away, whatever happened
            let trace = trace?;
            self.print(|page| page.end_run(&trace))?;
            traces.push(trace);
        }
        Ok(traces)
    }

    fn run_together(&mut self, plan: &Plan, arena: &Arena) -> anyhow::Result<Vec<Trace>> {
        let output = self.output;
        side_by_side(&plan.runs, |planned| options(plan, planned, output, arena))
    }
}

/// All runs at once, each in its own room; what is measured is mostly waiting, which costs no processor.
pub(super) fn side_by_side<'a>(
    planned: &[Planned],
    options: impl Fn(&Planned) -> Options<'a> + Sync,
) -> anyhow::Result<Vec<Trace>> {
    // One pipe to each worker of every run, and some for each run.
    let files = planned.iter().map(|run| run.scenario.processes.len() as u64 + 64).sum();
    limits::raise_open_files(files).map_err(run::Unfit)?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(words_only());
    let done = AtomicUsize::new(0);
    let all = planned.len();
    let tell = |done: usize| bar.set_message(format!("{done} of {all} runs done ..."));
    tell(0);
    let traces: Vec<anyhow::Result<Trace>> = thread::scope(|scope| {
        let mut threads = Vec::with_capacity(all);
        for planned in planned {
            let (done, tell, options) = (&done, &tell, &options);
            threads.push(scope.spawn(move || {
                let trace = run::run(&planned.scenario, &options(planned), &mut Unwatched);
                tell(done.fetch_add(1, Ordering::Relaxed) + 1);
                trace
            }));
        }
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("a run panicked"))).collect()
    });
    bar.finish_and_clear();
    traces.into_iter().collect()
}

fn options<'a>(plan: &Plan, planned: &Planned, output: &Output, arena: &'a Arena) -> Options<'a> {
    Options {
        arena,
        label: planned.label.clone(),
        seed: output.seed,
        patience: plan.patience,
        schedule: planned.schedule.clone().map_or(Schedule::Luck, Schedule::List),
        deadline: plan.deadline,
        program: None,
    }
}

/// Prints the story while it happens.
struct Teller<'a> {
    page: Option<&'a mut Transcript>,
    live: Option<Live>,
}

impl Watcher for Teller<'_> {
    fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        if let Some(live) = &mut self.live {
            live.event(event);
        }
        let Some(line) = self.page.as_mut().and_then(|page| page.event(event)) else { return Ok(()) };
        match &self.live {
            Some(live) => live.aside(|| print(&line)),
            None => print(&line),
        }
    }

    fn tick(&mut self, now_us: u64) -> anyhow::Result<()> {
        self.live.iter_mut().for_each(|live| live.tick(now_us));
        Ok(())
    }
}
